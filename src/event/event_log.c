/*
 * Reading a log that may be written meanwhile. A round lists the files of the ranks,
 * reads the merged file to its end, then the ranks' files: what is in none of those any
 * more was merged before the listing. Which lines were given is known by the number of
 * the last one, for each attempt of each rank.
 */
#include "dj/fs.h"
#include "event/event_log_private.h"

#include <unistd.h>

/* Memory of all windows together, and what one window has at least and at most. */
enum { WINDOWS = 16 << 20, MIN_WINDOW = 4 << 10, MAX_WINDOW = 256 << 10 };

/* Files of ranks that stay open at once. */
enum { MAX_OPEN = 128 };

enum phase { BEGIN, MERGED, PARTS };

/* The files of one attempt of one rank, one behind the other. */
struct stream {
    struct dj_event_log_part *parts;
    size_t nparts;
    size_t next;                       /* part to be opened */
    struct dj_event_log_part *current; /* NULL: none is open */
    bool keep_open;
    struct dj_event_reader reader;
    struct dj_event_line line;
};

struct dj_event_log {
    char *folder;
    enum phase phase;
    struct dj_event_log_merged merged;
    struct dj_event_log_parts parts;
    struct dj_event_log_marks marks;
    struct dj_event_log_found found;
    size_t nstreams, nheap;
    struct stream *streams;
    struct stream **heap;   /* the least line on top */
    struct stream *to_move; /* its line was given: it moves at the next call */
};

enum dj_status dj_event_log_open(const char *folder, struct dj_event_log **log,
                                 struct dj_error *err)
{
    *log = NULL;
    if (!dj_fs_is_dir(folder)) {
        return dj_fail(err, DJ_USAGE,
                       "%s is no folder: the job was run with event_logging.enabled "
                       "false, or with another event_log_dir",
                       folder);
    }
    *log = dj_xmalloc(sizeof(**log));
    (*log)->folder = dj_xstrdup(folder);
    dj_event_log_merged_init(&(*log)->merged, (*log)->folder, MAX_WINDOW);
    return DJ_OK;
}

static void drop_streams(struct dj_event_log *log)
{
    for (size_t i = 0; i < log->nstreams; i++) {
        dj_event_reader_release(&log->streams[i].reader);
    }
    dj_xfree(log->streams);
    dj_xfree((void *)log->heap);
    log->streams = NULL;
    log->heap = NULL;
    log->nstreams = log->nheap = 0;
    log->to_move = NULL;
}

void dj_event_log_close(struct dj_event_log *log)
{
    if (log == NULL) {
        return;
    }
    drop_streams(log);
    dj_event_log_merged_release(&log->merged);
    dj_event_log_parts_release(&log->parts);
    dj_event_log_marks_release(&log->marks);
    dj_xfree(log->folder);
    dj_xfree(log);
}

/* --- the files of the ranks ------------------------------------------------------ */

static void make_streams(struct dj_event_log *log)
{
    struct dj_event_log_part *parts = log->parts.items;
    size_t window;

    log->streams = dj_xcalloc(log->parts.count, sizeof(*log->streams));
    log->heap = dj_xcalloc(log->parts.count, sizeof(*log->heap));
    for (size_t i = 0; i < log->parts.count; i++) {
        struct stream *last = &log->streams[log->nstreams];

        if (i > 0 && parts[i].rank == parts[i - 1].rank &&
            parts[i].attempt == parts[i - 1].attempt) {
            last--;
        } else {
            last->parts = &parts[i];
            log->nstreams++;
        }
        last->nparts++;
    }
    window = WINDOWS / (log->nstreams + 1);
    window = window < MIN_WINDOW ? MIN_WINDOW : window;
    window = window > MAX_WINDOW ? MAX_WINDOW : window;
    for (size_t i = 0; i < log->nstreams; i++) {
        dj_event_reader_init(&log->streams[i].reader, window);
        log->streams[i].reader.growing = true;
        log->streams[i].keep_open = i < MAX_OPEN;
    }
}

/* The next file of the stream that is not read to its end for good; false: there is none.
 */
static bool open_next(struct dj_event_log *log, struct stream *stream)
{
    while (stream->next < stream->nparts && stream->parts[stream->next].done) {
        stream->next++;
    }
    if (stream->next == stream->nparts) {
        return false;
    }
    stream->current = &stream->parts[stream->next++];
    dj_event_reader_start(&stream->reader, stream->current->path);
    stream->reader.offset = stream->current->offset;
    log->found.files += stream->current->offset == 0;
    return true;
}

/* Its end is met. A rank that has begun another file adds nothing to this one. */
static void leave(struct dj_event_log *log, struct stream *stream)
{
    struct dj_event_log_part *part = stream->current;

    part->offset = stream->reader.offset;
    part->done = stream->next < stream->nparts;
    log->found.halves += stream->reader.half > 0;
    dj_event_reader_pause(&stream->reader);
    stream->current = NULL;
}

