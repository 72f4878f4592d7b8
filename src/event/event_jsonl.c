/*
 * One event as one JSON line, with the field names and the order of Data-Juicer's
 * event log. Every event passes here, so keys are constants and nothing is allocated.
 */
#include "dj/json.h"
#include "event/event_private.h"

#include <math.h>

static void quote(struct dj_line *line, const char *text)
{
    if (line->status == DJ_OK) {
        line->status = dj_json_quote_any(line->out, dj_str_from(text));
    }
}

/* key is ready to be appended: `, "status": `. */
static void field_text(struct dj_line *line, struct dj_str key, const char *text)
{
    if (text != NULL) {
        dj_line_put(line, key);
        quote(line, text);
    }
}

static void field_int(struct dj_line *line, struct dj_str key, int64_t value)
{
    dj_line_put(line, key);
    dj_line_int(line, value);
}

static void field_count(struct dj_line *line, struct dj_str key, int64_t value)
{
    if (value != 0) {
        field_int(line, key, value);
    }
}

static void put_double(struct dj_line *line, double value)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    if (!isfinite(value)) { /* JSON has no word for it */
        dj_line_put(line, DJ_STR("null"));
        return;
    }
    dj_line_put(line, (struct dj_str){ text, dj_json_double(value, text) });
}

/* JSON of somebody else; a line end between its words would end our line. */
static void field_json(struct dj_line *line, struct dj_str key, const char *json)
{
    if (json == NULL || json[0] == '\0') {
        return;
    }
    dj_line_put(line, key);
    while (*json != '\0') {
        const size_t len = strcspn(json, "\r\n");

        dj_line_put(line, (struct dj_str){ json, len });
        json += len;
        if (*json != '\0') {
            dj_line_put(line, DJ_STR(" "));
            json++;
        }
    }
}

static void put_extra(struct dj_line *line, const struct dj_event_extra *extra)
{
    if (extra == NULL || extra->key == NULL) {
        return;
    }
    dj_line_put(line, DJ_STR(", \"metadata\": {"));
    for (const struct dj_event_extra *item = extra; item->key != NULL; item++) {
        if (item != extra) {
            dj_line_put(line, DJ_STR(", "));
        }
        quote(line, item->key);
        dj_line_put(line, DJ_STR(": "));
        if (item->text != NULL) {
            quote(line, item->text);
        } else if (item->whole && fabs(item->number) < 0x1p63) {
            dj_line_int(line, (int64_t)item->number);
        } else {
            put_double(line, item->number);
        }
    }
    dj_line_put(line, DJ_STR("}"));
}

static void put_message(struct dj_line *line, const struct dj_event *event,
                        struct dj_buf *message)
{
    struct dj_line sentence = { message, DJ_OK };

    if (event->message != NULL) {
        quote(line, event->message);
        return;
    }
    dj_buf_reset(message);
    dj_event_sentence(event, &sentence);
    if (line->status == DJ_OK) {
        line->status = sentence.status;
    }
    if (line->status == DJ_OK) {
        line->status = dj_json_quote_any(line->out, dj_buf_str(message));
    }
}

/* What has rows in and not yet rows out. */
static bool is_start(enum dj_event_type type)
{
    return type == DJ_EVENT_JOB_START || type == DJ_EVENT_JOB_RESTART ||
           type == DJ_EVENT_PARTITION_START || type == DJ_EVENT_PARTITION_RESUME ||
           type == DJ_EVENT_OP_START || type == DJ_EVENT_PROCESSING_START;
}

static void put_fields(struct dj_line *line, const struct dj_event *event)
{
    if (event->partition_plus_1 != 0) {
        field_int(line, DJ_STR(", \"partition_id\": "), event->partition_plus_1 - 1);
    }
    field_text(line, DJ_STR(", \"operation_name\": "), event->op_name);
    if (event->op_index_plus_1 != 0) {
        field_int(line, DJ_STR(", \"operation_idx\": "), event->op_index_plus_1 - 1);
    }
    field_text(line, DJ_STR(", \"status\": "), event->status);
    if (event->seconds != 0) {
        /* Clock readings have no more than microseconds in them. */
        const double rounded = round(event->seconds * 1e6) / 1e6;

        dj_line_put(line, DJ_STR(", \"duration\": "));
        put_double(line, rounded == 0 ? event->seconds : rounded);
    }
    field_text(line, DJ_STR(", \"error_message\": "), event->error_message);
    field_text(line, DJ_STR(", \"error_type\": "), event->error_type);
    field_count(line, DJ_STR(", \"retry_count\": "), event->retry_count);
    field_text(line, DJ_STR(", \"checkpoint_path\": "), event->checkpoint_path);
    field_json(line, DJ_STR(", \"op_args\": "), event->op_args);
    if (event->has_rows) {
        field_int(line, DJ_STR(", \"input_rows\": "), event->rows_in);
        if (event->rows_out != 0 || !is_start(event->type)) {
            field_int(line, DJ_STR(", \"output_rows\": "), event->rows_out);
        }
    }
    field_text(line, DJ_STR(", \"output_path\": "), event->output_path);
    field_json(line, DJ_STR(", \"config\": "), event->config);
    put_extra(line, event->extra);
    field_count(line, DJ_STR(", \"total_partitions\": "), event->total_partitions);
    field_count(line, DJ_STR(", \"successful_partitions\": "),
                event->successful_partitions);
    field_count(line, DJ_STR(", \"failed_partitions\": "), event->failed_partitions);
}

enum dj_status dj_event_encode(const struct dj_event *event,
                               const struct dj_event_stamp *stamp, struct dj_buf *message,
                               struct dj_buf *out)
{
    struct dj_line line = { out, DJ_OK };

    dj_line_put(&line, DJ_STR("{\"event_type\": \""));
    dj_line_text(&line, dj_event_name(event->type));
    dj_line_put(&line, DJ_STR("\", \"timestamp\": "));
    dj_line_fixed(&line, stamp->micros, 6);
    dj_line_put(&line, DJ_STR(", \"message\": "));
    put_message(&line, event, message);
    dj_line_put(&line, DJ_STR(", \"event_id\": \""));
    dj_line_text(&line, dj_event_name(event->type));
    dj_line_put(&line, stamp->id);
    dj_line_int(&line, stamp->seq);
    dj_line_put(&line, DJ_STR("\""));
    dj_line_put(&line, stamp->job);
    put_fields(&line, event);
    dj_line_put(&line, stamp->tail);
    dj_line_put(&line, DJ_STR("\n"));
    return line.status;
}
