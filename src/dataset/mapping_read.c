/*
 * Reads metadata/dataset_mapping.json line by line, as mapping_write.c wrote it: it
 * may hold hundreds of thousands of partitions.
 */
#include "dataset/format.h"
#include "dataset/mapping_private.h"
#include "dataset/source_private.h"

#include "dj/dataset.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20 };

enum section { HEAD, SOURCES, PARTITIONS, TAIL, CLOSING, COMPLETE };

struct reading {
    const char *path;
    int fd;
    int64_t pos;       /* file offset of the next byte */
    struct dj_buf buf; /* bytes from used on are not read yet */
    size_t used;
    struct dj_hasher *hasher;

    enum section section;
    int64_t number; /* of the line */
    int64_t source_count, partition_count, layout;
    struct dj_buf object; /* a field of the head with braces around it */
    struct dj_sources *sources;
    struct dj_partitions *partitions;
    struct dj_mapping_info *info;
    char *fingerprint;
};

static enum dj_status damaged(const struct reading *reading, const char *how,
                              struct dj_error *err)
{
    return dj_fail(err, DJ_RESUME,
                   "%s:%lld: %s; a partition map that was changed or damaged cannot be "
                   "resumed from: restore it, delete it to have the dataset cut again "
                   "(finished partitions count if they come out the same), or choose "
                   "another --job_id",
                   reading->path, (long long)reading->number, how);
}

/* The next line with its LF; empty at the end. */
static enum dj_status next_line(struct reading *reading, struct dj_str *line,
                                struct dj_error *err)
{
    struct dj_buf *buf = &reading->buf;
    size_t searched = reading->used;

    for (;;) {
        const char *lf = buf->len == searched
                             ? NULL
                             : memchr(buf->ptr + searched, '\n', buf->len - searched);
        size_t got;

        if (lf != NULL) {
            *line = (struct dj_str){ buf->ptr + reading->used,
                                     (size_t)(lf + 1 - buf->ptr) - reading->used };
            break;
        }
        if (reading->used > 0) {
            buf->len -= reading->used;
            memmove(buf->ptr, buf->ptr + reading->used, buf->len);
            reading->used = 0;
        }
        searched = buf->len;
        if (dj_buf_reserve(buf, READ_BYTES) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory", reading->path);
        }
        DJ_TRY(dj_fs_pread(reading->fd, buf->ptr + buf->len, READ_BYTES, reading->pos,
                           &got, reading->path, err));
        buf->len += got;
        reading->pos += (int64_t)got;
        if (got == 0) { /* what is left has no LF */
            *line = dj_buf_str(buf);
            break;
        }
    }
    reading->used += line->len;
    reading->number++;
    return DJ_OK;
}

/* Without the blanks around it and a comma at its end. */
static struct dj_str trim(struct dj_str line)
{
    while (line.len > 0 && strchr(" \t\r\n,", line.ptr[line.len - 1]) != NULL) {
        line.len--;
    }
    while (line.len > 0 && strchr(" \t", line.ptr[0]) != NULL) {
        line.ptr++;
        line.len--;
    }
    return line;
}

/* The document of one line; *doc is NULL when it is none. */
static enum dj_status parse(const struct reading *reading, struct dj_str text,
                            struct dj_json **doc, struct dj_error *err)
{
    struct dj_error why;

    *doc = NULL;
    if (dj_json_parse(text, reading->path, doc, &why) != DJ_OK ||
        !dj_json_is_object(*doc)) {
        dj_json_free(*doc);
        *doc = NULL;
        return damaged(reading, "is not as dj-mpi wrote it", err);
    }
    return DJ_OK;
}

/* A field of the head or tail: one "name": value. */
static enum dj_status take_field(struct reading *reading, struct dj_str text,
                                 struct dj_error *err)
{
    struct dj_mapping_info *info = reading->info;
    struct dj_json *doc;
    uint64_t ignored;

    dj_buf_reset(&reading->object);
    if (dj_buf_printf(&reading->object, "{%.*s}", dj_int_from_size(text.len), text.ptr) !=
        DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", reading->path);
    }
    DJ_TRY(parse(reading, dj_buf_str(&reading->object), &doc, err));
    info->max_rows = dj_json_int(doc, "partition_size", info->max_rows);
    info->max_bytes = dj_json_int(doc, "partition_max_bytes", info->max_bytes);
    info->created = dj_json_number(doc, "created_timestamp", info->created);
    reading->layout = dj_json_int(doc, "dj_mpi_layout", reading->layout);
    reading->source_count = dj_json_int(doc, "source_count", reading->source_count);
    reading->partition_count =
        dj_json_int(doc, "partition_count", reading->partition_count);
    if (dj_hash64_parse(dj_json_text(doc, "fingerprint", NULL), &ignored)) {
        memcpy(reading->fingerprint, dj_json_text(doc, "fingerprint", ""),
               DJ_HASH64_TEXT);
    }
    dj_json_free(doc);
    return DJ_OK;
}

