/*
 * Merging the parts of ranks: the order, damage, rotation, and kills at every point
 * after which each line must be there exactly once.
 */
#include "djtest.h"

#include "dj/event.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "event/event_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_merge_XXXXXX";

static struct dj_event_options options_of(int rank)
{
    return (struct dj_event_options){ .folder = folder,
                                      .job_id = "job_1",
                                      .host = "node1",
                                      .rank = rank,
                                      .attempt = 1,
                                      .enabled = true,
                                      .backup_count = 3 };
}

static struct dj_events *open_events(int rank)
{
    const struct dj_event_options options = options_of(rank);
    struct dj_events *events;

    DJ_CHECK_OK(dj_events_open(&options, &events, &err));
    return events;
}

static void clear(void)
{
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    DJ_CHECK_OK(dj_fs_make_dirs(folder, &err));
}

static char *file_path(const char *name)
{
    return dj_fs_join(folder, name);
}

/* A line of a rank as the program writes it, at a time that the test chooses. */
static void append_line(const char *name, int rank, int64_t attempt, int64_t micros,
                        int64_t seq)
{
    char *path = file_path(name);
    struct dj_buf text;
    int fd;

    dj_buf_init(&text);
    DJ_CHECK_OK(dj_buf_printf(&text,
                              "{\"event_type\": \"info\", \"timestamp\": %lld.%06lld, "
                              "\"message\": \"m %d %lld\", \"event_id\": "
                              "\"info_%lld_%d_%lld\", \"job_id\": \"job_1\"}\n",
                              (long long)(micros / 1000000),
                              (long long)(micros % 1000000), rank, (long long)seq,
                              (long long)attempt, rank, (long long)seq));
    DJ_CHECK_OK(dj_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, &fd, &err));
    DJ_CHECK_OK(dj_fs_write(fd, dj_buf_str(&text), path, &err));
    close(fd);
    dj_xfree(path);
    dj_buf_release(&text);
}

static void append_text(const char *name, const char *text)
{
    char *path = file_path(name);
    int fd;

    DJ_CHECK_OK(dj_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, &fd, &err));
    DJ_CHECK_OK(dj_fs_write(fd, dj_str_from(text), path, &err));
    close(fd);
    dj_xfree(path);
}

static struct dj_buf read_file(const char *name)
{
    char *path = file_path(name);
    struct dj_buf text;
    const char *chars;

    dj_buf_init(&text);
    if (dj_fs_exists(path)) {
        DJ_CHECK_OK(dj_fs_read(path, &text, &err));
    }
    DJ_CHECK_OK(dj_buf_cstr(&text, &chars));
    dj_xfree(path);
    return text;
}

static int count_lines(const struct dj_buf *text)
{
    int count = 0;

    for (size_t i = 0; i < text->len; i++) {
        count += text->ptr[i] == '\n';
    }
    return count;
}

static int count_parts(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int count = 0;

    DJ_CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        count += strstr(entry->d_name, ".part") != NULL;
    }
    (void)closedir(dir);
    return count;
}

/* The next line of text after *at, NUL-terminated in place; NULL at the end. */
static char *next_line(char **at)
{
    char *line = *at;
    char *end = strchr(line, '\n');

    if (end == NULL) {
        DJ_CHECK_TEXT(line, ""); /* a file ends with a line end */
        return NULL;
    }
    *end = '\0';
    *at = end + 1;
    return line;
}

enum { MAX_RANK = 400, MAX_SEQ = 400 };

/*
 * All lines of events.jsonl, of its rotated files when rotated is set: each of
 * nranks * nseq lines exactly once, each rank's in order, times in order in a file, a
 * header first in each file, and the same lines in the readable file.
 */
