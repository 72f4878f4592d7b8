/*
 * Merging the parts of all ranks into events.jsonl and events.log in time order.
 *
 * A merge appends, syncs, and only then deletes the parts; killed in between, the next
 * one finds lines that are merged already. Within an attempt of a rank they are the
 * first ones, so it is enough to know the last of them.
 */
#include "dj/fault.h"
#include "dj/fs.h"
#include "event/event_private.h"

/* Memory of all windows together, and what one window has at least and at most. */
enum { WINDOWS = 16 << 20, MIN_WINDOW = 4 << 10, MAX_WINDOW = 256 << 10 };

/* Part files that stay open at once. */
enum { MAX_OPEN = 128 };

/* The parts of one attempt of one rank, one behind the other. */
struct stream {
    const struct dj_event_part *parts;
    size_t nparts;
    size_t next_part;
    bool keep_open;
    struct dj_event_reader reader;
    struct dj_str line;
    struct dj_event_view view;
    int64_t merged_micros, merged_seq; /* of the last line that is merged already */
};

struct merge {
    struct dj_event_parts parts;
    size_t nstreams;
    struct stream *streams; /* by attempt and rank */
    size_t nheap;
    struct stream **heap; /* the least line on top */
    struct dj_event_files files;
    struct dj_event_merge *result;
};

static void make_streams(struct merge *merge)
{
    size_t window;

    merge->streams = dj_xcalloc(merge->parts.count, sizeof(*merge->streams));
    merge->heap = dj_xcalloc(merge->parts.count, sizeof(*merge->heap));
    for (size_t i = 0; i < merge->parts.count; i++) {
        const struct dj_event_part *part = &merge->parts.items[i];
        struct stream *last = &merge->streams[merge->nstreams];

        if (i > 0 && part->rank == part[-1].rank && part->attempt == part[-1].attempt) {
            last--;
        } else {
            *last = (struct stream){ .parts = part, .merged_micros = -1 };
            merge->nstreams++;
        }
        last->nparts++;
    }
    window = WINDOWS / (merge->nstreams + 1);
    window = window < MIN_WINDOW ? MIN_WINDOW : window;
    window = window > MAX_WINDOW ? MAX_WINDOW : window;
    for (size_t i = 0; i < merge->nstreams; i++) {
        dj_event_reader_init(&merge->streams[i].reader, window);
        merge->streams[i].keep_open = i < MAX_OPEN;
    }
}

static bool is_merged(const struct stream *stream)
{
    return stream->view.micros < stream->merged_micros ||
           (stream->view.micros == stream->merged_micros &&
            stream->view.seq <= stream->merged_seq);
}

/* Moves to the stream's next line that is to be merged; *more is false at its end. */
static enum dj_status advance(struct merge *merge, struct stream *stream, bool *more,
                              struct dj_error *err)
{
    for (;;) {
        DJ_TRY(dj_event_reader_next(&stream->reader, stream->keep_open, &stream->line,
                                    more, err));
        if (!*more && stream->next_part == stream->nparts) {
            return DJ_OK;
        }
        if (!*more) {
            dj_event_reader_start(&stream->reader,
                                  stream->parts[stream->next_part++].path);
        } else if (stream->line.len == 0 || dj_str_is(stream->line, DJ_EVENT_PART_END)) {
            continue;
        } else if (!dj_event_look(stream->line, &stream->view)) {
            merge->result->torn++;
        } else if (is_merged(stream)) {
            merge->result->repeated++;
        } else {
            return DJ_OK;
        }
    }
}

static bool is_before(const struct stream *a, const struct stream *b)
{
    if (a->view.micros != b->view.micros) {
        return a->view.micros < b->view.micros;
    }
    return a->view.rank != b->view.rank ? a->view.rank < b->view.rank
                                        : a->view.seq < b->view.seq;
}

static void sink(struct merge *merge, size_t at)
{
    for (;;) {
        struct stream *moving = merge->heap[at];
        size_t least = 2 * at + 1;

        if (least >= merge->nheap) {
            return;
        }
        if (least + 1 < merge->nheap &&
            is_before(merge->heap[least + 1], merge->heap[least])) {
            least++;
        }
        if (!is_before(merge->heap[least], moving)) {
            return;
        }
        merge->heap[at] = merge->heap[least];
        merge->heap[least] = moving;
        at = least;
    }
}

