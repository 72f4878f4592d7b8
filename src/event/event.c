/*
 * A rank's side of the event log: one write for each event to a part file of its own.
 * The part is opened by its first event, so a rank without events leaves no file.
 */
#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "dj/log.h"
#include "event/event_private.h"

#include <fcntl.h>
#include <unistd.h>

struct dj_events {
    struct dj_event_options options; /* with strings of our own */
    char *folder, *job_id;
    int64_t turn; /* of the present part, from 1 */
    int64_t seq;
    int64_t micros; /* of the newest event */
    char *path;     /* of the present part; NULL: not open */
    int fd;
    bool torn;   /* the last write failed: half a line may stand in the file */
    bool unsure; /* the last merge failed */
    int64_t lost;
    struct dj_buf line, message;
    struct dj_buf id, job, tail; /* see struct dj_event_stamp */
};

static const struct {
    const char *name, *level, *sentence;
} types[DJ_EVENT_COUNT] = {
#define DJ_EVENT_ROW(name, text, level, sentence) \
    [DJ_EVENT_##name] = { text, #level, sentence },
    DJ_EVENT_LIST(DJ_EVENT_ROW)
#undef DJ_EVENT_ROW
};

const char *dj_event_name(enum dj_event_type type)
{
    return types[type].name;
}

enum dj_event_type dj_event_type_of(struct dj_str name)
{
    int type = 0;

    while (type < DJ_EVENT_COUNT && !dj_str_is(name, types[type].name)) {
        type++;
    }
    return (enum dj_event_type)type;
}

const char *dj_event_level(enum dj_event_type type)
{
    return types[type].level;
}

const char *dj_event_sentence_of_type(enum dj_event_type type)
{
    return types[type].sentence;
}

/* What stands in every line of this rank. */
static enum dj_status make_fragments(struct dj_events *events)
{
    const struct dj_event_options *options = &events->options;

    DJ_TRY(dj_buf_printf(&events->id, "_%lld_%d_", (long long)options->attempt,
                         options->rank));
    DJ_TRY(dj_buf_append(&events->job, DJ_STR(", \"job_id\": ")));
    DJ_TRY(dj_json_quote_any(&events->job, dj_str_from(options->job_id)));
    DJ_TRY(dj_buf_printf(&events->tail, ", \"rank\": %d", options->rank));
    if (options->host != NULL) {
        DJ_TRY(dj_buf_append(&events->tail, DJ_STR(", \"host\": ")));
        DJ_TRY(dj_json_quote_any(&events->tail, dj_str_from(options->host)));
    }
    return dj_buf_printf(&events->tail, ", \"process_id\": %ld}", (long)getpid());
}

enum dj_status dj_events_open(const struct dj_event_options *options,
                              struct dj_events **events, struct dj_error *err)
{
    struct dj_events *made = dj_xmalloc(sizeof(*made));

    made->options = *options;
    made->fd = -1;
    made->turn = 1;
    *events = made;
    if (!options->enabled) {
        return DJ_OK;
    }
    made->folder = dj_xstrdup(options->folder);
    made->job_id = dj_xstrdup(options->job_id);
    made->options.folder = made->folder;
    made->options.job_id = made->job_id;
    if (make_fragments(made) != DJ_OK) {
        dj_events_close(made);
        *events = NULL;
        return dj_fail(err, DJ_NOMEM, "event log: out of memory");
    }
    made->options.host = NULL; /* borrowed, and in the fragments by now */
    return DJ_OK;
}

static void count_lost(struct dj_events *events, const struct dj_error *err)
{
    if (events->lost++ == 0) {
        dj_log(DJ_LOG_WARNING, "event log: %s; the job goes on, events may be missing",
               err->text);
    }
}

static enum dj_status write_line(struct dj_events *events, struct dj_error *err)
{
    enum dj_status status;

    DJ_TRY(dj_fault_at(DJ_FAULT_EVENT_APPEND, err));
    if (events->path == NULL) {
        events->path = dj_event_part_path(events->folder, events->options.rank,
                                          events->options.attempt, events->turn);
    }
    if (events->fd < 0) {
        DJ_TRY(dj_fs_open(events->path, O_WRONLY | O_CREAT | O_APPEND, &events->fd, err));
    }
    if (events->torn) { /* the next line must not continue half a one */
        DJ_TRY(dj_fs_write(events->fd, DJ_STR("\n"), events->path, err));
        events->torn = false;
    }
    status = dj_fs_write(events->fd, dj_buf_str(&events->line), events->path, err);
    events->torn = status != DJ_OK;
    return status;
}

void dj_event_emit(struct dj_events *events, const struct dj_event *event)
{
    struct dj_event_stamp stamp;
    struct dj_error err;
    int64_t now;

    if (events == NULL || !events->options.enabled ||
        (event->type == DJ_EVENT_DEBUG && !events->options.debug)) {
        return;
    }
    /* The clock may be set back; the lines of a rank stay in order all the same. */
    now = (int64_t)(dj_clock_now() * 1e6);
    events->micros = now > events->micros ? now : events->micros;
    stamp = (struct dj_event_stamp){
        .micros = events->micros,
        .seq = ++events->seq,
        .id = dj_buf_str(&events->id),
        .job = dj_buf_str(&events->job),
        .tail = dj_buf_str(&events->tail),
    };
    dj_buf_reset(&events->line);
    if (dj_event_encode(event, &stamp, &events->message, &events->line) != DJ_OK) {
        dj_fail(&err, DJ_NOMEM, "out of memory");
        count_lost(events, &err);
    } else if (write_line(events, &err) != DJ_OK) {
        count_lost(events, &err);
    }
}

/* Ends the present part, if there is one, with the line that tells so. */
static void close_part(struct dj_events *events)
{
    struct dj_error err;

    if (events->fd >= 0) {
        const struct dj_str end = DJ_STR("\n" DJ_EVENT_PART_END "\n");
        const size_t skip = events->torn ? 0 : 1;

        if (dj_fs_write(events->fd, (struct dj_str){ end.ptr + skip, end.len - skip },
                        events->path, &err) != DJ_OK) {
            count_lost(events, &err);
        }
        close(events->fd);
        events->fd = -1;
    }
    events->torn = false;
    dj_xfree(events->path);
    events->path = NULL;
}

enum dj_status dj_events_turn(struct dj_events *events, struct dj_error *err)
{
    (void)err;
    if (events != NULL && events->path != NULL) {
        close_part(events);
        events->turn++;
    }
    return DJ_OK;
}

void dj_events_close(struct dj_events *events)
{
    if (events == NULL) {
        return;
    }
    close_part(events);
    if (events->lost > 0) {
        dj_log(DJ_LOG_WARNING, "event log: %lld events could not be written",
               (long long)events->lost);
    }
    dj_buf_release(&events->line);
    dj_buf_release(&events->message);
    dj_buf_release(&events->id);
    dj_buf_release(&events->job);
    dj_buf_release(&events->tail);
    dj_xfree(events->folder);
    dj_xfree(events->job_id);
    dj_xfree(events);
}

enum dj_status dj_events_merge(struct dj_events *events, struct dj_event_merge *result,
                               struct dj_error *err)
{
    *result = (struct dj_event_merge){ 0 };
    if (events == NULL || !events->options.enabled) {
        return DJ_OK;
    }
    return dj_event_merge_folder(&events->options, false, &events->unsure, result, err);
}

enum dj_status dj_events_recover(const struct dj_event_options *options,
                                 struct dj_event_merge *result, struct dj_error *err)
{
    bool unsure = true;

    *result = (struct dj_event_merge){ 0 };
    if (!options->enabled) {
        return DJ_OK;
    }
    return dj_event_merge_folder(options, true, &unsure, result, err);
}
