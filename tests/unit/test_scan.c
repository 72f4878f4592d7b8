/* Cutting input into partitions, against a cut by the plainest means. */
#include "dataset/scan_private.h"
#include "dj/fault.h"
#include "support/lines.h"

/* Every size of block and partition on files with every kind of line. */
static void small_files_are_cut_as_by_hand_for_any_number_of_ranks(void)
{
    char *folder = files_fresh();
    uint64_t seed = 1;

    for (int round = 0; round < 40; round++) {
        struct dj_sources sources;
        struct dj_buf bytes;
        char *path;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 1 + files_random(&seed) % 20, 12);
        path = files_put(folder, "x.jsonl", dj_buf_str(&bytes));
        sources = plain_sources(path);
        for (int64_t max_bytes = 1; max_bytes <= 64; max_bytes += 1 + max_bytes / 6) {
            const struct dj_cut cut = { 1 + (int64_t)files_random(&seed) % 5, max_bytes };
            struct dj_partitions expected = { 0 };

            plain_cut(dj_buf_str(&bytes), 0, cut, &expected);
            for (int nranks = 1; nranks <= 9; nranks++) {
                struct dj_partitions actual = plain_scan(&sources, cut, nranks, folder);

                plain_check_same(&actual, &expected, PLAIN_ALL);
                dj_partitions_release(&actual);
            }
            dj_partitions_release(&expected);
        }
        dj_sources_release(&sources);
        dj_xfree(path);
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}

static void check_rows(const char *folder, struct dj_str bytes, int64_t rows)
{
    char *path = files_put(folder, "x.jsonl", bytes);
    struct dj_sources sources = plain_sources(path);
    struct dj_partitions found =
        plain_scan(&sources, (struct dj_cut){ 100, 1 << 20 }, 2, folder);

    DJ_CHECK_INT(found.count, rows > 0);
    DJ_CHECK_INT(found.count == 0 ? 0 : found.items[0].rows, rows);
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    dj_xfree(path);
}

static void edge_cases_have_the_right_number_of_rows(void)
{
    char *folder = files_fresh();

    check_rows(folder, DJ_STR(""), 0);
    check_rows(folder, DJ_STR("\n"), 0);
    check_rows(folder, DJ_STR(" \t\r\n\n  "), 0);
    check_rows(folder, DJ_STR("{}"), 1);
    check_rows(folder, DJ_STR("{}\n"), 1);
    check_rows(folder, DJ_STR("{}\r\n\r\n{}\r\n"), 2);
    check_rows(folder, DJ_STR("\xEF\xBB\xBF"), 0);
    check_rows(folder, DJ_STR("\xEF\xBB\xBF \n\t\n"), 0);
    check_rows(folder, DJ_STR("\xEF\xBB\xBF{}\n"), 1);
    check_rows(folder, DJ_STR("\xEF\xBB\n"), 1); /* a part of a mark is no mark */
    check_rows(folder, DJ_STR("\xEF"), 1);
    check_rows(folder, DJ_STR(" \xBB\xBF\n"), 1);
    check_rows(folder, DJ_STR("\n\xEF\xBB\xBF\n"), 1); /* nor is one further on */
    files_drop(folder);
}

/* A line may run through many blocks, and through the shares of several ranks. */
static void a_line_of_5_mb_is_not_split(void)
{
    char *folder = files_fresh();
    const struct dj_cut cut = { 1000, 4096 };
    struct dj_partitions expected = { 0 };
    struct dj_sources sources;
    struct dj_buf bytes;
    char *path;

    dj_buf_init(&bytes);
    files_add(&bytes, DJ_STR("{\"n\": 1}\n{\"n\": 2}\n{\"text\": \""));
    DJ_CHECK_OK(dj_buf_reserve(&bytes, 5 << 20));
    memset(bytes.ptr + bytes.len, 'x', 5 << 20);
    bytes.len += 5 << 20;
    files_add(&bytes, DJ_STR("\"}\n{\"n\": 4}\n"));
    path = files_put(folder, "x.jsonl", dj_buf_str(&bytes));
    sources = plain_sources(path);
    plain_cut(dj_buf_str(&bytes), 0, cut, &expected);
    DJ_CHECK_INT(expected.count, 2);
    for (int nranks = 1; nranks <= 9; nranks += 4) {
        struct dj_partitions actual = plain_scan(&sources, cut, nranks, folder);

        plain_check_same(&actual, &expected, PLAIN_ALL);
        dj_partitions_release(&actual);
    }
    dj_partitions_release(&expected);
    dj_sources_release(&sources);
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

/* The vectors and the byte loop, fed in pieces that end anywhere. */
static void both_ways_to_count_lines_give_the_same(void)
{
    uint64_t seed = 7;

    if (!dj_lines_vector()) {
        (void)printf("  (no vectors on this processor)\n");
    }
    for (int round = 0; round < 60; round++) {
        const struct dj_cut cut = { 1 + (int64_t)files_random(&seed) % 40,
                                    64 + (int64_t)files_random(&seed) % 4000 };
        struct dj_partitions found[2] = { { 0 }, { 0 } };
        struct dj_partitions expected = { 0 };
        struct dj_buf bytes;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 300, round % 3 == 0 ? 900 : 90);
        for (int vector = 0; vector < 2; vector++) {
            struct dj_cutter cutter = { .cut = cut,
                                        .partitions = &found[vector],
                                        .hasher = dj_hasher_new() };
            size_t at = 0;

            dj_cutter_begin(&cutter, 0, 0);
            cutter.vector = vector != 0 && cutter.vector;
            while (at < bytes.len) {
                const size_t left = bytes.len - at;
                const size_t want = 1 + files_random(&seed) % (round % 2 == 0 ? 9 : 5000);
                const size_t size = left < want ? left : want;
                bool done;

                DJ_CHECK_OK(
                    dj_cutter_feed(&cutter, (struct dj_str){ bytes.ptr + at, size },
                                   (struct dj_place){ .offset = cutter.at }, &done));
                DJ_CHECK(!done);
                at += size;
            }
            DJ_CHECK_OK(dj_cutter_end(&cutter));
            dj_hasher_free(cutter.hasher);
            dj_partitions_number(&found[vector]);
        }
        plain_cut(dj_buf_str(&bytes), 0, cut, &expected);
        plain_check_same(&found[0], &expected, PLAIN_ALL);
        plain_check_same(&found[1], &expected, PLAIN_ALL);
        dj_partitions_release(&found[0]);
        dj_partitions_release(&found[1]);
        dj_partitions_release(&expected);
        dj_buf_release(&bytes);
    }
}