/* See put_path in mapping_write.c. Returns new, or NULL. */
static char *take_path(const struct dj_json *doc, const char *key)
{
    char *hex_key = dj_xprintf("%s" DJ_MAPPING_HEX, key);
    const char *hex = dj_json_text(doc, hex_key, NULL);
    char *path = dj_xstrdup(dj_json_text(doc, key, NULL));
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;

    dj_xfree(hex_key);
    if (len > 0) {
        dj_xfree(path);
        path = dj_xmalloc(len + 1);
        for (size_t i = 0; i < len; i++) {
            const char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

            path[i] = (char)strtoul(digits, NULL, 16);
        }
    }
    return path;
}

static enum dj_status take_source(struct reading *reading, struct dj_str text,
                                  struct dj_error *err)
{
    struct dj_sources *sources = reading->sources;
    enum dj_status status = DJ_OK;
    struct dj_source_file *file;
    struct dj_json *doc;
    enum dj_source_format format;
    const char *name;
    int codec = 0;

    if ((int64_t)sources->count >= reading->source_count) {
        return damaged(reading, "has more sources than it says", err);
    }
    DJ_TRY(parse(reading, text, &doc, err));
    name = dj_json_text(doc, "codec", "");
    while (codec < DJ_CODEC_COUNT &&
           strcmp(name, dj_codec_name((enum dj_codec)codec)) != 0) {
        codec++;
    }
    format = dj_format_from_name(dj_json_text(doc, "format", ""));
    if (codec == DJ_CODEC_COUNT || format == DJ_SOURCE_COUNT ||
        dj_json_text(doc, "path", NULL) == NULL ||
        dj_json_text(doc, "name", NULL) == NULL) {
        status = damaged(reading, "is no source of this version of dj-mpi", err);
    } else {
        file = dj_sources_add(sources);
        file->path = take_path(doc, "path");
        file->name = take_path(doc, "name");
        file->format = format;
        file->codec = (enum dj_codec)codec;
        file->size = dj_json_int(doc, "size_bytes", 0);
        file->mtime = dj_json_number(doc, "modified", 0);
        file->spool_path = take_path(doc, "spool_path");
        if (dj_json_text(doc, "layout", NULL) != NULL) {
            file->layout = dj_xstrdup(dj_json_text(doc, "layout", NULL));
        }
    }
    dj_json_free(doc);
    return status;
}

static enum dj_status take_partition(struct reading *reading, struct dj_str text,
                                     struct dj_error *err)
{
    struct dj_partition partition = { 0 };
    struct dj_json *doc;
    bool good;

    DJ_TRY(parse(reading, text, &doc, err));
    partition.id = dj_json_int(doc, "partition_id", -1);
    partition.file = dj_json_int(doc, "source", -1);
    partition.offset = dj_json_int(doc, "byte_offset", -1);
    partition.skip = dj_json_int(doc, "skip_bytes", -1);
    partition.bytes = dj_json_int(doc, "file_size_bytes", -1);
    partition.rows = dj_json_int(doc, "sample_count", -1);
    partition.first_line = dj_json_int(doc, "first_line", -1);
    partition.lines = dj_json_int(doc, "line_count", -1);
    partition.select = dj_json_int(doc, "selected_at", -1) + 1;
    good = dj_hash64_parse(dj_json_text(doc, "checksum", NULL), &partition.digest) &&
           partition.id == (int64_t)reading->partitions->count && partition.file >= 0 &&
           partition.file < (int64_t)reading->sources->count && partition.offset >= 0 &&
           partition.skip >= 0 && partition.bytes > 0 && partition.rows > 0 &&
           partition.first_line > 0 && partition.lines > 0;
    dj_json_free(doc);
    if (!good) {
        return damaged(reading, "is no partition, or not the next one", err);
    }
    if (dj_partitions_add(reading->partitions, &partition) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", reading->path);
    }
    return DJ_OK;
}