static void check_all_once(int nranks, int nseq, int nfiles)
{
    static int seen[MAX_RANK];
    int total = 0;

    memset(seen, 0, sizeof(seen));
    for (int number = nfiles - 1; number >= 0; number--) {
        char json_name[32], text_name[32];
        struct dj_buf json, text;
        char *json_at, *text_at, *line;
        int64_t last = 0;
        bool first = true;

        (void)snprintf(json_name, sizeof(json_name),
                       number == 0 ? "events.jsonl" : "events.jsonl.%d", number);
        (void)snprintf(text_name, sizeof(text_name),
                       number == 0 ? "events.log" : "events.log.%d", number);
        json = read_file(json_name);
        text = read_file(text_name);
        json_at = json.ptr;
        text_at = text.ptr;
        while ((line = next_line(&json_at)) != NULL) {
            struct dj_event_view view;
            char *readable = next_line(&text_at);
            char *message;

            DJ_CHECK(dj_event_look(dj_str_from(line), &view));
            DJ_CHECK(view.micros >= last);
            last = view.micros;
            DJ_CHECK(readable != NULL);
            message = dj_xprintf("| %.*s", (int)view.message.len, view.message.ptr);
            DJ_CHECK_CONTAINS(readable, message);
            dj_xfree(message);
            if (first) {
                DJ_CHECK_CONTAINS(line, "\"metadata\": {\"schema\": 1}");
                first = false;
                continue;
            }
            DJ_CHECK(view.rank < nranks);
            DJ_CHECK_INT(view.seq, ++seen[view.rank]);
            total++;
        }
        DJ_CHECK(next_line(&text_at) == NULL);
        DJ_CHECK(!first);
        dj_buf_release(&json);
        dj_buf_release(&text);
    }
    DJ_CHECK_INT(total, nranks * nseq);
    DJ_CHECK_INT(count_parts(), 0);
}

static void lines_of_all_ranks_come_in_time_order(void)
{
    struct dj_event_merge merge;
    const struct dj_event_options options = options_of(0);

    for (int i = 1; i <= 50; i++) { /* ranks with different clocks and many ties */
        append_line("events.rank00000.0001.000001.part", 0, 1, 1000000 + i / 2, i);
        append_line("events.rank00001.0001.000001.part", 1, 1, 1000000 + i * 3, i);
        append_line("events.rank00002.0001.000001.part", 2, 1, 999999, i);
    }
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 150);
    DJ_CHECK_INT(merge.torn, 0);
    DJ_CHECK_INT(merge.repeated, 0);
    check_all_once(3, 50, 1);
    clear();
}

static void a_merge_takes_closed_parts_only(void)
{
    struct dj_events *root = open_events(0);
    struct dj_events *other = open_events(1);
    struct dj_event_merge merge;

    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 5; i++) {
            dj_event_emit(root, &(struct dj_event){ .type = DJ_EVENT_INFO });
            dj_event_emit(other, &(struct dj_event){ .type = DJ_EVENT_INFO });
        }
        DJ_CHECK_OK(dj_events_turn(root, &err));
        if (turn != 1) { /* once, the other does not get there */
            DJ_CHECK_OK(dj_events_turn(other, &err));
        }
        DJ_CHECK_OK(dj_events_merge(root, &merge, &err));
        DJ_CHECK_INT(merge.merged, turn == 0 ? 10 : turn == 1 ? 5 : 15);
        DJ_CHECK_INT(merge.repeated, 0);
        DJ_CHECK_INT(count_parts(), turn == 1);
    }
    dj_events_close(root);
    dj_events_close(other);
    {
        struct dj_buf text = read_file("events.jsonl");

        DJ_CHECK_INT(count_lines(&text), 1 + 30);
        dj_buf_release(&text);
    }
    clear();
}

static void a_later_part_closes_the_one_before(void)
{
    struct dj_events *root = open_events(0);
    struct dj_event_merge merge;

    append_line("events.rank00001.0001.000001.part", 1, 1, 5000000, 1);
    append_line("events.rank00001.0001.000002.part", 1, 1, 6000000, 2);
    DJ_CHECK_OK(dj_events_merge(root, &merge, &err));
    DJ_CHECK_INT(merge.merged, 1);
    DJ_CHECK_INT(count_parts(), 1);
    dj_events_close(root);
    clear();
}