/* Blocks of blank lines have no partition and yet count for the line numbers. */
static void line_numbers_hold_behind_blank_blocks(void)
{
    char *folder = files_fresh();
    char *path = files_put(folder, "x.jsonl", DJ_STR("{}\n\n\n\n\n\n\n\n\n{}\n\n\n\n{}"));
    struct dj_sources sources = plain_sources(path);
    struct dj_partitions found =
        plain_scan(&sources, (struct dj_cut){ 10, 2 }, 3, folder);

    DJ_CHECK_INT(found.count, 3);
    DJ_CHECK_INT(found.items[0].first_line, 1);
    DJ_CHECK_INT(found.items[2].id, 2);
    DJ_CHECK_INT(found.items[2].first_line + found.items[2].lines - 1, 14);
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    dj_xfree(path);
    files_drop(folder);
}

static void many_files_are_numbered_in_their_order(void)
{
    char *folder = files_fresh();
    const struct dj_strs none = { 0 };
    const char *entry = folder;
    const struct dj_strs paths = { true, 1, &entry };
    const struct dj_cut cut = { 3, 40 };
    struct dj_partitions expected = { 0 };
    struct dj_sources sources;
    struct dj_error err;
    uint64_t seed = 3;

    for (int i = 0; i < 12; i++) {
        char *name = dj_xprintf("%02d.jsonl", i);
        struct dj_buf bytes;

        dj_buf_init(&bytes);
        if (i % 4 != 1) { /* some are empty */
            plain_make(&bytes, &seed, 1 + files_random(&seed) % 30, 20);
        }
        dj_xfree(files_put(folder, name, dj_buf_str(&bytes)));
        plain_cut(dj_buf_str(&bytes), i, cut, &expected);
        dj_buf_release(&bytes);
        dj_xfree(name);
    }
    DJ_CHECK_OK(dj_sources_find(&paths, &none, &sources, &err));
    for (int nranks = 1; nranks <= 9; nranks++) {
        struct dj_partitions actual = plain_scan(&sources, cut, nranks, folder);

        plain_check_same(&actual, &expected, PLAIN_ALL);
        dj_partitions_release(&actual);
    }
    dj_partitions_release(&expected);
    dj_sources_release(&sources);
    files_drop(folder);
}

static void a_file_that_changes_during_the_scan_is_refused(void)
{
    char *folder = files_fresh();
    char *path = files_put(folder, "x.jsonl", DJ_STR("{}\n{}\n"));
    struct dj_sources sources = plain_sources(path);
    struct dj_partitions found = { 0 };
    struct dj_error err;

    dj_xfree(files_put(folder, "x.jsonl", DJ_STR("{}\n{}\n{}\n")));
    DJ_CHECK_STATUS(dj_partitions_scan(&sources, (struct dj_cut){ 1, 100 }, 0, 1, folder,
                                       &found, &err),
                    DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "has 9 bytes now and had 6");
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    dj_xfree(path);
    files_drop(folder);
}

#ifdef DJ_FAULTS
static void the_scan_fails_where_it_is_told_to(void)
{
    char *folder = files_fresh();
    char *path = files_put(folder, "x.jsonl", DJ_STR("{}\n{}\n"));
    struct dj_sources sources = plain_sources(path);
    struct dj_partitions found = { 0 };
    struct dj_error err;

    DJ_CHECK_INT(setenv("DJ_FAULT", "scan:fail", 1), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_STATUS(dj_partitions_scan(&sources, (struct dj_cut){ 1, 100 }, 0, 1, folder,
                                       &found, &err),
                    DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "injected failure at scan");
    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    dj_xfree(path);
    files_drop(folder);
}
#endif

int main(void)
{
    DJ_TEST(small_files_are_cut_as_by_hand_for_any_number_of_ranks);
    DJ_TEST(edge_cases_have_the_right_number_of_rows);
    DJ_TEST(a_line_of_5_mb_is_not_split);
    DJ_TEST(both_ways_to_count_lines_give_the_same);
    DJ_TEST(line_numbers_hold_behind_blank_blocks);
    DJ_TEST(many_files_are_numbered_in_their_order);
    DJ_TEST(a_file_that_changes_during_the_scan_is_refused);
#ifdef DJ_FAULTS
    DJ_TEST(the_scan_fails_where_it_is_told_to);
#endif
    return 0;
}
