/*
 * Checks commit records and the bytes that they name. As a resumed run does, the first
 * record counts in which a partition's bytes are all there: what was lost and done
 * again is no damage. Unlike it, this reads the bytes.
 */
#include "dj/fs.h"
#include "exec/verify.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is known of a partition so far. */
enum known { NOTHING, LOST, WHOLE, DAMAGED };

/* The file that a stream's bytes are in. */
struct source {
    char *path;
    int64_t segment;
    int64_t bytes; /* -1: it is not there */
    int fd;
};

/* A partition whose bytes are not all there: damage, unless it was done again. */
struct missing {
    int64_t partition;
    char *text;
};

struct checking {
    struct dj_verifying *v;
    int64_t number; /* of the record */
    const char *name;
    struct dj_record *record;
    struct source sources[DJ_RESULT_STREAMS];
    unsigned char *known; /* enum known, a partition each */
    size_t room;
    struct missing *missing;
    size_t nmissing;
    struct dj_verify_bad *bad;
    size_t nbad;
};

/* --- sources ------------------------------------------------------------------------ */

static void close_source(struct source *source)
{
    if (source->fd >= 0) {
        close(source->fd);
    }
    dj_xfree(source->path);
    *source = (struct source){ .segment = DJ_SEGMENT_LOST, .bytes = -1, .fd = -1 };
}

static const struct source *open_source(struct checking *c, enum dj_stream_kind kind,
                                        int64_t segment)
{
    struct source *source = &c->sources[kind];
    struct dj_error ignored;
    struct stat info;

    if (source->path != NULL && source->segment == segment) {
        return source;
    }
    close_source(source);
    source->segment = segment;
    source->path = segment == DJ_SEGMENT_GROWING
                       ? dj_xstrdup(c->record->growing)
                       : dj_segment_path(c->v->paths->results_dir, segment, kind);
    if (dj_fs_open(source->path, O_RDONLY, &source->fd, &ignored) == DJ_OK &&
        fstat(source->fd, &info) == 0) {
        source->bytes = (int64_t)info.st_size;
    }
    return source;
}

/* --- what is found ------------------------------------------------------------------ */

static void add_bad(struct checking *c, int64_t partition)
{
    struct dj_verify_bad *last = c->nbad == 0 ? NULL : &c->bad[c->nbad - 1];

    c->v->counts.forgettable++;
    if (last != NULL && last->record == c->number && last->partition == partition) {
        last->findings++;
        return;
    }
    c->bad = dj_xrealloc(c->bad, (c->nbad + 1) * sizeof(*c->bad));
    c->bad[c->nbad++] = (struct dj_verify_bad){ c->number, partition, 1 };
}

static void add_missing(struct checking *c, int64_t partition, enum dj_stream_kind kind,
                        struct dj_extent extent, const struct source *source)
{
    char *size = source->bytes < 0
                     ? dj_xstrdup("is not there")
                     : dj_xprintf("is %" PRId64 " bytes long", source->bytes);

    c->missing = dj_xrealloc(c->missing, (c->nmissing + 1) * sizeof(*c->missing));
    c->missing[c->nmissing++] = (struct missing){
        partition,
        dj_xprintf("%s: partition %" PRId64 ", %s: its bytes end at %" PRId64
                   " in %s, which %s; the next run does it anew",
                   c->name, partition, dj_stream_name(kind), extent.offset + extent.bytes,
                   dj_verify_short(c->v, source->path), size),
    };
    dj_xfree(size);
}

/* Damage of the record as a whole. */
static void found_bad_record(struct checking *c, const char *text)
{
    dj_verify_say(c->v, DJ_FINDING_DAMAGE, -1, -1, "%s", dj_verify_short(c->v, text));
    add_bad(c, -1);
}

/* --- a partition -------------------------------------------------------------------- */

/* How a stream of a partition is; damage has been said. */
static enum dj_status check_stream(struct checking *c, enum dj_stream_kind kind,
                                   enum known *how, struct dj_error *err)
{
    const struct dj_part_result *result = &c->record->result;
    const struct dj_extent extent = result->extents[kind];
    const struct source *source;
    int64_t got;

    *how = extent.segment == DJ_SEGMENT_LOST ? LOST : WHOLE;
    if (*how == LOST || extent.bytes == 0) {
        return DJ_OK;
    }
    source = open_source(c, kind, extent.segment);
    if (extent.offset + extent.bytes > source->bytes) {
        add_missing(c, result->id, kind, extent, source);
        *how = LOST;
        return DJ_OK;
    }
    dj_hasher_reset(c->v->hasher);
    DJ_TRY(dj_verify_hash(c->v, source->fd, source->path, extent.offset, extent.bytes,
                          &got, err));
    if (got == extent.bytes && dj_hasher_value(c->v->hasher) == result->digests[kind]) {
        return DJ_OK;
    }
    dj_verify_say(c->v, DJ_FINDING_DAMAGE, result->id, result->id,
                  "%s: partition %" PRId64 ", %s: bytes %" PRId64 " to %" PRId64
                  " of %s are not what was written",
                  c->name, result->id, dj_stream_name(kind), extent.offset,
                  extent.offset + extent.bytes, dj_verify_short(c->v, source->path));
    add_bad(c, result->id);
    *how = DAMAGED;
    return DJ_OK;
}

static void make_room(struct checking *c, int64_t partition)
{
    const size_t need = dj_size_from_i64(partition) + 1;

    if (need > c->room) {
        const size_t now = need + need / 2;

        c->known = dj_xrealloc(c->known, now);
        memset(c->known + c->room, NOTHING, now - c->room);
        c->room = now;
    }
}

