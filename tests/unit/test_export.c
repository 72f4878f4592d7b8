/* Putting the export together, its names, and how rows are spread over shards. */
#include "dj/dataset.h"
#include "dj/fault.h"
#include "support/files.h"

#include <sys/stat.h>
#include <unistd.h>

static void check_text(char *actual, const char *expected)
{
    DJ_CHECK_TEXT(actual, expected);
    dj_xfree(actual);
}

/* The names are those that Data-Juicer 1.6.1 gives. */
static void names_follow_the_export_path(void)
{
    check_text(dj_export_stats_path("out/x.jsonl"), "out/x_stats.jsonl");
    check_text(dj_export_stats_path("out.d/x"), "out.d/x_stats.jsonl");
    check_text(dj_export_stats_path("a.jsonl/x.v1.jsonl"), "a.jsonl/x.v1_stats.jsonl");
    check_text(dj_export_stats_path(".jsonl"), ".jsonl_stats.jsonl");

    check_text(dj_export_shard_path("out.d/x.v1.jsonl", ".jsonl", 0, 1),
               "out.d/x-00-of-01.jsonl");
    check_text(dj_export_shard_path("x.jsonl", ".jsonl", 7, 9), "x-07-of-09.jsonl");
    check_text(dj_export_shard_path("x.jsonl", ".jsonl", 7, 12), "x-007-of-012.jsonl");
    check_text(dj_export_shard_path("/x.jsonl", ".jsonl", 99, 100),
               "/x-0099-of-0100.jsonl");
}

static void shards_are_counted_as_data_juicer_does(void)
{
    DJ_CHECK_INT(dj_export_shard_count(999, 1000, 50), 1);
    DJ_CHECK_INT(dj_export_shard_count(1000, 1000, 50), 2);
    DJ_CHECK_INT(dj_export_shard_count(5500, 1000, 50), 6);
    DJ_CHECK_INT(dj_export_shard_count(5500, 1000, 4), 4);
    DJ_CHECK_INT(dj_export_shard_count(0, 1000, 0), 1);
    DJ_CHECK_INT(dj_export_shard_count(5500, 0, 50), 1);
    DJ_CHECK_INT(dj_export_shard_count(INT64_MAX, 1, INT64_MAX), INT64_MAX);
}

/* Contiguous, all rows once, the first rows % count shards one row longer. */
static void rows_are_spread_evenly(void)
{
    for (int64_t rows = 0; rows < 40; rows++) {
        for (size_t count = 1; count < 12; count++) {
            int64_t expected = 0;

            for (size_t i = 0; i < count; i++) {
                int64_t first, number;

                dj_export_shard_rows(rows, i, count, &first, &number);
                DJ_CHECK_INT(first, expected);
                DJ_CHECK_INT(number, rows / (int64_t)count +
                                         ((int64_t)i < rows % (int64_t)count));
                expected += number;
            }
            DJ_CHECK_INT(expected, rows);
        }
    }
}

/* --- copying ---------------------------------------------------------------------- */

enum { NRANKS = 40, NPARTS = 200 }; /* more segments than are held open */

struct job {
    char *folder;
    char *results;
    struct dj_extent extents[NPARTS][DJ_RESULT_STREAMS];
    struct dj_buf whole[DJ_RESULT_STREAMS]; /* what each export must hold */
    struct dj_export_target items[2];
    struct dj_export_targets targets;
};

/* Partitions dealt out to the ranks at random. */
static void prepare(struct job *job, int nranks)
{
    struct dj_results *results[NRANKS];
    struct dj_error err;
    uint64_t seed = 17;

    *job = (struct job){ .folder = files_fresh() };
    job->results = dj_fs_join(job->folder, "job/results");
    for (int rank = 0; rank < nranks; rank++) {
        DJ_CHECK_OK(
            dj_results_open(job->results, dj_segment_id(2, rank), &results[rank], &err));
    }
    for (int part = 0; part < NPARTS; part++) {
        struct dj_results *of = results[files_random(&seed) % (uint32_t)nranks];

        for (int kind = DJ_RESULT_DATA; kind <= DJ_RESULT_STATS; kind++) {
            for (uint32_t n = files_random(&seed) % 5; n > 0; n--) {
                char line[64];
                const int len = snprintf(line, sizeof(line), "%d %d %u\n", part, kind,
                                         files_random(&seed));
                const struct dj_str bytes = { line, (size_t)len };

                files_add(&job->whole[kind], bytes);
                DJ_CHECK_OK(dj_results_write(of, (enum dj_stream_kind)kind, bytes, &err));
            }
        }
        DJ_CHECK_OK(dj_results_end(of, job->extents[part], &err));
    }
    for (int rank = 0; rank < nranks; rank++) {
        DJ_CHECK_OK(dj_results_sync(results[rank], &err));
        dj_results_close(results[rank]);
    }
    for (int kind = 0; kind < 2; kind++) {
        job->items[kind] = (struct dj_export_target){
            .path =
                dj_fs_join(job->folder, kind == 0 ? "out/x.jsonl" : "out/x_stats.jsonl"),
            .temporary = dj_fs_join(job->folder, kind == 0 ? "out/.x.jsonl.j.tmp"
                                                           : "out/.x_stats.jsonl.j.tmp"),
            .bytes = (int64_t)job->whole[kind].len,
        };
    }
    job->targets = (struct dj_export_targets){ 2, job->items };
}

