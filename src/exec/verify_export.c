/*
 * Checks the export of a job that came to its end. The mapping report has the digest of
 * what each partition gave, and the export is that in the order of the dataset: so a
 * damaged place is told by its partition, also across the borders of shards.
 */
#include "dj/fs.h"
#include "exec/verify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the report says of a partition. */
struct given {
    bool there;
    int64_t bytes[DJ_RESULT_STREAMS];
    uint64_t digests[DJ_RESULT_STREAMS];
};

struct checking {
    struct dj_verifying *v;
    struct given *given;             /* a partition each; NULL without a good report */
    int64_t count;                   /* partitions that it names */
    int64_t kept;                    /* samples that they gave */
    int64_t done;                    /* of them, that did not fail */
    bool ordered;                    /* a selector put the samples in another order */
    struct dj_convert_pieces pieces; /* of an export that is no JSON lines */
};

/* --- the report --------------------------------------------------------------------- */

static const char detail_start[] = "    {\"partition_id\": ";
static const char piece_start[] = "    {\"file\": ";

static enum dj_status take_detail(struct checking *c, struct dj_str line, bool *good,
                                  struct dj_error *err)
{
    const char *path = c->v->paths->mapping_report;
    const int64_t partitions = dj_i64_from_size(c->v->partitions.count);
    const struct dj_json *streams;
    struct dj_json *doc;
    int64_t id;

    line.len -= line.len > 1 && line.ptr[line.len - 2] == ',' ? 2 : 1;
    if (dj_json_parse(line, path, &doc, err) != DJ_OK) {
        *good = false;
        return err->status == DJ_NOMEM ? DJ_NOMEM : DJ_OK;
    }
    id = dj_json_int(doc, "partition_id", -1);
    streams = dj_json_get(doc, "streams");
    *good = id >= 0 && id < partitions && !c->given[id].there;
    for (int kind = 0; kind < DJ_RESULT_STREAMS && *good; kind++) {
        const struct dj_json *stream =
            dj_json_get(streams, dj_stream_name((enum dj_stream_kind)kind));

        c->given[id].bytes[kind] = dj_json_int(stream, "bytes", 0);
        *good = stream == NULL || dj_hash64_parse(dj_json_text(stream, "digest", NULL),
                                                  &c->given[id].digests[kind]);
    }
    if (*good) {
        c->given[id].there = true;
        c->count++;
        c->kept += dj_json_int(doc, "processed_samples", 0);
        c->done += dj_json_bool(doc, "status", false);
    }
    dj_json_free(doc);
    return DJ_OK;
}

/* The last lines are as they were written, and nothing follows. */
static enum dj_status check_end(struct checking *c, struct dj_file_lines *lines,
                                struct dj_str line, bool *good, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf rest, expected;

    dj_buf_init(&rest);
    dj_buf_init(&expected);
    *good = dj_report_write_end(c->v->hasher, &expected) == DJ_OK;
    while (*good && status == DJ_OK && line.len > 0) {
        *good = rest.len < expected.len && dj_buf_append(&rest, line) == DJ_OK;
        status = dj_file_lines_next(lines, &line, err);
    }
    *good = *good && dj_str_equal(dj_buf_str(&rest), dj_buf_str(&expected));
    dj_buf_release(&expected);
    dj_buf_release(&rest);
    return status;
}

static enum dj_status read_lines(struct checking *c, struct dj_file_lines *lines,
                                 bool *good, struct dj_error *err)
{
    const size_t start = sizeof(detail_start) - 1;
    struct dj_str line;

    *good = true;
    dj_hasher_reset(c->v->hasher);
    for (;;) {
        DJ_TRY(dj_file_lines_next(lines, &line, err));
        if (line.len == 0 || !*good) {
            *good = false; /* an end without a checksum */
            return DJ_OK;
        }
        if (line.len > 4 && memcmp(line.ptr, "  \"content_checksum\"", 20) == 0) {
            return check_end(c, lines, line, good, err);
        }
        dj_hasher_add(c->v->hasher, line);
        if (line.len > start && memcmp(line.ptr, detail_start, start) == 0) {
            DJ_TRY(take_detail(c, line, good, err));
        } else if (line.len > sizeof(piece_start) &&
                   memcmp(line.ptr, piece_start, sizeof(piece_start) - 1) == 0) {
            DJ_TRY(dj_verify_take_piece(&c->pieces, line, good, err));
        }
    }
}

