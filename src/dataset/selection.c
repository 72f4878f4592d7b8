/*
 * Which rows of partitions belong to the dataset where only some do: a file of bits, with
 * a record a partition (rows, bits, checksum), and what a reader makes of it.
 */
#include "dataset/selection.h"

#include "dj/fs.h"
#include "dj/hash.h"

#include <fcntl.h>
#include <unistd.h>

enum { NUMBER = sizeof(uint64_t) };

char *dj_selection_path(const char *mapping_path)
{
    char *folder = dj_fs_dirname(mapping_path);
    char *path = dj_fs_join(folder, "dataset_selection.bin");

    dj_xfree(folder);
    return path;
}

enum dj_status dj_selection_add(struct dj_buf *file, struct dj_partition *partition,
                                const unsigned char *bits, uint64_t first)
{
    const uint64_t rows = (uint64_t)partition->rows;
    const size_t begin = file->len;
    uint64_t digest;

    partition->select = (int64_t)begin + 1;
    partition->rows = 0;
    DJ_TRY(dj_buf_append(file, (struct dj_str){ (const char *)&rows, NUMBER }));
    for (uint64_t row = 0; row < rows; row += 8) {
        unsigned byte = 0;

        for (uint64_t i = row; i < row + 8 && i < rows; i++) {
            const uint64_t place = first + i;
            const unsigned bit = bits[place / 8] >> place % 8 & 1;

            byte |= bit << (i - row);
            partition->rows += bit;
        }
        DJ_TRY(dj_buf_putc(file, (char)byte));
    }
    digest = dj_hash64((struct dj_str){ file->ptr + begin, file->len - begin });
    return dj_buf_append(file, (struct dj_str){ (const char *)&digest, NUMBER });
}

static enum dj_status read_record(int fd, const char *path, int64_t at,
                                  struct dj_buf *record, struct dj_error *err)
{
    uint64_t rows, digest;
    size_t got, size;

    DJ_TRY(dj_fs_pread(fd, (char *)&rows, NUMBER, at, &got, path, err));
    size = got < NUMBER || rows > INT32_MAX ? 0 : 2 * NUMBER + (size_t)(rows + 7) / 8;
    dj_buf_reset(record);
    if (dj_buf_reserve(record, size) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    }
    if (size > 0) {
        DJ_TRY(dj_fs_pread(fd, record->ptr, size, at, &got, path, err));
        record->len = got;
    }
    if (size > 0 && record->len == size) {
        memcpy(&digest, record->ptr + size - NUMBER, NUMBER);
        if (dj_hash64((struct dj_str){ record->ptr, size - NUMBER }) == digest) {
            return DJ_OK;
        }
    }
    return dj_fail(err, DJ_DATA, "%s: damaged at byte %lld; start a new job", path,
                   (long long)at);
}

enum dj_status dj_selection_read(const char *path, const struct dj_partition *partition,
                                 struct dj_buf *record, struct dj_error *err)
{
    enum dj_status status;
    int fd;

    if (path == NULL) {
        return dj_fail(err, DJ_INTERNAL, "partition %lld: no file with its selection",
                       (long long)partition->id);
    }
    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    status = read_record(fd, path, partition->select - 1, record, err);
    close(fd);
    return status;
}

/* A row behind the last one is not selected: the digest will tell that there is one. */
static bool is_selected(const struct dj_buf *record, int64_t row)
{
    const size_t byte = (size_t)row / 8;

    return byte < record->len - 2 * NUMBER &&
           ((unsigned char)record->ptr[NUMBER + byte] >> row % 8 & 1) != 0;
}

size_t dj_selection_apply(const struct dj_buf *record, char *block, size_t len,
                          int64_t *number, int64_t *row)
{
    struct dj_str rest = { block, len };
    const char *from = block;
    char *out = block;
    struct dj_str line;
    int64_t before = *number;

    while (dj_block_line(&rest, &line, number)) {
        size_t keep = (size_t)(rest.ptr - from);

        if (is_selected(record, (*row)++)) {
            memmove(out, from, keep);
        } else { /* lines keep their numbers */
            keep = (size_t)(*number - before);
            memset(out, '\n', keep);
        }
        out += keep;
        from = rest.ptr;
        before = *number;
    }
    while (before++ < *number) {
        *out++ = '\n';
    }
    return (size_t)(out - block);
}
