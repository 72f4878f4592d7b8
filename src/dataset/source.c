/*
 * Finds the input files behind dataset_path: files, folders with all that is below
 * them, and globs. Which names are data is in suffix.c.
 */
#include "dataset/source_private.h"

#include "dj/arrow.h"
#include "dj/fs.h"
#include "dj/log.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A deeper folder is a link that leads back up. */
enum { MAX_DEPTH = 64 };

/* One entry of dataset_path while it is searched. */
struct search {
    const char *entry;
    const struct dj_strs *suffixes;
    struct dj_sources *sources;
    size_t passed_over; /* files of a kind that is not read yet */
    char *passed_first; /* one of them */
};

static double seconds_of(struct timespec time)
{
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Adds a regular file. name is copied. */
static enum dj_status add_file(struct search *search, const char *path, const char *name,
                               const struct stat *info, struct dj_error *err)
{
    struct dj_source_file *file;

    if (!S_ISREG(info->st_mode)) {
        return dj_fail(err, DJ_CONFIG, "dataset_path: %s is neither a file nor a folder",
                       path);
    }
    if (access(path, R_OK) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "dataset_path: %s cannot be read", path);
    }
    file = dj_sources_add(search->sources);
    *file = (struct dj_source_file){
        .path = dj_xstrdup(path),
        .name = dj_xstrdup(name),
        .format = dj_suffix_format(path),
        .codec = dj_codec_of_name(path),
        .size = (int64_t)info->st_size,
        .mtime = seconds_of(info->st_mtim),
    };
    return DJ_OK;
}

/* A file of a folder or glob: taken when its suffix is wanted, else counted. */
static enum dj_status consider_file(struct search *search, const char *path,
                                    const char *name, const struct stat *info,
                                    struct dj_error *err)
{
    switch (dj_suffix_judge(name, search->suffixes)) {
    case DJ_SUFFIX_READ:
        return add_file(search, path, name, info, err);
    case DJ_SUFFIX_NOT_YET:
        if (search->passed_over++ == 0) {
            search->passed_first = dj_xstrdup(path);
        }
        return DJ_OK;
    case DJ_SUFFIX_OTHER:
    default:
        return DJ_OK;
    }
}

static bool ends_in_tmp(const char *name)
{
    const size_t len = strlen(name);

    return len >= 4 && strcmp(name + len - 4, ".tmp") == 0;
}

/* All files below path; name is the part of path that is shown. */
static enum dj_status walk(struct search *search, const char *path, const char *name,
                           int depth, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    const struct dirent *entry;
    DIR *folder;

    if (depth > MAX_DEPTH) {
        return dj_fail(err, DJ_CONFIG,
                       "dataset_path: %s is more than %d folders deep: is a link in it "
                       "that leads back up?",
                       path, MAX_DEPTH);
    }
    folder = opendir(path);
    if (folder == NULL) {
        return dj_fail_errno(err, DJ_IO, errno, "dataset_path: %s cannot be read", path);
    }
    while (status == DJ_OK && (entry = readdir(folder)) != NULL) {
        struct stat info;
        char *child_path, *child_name;

        if (entry->d_name[0] == '.' || ends_in_tmp(entry->d_name)) {
            continue;
        }
        child_path = dj_fs_join(path, entry->d_name);
        child_name = dj_fs_join(name, entry->d_name);
        if (stat(child_path, &info) != 0) {
            status = dj_fail_errno(err, DJ_IO, errno, "dataset_path: %s", child_path);
        } else if (S_ISDIR(info.st_mode)) {
            status = walk(search, child_path, child_name, depth + 1, err);
        } else {
            status = consider_file(search, child_path, child_name, &info, err);
        }
        dj_xfree(child_path);
        dj_xfree(child_name);
    }
    (void)closedir(folder);
    return status;
}

static enum dj_status match(struct search *search, const char *path, struct dj_error *err)
{
    /* Shown from the last folder before the first wildcard on. */
    const size_t fixed = strcspn(search->entry, "*?[");
    size_t shown = 0;
    struct stat info;

    for (size_t i = 0; i < fixed; i++) {
        shown = search->entry[i] == '/' ? i + 1 : shown;
    }
    if (stat(path, &info) != 0) {
        return dj_fail_errno(err, DJ_IO, errno, "dataset_path: %s", path);
    }
    if (S_ISDIR(info.st_mode)) {
        return walk(search, path, path + shown, 0, err);
    }
    return ends_in_tmp(path) ? DJ_OK
                             : consider_file(search, path, path + shown, &info, err);
}

static enum dj_status find_matches(struct search *search, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    glob_t found = { 0 };
    int code;

    if (strstr(search->entry, "**") != NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "dataset_path: %s: ** is not supported; name the folder instead, "
                       "it is searched with all that is below it",
                       search->entry);
    }
    code = glob(search->entry, GLOB_NOSORT | GLOB_ERR, NULL, &found);
    if (code == GLOB_NOMATCH) {
        status =
            dj_fail(err, DJ_CONFIG, "dataset_path: nothing matches %s", search->entry);
    } else if (code != 0) {
        status = dj_fail_errno(err, DJ_IO, errno == 0 ? EIO : errno,
                               "dataset_path: searching %s", search->entry);
    }
    for (size_t i = 0; status == DJ_OK && i < found.gl_pathc; i++) {
        status = match(search, found.gl_pathv[i], err);
    }
    globfree(&found);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const struct dj_source_file *left = a;
    const struct dj_source_file *right = b;

    return strcmp(left->name, right->name);
}