static void judge_report(struct checking *c, bool good)
{
    struct dj_verifying *v = c->v;
    const char *name = dj_verify_short(v, v->paths->mapping_report);

    if (!good) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: its checksum does not hold: it was changed or damaged", name);
    } else if (v->summary_good && (v->summary->partitions_done != c->done ||
                                   v->summary->rows_kept != c->kept)) {
        good = false;
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: %" PRId64 " partitions that gave %" PRId64
                      " samples, but job_summary.json has %" PRId64 " and %" PRId64,
                      name, c->done, c->kept, v->summary->partitions_done,
                      v->summary->rows_kept);
    } else {
        dj_verify_say(v, DJ_FINDING_GOOD, -1, -1, "%s: %" PRId64 " partitions", name,
                      c->count);
    }
    if (!good) {
        dj_xfree(c->given);
        c->given = NULL;
    }
}

static enum dj_status read_report(struct checking *c, struct dj_error *err)
{
    struct dj_verifying *v = c->v;
    struct dj_file_lines lines;
    enum dj_status status;
    bool good = false;

    if (!dj_fs_exists(v->paths->mapping_report)) {
        dj_verify_say(v, DJ_FINDING_DAMAGE, -1, -1, "%s: missing",
                      dj_verify_short(v, v->paths->mapping_report));
        return DJ_OK;
    }
    c->given = dj_xcalloc(v->partitions.count + 1, sizeof(*c->given));
    status = dj_file_lines_open(&lines, v->paths->mapping_report, err);
    if (status == DJ_OK) {
        status = read_lines(c, &lines, &good, err);
    }
    dj_file_lines_close(&lines);
    judge_report(c, good && status == DJ_OK);
    return status == DJ_NOMEM ? status : DJ_OK;
}

/* --- one stream's files ------------------------------------------------------------- */

/* They are read as one. */
struct stream {
    struct checking *c;
    enum dj_stream_kind kind;
    size_t output; /* index into the summary's, SIZE_MAX: behind the last one */
    int64_t at;    /* in that file */
    int fd;        /* -1: not open */
    /* Damaged partitions in a row, not told yet. */
    int64_t first, last;
    size_t first_output, last_output;
    int64_t first_at, last_end;
};

static bool is_of(const struct dj_output *output, enum dj_stream_kind kind)
{
    return output->stream != NULL && strcmp(output->stream, dj_stream_name(kind)) == 0;
}

/* The next file of the stream that has bytes, from index on. */
static void move_to(struct stream *s, size_t index)
{
    const struct dj_summary *summary = s->c->v->summary;

    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = -1;
    s->at = 0;
    while (index < summary->noutputs && (!is_of(&summary->outputs[index], s->kind) ||
                                         summary->outputs[index].bytes <= 0)) {
        index++;
    }
    s->output = index < summary->noutputs ? index : SIZE_MAX;
}

/* Adds the next bytes to the hasher; *whole: all of them were there. */
static enum dj_status hash_next(struct stream *s, int64_t bytes, bool *whole,
                                struct dj_error *err)
{
    *whole = true;
    while (bytes > 0) {
        const struct dj_output *output;
        int64_t part, got = 0;

        if (s->output != SIZE_MAX &&
            s->at == s->c->v->summary->outputs[s->output].bytes) {
            move_to(s, s->output + 1);
        }
        if (s->output == SIZE_MAX) {
            *whole = false;
            return DJ_OK;
        }
        output = &s->c->v->summary->outputs[s->output];
        part = output->bytes - s->at < bytes ? output->bytes - s->at : bytes;
        if (s->fd >= 0 || dj_fs_open(output->path, O_RDONLY, &s->fd, err) == DJ_OK) {
            DJ_TRY(dj_verify_hash(s->c->v, s->fd, output->path, s->at, part, &got, err));
        }
        *whole = *whole && got == part;
        s->at += part;
        bytes -= part;
    }
    return DJ_OK;
}

