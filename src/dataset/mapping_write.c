/*
 * Writes metadata/dataset_mapping.json: some fields on the whole, then one source
 * and one partition a line, so that neither side ever holds the document. The last
 * field is a checksum of all lines before it.
 */
#include "dataset/format.h"
#include "dataset/mapping_private.h"

#include "dj/clock.h"
#include "dj/dataset.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"

enum { WRITE_BYTES = 1 << 20 };

struct writer {
    const char *path;
    int fd;
    struct dj_buf text; /* not written yet */
    struct dj_hasher *hasher;
};

static enum dj_status flush(struct writer *writer, struct dj_error *err)
{
    const struct dj_str bytes = dj_buf_str(&writer->text);

    dj_hasher_add(writer->hasher, bytes);
    DJ_TRY(dj_fs_write(writer->fd, bytes, writer->path, err));
    dj_buf_reset(&writer->text);
    return DJ_OK;
}

/* The folder that all sources are in; of a single one the path. Returns new. */
static char *common_path(const struct dj_sources *sources)
{
    const char *first = sources->count > 0 ? sources->files[0].path : "";
    size_t len = strlen(first);

    for (size_t i = 1; i < sources->count; i++) {
        size_t same = 0;

        while (same < len && sources->files[i].path[same] == first[same]) {
            same++;
        }
        len = same;
    }
    while (sources->count > 1 && len > 0 && first[len - 1] != '/') {
        len--;
    }
    while (len > 1 && first[len - 1] == '/') {
        len--;
    }
    return len == 0 && sources->count > 1 ? dj_xstrdup(".") : dj_xstrndup(first, len);
}

static enum dj_status put_head(struct dj_buf *out, const struct dj_sources *sources,
                               const struct dj_partitions *partitions,
                               const struct dj_mapping_info *info)
{
    char *path = common_path(sources);
    char created[DJ_CLOCK_TEXT];
    struct dj_jsonw w;
    int64_t rows = 0;

    for (size_t i = 0; i < partitions->count; i++) {
        rows += partitions->items[i].rows;
    }
    dj_clock_iso(info->created, created);
    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "original_dataset_path", path);
    dj_jsonw_kv_int(&w, "original_dataset_size", rows);
    dj_jsonw_kv_int(&w, "partition_count", (int64_t)partitions->count);
    dj_jsonw_kv_int(&w, "partition_size", info->max_rows);
    dj_jsonw_kv_int(&w, "partition_max_bytes", info->max_bytes);
    dj_jsonw_kv_text(&w, "mapping_version", DJ_MAPPING_VERSION);
    dj_jsonw_kv_int(&w, "dj_mpi_layout", DJ_MAPPING_LAYOUT);
    dj_jsonw_kv_double(&w, "created_timestamp", info->created);
    dj_jsonw_kv_text(&w, "created", created);
    dj_jsonw_kv_text(&w, "fingerprint", info->fingerprint);
    dj_jsonw_kv_text(&w, "checksum_algorithm", "XXH3-64");
    dj_jsonw_kv_int(&w, "source_count", (int64_t)sources->count);
    dj_xfree(path);
    return w.status;
}

/*
 * A path need not be UTF-8, as JSON must: what was replaced on the way is given in
 * hex digits as well.
 */
static void put_path(struct dj_jsonw *w, const char *key, const char *path)
{
    const size_t before = w->out->len;
    struct dj_buf hex;
    char *hex_key;

    dj_jsonw_kv_text(w, key, path);
    if (w->status != DJ_OK ||
        memmem(w->out->ptr + before, w->out->len - before, "\xEF\xBF\xBD", 3) == NULL) {
        return;
    }
    dj_buf_init(&hex);
    for (const char *p = path; *p != '\0' && w->status == DJ_OK; p++) {
        w->status = dj_buf_printf(&hex, "%02x", (unsigned)(unsigned char)*p);
    }
    hex_key = dj_xprintf("%s" DJ_MAPPING_HEX, key);
    dj_jsonw_kv_str(w, hex_key, dj_buf_str(&hex));
    dj_xfree(hex_key);
    dj_buf_release(&hex);
}

static enum dj_status put_source(struct dj_buf *out, const struct dj_source_file *file)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    put_path(&w, "name", file->name);
    put_path(&w, "path", file->path);
    dj_jsonw_kv_text(&w, "format", dj_source_format_name(file->format));
    dj_jsonw_kv_text(&w, "codec", dj_codec_name(file->codec));
    dj_jsonw_kv_int(&w, "size_bytes", file->size);
    dj_jsonw_kv_double(&w, "modified", file->mtime);
    if (file->spool_path != NULL) {
        put_path(&w, "spool_path", file->spool_path);
    }
    if (file->layout != NULL) {
        dj_jsonw_kv_text(&w, "layout", file->layout);
    }
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

