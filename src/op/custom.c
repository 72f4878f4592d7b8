/* Loads operators from shared libraries into the table. */
#include "dj/custom.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/op_library.h"
#include "op/op_table.h"

#define BUILD "cc -shared -O2 $(dj-mpi --cflags) -o NAME.so NAME.c"

/* A library that is in use until the process ends. */
struct library {
    char *path; /* without links */
    uint64_t digest;
    const struct dj_op *const *ops;
};

static struct library *libraries;
static size_t nlibraries;

/* --- who has an operator -------------------------------------------------------------
 */

static const struct library *library_of(const struct dj_op *op)
{
    for (size_t i = 0; i < nlibraries; i++) {
        for (size_t k = 0; libraries[i].ops[k] != NULL; k++) {
            if (libraries[i].ops[k] == op) {
                return &libraries[i];
            }
        }
    }
    return NULL;
}

uint64_t dj_custom_digest(const struct dj_op *op)
{
    const struct library *library = library_of(op);

    return library == NULL ? 0 : library->digest;
}

const char *dj_custom_path(const struct dj_op *op)
{
    const struct library *library = library_of(op);

    return library == NULL ? NULL : library->path;
}

/* --- one library ---------------------------------------------------------------------
 */

static bool ends_with(const char *text, const char *suffix)
{
    const size_t len = strlen(text);
    const size_t end = strlen(suffix);

    return len >= end && strcmp(text + len - end, suffix) == 0;
}

static enum dj_status check_new(const struct dj_op *const *ops, size_t i,
                                struct dj_error *err)
{
    const struct dj_op *other = dj_op_find(ops[i]->name);

    for (size_t k = 0; k < i; k++) {
        if (strcmp(ops[k]->name, ops[i]->name) == 0) {
            return dj_fail(err, DJ_CONFIG, "it has two operators %s", ops[i]->name);
        }
    }
    if (other == NULL) {
        return DJ_OK;
    }
    if (dj_custom_path(other) == NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "operator %s: dj-mpi has one of this name: choose another name",
                       other->name);
    }
    return dj_fail(err, DJ_CONFIG,
                   "operator %s: %s has one of this name: name one of the two libraries, "
                   "or choose another name",
                   other->name, dj_custom_path(other));
}

static enum dj_status check_library(const struct dj_op_library *library,
                                    struct dj_error *err)
{
    if (library->abi != DJ_OP_ABI) {
        return dj_fail(err, DJ_CONFIG,
                       "it was built with the headers of another version of dj-mpi: "
                       "build it again with those of this one (" DJ_VERSION "): " BUILD);
    }
    if (library->ops == NULL || library->ops[0] == NULL) {
        return dj_fail(err, DJ_CONFIG, "it has no operator");
    }
    for (size_t i = 0; library->ops[i] != NULL; i++) {
        DJ_TRY(dj_custom_check(library->ops[i], err));
        DJ_TRY(check_new(library->ops, i, err));
    }
    return DJ_OK;
}

static enum dj_status open_library(const char *path, void **handle,
                                   const struct dj_op_library **library,
                                   struct dj_error *err)
{
    *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*handle == NULL) {
        return dj_fail(err, DJ_CONFIG, "it cannot be opened: %s; it is built by: " BUILD,
                       dlerror());
    }
    *library = dlsym(*handle, "dj_op_library");
    if (*library == NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "it does not say which operators it has: end its source with "
                       "DJ_OP_LIBRARY(&dj_op_NAME); of dj/op_library.h");
    }
    return check_library(*library, err);
}

static void keep(char *path, uint64_t digest, const struct dj_op *const *ops)
{
    libraries = dj_xrealloc(libraries, (nlibraries + 1) * sizeof(*libraries));
    libraries[nlibraries++] = (struct library){ path, digest, ops };
    for (size_t i = 0; ops[i] != NULL; i++) {
        dj_op_table_add(ops[i]);
    }
}

/* path has no links and belongs to this function. */
static enum dj_status load_new(char *path, struct dj_error *err)
{
    const struct dj_op_library *library = NULL;
    void *handle = NULL;
    enum dj_status status;
    uint64_t digest = 0;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_fs_read(path, &bytes, err);
    if (status == DJ_OK) {
        digest = dj_hash64(dj_buf_str(&bytes));
        status = open_library(path, &handle, &library, err);
        if (status != DJ_OK) {
            dj_error_prefix(err, "%s: ", path);
        }
    }
    dj_buf_release(&bytes);
    if (status == DJ_OK) {
        keep(path, digest, library->ops);
        return DJ_OK;
    }
    if (handle != NULL) {
        (void)dlclose(handle);
    }
    dj_xfree(path);
    err->status = DJ_CONFIG;
    return DJ_CONFIG;
}

static enum dj_status load_file(const char *name, struct dj_error *err)
{
    struct stat info;
    char *path;

    if (ends_with(name, ".py")) {
        return dj_fail(err, DJ_CONFIG,
                       "%s is Python, of which there is none here: operators are written "
                       "in C, and named as shared libraries (.so)",
                       name);
    }
    path = dj_fs_real(name);
    if (path == NULL) {
        return dj_fail_errno(err, DJ_CONFIG, errno, "%s cannot be opened", name);
    }
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        dj_xfree(path);
        return dj_fail(err, DJ_CONFIG, "%s is no file", name);
    }
    for (size_t i = 0; i < nlibraries; i++) {
        if (strcmp(libraries[i].path, path) == 0) {
            dj_xfree(path);
            return DJ_OK;
        }
    }
    return load_new(path, err);
}

/* --- a folder ------------------------------------------------------------------------
 */

struct files {
    size_t count;
    char **paths;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum dj_status list(const char *folder, struct files *files, struct dj_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (dir == NULL) {
        return dj_fail_errno(err, DJ_CONFIG, errno, "%s cannot be read", folder);
    }
    while ((entry = readdir(dir)) != NULL) {
        if (ends_with(entry->d_name, ".so")) {
            files->paths =
                dj_xrealloc(files->paths, (files->count + 1) * sizeof(*files->paths));
            files->paths[files->count++] = dj_fs_join(folder, entry->d_name);
        }
    }
    (void)closedir(dir);
    if (files->count == 0) {
        return dj_fail(err, DJ_CONFIG,
                       "there is no shared library (*.so) in the folder %s", folder);
    }
    qsort(files->paths, files->count, sizeof(*files->paths), by_bytes);
    return DJ_OK;
}

static enum dj_status load_folder(const char *folder, struct dj_error *err)
{
    struct files files = { 0 };
    enum dj_status status = list(folder, &files, err);

    for (size_t i = 0; i < files.count; i++) {
        status = status == DJ_OK ? load_file(files.paths[i], err) : status;
        dj_xfree(files.paths[i]);
    }
    dj_xfree(files.paths);
    return status;
}

enum dj_status dj_custom_load(const char *path, struct dj_error *err)
{
    if (!dj_fs_exists(path)) {
        return dj_fail(err, DJ_CONFIG,
                       "there is no file or folder %s (seen from the current folder)",
                       path);
    }
    return dj_fs_is_dir(path) ? load_folder(path, err) : load_file(path, err);
}
