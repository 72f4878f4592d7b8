/*
 * dj-mpi inspect ID --line N: one sample on its way through the operators. The sample is
 * read from its source again and run alone, as the job does it; what operators make of it
 * when they compare it with others is known in the run only.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli_inspect.h"
#include "dj/chain.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "dj/log.h"

enum { BLOCK_BYTES = 256 << 10 };

struct sample {
    struct dj_sources sources;
    struct dj_partitions partitions;
    const struct dj_partition *partition;
    struct dj_buf line;
    struct dj_origin origin;
};

/* --- finding it -----------------------------------------------------------------------
 */

static bool holds(const struct dj_inspect *inspect, const struct sample *sample,
                  const struct dj_partition *partition)
{
    const char *name = sample->sources.files[partition->file].name;

    if (inspect->partition >= 0 && partition->id != inspect->partition) {
        return false;
    }
    if (inspect->file != NULL && strcmp(name, inspect->file) != 0) {
        return false;
    }
    return inspect->line < 0 ||
           (inspect->line >= partition->first_line &&
            inspect->line < partition->first_line + partition->lines);
}

static enum dj_status find_partition(const struct dj_inspect *inspect,
                                     struct sample *sample, struct dj_error *err)
{
    for (size_t i = 0; i < sample->partitions.count; i++) {
        if (holds(inspect, sample, &sample->partitions.items[i])) {
            sample->partition = &sample->partitions.items[i];
            return DJ_OK;
        }
    }
    return dj_fail(err, DJ_USAGE,
                   "no partition of the job holds that sample; without --line, --row and "
                   "--op inspect lists the partitions");
}

/* The row is the one asked for: by its line, its number, or else the first. */
static bool is_it(const struct dj_inspect *inspect, int64_t row, int64_t line)
{
    return inspect->line >= 0 ? line == inspect->line
                              : row == (inspect->row < 0 ? 0 : inspect->row);
}

static enum dj_status read_sample(const struct dj_inspect *inspect, struct sample *sample,
                                  struct dj_error *err)
{
    struct dj_reader *reader = dj_reader_new(&sample->sources);
    enum dj_status status = dj_reader_start(reader, sample->partition, err);
    int64_t number = sample->partition->first_line - 1;
    struct dj_str block = { "", 1 };
    bool found = false;
    int64_t row = 0;

    while (status == DJ_OK && !found && block.len > 0) {
        struct dj_str line;

        status = dj_reader_next(reader, BLOCK_BYTES, &block, err);
        while (status == DJ_OK && !found && dj_block_line(&block, &line, &number)) {
            found = is_it(inspect, row, number);
            sample->origin = (struct dj_origin){ .row = row++, .line = number };
            if (found) {
                status = dj_buf_append(&sample->line, line);
            }
        }
    }
    dj_reader_free(reader);
    DJ_TRY(status);
    return found ? dj_buf_reserve(&sample->line, DJ_PADDING)
                 : dj_fail(err, DJ_USAGE,
                           "partition %" PRId64 " has no such sample: it has %" PRId64
                           " (rows from 0 on), lines %" PRId64 " to %" PRId64,
                           sample->partition->id, sample->partition->rows,
                           sample->partition->first_line,
                           sample->partition->first_line + sample->partition->lines - 1);
}

/* --- the job's configuration
 * ------------------------------------------------------------ */

/* As the newest run was given it: the words are in the summary, the recipe beside it. */
static enum dj_status load_config(const struct dj_cli_job *job,
                                  struct dj_config_doc **doc, struct dj_error *err)
{
    struct dj_summary *summary;
    struct dj_config_args args = { 0 };
    char **words;
    enum dj_status status;