static enum dj_status check_partition(struct checking *c, struct dj_error *err)
{
    const struct dj_part_result *result = &c->record->result;
    enum known worst = WHOLE;

    if (result->state != DJ_PART_DONE) {
        return DJ_OK;
    }
    if (result->id < 0 ||
        (c->v->map_good && result->id >= dj_i64_from_size(c->v->partitions.count))) {
        dj_verify_say(c->v, DJ_FINDING_DAMAGE, result->id, result->id,
                      "%s: names partition %" PRId64 ", which the map does not have",
                      c->name, result->id);
        return DJ_OK;
    }
    make_room(c, result->id);
    if (c->known[result->id] == WHOLE || c->known[result->id] == DAMAGED) {
        return DJ_OK; /* an earlier record counts */
    }
    for (int kind = 0; kind < DJ_RESULT_STREAMS && worst != LOST; kind++) {
        enum known how;

        DJ_TRY(check_stream(c, (enum dj_stream_kind)kind, &how, err));
        worst = how == WHOLE ? worst : how;
    }
    c->known[result->id] = (unsigned char)worst;
    return DJ_OK;
}

/* --- a record ----------------------------------------------------------------------- */

static enum dj_status check_partitions(struct checking *c, struct dj_error *err)
{
    const int64_t before = c->v->counts.damaged;
    int64_t count = 0;
    bool more = true;

    for (;;) {
        DJ_TRY(dj_record_next(c->record, &more, err));
        if (!more) {
            break;
        }
        count += c->record->result.state == DJ_PART_DONE;
        DJ_TRY(check_partition(c, err));
    }
    if (c->v->counts.damaged == before) {
        dj_verify_say(c->v, DJ_FINDING_GOOD, -1, -1, "%s: %" PRId64 " partitions",
                      c->name, count);
    }
    return DJ_OK;
}

static enum dj_status check_opened(struct checking *c, const char *path,
                                   struct dj_error *err)
{
    struct dj_verifying *v = c->v;
    struct dj_record record;
    enum dj_status status;

    DJ_TRY(dj_record_open(&record, path, err));
    if (v->map_good && record.map_digest != v->map_digest) {
        status = dj_fail(err, DJ_RESUME, "%s: is of another partition map", path);
    } else {
        if (record.growing == NULL || !dj_fs_exists(record.growing)) {
            record.generation = 0; /* that of none: its places are lost */
        }
        c->record = &record;
        status = check_partitions(c, err);
    }
    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        close_source(&c->sources[kind]);
    }
    dj_record_close(&record);
    return status;
}

static enum dj_status check_record(struct checking *c, struct dj_error *err)
{
    char *path = dj_record_path(c->v->paths->results_dir, c->number);
    enum dj_status status = DJ_OK;

    c->name = dj_verify_short(c->v, path);
    if (!dj_fs_exists(path)) {
        char *text = dj_xprintf("%s: missing; those after it are not used", path);

        found_bad_record(c, text);
        dj_xfree(text);
        dj_xfree(path);
        return DJ_OK;
    }
    status = dj_record_check(path, err);
    if (status == DJ_OK) {
        status = check_opened(c, path, err);
    }
    if (status != DJ_OK && status != DJ_NOMEM) {
        found_bad_record(c, err->text);
        status = DJ_OK;
    }
    dj_xfree(path);
    return status;
}

/* --- all ---------------------------------------------------------------------------- */

int64_t dj_verify_last_record(const char *results_dir)
{
    DIR *dir = opendir(results_dir);
    const struct dirent *entry;
    int64_t last = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int64_t number;
        int end = 0;

        if (sscanf(entry->d_name, "commit_%" SCNd64 ".json%n", &number, &end) == 1 &&
            end > 0 && entry->d_name[end] == '\0' && number > last) {
            last = number;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return last;
}

static void tell_missing(struct checking *c)
{
    int64_t lost = 0;

    for (size_t i = 0; i < c->nmissing; i++) {
        const int64_t partition = c->missing[i].partition;

        if (c->known[partition] == LOST) {
            dj_verify_say(c->v, DJ_FINDING_DAMAGE, partition, partition, "%s",
                          c->missing[i].text);
            c->known[partition] = DAMAGED;
        }
    }
    for (size_t i = 0; i < c->room; i++) {
        lost += c->known[i] == LOST;
    }
    if (lost > 0) {
        dj_verify_say(c->v, DJ_FINDING_NOTE, -1, -1,
                      "results: %" PRId64
                      " finished partitions were in a growing export that is gone; the "
                      "next run does them anew",
                      lost);
    }
}

static enum dj_status check_records(struct checking *c, struct dj_error *err)
{
    const int64_t last = dj_verify_last_record(c->v->paths->results_dir);

    for (c->number = 1; c->number <= last; c->number++) {
        DJ_TRY(check_record(c, err));
    }
    tell_missing(c);
    return c->v->request->forget && c->nbad > 0
               ? dj_verify_forget(c->v, c->bad, c->nbad, err)
               : DJ_OK;
}

enum dj_status dj_verify_results(struct dj_verifying *v, struct dj_error *err)
{
    struct checking c = { .v = v };
    enum dj_status status;

    for (int kind = 0; kind < DJ_RESULT_STREAMS; kind++) {
        c.sources[kind].fd = -1;
        close_source(&c.sources[kind]);
    }
    status = check_records(&c, err);
    for (size_t i = 0; i < c.nmissing; i++) {
        dj_xfree(c.missing[i].text);
    }
    dj_xfree(c.missing);
    dj_xfree(c.known);
    dj_xfree(c.bad);
    return status;
}
