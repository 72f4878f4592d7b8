/*
 * Replacement templates of Python's sub(), and sub() itself. re and regex agree but
 * for \x, \u and \U, which only regex knows, and for large octal numbers.
 */
#include <stdio.h>

#include "dj/text.h"

#include "text/regex_private.h"

/* A piece of text, or a group. */
struct part {
    bool is_group;
    size_t group;
    size_t start, len; /* in literals */
};

struct dj_template {
    struct part *parts;
    size_t nparts;
    struct dj_rx_text literals;
    size_t top_group;
};

/* Reads a template; at is the offset of the backslash that is being read. */
struct reader {
    struct dj_str src;
    size_t pos;
    size_t at;
    const struct dj_regex *regex;
    struct dj_template *tmpl;
    struct dj_error *err;
};

static enum dj_status refuse(const struct reader *r, const char *fmt, ...)
    DJ_PRINTF(2, 3);

static enum dj_status refuse(const struct reader *r, const char *fmt, ...)
{
    char what[160];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return dj_fail(r->err, DJ_CONFIG, "%s at position %zu", what,
                   dj_utf8_length((struct dj_str){ r->src.ptr, r->at }));
}

static struct part *new_part(struct dj_template *tmpl)
{
    tmpl->parts = dj_xrealloc(tmpl->parts, (tmpl->nparts + 1) * sizeof(struct part));
    tmpl->parts[tmpl->nparts] = (struct part){ .start = tmpl->literals.len };
    return &tmpl->parts[tmpl->nparts++];
}

static void add_literal(struct dj_template *tmpl, const char *bytes, size_t len)
{
    struct part *last = tmpl->nparts == 0 ? NULL : &tmpl->parts[tmpl->nparts - 1];

    if (last == NULL || last->is_group) {
        last = new_part(tmpl);
    }
    dj_rx_put(&tmpl->literals, bytes, len);
    last->len += len;
}

static void add_char(struct dj_template *tmpl, uint32_t c)
{
    char bytes[4];

    add_literal(tmpl, bytes, dj_utf8_put(bytes, c));
}

static enum dj_status add_group(struct reader *r, size_t group)
{
    struct part *part;

    if (group > dj_regex_groups(r->regex)) {
        return refuse(r, "invalid group reference %zu", group);
    }
    part = new_part(r->tmpl);
    part->is_group = true;
    part->group = group;
    if (group > r->tmpl->top_group) {
        r->tmpl->top_group = group;
    }
    return DJ_OK;
}

static int digit_at(const struct reader *r, size_t pos, int base)
{
    const int c = pos < r->src.len ? (unsigned char)r->src.ptr[pos] : 0;
    int value = -1;

    if (c >= '0' && c <= '9') {
        value = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        value = (c | 0x20) - 'a' + 10;
    }
    return value < base ? value : -1;
}

/* \x41 \u00e9 \U0001f600; r->pos stands behind the letter. */
static enum dj_status hex(struct reader *r, char letter)
{
    const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    uint64_t value = 0;

    for (size_t i = 0; i < digits; i++) {
        const int digit = digit_at(r, r->pos, 16);

        if (digit < 0) {
            return refuse(r, "incomplete escape \\%c", letter);
        }
        value = value * 16 + (uint64_t)digit;
        r->pos++;
    }
    if (value > DJ_RX_MAX || (value >= 0xd800 && value <= 0xdfff)) {
        return refuse(r, "bad escape: no such character");
    }
    add_char(r->tmpl, (uint32_t)value);
    return DJ_OK;
}

/* \g<name> or \g<1>; r->pos stands behind the letter. */
static enum dj_status named_group(struct reader *r)
{
    const char *start = r->src.ptr + r->pos + 1;
    const char *end;
    struct dj_str name;
    size_t group = 0;
    bool digits = true;

    if (r->pos >= r->src.len || r->src.ptr[r->pos] != '<') {
        return refuse(r, "missing < after \\g");
    }
    end = memchr(start, '>', r->src.len - r->pos - 1);
    if (end == NULL || end == start) {
        return refuse(r, end == NULL ? "missing > after \\g<" : "missing group name");
    }
    name = (struct dj_str){ start, (size_t)(end - start) };
    r->pos = (size_t)(end - r->src.ptr) + 1;
    for (size_t i = 0; i < name.len; i++) {
        digits = digits && name.ptr[i] >= '0' && name.ptr[i] <= '9';
        group =
            digits && group < 100000 ? group * 10 + (size_t)(name.ptr[i] - '0') : group;
    }
    if (!digits) {
        group = dj_regex_group_named(r->regex, name);
        if (group == 0) {
            return refuse(r, "unknown group name \"%.*s\"",
                          name.len > 80 ? 80 : (int)name.len, name.ptr);
        }
    }
    return add_group(r, group);
}

/* \0 and three octal digits are characters, else one or two digits are a group. */
static enum dj_status number(struct reader *r)
{
    const int first = digit_at(r, r->pos, 10);
    const int second = digit_at(r, r->pos + 1, 10);
    size_t len = 1;
    uint32_t value = (uint32_t)first;

