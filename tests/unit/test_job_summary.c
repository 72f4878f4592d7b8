/* job_summary.json: written, read back, balanced, and told to a person. */
#include "djtest.h"

#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/job.h"
#include "dj/json.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_summary_XXXXXX";
static struct dj_job_paths paths;

static void set_text(char **field, const char *text)
{
    dj_xfree(*field);
    *field = dj_xstrdup(text);
}

/* A job of two operators that was stopped once and then failed in one partition. */
static struct dj_summary *make_summary(void)
{
    struct dj_summary *summary = dj_summary_new();

    summary->job_id = dj_xstrdup("job_7");
    summary->project_name = dj_xstrdup("demo");
    summary->state = dj_xstrdup("partial");
    summary->config_file = dj_xstrdup("/r/my recipe.yaml");
    summary->resume_command =
        dj_xstrdup("mpirun -n 4 dj-mpi --config '/r/my recipe.yaml' --job_id job_7");
    summary->start_time = 1795557096.126077;
    summary->end_time = 1795557196.5;
    summary->duration = 100.373923;
    summary->error_message = dj_xstrdup("1 of 40 partitions failed");
    summary->recipe_hash = dj_xstrdup("00000000deadbeef");
    summary->dataset_fingerprint = dj_xstrdup("0123456789abcdef");
    summary->nattempts = 2;
    summary->attempts = dj_xcalloc(2, sizeof(*summary->attempts));
    summary->attempts[0] = (struct dj_attempt){
        .number = 1,
        .start = 1795557096.126077,
        .end = 1795557100.25,
        .state = dj_xstrdup("stopped"),
        .reason = dj_xstrdup("stopped by SIGUSR1"),
        .ranks = 2,
        .launcher = dj_xstrdup("srun"),
        .host = dj_xstrdup("node1"),
        .slurm_job_id = dj_xstrdup("42"),
        .slurm_restart_count = 3,
        .nodes = dj_xstrdup("n1,n2"),
        .saved = 1795557098.5,
        .rows_done = 400000,
    };
    summary->attempts[1] = (struct dj_attempt){
        .number = 2,
        .start = 1795557190.0,
        .end = 1795557196.5,
        .state = dj_xstrdup("partial"),
        .ranks = 4,
        .launcher = dj_xstrdup("mpirun"),
        .host = dj_xstrdup("node2"),
        .rows_done = 834567,
    };
    summary->nops = 2;
    summary->op_names = dj_xcalloc(2, sizeof(*summary->op_names));
    summary->tally = dj_xcalloc(2, sizeof(*summary->tally));
    summary->op_names[0] = dj_xstrdup("clean_links_mapper");
    summary->op_names[1] = dj_xstrdup("text_length_filter");
    summary->tally[0] =
        (struct dj_op_tally){ 1234560, 1234550, 0, 10, 0, 2000000000, 4.0 };
    summary->tally[1] =
        (struct dj_op_tally){ 1234550, 1000000, 234550, 0, 0, 1900000000, 0.125 };
    summary->rows_read = 1234567;
    summary->rows_kept = 1000000;
    summary->rows_filtered = 234550;
    summary->rows_rejected = 17;
    summary->rows_rejected_at_load = 7;
    summary->ledger_balanced = true;
    summary->bytes_read = 2000000000;
    summary->bytes_written = 1500000000;
    summary->partitions_total = 40;
    summary->partitions_done = 39;
    summary->nfailed = 1;
    summary->failed = dj_xcalloc(1, sizeof(*summary->failed));
    summary->failed[0] = (struct dj_failed_partition){
        .id = 12,
        .error = dj_xstrdup("a.jsonl: Input/output error"),
        .attempts = 4,
    };
    summary->noutputs = 1;
    summary->outputs = dj_xcalloc(1, sizeof(*summary->outputs));
    summary->outputs[0] = (struct dj_output){
        .path = dj_xstrdup("/out/result.jsonl"),
        .stream = dj_xstrdup("data"),
        .bytes = 1500000000,
        .rows = 1000000,
    };
    summary->nnotes = 1;
    summary->notes = dj_xcalloc(1, sizeof(*summary->notes));
    summary->notes[0] = dj_xstrdup("np has no effect here");
    dj_summary_set_version(summary, "MPI", "old");
    dj_summary_set_version(summary, "MPI", "Open MPI 4.1.4");
    return summary;
}

