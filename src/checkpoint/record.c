/*
 * The record of a set, checkpoint_000012.json: the commit. JSON as a whole, but written
 * and read line by line, so that neither side needs more memory than a line; its own
 * digest is in the last one.
 *
 *   {"format": ..., "files": [
 *   {"set": 12, "name": "checkpoint_000012.h5", ...},
 *   null], "layers": [
 *   {"partition": 0, "op_first": 0, "op_end": 3, "live": 981, "info": ...},
 *   null], "digest": "0123456789abcdef"}
 */
#include "checkpoint/ckpt_private.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct dj_str to_layers = { "null], \"layers\": [\n", 19 };
static const struct dj_str to_digest = { "null], \"digest\": \"", 18 };

enum { GATHER_BYTES = 64 << 10, READ_BYTES = 64 << 10 };

void dj_ckpt_record_release(struct dj_ckpt_record *record)
{
    dj_xfree(record->created);
    dj_xfree(record->job_id);
    dj_xfree(record->fingerprint);
    dj_xfree(record->op_hashes);
    dj_xfree(record->files);
    *record = (struct dj_ckpt_record){ 0 };
}

/* --- writing ---------------------------------------------------------------------------
 */

static void put_hash(struct dj_jsonw *w, uint64_t hash)
{
    char text[DJ_HASH64_TEXT];

    dj_hash64_text(hash, text);
    dj_jsonw_text(w, text);
}

static enum dj_status put_head(const struct dj_ckpt_record *record, struct dj_buf *out)
{
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "format", DJ_CKPT_FORMAT);
    dj_jsonw_kv_int(&w, "version", DJ_CKPT_VERSION);
    dj_jsonw_kv_int(&w, "set", record->set);
    dj_jsonw_kv_text(&w, "job_id", record->job_id);
    dj_jsonw_kv_int(&w, "attempt", record->attempt);
    dj_jsonw_kv_text(&w, "created", record->created);
    dj_jsonw_kv_text(&w, "dataset_fingerprint", record->fingerprint);
    dj_jsonw_kv_int(&w, "partitions", record->partitions);
    dj_jsonw_kv_int(&w, "ranks", record->ranks);
    dj_jsonw_key(&w, "operators");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < record->nops; i++) {
        put_hash(&w, record->op_hashes[i]);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_key(&w, "files");
    dj_jsonw_raw(&w, DJ_STR("[\n"));
    return dj_jsonw_end(&w); /* the object goes on in the next lines */
}

static enum dj_status put_file(const struct dj_ckpt_file *file, struct dj_buf *out)
{
    char name[64];
    struct dj_jsonw w;

    (void)snprintf(name, sizeof(name), "checkpoint_%06" PRId64 ".h5", file->set);
    dj_jsonw_init(&w, out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "set", file->set);
    dj_jsonw_kv_text(&w, "name", name);
    dj_jsonw_kv_int(&w, "bytes", file->bytes);
    dj_jsonw_kv_int(&w, "data_offset", file->data_offset);
    dj_jsonw_kv_int(&w, "data_bytes", file->data_bytes);
    dj_jsonw_kv_int(&w, "layers", file->rows);
    dj_jsonw_key(&w, "index_hash");
    put_hash(&w, file->index_hash);
    dj_jsonw_key(&w, "around_hash");
    put_hash(&w, file->around_hash);
    dj_jsonw_close(&w, '}');
    DJ_TRY(dj_jsonw_end(&w));
    return dj_buf_append(out, DJ_STR(",\n"));
}

static enum dj_status put_layer(const struct dj_ckpt_ref *ref, const char *info,
                                struct dj_buf *out)
{
    DJ_TRY(dj_buf_printf(out,
                         "{\"partition\": %" PRId64 ", \"op_first\": %" PRId64
                         ", \"op_end\": %" PRId64 ", \"live\": %" PRId64 ", \"info\": ",
                         ref->partition, ref->op_first, ref->op_end, ref->live));
    DJ_TRY(dj_buf_append(out, info == NULL ? DJ_STR("null") : dj_str_from(info)));
    return dj_buf_append(out, DJ_STR("},\n"));
}

struct writer {
    int fd;
    char *path;
    struct dj_buf text; /* not in the file yet */
    struct dj_hasher *hasher;
};

