/* Files of intermediate/; see keep.h. Rows come as JSON lines and are brought into the
 * wanted form when a file is whole. */
#include "exec/keep.h"

#include "dj/fs.h"
#include "dj/sample.h"
#include "dj/table.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { WRITE_BYTES = 256 << 10 };

/* What one operator left, growing. */
struct kept_file {
    int fd;             /* -1: nothing is there */
    char *path;         /* temporary */
    struct dj_buf text; /* not yet in it */
};

struct dj_keep {
    const struct dj_config *config;
    const char *dir;
    struct dj_table_options form;
    int64_t partition; /* of the files that grow; -1: none */
    char *folder;
    struct kept_file *files; /* by operator */
};

char *dj_keep_folder(const char *dir, int64_t partition)
{
    return dj_xprintf("%s/partition_%06" PRId64, dir, partition);
}

char *dj_keep_name(size_t op, const char *name, const char *suffix)
{
    return dj_xprintf("op_%03zu_%s%s", op, name, suffix);
}

enum dj_status dj_keep_open(const struct dj_config *config, const char *dir,
                            struct dj_keep **keep, struct dj_error *err)
{
    struct dj_table_options form = {
        .form = (enum dj_table_form)config->intermediate_storage.format,
        .compression =
            (enum dj_arrow_compression)config->intermediate_storage.compression,
        .batch_rows = config->intermediate_storage.use_arrow_batches
                          ? config->intermediate_storage.arrow_batch_size
                          : 0,
    };

    *keep = NULL;
    if (!config->intermediate_storage.preserve_intermediate_data) {
        return DJ_OK;
    }
    if (dj_table_check(&form, err) != DJ_OK) {
        (void)dj_error_prefix(
            err, "intermediate_storage.format %s: ", dj_storage_format_names[form.form]);
        return err->status;
    }
    *keep = dj_xmalloc(sizeof(**keep));
    (*keep)->config = config;
    (*keep)->dir = dir;
    (*keep)->form = form;
    (*keep)->partition = -1;
    (*keep)->files = dj_xcalloc(config->recipe.count, sizeof(*(*keep)->files));
    for (size_t op = 0; op < config->recipe.count; op++) {
        (*keep)->files[op].fd = -1;
        dj_buf_init(&(*keep)->files[op].text);
    }
    return DJ_OK;
}

static void close_file(struct kept_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
        (void)unlink(file->path);
    }
    file->fd = -1;
    dj_xfree(file->path);
    file->path = NULL;
    dj_buf_release(&file->text);
}

void dj_keep_drop(struct dj_keep *keep)
{
    if (keep == NULL) {
        return;
    }
    for (size_t op = 0; op < keep->config->recipe.count; op++) {
        close_file(&keep->files[op]);
    }
    dj_xfree(keep->folder);
    keep->folder = NULL;
    keep->partition = -1;
}

void dj_keep_close(struct dj_keep *keep)
{
    if (keep != NULL) {
        dj_keep_drop(keep);
        dj_xfree(keep->files);
        dj_xfree(keep);
    }
}

static enum dj_status flush(struct kept_file *file, struct dj_error *err)
{
    DJ_TRY(dj_fs_write(file->fd, dj_buf_str(&file->text), file->path, err));
    dj_buf_reset(&file->text);
    return DJ_OK;
}

/* The partition's folder, when its first rows come. */
static enum dj_status begin(struct dj_keep *keep, int64_t partition, struct dj_error *err)
{
    if (keep->partition == partition) {
        return DJ_OK;
    }
    dj_keep_drop(keep); /* of a partition that was given up */
    keep->folder = dj_keep_folder(keep->dir, partition);
    keep->partition = partition;
    return dj_fs_make_dirs(keep->folder, err);
}

static enum dj_status open_file(struct dj_keep *keep, size_t op, struct dj_error *err)
{
    struct kept_file *file = &keep->files[op];
    char *name;

    if (file->fd >= 0) {
        return DJ_OK;
    }
    name = dj_keep_name(op, keep->config->recipe.ops[op].op->name, ".rows.tmp");
    file->path = dj_fs_join(keep->folder, name);
    dj_xfree(name);
    return dj_fs_open(file->path, O_WRONLY | O_CREAT | O_TRUNC, &file->fd, err);
}

enum dj_status dj_keep_add(struct dj_keep *keep, int64_t partition, size_t op,
                           const struct dj_batch *batch, struct dj_error *err)
{
    struct kept_file *file;

    if (keep == NULL) {
        return DJ_OK;
    }
    DJ_TRY(begin(keep, partition, err));
    DJ_TRY(open_file(keep, op, err));
    file = &keep->files[op];
    DJ_FOR_EACH_ROW (row, batch) {
        if (dj_batch_encode(batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES,
                            &file->text) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for intermediate data");
        }
        if (file->text.len >= WRITE_BYTES) {
            DJ_TRY(flush(file, err));
        }
    }
    return DJ_OK;
}

static enum dj_status publish_file(struct dj_keep *keep, size_t op, struct dj_error *err)
{
    struct kept_file *file = &keep->files[op];
    char *name = dj_keep_name(op, keep->config->recipe.ops[op].op->name,
                              dj_table_suffix(&keep->form));
    char *path = dj_fs_join(keep->folder, name);
    enum dj_status status = flush(file, err);

    if (status == DJ_OK && close(file->fd) != 0) {
        status = dj_fail(err, DJ_IO, "%s: closing", file->path);
    }
    file->fd = -1;
    if (status == DJ_OK) {
        status = dj_table_write(&keep->form, file->path, path, err);
    }
    (void)unlink(file->path); /* unless it was given its final name */
    close_file(file);
    dj_xfree(path);
    dj_xfree(name);
    return status;
}

enum dj_status dj_keep_publish(struct dj_keep *keep, struct dj_error *err)
{
    if (keep == NULL) {
        return DJ_OK;
    }
    for (size_t op = 0; op < keep->config->recipe.count; op++) {
        if (keep->files[op].fd >= 0) {
            const enum dj_status status = publish_file(keep, op, err);

            if (status != DJ_OK) {
                dj_keep_drop(keep);
                return status;
            }
        }
    }
    dj_keep_drop(keep);
    return DJ_OK;
}
