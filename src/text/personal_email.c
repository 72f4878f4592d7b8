/*
 * Mail addresses, [a-zA-Z0-9][\w.+-]*@[\w.-]+\.(?:[a-zA-Z]{2,}|\w{2,}), by hand: a long
 * word without "@" makes the pattern look through its rest from each of its letters.
 */
#include "text/personal_private.h"

static bool is_word(uint32_t c)
{
    return c == '_' || (dj_char_class(c) & DJ_CHAR_ALNUM) != 0;
}

/* The beginning of the local part that ends at p and begins at or behind from. */
static const char *local_part(const char *from, const char *p)
{
    const char *begin = NULL;

    while (p > from) {
        const char *before = dj_previous_char(p);
        const char *next = before;
        const uint32_t c = dj_utf8_next(&next);

        if (!is_word(c) && c != '.' && c != '+' && c != '-') {
            break;
        }
        if (dj_is_ascii_letter(c) || (c >= '0' && c <= '9')) {
            begin = before;
        }
        p = before;
    }
    return begin;
}

/* How far what is behind a dot reaches: letters, else word characters; two at least. */
static const char *top_part(const char *p, const char *end)
{
    const char *letters = p;
    const char *word = p;
    size_t count = 0;

    while (letters < end && dj_is_ascii_letter((unsigned char)*letters)) {
        letters++;
    }
    if (letters - p >= 2) {
        return letters;
    }
    while (word < end) {
        const char *next = word;

        if (!is_word(dj_utf8_next(&next))) {
            break;
        }
        word = next;
        count++;
    }
    return count >= 2 ? word : NULL;
}

/* The end of the domain that begins at p; NULL: it is none. */
static const char *domain(const char *p, const char *end)
{
    const char *stop = p;

    while (stop < end) {
        const char *next = stop;
        const uint32_t c = dj_utf8_next(&next);

        if (!is_word(c) && c != '.' && c != '-') {
            break;
        }
        stop = next;
    }
    for (const char *dot = stop; dot > p + 1;) {
        const char *top;

        dot = memrchr(p + 1, '.', (size_t)(dot - p - 1));
        if (dot == NULL) {
            return NULL;
        }
        top = top_part(dot + 1, stop);
        if (top != NULL) {
            return top;
        }
    }
    return NULL;
}

enum dj_status dj_personal_sub_emails(const struct dj_template *tmpl, struct dj_str text,
                                      struct dj_buf *out, bool *changed)
{
    const char *const end = text.ptr + text.len;
    const char *copied = text.ptr;
    const char *p = text.ptr;

    *changed = false;
    while ((p = memchr(p, '@', (size_t)(end - p))) != NULL) {
        const char *begin = local_part(copied, p);
        const char *stop = begin == NULL ? NULL : domain(p + 1, end);

        p++;
        if (stop == NULL) {
            continue;
        }
        const size_t bounds[2] = { (size_t)(begin - text.ptr),
                                   (size_t)(stop - text.ptr) };

        DJ_TRY(dj_buf_append(out, (struct dj_str){ copied, (size_t)(begin - copied) }));
        DJ_TRY(dj_template_fill(tmpl, bounds, text, out));
        copied = stop;
        p = stop;
        *changed = true;
    }
    return *changed
               ? dj_buf_append(out, (struct dj_str){ copied, (size_t)(end - copied) })
               : DJ_OK;
}