static enum dj_status flush(struct writer *writer, struct dj_error *err)
{
    const struct dj_str text = dj_buf_str(&writer->text);

    dj_hasher_add(writer->hasher, text);
    DJ_TRY(dj_fs_write(writer->fd, text, writer->path, err));
    dj_buf_reset(&writer->text);
    return DJ_OK;
}

static enum dj_status check_memory(enum dj_status status, struct dj_error *err)
{
    return status == DJ_OK ? DJ_OK
                           : dj_fail(err, status, "out of memory for a set's record");
}

static enum dj_status write_all(struct writer *writer,
                                const struct dj_ckpt_record *record,
                                const struct dj_ckpt_table *table, struct dj_error *err)
{
    char digest[DJ_HASH64_TEXT];

    DJ_TRY(check_memory(put_head(record, &writer->text), err));
    for (size_t i = 0; i < record->nfiles; i++) {
        DJ_TRY(check_memory(put_file(&record->files[i], &writer->text), err));
    }
    DJ_TRY(check_memory(dj_buf_append(&writer->text, to_layers), err));
    for (size_t i = 0; i < table->nparts; i++) {
        const struct dj_ckpt_part *part = &table->parts[i];

        for (uint32_t k = 0; k < part->nrefs; k++) {
            DJ_TRY(check_memory(put_layer(&part->refs[k], part->infos[k], &writer->text),
                                err));
        }
        if (writer->text.len >= GATHER_BYTES) {
            DJ_TRY(flush(writer, err));
        }
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_CKPT_RECORD, err));
    DJ_TRY(flush(writer, err));
    dj_hash64_text(dj_hasher_value(writer->hasher), digest);
    DJ_TRY(check_memory(dj_buf_append(&writer->text, to_digest), err));
    DJ_TRY(check_memory(dj_buf_printf(&writer->text, "%s\"}\n", digest), err));
    return flush(writer, err);
}

enum dj_status dj_ckpt_record_write(const char *folder,
                                    const struct dj_ckpt_record *record,
                                    const struct dj_ckpt_table *table,
                                    struct dj_error *err)
{
    struct writer writer = { .fd = -1 };
    char *path = dj_ckpt_path(folder, record->set, ".json");
    enum dj_status status;

    dj_buf_init(&writer.text);
    writer.path = dj_ckpt_path(folder, record->set, ".json.tmp");
    writer.hasher = dj_hasher_new();
    status = dj_fs_open(writer.path, O_WRONLY | O_CREAT | O_TRUNC, &writer.fd, err);
    if (status == DJ_OK) {
        status = write_all(&writer, record, table, err);
    }
    if (writer.fd >= 0) {
        close(writer.fd);
    }
    if (status == DJ_OK) {
        status = dj_fs_publish(writer.path, path, err);
    }
    dj_hasher_free(writer.hasher);
    dj_buf_release(&writer.text);
    dj_xfree(writer.path);
    dj_xfree(path);
    return status;
}

/* --- reading ---------------------------------------------------------------------------
 */

struct reader {
    int fd;
    const char *path;
    int64_t offset; /* of the next read */
    struct dj_buf buf;
    size_t at; /* of the next line in buf */
};

/* Moves what is left to the front and reads on; *more is false at the end. */
static enum dj_status read_on(struct reader *reader, bool *more, struct dj_error *err)
{
    const size_t left = reader->buf.len - reader->at;
    size_t got;

    if (left > 0) {
        memmove(reader->buf.ptr, reader->buf.ptr + reader->at, left);
    }
    reader->buf.len = left;
    reader->at = 0;
    DJ_TRY(check_memory(dj_buf_reserve(&reader->buf, READ_BYTES), err));
    DJ_TRY(dj_fs_pread(reader->fd, reader->buf.ptr + left, READ_BYTES, reader->offset,
                       &got, reader->path, err));
    reader->buf.len += got;
    reader->offset += (int64_t)got;
    *more = got > 0;
    return DJ_OK;
}

/* The next line with its line end; empty at the end of the file. */
static enum dj_status next_line(struct reader *reader, struct dj_str *line,
                                struct dj_error *err)
{
    bool more = true;

