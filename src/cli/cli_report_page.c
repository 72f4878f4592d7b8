/* Writing HTML: text of anybody is escaped here, and nowhere else. */
#include "cli/cli_report.h"

#include <stdio.h>

void dj_html_raw(struct dj_html *html, const char *markup)
{
    if (html->status == DJ_OK) {
        html->status = dj_buf_append(html->out, dj_str_from(markup));
    }
}

void dj_html_format(struct dj_html *html, const char *fmt, ...)
{
    struct dj_error text;
    va_list args;

    va_start(args, fmt);
    (void)dj_vfail(&text, DJ_OK, fmt, args);
    va_end(args);
    dj_html_raw(html, text.text);
}

/* What a byte becomes; NULL: itself. */
static const char *escape(unsigned char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return NULL;
    default:
        /* Other control characters have no place in HTML, not even by number. */
        return byte < 0x20 || byte == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

static void put(struct dj_html *html, struct dj_str text)
{
    size_t begin = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *instead = escape((unsigned char)text.ptr[i]);

        if (instead != NULL && html->status == DJ_OK) {
            html->status =
                dj_buf_append(html->out, (struct dj_str){ text.ptr + begin, i - begin });
            dj_html_raw(html, instead);
            begin = i + 1;
        }
    }
    if (html->status == DJ_OK) {
        html->status = dj_buf_append(
            html->out, (struct dj_str){ text.ptr + begin, text.len - begin });
    }
}

void dj_html_text(struct dj_html *html, const char *text)
{
    struct dj_str rest = dj_str_from(text == NULL ? "–" : text);

    while (rest.len > 0) {
        const size_t valid = dj_json_utf8_prefix(rest);

        put(html, (struct dj_str){ rest.ptr, valid });
        rest.ptr += valid;
        rest.len -= valid;
        if (rest.len > 0) { /* a byte that is no UTF-8 */
            dj_html_raw(html, "\xef\xbf\xbd");
            rest.ptr++;
            rest.len--;
        }
    }
}
