/* Cutting and reading files of records. */
#include "dataset/record.h"

#include "dataset/bytes.h"
#include "dj/fault.h"
#include "dj/hash.h"

/* Of a damaged record; its place in the file is in the reason. */
enum { SHOWN_BYTES = 64 << 10 };

/*
 * Decoding up to partitions, as a multiple of all bytes, above which a spool file is
 * cheaper.
 */
enum { SKIP_FACTOR = 4, SKIP_SLACK = 16 << 20 };

enum dj_status dj_record_put_fault(struct dj_buf *out, const char *reason,
                                   struct dj_str bytes)
{
    const size_t len = bytes.len < SHOWN_BYTES ? bytes.len : SHOWN_BYTES;
    char *at;

    DJ_TRY(dj_buf_printf(out, DJ_LINE_FAULT "%s" DJ_LINE_FAULT_END, reason));
    DJ_TRY(dj_buf_append(out, (struct dj_str){ bytes.ptr, len }));
    at = out->ptr + out->len - len;
    for (size_t i = 0; i < len; i++) {
        at[i] = at[i] == '\n' || at[i] == '\r' ? ' ' : at[i];
    }
    return DJ_OK;
}

/* --- the scan ----------------------------------------------------------------------- */

struct scan {
    const struct dj_record_kind *kind;
    const struct dj_source_file *file;
    struct dj_cut cut;
    struct dj_partitions *partitions;
    struct dj_hasher *hasher;
    struct dj_partition open;
    int64_t start, border;
    int64_t skipped; /* sum of the places of partitions */
    bool has_open;
};

static enum dj_status close_partition(struct scan *scan, int64_t end)
{
    if (!scan->has_open) {
        return DJ_OK;
    }
    scan->has_open = false;
    scan->open.bytes = end - scan->start;
    scan->open.digest = dj_hasher_value(scan->hasher);
    return dj_partitions_add(scan->partitions, &scan->open);
}

static void open_partition(struct scan *scan, int64_t at)
{
    const int64_t file = scan->open.file;
    const int64_t block = scan->cut.max_bytes;

    scan->open = (struct dj_partition){ .id = -1, .file = file };
    if (scan->file->codec == DJ_CODEC_NONE) {
        scan->open.offset = at;
    } else {
        scan->open.skip = at;
        scan->skipped += at;
    }
    scan->start = at;
    scan->border =
        block < 1 || at > INT64_MAX - block ? INT64_MAX : at - at % block + block;
    scan->has_open = true;
    dj_hasher_reset(scan->hasher);
}

static enum dj_status take_record(struct scan *scan, const struct dj_record *record,
                                  struct dj_str held, int64_t at)
{
    if (record->row && scan->has_open && scan->open.rows > 0 &&
        (at >= scan->border ||
         (scan->cut.max_rows > 0 && scan->open.rows >= scan->cut.max_rows))) {
        DJ_TRY(close_partition(scan, at));
    }
    if (!scan->has_open) {
        open_partition(scan, at);
    }
    dj_hasher_add(scan->hasher, (struct dj_str){ held.ptr, record->next });
    scan->open.rows += record->row;
    scan->open.lines += record->lines;
    return DJ_OK;
}

static enum dj_status scan_all(struct scan *scan, struct dj_bytes *bytes, void *state,
                               struct dj_error *err)
{
    for (;;) {
        const struct dj_str held = dj_bytes_held(bytes);
        const bool last = dj_bytes_last(bytes);
        const int64_t at = dj_bytes_at(bytes);
        struct dj_record record = { .next = 0 };

        switch (held.len == 0 && !last
                    ? DJ_RECORD_MORE
                    : scan->kind->find(state, held, last, at, &record)) {
        case DJ_RECORD_MORE:
            DJ_TRY(dj_fault_at(DJ_FAULT_SCAN, err));
            DJ_TRY(dj_bytes_more(bytes, err));
            break;
        case DJ_RECORD_FOUND:
            scan->kind->look(state, &record);
            DJ_TRY(take_record(scan, &record, held, at));
            dj_bytes_take(bytes, record.next);
            break;
        case DJ_RECORD_END:
        default:
            return close_partition(scan, at);
        }
    }
}

/* The partitions from before on are of a file that is read from its decoded copy. */
static enum dj_status spool(struct dj_source_file *file, const char *spool_dir,
                            size_t index, struct dj_partitions *partitions, size_t before,
                            struct dj_error *err)
{
    char *path = dj_spool_path(spool_dir, index);
    const enum dj_status status = dj_bytes_spool(file, path, err);

    if (status != DJ_OK) {
        dj_xfree(path);
        return status;
    }
    dj_xfree(file->spool_path);
    file->spool_path = path;
    for (size_t i = before; i < partitions->count; i++) {
        partitions->items[i].offset = partitions->items[i].skip;
        partitions->items[i].skip = 0;
    }
    return DJ_OK;
}