static void finish(struct job *job)
{
    for (int kind = 0; kind < 2; kind++) {
        dj_xfree(job->items[kind].path);
        dj_xfree(job->items[kind].temporary);
        dj_buf_release(&job->whole[kind]);
    }
    dj_xfree(job->results);
    files_drop(job->folder);
}

/* The pieces of both exports, shuffled. */
static size_t make_pieces(const struct job *job,
                          struct dj_export_piece pieces[2 * NPARTS])
{
    uint64_t seed = 3;
    size_t count = 0;

    for (int kind = 0; kind < 2; kind++) {
        int64_t offset = 0;

        for (int part = 0; part < NPARTS; part++) {
            const struct dj_extent from = job->extents[part][kind];

            if (from.bytes > 0) {
                pieces[count++] = (struct dj_export_piece){ from, 0, kind, kind, offset };
                offset += from.bytes;
            }
        }
    }
    for (size_t i = count; i > 1; i--) {
        const size_t other = files_random(&seed) % i;
        const struct dj_export_piece piece = pieces[i - 1];

        pieces[i - 1] = pieces[other];
        pieces[other] = piece;
    }
    return count;
}

static void check_published(const struct job *job)
{
    for (int kind = 0; kind < 2; kind++) {
        struct dj_error err;
        struct dj_buf file;

        DJ_CHECK_OK(dj_export_publish(&job->items[kind], &err));
        file = files_get(job->items[kind].path);
        DJ_CHECK(dj_str_equal(dj_buf_str(&file), dj_buf_str(&job->whole[kind])));
        DJ_CHECK(!dj_fs_exists(job->items[kind].temporary));
        dj_buf_release(&file);
    }
}

static void pieces_come_together_from_any_rank_in_any_order(void)
{
    struct dj_export_piece pieces[2 * NPARTS];
    struct dj_error err;
    struct job job;
    size_t count;

    prepare(&job, NRANKS);
    count = make_pieces(&job, pieces);
    DJ_CHECK_OK(dj_export_create(&job.items[0], &err));
    DJ_CHECK_OK(dj_export_create(&job.items[1], &err));
    for (size_t at = 0; at < count; at += 150) { /* three ranks' shares */
        DJ_CHECK_OK(dj_export_copy(job.results, NULL, &job.targets, pieces + at,
                                   count - at < 150 ? count - at : 150, &err));
    }
    DJ_CHECK_OK(dj_export_copy(job.results, NULL, &job.targets, NULL, 0, &err));
    check_published(&job);
    finish(&job);
}

static void a_target_has_its_size_from_the_start(void)
{
    char *folder = files_fresh();
    char *temporary = dj_fs_join(folder, "a/b/.x.tmp");
    struct dj_export_target target = { .temporary = temporary, .bytes = 123456 };
    struct dj_error err;
    struct stat info;

    DJ_CHECK_OK(dj_export_create(&target, &err));
    DJ_CHECK_INT(stat(temporary, &info), 0);
    DJ_CHECK_INT(info.st_size, 123456);
    target.bytes = 0;
    DJ_CHECK_OK(dj_export_create(&target, &err)); /* over what an earlier run left */
    DJ_CHECK_INT(stat(temporary, &info), 0);
    DJ_CHECK_INT(info.st_size, 0);
    dj_xfree(temporary);
    files_drop(folder);
}

