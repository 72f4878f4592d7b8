/*
 * JSON: one array of samples, or samples one after the other (as Data-Juicer reads both
 * under the name .json). What is broken costs the sample that it stands in: the search
 * goes on where the next one seems to begin, between the same blanks and with the same
 * first key as the first one of the file.
 */
#include "dataset/json_scan.h"
#include "dataset/record.h"

#include "dj/json.h"

#include <stdio.h>

#define BROKEN "is no JSON, or its end is missing"

enum {
    LOOK_BYTES = 1 << 20, /* for the next sample; then what was passed is let go */
    KEPT_BYTES = 4096,    /* so that a beginning is not cut in two */
    STYLE_BYTES = 256     /* of blanks and of a key that are compared */
};

struct array {
    bool array;           /* else one object after the other */
    bool at_start;        /* nothing was seen */
    bool lost;            /* behind a damaged sample that has no end yet */
    bool ended;           /* behind the bracket */
    struct dj_buf before; /* blanks between a comma and a sample */
    struct dj_buf begin; /* of a sample: the brace, blanks, the first key; may be empty */
    bool styled;
    const char *fault; /* of the record that was found, or NULL; nothing in it depends on
                          where a partition ends */
    int64_t at;
};

static void take_style(struct array *array, const char *layout)
{
    struct dj_error ignored;
    struct dj_json *doc;

    if (dj_json_parse(dj_str_from(layout), "layout", &doc, &ignored) != DJ_OK) {
        return;
    }
    array->array = dj_json_bool(doc, "array", false);
    array->styled =
        dj_buf_append(&array->before, dj_str_from(dj_json_text(doc, "before", ""))) ==
            DJ_OK &&
        dj_buf_append(&array->begin, dj_str_from(dj_json_text(doc, "begin", ""))) ==
            DJ_OK;
    dj_json_free(doc);
}

static void *array_open(const struct dj_source_file *file)
{
    struct array *array = dj_xcalloc(1, sizeof(*array));

    dj_buf_init(&array->before);
    dj_buf_init(&array->begin);
    if (file->layout != NULL) {
        take_style(array, file->layout);
    }
    return array;
}

static void array_close(void *state)
{
    struct array *array = state;

    dj_buf_release(&array->before);
    dj_buf_release(&array->begin);
    dj_xfree(array);
}

static void array_begin(void *state, bool at_start)
{
    struct array *array = state;

    array->at_start = at_start;
    array->lost = array->ended = false;
}

