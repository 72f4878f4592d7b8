/*
 * Shingles of a text: lower case, what is to be ignored taken out, one blank between
 * tokens, and a list of where tokens begin.
 */
#include "dj/shingles.h"

#include "dj/regex.h"

struct dj_shingles {
    struct dj_shingles_spec spec;
    struct dj_regex *ignore;
    struct dj_template *nothing;
    struct dj_buf lower;
    struct dj_buf rest;
    struct dj_buf form;   /* the text that shingles are pieces of, if it was made */
    const char *bytes;    /* the text that they are pieces of */
    struct dj_buf starts; /* uint32_t: of each token; one more, where another would be */
    size_t gap;           /* bytes between tokens */
};

enum dj_status dj_shingles_new(const struct dj_shingles_spec *spec,
                               struct dj_shingles **made, struct dj_error *err)
{
    struct dj_shingles *shingles = dj_xmalloc(sizeof(*shingles));
    enum dj_status status = DJ_OK;

    shingles->spec = *spec;
    shingles->gap = spec->tokens != DJ_TOKENS_CHARACTER;
    dj_buf_init(&shingles->lower);
    dj_buf_init(&shingles->rest);
    dj_buf_init(&shingles->form);
    dj_buf_init(&shingles->starts);
    if (spec->ignore != NULL && spec->ignore[0] != '\0') {
        status = dj_regex_new(spec->ignore, DJ_REGEX_REGEX, 0, &shingles->ignore, err);
        if (status == DJ_OK) {
            status = dj_template_new("", shingles->ignore, &shingles->nothing, err);
        }
    }
    if (status != DJ_OK) {
        dj_shingles_free(shingles);
        return status;
    }
    *made = shingles;
    return DJ_OK;
}

void dj_shingles_free(struct dj_shingles *shingles)
{
    if (shingles == NULL) {
        return;
    }
    dj_template_free(shingles->nothing);
    dj_regex_free(shingles->ignore);
    dj_buf_release(&shingles->lower);
    dj_buf_release(&shingles->rest);
    dj_buf_release(&shingles->form);
    dj_buf_release(&shingles->starts);
    dj_xfree(shingles);
}

/* --- where tokens begin --------------------------------------------------------------
 */

/* Drops blanks at both ends and all but one of several. */
static size_t part_at_blanks(struct dj_str text, char *form, uint32_t *starts)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    char *out = form;
    size_t count = 0;

    while (p < end) {
        const char *next;

        if (*p == ' ') {
            p++;
            continue;
        }
        next = memchr(p, ' ', (size_t)(end - p));
        next = next == NULL ? end : next;
        starts[count++] = (uint32_t)(out - form);
        memcpy(out, p, (size_t)(next - p));
        out += next - p;
        *out++ = ' ';
        p = next;
    }
    starts[count] = (uint32_t)(out - form);
    return count;
}

/* Puts a blank in place of every punctuation character. */
static size_t part_at_punctuation(struct dj_str text, char *form, uint32_t *starts)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    char *out = form;
    size_t count = 1;

    starts[0] = 0;
    while (p < end) {
        const char *before = p;
        const uint32_t c = dj_utf8_next(&p);

        if ((dj_char_class(c) & DJ_CHAR_REGEX_PUNCT) != 0) {
            *out++ = ' ';
            starts[count++] = (uint32_t)(out - form);
        } else {
            memcpy(out, before, 4); /* never beyond the padding */
            out += p - before;
        }
    }
    starts[count] = (uint32_t)(out - form) + 1;
    return count;
}

static size_t part_at_characters(struct dj_str text, uint32_t *starts)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) { /* written always, counted if it begins one */
        starts[count] = (uint32_t)i;
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    }
    starts[count] = (uint32_t)text.len;
    return count;
}

/* Lower case and without what is ignored; what text points to afterwards is kept here. */
static enum dj_status reduce(struct dj_shingles *shingles, struct dj_str *text,
                             struct dj_error *err)
{
    bool changed = false;

    if (shingles->spec.lowercase) {
        dj_buf_reset(&shingles->lower);
        if (dj_text_lower(*text, &shingles->lower) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for a text in lower case");
        }
        *text = dj_buf_str(&shingles->lower);
    }
    if (shingles->ignore != NULL) {
        dj_buf_reset(&shingles->rest);
        DJ_TRY(dj_regex_sub(shingles->ignore, shingles->nothing, *text, &shingles->rest,
                            &changed, err));
        if (changed) {
            *text = dj_buf_str(&shingles->rest);
        }
    }
    return DJ_OK;
}

enum dj_status dj_shingles_of(struct dj_shingles *shingles, struct dj_str text,
                              size_t *count, struct dj_error *err)
{
    size_t ntokens;
    uint32_t *starts;

    DJ_TRY(reduce(shingles, &text, err));
    if (text.len >= UINT32_MAX - DJ_PADDING) {
        return dj_fail(err, DJ_OP, "a text of 4 GiB or more cannot be compared");
    }
    dj_buf_reset(&shingles->form);
    dj_buf_reset(&shingles->starts);
    if (dj_buf_reserve(&shingles->form, text.len + 1) != DJ_OK ||
        dj_buf_reserve(&shingles->starts, (text.len + 2) * sizeof(*starts)) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the tokens of a text");
    }
    starts = (void *)shingles->starts.ptr;
    shingles->bytes = shingles->form.ptr;
    switch (shingles->spec.tokens) {
    case DJ_TOKENS_SPACE:
        ntokens = part_at_blanks(text, shingles->form.ptr, starts);
        break;
    case DJ_TOKENS_PUNCTUATION:
        ntokens = part_at_punctuation(text, shingles->form.ptr, starts);
        break;
    default:
        ntokens = part_at_characters(text, starts);
        shingles->bytes = text.ptr;
        break;
    }
    *count = ntokens < shingles->spec.window ? 0 : ntokens - shingles->spec.window + 1;
    return DJ_OK;
}

void dj_shingles_get(const struct dj_shingles *shingles, size_t first, size_t count,
                     struct dj_str *out)
{
    const uint32_t *starts = (const void *)shingles->starts.ptr;
    const uint32_t *ends = starts + shingles->spec.window;

    for (size_t i = first; i < first + count; i++) {
        *out++ = (struct dj_str){ shingles->bytes + starts[i],
                                  ends[i] - shingles->gap - starts[i] };
    }
}
