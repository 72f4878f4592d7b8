/*
 * The files of the tracer, with the names and fields that Data-Juicer gives them:
 * sample_trace-OPERATOR.jsonl and duplicate-OPERATOR.jsonl. Operators of one name share
 * a file, in which each has its entries.
 */
#include "dj/fault.h"
#include "dj/fs.h"
#include "exec/rows.h"

#include <fcntl.h>
#include <unistd.h>

enum { WRITE_BYTES = 1 << 20 };

char *dj_trace_pairs_path(const struct dj_exec *exec, size_t op)
{
    return dj_xprintf("%s/duplicates_op%02zu.jsonl", exec->paths.results_dir, op);
}

/* The file that is being written. */
struct file {
    char *temporary;
    int fd;
    struct dj_buf text;
    int64_t entries;
};

static enum dj_status flush(struct file *file, struct dj_error *err)
{
    DJ_TRY(dj_fs_write(file->fd, dj_buf_str(&file->text), file->temporary, err));
    dj_buf_reset(&file->text);
    return DJ_OK;
}

static enum dj_status put_entry(struct file *file, struct dj_str entry,
                                struct dj_error *err)
{
    file->entries++;
    if (dj_buf_append(&file->text, entry) != DJ_OK ||
        dj_buf_putc(&file->text, '\n') != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", file->temporary);
    }
    return file->text.len < WRITE_BYTES ? DJ_OK : flush(file, err);
}

/* The lines of a partition; stage as for dj_stage_path. */
static enum dj_status read_lines(const struct dj_exec *exec, int64_t stage,
                                 struct dj_extent extent, struct dj_buf *lines,
                                 struct dj_error *err)
{
    char *folder = dj_stage_path(exec->paths.results_dir, stage);
    char *path = dj_segment_path(folder, extent.segment, DJ_RESULT_TRACE);
    const size_t want = dj_size_from_i64(extent.bytes);
    enum dj_status status = DJ_OK;
    size_t got = 0;
    int fd = -1;

    dj_buf_reset(lines);
    if (dj_buf_reserve(lines, want) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    } else {
        status = dj_fs_open(path, O_RDONLY, &fd, err);
    }
    if (status == DJ_OK) {
        status = dj_fs_pread(fd, lines->ptr, want, extent.offset, &got, path, err);
        (void)close(fd);
    }
    if (status == DJ_OK && got < want) {
        status = dj_fail(err, DJ_DATA, "%s: ends early", path);
    }
    lines->len = got;
    dj_xfree(folder);
    dj_xfree(path);
    return status;
}

/* The entries of one operator, in the order of the partitions. */
static enum dj_status put_entries_of(const struct dj_exec *exec, size_t op,
                                     const struct dj_part_rows *parts, int64_t *left,
                                     struct dj_buf *lines, struct file *file,
                                     struct dj_error *err)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct dj_part_done *done = &parts->done[i];
        struct dj_str rest, entry;
        size_t whose;

        if (done->state != DJ_PART_DONE || done->extents[DJ_RESULT_TRACE].bytes == 0) {
            continue;
        }
        DJ_TRY(read_lines(exec, (int64_t)parts->stage, done->extents[DJ_RESULT_TRACE],
                          lines, err));
        rest = dj_buf_str(lines);
        while (*left > 0 && dj_tracer_next(&rest, &whose, &entry)) {
            if (whose == op) {
                DJ_TRY(put_entry(file, entry, err));
                --*left;
            }
        }
    }
    return DJ_OK;
}

/* In the order of the dataset, and of rows that have taken its place. */
static enum dj_status put_entries(const struct dj_exec *exec, size_t op,
                                  struct dj_buf *lines, struct file *file,
                                  struct dj_error *err)
{
    const struct dj_exec_root *root = exec->root;
    int64_t left = exec->config->trace_num;
    const struct dj_part_rows last = { 0, root->partitions.count, root->done };

    for (size_t i = 0; i < root->nrows; i++) {
        struct dj_part_rows parts = root->rows[i];

        parts.stage++;
        DJ_TRY(put_entries_of(exec, op, &parts, &left, lines, file, err));
    }
    return put_entries_of(exec, op, &last, &left, lines, file, err);
}

