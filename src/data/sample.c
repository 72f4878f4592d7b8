/*
 * One JSON line to one row: the top-level fields are found and checked, the texts
 * decoded, the statistics of an earlier run taken over. A line that is no sample
 * becomes a rejected row.
 */
#include "data/batch_private.h"

#include <limits.h>
#include <stdio.h>

enum { REASON_TEXT = 320, KEY_SHOWN = 64 };

enum dj_status dj_member_key(const struct dj_batch *batch, const struct dj_member *member,
                             struct dj_str *key)
{
    const char *end = member->key.ptr + member->key.len + 1; /* behind the quote */
    char *copy, *out;

    *key = member->key;
    if (!member->escaped) {
        return DJ_OK;
    }
    copy = dj_arena_alloc(batch->scratch, member->key.len + 1 + DJ_PADDING);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    out = copy;
    (void)batch->strings->decode(member->key.ptr, end, &out);
    *key = (struct dj_str){ copy, (size_t)(out - copy) };
    return DJ_OK;
}

static void reject_at_read(struct dj_batch *batch, struct row *row, const char *reason)
{
    row->verdict.reason = dj_batch_keep_reason(batch, reason);
    row->verdict.op = -1;
    row->verdict.state = DJ_ROW_REJECTED;
    row->verdict.untold = true;
}

/* --- values ------------------------------------------------------------------------- */

static struct own_field own_of(struct dj_str key)
{
    static const struct {
        const char *name;
        enum own_kind kind;
    } names[] = {
        { "__dj__stats__", OWN_STATS },  { "__dj__meta__", OWN_META },
        { "__dj__hash", OWN_HASH },      { "__dj__minhash", OWN_HASH },
        { "__dj__simhash", OWN_HASH },   { "__dj__imagehash", OWN_HASH },
        { "__dj__videohash", OWN_HASH },
    };

    if (key.len < 6 || memcmp(key.ptr, "__dj__", 6) != 0) {
        return (struct own_field){ .kind = OWN_NONE };
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (dj_str_is(key, names[i].name)) {
            return (struct own_field){ .kind = names[i].kind, .name = names[i].name };
        }
    }
    return (struct own_field){ .kind = OWN_NONE };
}

/*
 * The string at p becomes the slot's text: where it stands if it has no escape, else
 * decoded. *end is behind it, or NULL after a fault.
 */
static enum dj_status read_text(struct dj_batch *batch, struct dj_scan *scan,
                                const char *p, struct text_slot *slot, const char **end)
{
    const char *begin = p + 1;
    const char *stop = batch->strings->find(begin, scan->end);
    struct dj_string_end string = { stop, DJ_STRING_OK };

    slot->present = true;
    slot->counted = false;
    slot->text = (struct dj_str){ begin, (size_t)(stop - begin) };
    if (stop == scan->end || *stop != '"') {
        char *out, *copy = dj_arena_alloc(batch->text_arena,
                                          (size_t)(scan->end - begin) + DJ_PADDING);

        if (copy == NULL) {
            return DJ_NOMEM;
        }
        memcpy(copy, begin, slot->text.len);
        out = copy + slot->text.len;
        string = batch->strings->decode(stop, scan->end, &out);
        slot->text = (struct dj_str){ copy, (size_t)(out - copy) };
        (void)dj_arena_resize_last(batch->text_arena, copy, slot->text.len);
    }
    slot->read = slot->text;
    *end = string.at + 1;
    if (string.fault != DJ_STRING_OK) {
        scan->string = string.fault;
        *end = dj_scan_fail(scan, string.at, NULL);
    }
    return DJ_OK;
}

/* The slot takes the value at p, whatever it is. *end as in read_text. */
static enum dj_status read_slot(struct dj_batch *batch, struct dj_scan *scan,
                                const char *p, struct text_slot *slot, const char **end)
{
    if (p < scan->end && *p == '"') {
        DJ_TRY(read_text(batch, scan, p, slot, end));
    } else {
        *end = dj_scan_value(scan, p);
    }
    if (*end != NULL) {
        slot->begin = (size_t)(p - scan->begin);
        slot->end = (size_t)(*end - scan->begin);
    }
    return DJ_OK;
}

static struct text_slot *slot_of_key(const struct dj_batch *batch, size_t row,
                                     struct dj_str key)
{
    for (size_t i = 0; i < batch->layout->ntexts; i++) {
        if (dj_str_equal(batch->keys[i].name, key)) {
            return &batch->texts[row * batch->layout->ntexts + i];
        }
    }
    return NULL;
}

/* Notes a key that comes twice as a fault of the line. */
static void fail_twice(struct dj_scan *scan, const struct field *field, char *text,
                       size_t size)
{
    size_t len = field->key.len;

    if (len > KEY_SHOWN) {
        len = KEY_SHOWN;
        while ((field->key.ptr[len] & 0xc0) == 0x80) {
            len--; /* not in the middle of a character */
        }
    }
    (void)snprintf(text, size, "the key '%.*s'%s comes twice", (int)len, field->key.ptr,
                   len < field->key.len ? "..." : "");
    (void)dj_scan_fail(scan, field->quote, text);
}

