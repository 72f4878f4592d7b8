/* Archives; the only user of libarchive, without which there are none. */
#include "dj/archive.h"

const char *dj_archive_remedy(void)
{
    return "install libarchive (apt-get install libarchive-dev, or "
           "cmake/install-deps.sh) and build dj-mpi again";
}

#ifdef DJ_HAVE_ARCHIVE

#include <archive.h>
#include <archive_entry.h>

enum { READ_BLOCK = 64 << 10 };

struct dj_archive {
    struct archive *reader;
    char *path;
};

bool dj_archive_is_built_in(void)
{
    return true;
}

static enum dj_status complain(const struct dj_archive *archive, struct dj_error *err)
{
    const char *text = archive_error_string(archive->reader);

    return dj_fail(err, DJ_DATA, "%s: %s", archive->path,
                   text == NULL ? "the archive is damaged" : text);
}

static void support(struct archive *reader, enum dj_archive_kind kind)
{
    if (kind == DJ_ARCHIVE_ZIP) {
        (void)archive_read_support_format_zip(reader);
        return;
    }
    (void)archive_read_support_format_tar(reader);
    (void)archive_read_support_filter_gzip(reader);
    (void)archive_read_support_filter_bzip2(reader);
    (void)archive_read_support_filter_xz(reader);
}

enum dj_status dj_archive_open(const char *path, enum dj_archive_kind kind,
                               struct dj_archive **opened, struct dj_error *err)
{
    struct dj_archive *archive = dj_xcalloc(1, sizeof(*archive));
    enum dj_status status = DJ_OK;

    *opened = NULL;
    archive->path = dj_xstrdup(path);
    archive->reader = archive_read_new();
    if (archive->reader == NULL) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory for an archive", path);
    } else {
        support(archive->reader, kind);
        if (archive_read_open_filename(archive->reader, path, READ_BLOCK) != ARCHIVE_OK) {
            status = complain(archive, err);
        }
    }
    if (status != DJ_OK) {
        dj_archive_close(archive);
        return status;
    }
    *opened = archive;
    return DJ_OK;
}

void dj_archive_close(struct dj_archive *archive)
{
    if (archive != NULL) {
        (void)archive_read_free(archive->reader);
        dj_xfree(archive->path);
        dj_xfree(archive);
    }
}

/* The locale is C, so one of the two may not be able to say it. */
static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);

    if (name == NULL) {
        name = archive_entry_pathname(entry);
    }
    return name == NULL ? "" : name;
}

enum dj_status dj_archive_next(struct dj_archive *archive,
                               struct dj_archive_member *member, bool *more,
                               struct dj_error *err)
{
    struct archive_entry *entry;
    const int code = archive_read_next_header(archive->reader, &entry);

    *more = false;
    if (code == ARCHIVE_EOF) {
        return DJ_OK;
    }
    if (code < ARCHIVE_WARN) { /* a name that cannot be said is a warning */
        return complain(archive, err);
    }
    *more = true;
    *member = (struct dj_archive_member){
        .name = name_of(entry),
        .is_file = archive_entry_filetype(entry) == AE_IFREG &&
                   archive_entry_hardlink(entry) == NULL,
        .size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1,
    };
    return DJ_OK;
}

enum dj_status dj_archive_read(struct dj_archive *archive, size_t limit,
                               struct dj_buf *out, struct dj_error *err)
{
    size_t left = limit;

    while (left > 0) {
        const size_t part = left < READ_BLOCK ? left : READ_BLOCK;
        la_ssize_t got;

        if (dj_buf_reserve(out, part) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory for a member",
                           archive->path);
        }
        got = archive_read_data(archive->reader, out->ptr + out->len, part);
        if (got < 0) {
            return complain(archive, err);
        }
        if (got == 0) {
            break;
        }
        out->len += (size_t)got;
        left -= (size_t)got;
    }
    return DJ_OK;
}

#else /* without libarchive */

bool dj_archive_is_built_in(void)
{
    return false;
}

enum dj_status dj_archive_open(const char *path, enum dj_archive_kind kind,
                               struct dj_archive **opened, struct dj_error *err)
{
    (void)kind;
    *opened = NULL;
    return dj_fail(err, DJ_CONFIG, "%s: archives cannot be read: %s", path,
                   dj_archive_remedy());
}

void dj_archive_close(struct dj_archive *archive)
{
    (void)archive;
}

enum dj_status dj_archive_next(struct dj_archive *archive,
                               struct dj_archive_member *member, bool *more,
                               struct dj_error *err)
{
    (void)archive;
    (void)member;
    *more = false;
    return dj_fail(err, DJ_CONFIG, "archives cannot be read: %s", dj_archive_remedy());
}

enum dj_status dj_archive_read(struct dj_archive *archive, size_t limit,
                               struct dj_buf *out, struct dj_error *err)
{
    (void)archive;
    (void)limit;
    (void)out;
    return dj_fail(err, DJ_CONFIG, "archives cannot be read: %s", dj_archive_remedy());
}

#endif
