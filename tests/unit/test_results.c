/* Segment files: extents, undo, and what others see of them. */
#include "dj/dataset.h"
#include "dj/fault.h"
#include "dj/hash.h"
#include "support/files.h"

#include <unistd.h>

static char *segment_path(const char *folder, enum dj_stream_kind kind)
{
    return dj_segment_path(folder, dj_segment_id(1, 3), kind);
}

static struct dj_results *open_results(const char *folder)
{
    struct dj_results *results;
    struct dj_error err;

    DJ_CHECK_OK(dj_results_open(folder, dj_segment_id(1, 3), &results, &err));
    return results;
}

static void put(struct dj_results *results, enum dj_stream_kind kind, const char *text)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_results_write(results, kind, dj_str_from(text), &err));
}

static void check_extent(struct dj_extent extent, int64_t offset, int64_t bytes)
{
    DJ_CHECK_INT(extent.segment, dj_segment_id(1, 3));
    DJ_CHECK_INT(extent.offset, offset);
    DJ_CHECK_INT(extent.bytes, bytes);
}

static void check_file(const char *folder, enum dj_stream_kind kind, const char *expected)
{
    char *path = segment_path(folder, kind);
    struct dj_buf bytes = files_get(path);

    DJ_CHECK_STR(dj_buf_str(&bytes), expected);
    dj_buf_release(&bytes);
    dj_xfree(path);
}

static void a_segment_is_named_after_attempt_rank_and_stream(void)
{
    char *path = dj_segment_path("job/results", dj_segment_id(12, 345), DJ_RESULT_STATS);

    DJ_CHECK_TEXT(path, "job/results/a0012_r00345_stats.jsonl.part");
    dj_xfree(path);
    path = dj_segment_path("r", dj_segment_id(12345, 123456), DJ_RESULT_REASONS);
    DJ_CHECK_TEXT(path, "r/a12345_r123456_reasons.jsonl.part");
    dj_xfree(path);
}