enum dj_status dj_records_scan(const struct dj_record_kind *kind,
                               struct dj_sources *sources, size_t index,
                               struct dj_cut cut, const char *spool_dir,
                               struct dj_partitions *partitions, struct dj_error *err)
{
    struct dj_source_file *file = &sources->files[index];
    const size_t before = partitions->count;
    struct scan scan = {
        .kind = kind,
        .file = file,
        .cut = cut,
        .partitions = partitions,
        .hasher = dj_hasher_new(),
        .open = { .file = (int64_t)index },
    };
    struct dj_bytes *bytes = dj_bytes_new();
    void *state;
    enum dj_status status;

    dj_xfree(file->layout);
    file->layout = NULL;
    state = kind->open(file);
    kind->begin(state, true);
    status = dj_bytes_start(bytes, file, 0, 0, INT64_MAX, err);
    if (status == DJ_OK) {
        status = scan_all(&scan, bytes, state, err);
    }
    if (status == DJ_OK) {
        file->layout = kind->layout(state);
        if (scan.skipped / SKIP_FACTOR > dj_bytes_at(bytes) + SKIP_SLACK ||
            (cut.max_bytes > 0 && scan.skipped > 2 * cut.max_bytes)) {
            status = spool(file, spool_dir, index, partitions, before, err);
        }
    }
    kind->close(state);
    dj_bytes_free(bytes);
    dj_hasher_free(scan.hasher);
    return status;
}

/* --- reading ------------------------------------------------------------------------ */

struct reading {
    const struct dj_record_kind *kind;
    const struct dj_source_file *file; /* that state is of */
    void *state;
    struct dj_bytes *bytes;
    struct dj_partition partition;
    int64_t rows;
    bool ended;
};

static enum dj_status changed(const struct reading *reading, struct dj_error *err)
{
    return dj_fail(err, DJ_DATA,
                   "%s: changed since it was cut into partitions: partition %lld (from "
                   "%s %lld on) holds other bytes; put the file back as it was, or start "
                   "a new job",
                   reading->file->path, (long long)reading->partition.id,
                   reading->kind->what, (long long)reading->partition.first_line);
}

enum dj_status dj_records_start(const struct dj_record_kind *kind, void **state,
                                const struct dj_sources *sources,
                                const struct dj_partition *partition,
                                struct dj_error *err)
{
    const struct dj_source_file *file = &sources->files[partition->file];
    struct reading *reading = *state;

    if (reading == NULL) {
        reading = dj_xcalloc(1, sizeof(*reading));
        reading->bytes = dj_bytes_new();
        *state = reading;
    }
    if (reading->file != file) {
        if (reading->state != NULL) {
            reading->kind->close(reading->state);
        }
        reading->kind = kind;
        reading->file = file;
        reading->state = kind->open(file);
    }
    reading->partition = *partition;
    reading->rows = 0;
    reading->ended = false;
    kind->begin(reading->state, partition->offset == 0 && partition->skip == 0);
    return dj_bytes_start(reading->bytes, file, partition->offset, partition->skip,
                          partition->bytes, err);
}

static enum dj_status put_record(struct reading *reading, const struct dj_record *record,
                                 struct dj_buf *lines)
{
    int64_t ends = record->lines;

    if (record->row) {
        reading->rows++;
        DJ_TRY(reading->kind->write(reading->state, record, lines));
        ends = ends > 0 ? ends : 1;
    }
    while (ends-- > 0) { /* blank lines, so that those behind have their numbers */
        DJ_TRY(dj_buf_putc(lines, '\n'));
    }
    return DJ_OK;
}

enum dj_status dj_records_next(void *state, size_t want, struct dj_buf *lines,
                               struct dj_error *err)
{
    struct reading *reading = state;
    const size_t before = lines->len;
    const int64_t rows = reading->rows;
    const int64_t first = reading->partition.offset + reading->partition.skip;
    struct dj_bytes *bytes = reading->bytes;

    while (!reading->ended && (lines->len - before < want || reading->rows == rows)) {
        const struct dj_str held = dj_bytes_held(bytes);
        const bool last = dj_bytes_last(bytes);
        struct dj_record record = { .next = 0 };

        switch (held.len == 0 && !last
                    ? DJ_RECORD_MORE
                    : reading->kind->find(reading->state, held, last,
                                          first + dj_bytes_at(bytes), &record)) {
        case DJ_RECORD_MORE:
            DJ_TRY(dj_bytes_more(bytes, err));
            break;
        case DJ_RECORD_FOUND:
            if (put_record(reading, &record, lines) != DJ_OK) {
                return dj_fail(err, DJ_NOMEM, "%s: out of memory for a %s of %zu bytes",
                               reading->file->path, reading->kind->what,
                               record.bytes.len);
            }
            dj_bytes_take(bytes, record.next);
            break;
        case DJ_RECORD_END:
        default:
            reading->ended = true;
            if (dj_bytes_digest(bytes) != reading->partition.digest ||
                (reading->partition.select == 0 &&
                 reading->rows != reading->partition.rows)) {
                return changed(reading, err);
            }
            break;
        }
    }
    return DJ_OK;
}

void dj_records_close(void *state)
{
    struct reading *reading = state;

    if (reading != NULL) {
        if (reading->state != NULL) {
            reading->kind->close(reading->state);
        }
        dj_bytes_free(reading->bytes);
        dj_xfree(reading);
    }
}
