/*
 * Text files as samples: {"text": "..."}, with line breaks as Data-Juicer (Python) reads
 * them. A file that is no UTF-8 is set aside.
 */
#include "dataset/text_files.h"

#include "dataset/bytes.h"
#include "dataset/format.h"
#include "dataset/record.h"
#include "dj/fault.h"
#include "dj/json.h"

#include <stdio.h>

/* What opening a file costs, in bytes that could be read in that time. */
enum { FILE_COST = 16 << 10 };

/* Behind the files of the partition that begins with first. */
static size_t group_end(const struct dj_sources *sources, size_t first, struct dj_cut cut)
{
    int64_t bytes = sources->files[first].size;
    size_t end = first + 1;

    while (end < sources->count && sources->files[end].format == DJ_SOURCE_TEXT &&
           sources->files[end].entry == sources->files[first].entry &&
           (cut.max_rows < 1 || (int64_t)(end - first) < cut.max_rows) &&
           (cut.max_bytes < 1 || bytes + sources->files[end].size <= cut.max_bytes)) {
        bytes += sources->files[end++].size;
    }
    return end;
}

static int64_t cost_of(const struct dj_source_file *file)
{
    return file->format == DJ_SOURCE_TEXT ? file->size + FILE_COST : 0;
}

/* Reads all of a file; *content is borrowed from bytes. */
static enum dj_status read_file(struct dj_bytes *bytes, const struct dj_source_file *file,
                                struct dj_str *content, struct dj_error *err)
{
    DJ_TRY(dj_bytes_start(bytes, file, 0, 0, INT64_MAX, err));
    while (!dj_bytes_last(bytes)) {
        DJ_TRY(dj_bytes_more(bytes, err));
    }
    *content = dj_bytes_held(bytes);
    return DJ_OK;
}

/* Adds a file to a digest: how long it is, and its bytes. */
static void add_digest(struct dj_hasher *hasher, struct dj_str content)
{
    const uint64_t len = content.len;

    dj_hasher_add(hasher, (struct dj_str){ (const char *)&len, sizeof(len) });
    dj_hasher_add(hasher, content);
}

/* --- the scan ----------------------------------------------------------------------- */

static enum dj_status scan_group(struct dj_partitions *partitions,
                                 const struct dj_sources *sources, struct dj_bytes *bytes,
                                 size_t first, size_t end, struct dj_error *err)
{
    struct dj_hasher *hasher = dj_hasher_new();
    enum dj_status status = DJ_OK;
    struct dj_partition partition = {
        .id = -1,
        .file = (int64_t)first,
        .rows = (int64_t)(end - first),
        .lines = (int64_t)(end - first),
    };

    for (size_t i = first; i < end && status == DJ_OK; i++) {
        struct dj_str content = { NULL, 0 };

        status = dj_fault_at(DJ_FAULT_SCAN, err);
        if (status == DJ_OK) {
            status = read_file(bytes, &sources->files[i], &content, err);
        }
        add_digest(hasher, content);
        partition.bytes += (int64_t)content.len + 1; /* with its line end */
    }
    partition.digest = dj_hasher_value(hasher);
    dj_hasher_free(hasher);
    return status == DJ_OK ? dj_partitions_add(partitions, &partition) : status;
}

enum dj_status dj_text_files_scan(struct dj_scan *scan, const struct dj_sources *sources,
                                  int rank, int nranks, struct dj_error *err)
{
    struct dj_bytes *bytes = dj_bytes_new();
    enum dj_status status = DJ_OK;
    int64_t total = 0;
    int64_t before = 0;

    for (size_t i = 0; i < sources->count; i++) {
        total += cost_of(&sources->files[i]);
    }
    for (size_t i = 0; i < sources->count && status == DJ_OK;) {
        const int64_t share = total / nranks + 1;
        size_t end = i + 1;

        if (sources->files[i].format == DJ_SOURCE_TEXT) {
            end = group_end(sources, i, scan->cutter.cut);
            if (before / share == rank) {
                status = scan_group(scan->cutter.partitions, sources, bytes, i, end, err);
            }
        }
        for (; i < end; i++) {
            before += cost_of(&sources->files[i]);
        }
    }
    dj_bytes_free(bytes);
    return status;
}

/* One file alone. */
static enum dj_status text_scan(struct dj_sources *sources, size_t index,
                                struct dj_cut cut, const char *spool_dir,
                                struct dj_partitions *partitions, struct dj_error *err)
{
    struct dj_bytes *bytes = dj_bytes_new();
    const enum dj_status status =
        scan_group(partitions, sources, bytes, index, index + 1, err);