static char *array_layout(void *state)
{
    const struct array *array = state;
    struct dj_buf out;
    struct dj_jsonw w;

    dj_buf_init(&out);
    dj_jsonw_init(&w, &out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_bool(&w, "array", array->array);
    dj_jsonw_kv_str(&w, "before", dj_buf_str(&array->before));
    dj_jsonw_kv_str(&w, "begin", dj_buf_str(&array->begin));
    dj_jsonw_close(&w, '}');
    return dj_jsonw_take(&w);
}

/* Plain ASCII alone, so that it comes back from the layout as it is. */
static bool is_plain(struct dj_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((signed char)text.ptr[i] < ' ' && text.ptr[i] != '\n' &&
            text.ptr[i] != '\t' && text.ptr[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* The first sample is at p, blanks from on; shows how the others will look. */
static void learn_style(struct array *array, const char *from, const char *p,
                        const char *stop)
{
    const struct dj_str before = { from, (size_t)(p - from) };
    const char *key = *p == '{' ? dj_value_blanks(p + 1, stop) : stop;
    const char *quote =
        key < stop && *key == '"' ? memchr(key + 1, '"', (size_t)(stop - key - 1)) : NULL;
    const struct dj_str begin = { p, quote == NULL ? 0 : (size_t)(quote + 1 - p) };

    array->styled = true;
    if (before.len <= STYLE_BYTES && is_plain(before)) {
        (void)!dj_buf_append(&array->before, before);
    }
    if (begin.len <= STYLE_BYTES && is_plain(begin)) {
        (void)!dj_buf_append(&array->begin, begin);
    }
}

static bool matches(const char *p, const char *stop, struct dj_str text)
{
    return (size_t)(stop - p) >= text.len &&
           (text.len == 0 || memcmp(p, text.ptr, text.len) == 0);
}

/* Where the next sample seems to begin, behind p; NULL: nowhere. */
static const char *next_beginning(const struct array *array, const char *p,
                                  const char *stop)
{
    const struct dj_str before = dj_buf_str(&array->before);
    const struct dj_str begin =
        array->array && array->begin.len > 0 ? dj_buf_str(&array->begin) : DJ_STR("{");
    const char mark = array->array ? ',' : '\n';

    while ((p = memchr(p, mark, (size_t)(stop - p))) != NULL) {
        const char *sample = ++p;

        if (array->array && before.len == 0) { /* "[{", but ", {" */
            sample += p < stop && *p == ' ';
        } else if (array->array && !matches(p, stop, before)) {
            continue;
        } else if (array->array) {
            sample += before.len;
        }
        if (matches(sample, stop, begin)) {
            return sample;
        }
    }
    return NULL;
}

/* Past what stands between samples; *more: it cannot be told yet. */
static const char *pass_between(struct array *array, const char *p, const char *stop,
                                bool last, bool *more)
{
    const char *from = p;

    *more = false;
    if (array->at_start) {
        if ((size_t)(stop - p) < 3 && !last) {
            *more = true;
            return p;
        }
        p = matches(p, stop, DJ_STR("\xEF\xBB\xBF")) ? p + 3 : p;
        p = dj_value_blanks(p, stop);
        array->array = p < stop && *p == '[';
        p += array->array;
        from = p;
    }
    p = dj_value_blanks(p, stop);
    if (p < stop && array->array && !array->at_start && *p == ',') {
        from = p + 1;
        p = dj_value_blanks(from, stop);
    }
    if (p < stop && array->array && *p == ']') {
        array->ended = true;
        p = dj_value_blanks(p + 1, stop);
    }
    *more = !last && (p == stop || (!array->styled && stop - p < STYLE_BYTES));
    if (p < stop && !*more && !array->ended && !array->styled) {
        learn_style(array, from, p, stop);
    }
    return p;
}

/* A damaged sample from begin on, up to what looks like the next one. */
static enum dj_record_step found_damage(struct array *array, struct dj_str bytes,
                                        const char *begin, const char *fault, bool last,
                                        struct dj_record *record)
{
    const char *stop = bytes.ptr + bytes.len;
    const char *next = next_beginning(array, begin, stop);

    if (next == NULL && !last && bytes.len < LOOK_BYTES) {
        return DJ_RECORD_MORE;
    }
    if (next == NULL) {
        array->lost = !last;
        next = last ? stop : stop - KEPT_BYTES;
    }
    array->at_start = false;
    array->fault = fault;
    *record = (struct dj_record){
        .bytes = { begin, (size_t)(next - begin) },
        .next = (size_t)(next - bytes.ptr),
        .lines = 1,
        .row = true,
    };
    return DJ_RECORD_FOUND;
}

/* Behind a damaged sample whose end was not in sight. */
static enum dj_record_step pass_lost(struct array *array, struct dj_str bytes, bool last,
                                     struct dj_record *record)
{
    const char *stop = bytes.ptr + bytes.len;
    const char *next = bytes.len == 0 ? NULL : next_beginning(array, bytes.ptr, stop);

    if (next == NULL && bytes.len < LOOK_BYTES && !last) {
        return DJ_RECORD_MORE;
    }
    array->lost = next == NULL && !last;
    if (next == NULL) {
        next = last ? stop : stop - KEPT_BYTES;
    }
    *record = (struct dj_record){ .next = (size_t)(next - bytes.ptr) };
    return bytes.len == 0 ? DJ_RECORD_END : DJ_RECORD_FOUND;
}

static enum dj_record_step array_find(void *state, struct dj_str bytes, bool last,
                                      int64_t at, struct dj_record *record)
{
    struct array *array = state;
    const char *stop = bytes.ptr + bytes.len;
    const char *p, *end;
    bool more;

    if (array->lost) {
        return pass_lost(array, bytes, last, record);
    }
    p = pass_between(array, bytes.ptr, stop, last, &more);
    if (more) {
        array->ended = false;
        return DJ_RECORD_MORE;
    }
    if (p == stop) {
        return DJ_RECORD_END;
    }
    array->at = at + (p - bytes.ptr);
    array->fault = NULL;
    if (array->ended) {
        return found_damage(array, bytes, p, "stands behind the array", last, record);
    }
    switch (dj_value_pass(p, stop, &end)) {
    case DJ_VALUE_ENDS:
        break;
    case DJ_VALUE_OPEN:
        if (!last) {
            return DJ_RECORD_MORE;
        }
        if (end == stop && strchr("{[\"", *p) == NULL) {
            break; /* a number ends with the bytes */
        }
        return found_damage(array, bytes, p, BROKEN, last, record);
    case DJ_VALUE_BROKEN:
    default:
        return found_damage(array, bytes, p, BROKEN, last, record);
    }
    array->at_start = false;
    *record = (struct dj_record){
        .bytes = { p, (size_t)(end - p) },
        .next = (size_t)(end - bytes.ptr),
        .lines = 1,
        .row = true,
    };
    return DJ_RECORD_FOUND;
}

static void array_look(void *state, const struct dj_record *record)
{
    (void)state;
    (void)record;
}

static enum dj_status array_write(void *state, const struct dj_record *record,
                                  struct dj_buf *out)
{
    const struct array *array = state;
    const size_t before = out->len;
    char reason[128];

    if (array->fault != NULL) {
        (void)snprintf(reason, sizeof(reason), "what begins at byte %lld of the file %s",
                       (long long)array->at, array->fault);
        return dj_record_put_fault(out, reason, record->bytes);
    }
    DJ_TRY(dj_buf_append(out, record->bytes));
    for (size_t i = before; i < out->len; i++) {
        out->ptr[i] = out->ptr[i] == '\n' || out->ptr[i] == '\r' ? ' ' : out->ptr[i];
    }
    return DJ_OK;
}

static const struct dj_record_kind kind = {
    .what = "sample",
    .open = array_open,
    .close = array_close,
    .begin = array_begin,
    .find = array_find,
    .look = array_look,
    .layout = array_layout,
    .write = array_write,
};

static enum dj_status json_scan(struct dj_sources *sources, size_t index,
                                struct dj_cut cut, const char *spool_dir,
                                struct dj_partitions *partitions, struct dj_error *err)
{
    return dj_records_scan(&kind, sources, index, cut, spool_dir, partitions, err);
}

static enum dj_status json_start(void **state, const struct dj_sources *sources,
                                 const struct dj_partition *partition,
                                 struct dj_error *err)
{
    return dj_records_start(&kind, state, sources, partition, err);
}

const struct dj_format dj_format_json = {
    .name = "json",
    .scan = json_scan,
    .start = json_start,
    .next = dj_records_next,
    .close = dj_records_close,
};