    for (;;) {
        const char *begin = reader->buf.ptr + reader->at;
        const size_t left = reader->buf.len - reader->at;
        const char *end = left == 0 ? NULL : memchr(begin, '\n', left);

        if (end != NULL || !more) {
            *line =
                (struct dj_str){ begin, end == NULL ? left : (size_t)(end - begin) + 1 };
            reader->at += line->len;
            return DJ_OK;
        }
        DJ_TRY(read_on(reader, &more, err));
    }
}

static bool begins(struct dj_str line, struct dj_str with)
{
    return line.len >= with.len && memcmp(line.ptr, with.ptr, with.len) == 0;
}

/* The last line is exactly what it must be, and no byte follows? */
static enum dj_status check_digest(struct reader *reader, struct dj_error *err)
{
    struct dj_hasher *hasher = dj_hasher_new();
    enum dj_status status;
    bool good = false;
    struct dj_str line;

    for (;;) {
        char digest[DJ_HASH64_TEXT];
        char last[64];

        status = next_line(reader, &line, err);
        if (status != DJ_OK || line.len == 0) {
            break;
        }
        good = begins(line, to_digest);
        if (good) {
            dj_hash64_text(dj_hasher_value(hasher), digest);
            (void)snprintf(last, sizeof(last), "%s%s\"}\n", to_digest.ptr, digest);
            good = dj_str_is(line, last);
        }
        dj_hasher_add(hasher, line);
    }
    dj_hasher_free(hasher);
    if (status == DJ_OK && !good) {
        status = dj_fail(err, DJ_DATA, "%s: damaged: its digest does not hold",
                         dj_fs_basename(reader->path));
    }
    return status;
}

static uint64_t hash_of(const struct dj_json *value)
{
    uint64_t hash = 0;

    (void)dj_hash64_parse(dj_json_as_text(value, NULL), &hash);
    return hash;
}

static enum dj_status take_head(struct dj_str line, const char *path,
                                struct dj_ckpt_record *record, struct dj_error *err)
{
    char *text = dj_xprintf("%.*s]}", dj_int_from_size(line.len), line.ptr);
    const struct dj_json *operators;
    struct dj_json *doc = NULL;
    enum dj_status status = dj_json_parse(dj_str_from(text), path, &doc, err);

    dj_xfree(text);
    DJ_TRY(status);
    if (strcmp(dj_json_text(doc, "format", ""), DJ_CKPT_FORMAT) != 0 ||
        dj_json_int(doc, "version", 0) != DJ_CKPT_VERSION) {
        status = dj_fail(err, DJ_UNSUPPORTED,
                         "%s: format version %lld, which this program does not read",
                         dj_fs_basename(path), (long long)dj_json_int(doc, "version", 0));
    }
    record->set = dj_json_int(doc, "set", 0);
    record->attempt = dj_json_int(doc, "attempt", 0);
    record->partitions = dj_json_int(doc, "partitions", 0);
    record->ranks = dj_json_int(doc, "ranks", 0);
    record->created = dj_xstrdup(dj_json_text(doc, "created", ""));
    record->job_id = dj_xstrdup(dj_json_text(doc, "job_id", ""));
    record->fingerprint = dj_xstrdup(dj_json_text(doc, "dataset_fingerprint", ""));
    operators = dj_json_get(doc, "operators");
    record->nops = dj_json_count(operators);
    record->op_hashes = dj_xcalloc(record->nops, sizeof(*record->op_hashes));
    for (size_t i = 0; i < record->nops; i++) {
        record->op_hashes[i] = hash_of(dj_json_at(operators, i));
    }
    dj_json_free(doc);
    return status;
}

static enum dj_status take_file(struct dj_str line, const char *path,
                                struct dj_ckpt_record *record, struct dj_error *err)
{
    struct dj_json *doc;

    line.len -= 2; /* a comma and the line end */
    DJ_TRY(dj_json_parse(line, path, &doc, err));
    record->files = dj_xrealloc(record->files,
                                dj_size_mul(record->nfiles + 1, sizeof(*record->files)));
    record->files[record->nfiles++] = (struct dj_ckpt_file){
        .set = dj_json_int(doc, "set", 0),
        .bytes = dj_json_int(doc, "bytes", 0),
        .data_offset = dj_json_int(doc, "data_offset", 0),
        .data_bytes = dj_json_int(doc, "data_bytes", 0),
        .rows = dj_json_int(doc, "layers", 0),
        .index_hash = hash_of(dj_json_get(doc, "index_hash")),
        .around_hash = hash_of(dj_json_get(doc, "around_hash")),
    };
    dj_json_free(doc);
    return DJ_OK;
}

