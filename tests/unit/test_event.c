/* What a rank writes: the fields of a line, its sentence, and the ways it can fail. */
#include "djtest.h"

#include "dj/event.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "dj/log.h"
#include "event/event_private.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct dj_error err;
static char folder[] = "/tmp/dj_test_event_XXXXXX";

static struct dj_events *open_events(bool debug)
{
    struct dj_events *events;

    DJ_CHECK_OK(dj_events_open(&(struct dj_event_options){ .folder = folder,
                                                           .job_id = "job_1",
                                                           .host = "node\"7",
                                                           .rank = 3,
                                                           .attempt = 2,
                                                           .enabled = true,
                                                           .debug = debug },
                               &events, &err));
    return events;
}

/* The bytes of the part that the first turn of rank 3 writes. */
static const char *part_text(struct dj_buf *text)
{
    char *path = dj_event_part_path(folder, 3, 2, 1);
    const char *chars;

    dj_buf_reset(text);
    DJ_CHECK_OK(dj_fs_read(path, text, &err));
    DJ_CHECK_OK(dj_buf_cstr(text, &chars));
    dj_xfree(path);
    return chars;
}

static void clear(void)
{
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    DJ_CHECK_OK(dj_fs_make_dirs(folder, &err));
}

/* Emits one event and returns its line, parsed. */
static struct dj_json *emitted(const struct dj_event *event)
{
    struct dj_events *events = open_events(true);
    struct dj_json *doc;
    struct dj_buf text;
    const char *line;

    dj_buf_init(&text);
    dj_event_emit(events, event);
    line = part_text(&text);
    DJ_CHECK(strchr(line, '\n') == line + strlen(line) - 1); /* one line, ended */
    DJ_CHECK_OK(dj_json_parse(dj_str_from(line), "line", &doc, &err));
    dj_events_close(events);
    dj_buf_release(&text);
    clear();
    return doc;
}

static void check_sentence(const struct dj_event *event, const char *expected)
{
    struct dj_json *doc = emitted(event);

    DJ_CHECK_TEXT(dj_json_text(doc, "message", ""), expected);
    dj_json_free(doc);
}

static void a_line_has_the_fields_of_data_juicer(void)
{
    struct dj_json *doc = emitted(&(struct dj_event){
        .type = DJ_EVENT_OP_COMPLETE,
        .partition_plus_1 = 13,
        .op_name = "clean_links_mapper",
        .op_index_plus_1 = 1,
        .op_args = "{\"repl\":\n \"x\"}",
        .status = "success",
        .seconds = 0.0123456789,
        .retry_count = 2,
        .checkpoint_path = "/c/1.h5",
        .output_path = "/o.jsonl",
        .error_message = "bad \xff",
        .error_type = "IO",
        .has_rows = true,
        .rows_in = 1000,
        .rows_out = 0,
        .total_partitions = 40,
        .successful_partitions = 38,
        .failed_partitions = 2,
        .config = "{\"np\": 4}",
        .extra =
            (const struct dj_event_extra[]){
                { .key = "dropped", .number = 1000, .whole = true },
                { .key = "ratio", .number = 0.25 },
                { .key = "none", .number = NAN },
                { .key = "file", .text = "a\"b" },
                { 0 },
            },
    });
    const struct dj_json *metadata = dj_json_get(doc, "metadata");
    const double time = dj_json_number(doc, "timestamp", 0);

    DJ_CHECK_TEXT(dj_json_key_at(doc, 0), "event_type");
    DJ_CHECK_TEXT(dj_json_text(doc, "event_type", ""), "op_complete");
    DJ_CHECK(time > 1.7e9);
    DJ_CHECK_TEXT(dj_json_text(doc, "event_id", ""), "op_complete_2_3_1");
    DJ_CHECK_TEXT(dj_json_text(doc, "job_id", ""), "job_1");
    DJ_CHECK_INT(dj_json_int(doc, "partition_id", -1), 12);
    DJ_CHECK_TEXT(dj_json_text(doc, "operation_name", ""), "clean_links_mapper");
    DJ_CHECK_INT(dj_json_int(doc, "operation_idx", -1), 0);
    DJ_CHECK_TEXT(dj_json_text(dj_json_get(doc, "op_args"), "repl", ""), "x");
    DJ_CHECK_TEXT(dj_json_text(doc, "status", ""), "success");
    DJ_CHECK(dj_json_number(doc, "duration", 0) == 0.012346);
    DJ_CHECK_INT(dj_json_int(doc, "retry_count", -1), 2);
    DJ_CHECK_TEXT(dj_json_text(doc, "checkpoint_path", ""), "/c/1.h5");
    DJ_CHECK_TEXT(dj_json_text(doc, "output_path", ""), "/o.jsonl");
    DJ_CHECK_TEXT(dj_json_text(doc, "error_message", ""), "bad \xef\xbf\xbd");
    DJ_CHECK_TEXT(dj_json_text(doc, "error_type", ""), "IO");
    DJ_CHECK_INT(dj_json_int(doc, "input_rows", -1), 1000);
    DJ_CHECK_INT(dj_json_int(doc, "output_rows", -1), 0);
    DJ_CHECK_INT(dj_json_int(doc, "total_partitions", -1), 40);
    DJ_CHECK_INT(dj_json_int(doc, "successful_partitions", -1), 38);
    DJ_CHECK_INT(dj_json_int(doc, "failed_partitions", -1), 2);
    DJ_CHECK_INT(dj_json_int(dj_json_get(doc, "config"), "np", -1), 4);
    DJ_CHECK_INT(dj_json_int(metadata, "dropped", -1), 1000);
    DJ_CHECK(dj_json_number(metadata, "ratio", 0) == 0.25);
    DJ_CHECK(dj_json_get(metadata, "none") != NULL);
    DJ_CHECK_TEXT(dj_json_text(metadata, "file", ""), "a\"b");
    DJ_CHECK_INT(dj_json_int(doc, "rank", -1), 3);
    DJ_CHECK_TEXT(dj_json_text(doc, "host", ""), "node\"7");
    DJ_CHECK_INT(dj_json_int(doc, "process_id", -1), getpid());
    dj_json_free(doc);
}

