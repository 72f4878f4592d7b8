/*
 * The merged files: events.jsonl and, made from its lines, events.log. Line i of one is
 * line i of the other, also through rotation; after a merge that was cut off this is
 * how the readable file is put right.
 */
#include "dj/fault.h"
#include "dj/fs.h"
#include "event/event_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Pending bytes of a file that make it write. */
enum { FLUSH = 256 << 10, BLOCK = 64 << 10 };

static const char *const names[DJ_EVENT_FILES] = { "events.jsonl", "events.log" };

enum { JSONL, TEXT };

static enum dj_status render(int kind, struct dj_str line,
                             const struct dj_event_view *view, struct dj_buf *out)
{
    if (kind == TEXT) {
        return dj_event_text_line(view, out);
    }
    DJ_TRY(dj_buf_append(out, line));
    return dj_buf_putc(out, '\n');
}

static char *rotated_path(const struct dj_event_file *file, int64_t number)
{
    return number == 0 ? dj_xstrdup(file->path)
                       : dj_xprintf("%s.%lld", file->path, (long long)number);
}

static bool rotated_exists(const struct dj_event_file *file, int64_t number)
{
    char *path = rotated_path(file, number);
    const bool exists = dj_fs_exists(path);

    dj_xfree(path);
    return exists;
}

/* file.{number} becomes file.{number + 1}, or goes when that is one too many. */
static enum dj_status shift(const struct dj_event_files *files,
                            const struct dj_event_file *file, int64_t number,
                            struct dj_error *err)
{
    char *from = rotated_path(file, number);
    char *to = rotated_path(file, number + 1);
    enum dj_status status = DJ_OK;

    if (number >= files->options->backup_count) {
        status = dj_fs_remove(from, err);
    } else if (dj_fs_exists(from)) {
        status = dj_fs_publish(from, to, err);
    }
    dj_xfree(from);
    dj_xfree(to);
    return status;
}

/*
 * A run that died in a rotation, between the renames of a pair, left one readable file
 * a number behind its events.jsonl.
 */
static enum dj_status finish_rotation(struct dj_event_files *files, struct dj_error *err)
{
    const struct dj_event_file *file = files->files;

    for (int64_t number = 0; number < files->options->backup_count; number++) {
        if (!rotated_exists(&file[JSONL], number) &&
            rotated_exists(&file[JSONL], number + 1) &&
            rotated_exists(&file[TEXT], number) &&
            !rotated_exists(&file[TEXT], number + 1)) {
            DJ_TRY(shift(files, &file[TEXT], number, err));
        }
    }
    return DJ_OK;
}

/* Size up to and with the last line end before size. */
static enum dj_status whole_lines(const struct dj_event_file *file, int64_t size,
                                  int64_t *whole, struct dj_error *err)
{
    char *block = dj_xmalloc(BLOCK);
    enum dj_status status = DJ_OK;

    *whole = 0;
    while (size > 0 && *whole == 0 && status == DJ_OK) {
        const size_t want = size < BLOCK ? (size_t)size : BLOCK;
        const char *end;
        size_t got;

        status = dj_fs_pread(file->fd, block, want, size - (int64_t)want, &got,
                             file->path, err);
        if (status == DJ_OK) {
            end = memrchr(block, '\n', got);
            *whole = end == NULL ? 0 : size - (int64_t)want + (end - block) + 1;
        }
        size -= (int64_t)want;
    }
    dj_xfree(block);
    return status;
}

static enum dj_status open_file(struct dj_event_file *file, struct dj_error *err)
{
    int64_t size;

    DJ_TRY(dj_fs_open(file->path, O_RDWR | O_CREAT | O_APPEND, &file->fd, err));
    size = (int64_t)lseek(file->fd, 0, SEEK_END);
    DJ_TRY(whole_lines(file, size, &file->size, err));
    if (file->size < size && ftruncate(file->fd, file->size) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "%s: cutting a torn line", file->path);
    }
    return DJ_OK;
}

static enum dj_status open_all(struct dj_event_files *files, struct dj_error *err)
{
    bool fresh = false;

    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        DJ_TRY(open_file(&files->files[i], err));
        fresh = fresh || files->files[i].size == 0;
    }
    return fresh ? dj_fs_sync_dir(files->options->folder, err) : DJ_OK;
}

static void close_all(struct dj_event_files *files)
{
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        if (files->files[i].fd >= 0) {
            close(files->files[i].fd);
            files->files[i].fd = -1;
        }
    }
}

/* How many lines the file has, and, with out, what the readable file must be. */
static enum dj_status walk(const char *path, int64_t *count, int out,
                           const char *out_path, struct dj_error *err)
{
    struct dj_event_reader reader;
    enum dj_status status = DJ_OK;
    struct dj_buf text;
    bool more = true;

    *count = 0;
    dj_buf_init(&text);
    dj_event_reader_init(&reader, FLUSH);
    dj_event_reader_start(&reader, path);
    while (status == DJ_OK && more) {
        struct dj_event_view view;
        struct dj_str line;

        status = dj_event_reader_next(&reader, true, &line, &more, err);
        *count += status == DJ_OK && more;
        if (status != DJ_OK || out < 0) {
            continue;
        }
        if (more && dj_event_text_line(dj_event_look(line, &view) ? &view : NULL,
                                       &text) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "%s: out of memory", out_path);
        } else if (!more || text.len >= FLUSH) {
            status = dj_fs_write(out, dj_buf_str(&text), out_path, err);
            dj_buf_reset(&text);
        }
    }
    dj_event_reader_release(&reader);
    dj_buf_release(&text);
    return status;
}

