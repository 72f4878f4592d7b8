/* Reading job_summary.json back, so that a resumed run continues its counts. */
#include "dj/fs.h"
#include "dj/job.h"
#include "dj/json.h"

static char *copy(const struct dj_json *object, const char *key)
{
    return dj_xstrdup(dj_json_text(object, key, NULL));
}

/* A list of texts; new, as each of them. */
static char **read_texts(const struct dj_json *object, const char *key, size_t *count)
{
    const struct dj_json *list = dj_json_get(object, key);
    char **texts;

    *count = dj_json_count(list);
    texts = dj_xcalloc(*count, sizeof(*texts));
    for (size_t i = 0; i < *count; i++) {
        texts[i] = dj_xstrdup(dj_json_as_text(dj_json_at(list, i), ""));
    }
    return texts;
}

static void read_identity(const struct dj_json *doc, struct dj_summary *summary)
{
    summary->job_id = copy(doc, "job_id");
    summary->project_name = copy(doc, "project_name");
    summary->state = copy(doc, "status");
    summary->config_file = copy(doc, "config_file");
    summary->resume_command = copy(doc, "resumption_command");
    summary->folder = copy(doc, "folder");
    summary->words = read_texts(doc, "command_line", &summary->nwords);
    summary->start_time = dj_json_number(doc, "start_time", 0);
    summary->end_time = dj_json_number(doc, "end_time", 0);
    summary->duration = dj_json_number(doc, "duration", 0);
    summary->error_message = copy(doc, "error_message");
    summary->recipe_hash = copy(doc, "recipe_hash");
    summary->dataset_fingerprint = copy(doc, "dataset_fingerprint");
}

static void read_versions(const struct dj_json *list, struct dj_summary *summary)
{
    for (size_t i = 0; i < dj_json_count(list); i++) {
        const char *version = dj_json_as_text(dj_json_at(list, i), NULL);

        if (version != NULL && dj_json_is_object(list)) {
            dj_summary_set_version(summary, dj_json_key_at(list, i), version);
        }
    }
}

static void read_attempts(const struct dj_json *list, struct dj_summary *summary)
{
    summary->nattempts = dj_json_count(list);
    summary->attempts = dj_xcalloc(summary->nattempts, sizeof(*summary->attempts));
    for (size_t i = 0; i < summary->nattempts; i++) {
        const struct dj_json *item = dj_json_at(list, i);

        summary->attempts[i] = (struct dj_attempt){
            .number = dj_json_int(item, "attempt", dj_i64_from_size(i) + 1),
            .start = dj_json_number(item, "start_time", 0),
            .end = dj_json_number(item, "end_time", 0),
            .state = copy(item, "status"),
            .reason = copy(item, "reason"),
            .ranks = dj_json_int(item, "ranks", 0),
            .launcher = copy(item, "launcher"),
            .host = copy(item, "host"),
            .nodes = copy(item, "nodes"),
            .slurm_job_id = copy(item, "slurm_job_id"),
            .slurm_restart_count = dj_json_int(item, "slurm_restart_count", 0),
            .rows_done = dj_json_int(item, "rows_done", 0),
            .saved = dj_json_number(item, "saved_time", 0),
            .seen = dj_json_number(item, "seen_time", 0),
        };
    }
}

static void read_operators(const struct dj_json *list, struct dj_summary *summary)
{
    summary->nops = dj_json_count(list);
    if (summary->nops == 0) {
        return; /* op_names NULL: not known yet */
    }
    summary->tally = dj_xcalloc(summary->nops, sizeof(*summary->tally));
    summary->op_names = dj_xcalloc(summary->nops, sizeof(*summary->op_names));
    for (size_t i = 0; i < summary->nops; i++) {
        const struct dj_json *item = dj_json_at(list, i);

        summary->op_names[i] = dj_xstrdup(dj_json_text(item, "name", "?"));
        summary->tally[i] = (struct dj_op_tally){
            .rows_in = dj_json_int(item, "rows_in", 0),
            .rows_out = dj_json_int(item, "rows_out", 0),
            .dropped = dj_json_int(item, "dropped", 0),
            .rejected = dj_json_int(item, "rejected", 0),
            .derived = dj_json_int(item, "derived", 0),
            .bytes_in = dj_json_int(item, "bytes_in", 0),
            .seconds = dj_json_number(item, "seconds", 0),
        };
    }
}