static void what_is_not_set_is_left_out(void)
{
    static const char *const keys[] = {
        "event_type", "timestamp", "message", "event_id",
        "job_id",     "rank",      "host",    "process_id"
    };
    struct dj_json *doc =
        emitted(&(struct dj_event){ .type = DJ_EVENT_JOB_START, .message = "hello" });

    DJ_CHECK_INT(dj_json_count(doc), 8);
    for (size_t i = 0; i < 8; i++) {
        DJ_CHECK_TEXT(dj_json_key_at(doc, i), keys[i]);
    }
    DJ_CHECK_TEXT(dj_json_text(doc, "message", ""), "hello");
    dj_json_free(doc);
}

static void a_start_has_no_rows_out_yet(void)
{
    struct dj_json *doc = emitted(&(struct dj_event){ .type = DJ_EVENT_PARTITION_START,
                                                      .partition_plus_1 = 1,
                                                      .has_rows = true,
                                                      .rows_in = 250 });

    DJ_CHECK_INT(dj_json_int(doc, "input_rows", -1), 250);
    DJ_CHECK(dj_json_get(doc, "output_rows") == NULL);
    dj_json_free(doc);
}

static void sentences_say_what_happened(void)
{
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_OP_COMPLETE,
                                       .partition_plus_1 = 13,
                                       .op_name = "clean_links_mapper",
                                       .op_index_plus_1 = 1,
                                       .has_rows = true,
                                       .rows_in = 1000,
                                       .rows_out = 998,
                                       .seconds = 0.012 },
                   "partition 12: clean_links_mapper kept 998 of 1000 rows in 0.012 s");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_OP_START,
                                       .partition_plus_1 = 1,
                                       .op_name = "clean_links_mapper" },
                   "partition 0: clean_links_mapper started");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_PARTITION_START,
                                       .partition_plus_1 = 8,
                                       .has_rows = true,
                                       .rows_in = 250 },
                   "partition 7 started: 250 rows");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_PARTITION_COMPLETE,
                                       .partition_plus_1 = 8,
                                       .has_rows = true,
                                       .rows_in = 250,
                                       .rows_out = 249,
                                       .seconds = 61.5 },
                   "partition 7 complete: kept 249 of 250 rows in 61.500 s");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_PARTITION_FAILED,
                                       .partition_plus_1 = 8,
                                       .retry_count = 3,
                                       .error_message = "a.jsonl: Input/output error" },
                   "partition 7 failed, retry 3: a.jsonl: Input/output error");
    check_sentence(
        &(struct dj_event){ .type = DJ_EVENT_JOB_START, .total_partitions = 40 },
        "job started (40 partitions)");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_JOB_COMPLETE,
                                       .has_rows = true,
                                       .rows_in = 10,
                                       .rows_out = 9,
                                       .seconds = 2,
                                       .total_partitions = 4,
                                       .successful_partitions = 3,
                                       .failed_partitions = 1,
                                       .output_path = "/o.jsonl" },
                   "job complete: kept 9 of 10 rows in 2.000 s (3 of 4 partitions, "
                   "1 failed), /o.jsonl");
    check_sentence(&(struct dj_event){ .type = DJ_EVENT_CHECKPOINT_SAVE,
                                       .checkpoint_path = "/c/1.h5",
                                       .seconds = 0.25 },
                   "checkpoint saved in 0.250 s, /c/1.h5");
    check_sentence(
        &(struct dj_event){
            .type = DJ_EVENT_RESOURCE_USAGE,
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "cpu_seconds", .number = 1.5 },
                    { .key = "resident_kb", .number = 4096, .whole = true },
                    { 0 },
                } },
        "resources: cpu_seconds 1.500, resident_kb 4096");
    check_sentence(
        &(struct dj_event){ .type = DJ_EVENT_PERFORMANCE_METRIC,
                            .partition_plus_1 = 3,
                            .op_name = "x_filter",
                            .extra =
                                (const struct dj_event_extra[]){
                                    { .key = "mb_per_second", .number = 1e300 },
                                    { 0 },
                                } },
        "partition 2: x_filter: speed: mb_per_second ?");
}