static void the_fields_are_those_of_data_juicer_and_more(void)
{
    struct dj_summary *summary = make_summary();
    const struct dj_json *item;
    struct dj_json *doc;

    DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
    DJ_CHECK_OK(dj_json_read(paths.summary, &doc, &err));
    DJ_CHECK_TEXT(dj_json_text(doc, "job_id", ""), "job_7");
    DJ_CHECK_TEXT(dj_json_text(doc, "status", ""), "partial");
    DJ_CHECK(dj_json_number(doc, "start_time", 0) == 1795557096.126077);
    DJ_CHECK_TEXT(dj_json_text(doc, "start_time_iso", ""), "2026-11-24T21:51:36.126077Z");
    DJ_CHECK(dj_json_number(doc, "duration", 0) == 100.373923);
    DJ_CHECK_TEXT(dj_json_text(doc, "work_dir", ""), folder);
    DJ_CHECK_TEXT(dj_json_text(doc, "job_dir", ""), paths.job_dir);
    DJ_CHECK_TEXT(dj_json_text(doc, "config_file", ""), "/r/my recipe.yaml");
    DJ_CHECK_TEXT(dj_json_text(doc, "backed_up_config_path", ""), paths.config_backup);
    DJ_CHECK_TEXT(dj_json_text(doc, "executor_type", ""), "mpi");
    DJ_CHECK_TEXT(dj_json_text(doc, "resumption_command", ""), summary->resume_command);
    DJ_CHECK_CONTAINS(dj_json_text(doc, "event_log_file", ""), "event_logs/events.jsonl");
    DJ_CHECK_TEXT(dj_json_text(doc, "event_log_dir", ""), paths.event_dir);
    DJ_CHECK_TEXT(dj_json_text(doc, "checkpoint_dir", ""), paths.checkpoint_dir);
    DJ_CHECK_TEXT(dj_json_text(doc, "metadata_dir", ""), paths.metadata_dir);
    DJ_CHECK_TEXT(dj_json_text(dj_json_get(doc, "versions"), "MPI", ""),
                  "Open MPI 4.1.4");
    DJ_CHECK(dj_json_text(dj_json_get(doc, "versions"), "dj-mpi", NULL) != NULL);
    DJ_CHECK_TEXT(dj_json_text(doc, "launcher", ""), "mpirun");
    DJ_CHECK_INT(dj_json_int(doc, "ranks", 0), 4);
    item = dj_json_at(dj_json_get(doc, "attempts"), 0);
    DJ_CHECK_TEXT(dj_json_text(item, "reason", ""), "stopped by SIGUSR1");
    DJ_CHECK_TEXT(dj_json_text(item, "slurm_job_id", ""), "42");
    item = dj_json_at(dj_json_get(doc, "operators"), 0);
    DJ_CHECK_INT(dj_json_int(item, "index", -1), 0);
    DJ_CHECK(dj_json_number(item, "rows_per_second", 0) == 308640);
    DJ_CHECK(dj_json_number(item, "mb_per_second", 0) == 500);
    item = dj_json_get(doc, "ledger");
    DJ_CHECK_INT(dj_json_int(item, "read", 0), 1234567);
    DJ_CHECK_INT(dj_json_int(item, "rejected_at_load", 0), 7);
    DJ_CHECK(dj_json_bool(item, "balanced", false));
    item = dj_json_at(dj_json_get(doc, "failed_partitions"), 0);
    DJ_CHECK_INT(dj_json_int(item, "partition_id", -1), 12);
    item = dj_json_at(dj_json_get(doc, "outputs"), 0);
    DJ_CHECK_INT(dj_json_int(item, "bytes", 0), 1500000000);
    dj_json_free(doc);
    dj_summary_free(summary);
}

