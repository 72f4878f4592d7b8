/* Values of a line into columns: nulls, strings, and what has values in it. */
#include "dataset/columns_private.h"

bool dj_column_reserve(struct dj_value *value, struct dj_buf *buf, size_t extra)
{
    if (dj_buf_reserve(buf, extra) != DJ_OK) {
        value->result = DJ_VALUE_NOMEM;
        return false;
    }
    return true;
}

/* Makes the bits of all values so far, none of which is null. */
static bool begin_bits(struct dj_value *value, struct dj_column *column)
{
    const size_t whole = (size_t)column->length / 8;

    if (!dj_column_reserve(value, &column->valid, whole + 2)) {
        return false;
    }
    memset(column->valid.ptr, 0xff, whole);
    column->valid.len = whole;
    if (column->length % 8 != 0) {
        column->valid.ptr[column->valid.len++] = (char)((1 << column->length % 8) - 1);
    }
    return true;
}

static bool put_bit(struct dj_value *value, struct dj_buf *bits, int64_t at, bool bit)
{
    if (at % 8 == 0) {
        if (!dj_column_reserve(value, bits, 1)) {
            return false;
        }
        bits->ptr[bits->len++] = 0;
    }
    if (bit) {
        bits->ptr[at / 8] = (char)((unsigned char)bits->ptr[at / 8] | 1u << at % 8);
    }
    return true;
}

bool dj_column_count(struct dj_value *value, struct dj_column *column, bool valid)
{
    if (!valid && column->nulls++ == 0 && !begin_bits(value, column)) {
        return false;
    }
    if (column->nulls > 0 && !put_bit(value, &column->valid, column->length, valid)) {
        return false;
    }
    column->length++;
    return true;
}

/* Where the next value of a column with offsets begins. */
static bool put_offset(struct dj_value *value, struct dj_column *column, int64_t end)
{
    const size_t width = column->large ? 8 : 4;

    if (!column->large && end > INT32_MAX) {
        value->result = DJ_VALUE_LARGE;
        return false;
    }
    if (!dj_column_reserve(value, &column->offsets, width)) {
        return false;
    }
    if (column->large) {
        memcpy(column->offsets.ptr + column->offsets.len, &end, width);
    } else {
        const int32_t narrow = (int32_t)end;

        memcpy(column->offsets.ptr + column->offsets.len, &narrow, width);
    }
    column->offsets.len += width;
    return true;
}

/* --- null --------------------------------------------------------------------------- */

static bool put_zeros(struct dj_value *value, struct dj_column *column)
{
    if (!dj_column_reserve(value, &column->data, column->width)) {
        return false;
    }
    memset(column->data.ptr + column->data.len, 0, column->width);
    column->data.len += column->width;
    return true;
}

static bool put_null_below(struct dj_value *value, struct dj_column *column,
                           int64_t times)
{
    for (size_t i = 0; i < column->nchildren; i++) {
        for (int64_t k = 0; k < times; k++) {
            if (!dj_column_put_null(value, &column->children[i], true)) {
                return false;
            }
        }
    }
    return true;
}

/* What stands in the place of a value. */
static bool put_nothing(struct dj_value *value, struct dj_column *column)
{
    switch (column->kind) {
    case DJ_COLUMN_NULL:
        return true;
    case DJ_COLUMN_BOOL:
        return put_bit(value, &column->data, column->length, false);
    case DJ_COLUMN_BINARY:
    case DJ_COLUMN_STRING:
    case DJ_COLUMN_JSON:
        return put_offset(value, column, (int64_t)column->data.len);
    case DJ_COLUMN_LIST:
    case DJ_COLUMN_MAP:
        return put_offset(value, column, column->children[0].length);
    case DJ_COLUMN_FIXED_LIST:
        return put_null_below(value, column, column->list_size);
    case DJ_COLUMN_STRUCT:
        return put_null_below(value, column, 1);
    default:
        return put_zeros(value, column);
    }
}

bool dj_column_put_null(struct dj_value *value, struct dj_column *column, bool parent)
{
    if (!column->nullable && !parent) {
        value->result = DJ_VALUE_NULL;
        return false;
    }
    if (column->kind == DJ_COLUMN_NULL) {
        column->length++;
        return true;
    }
    return put_nothing(value, column) &&
           dj_column_count(value, column, !column->nullable);
}

/* --- strings ------------------------------------------------------------------------ */

static const char *string_fault(struct dj_value *value, struct dj_string_end end)
{
    value->scan.string = end.fault;
    value->scan.at = end.at;
    return dj_value_fail(value, DJ_VALUE_SYNTAX);
}