static void torn_lines_are_skipped_and_counted(void)
{
    const struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;

    append_line("events.rank00000.0001.000001.part", 0, 1, 5000000, 1);
    append_text("events.rank00000.0001.000001.part", "{\"event_type\": \"in\n");
    append_line("events.rank00000.0001.000001.part", 0, 1, 5000001, 2);
    append_text("events.rank00000.0001.000001.part",
                "{\"event_type\": \"info\", \"timest");
    append_line("events.rank00001.0001.000001.part", 1, 1, 5000000, 1);
    append_text("events.rank00001.0001.000001.part", /* whole but for its line end */
                "{\"event_type\": \"info\", \"timestamp\": 5.5, \"message\": \"m 1 2\", "
                "\"event_id\": \"info_1_1_2\"}");
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 4);
    DJ_CHECK_INT(merge.torn, 2);
    check_all_once(2, 2, 1);
    clear();
}

static void hundreds_of_ranks_fit_few_files_and_windows(void)
{
    const struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;

    for (int rank = 0; rank < 300; rank++) {
        char name[64];

        for (int i = 1; i <= 40; i++) {
            (void)snprintf(name, sizeof(name), "events.rank%05d.0001.%06d.part", rank,
                           1 + i / 30);
            append_line(name, rank, 1, 1000000 + i * 10 + (rank * 7) % 5, i);
        }
    }
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 300 * 40);
    check_all_once(300, 40, 1);
    clear();
}

static void a_line_longer_than_a_window_is_one_line(void)
{
    const struct dj_event_options options = options_of(0);
    struct dj_events *events = open_events(0);
    struct dj_event_merge merge;
    char *message = dj_xmalloc(900001);
    struct dj_buf text;

    memset(message, 'x', 900000);
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    dj_event_emit(events,
                  &(struct dj_event){ .type = DJ_EVENT_INFO, .message = message });
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    dj_events_close(events);
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 3);
    text = read_file("events.log");
    DJ_CHECK_INT(count_lines(&text), 4);
    DJ_CHECK(text.len > 900000);
    dj_buf_release(&text);
    dj_xfree(message);
    clear();
}

/* Attempts, ranks and turns that a test leaves behind: 3 ranks of 60 lines. */
static void leave_parts(void)
{
    for (int rank = 0; rank < 3; rank++) {
        char name[64];

        for (int i = 1; i <= 60; i++) {
            (void)snprintf(name, sizeof(name), "events.rank%05d.0001.%06d.part", rank,
                           1 + i / 25);
            append_line(name, rank, 1, 1000000 + i * 10 + rank, i);
        }
    }
}

static void files_rotate_by_size_and_old_ones_go(void)
{
    struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;
    struct stat info;
    char *path;

    options.max_bytes = 6000; /* about 50 lines */
    leave_parts();
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    check_all_once(3, 60, 4);
    for (int number = 0; number <= 3; number++) {
        path = dj_xprintf(number == 0 ? "%s/events.jsonl" : "%s/events.jsonl.%d", folder,
                          number);
        DJ_CHECK(stat(path, &info) == 0);
        DJ_CHECK(info.st_size <= 6000);
        dj_xfree(path);
    }
    append_line("events.rank00000.0002.000001.part", 0, 2, 9000000, 1);
    options.max_bytes = 100;
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    path = file_path("events.jsonl.4"); /* backup_count is 3 */
    DJ_CHECK(!dj_fs_exists(path));
    dj_xfree(path);
    path = file_path("events.log.3");
    DJ_CHECK(dj_fs_exists(path));
    dj_xfree(path);
    clear();
}