/* Writes the readable file anew from events.jsonl unless they have as many lines. */
static enum dj_status agree(struct dj_event_files *files, struct dj_error *err)
{
    struct dj_event_file *text = &files->files[TEXT];
    enum dj_status status;
    int64_t want, have;
    char *temporary;
    int fd = -1;

    DJ_TRY(walk(files->files[JSONL].path, &want, -1, NULL, err));
    DJ_TRY(walk(text->path, &have, -1, NULL, err));
    if (want == have) {
        return DJ_OK;
    }
    temporary = dj_xprintf("%s.tmp", text->path);
    status = dj_fs_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
    if (status == DJ_OK) {
        status = walk(files->files[JSONL].path, &want, fd, temporary, err);
        close(fd);
    }
    if (status == DJ_OK) {
        status = dj_fs_publish(temporary, text->path, err);
    }
    dj_xfree(temporary);
    DJ_TRY(status);
    close(text->fd);
    text->fd = -1;
    return open_file(text, err);
}

enum dj_status dj_event_files_open(struct dj_event_files *files,
                                   const struct dj_event_options *options, bool repair,
                                   struct dj_error *err)
{
    *files = (struct dj_event_files){ .options = options };
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        files->files[i].fd = -1;
        files->files[i].path = dj_fs_join(options->folder, names[i]);
    }
    DJ_TRY(finish_rotation(files, err));
    DJ_TRY(open_all(files, err));
    return repair ? agree(files, err) : DJ_OK;
}

void dj_event_files_close(struct dj_event_files *files)
{
    close_all(files);
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        dj_xfree(files->files[i].path);
        dj_buf_release(&files->files[i].pending);
    }
    dj_buf_release(&files->header);
    dj_buf_release(&files->message);
}

static enum dj_status flush(struct dj_event_files *files, struct dj_error *err)
{
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        struct dj_event_file *file = &files->files[i];

        DJ_TRY(dj_fs_write(file->fd, dj_buf_str(&file->pending), file->path, err));
        dj_buf_reset(&file->pending);
        DJ_TRY(dj_fault_at(DJ_FAULT_EVENT_MERGE, err));
    }
    return DJ_OK;
}

enum dj_status dj_event_files_sync(struct dj_event_files *files, struct dj_error *err)
{
    DJ_TRY(flush(files, err));
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        DJ_TRY(dj_fs_sync_fd(files->files[i].fd, files->files[i].path, err));
    }
    return DJ_OK;
}

/* Both files at once: their lines go together. */
static enum dj_status rotate(struct dj_event_files *files, struct dj_error *err)
{
    int64_t last = 0;

    DJ_TRY(dj_event_files_sync(files, err));
    close_all(files);
    /* A gap, which a rotation that was cut off left, takes up the file before it. */
    while (last < files->options->backup_count &&
           rotated_exists(&files->files[JSONL], last + 1)) {
        last++;
    }
    for (int64_t number = last; number >= 0; number--) {
        for (int i = 0; i < DJ_EVENT_FILES; i++) {
            DJ_TRY(shift(files, &files->files[i], number, err));
            DJ_TRY(dj_fault_at(DJ_FAULT_EVENT_MERGE, err));
        }
    }
    return open_all(files, err);
}

static enum dj_status put(struct dj_event_files *files, struct dj_str line,
                          const struct dj_event_view *view, struct dj_error *err)
{
    for (int i = 0; i < DJ_EVENT_FILES; i++) {
        struct dj_event_file *file = &files->files[i];
        const size_t before = file->pending.len;

        if (render(i, line, view, &file->pending) != DJ_OK) {
            file->pending.len = before;
            return dj_fail(err, DJ_NOMEM, "%s: out of memory", file->path);
        }
        file->size += (int64_t)(file->pending.len - before);
    }
    return DJ_OK;
}

/* The first line of a file: which version of the format this is. */
static enum dj_status put_header(struct dj_event_files *files, int64_t micros,
                                 struct dj_error *err)
{
    const struct dj_event event = {
        .type = DJ_EVENT_INFO,
        .message = "event log of dj-mpi",
        .extra =
            (const struct dj_event_extra[]){
                { .key = "schema", .number = DJ_EVENT_SCHEMA, .whole = true }, { 0 } },
    };
    /* Attempts count from 1 and times differ, so no other event has this event_id. */
    struct dj_event_stamp stamp = {
        .micros = micros,
        .seq = micros,
        .id = DJ_STR("_0_0_"),
        .tail = DJ_STR(", \"rank\": 0}"),
    };
    struct dj_event_view view;
    struct dj_str line;
    struct dj_line job = { &files->message, DJ_OK };

    dj_buf_reset(&files->message);
    dj_line_text(&job, ", \"job_id\": \"");
    dj_line_text(&job, files->options->job_id);
    dj_line_text(&job, "\"");
    stamp.job = dj_buf_str(&files->message);
    dj_buf_reset(&files->header);
    if (job.status != DJ_OK ||
        dj_event_encode(&event, &stamp, &files->message, &files->header) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", files->files[JSONL].path);
    }
    line = (struct dj_str){ files->header.ptr, files->header.len - 1 };
    return put(files, line, dj_event_look(line, &view) ? &view : NULL, err);
}

enum dj_status dj_event_files_add(struct dj_event_files *files, struct dj_str line,
                                  const struct dj_event_view *view, struct dj_error *err)
{
    const struct dj_event_file *file = &files->files[JSONL];
    const int64_t limit = files->options->max_bytes;

    if (limit > 0 && file->size > 0 && file->size + (int64_t)line.len >= limit) {
        DJ_TRY(rotate(files, err));
    }
    if (file->size == 0) {
        DJ_TRY(put_header(files, view->micros, err));
    }
    DJ_TRY(put(files, line, view, err));
    if (file->pending.len >= FLUSH) {
        DJ_TRY(flush(files, err));
    }
    return DJ_OK;
}