/* Of the deduplicators of one name, what the last one that found any has found. */
static enum dj_status put_pairs(const struct dj_exec *exec, size_t first,
                                struct file *file, struct dj_error *err)
{
    const struct dj_recipe *recipe = &exec->config->recipe;
    enum dj_status status = DJ_OK;

    for (size_t op = exec->nops;
         op-- > first && status == DJ_OK && file->text.len == 0;) {
        char *path = dj_trace_pairs_path(exec, op);

        if (recipe->ops[op].op == recipe->ops[first].op && dj_fs_exists(path)) {
            status = dj_fs_read(path, &file->text, err);
        }
        dj_xfree(path);
    }
    file->entries = file->text.len > 0;
    return status;
}

static enum dj_status put_all(const struct dj_exec *exec, size_t first, struct file *file,
                              struct dj_error *err)
{
    const struct dj_recipe *recipe = &exec->config->recipe;
    enum dj_status status = DJ_OK;
    struct dj_buf lines;

    if (recipe->ops[first].op->global != NULL) {
        DJ_TRY(put_pairs(exec, first, file, err));
        return flush(file, err);
    }
    dj_buf_init(&lines);
    for (size_t op = first; op < exec->nops && status == DJ_OK; op++) {
        if (recipe->ops[op].op == recipe->ops[first].op) {
            status = put_entries(exec, op, &lines, file, err);
        }
    }
    dj_buf_release(&lines);
    return status == DJ_OK ? flush(file, err) : status;
}

static char *file_name(const struct dj_recipe *recipe, size_t op)
{
    return dj_xprintf("%s-%s.jsonl",
                      recipe->ops[op].op->global == NULL ? "sample_trace" : "duplicate",
                      recipe->ops[op].op->name);
}

/* An operator without entries has no file. */
static enum dj_status write_file(const struct dj_exec *exec, size_t op,
                                 struct dj_error *err)
{
    char *name = file_name(&exec->config->recipe, op);
    char *path = dj_fs_join(exec->paths.trace_dir, name);
    struct file file = { .temporary =
                             dj_xprintf("%s/.%s.tmp", exec->paths.trace_dir, name) };
    enum dj_status status =
        dj_fs_open(file.temporary, O_WRONLY | O_CREAT | O_TRUNC, &file.fd, err);

    dj_buf_init(&file.text);
    if (status == DJ_OK) {
        status = put_all(exec, op, &file, err);
        (void)close(file.fd);
    }
    if (status == DJ_OK) {
        status = dj_fault_at(DJ_FAULT_EXPORT_RENAME, err);
    }
    if (status == DJ_OK && file.entries > 0) {
        status = dj_fs_publish(file.temporary, path, err);
    } else if (status == DJ_OK) {
        status = dj_fs_remove(file.temporary, err);
        if (status == DJ_OK) { /* of a run that had fewer partitions */
            status = dj_fs_remove(path, err);
        }
    }
    dj_buf_release(&file.text);
    dj_xfree(file.temporary);
    dj_xfree(path);
    dj_xfree(name);
    return status;
}

static bool is_first_of_name(const struct dj_recipe *recipe, size_t op)
{
    size_t first = 0;

    while (recipe->ops[first].op != recipe->ops[op].op) {
        first++;
    }
    return first == op;
}

static enum dj_status write_files(const struct dj_exec *exec, struct dj_error *err)
{
    DJ_TRY(dj_fs_make_dirs(exec->paths.trace_dir, err));
    for (size_t op = 0; op < exec->nops; op++) {
        if (dj_trace_lists(exec->config, op) &&
            is_first_of_name(&exec->config->recipe, op)) {
            DJ_TRY(write_file(exec, op, err));
        }
    }
    return DJ_OK;
}

enum dj_status dj_trace_publish(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status;

    if (exec->trace == NULL) {
        return DJ_OK;
    }
    status = dj_results_flush(exec->results, err); /* what others are going to read */
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    if (exec->root != NULL) {
        status = write_files(exec, err);
    }
    return dj_comm_agree(exec->comm, status, err);
}
