/* Lines by blocks: each line is in the block in which it begins, whatever lies where. */
#include "djtest.h"

#include "dj/fs.h"
#include "exec/convert.h"
#include "support/files.h"

static char *path;

/* All lines of all blocks are the file again, and each begins in its block. */
static void check_blocks(struct dj_str bytes, int64_t block)
{
    const int64_t blocks = (dj_i64_from_size(bytes.len) + block - 1) / block;
    struct dj_block_lines lines;
    struct dj_error err;
    size_t at = 0;

    DJ_CHECK_OK(dj_fs_replace(path, bytes, &err));
    dj_block_lines_init(&lines);
    for (int64_t i = 0; i < blocks; i++) {
        struct dj_str some;

        DJ_CHECK_OK(dj_block_lines_open(&lines, path, i * block, (i + 1) * block, &err));
        for (;;) {
            DJ_CHECK_OK(dj_block_lines_next(&lines, &some, &err));
            if (some.len == 0) {
                break;
            }
            DJ_CHECK(at + some.len <= bytes.len &&
                     memcmp(some.ptr, bytes.ptr + at, some.len) == 0);
            DJ_CHECK((int64_t)at >= i * block && (int64_t)at < (i + 1) * block);
            at += some.len;
            DJ_CHECK(at == bytes.len || some.ptr[some.len - 1] == '\n');
        }
        DJ_CHECK(at == bytes.len || (int64_t)at >= (i + 1) * block);
    }
    DJ_CHECK_INT(at, bytes.len);
    dj_block_lines_release(&lines);
}

static void lines_of_all_lengths(void)
{
    static const size_t lengths[] = { 1, 2, 3, 100, 1000, 60000, 1 << 20, (1 << 20) + 1 };
    struct dj_buf bytes;
    unsigned seed = 1;

    dj_buf_init(&bytes);
    for (int round = 0; round < 12; round++) {
        dj_buf_reset(&bytes);
        while (bytes.len < 3 << 20) {
            size_t length;

            seed = seed * 1103515245 + 12345;
            length = lengths[(seed >> 16) % 8];
            DJ_CHECK_OK(dj_buf_reserve(&bytes, length));
            memset(bytes.ptr + bytes.len, 'x', length - 1);
            bytes.ptr[bytes.len + length - 1] = '\n';
            bytes.len += length;
        }
        if (round % 3 == 1) {
            bytes.len--; /* the last line lacks its end */
        }
        check_blocks(dj_buf_str(&bytes), 1 << 20);
        check_blocks(dj_buf_str(&bytes), 777777);
        check_blocks(dj_buf_str(&bytes), 2 << 20);
        check_blocks(dj_buf_str(&bytes), dj_i64_from_size(bytes.len));
    }
    dj_buf_release(&bytes);
}

static void few_bytes(void)
{
    static const char *const texts[] = { "a", "a\n", "\n\n\n", "ab\ncd\ne",
                                         "abcdefgh\n" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (int64_t block = 1; block < 10; block++) {
            check_blocks(dj_str_from(texts[i]), block);
        }
    }
}

int main(void)
{
    char *folder = files_fresh();

    path = dj_fs_join(folder, "lines");
    DJ_TEST(few_bytes);
    DJ_TEST(lines_of_all_lengths);
    dj_xfree(path);
    files_drop(folder);
    return 0;
}
