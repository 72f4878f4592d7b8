/*
 * Checks what a job left behind, for dj-mpi verify: one file after the other, without
 * MPI and without the dataset. What is found goes to the caller as it is found; only
 * what keeps the check itself from going on is a failure.
 */
#include "exec/verify.h"

#include "dj/checkpoint.h"
#include "dj/fs.h"

#include <inttypes.h>

enum { PIECE_BYTES = 1 << 20 };

void dj_verify_say(struct dj_verifying *v, enum dj_finding_kind kind, int64_t first,
                   int64_t last, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&text, DJ_DATA, fmt, args);
    va_end(args);
    v->counts.damaged += kind == DJ_FINDING_DAMAGE;
    v->request->found(v->request->context, &(struct dj_finding){ .kind = kind,
                                                                 .first = first,
                                                                 .last = last,
                                                                 .text = text.text });
}

const char *dj_verify_short(const struct dj_verifying *v, const char *text)
{
    const size_t len = strlen(v->paths->job_dir);

    return strncmp(text, v->paths->job_dir, len) == 0 && text[len] == '/' ? text + len + 1
                                                                          : text;
}

enum dj_status dj_verify_hash(struct dj_verifying *v, int fd, const char *path,
                              int64_t offset, int64_t bytes, int64_t *got,
                              struct dj_error *err)
{
    *got = 0;
    if (v->piece.cap == 0 && dj_buf_reserve(&v->piece, PIECE_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    }
    while (*got < bytes) {
        const int64_t left = bytes - *got;
        size_t n = 0;
        const enum dj_status status = dj_fs_pread(
            fd, v->piece.ptr, left < PIECE_BYTES ? (size_t)left : (size_t)PIECE_BYTES,
            offset + *got, &n, path, err);

        if (status != DJ_OK || n == 0) {
            break; /* what is missing makes the digest a wrong one */
        }
        dj_hasher_add(v->hasher, (struct dj_str){ v->piece.ptr, n });
        *got += (int64_t)n;
    }
    return DJ_OK;
}

/* A failure to read something is a finding, unless it is one of the check itself. */
static enum dj_status found_unreadable(struct dj_verifying *v, enum dj_status status,
                                       const struct dj_error *why)
{
    if (status == DJ_NOMEM) {
        return status;
    }
    dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1, "%s", dj_verify_short(v, why->text));
    return DJ_OK;
}

/* --- small documents ---------------------------------------------------------------- */

static void check_counts(struct dj_verifying *v)
{
    const struct dj_summary *summary = v->summary;
    const int64_t before = v->counts.damaged;
    struct dj_error why;

    if (strcmp(summary->job_id, v->request->job_id) != 0) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1, "job_summary.json: is that of job %s",
                      summary->job_id);
    }
    if (!dj_summary_balance(summary, &why)) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1, "job_summary.json: %s", why.text);
    }
    if (v->completed && (!summary->ledger_balanced ||
                         summary->partitions_done != summary->partitions_total)) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "job_summary.json: completed, with %" PRId64 " of %" PRId64
                      " partitions done and counts that %s",
                      summary->partitions_done, summary->partitions_total,
                      summary->ledger_balanced ? "balance" : "do not balance");
    }
    if (v->counts.damaged == before) {
        dj_verify_say(v, DJ_FINDING_GOOD, -1, -1,
                      "job_summary.json: %s, attempt %zu, %" PRId64 " of %" PRId64
                      " partitions done, the counts balance",
                      summary->state, summary->nattempts, summary->partitions_done,
                      summary->partitions_total);
    }
}

/* *there: the file is; a seal that is broken has been said. */
static enum dj_status check_seal(struct dj_verifying *v, const char *path, bool *there,
                                 bool *good, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf bytes;

    *good = false;
    *there = dj_fs_exists(path);
    if (!*there) {
        return DJ_OK;
    }
    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status != DJ_OK) {
        status = found_unreadable(v, status, err);
    } else if (dj_seal_holds(dj_buf_str(&bytes))) {
        *good = true;
    } else {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: its digest does not hold: it was changed or damaged",
                      dj_verify_short(v, path));
    }
    dj_buf_release(&bytes);
    return status;
}

static enum dj_status check_summary(struct dj_verifying *v, struct dj_error *err)
{
    bool there, good;