static void no_backups_means_a_fresh_file(void)
{
    struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;
    char *path = file_path("events.jsonl.1");
    struct dj_buf text;

    options.max_bytes = 2000;
    options.backup_count = 0;
    leave_parts();
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 180);
    DJ_CHECK(!dj_fs_exists(path));
    text = read_file("events.jsonl");
    DJ_CHECK(text.len > 0 && text.len <= 2000);
    DJ_CHECK_CONTAINS(text.ptr, "info_1_2_60"); /* the newest lines are there */
    dj_buf_release(&text);
    dj_xfree(path);
    clear();
}

#ifdef DJ_FAULTS

static void cut_tail(const char *name, off_t bytes)
{
    char *path = file_path(name);
    struct stat info;

    DJ_CHECK(stat(path, &info) == 0);
    DJ_CHECK(truncate(path, info.st_size > bytes ? info.st_size - bytes : 0) == 0);
    dj_xfree(path);
}

/* Recovers in a child that dies at the nth passage; false when it gets through. */
static bool killed_while_merging(const struct dj_event_options *options, int nth)
{
    const pid_t child = fork();
    int state;

    DJ_CHECK(child >= 0);
    if (child == 0) {
        struct dj_event_merge merge;
        char fault[64];

        (void)snprintf(fault, sizeof(fault), "event.merge:nth=%d:kill", nth);
        if (setenv("DJ_FAULT", fault, 1) != 0 || dj_fault_init(0, &err) != DJ_OK ||
            dj_events_recover(options, &merge, &err) != DJ_OK) {
            _exit(3);
        }
        _exit(0);
    }
    DJ_CHECK(waitpid(child, &state, 0) == child);
    if (WIFSIGNALED(state)) {
        DJ_CHECK_INT(WTERMSIG(state), SIGKILL);
        return true;
    }
    DJ_CHECK_INT(WEXITSTATUS(state), 0);
    return false;
}

/* Kills at every passage; cut_*: bytes of the last write that did not reach the disk. */
static void sweep(int64_t max_bytes, int nfiles, off_t cut_json, off_t cut_text)
{
    struct dj_event_options options = options_of(0);
    int nth = 0;
    bool killed;

    options.max_bytes = max_bytes;
    options.backup_count = 5;
    do {
        struct dj_event_merge merge;

        leave_parts();
        killed = killed_while_merging(&options, ++nth);
        if (killed) {
            if (count_parts() == 9) { /* none deleted: not yet on disk */
                char *path = file_path("events.jsonl");

                if (dj_fs_exists(path)) {
                    cut_tail("events.jsonl", cut_json);
                }
                dj_xfree(path);
                path = file_path("events.log");
                if (dj_fs_exists(path)) {
                    cut_tail("events.log", cut_text);
                }
                dj_xfree(path);
            }
            DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
        }
        check_all_once(3, 60, nfiles);
        clear();
    } while (killed);
    DJ_CHECK(nth > 10);
}

static void a_merge_killed_at_any_point_loses_and_repeats_nothing(void)
{
    sweep(0, 1, 0, 0);
    sweep(0, 1, 17, 0); /* events.jsonl torn */
    sweep(0, 1, 0, 9);  /* events.log torn */
    sweep(0, 1, 2000, 1200);
}

static void a_merge_killed_while_rotating_loses_and_repeats_nothing(void)
{
    sweep(6000, 4, 0, 0);
}