static void tell_damage(struct stream *s)
{
    const struct dj_output *outputs = s->c->v->summary->outputs;
    char *range, *end;

    if (s->first < 0) {
        return;
    }
    range = s->last == s->first
                ? dj_xprintf("partition %" PRId64, s->first)
                : dj_xprintf("partitions %" PRId64 " to %" PRId64, s->first, s->last);
    end = s->first_output == s->last_output
              ? dj_xprintf("%" PRId64, s->last_end)
              : dj_xprintf("%" PRId64 " of %s", s->last_end,
                           dj_fs_basename(outputs[s->last_output].path));
    dj_verify_say(s->c->v, DJ_FINDING_DAMAGE, s->first, s->last,
                  "%s: %s, %s: bytes %" PRId64 " to %s are not what was written",
                  dj_verify_short(s->c->v, outputs[s->first_output].path), range,
                  dj_stream_name(s->kind), s->first_at, end);
    dj_xfree(range);
    dj_xfree(end);
    s->first = -1;
}

static enum dj_status check_partition(struct stream *s, int64_t id, struct dj_error *err)
{
    const struct given *given = &s->c->given[id];
    const int64_t bytes = given->bytes[s->kind];
    size_t from;
    int64_t at;
    bool whole;

    if (bytes <= 0) {
        return DJ_OK;
    }
    if (s->output != SIZE_MAX && s->at == s->c->v->summary->outputs[s->output].bytes) {
        move_to(s, s->output + 1);
    }
    from = s->output;
    at = s->at;
    dj_hasher_reset(s->c->v->hasher);
    DJ_TRY(hash_next(s, bytes, &whole, err));
    if (from == SIZE_MAX) {
        return DJ_OK; /* the files' sizes have been said to be wrong */
    }
    if (whole && dj_hasher_value(s->c->v->hasher) == given->digests[s->kind]) {
        tell_damage(s);
        return DJ_OK;
    }
    if (s->first < 0) {
        s->first = id;
        s->first_output = from;
        s->first_at = at;
    }
    s->last = id;
    s->last_output = s->output == SIZE_MAX ? from : s->output;
    s->last_end = s->at;
    return DJ_OK;
}

static enum dj_status check_bytes(struct checking *c, enum dj_stream_kind kind,
                                  struct dj_error *err)
{
    struct stream s = { .c = c, .kind = kind, .fd = -1, .first = -1 };
    const int64_t partitions = dj_i64_from_size(c->v->partitions.count);
    enum dj_status status = DJ_OK;

    move_to(&s, 0);
    for (int64_t id = 0; id < partitions && status == DJ_OK; id++) {
        status = check_partition(&s, id, err);
    }
    tell_damage(&s);
    if (s.fd >= 0) {
        close(s.fd);
    }
    return status;
}

/* --- files -------------------------------------------------------------------------- */

/* *there: it is worth to be read. */
static void check_file(struct checking *c, const struct dj_output *output, bool *there)
{
    const char *name = dj_verify_short(c->v, output->path);
    struct stat info;

    *there = stat(output->path, &info) == 0;
    if (!*there) {
        dj_verify_say(c->v, DJ_FINDING_DAMAGE, -1, -1, "%s: missing", name);
    } else if (info.st_size != output->bytes) {
        dj_verify_say(c->v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: is %" PRId64 " bytes long instead of %" PRId64, name,
                      (int64_t)info.st_size, output->bytes);
    }
}

