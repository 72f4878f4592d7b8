/*
 * dj-mpi inspect: what a job has (partitions, checkpoint sets, intermediate data), one
 * sample before and after operators, or what is in a data file.
 */
#include "cli/cli_inspect.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>

#include "dj/fs.h"
#include "dj/json.h"

enum { SHOWN = 20 };

/* --- the words ------------------------------------------------------------------------
 */

static enum dj_status usage(const char *word, struct dj_error *err)
{
    return dj_fail(err, DJ_USAGE,
                   "\"%s\" is not expected here: dj-mpi inspect ID [--work_dir DIR] "
                   "[--partition N [--row N]] [--file NAME] [--line N] [--op NAME], or "
                   "dj-mpi inspect FILE [--rows N]",
                   word);
}

static enum dj_status take_number(const char *name, const char *text, int64_t *number,
                                  struct dj_error *err)
{
    char *end;

    *number = strtoll(text, &end, 10);
    return *end == '\0' && end != text && *number >= 0
               ? DJ_OK
               : dj_fail(err, DJ_USAGE, "%s: \"%s\" is no whole number", name, text);
}

/* Takes inspect's own options out of the words; the others are the job's. */
static enum dj_status take_words(struct dj_cli *cli, struct dj_inspect *inspect,
                                 struct dj_error *err)
{
    const struct {
        const char *name;
        int64_t *number;
        const char **text;
    } options[] = {
        { "--partition", &inspect->partition, NULL }, { "--row", &inspect->row, NULL },
        { "--line", &inspect->line, NULL },           { "--rows", &inspect->rows, NULL },
        { "--file", NULL, &inspect->file },           { "--op", NULL, &inspect->op },
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *value = NULL;

        DJ_TRY(dj_cli_take_value(cli, options[i].name, &value, err));
        if (value != NULL && options[i].text != NULL) {
            *options[i].text = value;
        } else if (value != NULL) {
            DJ_TRY(take_number(options[i].name, value, options[i].number, err));
        }
    }
    return DJ_OK;
}

/* --- a job ----------------------------------------------------------------------------
 */

struct overview {
    const struct dj_inspect *inspect;
    const struct dj_cli_job *job;
    struct dj_summary *summary;
    struct dj_sources sources;
    struct dj_partitions partitions;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder that begin and end so, sorted; new, as each of them. */
static size_t list(const char *path, const char *begin, const char *end, char ***names)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    size_t count = 0;

    *names = NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const size_t len = strlen(entry->d_name);

        if (strncmp(entry->d_name, begin, strlen(begin)) == 0 && len >= strlen(end) &&
            strcmp(entry->d_name + len - strlen(end), end) == 0) {
            *names = dj_xrealloc((void *)*names, (count + 1) * sizeof(char *));
            (*names)[count++] = dj_xstrdup(entry->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (count > 1) {
        qsort((void *)*names, count, sizeof(char *), by_name);
    }
    return count;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dj_xfree(names[i]);
    }
    dj_xfree((void *)names);
}

static bool is_asked(const struct overview *overview, size_t index)
{
    return overview->inspect->partition >= 0
               ? overview->partitions.items[index].id == overview->inspect->partition
               : overview->inspect->cli->json || index < SHOWN;
}

static enum dj_status partitions_text(const struct overview *overview, struct dj_buf *out)
{
    const size_t count = overview->partitions.count;

    DJ_TRY(dj_buf_printf(out, "partitions: %zu\n", count));
    if (count > 0) {
        DJ_TRY(dj_buf_printf(out, "  %9s %9s %11s %12s  %s\n", "partition", "samples",
                             "bytes", "lines", "file"));
    }
    for (size_t i = 0; i < count; i++) {
        const struct dj_partition *partition = &overview->partitions.items[i];

        if (is_asked(overview, i)) {
            DJ_TRY(dj_buf_printf(out,
                                 "  %9" PRId64 " %9" PRId64 " %11" PRId64 " %6" PRId64
                                 "-%-5" PRId64 "  %s\n",
                                 partition->id, partition->rows, partition->bytes,
                                 partition->first_line,
                                 partition->first_line + partition->lines - 1,
                                 overview->sources.files[partition->file].name));
        }
    }
    return overview->inspect->partition < 0 && count > SHOWN
               ? dj_buf_printf(out, "  and %zu more (--partition N, or --json)\n",
                               count - SHOWN)
               : DJ_OK;
}

static enum dj_status sets_text(const struct overview *overview, struct dj_buf *out)
{
    const char *folder = overview->job->paths.checkpoint_dir;
    enum dj_status status = DJ_OK;
    char **names;
    const size_t count = list(folder, "checkpoint_", ".json", &names);

    if (count > 0) {
        status = dj_buf_printf(out, "checkpoint sets in %s:", folder);
    }
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        status = dj_buf_printf(out, " %.*s", (int)(strlen(names[i]) - strlen(".json")),
                               names[i]);
    }
    free_names(names, count);
    DJ_TRY(status);
    return count > 0 ? dj_buf_putc(out, '\n') : DJ_OK;
}

/* Files of a partition; of all of them only how many there are. */
static enum dj_status kept_text(const struct overview *overview, struct dj_buf *out)
{
    enum dj_status status = DJ_OK;
    char *folder;
    char **names;
    size_t count;