static enum dj_status append_lines(struct merge *merge, struct dj_error *err)
{
    for (size_t i = 0; i < merge->nstreams; i++) {
        bool more;

        DJ_TRY(advance(merge, &merge->streams[i], &more, err));
        if (more) {
            merge->heap[merge->nheap++] = &merge->streams[i];
        }
    }
    for (size_t i = merge->nheap / 2; i-- > 0;) {
        sink(merge, i);
    }
    while (merge->nheap > 0) {
        struct stream *stream = merge->heap[0];
        bool more;

        DJ_TRY(dj_event_files_add(&merge->files, stream->line, &stream->view, err));
        merge->result->merged++;
        DJ_TRY(advance(merge, stream, &more, err));
        if (!more) {
            merge->heap[0] = merge->heap[--merge->nheap];
        }
        sink(merge, 0);
    }
    return dj_event_files_sync(&merge->files, err);
}

static struct stream *find_stream(const struct merge *merge,
                                  const struct dj_event_view *view)
{
    size_t low = 0;
    size_t high = merge->nstreams;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct dj_event_part *part = merge->streams[middle].parts;

        if (part->attempt == view->attempt && part->rank == view->rank) {
            return &merge->streams[middle];
        }
        if (part->attempt < view->attempt ||
            (part->attempt == view->attempt && part->rank < view->rank)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Notes for each stream the last of its lines that the file has. */
static enum dj_status find_merged(struct merge *merge, const char *path,
                                  struct dj_error *err)
{
    struct dj_event_reader reader;
    enum dj_status status;
    bool more = true;

    dj_event_reader_init(&reader, MAX_WINDOW);
    dj_event_reader_start(&reader, path);
    do {
        struct dj_event_view view;
        struct stream *stream;
        struct dj_str line;

        status = dj_event_reader_next(&reader, true, &line, &more, err);
        if (status != DJ_OK || !more || !dj_event_look(line, &view)) {
            continue;
        }
        stream = find_stream(merge, &view);
        if (stream != NULL &&
            (view.micros > stream->merged_micros ||
             (view.micros == stream->merged_micros && view.seq > stream->merged_seq))) {
            stream->merged_micros = view.micros;
            stream->merged_seq = view.seq;
        }
    } while (status == DJ_OK && more);
    dj_event_reader_release(&reader);
    return status;
}

/* A merge that was cut off may have rotated, so the older files are looked through too.
 */
static enum dj_status find_all_merged(struct merge *merge,
                                      const struct dj_event_options *options,
                                      struct dj_error *err)
{
    for (int64_t number = 0; number <= options->backup_count; number++) {
        char *path = number == 0 ? dj_xprintf("%s/events.jsonl", options->folder)
                                 : dj_xprintf("%s/events.jsonl.%lld", options->folder,
                                              (long long)number);
        enum dj_status status = DJ_OK;

        if (dj_fs_exists(path)) {
            status = find_merged(merge, path, err);
        }
        dj_xfree(path);
        DJ_TRY(status);
    }
    return DJ_OK;
}

static enum dj_status delete_parts(const struct merge *merge, struct dj_error *err)
{
    for (size_t i = 0; i < merge->parts.count; i++) {
        DJ_TRY(dj_fault_at(DJ_FAULT_EVENT_MERGE, err));
        DJ_TRY(dj_fs_remove(merge->parts.items[i].path, err));
    }
    return DJ_OK;
}

static enum dj_status merge_parts(struct merge *merge,
                                  const struct dj_event_options *options, bool unsure,
                                  struct dj_error *err)
{
    DJ_TRY(dj_fault_at(DJ_FAULT_EVENT_MERGE, err));
    make_streams(merge);
    DJ_TRY(dj_event_files_open(&merge->files, options, unsure, err));
    if (unsure) {
        DJ_TRY(find_all_merged(merge, options, err));
    }
    DJ_TRY(append_lines(merge, err));
    return delete_parts(merge, err);
}

enum dj_status dj_event_merge_folder(const struct dj_event_options *options,
                                     bool all_parts, bool *unsure,
                                     struct dj_event_merge *result, struct dj_error *err)
{
    struct merge merge = { .result = result };
    enum dj_status status;

    *result = (struct dj_event_merge){ 0 };
    status = dj_event_parts_list(options->folder, all_parts, &merge.parts, err);
    if (status == DJ_OK && merge.parts.count > 0) {
        const bool was_unsure = *unsure;

        *unsure = true;
        status = merge_parts(&merge, options, was_unsure, err);
        *unsure = status != DJ_OK;
        dj_event_files_close(&merge.files);
    }
    for (size_t i = 0; i < merge.nstreams; i++) {
        dj_event_reader_release(&merge.streams[i].reader);
    }
    dj_xfree(merge.streams);
    dj_xfree(merge.heap);
    dj_event_parts_release(&merge.parts);
    return status == DJ_OK ? DJ_OK : dj_error_prefix(err, "event log: ");
}