/* What the report has of a stream is as long as its files. */
static void check_sum(struct checking *c, enum dj_stream_kind kind, int64_t bytes)
{
    int64_t sum = 0;

    for (size_t i = 0; i < c->v->partitions.count; i++) {
        sum += c->given[i].bytes[kind];
    }
    if (sum != bytes) {
        dj_verify_say(c->v, DJ_FINDING_DAMAGE, -1, -1,
                      "%s: its partitions gave %" PRId64 " bytes of %s, but "
                      "job_summary.json has %" PRId64,
                      dj_verify_short(c->v, c->v->paths->mapping_report), sum,
                      dj_stream_name(kind), bytes);
    }
}

/* The report tells of the rows that were read last; others were set aside before, too. */
static bool is_told(const struct checking *c, enum dj_stream_kind kind)
{
    return c->given != NULL && !c->ordered &&
           !(c->v->rows && (kind == DJ_RESULT_REJECTED || kind == DJ_RESULT_REASONS));
}

/* One line, also for many shards. */
static void found_good(struct checking *c, enum dj_stream_kind kind, size_t count)
{
    const struct dj_summary *summary = c->v->summary;
    const char *first = NULL;
    int64_t rows = 0;
    int64_t bytes = 0;

    for (size_t i = 0; i < summary->noutputs; i++) {
        if (is_of(&summary->outputs[i], kind)) {
            first = first == NULL ? summary->outputs[i].path : first;
            rows += summary->outputs[i].rows;
            bytes += summary->outputs[i].bytes;
        }
    }
    dj_verify_say(
        c->v, DJ_FINDING_GOOD, -1, -1, "%s%s: %" PRId64 " lines, %" PRId64 " bytes%s",
        dj_verify_short(c->v, first), count > 1 ? " and the other shards" : "", rows,
        bytes, !is_told(c, kind) ? " (only the sizes could be checked)" : "");
}

static enum dj_status check_outputs(struct checking *c, enum dj_stream_kind kind,
                                    struct dj_error *err)
{
    const struct dj_summary *summary = c->v->summary;
    const int64_t before = c->v->counts.damaged;
    bool all_there = true;
    int64_t bytes = 0;
    size_t count = 0;

    for (size_t i = 0; i < summary->noutputs; i++) {
        bool there;

        if (is_of(&summary->outputs[i], kind)) {
            check_file(c, &summary->outputs[i], &there);
            all_there = all_there && there;
            bytes += summary->outputs[i].bytes;
            count++;
        }
    }
    if (kind == DJ_RESULT_DATA && c->pieces.count > 0) {
        if (c->given != NULL && all_there) {
            DJ_TRY(dj_verify_check_pieces(c->v, &c->pieces, err));
        }
    } else if (is_told(c, kind) && all_there) {
        check_sum(c, kind, bytes);
        DJ_TRY(check_bytes(c, kind, err));
    }
    if (count > 0 && c->v->counts.damaged == before) {
        found_good(c, kind, count);
    }
    return DJ_OK;
}

static bool is_ordered(const struct checking *c)
{
    for (size_t i = 0; c->given != NULL && i < c->v->partitions.count; i++) {
        if (c->given[i].bytes[DJ_RESULT_PLACES] > 0) {
            return true;
        }
    }
    return false;
}

enum dj_status dj_verify_export(struct dj_verifying *v, struct dj_error *err)
{
    struct checking c = { .v = v };
    enum dj_status status = DJ_OK;

    if (v->map_good) {
        status = read_report(&c, err);
    }
    c.ordered = is_ordered(&c);
    /* Streams behind have no file of their own. */
    for (int kind = 0; kind < DJ_RESULT_PLACES && status == DJ_OK; kind++) {
        status = check_outputs(&c, (enum dj_stream_kind)kind, err);
    }
    dj_xfree(c.pieces.items);
    dj_xfree(c.given);
    return status;
}
