/*
 * Reading a log while it is written: lines that are not whole yet, files that are rotated
 * or merged between two rounds, and each line once.
 */
#include "djtest.h"

#include "dj/event_log.h"
#include "dj/fs.h"
#include "event/event_private.h"

#include <fcntl.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_log_XXXXXX";

static struct dj_event_options options_of(int rank, int64_t max_bytes)
{
    return (struct dj_event_options){ .folder = folder,
                                      .job_id = "job_1",
                                      .host = "node1",
                                      .rank = rank,
                                      .attempt = 1,
                                      .enabled = true,
                                      .max_bytes = max_bytes,
                                      .backup_count = 3 };
}

static struct dj_events *open_events(int rank, int64_t max_bytes)
{
    const struct dj_event_options options = options_of(rank, max_bytes);
    struct dj_events *events;

    DJ_CHECK_OK(dj_events_open(&options, &events, &err));
    return events;
}

static struct dj_event_log *open_log(void)
{
    struct dj_event_log *log;

    DJ_CHECK_OK(dj_event_log_open(folder, &log, &err));
    return log;
}

static void clear(void)
{
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    DJ_CHECK_OK(dj_fs_make_dirs(folder, &err));
}

static void emit(struct dj_events *events, int64_t number)
{
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_PARTITION_START,
                                              .partition_plus_1 = number + 1 });
}

static void merge(struct dj_events *root)
{
    struct dj_event_merge result;

    DJ_CHECK_OK(dj_events_merge(root, &result, &err));
}

/* Appends bytes to a file of the folder. */
static void append(const char *name, const char *text)
{
    char *path = dj_fs_join(folder, name);
    int fd;

    DJ_CHECK_OK(dj_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, &fd, &err));
    DJ_CHECK_OK(dj_fs_write(fd, dj_str_from(text), path, &err));
    close(fd);
    dj_xfree(path);
}

/* Reads one round, in which partitions first, first + 1, … have to come, count of them.
 */
static void round_has(struct dj_event_log *log, int64_t first, int64_t count)
{
    struct dj_event_line line;
    bool more = true;
    int64_t n = 0;

    for (;;) {
        DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
        if (!more) {
            break;
        }
        DJ_CHECK(line.good);
        if (line.view.partition >= 0) { /* no header */
            DJ_CHECK_INT(line.view.partition, first + n);
            n++;
        }
    }
    DJ_CHECK_INT(n, count);
}

static void merged_lines_do_not_come_again(void)
{
    struct dj_events *one = open_events(0, 0);
    struct dj_events *two = open_events(1, 0);
    struct dj_event_log *log = open_log();

    round_has(log, 0, 0);
    emit(one, 0);
    emit(two, 1);
    emit(one, 2);
    round_has(log, 0, 3);
    emit(two, 3);
    DJ_CHECK_OK(dj_events_turn(one, &err));
    DJ_CHECK_OK(dj_events_turn(two, &err));
    merge(one);
    emit(two, 4);
    round_has(log, 3, 2);
    round_has(log, 5, 0);
    emit(one, 5); /* made, merged and gone between two rounds */
    DJ_CHECK_OK(dj_events_turn(one, &err));
    DJ_CHECK_OK(dj_events_turn(two, &err));
    merge(one);
    emit(one, 6);
    round_has(log, 5, 2);
    dj_event_log_close(log);
    dj_events_close(one);
    dj_events_close(two);
    log = open_log(); /* from the beginning */
    round_has(log, 0, 7);
    dj_event_log_close(log);
    clear();
}