static void every_type_has_name_level_and_sentence(void)
{
    for (int i = 0; i < DJ_EVENT_COUNT; i++) {
        const enum dj_event_type type = (enum dj_event_type)i;
        struct dj_json *doc = emitted(&(struct dj_event){ .type = type });

        DJ_CHECK_TEXT(dj_json_text(doc, "event_type", ""), dj_event_name(type));
        DJ_CHECK(strlen(dj_json_text(doc, "message", "")) > 0);
        DJ_CHECK(strlen(dj_event_level(type)) > 0);
        dj_json_free(doc);
    }
    DJ_CHECK_TEXT(dj_event_level(DJ_EVENT_JOB_FAILED), "ERROR");
    DJ_CHECK_TEXT(dj_event_level(DJ_EVENT_WARNING), "WARNING");
}

static void check_text_line(const char *json, const char *expected)
{
    struct dj_event_view view;
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK(dj_event_look(dj_str_from(json), &view));
    DJ_CHECK_OK(dj_event_text_line(&view, &out));
    DJ_CHECK_STR(dj_buf_str(&out), expected);
    dj_buf_release(&out);
}

static void the_readable_line_says_where_a_message_belongs(void)
{
    check_text_line("{\"event_type\": \"op_failed\", \"timestamp\": 1795557096.126077, "
                    "\"message\": \"partition 12: x_mapper failed\", "
                    "\"event_id\": \"op_failed_1_3_7\", \"partition_id\": 12, "
                    "\"operation_name\": \"x_mapper\"}",
                    "2026-11-24 21:51:36.126 | ERROR | rank 3 | op_failed | "
                    "partition 12: x_mapper failed\n");
    /* a message of somebody's own, with what has to be escaped in a line */
    check_text_line("{\"event_type\": \"warning\", \"timestamp\": 1795557096.5, "
                    "\"message\": \"half of partition 12 is \\\"odd\\\"\\nvery\", "
                    "\"event_id\": \"warning_1_0_7\", \"partition_id\": 1, "
                    "\"operation_name\": \"x_mapper\"}",
                    "2026-11-24 21:51:36.500 | WARNING | rank 0 | warning | partition 1: "
                    "half of partition 12 is \"odd\"\\nvery (x_mapper)\n");
}

static void only_whole_events_are_events(void)
{
    static const char line[] =
        "{\"event_type\": \"info\", \"timestamp\": 1.000002, \"message\": \"}\\\\\", "
        "\"event_id\": \"info_5_4_3\", \"metadata\": {\"a\": [1, {\"b\": \"]\"}]}}";
    struct dj_event_view view;

    DJ_CHECK(dj_event_look(dj_str_from(line), &view));
    DJ_CHECK_INT(view.micros, 1000002);
    DJ_CHECK_INT(view.attempt, 5);
    DJ_CHECK_INT(view.rank, 4);
    DJ_CHECK_INT(view.seq, 3);
    DJ_CHECK_INT(view.partition, -1);
    /* cut anywhere, it is none; a copy lets the sanitizer see a byte too far */
    for (size_t len = 0; len + 1 < sizeof(line); len++) {
        char *copy = dj_xstrndup(line, len);

        DJ_CHECK(!dj_event_look((struct dj_str){ copy, len }, &view));
        dj_xfree(copy);
    }
    DJ_CHECK(!dj_event_look(DJ_STR("{\"event_type\": \"info\"}"), &view));
    DJ_CHECK(!dj_event_look(DJ_STR(DJ_EVENT_PART_END), &view));
}