    DJ_TRY(dj_summary_read(job->paths.summary, &summary, err));
    if (summary == NULL || summary->nwords == 0) {
        dj_summary_free(summary);
        return dj_fail(err, DJ_USAGE,
                       "job_summary.json does not say how the job was started; add "
                       "--config FILE and the settings that it was started with");
    }
    /* Names in them are relative to the folder that the job was started in. */
    if (summary->folder != NULL && chdir(summary->folder) != 0) {
        dj_log(DJ_LOG_WARNING, "%s: cannot be entered, names of files may be wrong",
               summary->folder);
    }
    words = dj_xcalloc(summary->nwords, sizeof(*words));
    for (size_t i = 0; i < summary->nwords; i++) {
        const bool is_recipe = i > 0 && strcmp(summary->words[i - 1], "--config") == 0;

        words[i] = is_recipe && dj_fs_exists(job->paths.config_backup)
                       ? job->paths.config_backup
                       : summary->words[i];
    }
    args.argc = (int)summary->nwords;
    args.argv = words;
    status = dj_config_load(&args, doc, err);
    dj_xfree((void *)words);
    dj_summary_free(summary);
    return status;
}

/* The operators to be told of: [*first, *end); all that come before are run. */
static enum dj_status choose_ops(const struct dj_inspect *inspect,
                                 const struct dj_recipe *recipe, size_t *first,
                                 size_t *end, struct dj_error *err)
{
    char *rest;
    long long number;

    *first = 0;
    *end = recipe->count;
    if (inspect->op == NULL) {
        return DJ_OK;
    }
    number = strtoll(inspect->op, &rest, 10);
    for (size_t i = 0; i < recipe->count; i++) {
        if ((*rest == '\0' && number == (long long)i + 1) ||
            strcmp(recipe->ops[i].op->name, inspect->op) == 0) {
            *first = i;
            *end = i + 1;
            return DJ_OK;
        }
    }
    return dj_fail(err, DJ_USAGE,
                   "--op %s: the job has no such operator; it has %zu, from 1 on",
                   inspect->op, recipe->count);
}

/* --- showing it
 * --------------------------------------------------------------------------
 */

struct telling {
    const struct dj_inspect *inspect;
    const struct dj_config *config;
    struct dj_batch *batch;
    struct dj_buf before, after;             /* its rows as lines, without statistics */
    struct dj_buf measured, measured_before; /* its statistics */
    struct dj_buf *out;
    struct dj_jsonw w; /* with --json */
};

/* The sample's live rows as lines, and the statistics of the first row, live or not. */
static enum dj_status rows_now(const struct dj_batch *batch, struct dj_buf *rows,
                               struct dj_buf *measured)
{
    dj_buf_reset(rows);
    dj_buf_reset(measured);
    DJ_FOR_EACH_ROW (row, batch) {
        DJ_TRY(dj_batch_encode(batch, row, DJ_ENCODE_HASHES, rows));
    }
    DJ_TRY(dj_batch_encode_stats(batch, 0, measured));
    measured->len -= measured->len > 0; /* the line's end */
    return DJ_OK;
}

static const char *verdict_of(const struct telling *telling, size_t op)
{
    const size_t count = dj_batch_count(telling->batch);

    for (size_t row = 0; row < count; row++) {
        if (dj_batch_rejected_by(telling->batch, row) == (int)op) {
            return "rejected";
        }
    }
    if (telling->after.len == 0) {
        return "dropped";
    }
    if (telling->config->recipe.ops[op].op->global != NULL) {
        return "compared in the run";
    }
    return dj_str_equal(dj_buf_str(&telling->before), dj_buf_str(&telling->after))
               ? "kept"
               : "changed";
}

static const char *reason_of(const struct telling *telling, size_t op)
{
    const size_t count = dj_batch_count(telling->batch);

    for (size_t row = 0; row < count; row++) {
        if (dj_batch_rejected_by(telling->batch, row) == (int)op) {
            return dj_batch_reason(telling->batch, row);
        }
    }
    return NULL;
}

/* Lines, each moved in and marked. */
static enum dj_status put_lines(struct dj_buf *out, char mark, struct dj_str lines)
{
    struct dj_str line;
    int64_t number = 0;

    while (dj_block_line(&lines, &line, &number)) {
        DJ_TRY(dj_buf_printf(out, "   %c ", mark));
        DJ_TRY(dj_buf_append(out, line));
        DJ_TRY(dj_buf_putc(out, '\n'));
    }
    return DJ_OK;
}