static void an_export_of_another_size_is_not_published(void)
{
    struct dj_error err = { .text = "" };
    struct job job;

    prepare(&job, 2);
    DJ_CHECK_STATUS(dj_export_publish(&job.items[0], &err), DJ_IO);
    DJ_CHECK_OK(dj_export_create(&job.items[0], &err));
    job.items[0].bytes++;
    DJ_CHECK_STATUS(dj_export_publish(&job.items[0], &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "is not complete");
    DJ_CHECK(!dj_fs_exists(job.items[0].path));
    finish(&job);
}

static void missing_results_are_an_error(void)
{
    struct dj_export_piece pieces[2 * NPARTS];
    struct dj_error err = { .text = "" };
    struct job job;

    prepare(&job, 1);
    (void)make_pieces(&job, pieces);
    DJ_CHECK_OK(dj_export_create(&job.items[0], &err));
    DJ_CHECK_OK(dj_export_create(&job.items[1], &err));
    pieces[0].from.offset = 1 << 30;
    DJ_CHECK_STATUS(dj_export_copy(job.results, NULL, &job.targets, pieces, 1, &err),
                    DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "a0002_r00000_");
    DJ_CHECK_CONTAINS(err.text, "shorter than it was");
    pieces[0].from.segment = dj_segment_id(9, 9);
    DJ_CHECK_STATUS(dj_export_copy(job.results, NULL, &job.targets, pieces, 1, &err),
                    DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "a0009_r00009_");
    finish(&job);
}

static bool adopt(const struct job *job, int kind, int64_t offset, int64_t bytes)
{
    const struct dj_extent extent = { dj_segment_id(2, 0), offset, bytes };
    struct dj_error err;
    bool adopted;

    DJ_CHECK_OK(dj_export_adopt(job->results, extent, (enum dj_stream_kind)kind,
                                &job->items[kind], &adopted, &err));
    return adopted;
}

static void one_whole_segment_is_adopted(void)
{
    char *path;
    struct dj_buf segment;
    struct dj_error err;
    struct job job;

    prepare(&job, 1);
    DJ_CHECK(!adopt(&job, 0, 1, job.items[0].bytes - 1)); /* not from its start */
    DJ_CHECK(!adopt(&job, 0, 0, job.items[0].bytes - 1)); /* not all of the target */
    job.items[0].bytes--;
    DJ_CHECK(!adopt(&job, 0, 0, job.items[0].bytes)); /* not all of the segment */
    job.items[0].bytes++;
    DJ_CHECK(adopt(&job, 0, 0, job.items[0].bytes));
    DJ_CHECK(adopt(&job, 0, 0, job.items[0].bytes)); /* again, after an interruption */
    DJ_CHECK(adopt(&job, 1, 0, job.items[1].bytes));

    /* A later attempt that copies instead must not write into the segment. */
    DJ_CHECK_OK(dj_export_create(&job.items[0], &err));
    path = dj_segment_path(job.results, dj_segment_id(2, 0), DJ_RESULT_DATA);
    segment = files_get(path);
    DJ_CHECK(dj_str_equal(dj_buf_str(&segment), dj_buf_str(&job.whole[0])));
    dj_buf_release(&segment);

    DJ_CHECK(adopt(&job, 0, 0, job.items[0].bytes));
    check_published(&job);
    DJ_CHECK(dj_fs_exists(path)); /* until the results are removed */
    dj_xfree(path);
    finish(&job);
}

#ifdef DJ_FAULTS
static void injected_failures_are_reported(void)
{
    struct dj_export_piece pieces[2 * NPARTS];
    struct dj_error err = { .text = "" };
    struct job job;
    size_t count;

    prepare(&job, 3);
    count = make_pieces(&job, pieces);
    DJ_CHECK_OK(dj_export_create(&job.items[0], &err));
    DJ_CHECK_OK(dj_export_create(&job.items[1], &err));
    DJ_CHECK_INT(setenv("DJ_FAULT", "export.write:nth=5:fail,export.rename:fail", 1), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_STATUS(dj_export_copy(job.results, NULL, &job.targets, pieces, count, &err),
                    DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "export.write");
    DJ_CHECK_OK(dj_export_copy(job.results, NULL, &job.targets, pieces, count, &err));
    DJ_CHECK_STATUS(dj_export_publish(&job.items[0], &err), DJ_IO);
    DJ_CHECK(!dj_fs_exists(job.items[0].path));
    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    check_published(&job);
    finish(&job);
}
#endif

int main(void)
{
    DJ_TEST(names_follow_the_export_path);
    DJ_TEST(shards_are_counted_as_data_juicer_does);
    DJ_TEST(rows_are_spread_evenly);
    DJ_TEST(pieces_come_together_from_any_rank_in_any_order);
    DJ_TEST(a_target_has_its_size_from_the_start);
    DJ_TEST(an_export_of_another_size_is_not_published);
    DJ_TEST(missing_results_are_an_error);
    DJ_TEST(one_whole_segment_is_adopted);
#ifdef DJ_FAULTS
    DJ_TEST(injected_failures_are_reported);
#endif
    return 0;
}
