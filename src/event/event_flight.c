/*
 * Which partitions were at work when a run died: the last thing that a rank's part
 * says it began and not that it ended.
 */
#include "dj/fs.h"
#include "event/event_private.h"

static bool is(struct dj_str type, enum dj_event_type wanted)
{
    return dj_str_is(type, dj_event_name(wanted));
}

static void follow(const struct dj_event_view *view, int64_t *working)
{
    if (view->partition < 0) {
        return;
    }
    if (is(view->type, DJ_EVENT_PARTITION_START) || is(view->type, DJ_EVENT_OP_START)) {
        *working = view->partition;
    } else if (view->partition == *working &&
               (is(view->type, DJ_EVENT_OP_COMPLETE) ||
                is(view->type, DJ_EVENT_PARTITION_COMPLETE) ||
                is(view->type, DJ_EVENT_PARTITION_FAILED) ||
                is(view->type, DJ_EVENT_PROCESSING_ERROR))) {
        *working = -1;
    }
}

static enum dj_status read_part(const char *path, int64_t *working, struct dj_error *err)
{
    enum { WINDOW = 64 << 10 };
    struct dj_event_reader reader;
    struct dj_event_view view;
    enum dj_status status = DJ_OK;
    struct dj_str line;
    bool more = true;

    *working = -1;
    dj_event_reader_init(&reader, WINDOW);
    dj_event_reader_start(&reader, path);
    while (status == DJ_OK && more) {
        status = dj_event_reader_next(&reader, true, &line, &more, err);
        if (status == DJ_OK && more && dj_event_look(line, &view)) {
            follow(&view, working);
        }
    }
    dj_event_reader_release(&reader);
    return status;
}

enum dj_status dj_events_in_flight(const struct dj_event_options *options,
                                   dj_event_flight *found, void *context,
                                   struct dj_error *err)
{
    struct dj_event_parts parts = { 0 };
    enum dj_status status;

    if (!options->enabled || !dj_fs_exists(options->folder)) {
        return DJ_OK;
    }
    status = dj_event_parts_list(options->folder, true, &parts, err);
    for (size_t i = 0; i < parts.count && status == DJ_OK; i++) {
        const struct dj_event_part *part = &parts.items[i];
        const bool last = i + 1 == parts.count || parts.items[i + 1].rank != part->rank ||
                          parts.items[i + 1].attempt != part->attempt;
        int64_t working;

        if (!last || part->attempt + 1 != options->attempt) {
            continue;
        }
        status = read_part(part->path, &working, err);
        if (status == DJ_OK && working >= 0) {
            found(context, working);
        }
    }
    dj_event_parts_release(&parts);
    return status;
}