/*
 * Reads the fields of the object whose brace is before p. *p ends behind the closing
 * brace, or is NULL after a fault. text is memory for a message.
 */
static enum dj_status read_fields(struct dj_batch *batch, size_t row,
                                  struct dj_scan *scan, const char **p, char *text)
{
    struct dj_member member;
    enum dj_scan_step step;

    while ((step = dj_scan_next(scan, p, batch->nfields == 0, &member)) ==
           DJ_SCAN_MEMBER) {
        struct field field = { .quote = member.key.ptr - 1, .value = member.value };
        struct text_slot *slot;

        DJ_TRY(dj_member_key(batch, &member, &field.key));
        slot = slot_of_key(batch, row, field.key);
        if (slot != NULL && !slot->present && slot->begin == 0) {
            DJ_TRY(read_slot(batch, scan, member.value, slot, p));
        } else {
            *p = dj_scan_value(scan, member.value);
        }
        if (*p == NULL) {
            return DJ_OK;
        }
        field.end = *p;
        if (!dj_add_field(batch, &field)) {
            fail_twice(scan, &field, text, REASON_TEXT);
            *p = NULL;
            return DJ_OK;
        }
    }
    if (step == DJ_SCAN_FAULT) {
        *p = NULL;
    }
    return DJ_OK;
}

/* Dotted keys that no field has literally. */
static enum dj_status read_nested(struct dj_batch *batch, size_t row,
                                  struct dj_scan *scan, const char *object)
{
    const size_t ntexts = batch->layout->ntexts;

    for (size_t i = 0; i < ntexts; i++) {
        struct text_slot *slot = &batch->texts[row * ntexts + i];
        const char *value, *end;

        if (!batch->keys[i].dotted || slot->begin != 0) {
            continue;
        }
        DJ_TRY(dj_nested_find(batch, scan, object, batch->keys[i].name, &value));
        if (value != NULL) {
            DJ_TRY(read_slot(batch, scan, value, slot, &end));
        }
    }
    return DJ_OK;
}

/* Keeps where Data-Juicer's own columns are, for the encoder. */
static enum dj_status keep_own_fields(struct dj_batch *batch, struct row *row,
                                      const char *begin)
{
    struct own_field *own;
    size_t count = 0;

    for (size_t i = 0; i < batch->nfields; i++) {
        count += own_of(batch->fields[i].key).kind != OWN_NONE;
    }
    if (count == 0) {
        return DJ_OK;
    }
    own = dj_arena_alloc(batch->row_arena, count * sizeof(*own));
    if (own == NULL) {
        return DJ_NOMEM;
    }
    row->own = own;
    row->nown = count;
    for (size_t i = 0; i < batch->nfields; i++) {
        const struct field *field = &batch->fields[i];
        const char *before = i == 0 ? field->quote : field[-1].end;
        const char *after = i + 1 == batch->nfields ? field->end : field[1].quote;
        const struct own_field found = own_of(field->key);

        if (found.kind != OWN_NONE) {
            *own++ = (struct own_field){
                .kind = found.kind,
                .name = found.name,
                .index = i,
                .key = (size_t)(field->quote - begin),
                .value = (size_t)(field->value - begin),
                .end = (size_t)(field->end - begin),
                .before = (size_t)(before - begin),
                .after = (size_t)(after - begin),
            };
        }
    }
    return DJ_OK;
}

/* A row whose required texts are not all there is rejected. */
static void check_required(struct dj_batch *batch, size_t row)
{
    const struct dj_batch_layout *layout = batch->layout;

    for (size_t i = 0; i < layout->nrequired && i < layout->ntexts; i++) {
        const struct text_slot *slot = &batch->texts[row * layout->ntexts + i];
        char text[REASON_TEXT];
        const char *what;

        if (slot->present) {
            continue;
        }
        switch (slot->begin == 0 ? '\0' : batch->rows[row].line.ptr[slot->begin]) {
        case '\0':
            what = "missing";
            break;
        case 'n':
            what = "null";
            break;
        case '{':
            what = "an object, not a string";
            break;
        case '[':
            what = "a list, not a string";
            break;
        case 't':
        case 'f':
            what = "a truth value, not a string";
            break;
        default:
            what = "a number, not a string";
            break;
        }
        (void)snprintf(text, sizeof(text), "text key '%s' is %s", layout->texts[i], what);
        reject_at_read(batch, &batch->rows[row], text);
        return;
    }
}