static void a_merge_that_fails_is_made_up_for_by_the_next(void)
{
    for (int nth = 1; nth < 8; nth++) {
        const pid_t child = fork();
        int state;

        DJ_CHECK(child >= 0);
        if (child == 0) {
            struct dj_events *root = open_events(0);
            struct dj_event_merge merge;
            char fault[64];

            for (int i = 0; i < 60; i++) {
                dj_event_emit(root, &(struct dj_event){ .type = DJ_EVENT_INFO });
                if (i % 20 == 19) {
                    DJ_CHECK_OK(dj_events_turn(root, &err));
                }
            }
            (void)snprintf(fault, sizeof(fault), "event.merge:nth=%d:fail", nth);
            DJ_CHECK(setenv("DJ_FAULT", fault, 1) == 0);
            DJ_CHECK_OK(dj_fault_init(0, &err));
            if (dj_events_merge(root, &merge, &err) != DJ_OK) {
                DJ_CHECK_CONTAINS(err.text, "injected failure");
                DJ_CHECK_OK(dj_events_merge(root, &merge, &err));
            }
            dj_events_close(root);
            _exit(0);
        }
        DJ_CHECK(waitpid(child, &state, 0) == child);
        DJ_CHECK_INT(state, 0);
        check_all_once(1, 60, 1);
        clear();
    }
}

/* What a rank had logged before it was killed is there. */
static void a_killed_rank_loses_nothing(void)
{
    const struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;
    const pid_t child = fork();
    int state;

    DJ_CHECK(child >= 0);
    if (child == 0) {
        struct dj_events *events = open_events(0);

        DJ_CHECK(setenv("DJ_FAULT", "event.append:nth=38:kill", 1) == 0);
        DJ_CHECK_OK(dj_fault_init(0, &err));
        for (;;) {
            dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
        }
    }
    DJ_CHECK(waitpid(child, &state, 0) == child);
    DJ_CHECK(WIFSIGNALED(state));
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK_INT(merge.merged, 37);
    check_all_once(1, 37, 1);
    clear();
}

#endif

static void a_lost_readable_file_is_made_again(void)
{
    struct dj_event_options options = options_of(0);
    struct dj_event_merge merge;
    char *path = file_path("events.log");

    leave_parts();
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    DJ_CHECK(unlink(path) == 0);
    append_line("events.rank00003.0001.000001.part", 3, 1, 9000000, 1);
    for (int i = 2; i <= 60; i++) {
        append_line("events.rank00003.0001.000001.part", 3, 1, 9000000, i);
    }
    DJ_CHECK_OK(dj_events_recover(&options, &merge, &err));
    check_all_once(4, 60, 1);
    dj_xfree(path);
    clear();
}

static void a_torn_end_of_the_merged_files_is_cut(void)
{
    struct dj_events *root = open_events(0);
    struct dj_event_merge merge;

    dj_event_emit(root, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK_OK(dj_events_turn(root, &err));
    DJ_CHECK_OK(dj_events_merge(root, &merge, &err));
    append_text("events.jsonl", "{\"event_type\": \"inf");
    append_text("events.log", "2026-");
    dj_event_emit(root, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK_OK(dj_events_turn(root, &err));
    DJ_CHECK_OK(dj_events_merge(root, &merge, &err));
    dj_events_close(root);
    check_all_once(1, 2, 1);
    clear();
}

int main(void)
{
    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_TEST(lines_of_all_ranks_come_in_time_order);
    DJ_TEST(a_merge_takes_closed_parts_only);
    DJ_TEST(a_later_part_closes_the_one_before);
    DJ_TEST(torn_lines_are_skipped_and_counted);
    DJ_TEST(hundreds_of_ranks_fit_few_files_and_windows);
    DJ_TEST(a_line_longer_than_a_window_is_one_line);
    DJ_TEST(files_rotate_by_size_and_old_ones_go);
    DJ_TEST(no_backups_means_a_fresh_file);
    DJ_TEST(a_lost_readable_file_is_made_again);
    DJ_TEST(a_torn_end_of_the_merged_files_is_cut);
#ifdef DJ_FAULTS
    DJ_TEST(a_merge_killed_at_any_point_loses_and_repeats_nothing);
    DJ_TEST(a_merge_killed_while_rotating_loses_and_repeats_nothing);
    DJ_TEST(a_merge_that_fails_is_made_up_for_by_the_next);
    DJ_TEST(a_killed_rank_loses_nothing);
#endif
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    return 0;
}