static void a_summary_is_read_back_completely(void)
{
    struct dj_summary *summary = make_summary();
    struct dj_summary *again;
    struct dj_buf first, second;
    const char *text;

    dj_buf_init(&first);
    dj_buf_init(&second);
    DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
    DJ_CHECK_OK(dj_fs_read(paths.summary, &first, &err));
    DJ_CHECK_OK(dj_summary_read(paths.summary, &again, &err));
    DJ_CHECK(again != NULL);
    DJ_CHECK_INT(again->attempts[0].slurm_restart_count, 3);
    DJ_CHECK_TEXT(again->attempts[0].nodes, "n1,n2");
    DJ_CHECK(again->attempts[0].saved == 1795557098.5);
    DJ_CHECK(again->attempts[1].slurm_job_id == NULL);
    DJ_CHECK(again->attempts[1].end == 1795557196.5);
    DJ_CHECK_INT(again->tally[1].dropped, 234550);
    DJ_CHECK_TEXT(again->notes[0], "np has no effect here");
    DJ_CHECK_OK(dj_summary_write(again, &paths, &err));
    DJ_CHECK_OK(dj_fs_read(paths.summary, &second, &err));
    DJ_CHECK_OK(dj_buf_cstr(&first, &text));
    DJ_CHECK_STR(dj_buf_str(&second), text);
    dj_buf_release(&first);
    dj_buf_release(&second);
    dj_summary_free(summary);
    dj_summary_free(again);
}

static void its_seal_breaks_with_any_byte(void)
{
    struct dj_summary *summary = make_summary();
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
    DJ_CHECK_OK(dj_fs_read(paths.summary, &bytes, &err));
    DJ_CHECK(dj_seal_holds(dj_buf_str(&bytes)));
    for (size_t at = 0; at < bytes.len; at++) {
        bytes.ptr[at] ^= 1;
        DJ_CHECK(!dj_seal_holds(dj_buf_str(&bytes)));
        bytes.ptr[at] ^= 1;
        DJ_CHECK(!dj_seal_holds((struct dj_str){ bytes.ptr, at }));
    }
    dj_buf_release(&bytes);
    dj_summary_free(summary);
}

static void a_young_summary_is_read_back_too(void)
{
    struct dj_summary *summary = dj_summary_new();
    struct dj_summary *again;

    summary->job_id = dj_xstrdup("job_7");
    summary->state = dj_xstrdup("running");
    summary->error_message = dj_xstrdup("cut \xe2\x82");
    summary->duration = NAN;
    summary->nattempts = 1;
    summary->attempts = dj_xcalloc(1, sizeof(*summary->attempts));
    summary->attempts[0].number = 1;
    DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
    DJ_CHECK_OK(dj_summary_read(paths.summary, &again, &err));
    DJ_CHECK(again->project_name == NULL);
    DJ_CHECK(again->config_file == NULL);
    DJ_CHECK(again->op_names == NULL);
    DJ_CHECK(again->end_time == 0);
    DJ_CHECK(again->attempts[0].state == NULL);
    DJ_CHECK_TEXT(again->error_message, "cut \xef\xbf\xbd\xef\xbf\xbd");
    dj_summary_free(summary);
    dj_summary_free(again);
}

static void a_missing_summary_is_none_and_a_damaged_one_an_error(void)
{
    struct dj_summary *summary;

    DJ_CHECK_OK(dj_fs_remove(paths.summary, &err));
    DJ_CHECK_OK(dj_summary_read(paths.summary, &summary, &err));
    DJ_CHECK(summary == NULL);
    DJ_CHECK_OK(dj_fs_replace(paths.summary, DJ_STR("{\"job_id\": \"x\""), &err));
    DJ_CHECK_STATUS(dj_summary_read(paths.summary, &summary, &err), DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "job_summary.json");
    DJ_CHECK(summary == NULL);
    DJ_CHECK_OK(dj_fs_replace(paths.summary, DJ_STR("[1]"), &err));
    DJ_CHECK_STATUS(dj_summary_read(paths.summary, &summary, &err), DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, "no job summary");
}

#ifdef DJ_FAULTS
static void a_write_that_fails_leaves_the_old_one(void)
{
    const pid_t child = fork();
    int state;

    DJ_CHECK(child >= 0);
    if (child == 0) {
        struct dj_summary *summary = make_summary();
        struct dj_summary *again;

        DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
        DJ_CHECK(setenv("DJ_FAULT", "summary.write:fail", 1) == 0);
        DJ_CHECK_OK(dj_fault_init(0, &err));
        set_text(&summary->state, "completed");
        DJ_CHECK_STATUS(dj_summary_write(summary, &paths, &err), DJ_IO);
        DJ_CHECK_OK(dj_summary_read(paths.summary, &again, &err));
        DJ_CHECK_TEXT(again->state, "partial");
        dj_summary_free(again);
        dj_summary_free(summary);
        _exit(0);
    }
    DJ_CHECK(waitpid(child, &state, 0) == child);
    DJ_CHECK_INT(state, 0);
}
#endif

