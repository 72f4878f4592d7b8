/* What a reader of the log remembers: places in files, and the last lines it gave. */
#include "event/event_log_private.h"

static int compare(const struct dj_event_log_part *known,
                   const struct dj_event_part *part)
{
    if (known->attempt != part->attempt) {
        return known->attempt < part->attempt ? -1 : 1;
    }
    if (known->rank != part->rank) {
        return known->rank < part->rank ? -1 : 1;
    }
    return (known->turn > part->turn) - (known->turn < part->turn);
}

enum dj_status dj_event_log_parts_look(struct dj_event_log_parts *parts,
                                       const char *folder, struct dj_error *err)
{
    struct dj_event_log_parts next = { 0 };
    struct dj_event_parts listed;
    enum dj_status status = dj_event_parts_list(folder, true, &listed, err);
    size_t at = 0;

    if (status == DJ_OK) {
        next.count = listed.count;
        next.items = dj_xcalloc(listed.count + 1, sizeof(*next.items));
    }
    for (size_t i = 0; i < next.count; i++) {
        const struct dj_event_part *part = &listed.items[i];

        while (at < parts->count && compare(&parts->items[at], part) < 0) {
            at++;
        }
        if (at < parts->count && compare(&parts->items[at], part) == 0) {
            next.items[i] = parts->items[at];
        }
        next.items[i].rank = part->rank;
        next.items[i].attempt = part->attempt;
        next.items[i].turn = part->turn;
        next.items[i].path = dj_xstrdup(part->path);
    }
    dj_event_parts_release(&listed);
    if (status == DJ_OK) {
        dj_event_log_parts_release(parts);
        *parts = next;
    }
    return status;
}

void dj_event_log_parts_release(struct dj_event_log_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        dj_xfree(parts->items[i].path);
    }
    dj_xfree(parts->items);
    *parts = (struct dj_event_log_parts){ 0 };
}

/* --- marks ----------------------------------------------------------------------- */

static bool is_less(const struct dj_event_log_mark *mark, int64_t attempt, int64_t rank)
{
    return mark->attempt != attempt ? mark->attempt < attempt : mark->rank < rank;
}

static bool is_at(const struct dj_event_log_marks *marks, size_t at, int64_t attempt,
                  int64_t rank)
{
    return at < marks->count && marks->items[at].attempt == attempt &&
           marks->items[at].rank == rank;
}

struct dj_event_log_mark *dj_event_log_mark(struct dj_event_log_marks *marks,
                                            int64_t attempt, int64_t rank)
{
    size_t low = 0;

    if (is_at(marks, marks->last, attempt, rank)) {
        return &marks->items[marks->last];
    }
    for (size_t width = marks->count; width > 0;) {
        const size_t half = width / 2;

        if (is_less(&marks->items[low + half], attempt, rank)) {
            low += half + 1;
            width -= half + 1;
        } else {
            width = half;
        }
    }
    if (!is_at(marks, low, attempt, rank)) {
        if (marks->count == marks->cap) {
            marks->cap = marks->cap == 0 ? 64 : 2 * marks->cap;
            marks->items = dj_xrealloc(marks->items, marks->cap * sizeof(*marks->items));
        }
        memmove(&marks->items[low + 1], &marks->items[low],
                (marks->count - low) * sizeof(*marks->items));
        marks->items[low] =
            (struct dj_event_log_mark){ .attempt = attempt, .rank = rank };
        marks->count++;
    }
    marks->last = low;
    return &marks->items[low];
}

void dj_event_log_marks_settle(struct dj_event_log_marks *marks)
{
    for (size_t i = 0; i < marks->count; i++) {
        marks->items[i].from_parts = marks->items[i].given;
    }
}

void dj_event_log_marks_release(struct dj_event_log_marks *marks)
{
    dj_xfree(marks->items);
}
