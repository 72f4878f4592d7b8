/* Cutting compressed input: as if it were plain, by frame or through a spool file. */
#include "support/lines.h"

#include <dirent.h>

enum layout { FRAMES, FRAMES_WITHOUT_SIZE, ONE_FRAME, MEMBERS, ONE_MEMBER, NLAYOUTS };

static char *put_compressed(const char *folder, struct dj_str content, enum layout layout,
                            size_t frame)
{
    const bool gzip = layout == MEMBERS || layout == ONE_MEMBER;
    const bool whole = layout == ONE_FRAME || layout == ONE_MEMBER;
    struct dj_buf bytes;
    char *path;

    dj_buf_init(&bytes);
    for (size_t at = 0; at < content.len;) {
        const size_t left = content.len - at;
        const size_t size = whole || left < frame ? left : frame;
        const struct dj_str piece = { content.ptr + at, size };

        if (gzip) {
            files_add_gzip(&bytes, piece);
        } else {
            files_add_zstd(&bytes, piece, layout == FRAMES, FILES_WINDOW_128K);
        }
        at += size;
    }
    path = files_put(folder, gzip ? "x.jsonl.gz" : "x.jsonl.zst", dj_buf_str(&bytes));
    dj_buf_release(&bytes);
    return path;
}

/* Frames end anywhere; the cut is that of the same file uncompressed. */
static void compressed_files_are_cut_like_plain_ones(void)
{
    char *folder = files_fresh();
    uint64_t seed = 11;

    for (int round = 0; round < 50; round++) {
        const enum layout layout = (enum layout)(round % NLAYOUTS);
        const struct dj_cut cut = { 1 + (int64_t)files_random(&seed) % 20,
                                    1 + (int64_t)files_random(&seed) % 900 };
        struct dj_partitions expected = { 0 };
        struct dj_buf bytes;
        char *path;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 100, 40);
        plain_cut(dj_buf_str(&bytes), 0, cut, &expected);
        path = put_compressed(folder, dj_buf_str(&bytes), layout,
                              1 + files_random(&seed) % 500);
        for (int nranks = 1; nranks <= 3; nranks++) {
            struct dj_sources sources = plain_sources(path);
            struct dj_partitions actual = plain_scan(&sources, cut, nranks, folder);

            /* A spooled file is addressed like a plain one. */
            plain_check_same(&actual, &expected,
                             sources.files[0].spool_path != NULL ? PLAIN_ALL
                                                                 : PLAIN_CONTENT);
            dj_partitions_release(&actual);
            dj_sources_release(&sources);
        }
        dj_partitions_release(&expected);
        dj_xfree(path);
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}

/* Frames of a size that can be decoded again need no spool file, others do. */
static void only_large_frames_are_spooled(void)
{
    static const struct {
        enum layout layout;
        int64_t max_bytes;
        bool spooled;
    } cases[] = {
        { FRAMES, 10000, false },      { FRAMES_WITHOUT_SIZE, 10000, false },
        { FRAMES, 300, true },         { ONE_FRAME, 10000, true },
        { ONE_FRAME, 1 << 20, false }, { ONE_MEMBER, 10000, true },
        { MEMBERS, 10000, true },      { ONE_MEMBER, 1 << 20, false },
    };
    struct dj_buf bytes;
    uint64_t seed = 5;

    dj_buf_init(&bytes);
    plain_make(&bytes, &seed, 3000, 30);
    DJ_CHECK(bytes.len > 40000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *folder = files_fresh();
        char *spool = dj_fs_join(folder, "job/partitions");
        char *spooled = dj_spool_path(spool, 0);
        char *path = put_compressed(folder, dj_buf_str(&bytes), cases[i].layout, 4000);
        struct dj_sources sources = plain_sources(path);
        struct dj_partitions found = plain_scan(
            &sources, (struct dj_cut){ 1000000, cases[i].max_bytes }, 1, spool);

        DJ_CHECK_INT(sources.files[0].spool_path != NULL, cases[i].spooled);
        DJ_CHECK_INT(dj_fs_exists(spooled), cases[i].spooled);
        if (cases[i].spooled) {
            struct dj_buf copy = files_get(spooled);

            DJ_CHECK_TEXT(sources.files[0].spool_path, spooled);
            DJ_CHECK(dj_str_equal(dj_buf_str(&copy), dj_buf_str(&bytes)));
            dj_buf_release(&copy);
        } else {
            DJ_CHECK(cases[i].layout != FRAMES || found.items[1].offset > 0);
        }
        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_xfree(path);
        dj_xfree(spooled);
        dj_xfree(spool);
        files_drop(folder);
    }
    dj_buf_release(&bytes);
}