static void check_unbalanced(struct dj_summary *summary, const char *part)
{
    DJ_CHECK(!dj_summary_balance(summary, &err));
    DJ_CHECK_INT(err.status, DJ_LEDGER);
    DJ_CHECK_CONTAINS(err.text, part);
}

static void the_ledger_tells_what_does_not_add_up(void)
{
    struct dj_summary *summary = make_summary();

    DJ_CHECK(dj_summary_balance(summary, &err));
    summary->rows_read++;
    check_unbalanced(summary, "1234568 read is not 1000000 kept + 234550 filtered + 0 "
                              "deduplicated + 17 rejected");
    DJ_CHECK_CONTAINS(err.text, "clean_links_mapper (operator 0) took 1234560 rows in, "
                                "but 1234561 came from the input");
    summary->rows_read--;
    summary->tally[1].rows_in--;
    check_unbalanced(summary, "text_length_filter (operator 1) took 1234549 rows in, but "
                              "1234550 came out of the operator before");
    DJ_CHECK_CONTAINS(err.text, "text_length_filter (operator 1): 1234549 in is not "
                                "1000000 out + 234550 dropped + 0 rejected");
    summary->tally[1].rows_in++;
    summary->rows_kept--;
    summary->rows_filtered++;
    check_unbalanced(summary,
                     "1000000 came out of the last operator, but 999999 are kept");
    summary->rows_kept++;
    summary->rows_filtered -= 2;
    summary->rows_rejected++;
    check_unbalanced(summary, "18 rejected in all, but 17 at load and by the operators");
    DJ_CHECK_CONTAINS(err.text, "the operators dropped 234550");
    summary->rows_rejected--;
    summary->rows_deduplicated++; /* the one that filters did not drop */
    DJ_CHECK(dj_summary_balance(summary, &err));
    dj_summary_free(summary);
}

static void a_job_without_operators_balances(void)
{
    struct dj_summary *summary = dj_summary_new();

    DJ_CHECK(dj_summary_balance(summary, &err));
    summary->rows_read = 10;
    summary->rows_rejected = summary->rows_rejected_at_load = 3;
    summary->rows_kept = 7;
    DJ_CHECK(dj_summary_balance(summary, &err));
    summary->rows_kept = 6;
    DJ_CHECK(!dj_summary_balance(summary, &err));
    dj_summary_free(summary);
}

static struct dj_attempt run_of(const char *state, double start, double end)
{
    return (struct dj_attempt){
        .state = dj_xstrdup(state), .ranks = 36, .start = start, .end = end
    };
}

static void all_runs_are_accounted_for(void)
{
    struct dj_summary *summary = dj_summary_new();
    struct dj_account account = dj_summary_account(summary);

    DJ_CHECK(account.seconds == 0 && account.core_hours == 0);
    dj_summary_saved(summary, 1); /* of no run: nothing happens */
    summary->rows_read = 900;
    summary->nattempts = 4;
    summary->attempts = dj_xcalloc(4, sizeof(*summary->attempts));
    summary->attempts[0] = run_of("stopped", 1000, 1400); /* 100 s since it saved */
    summary->attempts[0].saved = 1300;
    summary->attempts[1] = run_of("killed", 2000, 0); /* seen after 200 s, saved never */
    summary->attempts[1].seen = 2200;
    summary->attempts[2] = run_of("killed", 3000, 0); /* saved, and died at once */
    summary->attempts[2].saved = 3100;
    summary->attempts[3] = run_of("completed", 4000, 4500);
    account = dj_summary_account(summary);
    DJ_CHECK(account.seconds == 1200);
    DJ_CHECK(account.core_hours == 12);
    DJ_CHECK(account.lost_core_hours == 3);
    DJ_CHECK(account.samples_per_second == 0.75);
    DJ_CHECK_INT(account.redone_samples, 300);
    dj_summary_saved(summary, 4400);
    DJ_CHECK(summary->attempts[3].saved == 4400);
    dj_summary_free(summary);
}

