/*
 * Files and folders. A file that others may read gets its final name only when
 * it is complete and on disk: write a temporary name, fsync, rename, fsync the
 * folder. dj_fs_replace does all of it for small files; dj_fs_publish does the
 * last three steps for a file that was written elsewhere.
 */
#ifndef DJ_FS_H
#define DJ_FS_H

#include <stdint.h>

#include "dj/mem.h"

enum dj_status dj_fs_read(const char *path, struct dj_buf *out,
                          struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_fs_replace(const char *path, struct dj_str bytes,
                             struct dj_error *err) DJ_MUST_CHECK;
/* The same for a file that write() writes to fd; path is the temporary name. */
typedef enum dj_status dj_fs_writer(void *context, int fd, const char *path,
                                    struct dj_error *err);
enum dj_status dj_fs_replace_with(const char *path, dj_fs_writer *write, void *context,
                                  struct dj_error *err) DJ_MUST_CHECK;

/* fsyncs temporary, renames it to path, fsyncs the folder of path. */
enum dj_status dj_fs_publish(const char *temporary, const char *path,
                             struct dj_error *err) DJ_MUST_CHECK;

/* Only the rename: for files whose contents are on disk already. */
enum dj_status dj_fs_rename(const char *from, const char *to,
                            struct dj_error *err) DJ_MUST_CHECK;

/* Makes path and the folders above it; existing ones are fine. */
enum dj_status dj_fs_make_dirs(const char *path, struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_fs_sync_dir(const char *path, struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_fs_sync_fd(int fd, const char *path,
                             struct dj_error *err) DJ_MUST_CHECK;

bool dj_fs_exists(const char *path);
bool dj_fs_is_dir(const char *path);
/* When the file was last changed, seconds since 1970; 0: there is none. */
double dj_fs_time(const char *path);

/* Deletes a file; a missing one is fine. */
enum dj_status dj_fs_remove(const char *path, struct dj_error *err) DJ_MUST_CHECK;
/* Deletes a folder with all that is in it; a missing one is fine. */
enum dj_status dj_fs_remove_tree(const char *path, struct dj_error *err) DJ_MUST_CHECK;

/* Opens; flags and mode as open(2), O_CLOEXEC added. *fd is -1 on failure. */
enum dj_status dj_fs_open(const char *path, int flags, int *fd,
                          struct dj_error *err) DJ_MUST_CHECK;

/* All bytes or a failure; path is for the message. */
enum dj_status dj_fs_write(int fd, struct dj_str bytes, const char *path,
                           struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_fs_pwrite(int fd, struct dj_str bytes, int64_t offset, const char *path,
                            struct dj_error *err) DJ_MUST_CHECK;
/* Reads up to size bytes at offset; *got is smaller only at the end of the file. */
enum dj_status dj_fs_pread(int fd, void *into, size_t size, int64_t offset, size_t *got,
                           const char *path, struct dj_error *err) DJ_MUST_CHECK;

/* Copies len bytes between files, in the kernel where it can. */
enum dj_status dj_fs_copy_range(int from, int64_t from_offset, int to, int64_t to_offset,
                                int64_t len, const char *path,
                                struct dj_error *err) DJ_MUST_CHECK;

/* Returns new; free with dj_xfree. "a/b" and "c" give "a/b/c"; absolute c gives c. */
char *dj_fs_join(const char *folder, const char *name);
char *dj_fs_dirname(const char *path);        /* "." when there is no folder */
const char *dj_fs_basename(const char *path); /* borrowed from path */
char *dj_fs_absolute(const char *path);       /* against the current folder */
char *dj_fs_real(const char *path); /* the same without links; NULL: there is none */
char *dj_fs_program_folder(void);   /* NULL when it cannot be told */

#endif