static void read_counts(const struct dj_json *doc, struct dj_summary *summary)
{
    const struct dj_json *ledger = dj_json_get(doc, "ledger");
    const struct dj_json *partitions = dj_json_get(doc, "partitions");
    const struct dj_json *sets = dj_json_get(doc, "checkpoints");

    summary->partition_size = dj_json_int(partitions, "size", 0);
    summary->partition_max_size_mb = dj_json_int(partitions, "max_size_mb", 0);
    summary->modality = copy(partitions, "modality");
    summary->sizing = read_texts(partitions, "reasons", &summary->nsizing);
    summary->rows_read = dj_json_int(ledger, "read", 0);
    summary->rows_derived = dj_json_int(ledger, "derived", 0);
    summary->rows_kept = dj_json_int(ledger, "kept", 0);
    summary->rows_filtered = dj_json_int(ledger, "filtered", 0);
    summary->rows_deduplicated = dj_json_int(ledger, "deduplicated", 0);
    summary->rows_rejected = dj_json_int(ledger, "rejected", 0);
    summary->rows_rejected_at_load = dj_json_int(ledger, "rejected_at_load", 0);
    summary->ledger_balanced = dj_json_bool(ledger, "balanced", false);
    summary->bytes_read = dj_json_int(doc, "bytes_read", 0);
    summary->bytes_written = dj_json_int(doc, "bytes_written", 0);
    summary->partitions_total = dj_json_int(partitions, "total", 0);
    summary->partitions_done = dj_json_int(partitions, "done", 0);
    summary->sets_written = dj_json_int(sets, "sets", 0);
    summary->set_bytes = dj_json_int(sets, "bytes", 0);
    summary->set_seconds = dj_json_number(sets, "seconds", 0);
}

static void read_lists(const struct dj_json *doc, struct dj_summary *summary)
{
    const struct dj_json *failed = dj_json_get(doc, "failed_partitions");
    const struct dj_json *suspects = dj_json_get(doc, "suspects");
    const struct dj_json *outputs = dj_json_get(doc, "outputs");

    summary->nfailed = dj_json_count(failed);
    summary->failed = dj_xcalloc(summary->nfailed, sizeof(*summary->failed));
    for (size_t i = 0; i < summary->nfailed; i++) {
        const struct dj_json *item = dj_json_at(failed, i);

        summary->failed[i] = (struct dj_failed_partition){
            .id = dj_json_int(item, "partition_id", 0),
            .error = dj_xstrdup(dj_json_text(item, "error", "")),
            .attempts = dj_json_int(item, "attempts", 0),
        };
    }
    summary->nsuspects = dj_json_count(suspects);
    summary->suspects = dj_xcalloc(summary->nsuspects, sizeof(*summary->suspects));
    for (size_t i = 0; i < summary->nsuspects; i++) {
        const struct dj_json *item = dj_json_at(suspects, i);

        summary->suspects[i] = (struct dj_suspect){
            .id = dj_json_int(item, "partition_id", -1),
            .deaths = dj_json_int(item, "deaths", 0),
        };
    }
    summary->noutputs = dj_json_count(outputs);
    summary->outputs = dj_xcalloc(summary->noutputs, sizeof(*summary->outputs));
    for (size_t i = 0; i < summary->noutputs; i++) {
        const struct dj_json *item = dj_json_at(outputs, i);

        summary->outputs[i] = (struct dj_output){
            .path = dj_xstrdup(dj_json_text(item, "path", "")),
            .stream = copy(item, "stream"),
            .bytes = dj_json_int(item, "bytes", 0),
            .rows = dj_json_int(item, "rows", 0),
        };
    }
    summary->notes = read_texts(doc, "notes", &summary->nnotes);
}

enum dj_status dj_summary_read(const char *path, struct dj_summary **summary,
                               struct dj_error *err)
{
    struct dj_summary *made;
    struct dj_json *doc;

    *summary = NULL;
    if (!dj_fs_exists(path)) {
        return DJ_OK;
    }
    DJ_TRY(dj_json_read(path, &doc, err));
    if (dj_json_text(doc, "job_id", NULL) == NULL ||
        dj_json_text(doc, "status", NULL) == NULL) {
        dj_json_free(doc);
        return dj_fail(err, DJ_DATA,
                       "%s: is no job summary (job_id or status is missing); restore it, "
                       "or choose another --job_id",
                       path);
    }
    made = dj_summary_new();
    read_identity(doc, made);
    read_versions(dj_json_get(doc, "versions"), made);
    read_attempts(dj_json_get(doc, "attempts"), made);
    read_operators(dj_json_get(doc, "operators"), made);
    read_counts(doc, made);
    read_lists(doc, made);
    dj_json_free(doc);
    *summary = made;
    return DJ_OK;
}