static void many_findings_are_cut_not_overrun(void)
{
    struct dj_summary *summary = dj_summary_new();

    summary->nops = 50;
    summary->op_names = dj_xcalloc(50, sizeof(*summary->op_names));
    summary->tally = dj_xcalloc(50, sizeof(*summary->tally));
    for (int i = 0; i < 50; i++) {
        summary->op_names[i] = dj_xstrdup("some_operator_with_a_long_name_mapper");
        summary->tally[i].rows_in = i + 1;
        summary->tally[i].rows_out = 1000;
    }
    DJ_CHECK(!dj_summary_balance(summary, &err));
    DJ_CHECK(strlen(err.text) > 800);
    dj_summary_free(summary);
}

static const char *text_of(const struct dj_summary *summary, struct dj_buf *out)
{
    const char *text;

    dj_buf_reset(out);
    DJ_CHECK_OK(dj_summary_text(summary, &paths, out));
    DJ_CHECK_OK(dj_buf_cstr(out, &text));
    return text;
}

static void the_end_is_told_in_a_few_lines(void)
{
    struct dj_summary *summary = make_summary();
    struct dj_buf out;
    const char *text;

    dj_buf_init(&out);
    text = text_of(summary, &out);
    DJ_CHECK_CONTAINS(text, "job job_7: partial in 6.5 s (4 ranks, attempt 2)\n");
    DJ_CHECK_CONTAINS(text, "reason        1 of 40 partitions failed\n");
    DJ_CHECK_CONTAINS(text, "1,234,567  samples, 2.0 GB\n");
    DJ_CHECK_CONTAINS(text, "1,000,000   81.0%\n");
    DJ_CHECK_CONTAINS(text, "39 of 40 done\n");
    DJ_CHECK_CONTAINS(text, "partition 12: a.jsonl: Input/output error\n");
    DJ_CHECK_CONTAINS(text, "  clean_links_mapper      1,234,560      1,234,550       "
                            "4.00     500.0\n");
    DJ_CHECK_CONTAINS(text, "/out/result.jsonl (1,000,000 samples, 1.5 GB)\n");
    DJ_CHECK_CONTAINS(text, paths.rejected_dir);
    DJ_CHECK_CONTAINS(text, "event_logs/events.log\n");
    DJ_CHECK_CONTAINS(text, "to try the failed partitions again:\n    mpirun -n 4 ");
    DJ_CHECK(strstr(text, "deduplicated") == NULL);

    set_text(&summary->state, "stopped");
    DJ_CHECK_CONTAINS(text_of(summary, &out), "to resume:\n    mpirun -n 4 dj-mpi ");
    set_text(&summary->state, "completed");
    DJ_CHECK(strstr(text_of(summary, &out), "mpirun") == NULL);
    dj_buf_release(&out);
    dj_summary_free(summary);
}

/* Of the rows that came in the first operator made 35 more. */
static void rows_that_were_made_are_counted(void)
{
    struct dj_summary *summary = make_summary();
    struct dj_summary *again;
    struct dj_buf out;
    const char *text;

    dj_buf_init(&out);
    DJ_CHECK(strstr(text_of(summary, &out), "derived") == NULL);
    summary->tally[0].derived = 35;
    check_unbalanced(summary, "clean_links_mapper (operator 0): 1234560 in + 35 derived "
                              "is not 1234550 out + 0 dropped + 10 rejected");
    summary->tally[0].rows_out += 35;
    summary->tally[1].rows_in += 35;
    summary->tally[1].rows_out += 35;
    summary->rows_kept += 35;
    check_unbalanced(summary, "0 derived in all, but the operators made 35");
    summary->rows_derived = 35;
    DJ_CHECK(dj_summary_balance(summary, &err));
    DJ_CHECK_OK(dj_summary_write(summary, &paths, &err));
    DJ_CHECK_OK(dj_summary_read(paths.summary, &again, &err));
    DJ_CHECK_INT(again->rows_derived, 35);
    DJ_CHECK_INT(again->tally[0].derived, 35);
    DJ_CHECK_INT(again->tally[1].derived, 0);
    text = text_of(summary, &out);
    DJ_CHECK_CONTAINS(text, "  derived                    35  samples\n");
    dj_summary_free(again);
    dj_summary_free(summary);
    dj_buf_release(&out);
}