static enum dj_status put_partition(struct dj_buf *out, const struct dj_sources *sources,
                                    const struct dj_partition *partition, int64_t row)
{
    char digest[DJ_HASH64_TEXT];
    struct dj_jsonw w;

    dj_hash64_text(partition->digest, digest);
    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "partition_id", partition->id);
    dj_jsonw_kv_int(&w, "original_start_idx", row);
    dj_jsonw_kv_int(&w, "original_end_idx", row + partition->rows);
    dj_jsonw_kv_int(&w, "sample_count", partition->rows);
    dj_jsonw_kv_int(&w, "file_size_bytes", partition->bytes);
    dj_jsonw_kv_text(&w, "checksum", digest);
    dj_jsonw_kv_int(&w, "source", partition->file);
    dj_jsonw_kv_text(&w, "source_file", sources->files[partition->file].name);
    dj_jsonw_kv_int(&w, "byte_offset", partition->offset);
    dj_jsonw_kv_int(&w, "skip_bytes", partition->skip);
    dj_jsonw_kv_int(&w, "first_line", partition->first_line);
    dj_jsonw_kv_int(&w, "line_count", partition->lines);
    if (partition->select != 0) {
        dj_jsonw_kv_int(&w, "selected_at", partition->select - 1);
    }
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

static enum dj_status put_text(struct writer *writer, const char *text)
{
    return dj_buf_append(&writer->text, dj_str_from(text));
}

/* Before each object of a list but the first a comma; then a new line. */
static enum dj_status begin_object(struct writer *writer, bool first)
{
    return put_text(writer, first ? "\n    " : ",\n    ");
}

static enum dj_status write_lists(struct writer *writer, const struct dj_sources *sources,
                                  const struct dj_partitions *partitions,
                                  struct dj_error *err)
{
    int64_t row = 0;

    DJ_TRY(put_text(writer, ",\n  " DJ_MAPPING_SOURCES));
    for (size_t i = 0; i < sources->count; i++) {
        DJ_TRY(begin_object(writer, i == 0));
        DJ_TRY(put_source(&writer->text, &sources->files[i]));
        if (writer->text.len >= WRITE_BYTES) {
            DJ_TRY(flush(writer, err));
        }
    }
    DJ_TRY(put_text(writer, "\n  ],\n  " DJ_MAPPING_PARTITIONS));
    for (size_t i = 0; i < partitions->count; i++) {
        DJ_TRY(begin_object(writer, i == 0));
        DJ_TRY(put_partition(&writer->text, sources, &partitions->items[i], row));
        row += partitions->items[i].rows;
        if (writer->text.len >= WRITE_BYTES) {
            DJ_TRY(flush(writer, err));
        }
    }
    return put_text(writer, "\n  ],\n");
}

/* What there is to write. */
struct mapping {
    const struct dj_sources *sources;
    const struct dj_partitions *partitions;
    const struct dj_mapping_info *info;
};

static enum dj_status write_all(struct writer *writer, const struct mapping *mapping,
                                struct dj_error *err)
{
    char checksum[DJ_HASH64_TEXT];

    DJ_TRY(put_head(&writer->text, mapping->sources, mapping->partitions, mapping->info));
    DJ_TRY(write_lists(writer, mapping->sources, mapping->partitions, err));
    DJ_TRY(flush(writer, err));
    dj_hash64_text(dj_hasher_value(writer->hasher), checksum);
    DJ_TRY(dj_buf_printf(&writer->text, "  \"content_checksum\": \"%s\"\n}\n", checksum));
    return flush(writer, err);
}

static enum dj_status write_mapping(void *context, int fd, const char *path,
                                    struct dj_error *err)
{
    struct writer writer = { .path = path, .fd = fd, .hasher = dj_hasher_new() };
    enum dj_status status;

    dj_buf_init(&writer.text);
    status = write_all(&writer, context, err);
    if (status == DJ_NOMEM) {
        dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    }
    dj_hasher_free(writer.hasher);
    dj_buf_release(&writer.text);
    return status;
}

enum dj_status dj_mapping_write(const char *path, const struct dj_sources *sources,
                                const struct dj_partitions *partitions,
                                const struct dj_mapping_info *info, struct dj_error *err)
{
    struct mapping mapping = { sources, partitions, info };

    DJ_TRY(dj_fault_at(DJ_FAULT_MAP_WRITE, err));
    return dj_fs_replace_with(path, write_mapping, &mapping, err);
}
