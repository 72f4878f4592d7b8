/*
 * Reading layers: exactly what the writers make and nothing else, so that a byte out of
 * place is a fault at its place. What edits hold is the applier's business.
 */
#include "data/layer_private.h"

#include <stdio.h>

/* More statistics than any recipe has. */
enum { COLUMNS_MAX = 4096, MESSAGE_TEXT = 512 };

/* The shortest line about a part. */
enum { PART_LINE = 22 };

enum dj_status layer_fail(const struct layer_cursor *cursor, const char *at,
                          struct dj_error *err, const char *fmt, ...)
{
    char text[MESSAGE_TEXT];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (cursor->head.op_end == 0) { /* not even its first line could be read */
        return dj_fail(err, DJ_DATA, "layer: byte %zu: %s", (size_t)(at - cursor->begin),
                       text);
    }
    if (at == NULL) {
        return dj_fail(err, DJ_DATA, "layer [%lld, %lld) of partition %lld: %s",
                       (long long)cursor->head.op_first, (long long)cursor->head.op_end,
                       (long long)cursor->head.partition, text);
    }
    return dj_fail(err, DJ_DATA, "layer [%lld, %lld) of partition %lld: byte %zu: %s",
                   (long long)cursor->head.op_first, (long long)cursor->head.op_end,
                   (long long)cursor->head.partition, (size_t)(at - cursor->begin), text);
}

/* --- pieces ------------------------------------------------------------------------- */

/* A whole number from 0, as it is written: no sign, no leading 0. */
static bool take_number(const char **p, const char *end, int64_t *value)
{
    const char *const begin = *p;
    int64_t sum = 0;

    while (*p < end && **p >= '0' && **p <= '9') {
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, **p - '0', &sum)) {
            return false;
        }
        (*p)++;
    }
    *value = sum;
    return *p > begin && (*begin != '0' || *p == begin + 1);
}

/* The same with words before it. */
static bool take_member(const char **p, const char *end, struct dj_str key,
                        int64_t *value)
{
    return layer_take(p, end, key) && take_number(p, end, value);
}