/* Few rows a partition: decoding one frame for each of them would be quadratic. */
static void many_partitions_in_a_frame_are_spooled(void)
{
    char *folder = files_fresh();
    struct dj_partitions found;
    struct dj_sources sources;
    struct dj_buf bytes;
    char *path;

    dj_buf_init(&bytes);
    DJ_CHECK_OK(dj_buf_reserve(&bytes, 8 << 20));
    memset(bytes.ptr, 'x', 8 << 20);
    bytes.len = 8 << 20;
    for (size_t at = 4095; at < bytes.len; at += 4096) {
        bytes.ptr[at] = '\n';
    }
    path = put_compressed(folder, dj_buf_str(&bytes), ONE_FRAME, 0);
    sources = plain_sources(path);
    found = plain_scan(&sources, (struct dj_cut){ 1, 64 << 20 }, 1, folder);
    DJ_CHECK_INT(found.count, 2048);
    DJ_CHECK(sources.files[0].spool_path != NULL);
    dj_partitions_release(&found);

    dj_sources_release(&sources);
    sources = plain_sources(path);
    found = plain_scan(&sources, (struct dj_cut){ 500, 64 << 20 }, 1, folder);
    DJ_CHECK_INT(found.count, 5);
    DJ_CHECK(sources.files[0].spool_path == NULL);
    DJ_CHECK_INT(found.items[1].skip, 500 * 4096);
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

static size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    DJ_CHECK(dir != NULL);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

static void damaged_input_is_an_error_and_leaves_nothing(void)
{
    static const char *const names[] = { "x.jsonl.zst", "x.jsonl.gz" };
    struct dj_buf bytes;
    uint64_t seed = 9;

    dj_buf_init(&bytes);
    plain_make(&bytes, &seed, 3000, 30);
    for (int gzip = 0; gzip < 2; gzip++) {
        char *folder = files_fresh();
        char *spool = dj_fs_join(folder, "spool");
        char *whole =
            put_compressed(folder, dj_buf_str(&bytes), gzip ? ONE_MEMBER : ONE_FRAME, 0);
        struct dj_buf stored = files_get(whole);
        struct dj_partitions found = { 0 };
        struct dj_sources sources;
        struct dj_error err;

        stored.len -= 7;
        dj_xfree(files_put(folder, names[gzip], dj_buf_str(&stored)));
        sources = plain_sources(whole);
        DJ_CHECK_STATUS(dj_partitions_scan(&sources, (struct dj_cut){ 100, 1000 }, 0, 1,
                                           spool, &found, &err),
                        DJ_DATA);
        DJ_CHECK_CONTAINS(err.text, "truncated");
        DJ_CHECK_CONTAINS(err.text, names[gzip]);
        DJ_CHECK(sources.files[0].spool_path == NULL);
        DJ_CHECK_INT(count_entries(spool), 0);
        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_buf_release(&stored);
        dj_xfree(whole);
        dj_xfree(spool);
        files_drop(folder);
    }
    dj_buf_release(&bytes);
}

int main(void)
{
    DJ_TEST(compressed_files_are_cut_like_plain_ones);
    DJ_TEST(only_large_frames_are_spooled);
    DJ_TEST(many_partitions_in_a_frame_are_spooled);
    DJ_TEST(damaged_input_is_an_error_and_leaves_nothing);
    return 0;
}