static void numbers_are_written_for_people(void)
{
    struct dj_summary *summary = make_summary();
    struct dj_buf out;

    dj_buf_init(&out);
    summary->rows_read = 999;
    summary->bytes_read = 999;
    summary->attempts[1].start = summary->attempts[1].end - 3725;
    DJ_CHECK_CONTAINS(text_of(summary, &out), " 999  samples, 999 bytes\n");
    DJ_CHECK_CONTAINS(text_of(summary, &out), "in 1 h 02 min (");
    summary->rows_read = 1000;
    summary->bytes_read = 999960;
    summary->attempts[1].start = summary->attempts[1].end - 100.2;
    DJ_CHECK_CONTAINS(text_of(summary, &out), " 1,000  samples, 1.0 MB\n");
    DJ_CHECK_CONTAINS(text_of(summary, &out), "in 1 min 40 s (");
    summary->rows_read = 0;
    DJ_CHECK_CONTAINS(text_of(summary, &out), "  0.0%\n");
    dj_buf_release(&out);
    dj_summary_free(summary);
}

/* What the shell makes of the quoted word. */
static void check_word(const char *arg, const char *quoted)
{
    struct dj_buf out, back;
    const char *text;
    char piece[256];
    char *command;
    FILE *shell;
    size_t got;

    dj_buf_init(&out);
    dj_buf_init(&back);
    DJ_CHECK_OK(dj_shell_quote(&out, arg));
    DJ_CHECK_STR(dj_buf_str(&out), quoted);
    DJ_CHECK_OK(dj_buf_cstr(&out, &text));
    command = dj_xprintf("printf '%%s' %s", text);
    shell = popen(command, "r");
    DJ_CHECK(shell != NULL);
    got = fread(piece, 1, sizeof(piece), shell);
    DJ_CHECK_INT(pclose(shell), 0);
    DJ_CHECK_OK(dj_buf_append(&back, (struct dj_str){ piece, got }));
    DJ_CHECK_STR(dj_buf_str(&back), arg);
    dj_xfree(command);
    dj_buf_release(&out);
    dj_buf_release(&back);
}

static void words_survive_the_shell(void)
{
    check_word("plain", "plain");
    check_word("/a/b-c_1.yaml", "/a/b-c_1.yaml");
    check_word("", "''");
    check_word("two words", "'two words'");
    check_word("it's", "'it'\\''s'");
    check_word("$HOME `x` \"y\" \\ *", "'$HOME `x` \"y\" \\ *'");
    check_word("~/x", "'~/x'");
    check_word("r\xc3\xa9\n", "'r\xc3\xa9\n'");
}

int main(void)
{
    struct dj_config config = { .work_dir = folder, .config_path = "demo.yaml" };

    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_CHECK_OK(dj_job_paths_make(&config, "job_7", &paths, &err));
    DJ_CHECK_OK(dj_job_make_dirs(&paths, &err));
    DJ_TEST(the_fields_are_those_of_data_juicer_and_more);
    DJ_TEST(a_summary_is_read_back_completely);
    DJ_TEST(its_seal_breaks_with_any_byte);
    DJ_TEST(a_young_summary_is_read_back_too);
    DJ_TEST(a_missing_summary_is_none_and_a_damaged_one_an_error);
#ifdef DJ_FAULTS
    DJ_TEST(a_write_that_fails_leaves_the_old_one);
#endif
    DJ_TEST(the_ledger_tells_what_does_not_add_up);
    DJ_TEST(rows_that_were_made_are_counted);
    DJ_TEST(a_job_without_operators_balances);
    DJ_TEST(all_runs_are_accounted_for);
    DJ_TEST(many_findings_are_cut_not_overrun);
    DJ_TEST(the_end_is_told_in_a_few_lines);
    DJ_TEST(numbers_are_written_for_people);
    DJ_TEST(words_survive_the_shell);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    dj_job_paths_release(&paths);
    return 0;
}