static bool take_int(struct dj_str *text, const char *before, int64_t *value)
{
    const struct dj_str lead = dj_str_from(before);
    char *end;

    if (!begins(*text, lead)) {
        return false;
    }
    *value = strtoll(text->ptr + lead.len, &end, 10);
    text->len -= (size_t)(end - text->ptr);
    text->ptr = end;
    return true;
}

static bool take_line(struct dj_str text, struct dj_ckpt_line *line)
{
    static const struct dj_str info = { ", \"info\": ", 10 };
    static const struct dj_str end = { "},\n", 3 };

    if (!take_int(&text, "{\"partition\": ", &line->partition) ||
        !take_int(&text, ", \"op_first\": ", &line->op_first) ||
        !take_int(&text, ", \"op_end\": ", &line->op_end) ||
        !take_int(&text, ", \"live\": ", &line->live) || !begins(text, info) ||
        text.len < info.len + end.len) {
        return false;
    }
    line->info = (struct dj_str){ text.ptr + info.len, text.len - info.len - end.len };
    if (dj_str_is(line->info, "null")) {
        line->info.len = 0;
    }
    return true;
}

static enum dj_status parse(struct reader *reader, struct dj_ckpt_record *record,
                            dj_ckpt_line_fn *each, void *context, struct dj_error *err)
{
    struct dj_ckpt_line layer;
    struct dj_str line;

    DJ_TRY(next_line(reader, &line, err));
    DJ_TRY(take_head(line, reader->path, record, err));
    for (;;) {
        DJ_TRY(next_line(reader, &line, err));
        if (line.len < 3 || begins(line, to_layers)) {
            break;
        }
        DJ_TRY(take_file(line, reader->path, record, err));
    }
    while (each != NULL) {
        DJ_TRY(next_line(reader, &line, err));
        if (line.len == 0 || begins(line, to_digest)) {
            break;
        }
        if (!take_line(line, &layer)) {
            return dj_fail(err, DJ_DATA, "%s: a line is no layer's",
                           dj_fs_basename(reader->path));
        }
        DJ_TRY(each(context, &layer, err));
    }
    return DJ_OK;
}

static enum dj_status check_record(const struct dj_ckpt_record *record, int64_t set,
                                   const char *path, struct dj_error *err)
{
    bool good = record->set == set && record->nfiles > 0 && record->partitions >= 0;

    for (size_t i = 0; i < record->nfiles && good; i++) {
        const struct dj_ckpt_file *file = &record->files[i];

        good = file->data_offset >= 0 && file->data_bytes >= 0 && file->rows >= 0 &&
               (i + 1 == record->nfiles ? file->set == set : file->set < file[1].set);
    }
    return good ? DJ_OK
                : dj_fail(err, DJ_DATA, "%s: is not the record of that set",
                          dj_fs_basename(path));
}

enum dj_status dj_ckpt_record_read(const char *folder, int64_t set,
                                   struct dj_ckpt_record *record, dj_ckpt_line_fn *each,
                                   void *context, struct dj_error *err)
{
    char *path = dj_ckpt_path(folder, set, ".json");
    struct reader reader = { .fd = -1, .path = path };
    enum dj_status status;

    *record = (struct dj_ckpt_record){ 0 };
    dj_buf_init(&reader.buf);
    status = dj_fs_open(path, O_RDONLY, &reader.fd, err);
    if (status == DJ_OK) {
        status = check_digest(&reader, err);
    }
    if (status == DJ_OK) { /* once more from the start, now that it can be trusted */
        reader.offset = 0;
        reader.at = 0;
        dj_buf_reset(&reader.buf);
        status = parse(&reader, record, each, context, err);
    }
    if (status == DJ_OK) {
        status = check_record(record, set, path, err);
    }
    if (reader.fd >= 0) {
        close(reader.fd);
    }
    dj_buf_release(&reader.buf);
    dj_xfree(path);
    return status;
}