/* Scans the line of a row; *good tells whether scan has no fault to report. */
static enum dj_status read_line(struct dj_batch *batch, size_t row, struct dj_scan *scan,
                                char *text, bool *good)
{
    const char *object = dj_scan_blanks(scan, scan->begin);
    const char *p;

    *good = false;
    if (object == scan->end || *object != '{') {
        (void)dj_scan_fail(scan, object, "a sample must be a JSON object");
        return DJ_OK;
    }
    p = object + 1;
    DJ_TRY(read_fields(batch, row, scan, &p, text));
    if (p == NULL) {
        return DJ_OK;
    }
    p = dj_scan_blanks(scan, p);
    if (p != scan->end) {
        (void)dj_scan_fail(scan, p, "more stands behind the object");
        return DJ_OK;
    }
    *good = true;
    return read_nested(batch, row, scan, object);
}

/* What the fields of a good line say about the row. */
static enum dj_status take_fields(struct dj_batch *batch, size_t index,
                                  struct dj_scan *scan)
{
    struct row *row = &batch->rows[index];
    const struct own_field *stats;

    row->nfields = batch->nfields;
    row->tail = (size_t)(dj_scan_blanks(scan, scan->begin) + 1 - scan->begin);
    if (batch->nfields > 0) {
        row->tail = (size_t)(batch->fields[batch->nfields - 1].end - scan->begin);
    }
    DJ_TRY(keep_own_fields(batch, row, scan->begin));
    stats = dj_own_find(row, OWN_STATS);
    if (stats != NULL) {
        DJ_TRY(dj_stats_read(batch, index, scan, scan->begin + stats->value));
    }
    return DJ_OK;
}

/* An empty row behind the last one; it does not count yet. */
static struct row *next_row(struct dj_batch *batch, struct dj_str line,
                            struct dj_origin origin)
{
    const size_t ntexts = batch->layout->ntexts, nstats = batch->layout->nstats;
    struct row *row;

    dj_batch_grow(batch);
    row = &batch->rows[batch->nrows];
    *row = (struct row){ .read = line, .line = line, .origin = origin };
    row->verdict.op = -1;
    memset(batch->texts + batch->nrows * ntexts, 0, ntexts * sizeof(*batch->texts));
    memset(batch->stats + batch->nrows * nstats, 0, nstats * sizeof(*batch->stats));
    batch->marked = false;
    dj_arena_reset(batch->scratch);
    return row;
}

/* Reads the row's line, which is valid UTF-8; *good tells whether scan has no fault. */
static enum dj_status read_row(struct dj_batch *batch, size_t row, struct dj_scan *scan,
                               char *text, bool *good)
{
    dj_scan_init(scan, batch->rows[row].line, batch->strings);
    batch->nfields = 0;
    batch->seen = 0;
    DJ_TRY(read_line(batch, row, scan, text, good));
    return *good ? take_fields(batch, row, scan) : DJ_OK;
}

enum dj_status dj_sample_read(struct dj_batch *batch, size_t row, bool *good)
{
    char text[REASON_TEXT];
    struct dj_scan scan;
    size_t bad;

    *good = dj_utf8_valid(batch->rows[row].line, &bad);
    return *good ? read_row(batch, row, &scan, text, good) : DJ_OK;
}

enum dj_status dj_batch_add(struct dj_batch *batch, struct dj_str line,
                            struct dj_origin origin)
{
    static const char nothing[DJ_PADDING]; /* so that places can be counted */
    struct row *row;
    struct dj_scan scan;
    char reason[REASON_TEXT + 32], text[REASON_TEXT];
    size_t bad = 0;
    bool good = false;

    if (line.len == 0) {
        line.ptr = nothing;
    }
    row = next_row(batch, line, origin);
    if (dj_utf8_valid(line, &bad)) {
        DJ_TRY(read_row(batch, batch->nrows, &scan, text, &good));
    } else {
        dj_scan_init(&scan, line, batch->strings);
        (void)snprintf(text, sizeof(text), "0x%02x is not valid UTF-8 here",
                       (unsigned char)line.ptr[bad]);
        (void)dj_scan_fail(&scan, line.ptr + bad, text);
    }
    if (good) {
        row->had_meta = dj_own_find(row, OWN_META) != NULL;
        check_required(batch, batch->nrows);
    } else {
        dj_scan_reason(&scan, reason, sizeof(reason));
        reject_at_read(batch, row, reason);
    }
    batch->nrows++;
    batch->bytes += line.len;
    batch->nlive += row->verdict.state == DJ_ROW_LIVE;
    return DJ_OK;
}

enum dj_status dj_batch_add_fault(struct dj_batch *batch, struct dj_str line,
                                  struct dj_str reason, struct dj_origin origin)
{
    static const char nothing[DJ_PADDING];
    char text[REASON_TEXT];
    struct row *row;

    if (line.len == 0) {
        line.ptr = nothing;
    }
    row = next_row(batch, line, origin);
    (void)snprintf(text, sizeof(text), "%.*s", (int)(reason.len & INT_MAX), reason.ptr);
    reject_at_read(batch, row, text);
    batch->nrows++;
    batch->bytes += line.len;
    return DJ_OK;
}
