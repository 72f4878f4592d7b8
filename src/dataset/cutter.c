/*
 * Cuts bytes into partitions at line starts: counts lines and rows and digests the
 * bytes, in one pass. Memory speed rests on memchr and on looking at the blanks of
 * a line only as long as it has nothing else.
 */
#include "dataset/scan_private.h"

static const char byte_order_mark[] = { '\xEF', '\xBB', '\xBF' };

enum { MARK_BYTES = sizeof(byte_order_mark) };

void dj_cutter_begin(struct dj_cutter *cutter, size_t file, int64_t at)
{
    cutter->at = at;
    cutter->limit = INT64_MAX;
    cutter->skipped = 0;
    cutter->open = (struct dj_partition){ .id = -1, .file = (int64_t)file };
    cutter->has_open = false;
    cutter->state = (struct dj_line_state){ 0 };
    cutter->vector = dj_lines_vector();
    cutter->mark = at == 0 ? 0 : MARK_BYTES;
}

/* Ends the open partition in front of decoded offset end. */
static enum dj_status close_partition(struct dj_cutter *cutter, int64_t end)
{
    cutter->open.rows = cutter->state.rows;
    cutter->open.lines = cutter->state.lines;
    cutter->open.bytes = end - cutter->start;
    cutter->open.digest = dj_hasher_value(cutter->hasher);
    cutter->has_open = false;
    return dj_partitions_add(cutter->partitions, &cutter->open);
}

/* Where the block of max_bytes ends in which start lies. */
static int64_t border_after(int64_t start, int64_t max_bytes)
{
    int64_t border;

    if (max_bytes < 1 ||
        __builtin_add_overflow(start - start % max_bytes, max_bytes, &border)) {
        return INT64_MAX;
    }
    return border;
}

static void open_partition(struct dj_cutter *cutter, int64_t start, struct dj_place place)
{
    const int64_t into = start - cutter->at;

    cutter->open.offset = place.in_frame ? place.offset : place.offset + into;
    cutter->open.skip = place.in_frame ? place.skip + into : 0;
    cutter->state = (struct dj_line_state){ 0 };
    cutter->start = start;
    cutter->border = border_after(start, cutter->cut.max_bytes);
    cutter->skipped += cutter->open.skip;
    cutter->has_open = true;
    dj_hasher_reset(cutter->hasher);
}

static bool is_full(const struct dj_cutter *cutter, int64_t start)
{
    return start >= cutter->border ||
           (cutter->cut.max_rows > 0 && cutter->state.rows >= cutter->cut.max_rows);
}

/* The first byte that is neither a blank nor of a byte order mark; or end. */
static const char *pass_blanks(struct dj_cutter *cutter, const char *begin, const char *p,
                               const char *end)
{
    for (; p < end; p++) {
        const int64_t at = cutter->at + (p - begin);

        if (at == cutter->mark && at < MARK_BYTES && *p == byte_order_mark[at]) {
            cutter->mark++;
        } else if (*p != ' ' && *p != '\t' && *p != '\r') {
            break;
        }
    }
    return p;
}

static void end_line(struct dj_cutter *cutter)
{
    /* A part of a byte order mark is no mark but bytes of the line. */
    const bool part = cutter->mark > 0 && cutter->mark < MARK_BYTES;

    cutter->state.in_line = false;
    cutter->state.lines++;
    cutter->state.rows += !cutter->state.blank || part;
    cutter->mark = MARK_BYTES;
}

/* As far as whole vectors go: short of the border and of the last row. */
static const char *pass_vectors(struct dj_cutter *cutter, const char *begin,
                                const char *p, const char *end)
{
    const int64_t last = cutter->limit < cutter->border ? cutter->limit : cutter->border;
    const int64_t left = last - (cutter->at + (p - begin));

    if (left <= 0) {
        return p;
    }
    return dj_lines_pass(&cutter->state, p, left < end - p ? p + left : end,
                         cutter->cut.max_rows > 0
                             ? cutter->cut.max_rows - 1 - cutter->state.rows
                             : INT64_MAX);
}

/* Reads on in a line; returns the byte behind its LF, or end when it has none yet. */
static const char *pass_line(struct dj_cutter *cutter, const char *begin, const char *p,
                             const char *end)
{
    if (cutter->state.blank) {
        p = pass_blanks(cutter, begin, p, end);
        if (p == end) {
            return end;
        }
        cutter->state.blank = *p == '\n';
    }
    p = memchr(p, '\n', (size_t)(end - p));
    if (p == NULL) {
        return end;
    }
    end_line(cutter);
    return p + 1;
}

enum dj_status dj_cutter_feed(struct dj_cutter *cutter, struct dj_str bytes,
                              struct dj_place place, bool *done)
{
    const char *begin = bytes.ptr;
    const char *end = begin + bytes.len;
    const char *p = begin;
    const char *digested = begin;

    *done = false;
    while (p < end) {
        if (!cutter->state.in_line) {
            const int64_t start = cutter->at + (p - begin);

            *done = start >= cutter->limit;
            if (*done || (cutter->has_open && is_full(cutter, start))) {
                if (cutter->has_open) {
                    dj_hasher_add(cutter->hasher,
                                  (struct dj_str){ digested, (size_t)(p - digested) });
                    DJ_TRY(close_partition(cutter, start));
                }
                digested = p;
                if (*done) {
                    break;
                }
            }
            if (!cutter->has_open) {
                open_partition(cutter, start, place);
            }
            cutter->state.in_line = true;
            cutter->state.blank = true;
        }
        if (cutter->vector && cutter->mark == MARK_BYTES) {
            p = pass_vectors(cutter, begin, p, end);
            if (!cutter->state.in_line || p == end) {
                continue;
            }
        }
        p = pass_line(cutter, begin, p, end);
    }
    if (cutter->has_open) {
        dj_hasher_add(cutter->hasher,
                      (struct dj_str){ digested, (size_t)(end - digested) });
    }
    cutter->at += p - begin;
    return DJ_OK;
}

enum dj_status dj_cutter_end(struct dj_cutter *cutter)
{
    if (!cutter->has_open) {
        return DJ_OK;
    }
    if (cutter->state.in_line) { /* the file's last line has no LF */
        end_line(cutter);
    }
    return close_partition(cutter, cutter->at);
}
