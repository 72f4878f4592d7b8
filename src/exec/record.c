/*
 * Commit records line by line: the head, a line for each partition, the digest of all
 * lines before it. commit.c writes them; restore.c and verify.c read them.
 */
#include "exec/record.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10 };

/* --- lines of a file ---------------------------------------------------------------- */

enum dj_status dj_file_lines_open(struct dj_file_lines *lines, const char *path,
                                  struct dj_error *err)
{
    *lines = (struct dj_file_lines){ .path = path };
    dj_buf_init(&lines->buf);
    return dj_fs_open(path, O_RDONLY, &lines->fd, err);
}

void dj_file_lines_close(struct dj_file_lines *lines)
{
    if (lines->fd >= 0) {
        close(lines->fd);
    }
    dj_buf_release(&lines->buf);
}

/* Moves what is left to the front and reads on; *more is false at the end. */
static enum dj_status read_on(struct dj_file_lines *lines, bool *more,
                              struct dj_error *err)
{
    const size_t left = lines->buf.len - lines->at;
    size_t got;

    if (left > 0) {
        memmove(lines->buf.ptr, lines->buf.ptr + lines->at, left);
    }
    lines->buf.len = left;
    lines->at = 0;
    if (dj_buf_reserve(&lines->buf, READ_BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", lines->path);
    }
    DJ_TRY(dj_fs_pread(lines->fd, lines->buf.ptr + left, READ_BYTES, lines->offset, &got,
                       lines->path, err));
    lines->buf.len += got;
    lines->offset += (int64_t)got;
    *more = got > 0;
    return DJ_OK;
}

enum dj_status dj_file_lines_next(struct dj_file_lines *lines, struct dj_str *line,
                                  struct dj_error *err)
{
    bool more = true;

    for (;;) {
        const size_t left = lines->buf.len - lines->at;
        const char *begin = left == 0 ? NULL : lines->buf.ptr + lines->at;
        const char *end = left == 0 ? NULL : memchr(begin, '\n', left);

        if (end != NULL || !more) {
            line->ptr = begin;
            line->len = end == NULL ? left : (size_t)(end - begin) + 1;
            lines->at += line->len;
            return DJ_OK;
        }
        DJ_TRY(read_on(lines, &more, err));
    }
}

/* --- head and end ------------------------------------------------------------------- */

char *dj_record_path(const char *results_dir, int64_t number)
{
    return dj_xprintf("%s/commit_%06" PRId64 ".json", results_dir, number);
}

enum dj_status dj_record_write_head(const struct dj_record_head *head, struct dj_buf *out)
{
    char map[DJ_HASH64_TEXT];
    struct dj_jsonw w;

    dj_hash64_text(head->map_digest, map);
    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "version", DJ_RECORD_VERSION);
    dj_jsonw_kv_text(&w, "job_id", head->job_id);
    dj_jsonw_kv_text(&w, "map", map);
    dj_jsonw_kv_int(&w, "operators", dj_i64_from_size(head->nops));
    dj_jsonw_kv_int(&w, "generation", head->generation);
    dj_jsonw_kv_text(&w, "growing", head->growing);
    dj_jsonw_key(&w, "partitions");
    DJ_TRY(w.status);
    return dj_buf_append(out, DJ_STR("[\n"));
}

enum dj_status dj_record_write_end(const struct dj_hasher *hasher, struct dj_buf *out)
{
    char digest[DJ_HASH64_TEXT];

    dj_hash64_text(dj_hasher_value(hasher), digest);
    return dj_buf_printf(out, "null], \"digest\": \"%s\"}\n", digest);
}

static bool ends_list(struct dj_str line)
{
    return line.len < 4 || memcmp(line.ptr, "null", 4) == 0;
}

/* The head is a document when its list is closed at once. */
static enum dj_status read_head(struct dj_record *record, struct dj_error *err)
{
    const char *path = record->lines.path;
    struct dj_json *doc = NULL;
    struct dj_str line;
    struct dj_buf text;
    enum dj_status status;
    int64_t nops;

    DJ_TRY(dj_file_lines_next(&record->lines, &line, err));
    dj_buf_init(&text);
    if (dj_buf_append(&text, line) != DJ_OK ||
        dj_buf_append(&text, DJ_STR("]}")) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    } else {
        status = dj_json_parse(dj_buf_str(&text), path, &doc, err);
    }
    dj_buf_release(&text);
    DJ_TRY(status);
    nops = dj_json_int(doc, "operators", -1);
    if (dj_json_int(doc, "version", 0) != DJ_RECORD_VERSION || nops < 0 ||
        !dj_hash64_parse(dj_json_text(doc, "map", NULL), &record->map_digest)) {
        dj_json_free(doc);
        return dj_fail(err, DJ_RESUME,
                       "%s: is no commit record of this version of dj-mpi", path);
    }
    record->nops = dj_size_from_i64(nops);
    record->generation = dj_json_int(doc, "generation", 0);
    record->growing = dj_xstrdup(dj_json_text(doc, "growing", NULL));
    record->tally = dj_xcalloc(record->nops + 1, sizeof(*record->tally));
    dj_json_free(doc);
    return DJ_OK;
}

enum dj_status dj_record_open(struct dj_record *record, const char *path,
                              struct dj_error *err)
{
    enum dj_status status;