static void nothing_is_written_when_disabled_or_not_debugging(void)
{
    struct dj_events *events;
    struct dj_event_merge merge;

    DJ_CHECK_OK(dj_events_open(&(struct dj_event_options){ .folder = "/does/not/exist" },
                               &events, &err));
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK_OK(dj_events_turn(events, &err));
    DJ_CHECK_OK(dj_events_merge(events, &merge, &err));
    dj_events_close(events);
    dj_event_emit(NULL, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK_OK(dj_events_turn(NULL, &err));
    dj_events_close(NULL);

    events = open_events(false);
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_DEBUG });
    DJ_CHECK_OK(dj_events_turn(events, &err));
    dj_events_close(events);
    DJ_CHECK(rmdir(folder) == 0); /* no file was made */
    clear();
}

static void a_turn_ends_the_part_with_a_line_that_says_so(void)
{
    struct dj_events *events = open_events(false);
    struct dj_buf text;
    char *second = dj_event_part_path(folder, 3, 2, 2);

    dj_buf_init(&text);
    DJ_CHECK_OK(
        dj_events_turn(events, &err)); /* nothing yet: the first part stays first */
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK_OK(dj_events_turn(events, &err));
    DJ_CHECK_CONTAINS(part_text(&text), "}\n" DJ_EVENT_PART_END "\n");
    DJ_CHECK(!dj_fs_exists(second));
    dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    DJ_CHECK(dj_fs_exists(second));
    dj_events_close(events);
    dj_xfree(second);
    dj_buf_release(&text);
    clear();
}

/* A disk that is full in the middle of a line, and has room again later. */
static void a_failing_write_loses_its_line_only(void)
{
    const struct rlimit full = { 700, RLIM_INFINITY };
    const struct rlimit free_again = { RLIM_INFINITY, RLIM_INFINITY };
    struct dj_events *events = open_events(false);
    struct dj_event_merge merge;
    struct dj_buf text;

    dj_buf_init(&text);
    dj_log_set_level(DJ_LOG_ERROR);
    (void)signal(SIGXFSZ, SIG_IGN);
    DJ_CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
    for (int i = 0; i < 10; i++) {
        dj_event_emit(events, &(struct dj_event){ .type = DJ_EVENT_INFO });
    }
    DJ_CHECK(setrlimit(RLIMIT_FSIZE, &free_again) == 0);
    dj_event_emit(events,
                  &(struct dj_event){ .type = DJ_EVENT_INFO, .message = "room again" });
    DJ_CHECK_CONTAINS(part_text(&text), "\n{\"event_type\": \"info\"");
    DJ_CHECK_OK(dj_events_turn(events, &err));
    DJ_CHECK_OK(dj_events_merge(events, &merge, &err));
    DJ_CHECK(merge.merged >= 3 && merge.merged < 11);
    DJ_CHECK_INT(merge.torn, 1);
    dj_events_close(events);
    dj_log_set_level(DJ_LOG_INFO);
    dj_buf_release(&text);
    clear();
}

int main(void)
{
    DJ_CHECK(setenv("TZ", "UTC", 1) == 0);
    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_TEST(a_line_has_the_fields_of_data_juicer);
    DJ_TEST(what_is_not_set_is_left_out);
    DJ_TEST(a_start_has_no_rows_out_yet);
    DJ_TEST(sentences_say_what_happened);
    DJ_TEST(every_type_has_name_level_and_sentence);
    DJ_TEST(the_readable_line_says_where_a_message_belongs);
    DJ_TEST(only_whole_events_are_events);
    DJ_TEST(nothing_is_written_when_disabled_or_not_debugging);
    DJ_TEST(a_turn_ends_the_part_with_a_line_that_says_so);
    DJ_TEST(a_failing_write_loses_its_line_only);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    return 0;
}