/* The checksum stands alone behind the lists: that of all lines before it. */
static enum dj_status check_checksum(struct reading *reading, struct dj_str line,
                                     struct dj_error *err)
{
    char expected[64];
    char checksum[DJ_HASH64_TEXT];

    dj_hash64_text(dj_hasher_value(reading->hasher), checksum);
    (void)snprintf(expected, sizeof(expected), "  \"content_checksum\": \"%s\"\n",
                   checksum);
    if (!dj_str_is(line, expected)) {
        return damaged(reading, "its checksum does not hold", err);
    }
    if ((int64_t)reading->partitions->count != reading->partition_count ||
        (int64_t)reading->sources->count != reading->source_count) {
        return damaged(reading, "has not as many partitions and sources as it says", err);
    }
    reading->section = CLOSING;
    return DJ_OK;
}

/* Behind the head, before anything of another layout can be misread. */
static enum dj_status begin_lists(struct reading *reading, struct dj_error *err)
{
    reading->section = SOURCES;
    if (reading->layout <= 0) {
        return damaged(reading, "its layout is missing above", err);
    }
    if (reading->layout != DJ_MAPPING_LAYOUT) {
        return dj_fail(
            err, DJ_RESUME,
            "%s: has layout %lld, this dj-mpi reads layout %d: resume with the "
            "version that began the job",
            reading->path, (long long)reading->layout, DJ_MAPPING_LAYOUT);
    }
    return DJ_OK;
}

static enum dj_status take_line(struct reading *reading, struct dj_str line,
                                struct dj_error *err)
{
    const struct dj_str text = trim(line);
    const bool ends_list = dj_str_is(text, "]");

    switch (reading->section) {
    case HEAD:
        if (dj_str_is(text, DJ_MAPPING_SOURCES)) {
            return begin_lists(reading, err);
        } else if (reading->number > 1) {
            return take_field(reading, text, err);
        } else if (!dj_str_is(text, "{")) {
            return damaged(reading, "is not as dj-mpi wrote it", err);
        }
        return DJ_OK;
    case SOURCES:
        if (dj_str_is(text, DJ_MAPPING_PARTITIONS)) {
            reading->section = PARTITIONS;
        }
        return ends_list || reading->section == PARTITIONS
                   ? DJ_OK
                   : take_source(reading, text, err);
    case PARTITIONS:
        if (ends_list) {
            reading->section = TAIL;
            return DJ_OK;
        }
        return take_partition(reading, text, err);
    case TAIL:
        return check_checksum(reading, line, err);
    case CLOSING:
        reading->section = COMPLETE;
        return dj_str_is(line, "}\n") ? DJ_OK : damaged(reading, "is not the end", err);
    case COMPLETE:
    default:
        return damaged(reading, "follows the end", err);
    }
}

static enum dj_status read_all(struct reading *reading, struct dj_error *err)
{
    struct dj_str line = { 0 };

    for (;;) {
        DJ_TRY(next_line(reading, &line, err));
        if (line.len == 0) {
            break;
        }
        DJ_TRY(take_line(reading, line, err));
        dj_hasher_add(reading->hasher, line);
    }
    if (reading->section != COMPLETE) {
        return damaged(reading, "ends early", err);
    }
    return DJ_OK;
}

enum dj_status dj_mapping_read(const char *path, struct dj_sources *sources,
                               struct dj_partitions *partitions,
                               struct dj_mapping_info *info, char fingerprint[17],
                               struct dj_error *err)
{
    struct reading reading = {
        .path = path,
        .sources = sources,
        .partitions = partitions,
        .info = info,
        .fingerprint = fingerprint,
    };
    enum dj_status status;

    *sources = (struct dj_sources){ 0 };
    *partitions = (struct dj_partitions){ 0 };
    *info = (struct dj_mapping_info){ .fingerprint = fingerprint };
    fingerprint[0] = '\0';
    DJ_TRY(dj_fs_open(path, O_RDONLY, &reading.fd, err));
    reading.hasher = dj_hasher_new();
    dj_buf_init(&reading.buf);
    dj_buf_init(&reading.object);
    status = read_all(&reading, err);
    sources->selection = dj_selection_path(path);
    if (status != DJ_OK) {
        dj_sources_release(sources);
        dj_partitions_release(partitions);
    }
    close(reading.fd);
    dj_hasher_free(reading.hasher);
    dj_buf_release(&reading.buf);
    dj_buf_release(&reading.object);
    return status;
}
