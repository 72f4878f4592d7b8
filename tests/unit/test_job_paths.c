/* Where the files of a job are. */
#include "djtest.h"

#include "dj/fs.h"
#include "dj/job.h"

#include <unistd.h>

static struct dj_error err;

static void all_is_in_the_job_folder(void)
{
    const struct dj_config config = { .work_dir = "/w/out/",
                                      .config_path = "recipes/demo.yaml" };
    struct dj_job_paths paths;

    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    DJ_CHECK_TEXT(paths.job_dir, "/w/out/j1");
    DJ_CHECK_TEXT(paths.summary, "/w/out/j1/job_summary.json");
    DJ_CHECK_TEXT(paths.lock, "/w/out/j1/job.lock");
    DJ_CHECK_TEXT(paths.progress, "/w/out/j1/progress.json");
    DJ_CHECK_TEXT(paths.stop_request, "/w/out/j1/stop_request.json");
    DJ_CHECK_TEXT(paths.config_backup, "/w/out/j1/demo.yaml");
    DJ_CHECK_TEXT(paths.identity, "/w/out/j1/metadata/identity.json");
    DJ_CHECK_TEXT(paths.metadata_dir, "/w/out/j1/metadata");
    DJ_CHECK_TEXT(paths.dataset_mapping, "/w/out/j1/metadata/dataset_mapping.json");
    DJ_CHECK_TEXT(paths.mapping_report, "/w/out/j1/metadata/final_mapping_report.json");
    DJ_CHECK_TEXT(paths.partitions_dir, "/w/out/j1/partitions");
    DJ_CHECK_TEXT(paths.intermediate_dir, "/w/out/j1/intermediate");
    DJ_CHECK_TEXT(paths.results_dir, "/w/out/j1/results");
    DJ_CHECK_TEXT(paths.rejected_dir, "/w/out/j1/rejected");
    DJ_CHECK_TEXT(paths.event_dir, "/w/out/j1/event_logs");
    DJ_CHECK_TEXT(paths.checkpoint_dir, "/w/out/j1/checkpoints");
    dj_job_paths_release(&paths);
    DJ_CHECK(paths.job_dir == NULL);
}

static void events_and_checkpoints_may_be_elsewhere(void)
{
    const struct dj_config config = { .work_dir = "/w",
                                      .event_log_dir = "/fast/events",
                                      .checkpoint_dir = "/large/ckpt/" };
    struct dj_job_paths paths;

    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    DJ_CHECK_TEXT(paths.event_dir, "/fast/events/j1/event_logs");
    DJ_CHECK_TEXT(paths.checkpoint_dir, "/large/ckpt/j1");
    DJ_CHECK_TEXT(paths.summary, "/w/j1/job_summary.json");
    DJ_CHECK_TEXT(paths.config_backup, "/w/j1/recipe.yaml");
    dj_job_paths_release(&paths);
}

static void relative_paths_become_absolute(void)
{
    const struct dj_config config = { .work_dir = "./out", .event_log_dir = "ev" };
    struct dj_job_paths paths;
    char *expected;

    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    expected = dj_fs_absolute("out/j1");
    DJ_CHECK_TEXT(paths.job_dir, expected);
    dj_xfree(expected);
    expected = dj_fs_absolute("ev/j1/event_logs");
    DJ_CHECK_TEXT(paths.event_dir, expected);
    dj_xfree(expected);
    dj_job_paths_release(&paths);
}

static void a_recipe_does_not_take_a_name_of_the_job(void)
{
    const struct dj_config config = { .work_dir = "/w",
                                      .config_path = "/x/job_summary.json" };
    struct dj_job_paths paths;

    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    DJ_CHECK_TEXT(paths.config_backup, "/w/j1/recipe_job_summary.json");
    dj_job_paths_release(&paths);
}

static void an_unfit_job_id_gives_no_paths(void)
{
    const struct dj_config config = { .work_dir = "/w" };
    struct dj_job_paths paths;

    DJ_CHECK_STATUS(dj_job_paths_make(&config, "../x", &paths, &err), DJ_CONFIG);
}

static void folders_are_made_and_failures_name_the_setting(void)
{
    char work[] = "/tmp/dj_test_paths_XXXXXX";
    struct dj_config config = { .work_dir = work };
    struct dj_job_paths paths;

    DJ_CHECK(mkdtemp(work) != NULL);
    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    DJ_CHECK_OK(dj_job_make_dirs(&paths, &err));
    DJ_CHECK_OK(dj_job_make_dirs(&paths, &err)); /* again is fine */
    DJ_CHECK(dj_fs_is_dir(paths.metadata_dir));
    DJ_CHECK(dj_fs_is_dir(paths.results_dir));
    DJ_CHECK(dj_fs_is_dir(paths.rejected_dir));
    DJ_CHECK(dj_fs_is_dir(paths.event_dir));
    DJ_CHECK(dj_fs_is_dir(paths.checkpoint_dir));
    DJ_CHECK(!dj_fs_exists(paths.partitions_dir));
    DJ_CHECK(!dj_fs_exists(paths.intermediate_dir));
    dj_job_paths_release(&paths);

    config.event_log_dir = "/proc/nothing";
    DJ_CHECK_OK(dj_job_paths_make(&config, "j1", &paths, &err));
    DJ_CHECK_STATUS(dj_job_make_dirs(&paths, &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "event_log_dir: /proc/nothing");
    dj_job_paths_release(&paths);
    DJ_CHECK_OK(dj_fs_remove_tree(work, &err));
}

int main(void)
{
    DJ_TEST(all_is_in_the_job_folder);
    DJ_TEST(events_and_checkpoints_may_be_elsewhere);
    DJ_TEST(relative_paths_become_absolute);
    DJ_TEST(a_recipe_does_not_take_a_name_of_the_job);
    DJ_TEST(an_unfit_job_id_gives_no_paths);
    DJ_TEST(folders_are_made_and_failures_name_the_setting);
    return 0;
}
