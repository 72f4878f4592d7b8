/*
 * The members of a zip or tar archive, one after the other, over libarchive; where
 * dj-mpi was built without it, opening fails and says what to install.
 */
#ifndef DJ_ARCHIVE_H
#define DJ_ARCHIVE_H

#include <stdint.h>

#include "dj/mem.h"

enum dj_archive_kind {
    DJ_ARCHIVE_ZIP,
    DJ_ARCHIVE_TAR, /* plain, or compressed with gzip, bzip2 or xz */
};

struct dj_archive_member {
    const char *name; /* borrowed until the next member; never NULL */
    bool is_file;
    int64_t size; /* as the archive says; -1: it does not */
};

struct dj_archive;

bool dj_archive_is_built_in(void);
/* What to do when it is not, for messages. */
const char *dj_archive_remedy(void);

/* DJ_IO when the file cannot be read, DJ_DATA when it is no such archive. */
enum dj_status dj_archive_open(const char *path, enum dj_archive_kind kind,
                               struct dj_archive **archive,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_archive_close(struct dj_archive *archive);

/* *more is false behind the last member. */
enum dj_status dj_archive_next(struct dj_archive *archive,
                               struct dj_archive_member *member, bool *more,
                               struct dj_error *err) DJ_MUST_CHECK;

/* Appends the bytes of the member, up to limit; what is beyond it is not read. */
enum dj_status dj_archive_read(struct dj_archive *archive, size_t limit,
                               struct dj_buf *out, struct dj_error *err) DJ_MUST_CHECK;

#endif