/* Takes up a line; false: it is not to be given. */
static bool take(struct dj_event_log *log, struct stream *stream, struct dj_str text)
{
    const struct dj_event_log_part *part = stream->current;
    struct dj_event_line *line = &stream->line;
    struct dj_event_view view;

    line->text = text;
    line->part = true;
    line->file = part->path;
    line->number = part->lines;
    if (text.len == 0 || dj_str_is(text, DJ_EVENT_PART_END)) {
        return false;
    }
    line->good = dj_event_look(text, &view);
    if (!line->good) { /* it keeps the place behind the line before */
        line->view.rank = part->rank;
        line->view.attempt = part->attempt;
        return true;
    }
    line->view = view;
    if (view.seq <= dj_event_log_mark(&log->marks, view.attempt, view.rank)->given) {
        log->found.repeated++;
        return false;
    }
    return true;
}

static enum dj_status advance(struct dj_event_log *log, struct stream *stream, bool *more,
                              struct dj_error *err)
{
    *more = true;
    for (;;) {
        struct dj_str text;
        enum dj_status status;

        if (stream->current == NULL && !open_next(log, stream)) {
            *more = false;
            return DJ_OK;
        }
        status =
            dj_event_reader_next(&stream->reader, stream->keep_open, &text, more, err);
        if (status != DJ_OK && dj_fs_exists(stream->current->path)) {
            return status;
        }
        if (status != DJ_OK) { /* merged and gone: the next round finds it there */
            log->found.moved = true;
            stream->current->done = true;
            stream->current = NULL;
        } else if (!*more) {
            leave(log, stream);
        } else {
            stream->current->lines++;
            if (take(log, stream, text)) {
                return DJ_OK;
            }
        }
    }
}

static bool is_before(const struct stream *a, const struct stream *b)
{
    const struct dj_event_view *x = &a->line.view;
    const struct dj_event_view *y = &b->line.view;

    if (x->micros != y->micros) {
        return x->micros < y->micros;
    }
    return x->rank != y->rank ? x->rank < y->rank : x->seq < y->seq;
}

static void sink(struct dj_event_log *log, size_t at)
{
    for (size_t least = 2 * at + 1; least < log->nheap; least = 2 * at + 1) {
        struct stream *moving = log->heap[at];

        if (least + 1 < log->nheap && is_before(log->heap[least + 1], log->heap[least])) {
            least++;
        }
        if (!is_before(log->heap[least], moving)) {
            return;
        }
        log->heap[at] = log->heap[least];
        log->heap[least] = moving;
        at = least;
    }
}

static enum dj_status begin_parts(struct dj_event_log *log, struct dj_error *err)
{
    make_streams(log);
    for (size_t i = 0; i < log->nstreams; i++) {
        bool more;

        DJ_TRY(advance(log, &log->streams[i], &more, err));
        if (more) {
            log->heap[log->nheap++] = &log->streams[i];
        }
    }
    for (size_t i = log->nheap / 2; i-- > 0;) {
        sink(log, i);
    }
    return DJ_OK;
}

static enum dj_status next_of_parts(struct dj_event_log *log, struct dj_event_line *line,
                                    bool *more, struct dj_error *err)
{
    if (log->to_move != NULL) {
        bool goes_on;

        DJ_TRY(advance(log, log->to_move, &goes_on, err));
        if (!goes_on) {
            log->heap[0] = log->heap[--log->nheap];
        }
        sink(log, 0);
        log->to_move = NULL;
    }
    *more = log->nheap > 0;
    if (*more) {
        log->to_move = log->heap[0];
        *line = log->to_move->line;
        if (line->good) {
            dj_event_log_mark(&log->marks, line->view.attempt, line->view.rank)->given =
                line->view.seq;
        }
    }
    return DJ_OK;
}

/* --- all ------------------------------------------------------------------------- */

static enum dj_status next_of_merged(struct dj_event_log *log, struct dj_event_line *line,
                                     bool *more, struct dj_error *err)
{
    for (;;) {
        struct dj_event_log_mark *mark;

        DJ_TRY(dj_event_log_merged_next(&log->merged, &line->text, more, err));
        if (!*more) {
            return DJ_OK;
        }
        line->part = false;
        line->file = log->merged.path;
        line->number = log->merged.lines;
        line->good = dj_event_look(line->text, &line->view);
        if (!line->good) {
            return DJ_OK;
        }
        mark = dj_event_log_mark(&log->marks, line->view.attempt, line->view.rank);
        if (line->view.seq > mark->from_parts) {
            mark->given = line->view.seq > mark->given ? line->view.seq : mark->given;
            return DJ_OK;
        }
    }
}

enum dj_status dj_event_log_next(struct dj_event_log *log, struct dj_event_line *line,
                                 bool *more, struct dj_error *err)
{
    if (log->phase == BEGIN) {
        log->found.halves = 0;
        log->found.moved = false;
        DJ_TRY(dj_event_log_parts_look(&log->parts, log->folder, err));
        dj_event_log_marks_settle(&log->marks);
        log->phase = MERGED;
    }
    if (log->phase == MERGED) {
        DJ_TRY(next_of_merged(log, line, more, err));
        if (*more) {
            return DJ_OK;
        }
        DJ_TRY(begin_parts(log, err));
        log->phase = PARTS;
    }
    DJ_TRY(next_of_parts(log, line, more, err));
    if (!*more) {
        drop_streams(log);
        log->phase = BEGIN;
    }
    return DJ_OK;
}

struct dj_event_log_found dj_event_log_found(const struct dj_event_log *log)
{
    struct dj_event_log_found found = log->found;

    found.files += log->merged.files;
    found.halves += log->merged.reader.half > 0;
    found.lost = log->merged.lost;
    return found;
}