    if (overview->inspect->partition < 0) {
        count = list(overview->job->paths.intermediate_dir, "partition_", "", &names);
        free_names(names, count);
        return count == 0
                   ? DJ_OK
                   : dj_buf_printf(out, "intermediate data of %zu partitions in %s\n",
                                   count, overview->job->paths.intermediate_dir);
    }
    folder = dj_xprintf("%s/partition_%06" PRId64, overview->job->paths.intermediate_dir,
                        overview->inspect->partition);
    count = list(folder, "op_", "", &names);
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        status = dj_buf_printf(out, "%s  %s/%s\n", i == 0 ? "intermediate data:\n" : "",
                               folder, names[i]);
    }
    free_names(names, count);
    dj_xfree(folder);
    return status;
}

static enum dj_status overview_text(const struct overview *overview, struct dj_buf *out)
{
    const struct dj_summary *summary = overview->summary;

    DJ_TRY(dj_buf_printf(
        out, "job %s: %s, %" PRId64 " of %" PRId64 " samples kept so far\n",
        overview->job->id,
        summary == NULL || summary->state == NULL ? "not begun" : summary->state,
        summary == NULL ? 0 : summary->rows_kept,
        summary == NULL ? 0 : summary->rows_read));
    DJ_TRY(partitions_text(overview, out));
    DJ_TRY(sets_text(overview, out));
    return kept_text(overview, out);
}

static void names_json(struct dj_jsonw *w, const char *key, const char *folder,
                       const char *begin, const char *end)
{
    char **names;
    const size_t count = list(folder, begin, end, &names);

    dj_jsonw_key(w, key);
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < count; i++) {
        char *path = dj_fs_join(folder, names[i]);

        dj_jsonw_text(w, path);
        dj_xfree(path);
    }
    dj_jsonw_close(w, ']');
    free_names(names, count);
}

static enum dj_status overview_json(const struct overview *overview, struct dj_buf *out)
{
    const struct dj_summary *summary = overview->summary;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "job_id", overview->job->id);
    dj_jsonw_kv_text(&w, "state", summary == NULL ? NULL : summary->state);
    dj_jsonw_key(&w, "partitions");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < overview->partitions.count; i++) {
        const struct dj_partition *partition = &overview->partitions.items[i];

        if (!is_asked(overview, i)) {
            continue;
        }
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_int(&w, "partition_id", partition->id);
        dj_jsonw_kv_text(&w, "file", overview->sources.files[partition->file].name);
        dj_jsonw_kv_int(&w, "first_line", partition->first_line);
        dj_jsonw_kv_int(&w, "lines", partition->lines);
        dj_jsonw_kv_int(&w, "samples", partition->rows);
        dj_jsonw_kv_int(&w, "bytes", partition->bytes);
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    names_json(&w, "checkpoint_sets", overview->job->paths.checkpoint_dir, "checkpoint_",
               ".json");
    if (overview->inspect->partition >= 0) {
        char *folder =
            dj_xprintf("%s/partition_%06" PRId64, overview->job->paths.intermediate_dir,
                       overview->inspect->partition);

        names_json(&w, "intermediate", folder, "op_", "");
        dj_xfree(folder);
    } else {
        names_json(&w, "intermediate", overview->job->paths.intermediate_dir,
                   "partition_", "");
    }
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

static enum dj_status inspect_job(const struct dj_inspect *inspect,
                                  const struct dj_cli_job *job, struct dj_buf *out,
                                  struct dj_error *err)
{
    struct overview overview = { .inspect = inspect, .job = job };
    struct dj_mapping_info info;
    char fingerprint[17];
    enum dj_status status = dj_summary_read(job->paths.summary, &overview.summary, err);

    if (status == DJ_OK && dj_fs_exists(job->paths.dataset_mapping)) {
        status = dj_mapping_read(job->paths.dataset_mapping, &overview.sources,
                                 &overview.partitions, &info, fingerprint, err);
    }
    if (status == DJ_OK && inspect->partition >= (int64_t)overview.partitions.count) {
        status = dj_fail(err, DJ_USAGE,
                         "job %s has no partition %" PRId64 "; it has %zu, from 0 on",
                         job->id, inspect->partition, overview.partitions.count);
    }
    if (status == DJ_OK) {
        status = inspect->cli->json ? overview_json(&overview, out)
                                    : overview_text(&overview, out);
    }
    dj_partitions_release(&overview.partitions);
    dj_sources_release(&overview.sources);
    dj_summary_free(overview.summary);
    return status;
}

static enum dj_status inspect_any(struct dj_cli *cli, struct dj_inspect *inspect,
                                  struct dj_buf *out, struct dj_error *err)
{
    struct dj_cli_job job;
    enum dj_status status;

    DJ_TRY(take_words(cli, inspect, err));
    if (cli->argc > 0 && cli->argv[0][0] != '-' && dj_fs_exists(cli->argv[0]) &&
        !dj_fs_is_dir(cli->argv[0])) {
        return cli->argc > 1 ? usage(cli->argv[1], err)
                             : dj_inspect_file(inspect, cli->argv[0], out, err);
    }
    status = dj_cli_job_find(cli, "inspect", &job, err);
    if (status == DJ_OK) {
        status = inspect->line >= 0 || inspect->row >= 0 || inspect->op != NULL
                     ? dj_inspect_sample(inspect, &job, out, err)
                     : inspect_job(inspect, &job, out, err);
    }
    dj_cli_job_release(&job);
    return status;
}

int dj_cli_inspect(struct dj_cli *cli)
{
    struct dj_inspect inspect = {
        .cli = cli, .partition = -1, .row = -1, .line = -1, .rows = 3
    };
    struct dj_error err;
    struct dj_buf out;
    enum dj_status status;

    dj_buf_init(&out);
    err.status = DJ_OK;
    status = inspect_any(cli, &inspect, &out, &err);
    if (status != DJ_OK && err.status == status) {
        dj_buf_release(&out);
        return dj_cli_fail(status, &err);
    }
    return dj_cli_print(status, &out);
}
