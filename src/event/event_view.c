/*
 * Looks at a line that is one event: checks that it is whole, and finds the few fields
 * that merging and the readable log need. Values are not decoded.
 */
#include "event/event_private.h"

struct scanner {
    const char *at, *end;
};

static void skip_blanks(struct scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')) {
        s->at++;
    }
}

static bool accept(struct scanner *s, char byte)
{
    skip_blanks(s);
    if (s->at < s->end && *s->at == byte) {
        s->at++;
        return true;
    }
    return false;
}

/* At the byte behind the opening quote; *text is what stands between the quotes. */
static bool scan_string(struct scanner *s, struct dj_str *text)
{
    const char *begin = s->at;

    while (s->at < s->end && *s->at != '"') {
        s->at += *s->at == '\\' ? 2 : 1;
    }
    if (s->at >= s->end) {
        return false;
    }
    *text = (struct dj_str){ begin, (size_t)(s->at - begin) };
    s->at++;
    return true;
}

/* An object or array, up to the bracket that closes it. */
static bool skip_container(struct scanner *s)
{
    struct dj_str ignored;
    long depth = 0;

    do {
        const char byte = *s->at++;

        if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            depth--;
        } else if (byte == '"' && !scan_string(s, &ignored)) {
            return false;
        }
    } while (depth > 0 && s->at < s->end);
    return depth == 0;
}

static bool scan_value(struct scanner *s, struct dj_str *value)
{
    skip_blanks(s);
    if (s->at == s->end) {
        return false;
    }
    if (accept(s, '"')) {
        return scan_string(s, value);
    }
    *value = (struct dj_str){ s->at, 0 };
    if (*s->at == '{' || *s->at == '[') {
        return skip_container(s);
    }
    while (s->at < s->end && *s->at != ',' && *s->at != '}') {
        s->at++;
    }
    value->len = (size_t)(s->at - value->ptr);
    return value->len > 0;
}

/* Digits to a number; false when there are none or too many. */
static bool parse_count(struct dj_str digits, int64_t *value)
{
    *value = 0;
    if (digits.len == 0 || digits.len > 18) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
            return false;
        }
        *value = *value * 10 + (digits.ptr[i] - '0');
    }
    return true;
}

/* "1795557096.126077" in microseconds; more digits are cut. */
static bool parse_time(struct dj_str text, int64_t *micros)
{
    const char *point = memchr(text.ptr, '.', text.len);
    struct dj_str whole = text;
    struct dj_str rest = { "", 0 };
    int64_t fraction = 0;

    if (point != NULL) {
        whole.len = (size_t)(point - text.ptr);
        rest = (struct dj_str){ point + 1, text.len - whole.len - 1 };
    }
    if (whole.len > 12 || !parse_count(whole, micros)) {
        return false;
    }
    if (rest.len > 6) {
        rest.len = 6;
    }
    if (rest.len > 0 && !parse_count(rest, &fraction)) {
        return false;
    }
    for (size_t i = rest.len; i < 6; i++) {
        fraction *= 10;
    }
    *micros = *micros * 1000000 + fraction;
    return true;
}

/* The last number of id, which loses it with the '_' before. */
static bool take_number(struct dj_str *id, int64_t *value)
{
    size_t begin = id->len;
    struct dj_str digits;

    while (begin > 0 && id->ptr[begin - 1] != '_') {
        begin--;
    }
    if (begin == 0) {
        return false;
    }
    digits = (struct dj_str){ id->ptr + begin, id->len - begin };
    id->len = begin - 1;
    return parse_count(digits, value);
}

bool dj_event_look(struct dj_str line, struct dj_event_view *view)
{
    struct scanner s = { line.ptr, line.ptr + line.len };
    struct dj_str time = { "", 0 };
    struct dj_str id = { "", 0 };

    *view = (struct dj_event_view){ .partition = -1 };
    if (!accept(&s, '{')) {
        return false;
    }
    do {
        struct dj_str key, value;

        if (!accept(&s, '"') || !scan_string(&s, &key) || !accept(&s, ':') ||
            !scan_value(&s, &value)) {
            return false;
        }
        if (dj_str_is(key, "event_type")) {
            view->type = value;
        } else if (dj_str_is(key, "timestamp")) {
            time = value;
        } else if (dj_str_is(key, "message")) {
            view->message = value;
        } else if (dj_str_is(key, "event_id")) {
            id = value;
        } else if (dj_str_is(key, "operation_name")) {
            view->op = value;
        } else if (dj_str_is(key, "partition_id") &&
                   !parse_count(value, &view->partition)) {
            view->partition = -1;
        }
    } while (accept(&s, ','));
    if (!accept(&s, '}')) {
        return false;
    }
    skip_blanks(&s);
    return s.at == s.end && view->type.len > 0 && parse_time(time, &view->micros) &&
           take_number(&id, &view->seq) && take_number(&id, &view->rank) &&
           take_number(&id, &view->attempt);
}
