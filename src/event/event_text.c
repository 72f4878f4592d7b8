/*
 * Events for people: the sentence of an event that brings no message of its own, and
 * the lines of events.log.
 */
#include "dj/clock.h"
#include "event/event_private.h"

#include <math.h>
#include <stdio.h>

static bool is_about(const char *sentence, const char *noun)
{
    return strncmp(sentence, noun, strlen(noun)) == 0;
}

static bool is_end(enum dj_event_type type)
{
    return type == DJ_EVENT_JOB_COMPLETE || type == DJ_EVENT_PARTITION_COMPLETE ||
           type == DJ_EVENT_OP_COMPLETE || type == DJ_EVENT_PROCESSING_COMPLETE;
}

static void put_thousandths(struct dj_line *line, double value)
{
    if (!(fabs(value) < 1e15)) {
        dj_line_text(line, "?");
        return;
    }
    if (value < 0) {
        dj_line_text(line, "-");
    }
    dj_line_fixed(line, llround(fabs(value) * 1000), 3);
}

/* "partition 12: clean_links_mapper", "partition 12", "job": what did something. */
static const char *put_subject(const struct dj_event *event, struct dj_line *line)
{
    const char *sentence = dj_event_sentence_of_type(event->type);
    const bool partition = is_about(sentence, "partition ");
    const bool op = is_about(sentence, "operator ");

    if (event->partition_plus_1 != 0) {
        dj_line_text(line, "partition ");
        dj_line_int(line, event->partition_plus_1 - 1);
        if (partition) {
            return strchr(sentence, ' ');
        }
        dj_line_text(line, ": ");
    }
    if (event->op_name == NULL) {
        return sentence;
    }
    dj_line_text(line, event->op_name);
    if (op) {
        return strchr(sentence, ' ');
    }
    dj_line_text(line, ": ");
    return sentence;
}

static void put_rows(const struct dj_event *event, struct dj_line *line)
{
    if (is_end(event->type)) {
        dj_line_text(line, event->type == DJ_EVENT_OP_COMPLETE ? " kept " : ": kept ");
        dj_line_int(line, event->rows_out);
        dj_line_text(line, " of ");
    } else {
        dj_line_text(line, ": ");
    }
    dj_line_int(line, event->rows_in);
    dj_line_text(line, " rows");
}

static void put_partitions(const struct dj_event *event, struct dj_line *line)
{
    dj_line_text(line, " (");
    if (event->successful_partitions != 0) {
        dj_line_int(line, event->successful_partitions);
        dj_line_text(line, " of ");
    }
    dj_line_int(line, event->total_partitions);
    dj_line_text(line, " partitions");
    if (event->failed_partitions != 0) {
        dj_line_text(line, ", ");
        dj_line_int(line, event->failed_partitions);
        dj_line_text(line, " failed");
    }
    dj_line_text(line, ")");
}

static void put_extra(const struct dj_event_extra *extra, struct dj_line *line)
{
    const char *separator = ": ";

    for (; extra != NULL && extra->key != NULL; extra++) {
        dj_line_text(line, separator);
        dj_line_text(line, extra->key);
        dj_line_text(line, " ");
        if (extra->text != NULL) {
            dj_line_text(line, extra->text);
        } else if (extra->whole && fabs(extra->number) < 0x1p63) {
            dj_line_int(line, (int64_t)extra->number);
        } else {
            put_thousandths(line, extra->number);
        }
        separator = ", ";
    }
}

void dj_event_sentence(const struct dj_event *event, struct dj_line *line)
{
    const char *rest = put_subject(event, line);
    const char *path =
        event->checkpoint_path != NULL ? event->checkpoint_path : event->output_path;

    if (event->type != DJ_EVENT_OP_COMPLETE || !event->has_rows) {
        dj_line_text(line, rest);
    }
    if (event->has_rows) {
        put_rows(event, line);
    }
    if (event->seconds > 0) {
        dj_line_text(line, " in ");
        put_thousandths(line, event->seconds);
        dj_line_text(line, " s");
    }
    if (event->retry_count != 0) {
        dj_line_text(line, ", retry ");
        dj_line_int(line, event->retry_count);
    }
    if (event->total_partitions != 0) {
        put_partitions(event, line);
    }
    if (path != NULL) {
        dj_line_text(line, ", ");
        dj_line_text(line, path);
    }
    /* What operators and partitions add is for programs; others speak by it. */
    if (event->partition_plus_1 == 0 || event->type == DJ_EVENT_PERFORMANCE_METRIC) {
        put_extra(event->extra, line);
    }
    if (event->error_message != NULL) {
        dj_line_text(line, ": ");
        dj_line_text(line, event->error_message);
    }
}

static bool contains(struct dj_str text, struct dj_str part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* Takes back the escapes of quotes and slashes; line ends stay escaped: one line. */
static void put_unquoted(struct dj_line *line, struct dj_str text)
{
    while (text.len > 0) {
        const char *slash = memchr(text.ptr, '\\', text.len);
        size_t len = slash == NULL ? text.len : (size_t)(slash - text.ptr);

        dj_line_put(line, (struct dj_str){ text.ptr, len });
        if (slash != NULL && text.len - len >= 2) {
            const bool plain = slash[1] == '"' || slash[1] == '\\' || slash[1] == '/';

            dj_line_put(line, (struct dj_str){ slash + plain, plain ? 1 : 2 });
            len += 2;
        }
        text.ptr += len;
        text.len -= len;
    }
}

static const char *level_of(struct dj_str type)
{
    const enum dj_event_type known = dj_event_type_of(type);

    return known == DJ_EVENT_COUNT ? "INFO" : dj_event_level(known);
}

/* Whether text has "partition 1", and not only "partition 12". */
static bool has_place(struct dj_str text, struct dj_str place)
{
    const char *found =
        text.len == 0 ? NULL : memmem(text.ptr, text.len, place.ptr, place.len);
    const char *next = found == NULL ? NULL : found + place.len;

    return found != NULL && (next == text.ptr + text.len || *next < '0' || *next > '9');
}

/* A message of somebody's own may not say where it belongs. */
static void put_place(const struct dj_event_view *view, struct dj_line *line)
{
    char text[40];
    const int len =
        snprintf(text, sizeof(text), "partition %lld", (long long)view->partition);
    const struct dj_str place = { text, (size_t)len };

    if (view->partition >= 0 && !has_place(view->message, place)) {
        dj_line_put(line, place);
        dj_line_text(line, ": ");
    }
}

enum dj_status dj_event_text_line(const struct dj_event_view *view, struct dj_buf *out)
{
    struct dj_line line = { out, DJ_OK };
    char time[DJ_CLOCK_TEXT];

    if (view == NULL) {
        dj_line_text(&line, "(a line that cannot be read)\n");
        return line.status;
    }
    dj_clock_local((double)view->micros / 1e6, time);
    dj_line_text(&line, time);
    dj_line_text(&line, " | ");
    dj_line_text(&line, level_of(view->type));
    dj_line_text(&line, " | rank ");
    dj_line_int(&line, view->rank);
    dj_line_text(&line, " | ");
    dj_line_put(&line, view->type);
    dj_line_text(&line, " | ");
    put_place(view, &line);
    put_unquoted(&line, view->message);
    if (view->op.len > 0 && !contains(view->message, view->op)) {
        dj_line_text(&line, " (");
        put_unquoted(&line, view->op);
        dj_line_text(&line, ")");
    }
    dj_line_text(&line, "\n");
    return line.status;
}