static bool take_hash(const char **p, const char *end, uint64_t *hash)
{
    char text[DJ_HASH64_TEXT];

    if ((size_t)(end - *p) < sizeof(text)) {
        return false;
    }
    memcpy(text, *p, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    *p += sizeof(text) - 1;
    return dj_hash64_parse(text, hash);
}

/* The end of the line at p, behind its "\n"; NULL: it has none. */
static const char *line_end(const char *p, const char *end)
{
    const char *stop = memchr(p, '\n', (size_t)(end - p));

    return stop == NULL ? NULL : stop + 1;
}

/* Shortens *end by a word that must be there. */
static bool drop_tail(const char *p, const char **end, struct dj_str word)
{
    if ((size_t)(*end - p) < word.len ||
        memcmp(*end - word.len, word.ptr, word.len) != 0) {
        return false;
    }
    *end -= word.len;
    return true;
}

/* --- opening ------------------------------------------------------------------------ */

static enum dj_status read_head(struct layer_cursor *cursor, struct dj_error *err)
{
    struct layer_head *head = &cursor->head;
    const char *p = cursor->begin;
    const char *hash;
    bool good;

    *head = (struct layer_head){ 0 };
    good = take_member(&p, cursor->end, DJ_STR("{\"partition\": "), &head->partition) &&
           take_member(&p, cursor->end, DJ_STR(", \"op_first\": "), &head->op_first) &&
           take_member(&p, cursor->end, DJ_STR(", \"op_end\": "), &head->op_end) &&
           take_member(&p, cursor->end, DJ_STR(", \"rows\": "), &head->rows) &&
           take_member(&p, cursor->end, DJ_STR(", \"live\": "), &head->live) &&
           layer_take(&p, cursor->end, DJ_STR(", \"source\": \"")) &&
           take_hash(&p, cursor->end, &head->source) &&
           layer_take(&p, cursor->end, DJ_STR("\", \"hash\": \""));
    hash = p;
    good = good && take_hash(&p, cursor->end, &head->hash) &&
           layer_take(&p, cursor->end, DJ_STR("\"}\n"));
    if (!good) {
        head->op_end = 0;
        return layer_fail(cursor, p, err, "this is no first line of a layer");
    }
    if (head->op_first >= head->op_end || head->op_end > INT32_MAX ||
        head->rows == INT64_MAX) {
        head->op_end = 0;
        return layer_fail(cursor, cursor->begin, err,
                          "the first line contradicts itself");
    }
    if (head->hash !=
        layer_hash((struct dj_str){ cursor->begin, (size_t)(hash - cursor->begin) },
                   (struct dj_str){ p, (size_t)(cursor->end - p) })) {
        return layer_fail(cursor, NULL, err, "it is damaged: its hash is another one");
    }
    cursor->next = p;
    return DJ_OK;
}

static struct layer_column *new_column(struct layer_cursor *cursor)
{
    if (cursor->ncolumns == cursor->column_cap) {
        cursor->column_cap = 2 * cursor->column_cap + 16;
        cursor->columns = dj_xrealloc(
            cursor->columns, dj_size_mul(cursor->column_cap, sizeof(*cursor->columns)));
    }
    return &cursor->columns[cursor->ncolumns++];
}

static const struct dj_str trace_mark = { "{\"trace\": ", 10 };

/* The line [p, end) about a statistic. */
static enum dj_status read_column(struct layer_cursor *cursor, const char *p,
                                  const char *end, struct dj_error *err)
{
    const char *const begin = p;
    struct layer_column column = { 0 };
    const char *name;

    if (cursor->ncolumns == COLUMNS_MAX) {
        return layer_fail(cursor, begin, err, "more than %d statistics", COLUMNS_MAX);
    }
    if (!layer_take(&p, end, DJ_STR("{\"stat\": \"")) ||
        !drop_tail(p, &end, DJ_STR("]}\n"))) {
        return layer_fail(cursor, begin, err, "this is no line of a statistic");
    }
    name = p - 1;
    while (p < end && *p != '"') {
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    }
    if (p == end) {
        return layer_fail(cursor, name, err, "the name of a statistic does not end");
    }
    p++;
    column.name = (struct dj_str){ name, (size_t)(p - name) };
    if (!layer_take(&p, end, DJ_STR(", \"values\": ["))) {
        return layer_fail(cursor, p, err, "the values of a statistic are missing");
    }
    for (size_t i = 0; i < cursor->ncolumns; i++) {
        if (dj_str_equal(cursor->columns[i].name, column.name)) {
            return layer_fail(cursor, begin, err, "a statistic comes twice");
        }
    }
    column.next = p;
    column.end = end;
    *new_column(cursor) = column;
    return DJ_OK;
}

/* The lines from p on are a tracer's. */
static enum dj_status find_trace(struct layer_cursor *cursor, const char *p,
                                 struct dj_error *err)
{
    const char *const end = cursor->trace.ptr + cursor->trace.len;

    if (cursor->ncolumns == 0) {
        cursor->end = p;
    }
    while (p < end) {
        const char *stop = line_end(p, end);
        const char *word = p;

        if (stop == NULL || !layer_take(&word, stop, trace_mark) ||
            !drop_tail(word, &stop, DJ_STR("}\n"))) {
            return layer_fail(cursor, p, err, "this is no line of a tracer");
        }
        p = stop + 2;
    }
    return DJ_OK;
}

/* Finds where the lines about rows end and those about statistics begin. */
static enum dj_status find_columns(struct layer_cursor *cursor, struct dj_error *err)
{
    static const struct dj_str mark = { "{\"stat\"", 7 };
    const char *const end = cursor->end;
    const char *p = cursor->next;

    while (p < end) {
        const char *stop = line_end(p, end);
        const char *word = p;

        if (stop == NULL) {
            return layer_fail(cursor, end, err, "the last line does not end");
        }
        if (layer_take(&word, stop, trace_mark)) {
            cursor->trace = (struct dj_str){ p, (size_t)(end - p) };
            return find_trace(cursor, p, err);
        }
        if (layer_take(&word, stop, mark)) {
            if (cursor->ncolumns == 0) {
                cursor->end = p;
            }
            DJ_TRY(read_column(cursor, p, stop, err));
        } else if (cursor->ncolumns > 0) {
            return layer_fail(cursor, p, err, "a line stands behind the statistics");
        }
        p = stop;
    }
    return DJ_OK;
}

/* --- lines about rows --------------------------------------------------------------- */

/*
 * The operator of a verdict is one of the layer, of a part maybe an earlier one, or the
 * one before it: a global operator's verdicts come after its layer. -1 is the reader.
 */
static bool take_op(const struct layer_cursor *cursor, const char **p, const char *end,
                    bool reader, struct layer_line *line)
{
    const int64_t first = line->part >= 0 ? 0 : cursor->head.op_first - 1;
    int64_t value;

    if (reader && layer_take(p, end, DJ_STR("-1"))) {
        line->op = -1;
        return cursor->head.op_first == 0 && line->part < 0;
    }
    if (!take_number(p, end, &value) || value < first || value >= cursor->head.op_end) {
        return false;
    }
    line->op = (int)value;
    return true;
}

/* The sample of so many bytes, and edits of its texts when there are such. */
static bool take_sample(const char **p, const char *end, struct layer_line *line)
{
    int64_t bytes;

    if (!take_number(p, end, &bytes) || !layer_take(p, end, DJ_STR(", \"sample\": ")) ||
        bytes > end - *p) {
        return false;
    }
    line->sample = (struct dj_str){ *p, (size_t)bytes };
    *p += bytes;
    if (*p == end) {
        return true;
    }
    if (!layer_take(p, end, DJ_STR(", \"edits\": "))) {
        return false;
    }
    line->edits = (struct dj_str){ *p, (size_t)(end - *p) };
    return true;
}

/* What stands behind the row's number in the line that ends at end. */
static bool read_what(const struct layer_cursor *cursor, const char **p, const char *end,
                      struct layer_line *line)
{
    line->what = LAYER_CHANGE;
    if (!drop_tail(*p, &end, DJ_STR("}\n"))) {
        return false;
    }
    if (layer_take(p, end, DJ_STR(", \"parts\": "))) {
        line->what = LAYER_PARTS;
        return take_number(p, end, &line->parts) && *p == end;
    }
    if (layer_take(p, end, DJ_STR(", \"part\": "))) {
        if (!take_number(p, end, &line->part)) {
            return false;
        }
        if (*p == end) {
            return true;
        }
    }
    if (layer_take(p, end, DJ_STR(", \"bytes\": "))) {
        return take_sample(p, end, line);
    }
    if (layer_take(p, end, DJ_STR(", \"edits\": "))) {
        line->edits = (struct dj_str){ *p, (size_t)(end - *p) };
        return true;
    }
    if (layer_take(p, end, DJ_STR(", \"drop\": "))) {
        line->what = LAYER_DROP;
        return take_op(cursor, p, end, false, line) && *p == end;
    }
    line->what = LAYER_REJECT;
    if (!layer_take(p, end, DJ_STR(", \"reject\": ")) ||
        !take_op(cursor, p, end, true, line) ||
        !layer_take(p, end, DJ_STR(", \"reason\": "))) {
        return false;
    }
    line->reason = (struct dj_str){ *p, (size_t)(end - *p) };
    return true;
}

/*
 * The line may follow the one before: where a row's parts are told of all of them come,
 * one by one; else lines are in the order of rows and parts.
 */
static bool is_in_place(struct layer_cursor *cursor, const struct layer_line *line)
{
    const struct layer_line *before = &cursor->line;
    const bool same = line->row == before->row;

    if (cursor->lines > 0) {
        cursor->lines--;
        return same && line->part == before->part + 1;
    }
    if (line->what == LAYER_PARTS) {
        cursor->lines = line->parts;
        return line->row > before->row && line->parts > 0 &&
               line->parts <= (cursor->end - cursor->next) / PART_LINE;
    }
    return line->row > before->row ||
           (same && before->part >= 0 && line->part > before->part);
}

enum dj_status layer_next_line(struct layer_cursor *cursor, struct dj_error *err)
{
    const char *const begin = cursor->next;
    struct layer_line line = { .row = INT64_MAX, .part = -1, .op = -1 };
    const char *p = begin;

    if (begin < cursor->end) {
        const char *end = line_end(begin, cursor->end); /* seen by find_columns */

        if (!take_member(&p, end, DJ_STR("{\"row\": "), &line.row) ||
            !read_what(cursor, &p, end, &line)) {
            return layer_fail(cursor, p, err, "this is no line about a row");
        }
        if (!is_in_place(cursor, &line) || line.row >= cursor->head.rows) {
            return layer_fail(cursor, begin, err, "row %lld is not in its place",
                              (long long)line.row);
        }
        line.whole = (struct dj_str){ begin, (size_t)(end - begin) };
        cursor->next = end;
    } else if (cursor->lines > 0) {
        return layer_fail(cursor, begin, err, "row %lld lacks parts",
                          (long long)cursor->line.row);
    }
    cursor->line = line;
    return DJ_OK;
}

enum dj_status layer_open(struct layer_cursor *cursor, struct dj_str bytes,
                          struct dj_error *err)
{
    cursor->begin = bytes.ptr;
    cursor->end = bytes.ptr + bytes.len;
    cursor->ncolumns = 0;
    cursor->gone = 0;
    cursor->lines = 0;
    cursor->trace = (struct dj_str){ NULL, 0 };
    cursor->line = (struct layer_line){ .row = -1, .part = -1 };
    DJ_TRY(read_head(cursor, err));
    DJ_TRY(find_columns(cursor, err));
    return layer_next_line(cursor, err);
}

void layer_release(struct layer_cursor *cursor)
{
    dj_xfree(cursor->columns);
    cursor->columns = NULL;
    cursor->column_cap = 0;
    cursor->ncolumns = 0;
}

enum dj_status layer_check_order(const struct layer_cursor *cursor,
                                 const struct layer_cursor *before, struct dj_error *err)
{
    const struct layer_head *head = &cursor->head;

    if (before == NULL) {
        return head->op_first == 0
                   ? DJ_OK
                   : layer_fail(cursor, NULL, err, "it is not the first one");
    }
    if (head->partition != before->head.partition) {
        return layer_fail(cursor, NULL, err,
                          "it is of partition %lld, the one before of partition %lld",
                          (long long)head->partition, (long long)before->head.partition);
    }
    if (head->op_first != before->head.op_end) {
        return layer_fail(cursor, NULL, err, "the one before ends at operator %lld",
                          (long long)before->head.op_end);
    }
    if (head->rows != before->head.rows || head->source != before->head.source) {
        return layer_fail(cursor, NULL, err, "it has other rows than the one before");
    }
    return DJ_OK;
}