    DJ_TRY(check_seal(v, v->paths->summary, &there, &good, err));
    if (!there) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "job_summary.json: missing: the next run starts over");
        return DJ_OK;
    }
    /* Also a damaged one says what else is to be expected. */
    if (dj_summary_read(v->paths->summary, &v->summary, err) != DJ_OK) {
        return good ? found_unreadable(v, err->status, err) : DJ_OK;
    }
    v->completed = strcmp(v->summary->state, "completed") == 0;
    v->ended = v->completed || strcmp(v->summary->state, "partial") == 0;
    v->summary_good = good;
    if (good) {
        check_counts(v);
    }
    return DJ_OK;
}

static enum dj_status check_identity(struct dj_verifying *v, struct dj_error *err)
{
    bool there, good;

    DJ_TRY(check_seal(v, v->paths->identity, &there, &good, err));
    if (!there) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "metadata/identity.json: missing: the next run starts over");
    } else if (good) {
        dj_verify_say(v, DJ_FINDING_GOOD, -1, -1, "metadata/identity.json");
    }
    return DJ_OK;
}

/* --- the partition map -------------------------------------------------------------- */

static void found_no_map(struct dj_verifying *v)
{
    const bool needed = v->ended ||
                        (v->summary != NULL && v->summary->partitions_total > 0) ||
                        dj_verify_last_record(v->paths->results_dir) > 0;

    dj_verify_say(v, needed ? DJ_FINDING_DAMAGE : DJ_FINDING_NOTE, -1, -1,
                  "metadata/dataset_mapping.json: %s",
                  needed ? "missing: a run cuts the dataset again"
                         : "not there yet: no run came so far");
}

static void compare_map(struct dj_verifying *v, const struct dj_sources *sources,
                        const char *fingerprint)
{
    const struct dj_summary *summary = v->summary;
    int64_t rows = 0;

    for (size_t i = 0; i < v->partitions.count; i++) {
        rows += v->partitions.items[i].rows;
    }
    if (v->summary_good && summary->dataset_fingerprint != NULL &&
        strcmp(summary->dataset_fingerprint, fingerprint) != 0) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "metadata/dataset_mapping.json: its fingerprint is %s, that in "
                      "job_summary.json %s",
                      fingerprint, summary->dataset_fingerprint);
    } else {
        dj_verify_say(
            v, DJ_FINDING_GOOD, -1, -1,
            "metadata/dataset_mapping.json: %zu file%s, %zu partitions, %" PRId64
            " samples",
            sources->count, sources->count == 1 ? "" : "s", v->partitions.count, rows);
    }
}

/* A partition in a file that the job has made; its digest is that of the map. */
static enum dj_status check_made(struct dj_verifying *v, struct dj_reader *reader,
                                 const struct dj_partition *partition, const char *path,
                                 struct dj_error *err)
{
    enum { WANT_BYTES = 1 << 20 };
    enum dj_status status = dj_reader_start(reader, partition, err);
    struct dj_str block = { .len = 1 };

    while (status == DJ_OK && block.len > 0) {
        status = dj_reader_next(reader, WANT_BYTES, &block, err);
    }
    if (status != DJ_OK && status != DJ_NOMEM) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, partition->id, partition->id,
                      "%s: partition %" PRId64 ": is not what was %s",
                      dj_verify_short(v, path), partition->id,
                      v->rows ? "written; delete the file to have it written again"
                              : "decoded; delete metadata/dataset_mapping.json to have "
                                "it decoded again");
        status = DJ_OK;
    }
    return status;
}

/* Files that the job has made to read from them: decoded ones, or rows. */
static enum dj_status check_all_made(struct dj_verifying *v,
                                     const struct dj_sources *sources,
                                     struct dj_error *err)
{
    struct dj_reader *reader = dj_reader_new(sources);
    const int64_t before = v->counts.damaged;
    enum dj_status status = DJ_OK;
    int64_t count = 0;

    for (size_t i = 0; i < v->partitions.count && status == DJ_OK; i++) {
        const struct dj_partition *partition = &v->partitions.items[i];
        const struct dj_source_file *file = &sources->files[partition->file];
        const char *path = v->rows ? file->path : file->spool_path;

        if (path != NULL) {
            status = check_made(v, reader, partition, path, err);
            count++;
        }
    }
    if (count > 0 && v->counts.damaged == before) {
        dj_verify_say(
            v, DJ_FINDING_GOOD, -1, -1, "%s: %" PRId64 " partitions in %s files",
            v->rows ? "results" : "partitions", count, v->rows ? "written" : "decoded");
    }
    dj_reader_free(reader);
    return status;
}

/* Rows that a stage has written have taken the place of the dataset. */
static enum dj_status check_rows_map(struct dj_verifying *v, struct dj_error *err)
{
    char fingerprint[DJ_HASH64_TEXT];
    struct dj_mapping_info info;
    struct dj_partitions partitions;
    struct dj_sources sources;
    enum dj_status status;