/* Decodes the string at p behind what is in the buffer. */
static const char *decode(struct dj_value *value, const char *p, struct dj_buf *into)
{
    struct dj_string_end end;
    char *out;

    if (!dj_column_reserve(value, into, (size_t)(value->scan.end - p) + DJ_PADDING)) {
        return NULL;
    }
    out = into->ptr + into->len;
    end = value->scan.strings->decode(p + 1, value->scan.end, &out);
    if (end.fault != DJ_STRING_OK) {
        return string_fault(value, end);
    }
    into->len = (size_t)(out - into->ptr);
    return end.at + 1;
}

const char *dj_value_string(struct dj_value *value, const char *p)
{
    if (dj_value_peek(value, p) != '"') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    dj_buf_reset(&value->scratch);
    return decode(value, p, &value->scratch);
}

static const char *put_string(struct dj_value *value, struct dj_column *column,
                              const char *p)
{
    if (*p != '"') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    p = decode(value, p, &column->data);
    return p != NULL && put_offset(value, column, (int64_t)column->data.len) ? p : NULL;
}

/* The text of any value. */
static const char *put_json(struct dj_value *value, struct dj_column *column,
                            const char *p)
{
    const char *end = dj_scan_value(&value->scan, p);
    const size_t len = end == NULL ? 0 : (size_t)(end - p);

    if (end == NULL) {
        return dj_value_fail(value, DJ_VALUE_SYNTAX);
    }
    if (!dj_column_reserve(value, &column->data, len)) {
        return NULL;
    }
    memcpy(column->data.ptr + column->data.len, p, len);
    column->data.len += len;
    return put_offset(value, column, (int64_t)column->data.len) ? end : NULL;
}