static enum dj_status tell_text(struct telling *telling, size_t op, const char *verdict)
{
    const char *reason = reason_of(telling, op);
    const bool same =
        telling->after.len == 0 ||
        dj_str_equal(dj_buf_str(&telling->before), dj_buf_str(&telling->after));
    const bool told = !dj_str_equal(dj_buf_str(&telling->measured),
                                    dj_buf_str(&telling->measured_before));

    DJ_TRY(dj_buf_printf(telling->out, "%zu. %s: %s%s%s\n", op + 1,
                         telling->config->recipe.ops[op].op->name, verdict,
                         reason == NULL ? "" : ": ", reason == NULL ? "" : reason));
    if (told) {
        DJ_TRY(dj_buf_append(telling->out, DJ_STR("     ")));
        DJ_TRY(dj_buf_append(telling->out, dj_buf_str(&telling->measured)));
        DJ_TRY(dj_buf_putc(telling->out, '\n'));
    }
    if (same && telling->inspect->op == NULL) {
        return DJ_OK;
    }
    DJ_TRY(put_lines(telling->out, '-', dj_buf_str(&telling->before)));
    return put_lines(telling->out, '+', dj_buf_str(&telling->after));
}

static void lines_json(struct dj_jsonw *w, const char *key, struct dj_str lines)
{
    struct dj_str line;
    int64_t number = 0;

    dj_jsonw_key(w, key);
    dj_jsonw_open(w, '[');
    while (dj_block_line(&lines, &line, &number)) {
        dj_jsonw_raw(w, line);
    }
    dj_jsonw_close(w, ']');
}

static enum dj_status tell(struct telling *telling, size_t op)
{
    const char *verdict = verdict_of(telling, op);
    struct dj_jsonw *w = &telling->w;

    if (!telling->inspect->cli->json) {
        return tell_text(telling, op, verdict);
    }
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_int(w, "operator_idx", (int64_t)op);
    dj_jsonw_kv_text(w, "operator", telling->config->recipe.ops[op].op->name);
    dj_jsonw_kv_text(w, "verdict", verdict);
    dj_jsonw_kv_text(w, "reason", reason_of(telling, op));
    dj_jsonw_key(w, "statistics");
    dj_jsonw_raw(w, dj_buf_str(&telling->measured));
    lines_json(w, "before", dj_buf_str(&telling->before));
    lines_json(w, "after", dj_buf_str(&telling->after));
    dj_jsonw_close(w, '}');
    return w->status;
}

static enum dj_status run_ops(struct telling *telling, struct dj_chain *chain,
                              struct dj_error *err)
{
    const struct dj_recipe *recipe = &telling->config->recipe;
    struct dj_op_tally *tally = dj_xcalloc(recipe->count + 1, sizeof(*tally));
    enum dj_status status;
    size_t first, end;

    status = choose_ops(telling->inspect, recipe, &first, &end, err);
    for (size_t op = 0; op < end && status == DJ_OK; op++) {
        if (dj_batch_live_count(telling->batch) == 0) {
            break;
        }
        status = rows_now(telling->batch, &telling->before, &telling->measured_before);
        if (status == DJ_OK) {
            status = dj_chain_run(chain, op, op + 1, telling->batch, tally, err);
        }
        if (status == DJ_OK) {
            status = rows_now(telling->batch, &telling->after, &telling->measured);
        }
        if (status == DJ_OK &&
            (op >= first || dj_batch_live_count(telling->batch) == 0)) {
            status = tell(telling, op);
        }
    }
    dj_xfree(tally);
    return status;
}

static enum dj_status tell_source(struct telling *telling, const struct sample *sample)
{
    const char *name = sample->sources.files[sample->partition->file].name;

    if (!telling->inspect->cli->json) {
        return dj_buf_printf(
            telling->out,
            "%s, line %" PRId64 " (partition %" PRId64 ", row %" PRId64 ")\n", name,
            sample->origin.line, sample->partition->id, sample->origin.row);
    }
    dj_jsonw_open(&telling->w, '{');
    dj_jsonw_kv_text(&telling->w, "file", name);
    dj_jsonw_kv_int(&telling->w, "line", sample->origin.line);
    dj_jsonw_kv_int(&telling->w, "partition_id", sample->partition->id);
    dj_jsonw_kv_int(&telling->w, "row", sample->origin.row);
    dj_jsonw_key(&telling->w, "operators");
    dj_jsonw_open(&telling->w, '[');
    return telling->w.status;
}

