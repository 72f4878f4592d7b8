/*
 * __dj__stats__: numbers of an earlier run are taken over from the line, and the field
 * is written with what was measured since. Members that no operator knows, and numbers
 * that did not change, keep their bytes.
 */
#include "data/batch_private.h"

#include "dj/json.h"

#include <stdlib.h>

const struct own_field *dj_own_find(const struct row *row, enum own_kind kind)
{
    for (size_t i = 0; i < row->nown; i++) {
        if (row->own[i].kind == kind) {
            return &row->own[i];
        }
    }
    return NULL;
}

static struct stat_cell *cell_of_key(const struct dj_batch *batch, size_t row,
                                     struct dj_str key)
{
    const struct dj_batch_layout *layout = batch->layout;

    for (size_t i = 0; i < dj_measured(layout); i++) {
        if (dj_str_is(key, layout->stats[i])) {
            return &batch->stats[row * layout->nstats + i];
        }
    }
    return NULL;
}

/* The whole number in a valid JSON number; false: it has a fraction or is too large. */
static bool whole_number(struct dj_str text, int64_t *value)
{
    const bool negative = text.ptr[0] == '-';
    int64_t sum = 0;

    for (size_t i = negative; i < text.len; i++) {
        const int digit = text.ptr[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum)) {
            return false;
        }
    }
    *value = sum;
    return true;
}

/*
 * The value of a statistic in the line. What is no number is a value all the same, so
 * that nothing is measured again, but one that no comparison accepts.
 */
struct stat_cell dj_stats_cell(struct dj_str value)
{
    struct stat_cell cell = { .kind = DJ_NUMBER_NONE, .present = true, .input = true };
    const char c = value.ptr[0];

    if (c == 't' || c == 'f') {
        cell.kind = DJ_NUMBER_INT; /* True is 1 in Python */
        cell.value.i = c == 't';
    } else if (c == '-' || c == 'I' || c == 'N' || (c >= '0' && c <= '9')) {
        cell.kind = DJ_NUMBER_INT;
        if (!whole_number(value, &cell.value.i)) {
            /* The number ends where strtod ends: before ',', '}' or a blank. */
            cell.kind = DJ_NUMBER_FLOAT;
            cell.value.d = strtod(value.ptr, NULL);
        }
    }
    return cell;
}