static void extents_say_where_a_partition_is(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;
    char *unused = segment_path(folder, DJ_RESULT_REASONS);

    put(results, DJ_RESULT_DATA, "one\n");
    put(results, DJ_RESULT_STATS, "s\n");
    put(results, DJ_RESULT_DATA, "two\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    check_extent(extents[DJ_RESULT_DATA], 0, 8);
    check_extent(extents[DJ_RESULT_STATS], 0, 2);
    check_extent(extents[DJ_RESULT_REJECTED], 0, 0);

    DJ_CHECK_OK(dj_results_end(results, extents, &err)); /* a partition of nothing */
    check_extent(extents[DJ_RESULT_DATA], 8, 0);

    put(results, DJ_RESULT_DATA, "three\n");
    put(results, DJ_RESULT_REJECTED, "bad\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    check_extent(extents[DJ_RESULT_DATA], 8, 6);
    check_extent(extents[DJ_RESULT_STATS], 2, 0);
    check_extent(extents[DJ_RESULT_REJECTED], 0, 4);

    DJ_CHECK_OK(dj_results_sync(results, &err));
    check_file(folder, DJ_RESULT_DATA, "one\ntwo\nthree\n");
    check_file(folder, DJ_RESULT_REJECTED, "bad\n");
    DJ_CHECK(!dj_fs_exists(unused)); /* no file for a stream without bytes */
    DJ_CHECK_OK(dj_results_sync(results, &err));
    dj_results_close(results);
    dj_xfree(unused);
    files_drop(folder);
}

static void digests_are_those_of_what_was_kept(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;

    put(results, DJ_RESULT_DATA, "one\n");
    put(results, DJ_RESULT_STATS, "s\n");
    put(results, DJ_RESULT_DATA, "two\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    DJ_CHECK(dj_results_digest(results, DJ_RESULT_DATA) ==
             dj_hash64(DJ_STR("one\ntwo\n")));
    DJ_CHECK(dj_results_digest(results, DJ_RESULT_STATS) == dj_hash64(DJ_STR("s\n")));
    DJ_CHECK(dj_results_digest(results, DJ_RESULT_REASONS) == dj_hash64(DJ_STR("")));

    put(results, DJ_RESULT_DATA, "taken back");
    DJ_CHECK_OK(dj_results_undo(results, &err));
    put(results, DJ_RESULT_DATA, "three\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    DJ_CHECK(dj_results_digest(results, DJ_RESULT_DATA) == dj_hash64(DJ_STR("three\n")));
    DJ_CHECK(dj_results_digest(results, DJ_RESULT_STATS) == dj_hash64(DJ_STR("")));
    dj_results_close(results);
    files_drop(folder);
}

static void others_see_what_was_flushed(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_error err;

    put(results, DJ_RESULT_DATA, "one\n");
    check_file(folder, DJ_RESULT_DATA, "");
    DJ_CHECK_OK(dj_results_flush(results, &err));
    check_file(folder, DJ_RESULT_DATA, "one\n");
    dj_results_close(results);
    files_drop(folder);
}

static void undo_goes_back_to_the_last_end(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;

    DJ_CHECK_OK(dj_results_undo(results, &err)); /* nothing is there yet */
    put(results, DJ_RESULT_DATA, "kept\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    put(results, DJ_RESULT_DATA, "in the buffer");
    put(results, DJ_RESULT_STATS, "in the buffer");
    DJ_CHECK_OK(dj_results_undo(results, &err));

    put(results, DJ_RESULT_DATA, "in the file");
    put(results, DJ_RESULT_REASONS, "in the file");
    DJ_CHECK_OK(dj_results_flush(results, &err));
    put(results, DJ_RESULT_DATA, "and the buffer");
    DJ_CHECK_OK(dj_results_undo(results, &err));
    check_file(folder, DJ_RESULT_DATA, "kept\n");
    check_file(folder, DJ_RESULT_REASONS, "");

    put(results, DJ_RESULT_DATA, "next\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    check_extent(extents[DJ_RESULT_DATA], 5, 5);
    check_extent(extents[DJ_RESULT_STATS], 0, 0);
    DJ_CHECK_OK(dj_results_sync(results, &err));
    check_file(folder, DJ_RESULT_DATA, "kept\nnext\n");
    dj_results_close(results);
    files_drop(folder);
}

/* Small and huge writes in any order, some undone: the extents hold what was kept. */
static void random_writes_end_up_in_their_extents(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    char *path = segment_path(folder, DJ_RESULT_DATA);
    struct dj_buf kept, current, file;
    uint64_t seed = 99;
    struct dj_error err;

    dj_buf_init(&kept);
    dj_buf_init(&current);
    for (int partition = 0; partition < 120; partition++) {
        struct dj_extent extents[DJ_RESULT_STREAMS];

        dj_buf_reset(&current);
        for (uint32_t n = files_random(&seed) % 6; n > 0; n--) {
            const size_t size = files_random(&seed) % 8 == 0
                                    ? 400000 + files_random(&seed) % 1200000
                                    : files_random(&seed) % 30000;
            const size_t at = current.len;

            DJ_CHECK_OK(dj_buf_reserve(&current, size));
            memset(current.ptr + at, 'a' + (int)(files_random(&seed) % 26), size);
            current.len += size;
            DJ_CHECK_OK(dj_results_write(results, DJ_RESULT_DATA,
                                         (struct dj_str){ current.ptr + at, size },
                                         &err));
        }
        if (partition % 3 == 1) {
            DJ_CHECK_OK(dj_results_undo(results, &err));
            continue;
        }
        DJ_CHECK_OK(dj_results_end(results, extents, &err));
        check_extent(extents[DJ_RESULT_DATA], (int64_t)kept.len, (int64_t)current.len);
        files_add(&kept, dj_buf_str(&current));
        if (partition % 7 == 0) {
            DJ_CHECK_OK(dj_results_sync(results, &err));
        }
    }
    DJ_CHECK(kept.len > (16 << 20));
    DJ_CHECK_OK(dj_results_sync(results, &err));
    file = files_get(path);
    DJ_CHECK(dj_str_equal(dj_buf_str(&file), dj_buf_str(&kept)));
    dj_buf_release(&file);
    dj_buf_release(&kept);
    dj_buf_release(&current);
    dj_results_close(results);
    dj_xfree(path);
    files_drop(folder);
}

/* What a segment holds may be committed already: it is never written over. */
static void a_segment_that_exists_is_added_to(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;

    put(results, DJ_RESULT_DATA, "before\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    DJ_CHECK_OK(dj_results_sync(results, &err));
    dj_results_close(results);

    results = open_results(folder);
    put(results, DJ_RESULT_DATA, "failed\n");
    DJ_CHECK_OK(dj_results_undo(results, &err));
    put(results, DJ_RESULT_DATA, "after\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    check_extent(extents[DJ_RESULT_DATA], 7, 6);
    DJ_CHECK_OK(dj_results_sync(results, &err));
    check_file(folder, DJ_RESULT_DATA, "before\nafter\n");
    dj_results_close(results);
    files_drop(folder);
}

static void rows_of_an_extent_are_found(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err = { .text = "" };
    int64_t offset;

    put(results, DJ_RESULT_DATA, "before\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    put(results, DJ_RESULT_DATA, "a\nbcd\n\nef\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    put(results, DJ_RESULT_DATA, "behind\n");
    DJ_CHECK_OK(dj_results_sync(results, &err));
    for (int64_t n = 0; n <= 4; n++) {
        static const int64_t offsets[] = { 0, 2, 6, 7, 10 };

        DJ_CHECK_OK(dj_extent_row_offset(folder, extents[DJ_RESULT_DATA], DJ_RESULT_DATA,
                                         n, &offset, &err));
        DJ_CHECK_INT(offset, offsets[n]);
    }
    DJ_CHECK_STATUS(dj_extent_row_offset(folder, extents[DJ_RESULT_DATA], DJ_RESULT_DATA,
                                         5, &offset, &err),
                    DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "1 lines are missing");
    dj_results_close(results);
    files_drop(folder);
}

static void rows_are_found_across_pieces(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;
    int64_t offset;
    char line[1000];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (int i = 0; i < 1000; i++) {
        DJ_CHECK_OK(dj_results_write(results, DJ_RESULT_DATA,
                                     (struct dj_str){ line, sizeof(line) }, &err));
    }
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    DJ_CHECK_OK(dj_results_sync(results, &err));
    for (int64_t n = 1; n <= 1000; n += 111) {
        DJ_CHECK_OK(dj_extent_row_offset(folder, extents[DJ_RESULT_DATA], DJ_RESULT_DATA,
                                         n, &offset, &err));
        DJ_CHECK_INT(offset, 1000 * n);
    }
    dj_results_close(results);
    files_drop(folder);
}

#ifdef DJ_FAULTS
static void a_failed_write_can_be_undone(void)
{
    char *folder = files_fresh();
    struct dj_results *results = open_results(folder);
    struct dj_extent extents[DJ_RESULT_STREAMS];
    struct dj_error err;

    put(results, DJ_RESULT_DATA, "kept\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    put(results, DJ_RESULT_DATA, "lost\n");
    DJ_CHECK_INT(setenv("DJ_FAULT", "result.write:fail", 1), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_STATUS(dj_results_write(results, DJ_RESULT_DATA, DJ_STR("more\n"), &err),
                    DJ_IO);
    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_OK(dj_results_undo(results, &err));
    put(results, DJ_RESULT_DATA, "again\n");
    DJ_CHECK_OK(dj_results_end(results, extents, &err));
    DJ_CHECK_OK(dj_results_sync(results, &err));
    check_file(folder, DJ_RESULT_DATA, "kept\nagain\n");
    dj_results_close(results);
    files_drop(folder);
}
#endif

/* /dev/full takes no byte: the segment of a full disk. */
static void a_full_disk_is_an_error_that_names_the_file(void)
{
    char *folder = files_fresh();
    char *path = segment_path(folder, DJ_RESULT_DATA);
    struct dj_results *results;
    struct dj_error err = { .text = "" };

    if (symlink("/dev/full", path) == 0 && dj_fs_exists("/dev/full")) {
        results = open_results(folder);
        put(results, DJ_RESULT_DATA, "one\n");
        DJ_CHECK_STATUS(dj_results_sync(results, &err), DJ_IO);
        DJ_CHECK_CONTAINS(err.text, path);
        DJ_CHECK_CONTAINS(err.text, "No space left");
        dj_results_close(results);
    }
    dj_xfree(path);
    files_drop(folder);
}

int main(void)
{
    DJ_TEST(a_segment_is_named_after_attempt_rank_and_stream);
    DJ_TEST(extents_say_where_a_partition_is);
    DJ_TEST(digests_are_those_of_what_was_kept);
    DJ_TEST(others_see_what_was_flushed);
    DJ_TEST(undo_goes_back_to_the_last_end);
    DJ_TEST(random_writes_end_up_in_their_extents);
    DJ_TEST(a_segment_that_exists_is_added_to);
    DJ_TEST(rows_of_an_extent_are_found);
    DJ_TEST(rows_are_found_across_pieces);
#ifdef DJ_FAULTS
    DJ_TEST(a_failed_write_can_be_undone);
#endif
    DJ_TEST(a_full_disk_is_an_error_that_names_the_file);
    return 0;
}