    (void)cut;
    (void)spool_dir;
    dj_bytes_free(bytes);
    return status;
}

/* --- reading ------------------------------------------------------------------------ */

struct reading {
    const struct dj_sources *sources;
    struct dj_partition partition;
    struct dj_bytes *bytes;
    struct dj_hasher *hasher;
    struct dj_buf text; /* with line breaks changed */
    int64_t done;
};

static enum dj_status text_start(void **state, const struct dj_sources *sources,
                                 const struct dj_partition *partition,
                                 struct dj_error *err)
{
    struct reading *reading = *state;

    if (partition->lines < 1 ||
        partition->lines > (int64_t)sources->count - partition->file) {
        return dj_fail(err, DJ_INTERNAL, "partition %lld has %lld of %zu files",
                       (long long)partition->id, (long long)partition->lines,
                       sources->count);
    }
    if (reading == NULL) {
        reading = dj_xcalloc(1, sizeof(*reading));
        reading->bytes = dj_bytes_new();
        reading->hasher = dj_hasher_new();
        dj_buf_init(&reading->text);
        *state = reading;
    }
    reading->sources = sources;
    reading->partition = *partition;
    reading->done = 0;
    dj_hasher_reset(reading->hasher);
    return DJ_OK;
}

/* As Python opens text files: "\r\n" and "\r" are line breaks. */
static enum dj_status unify_breaks(struct dj_str *content, struct dj_buf *text)
{
    const char *p = content->ptr;
    const char *end = p + content->len;

    if (content->len == 0 || memchr(p, '\r', content->len) == NULL) {
        return DJ_OK;
    }
    dj_buf_reset(text);
    DJ_TRY(dj_buf_reserve(text, content->len));
    for (; p < end; p++) {
        if (*p == '\r') {
            text->ptr[text->len++] = '\n';
            p += p + 1 < end && p[1] == '\n';
        } else {
            text->ptr[text->len++] = *p;
        }
    }
    *content = dj_buf_str(text);
    return DJ_OK;
}

static enum dj_status put_sample(struct reading *reading, struct dj_str content,
                                 struct dj_buf *lines)
{
    const size_t good = dj_json_utf8_prefix(content);

    if (good < content.len) {
        DJ_TRY(dj_buf_printf(lines,
                             DJ_LINE_FAULT
                             "byte %zu: 0x%02x is not valid UTF-8 here" DJ_LINE_FAULT_END,
                             good, (unsigned)(unsigned char)content.ptr[good]));
    }
    DJ_TRY(unify_breaks(&content, &reading->text));
    DJ_TRY(dj_buf_append(lines, DJ_STR("{\"text\": ")));
    DJ_TRY(dj_json_quote(lines, content));
    return dj_buf_append(lines, DJ_STR("}\n"));
}

static enum dj_status text_next(void *state, size_t want, struct dj_buf *lines,
                                struct dj_error *err)
{
    struct reading *reading = state;
    const struct dj_partition *partition = &reading->partition;
    const size_t before = lines->len;

    while (reading->done < partition->lines && lines->len - before < want) {
        const struct dj_source_file *file =
            &reading->sources->files[partition->file + reading->done];
        struct dj_str content;

        DJ_TRY(read_file(reading->bytes, file, &content, err));
        add_digest(reading->hasher, content);
        if (put_sample(reading, content, lines) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory for %zu bytes", file->path,
                           content.len);
        }
        reading->done++;
    }
    if (lines->len == before && dj_hasher_value(reading->hasher) != partition->digest) {
        return dj_fail(err, DJ_DATA,
                       "%s: it, or one of the %lld files behind it, changed since they "
                       "were made partition %lld; put it back as it was, or start a new "
                       "job",
                       reading->sources->files[partition->file].path,
                       (long long)partition->lines - 1, (long long)partition->id);
    }
    return DJ_OK;
}

static void text_close(void *state)
{
    struct reading *reading = state;

    if (reading != NULL) {
        dj_bytes_free(reading->bytes);
        dj_hasher_free(reading->hasher);
        dj_buf_release(&reading->text);
        dj_xfree(reading);
    }
}

const struct dj_format dj_format_text = {
    .name = "text",
    .scan = text_scan,
    .start = text_start,
    .next = text_next,
    .close = text_close,
};