    *record = (struct dj_record){ 0 };
    status = dj_file_lines_open(&record->lines, path, err);
    if (status == DJ_OK) {
        status = read_head(record, err);
    }
    if (status != DJ_OK) {
        dj_record_close(record);
    }
    return status;
}

void dj_record_close(struct dj_record *record)
{
    dj_file_lines_close(&record->lines);
    dj_xfree(record->growing);
    dj_xfree(record->tally);
    *record = (struct dj_record){ .lines = { .fd = -1 } };
}

/* --- partitions --------------------------------------------------------------------- */

static int64_t int_at(const struct dj_json *array, size_t index)
{
    return (int64_t)dj_json_as_number(dj_json_at(array, index), 0);
}

/* A place in a growing export has the negative number of its generation. */
static int64_t segment_of(const struct dj_record *record, int64_t name)
{
    return name >= 0                     ? name
           : name == -record->generation ? DJ_SEGMENT_GROWING
                                         : DJ_SEGMENT_LOST;
}

static bool read_streams(const struct dj_record *record, const struct dj_json *doc,
                         struct dj_part_result *result)
{
    const struct dj_json *extents = dj_json_get(doc, "extents");
    const struct dj_json *digests = dj_json_get(doc, "digests");
    bool good = dj_json_count(extents) == 3 * (size_t)DJ_RESULT_STREAMS;

    for (size_t kind = 0; kind < DJ_RESULT_STREAMS && good; kind++) {
        result->extents[kind] =
            (struct dj_extent){ segment_of(record, int_at(extents, 3 * kind)),
                                int_at(extents, 3 * kind + 1),
                                int_at(extents, 3 * kind + 2) };
        good = dj_hash64_parse(dj_json_as_text(dj_json_at(digests, kind), NULL),
                               &result->digests[kind]);
    }
    return good;
}

static enum dj_status read_result(struct dj_record *record, struct dj_str line,
                                  struct dj_error *err)
{
    struct dj_part_result *result = &record->result;
    struct dj_json *doc;

    DJ_TRY(dj_json_parse(line, record->lines.path, &doc, err));
    *result = (struct dj_part_result){
        .id = dj_json_int(doc, "partition", -1),
        .state = dj_json_bool(doc, "done", false) ? DJ_PART_DONE : DJ_PART_FAILED,
        .rank = dj_json_int(doc, "rank", 0),
        .attempt = dj_json_int(doc, "attempt", 0),
        .rows = dj_json_int(doc, "rows", 0),
        .kept = dj_json_int(doc, "kept", 0),
        .rejected = dj_json_int(doc, "rejected", 0),
        .rejected_at_load = dj_json_int(doc, "rejected_at_load", 0),
        .start = dj_json_number(doc, "start", 0),
        .seconds = dj_json_number(doc, "seconds", 0),
    };
    (void)snprintf(result->error, sizeof(result->error), "%s",
                   dj_json_text(doc, "error", ""));
    if (result->state == DJ_PART_DONE &&
        (!read_streams(record, doc, result) ||
         !dj_tally_read(dj_json_get(doc, "operators"), record->tally, record->nops))) {
        dj_json_free(doc);
        return dj_fail(err, DJ_RESUME,
                       "%s: a partition without its counts, places or digests",
                       record->lines.path);
    }
    dj_json_free(doc);
    return DJ_OK;
}

enum dj_status dj_record_next(struct dj_record *record, bool *more, struct dj_error *err)
{
    struct dj_str line;

    DJ_TRY(dj_file_lines_next(&record->lines, &line, err));
    *more = !ends_list(line);
    if (!*more) {
        return DJ_OK;
    }
    record->line = line;
    line.len -= 2; /* a comma and the line end */
    return read_result(record, line, err);
}

/* --- as a whole --------------------------------------------------------------------- */

/* *good: the last line is the digest of all lines before it, and nothing follows. */
static enum dj_status check_lines(struct dj_file_lines *lines, struct dj_hasher *hasher,
                                  bool *good, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf expected;
    struct dj_str line;

    *good = false;
    for (;;) {
        DJ_TRY(dj_file_lines_next(lines, &line, err));
        if (ends_list(line)) {
            break;
        }
        dj_hasher_add(hasher, line);
    }
    dj_buf_init(&expected);
    if (dj_record_write_end(hasher, &expected) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory", lines->path);
    } else if (dj_str_equal(line, dj_buf_str(&expected))) {
        status = dj_file_lines_next(lines, &line, err);
        *good = status == DJ_OK && line.len == 0;
    }
    dj_buf_release(&expected);
    return status;
}

enum dj_status dj_record_check(const char *path, struct dj_error *err)
{
    struct dj_hasher *hasher = dj_hasher_new();
    struct dj_file_lines lines;
    enum dj_status status = dj_file_lines_open(&lines, path, err);
    bool good = false;

    if (status == DJ_OK) {
        status = check_lines(&lines, hasher, &good, err);
    }
    dj_file_lines_close(&lines);
    dj_hasher_free(hasher);
    if (status == DJ_OK && !good) {
        status = dj_fail(err, DJ_RESUME,
                         "%s: damaged; \"dj-mpi verify JOB --forget\" takes it out, so "
                         "that the next run does again what it records",
                         path);
    }
    return status;
}