/* It was no sample when it was read. */
static enum dj_status tell_bad_line(struct telling *telling)
{
    const char *reason = dj_batch_reason(telling->batch, 0);

    if (!telling->inspect->cli->json) {
        return dj_buf_printf(telling->out, "set aside when it was read: %s\n", reason);
    }
    dj_jsonw_open(&telling->w, '{');
    dj_jsonw_kv_text(&telling->w, "verdict", "rejected");
    dj_jsonw_kv_text(&telling->w, "reason", reason);
    dj_jsonw_close(&telling->w, '}');
    return telling->w.status;
}

static enum dj_status tell_sample(struct telling *telling, struct dj_chain *chain,
                                  const struct sample *sample, struct dj_error *err)
{
    DJ_TRY(tell_source(telling, sample));
    DJ_TRY(dj_batch_add(telling->batch, dj_buf_str(&sample->line), sample->origin));
    if (dj_batch_state(telling->batch, 0) == DJ_ROW_REJECTED) {
        DJ_TRY(tell_bad_line(telling));
    } else {
        DJ_TRY(run_ops(telling, chain, err));
    }
    if (telling->inspect->cli->json) {
        dj_jsonw_close(&telling->w, ']');
        dj_jsonw_close(&telling->w, '}');
        return dj_jsonw_end(&telling->w);
    }
    return DJ_OK;
}

static enum dj_status show(const struct dj_inspect *inspect,
                           const struct dj_config_doc *doc, const struct sample *sample,
                           struct dj_buf *out, struct dj_error *err)
{
    const struct dj_config *config = dj_config_get(doc);
    struct telling telling = { .inspect = inspect, .config = config, .out = out };
    struct dj_chain *chain;
    enum dj_status status;

    DJ_TRY(dj_chain_open(
        &config->recipe, &config->text_keys,
        config->config_path == NULL ? "command line" : config->config_path, &chain, err));
    dj_buf_init(&telling.before);
    dj_buf_init(&telling.after);
    dj_buf_init(&telling.measured);
    dj_buf_init(&telling.measured_before);
    dj_jsonw_init(&telling.w, out, 2);
    telling.batch = dj_batch_new(dj_chain_layout(chain));
    status = tell_sample(&telling, chain, sample, err);
    dj_batch_free(telling.batch);
    dj_buf_release(&telling.before);
    dj_buf_release(&telling.after);
    dj_buf_release(&telling.measured);
    dj_buf_release(&telling.measured_before);
    dj_chain_close(chain);
    return status;
}

enum dj_status dj_inspect_sample(const struct dj_inspect *inspect,
                                 const struct dj_cli_job *job, struct dj_buf *out,
                                 struct dj_error *err)
{
    struct dj_config_doc *loaded = NULL;
    struct sample sample = { .line = { 0 } };
    struct dj_mapping_info info;
    char fingerprint[17];
    enum dj_status status = DJ_OK;

    dj_buf_init(&sample.line);
    if (job->doc == NULL) {
        status = load_config(job, &loaded, err);
    }
    if (status == DJ_OK) {
        status = dj_mapping_read(job->paths.dataset_mapping, &sample.sources,
                                 &sample.partitions, &info, fingerprint, err);
    }
    if (status == DJ_OK) {
        status = find_partition(inspect, &sample, err);
    }
    if (status == DJ_OK) {
        status = read_sample(inspect, &sample, err);
    }
    if (status == DJ_OK) {
        status = show(inspect, job->doc != NULL ? job->doc : loaded, &sample, out, err);
    }
    dj_buf_release(&sample.line);
    dj_partitions_release(&sample.partitions);
    dj_sources_release(&sample.sources);
    dj_config_free(loaded);
    return status;
}
