/*
 * Files for tests: a fresh folder, whole files in one call, and compressed ones made
 * by hand (raw zstd blocks, stored gzip blocks), so that a test decides where frames
 * begin and what their headers say.
 */
#ifndef DJ_TESTS_SUPPORT_FILES_H
#define DJ_TESTS_SUPPORT_FILES_H

#include "dj/fs.h"
#include "djtest.h"

/* A new empty folder. Returns new; files_drop deletes it and frees the name. */
static inline char *files_fresh(void)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = dj_xprintf("%s/dj-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);

    DJ_CHECK(mkdtemp(folder) != NULL);
    return folder;
}

static inline void files_drop(char *folder)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    dj_xfree(folder);
}

/* Writes folder/name, with the folders in name. Returns the path, new. */
static inline char *files_put(const char *folder, const char *name, struct dj_str bytes)
{
    char *path = dj_fs_join(folder, name);
    char *above = dj_fs_dirname(path);
    struct dj_error err;

    DJ_CHECK_OK(dj_fs_make_dirs(above, &err));
    DJ_CHECK_OK(dj_fs_replace(path, bytes, &err));
    dj_xfree(above);
    return path;
}

/* The whole file; release with dj_buf_release. */
static inline struct dj_buf files_get(const char *path)
{
    struct dj_buf bytes;
    struct dj_error err;

    dj_buf_init(&bytes);
    DJ_CHECK_OK(dj_fs_read(path, &bytes, &err));
    return bytes;
}

static inline void files_add(struct dj_buf *out, struct dj_str bytes)
{
    DJ_CHECK_OK(dj_buf_append(out, bytes));
}

static inline void files_add_number(struct dj_buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        DJ_CHECK_OK(dj_buf_putc(out, (char)(value >> 8 * i & 0xFF)));
    }
}

/* Pseudo-random numbers that are the same everywhere. */
static inline uint32_t files_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

/* --- zstd (RFC 8878) -------------------------------------------------------------- */

enum { FILES_WINDOW_128K = 0x38, FILES_WINDOW_256M = 0x90 };

static inline void files_add_zstd(struct dj_buf *out, struct dj_str content, bool sized,
                                  int window)
{
    enum { BLOCK = 100000 };
    size_t done = 0;

    files_add_number(out, 0xFD2FB528, 4);
    files_add_number(out, sized ? 0x80 : 0, 1);
    files_add_number(out, (uint32_t)window, 1);
    if (sized) {
        files_add_number(out, (uint32_t)content.len, 4);
    }
    do {
        const size_t left = content.len - done;
        const size_t size = left < BLOCK ? left : BLOCK;

        files_add_number(out, (uint32_t)size << 3 | (size == left), 3);
        files_add(out, (struct dj_str){ content.ptr + done, size });
        done += size;
    } while (done < content.len);
}

static inline void files_add_skippable(struct dj_buf *out, struct dj_str bytes)
{
    files_add_number(out, 0x184D2A50, 4);
    files_add_number(out, (uint32_t)bytes.len, 4);
    files_add(out, bytes);
}

/* --- gzip (RFC 1952) ---------------------------------------------------------------- */

static inline uint32_t files_crc(struct dj_str bytes)
{
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
        }
    }
    return ~crc;
}

static inline void files_add_gzip(struct dj_buf *out, struct dj_str content)
{
    enum { BLOCK = 60000 };
    size_t done = 0;

    files_add(out, DJ_STR("\x1F\x8B\x08\0\0\0\0\0\0\x03"));
    do {
        const size_t left = content.len - done;
        const size_t size = left < BLOCK ? left : BLOCK;

        files_add_number(out, size == left, 1);
        files_add_number(out, (uint32_t)size, 2);
        files_add_number(out, ~(uint32_t)size & 0xFFFF, 2);
        files_add(out, (struct dj_str){ content.ptr + done, size });
        done += size;
    } while (done < content.len);
    files_add_number(out, files_crc(content), 4);
    files_add_number(out, (uint32_t)content.len, 4);
}

#endif