/*
 * Texts beside data are about the data (README.md), no samples, unless the setting
 * suffixes asks for them: they are taken out of the files from before on.
 */
static void leave_texts(struct search *search, size_t before)
{
    struct dj_sources *sources = search->sources;
    size_t kept = before;
    size_t texts = 0;

    for (size_t i = before; i < sources->count; i++) {
        texts += sources->files[i].format == DJ_SOURCE_TEXT;
    }
    if (search->suffixes->count > 0 || texts == 0 || texts == sources->count - before) {
        return;
    }
    for (size_t i = before; i < sources->count; i++) {
        if (sources->files[i].format != DJ_SOURCE_TEXT) {
            sources->files[kept++] = sources->files[i];
        } else {
            dj_source_release(&sources->files[i]);
        }
    }
    sources->count = kept;
    dj_log(
        DJ_LOG_INFO,
        "dataset_path: %s: %zu text files beside data files are no samples; the setting "
        "suffixes asks for them",
        search->entry, texts);
}

/* A folder or glob: everything usable in it, by name. */
static enum dj_status find_many(struct search *search, bool is_dir, struct dj_error *err)
{
    const size_t before = search->sources->count;
    enum dj_status status =
        is_dir ? walk(search, search->entry, "", 0, err) : find_matches(search, err);
    size_t found;

    if (status == DJ_OK) {
        leave_texts(search, before);
    }
    found = search->sources->count - before;
    if (status == DJ_OK && found == 0) {
        status = dj_suffix_none(search->entry, is_dir, search->suffixes,
                                search->passed_over, search->passed_first, err);
    }
    if (status == DJ_OK) {
        qsort(search->sources->files + before, found, sizeof(*search->sources->files),
              compare_names);
    }
    if (status == DJ_OK && search->passed_over > 0) {
        dj_log(DJ_LOG_WARNING,
               "dataset_path: %s: %zu data files are passed over (%s is one): only %s "
               "are read",
               search->entry, search->passed_over, search->passed_first,
               DJ_SUFFIXES_READ);
    }
    dj_xfree(search->passed_first);
    return status;
}

static enum dj_status missing(const char *entry, int cause, struct dj_error *err)
{
    if (cause == ENOENT && strchr(entry, ' ') != NULL) {
        return dj_fail(err, DJ_CONFIG,
                       "dataset_path: there is no file or folder %s (several paths are "
                       "given as a list)",
                       entry);
    }
    if (cause == ENOENT) {
        char *full = dj_fs_absolute(entry);

        dj_fail(err, DJ_CONFIG, "dataset_path: there is no file or folder %s", full);
        dj_xfree(full);
        return DJ_CONFIG;
    }
    return dj_fail_errno(err, DJ_IO, cause, "dataset_path: %s", entry);
}

static enum dj_status find_entry(const char *entry, const struct dj_strs *suffixes,
                                 struct dj_sources *sources, struct dj_error *err)
{
    struct search search = { .entry = entry, .suffixes = suffixes, .sources = sources };
    struct stat info;

    if (entry[0] == '\0') {
        return dj_fail(err, DJ_CONFIG, "dataset_path: an empty path");
    }
    /* A name that exists is taken as it is, wildcard characters or not. */
    if (stat(entry, &info) != 0) {
        return errno == ENOENT && strpbrk(entry, "*?[") != NULL
                   ? find_many(&search, false, err)
                   : missing(entry, errno, err);
    }
    if (S_ISDIR(info.st_mode)) {
        return find_many(&search, true, err);
    }
    DJ_TRY(dj_suffix_check(entry, err));
    return add_file(&search, entry, dj_fs_basename(entry), &info, err);
}

/* Files of formats that need a library: better now than when the job has begun. */
static enum dj_status check_library(const struct dj_sources *sources,
                                    struct dj_error *err)
{
    const struct dj_arrow_api *api;

    for (size_t i = 0; i < sources->count; i++) {
        const enum dj_source_format format = sources->files[i].format;

        if (format == DJ_SOURCE_PARQUET || format == DJ_SOURCE_ARROW_FILE) {
            return dj_arrow(&api, err) == DJ_OK
                       ? DJ_OK
                       : dj_error_prefix(err,
                                         "dataset_path: %s: ", sources->files[i].path);
        }
    }
    return DJ_OK;
}

enum dj_status dj_sources_find(const struct dj_strs *dataset_path,
                               const struct dj_strs *suffixes, struct dj_sources *sources,
                               struct dj_error *err)
{
    enum dj_status status = dj_suffixes_check(suffixes, err);

    *sources = (struct dj_sources){ 0 };
    if (status == DJ_OK && dataset_path->count == 0) {
        status = dj_fail(err, DJ_CONFIG,
                         "dataset_path is not set: name a file, a folder or a glob");
    }
    for (size_t i = 0; status == DJ_OK && i < dataset_path->count; i++) {
        const size_t before = sources->count;

        status = find_entry(dataset_path->items[i], suffixes, sources, err);
        for (size_t k = before; k < sources->count; k++) {
            sources->files[k].entry = (int64_t)i;
        }
    }
    if (status == DJ_OK) {
        status = check_library(sources, err);
    }
    if (status != DJ_OK) {
        dj_sources_release(sources);
    }
    return status;
}
