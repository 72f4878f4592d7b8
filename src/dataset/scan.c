/*
 * One rank's share of the scan that cuts the input into partitions. Plain files are
 * divided by blocks, which any rank can find from the sizes alone, and text files in
 * groups; compressed files and those of other formats go whole to one rank each.
 */
#include "dataset/format.h"
#include "dataset/scan_private.h"
#include "dataset/text_files.h"

#include "dj/fault.h"
#include "dj/fs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far a share is read past its end at a time, to finish its last line. */
enum { OVERRUN_BYTES = 64 << 10 };

/* Rank's first byte when total bytes are divided evenly. */
static int64_t share_begin(int64_t total, int rank, int nranks)
{
    return total / nranks * rank + total % nranks * rank / nranks;
}

/* First block of a file that begins at or after a byte of the whole; its offset. */
static int64_t first_block(int64_t byte, int64_t file_begin, int64_t size, int64_t block)
{
    int64_t into = byte - file_begin;

    if (into <= 0) {
        return 0;
    }
    if (into >= size || block < 1) {
        return size;
    }
    into = into % block == 0 ? into : into - into % block + block;
    return into < size ? into : size;
}

/* Another size than when the files were found would give other partitions per rank. */
static enum dj_status check_size(int fd, const struct dj_source_file *file,
                                 struct dj_error *err)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && (int64_t)info.st_size != file->size) {
        return dj_fail(err, DJ_DATA,
                       "%s: has %lld bytes now and had %lld a moment ago; input must not "
                       "be written to while a job reads it",
                       file->path, (long long)info.st_size, (long long)file->size);
    }
    return DJ_OK;
}

/*
 * The lines that begin in [begin, end) of a plain file. A line begins behind the LF
 * before it, so the byte before begin is looked at first.
 */
static enum dj_status scan_range(struct dj_scan *scan, int fd,
                                 const struct dj_source_file *file, size_t index,
                                 int64_t begin, int64_t end, struct dj_error *err)
{
    struct dj_cutter *cutter = &scan->cutter;
    int64_t pos = begin > 0 ? begin - 1 : 0;
    bool at_line = begin == 0;
    bool done = false;

    dj_cutter_begin(cutter, index, pos);
    cutter->limit = end;
    while (pos < file->size && !done) {
        const int64_t ahead = end - pos > OVERRUN_BYTES ? end - pos : OVERRUN_BYTES;
        const int64_t want = file->size - pos < ahead ? file->size - pos : ahead;
        /*
         * At the same place in the page as in the file: a copy to a little behind
         * that (where malloc's large blocks begin) takes three times as long.
         */
        char *into = scan->buffer + pos % DJ_SCAN_PAGE;
        struct dj_str bytes = { into, 0 };

        DJ_TRY(dj_fault_at(DJ_FAULT_SCAN, err));
        DJ_TRY(dj_fs_pread(fd, into, want < DJ_SCAN_BYTES ? (size_t)want : DJ_SCAN_BYTES,
                           pos, &bytes.len, file->path, err));
        if (bytes.len == 0) {
            return dj_fail(err, DJ_DATA, "%s: became shorter while it was read",
                           file->path);
        }
        pos += (int64_t)bytes.len;
        if (!at_line) {
            const char *lf = memchr(bytes.ptr, '\n', bytes.len);
            const size_t passed = lf == NULL ? bytes.len : (size_t)(lf + 1 - bytes.ptr);

            cutter->at += (int64_t)passed;
            bytes.ptr += passed;
            bytes.len -= passed;
            at_line = lf != NULL;
            done = cutter->at >= end;
        }
        if (!done && bytes.len > 0) {
            DJ_TRY(dj_cutter_feed(cutter, bytes,
                                  (struct dj_place){ .offset = cutter->at }, &done));
        }
    }
    return dj_cutter_end(cutter);
}

static enum dj_status scan_plain(struct dj_scan *scan, const struct dj_sources *sources,
                                 size_t index, int64_t begin, int64_t end,
                                 struct dj_error *err)
{
    const struct dj_source_file *file = &sources->files[index];
    enum dj_status status;
    int fd;

    DJ_TRY(dj_fs_open(file->path, O_RDONLY, &fd, err));
    status = check_size(fd, file, err);
    if (status == DJ_OK) {
        status = scan_range(scan, fd, file, index, begin, end, err);
    }
    close(fd);
    return status;
}