static void rotation_is_followed(void)
{
    enum { TURNS = 40, EACH = 5 };
    struct dj_events *events = open_events(0, 3000); /* ten events a file */
    struct dj_event_log *log = open_log();
    int64_t number = 0;

    for (int turn = 0; turn < TURNS; turn++) {
        const int64_t first = number;

        for (int i = 0; i < EACH * (turn % 4); i++) {
            emit(events, number++);
        }
        DJ_CHECK_OK(dj_events_turn(events, &err));
        merge(events);
        round_has(log, first, number - first);
    }
    DJ_CHECK(!dj_event_log_found(log).lost);
    for (int i = 0; i < 200; i++) { /* more than all files together hold */
        emit(events, number++);
    }
    DJ_CHECK_OK(dj_events_turn(events, &err));
    merge(events);
    DJ_CHECK_INT(dj_event_log_found(log).lost, 0);
    for (bool more = true; more;) {
        struct dj_event_line line;

        DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    }
    DJ_CHECK(dj_event_log_found(log).lost);
    dj_event_log_close(log);
    dj_events_close(events);
    clear();
}

#define LINE(number)                                                         \
    "{\"event_type\": \"partition_start\", \"timestamp\": 5.0, "             \
    "\"message\": \"m\", \"event_id\": \"partition_start_1_0_" number "\", " \
    "\"partition_id\": " number "}"

static void half_a_line_waits(void)
{
    struct dj_event_log *log = open_log();

    append("events.jsonl", LINE("1") "\n{\"event_type\": \"parti");
    round_has(log, 1, 1);
    DJ_CHECK_INT(dj_event_log_found(log).halves, 1);
    append("events.jsonl", "tion_start\", \"timestamp\": 6.0, \"message\": \"m\", "
                           "\"event_id\": \"partition_start_1_0_2\", "
                           "\"partition_id\": 2}\n");
    round_has(log, 2, 1);
    DJ_CHECK_INT(dj_event_log_found(log).halves, 0);
    dj_event_log_close(log);
    clear();
}

static void a_cut_line_is_forgotten(void)
{
    struct dj_event_log *log = open_log();
    char *path = dj_fs_join(folder, "events.jsonl");
    const off_t whole = (off_t)sizeof(LINE("1"));

    append("events.jsonl", LINE("1") "\n{\"event_type\": \"torn");
    round_has(log, 1, 1);
    DJ_CHECK_INT(truncate(path, whole), 0);
    append("events.jsonl", LINE("2") "\n" LINE("3") "\n");
    round_has(log, 2, 2);
    dj_xfree(path);
    dj_event_log_close(log);
    clear();
}

static void bad_lines_are_told(void)
{
    struct dj_event_log *log = open_log();
    struct dj_event_line line;
    bool more;

    append("events.jsonl.1", LINE("1") "\nno event\nhalf");
    append("events.jsonl", LINE("2") "\n");
    DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    DJ_CHECK(more && line.good);
    DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    DJ_CHECK(more && !line.good);
    DJ_CHECK_STR(line.text, "no event");
    DJ_CHECK_INT(line.number, 2);
    DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    DJ_CHECK(more && !line.good); /* of a file that nobody writes any more */
    DJ_CHECK_INT(line.number, 3);
    DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    DJ_CHECK(more && line.good);
    DJ_CHECK_INT(line.view.partition, 2);
    DJ_CHECK_OK(dj_event_log_next(log, &line, &more, &err));
    DJ_CHECK(!more);
    dj_event_log_close(log);
    clear();
}

/* Damaged lines may lack what every event has. */
static void an_event_without_words_has_a_line(void)
{
    struct dj_event_view view;
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK(
        dj_event_look(DJ_STR("{\"event_type\": \"op_start\", \"timestamp\": 5.0, "
                             "\"event_id\": \"op_start_1_0_7\", \"partition_id\": 3, "
                             "\"operation_name\": \"x\"}"),
                      &view));
    DJ_CHECK_OK(dj_event_text_line(&view, &out));
    DJ_CHECK(out.len > 0 && memmem(out.ptr, out.len, "partition 3:  (x)\n", 18) != NULL);
    dj_buf_release(&out);
}

int main(void)
{
    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_TEST(merged_lines_do_not_come_again);
    DJ_TEST(rotation_is_followed);
    DJ_TEST(half_a_line_waits);
    DJ_TEST(a_cut_line_is_forgotten);
    DJ_TEST(bad_lines_are_told);
    DJ_TEST(an_event_without_words_has_a_line);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    return 0;
}