static const char *put_bool(struct dj_value *value, struct dj_column *column,
                            const char *p)
{
    const bool truth = *p == 't';
    const size_t len = truth ? 4 : 5;

    if ((size_t)(value->scan.end - p) < len ||
        memcmp(p, truth ? "true" : "false", len) != 0) {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    return put_bit(value, &column->data, column->length, truth) ? p + len : NULL;
}

/* --- lists, structs, maps ----------------------------------------------------------- */

/* The items of the array at p into the child; *count has how many. */
static const char *put_items(struct dj_value *value, struct dj_column *child,
                             const char *p, int64_t *count)
{
    *count = 0;
    if (*p != '[') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    p = dj_scan_blanks(&value->scan, p + 1);
    if (dj_value_peek(value, p) == ']') {
        return p + 1;
    }
    for (;;) {
        p = dj_column_put(value, child, p);
        if (p == NULL) {
            return NULL;
        }
        ++*count;
        p = dj_scan_blanks(&value->scan, p);
        if (dj_value_peek(value, p) == ']') {
            return p + 1;
        }
        if (dj_value_peek(value, p) != ',') {
            (void)dj_scan_fail(&value->scan, p, "',' or ']' is missing");
            return dj_value_fail(value, DJ_VALUE_SYNTAX);
        }
        p = dj_scan_blanks(&value->scan, p + 1);
    }
}

/* [key, value] */
static const char *put_pair(struct dj_value *value, struct dj_column *pair, const char *p)
{
    if (dj_value_peek(value, p) != '[') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    for (size_t i = 0; i < 2; i++) {
        p = dj_scan_blanks(&value->scan, p + 1);
        p = dj_column_put(value, &pair->children[i], p);
        if (p == NULL) {
            return NULL;
        }
        p = dj_scan_blanks(&value->scan, p);
        if (dj_value_peek(value, p) != (i == 0 ? ',' : ']')) {
            return dj_value_fail(value, DJ_VALUE_MISFIT);
        }
    }
    return dj_column_count(value, pair, true) ? p + 1 : NULL;
}

static const char *put_map(struct dj_value *value, struct dj_column *column,
                           const char *p)
{
    bool first = true;

    if (*p != '[') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    for (;; first = false) {
        p = dj_scan_blanks(&value->scan, p + 1);
        if (first && dj_value_peek(value, p) == ']') {
            break;
        }
        p = put_pair(value, &column->children[0], p);
        if (p == NULL) {
            return NULL;
        }
        p = dj_scan_blanks(&value->scan, p);
        if (dj_value_peek(value, p) == ']') {
            break;
        }
        if (dj_value_peek(value, p) != ',') {
            (void)dj_scan_fail(&value->scan, p, "',' or ']' is missing");
            return dj_value_fail(value, DJ_VALUE_SYNTAX);
        }
    }
    return put_offset(value, column, column->children[0].length) ? p + 1 : NULL;
}

struct dj_column *dj_column_find(struct dj_value *value, struct dj_column *column,
                                 const struct dj_member *member)
{
    struct dj_str key = member->key;

    if (member->escaped) {
        if (dj_value_string(value, member->key.ptr - 1) == NULL) {
            return NULL;
        }
        key = dj_buf_str(&value->scratch);
    }
    for (size_t i = 0; i < column->nchildren; i++) {
        const size_t at = column->next + i < column->nchildren
                              ? column->next + i
                              : column->next + i - column->nchildren;
        struct dj_column *child = &column->children[at];

        if (child->name_len == key.len && memcmp(child->name, key.ptr, key.len) == 0) {
            column->next = at + 1 < column->nchildren ? at + 1 : 0;
            return child;
        }
    }
    return NULL;
}

/* All fields must be known, and none may come twice. */
static const char *put_struct(struct dj_value *value, struct dj_column *column,
                              const char *p)
{
    const int64_t stamp = ++value->stamp;
    struct dj_member member;
    enum dj_scan_step step;
    bool first = true;

    if (*p++ != '{') {
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    }
    for (;; first = false) {
        struct dj_column *child;

        step = dj_scan_next(&value->scan, &p, first, &member);
        if (step != DJ_SCAN_MEMBER) {
            break;
        }
        child = dj_column_find(value, column, &member);
        if (child == NULL || child->stamp == stamp) {
            return dj_value_fail(value, DJ_VALUE_MISFIT);
        }
        child->stamp = stamp;
        p = dj_column_put(value, child, p);
        if (p == NULL) {
            return NULL;
        }
    }
    if (step == DJ_SCAN_FAULT) {
        return dj_value_fail(value, DJ_VALUE_SYNTAX);
    }
    for (size_t i = 0; i < column->nchildren; i++) {
        if (column->children[i].stamp != stamp &&
            !dj_column_put_null(value, &column->children[i], false)) {
            return NULL;
        }
    }
    return p;
}

/* --- all ---------------------------------------------------------------------------- */

static const char *put_value(struct dj_value *value, struct dj_column *column,
                             const char *p)
{
    int64_t count;

    switch (column->kind) {
    case DJ_COLUMN_NULL:
        return dj_value_fail(value, DJ_VALUE_MISFIT);
    case DJ_COLUMN_BOOL:
        return put_bool(value, column, p);
    case DJ_COLUMN_INT:
        return dj_column_put_int(value, column, p);
    case DJ_COLUMN_FLOAT:
        return dj_column_put_float(value, column, p);
    case DJ_COLUMN_DECIMAL:
        return dj_column_put_decimal(value, column, p);
    case DJ_COLUMN_DATE:
    case DJ_COLUMN_TIME:
    case DJ_COLUMN_TIMESTAMP:
        return dj_column_put_time(value, column, p);
    case DJ_COLUMN_FIXED:
    case DJ_COLUMN_BINARY:
        p = dj_column_put_binary(value, column, p);
        return p != NULL && (column->kind == DJ_COLUMN_FIXED ||
                             put_offset(value, column, (int64_t)column->data.len))
                   ? p
                   : NULL;
    case DJ_COLUMN_STRING:
        return put_string(value, column, p);
    case DJ_COLUMN_JSON:
        return put_json(value, column, p);
    case DJ_COLUMN_LIST:
        p = put_items(value, &column->children[0], p, &count);
        return p != NULL && put_offset(value, column, column->children[0].length) ? p
                                                                                  : NULL;
    case DJ_COLUMN_FIXED_LIST:
        p = put_items(value, &column->children[0], p, &count);
        return p == NULL || count == column->list_size
                   ? p
                   : dj_value_fail(value, DJ_VALUE_MISFIT);
    case DJ_COLUMN_STRUCT:
        return put_struct(value, column, p);
    case DJ_COLUMN_MAP:
        return put_map(value, column, p);
    case DJ_COLUMN_DICTIONARY:
        return dj_column_put_term(value, column, p);
    }
    return NULL;
}

const char *dj_column_put(struct dj_value *value, struct dj_column *column, const char *p)
{
    if (dj_value_peek(value, p) == 'n' && value->scan.end - p >= 4 &&
        memcmp(p, "null", 4) == 0) {
        return dj_column_put_null(value, column, false) ? p + 4 : NULL;
    }
    if (p == value->scan.end) {
        (void)dj_scan_fail(&value->scan, p, "a value is missing");
        return dj_value_fail(value, DJ_VALUE_SYNTAX);
    }
    p = put_value(value, column, p);
    return p != NULL && dj_column_count(value, column, true) ? p : NULL;
}