/* A file of which each rank can scan a part. */
static bool is_shared(const struct dj_source_file *file)
{
    return file->codec == DJ_CODEC_NONE && dj_format_of(file->format) == NULL;
}

struct load {
    int64_t size;
    size_t file;
};

static int larger_first(const void *a, const void *b)
{
    const struct load *left = a;
    const struct load *right = b;

    if (left->size != right->size) {
        return left->size > right->size ? -1 : 1;
    }
    return left->file < right->file ? -1 : left->file > right->file;
}

/*
 * The rank of each file that is not shared: the largest first, to the rank with least so
 * far. Plain files have -1, and text files, which are shared otherwise. Returns new
 * (dj_xfree).
 */
static int *assign_whole(const struct dj_sources *sources, int nranks)
{
    int *owners = dj_xcalloc(sources->count, sizeof(*owners));
    struct load *loads = dj_xcalloc(sources->count, sizeof(*loads));
    int64_t *sums = dj_xcalloc((size_t)nranks, sizeof(*sums));
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++) {
        owners[i] = -1;
        if (!is_shared(&sources->files[i]) &&
            sources->files[i].format != DJ_SOURCE_TEXT) {
            loads[count++] = (struct load){ sources->files[i].size, i };
        }
    }
    qsort(loads, count, sizeof(*loads), larger_first);
    for (size_t i = 0; i < count; i++) {
        int least = 0;

        for (int rank = 1; rank < nranks; rank++) {
            least = sums[rank] < sums[least] ? rank : least;
        }
        owners[loads[i].file] = least;
        sums[least] += loads[i].size;
    }
    dj_xfree(sums);
    dj_xfree(loads);
    return owners;
}

static int64_t shared_bytes(const struct dj_sources *sources)
{
    int64_t total = 0;

    for (size_t i = 0; i < sources->count; i++) {
        total += is_shared(&sources->files[i]) ? sources->files[i].size : 0;
    }
    return total;
}

/* A file that one rank scans alone. */
static enum dj_status scan_whole(struct dj_scan *scan, struct dj_sources *sources,
                                 size_t index, struct dj_error *err)
{
    const struct dj_format *format = dj_format_of(sources->files[index].format);

    if (format != NULL) {
        DJ_TRY(dj_fault_at(DJ_FAULT_SCAN, err));
        return format->scan(sources, index, scan->cutter.cut, scan->spool_dir,
                            scan->cutter.partitions, err);
    }
    return sources->files[index].size > 0 ? dj_scan_compressed(scan, sources, index, err)
                                          : DJ_OK;
}

static enum dj_status scan_share(struct dj_scan *scan, struct dj_sources *sources,
                                 const int *owners, int rank, int nranks,
                                 struct dj_error *err)
{
    const int64_t total = shared_bytes(sources);
    const int64_t share = share_begin(total, rank, nranks);
    const int64_t next_share = share_begin(total, rank + 1, nranks);
    const int64_t block = scan->cutter.cut.max_bytes;
    int64_t before = 0;

    for (size_t i = 0; i < sources->count; i++) {
        const int64_t size = sources->files[i].size;

        if (!is_shared(&sources->files[i])) {
            if (owners[i] == rank) {
                DJ_TRY(scan_whole(scan, sources, i, err));
            }
        } else {
            const int64_t begin = first_block(share, before, size, block);
            const int64_t end = first_block(next_share, before, size, block);

            if (begin < end) {
                DJ_TRY(scan_plain(scan, sources, i, begin, end, err));
            }
            before += size;
        }
    }
    return dj_text_files_scan(scan, sources, rank, nranks, err);
}

enum dj_status dj_partitions_scan(struct dj_sources *sources, struct dj_cut cut, int rank,
                                  int nranks, const char *spool_dir,
                                  struct dj_partitions *partitions, struct dj_error *err)
{
    char *memory = dj_xmalloc(DJ_SCAN_BYTES + 2 * DJ_SCAN_PAGE);
    struct dj_scan scan = {
        .cutter = { .cut = cut, .partitions = partitions, .hasher = dj_hasher_new() },
        .buffer = memory + (DJ_SCAN_PAGE - (uintptr_t)memory % DJ_SCAN_PAGE),
        .spool_dir = spool_dir,
    };
    int *owners = assign_whole(sources, nranks);
    enum dj_status status = scan_share(&scan, sources, owners, rank, nranks, err);

    dj_xfree(owners);
    dj_xfree(memory);
    dj_hasher_free(scan.cutter.hasher);
    return status;
}
