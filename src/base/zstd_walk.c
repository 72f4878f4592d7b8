/*
 * Where a zstd frame ends, from the headers of its blocks (RFC 8878): so that one that
 * cannot be decoded costs itself and not what comes behind it.
 */
#include "dj/stream.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_BYTES = 4,
    HEADER_BYTES = 5, /* magic number and descriptor */
    BLOCK_BYTES = 3,
    CHECKSUM_BYTES = 4,
    LARGEST_BLOCK = 1 << 17,
    RAW_BLOCK = 0,
    RLE_BLOCK = 1,
    RESERVED_BLOCK = 3,
    SEARCH_BYTES = 1 << 20
};

static const unsigned char magic[MAGIC_BYTES] = { 0x28, 0xB5, 0x2F, 0xFD };

struct walk {
    int fd;
    int64_t size;
    const char *path;
};

/* A little-endian number at a place; false behind the end of the file. */
static bool number_at(const struct walk *walk, int64_t at, int bytes, uint32_t *number)
{
    unsigned char read[4] = { 0 };
    struct dj_error ignored;
    size_t got = 0;

    if (at + bytes > walk->size ||
        dj_fs_pread(walk->fd, (char *)read, (size_t)bytes, at, &got, walk->path,
                    &ignored) != DJ_OK ||
        got < (size_t)bytes) {
        return false;
    }
    *number = (uint32_t)read[0] | (uint32_t)read[1] << 8 | (uint32_t)read[2] << 16 |
              (uint32_t)read[3] << 24;
    return true;
}

static bool is_skippable(uint32_t number)
{
    return (number & 0xFFFFFFF0) == 0x184D2A50;
}

static bool begins_frame(const struct walk *walk, int64_t at)
{
    uint32_t number;

    return number_at(walk, at, MAGIC_BYTES, &number) &&
           (number == 0xFD2FB528 || is_skippable(number));
}

static int64_t header_size(uint32_t descriptor)
{
    static const int dictionary[] = { 0, 1, 2, 4 };
    static const int content[] = { 0, 2, 4, 8 };
    const bool single = (descriptor & 0x20) != 0;
    const int size = content[descriptor >> 6 & 3];

    return HEADER_BYTES + !single + dictionary[descriptor & 3] +
           (size == 0 && single ? 1 : size);
}

/* Behind the frame that begins at a place, and whether there is one. */
static bool pass_frame(const struct walk *walk, int64_t at, int64_t *end)
{
    uint32_t number, descriptor;
    bool last = false;

    if (!begins_frame(walk, at) || !number_at(walk, at, MAGIC_BYTES, &number)) {
        return false;
    }
    if (is_skippable(number)) {
        if (!number_at(walk, at + MAGIC_BYTES, 4, &number)) {
            return false;
        }
        *end = at + 2 * MAGIC_BYTES + (int64_t)number;
        return *end <= walk->size;
    }
    if (!number_at(walk, at + MAGIC_BYTES, 1, &descriptor) || (descriptor & 0x08) != 0) {
        return false;
    }
    at += header_size(descriptor);
    while (!last) {
        uint32_t block, type;

        if (!number_at(walk, at, BLOCK_BYTES, &block)) {
            return false;
        }
        last = (block & 1) != 0;
        type = block >> 1 & 3;
        if (type == RESERVED_BLOCK || (type != RLE_BLOCK && block >> 3 > LARGEST_BLOCK)) {
            return false;
        }
        at += BLOCK_BYTES + (type == RLE_BLOCK ? 1 : (int64_t)(block >> 3));
    }
    *end = at + ((descriptor & 0x04) != 0 ? CHECKSUM_BYTES : 0);
    return *end <= walk->size;
}

static bool is_border(const struct walk *walk, int64_t at)
{
    return at == walk->size || begins_frame(walk, at);
}

/* The next frame that begins behind a place; the file's size without one. */
static enum dj_status search(const struct walk *walk, int64_t at, int64_t *found,
                             struct dj_error *err)
{
    char *piece = dj_xmalloc(SEARCH_BYTES);
    enum dj_status status = DJ_OK;

    *found = walk->size;
    while (at < walk->size && *found == walk->size && status == DJ_OK) {
        size_t got = 0;

        status = dj_fs_pread(walk->fd, piece, SEARCH_BYTES, at, &got, walk->path, err);
        for (size_t i = 0; i + MAGIC_BYTES <= got && *found == walk->size; i++) {
            const char *p = memmem(piece + i, got - i, (const char *)magic, MAGIC_BYTES);
            int64_t end;

            if (p == NULL) {
                break;
            }
            i = (size_t)(p - piece);
            if (pass_frame(walk, at + (int64_t)i, &end)) {
                *found = at + (int64_t)i;
            }
        }
        if (got < SEARCH_BYTES) {
            break;
        }
        at += SEARCH_BYTES - MAGIC_BYTES + 1;
    }
    dj_xfree(piece);
    return status;
}

enum dj_status dj_zstd_frame_end(const char *path, int64_t offset, int64_t *end,
                                 struct dj_error *err)
{
    struct walk walk = { .path = path };
    enum dj_status status = DJ_OK;
    struct stat info;

    DJ_TRY(dj_fs_open(path, O_RDONLY, &walk.fd, err));
    if (fstat(walk.fd, &info) != 0) {
        status = dj_fail(err, DJ_IO, "%s: its size cannot be found", path);
    } else {
        walk.size = (int64_t)info.st_size;
        if (!pass_frame(&walk, offset, end) || !is_border(&walk, *end)) {
            status = search(&walk, offset + 1, end, err);
        }
    }
    close(walk.fd);
    return status;
}