    if (!dj_fs_exists(v->paths->rows_mapping)) {
        return DJ_OK;
    }
    status = dj_mapping_read(v->paths->rows_mapping, &sources, &partitions, &info,
                             fingerprint, err);
    if (status != DJ_OK) {
        v->map_good = false;
        return found_unreadable(v, status, err);
    }
    dj_partitions_release(&v->partitions);
    v->partitions = partitions;
    v->map_digest = dj_map_digest(&v->partitions);
    v->rows = true;
    if (!v->completed) {
        status = check_all_made(v, &sources, err);
    }
    dj_sources_release(&sources);
    return status;
}

static enum dj_status check_map(struct dj_verifying *v, struct dj_error *err)
{
    char fingerprint[DJ_HASH64_TEXT];
    struct dj_mapping_info info;
    struct dj_sources sources;
    enum dj_status status;

    if (!dj_fs_exists(v->paths->dataset_mapping)) {
        found_no_map(v);
        return DJ_OK;
    }
    status = dj_mapping_read(v->paths->dataset_mapping, &sources, &v->partitions, &info,
                             fingerprint, err);
    if (status != DJ_OK) {
        return found_unreadable(v, status, err);
    }
    v->map_good = true;
    v->map_digest = dj_map_digest(&v->partitions);
    compare_map(v, &sources, fingerprint);
    if (!v->completed) { /* then they are gone */
        status = check_all_made(v, &sources, err);
    }
    dj_sources_release(&sources);
    return status == DJ_OK ? check_rows_map(v, err) : status;
}

/* --- checkpoint sets ---------------------------------------------------------------- */

struct sets {
    struct dj_verifying *v;
    int64_t findings;
};

static void found_in_set(void *context, bool damaged, const char *text)
{
    struct sets *sets = context;

    sets->findings++;
    dj_verify_say(sets->v, damaged ? DJ_FINDING_DAMAGE : DJ_FINDING_GOOD, -1, -1,
                  "checkpoints: %s", text);
}

static enum dj_status check_sets(struct dj_verifying *v, struct dj_error *err)
{
    struct sets sets = { .v = v };
    enum dj_status status = DJ_OK;
    int64_t damaged;

    if (dj_fs_is_dir(v->paths->checkpoint_dir)) {
        status =
            dj_ckpt_verify(v->paths->checkpoint_dir, found_in_set, &sets, &damaged, err);
    }
    if (status != DJ_OK) {
        return found_unreadable(v, status, err);
    }
    if (sets.findings == 0 && v->summary_good && v->summary->sets_written > 0) {
        dj_verify_say(v, v->completed ? DJ_FINDING_NOTE : DJ_FINDING_DAMAGE, -1, -1,
                      "checkpoints: of %" PRId64 " sets that were written none is in %s",
                      v->summary->sets_written, v->paths->checkpoint_dir);
    }
    return DJ_OK;
}

/* --- all of it ---------------------------------------------------------------------- */

static enum dj_status check_all(struct dj_verifying *v, struct dj_error *err)
{
    if (!v->request->forget && dj_fs_exists(v->paths->lock)) {
        dj_verify_say(
            v, DJ_FINDING_NOTE, -1, -1,
            "job.lock: there: a run is at work, or was killed; what one changes "
            "meanwhile can look damaged");
    }
    DJ_TRY(check_summary(v, err));
    DJ_TRY(check_identity(v, err));
    DJ_TRY(check_map(v, err));
    if (!v->completed) { /* else all of it is in the export */
        DJ_TRY(dj_verify_results(v, err));
    }
    DJ_TRY(check_sets(v, err));
    return v->ended ? dj_verify_export(v, err) : DJ_OK;
}

enum dj_status dj_exec_verify(const struct dj_verify *request,
                              struct dj_verify_counts *counts, struct dj_error *err)
{
    struct dj_verifying v = { .request = request, .paths = request->paths };
    struct dj_job_lock *lock = NULL;
    enum dj_status status = DJ_OK;
    bool took_over;

    if (request->forget) {
        status = dj_job_lock_take(v.paths->lock, &lock, &took_over, err);
    }
    dj_buf_init(&v.piece);
    v.hasher = dj_hasher_new();
    if (status == DJ_OK) {
        status = check_all(&v, err);
    }
    *counts = v.counts;
    dj_summary_free(v.summary);
    dj_partitions_release(&v.partitions);
    dj_buf_release(&v.piece);
    dj_hasher_free(v.hasher);
    dj_job_lock_release(lock);
    return status;
}