    if (first == 0) {
        while (len < 3 && digit_at(r, r->pos + len, 8) >= 0) {
            value = value * 8 + (uint32_t)digit_at(r, r->pos + len, 8);
            len++;
        }
        r->pos += len;
        add_char(r->tmpl, value);
        return DJ_OK;
    }
    if (first < 8 && second >= 0 && second < 8 && digit_at(r, r->pos + 2, 8) >= 0) {
        value = (uint32_t)(first * 64 + second * 8 + digit_at(r, r->pos + 2, 8));
        if (dj_regex_flavor_of(r->regex) == DJ_REGEX_RE && value > 0xff) {
            return refuse(r, "octal escape outside of range 0-0o377");
        }
        r->pos += 3;
        add_char(r->tmpl, value & 0x1ff);
        return DJ_OK;
    }
    r->pos += second < 0 ? 1 : 2;
    return add_group(r, (size_t)(second < 0 ? first : first * 10 + second));
}

static enum dj_status escape(struct reader *r)
{
    static const char letters[] = "abfnrtv\\";
    static const char values[] = "\a\b\f\n\r\t\v\\";
    const bool regex = dj_regex_flavor_of(r->regex) == DJ_REGEX_REGEX;
    const char *control;
    char c;

    r->at = r->pos++;
    if (r->pos >= r->src.len) {
        return refuse(r, "bad escape (end of pattern)");
    }
    c = r->src.ptr[r->pos];
    if (c >= '0' && c <= '9') {
        return number(r);
    }
    control = strchr(letters, c);
    if (c != '\0' && control != NULL) {
        add_literal(r->tmpl, &values[control - letters], 1);
        r->pos++;
        return DJ_OK;
    }
    if ((c | 0x20) < 'a' || (c | 0x20) > 'z') {
        add_literal(r->tmpl, "\\", 1); /* the character follows as itself */
        return DJ_OK;
    }
    r->pos++;
    if (c == 'g') {
        return named_group(r);
    }
    if (regex && (c == 'x' || c == 'u' || c == 'U')) {
        return hex(r, c);
    }
    return refuse(r, "bad escape \\%c", c);
}

static enum dj_status parse(struct reader *r)
{
    while (r->pos < r->src.len) {
        const char *rest = r->src.ptr + r->pos;
        const char *backslash = memchr(rest, '\\', r->src.len - r->pos);
        const size_t len =
            backslash == NULL ? r->src.len - r->pos : (size_t)(backslash - rest);

        if (len > 0) {
            add_literal(r->tmpl, rest, len);
            r->pos += len;
        }
        if (backslash != NULL) {
            DJ_TRY(escape(r));
        }
    }
    return DJ_OK;
}

enum dj_status dj_template_new(const char *text, const struct dj_regex *regex,
                               struct dj_template **tmpl, struct dj_error *err)
{
    struct dj_template *made = dj_xcalloc(1, sizeof(*made));
    struct reader reader = {
        .src = dj_str_from(text),
        .regex = regex,
        .tmpl = made,
        .err = err,
    };
    enum dj_status status = DJ_OK;
    size_t bad;

    if (!dj_utf8_valid(reader.src, &bad)) {
        status = dj_fail(err, DJ_CONFIG, "the template is not UTF-8");
    } else {
        status = parse(&reader);
    }
    if (status != DJ_OK) {
        dj_template_free(made);
        made = NULL;
    }
    *tmpl = made;
    return status;
}

void dj_template_free(struct dj_template *tmpl)
{
    if (tmpl != NULL) {
        dj_xfree(tmpl->parts);
        dj_xfree(tmpl->literals.ptr);
        dj_xfree(tmpl);
    }
}

size_t dj_template_top_group(const struct dj_template *tmpl)
{
    return tmpl->top_group;
}

enum dj_status dj_template_fill(const struct dj_template *tmpl, const size_t *bounds,
                                struct dj_str text, struct dj_buf *out)
{
    for (size_t i = 0; i < tmpl->nparts; i++) {
        const struct part *part = &tmpl->parts[i];
        struct dj_str piece;

        if (!part->is_group) {
            piece = (struct dj_str){ tmpl->literals.ptr + part->start, part->len };
        } else {
            const size_t start = bounds[2 * part->group];
            const size_t end = bounds[2 * part->group + 1];

            if (start == SIZE_MAX || start == end) {
                continue;
            }
            piece = (struct dj_str){ text.ptr + start, end - start };
        }
        DJ_TRY(dj_buf_append(out, piece));
    }
    return DJ_OK;
}

enum dj_status dj_template_expand(const struct dj_template *tmpl,
                                  const struct dj_regex *regex, struct dj_str text,
                                  struct dj_buf *out)
{
    return dj_template_fill(tmpl, dj_regex_bounds(regex), text, out);
}

enum dj_status dj_regex_sub(struct dj_regex *regex, const struct dj_template *tmpl,
                            struct dj_str text, struct dj_buf *out, bool *changed,
                            struct dj_error *err)
{
    size_t copied = 0;
    size_t start, end;
    bool found;

    *changed = false;
    dj_regex_begin(regex, text);
    for (;;) {
        DJ_TRY(dj_regex_next(regex, &found, &start, &end, err));
        if (!found) {
            break;
        }
        if (start > copied) {
            DJ_TRY(
                dj_buf_append(out, (struct dj_str){ text.ptr + copied, start - copied }));
        }
        DJ_TRY(dj_template_expand(tmpl, regex, text, out));
        copied = end;
        *changed = true;
    }
    if (*changed && copied < text.len) {
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ text.ptr + copied, text.len - copied }));
    }
    return DJ_OK;
}