enum dj_status dj_stats_read(struct dj_batch *batch, size_t row, struct dj_scan *scan,
                             const char *value)
{
    struct dj_member member;
    const char *p = value + 1;

    if (*value != '{' || dj_measured(batch->layout) == 0) {
        return DJ_OK;
    }
    for (bool first = true;
         p != NULL && dj_scan_next(scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        struct stat_cell *cell;
        struct dj_str key;

        p = dj_scan_value(scan, member.value);
        DJ_TRY(dj_member_key(batch, &member, &key));
        cell = cell_of_key(batch, row, key);
        if (cell != NULL) {
            *cell = dj_stats_cell(
                (struct dj_str){ member.value, (size_t)(p - member.value) });
        }
    }
    return DJ_OK;
}

bool dj_stats_as_read(const struct dj_batch *batch, size_t row, size_t column,
                      const struct stat_cell *cell)
{
    const struct own_field *own = dj_own_find(&batch->rows[row], OWN_STATS);
    const struct dj_str line = batch->rows[row].line;
    struct dj_member member;
    struct dj_scan scan;
    const char *p;
    bool same = false;

    if (own == NULL || line.ptr[own->value] != '{') {
        return false;
    }
    dj_scan_init(&scan, line, batch->strings);
    p = line.ptr + own->value + 1;
    for (bool first = true;
         p != NULL && dj_scan_next(&scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        struct dj_str key;

        p = dj_scan_value(&scan, member.value);
        if (dj_member_key(batch, &member, &key) != DJ_OK) {
            return false;
        }
        if (dj_str_is(key, batch->layout->stats[column])) {
            const struct stat_cell read = dj_stats_cell(
                (struct dj_str){ member.value, (size_t)(p - member.value) });

            same = dj_stats_same(&read, cell);
        }
    }
    return same;
}

bool dj_stats_fresh(const struct dj_batch *batch, size_t row)
{
    const size_t nstats = batch->layout->nstats;

    for (size_t i = 0; i < dj_measured(batch->layout); i++) {
        const struct stat_cell *cell = &batch->stats[row * nstats + i];

        if (cell->present && (cell->changed || !cell->input)) {
            return true;
        }
    }
    return false;
}

const char *dj_hash_kept(const struct dj_batch *batch, size_t row, size_t column)
{
    const struct stat_cell *cell = &batch->stats[row * batch->layout->nstats + column];

    return cell->present && cell->kind == STAT_JSON ? cell->value.text : NULL;
}

const char *dj_hash_named(const struct dj_batch *batch, size_t row, const char *name)
{
    const struct dj_batch_layout *layout = batch->layout;

    for (size_t i = dj_measured(layout); i < layout->nstats; i++) {
        if (strcmp(layout->stats[i], name) == 0) {
            return dj_hash_kept(batch, row, i);
        }
    }
    return NULL;
}

static size_t whole_text(int64_t value, char text[DJ_JSON_DOUBLE_TEXT])
{
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char digits[DJ_JSON_DOUBLE_TEXT];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    memcpy(text, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

size_t dj_stats_text(const struct stat_cell *cell, char text[DJ_JSON_DOUBLE_TEXT])
{
    switch ((enum dj_number_kind)cell->kind) {
    case DJ_NUMBER_INT:
        return whole_text(cell->value.i, text);
    case DJ_NUMBER_FLOAT:
        return dj_json_double(cell->value.d, text);
    case DJ_NUMBER_NONE:
        break;
    }
    memcpy(text, "null", 4);
    return 4;
}

static enum dj_status write_cell(const struct stat_cell *cell, struct dj_buf *out)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    if (cell->kind == STAT_JSON) {
        return dj_buf_append(out, dj_str_from(cell->value.text));
    }
    return dj_buf_append(out, (struct dj_str){ text, dj_stats_text(cell, text) });
}

/* The columns that the line does not have; *first: no member stands before them. */
static enum dj_status write_new_cells(const struct dj_batch *batch, size_t row,
                                      bool first, struct dj_buf *out)
{
    const size_t nstats = batch->layout->nstats;

    for (size_t i = 0; i < dj_measured(batch->layout); i++) {
        const struct stat_cell *cell = &batch->stats[row * nstats + i];

        if (cell->present && !cell->input) {
            if (!first) {
                DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
            }
            first = false;
            DJ_TRY(dj_json_quote(out, dj_str_from(batch->layout->stats[i])));
            DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
            DJ_TRY(write_cell(cell, out));
        }
    }
    return DJ_OK;
}

static struct dj_str between(const char *begin, const char *end)
{
    return (struct dj_str){ begin, (size_t)(end - begin) };
}

/* The line's object with what changed and what is new. */
static enum dj_status rewrite(const struct dj_batch *batch, size_t row,
                              struct dj_str object, struct dj_buf *out)
{
    struct dj_scan scan;
    struct dj_member member;
    const char *p = object.ptr + 1;
    const char *written = object.ptr; /* up to here */
    const char *end = p;              /* of the last value */
    bool first = true;

    dj_scan_init(&scan, object, batch->strings);
    for (; p != NULL && dj_scan_next(&scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        const struct stat_cell *cell;
        struct dj_str key;

        p = dj_scan_value(&scan, member.value);
        end = p;
        DJ_TRY(dj_member_key(batch, &member, &key));
        cell = cell_of_key(batch, row, key);
        if (cell != NULL && cell->changed) {
            DJ_TRY(dj_buf_append(out, between(written, member.value)));
            DJ_TRY(write_cell(cell, out));
            written = end;
        }
    }
    DJ_TRY(dj_buf_append(out, between(written, end)));
    DJ_TRY(write_new_cells(batch, row, first, out));
    return dj_buf_append(out, between(end, object.ptr + object.len));
}

enum dj_status dj_stats_write(const struct dj_batch *batch, size_t row,
                              struct dj_buf *out)
{
    const struct own_field *own = dj_own_find(&batch->rows[row], OWN_STATS);
    const bool fresh = dj_stats_fresh(batch, row);
    struct dj_str input = DJ_STR("{}");

    if (own != NULL) {
        input.ptr = batch->rows[row].line.ptr + own->value;
        input.len = own->end - own->value;
    }
    if (!fresh) {
        return dj_buf_append(out, input);
    }
    if (own != NULL && input.ptr[0] == '{') {
        return rewrite(batch, row, input, out);
    }
    DJ_TRY(dj_buf_putc(out, '{'));
    DJ_TRY(write_new_cells(batch, row, true, out));
    return dj_buf_putc(out, '}');
}
