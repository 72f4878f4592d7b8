/* Appending words and numbers to a line, fast: no printf. */
#include "event/event_private.h"

void dj_line_put(struct dj_line *line, struct dj_str bytes)
{
    if (line->status == DJ_OK) {
        line->status = dj_buf_append(line->out, bytes);
    }
}

void dj_line_text(struct dj_line *line, const char *text)
{
    dj_line_put(line, dj_str_from(text));
}

void dj_line_int(struct dj_line *line, int64_t value)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        dj_line_put(line, DJ_STR("-"));
    }
    dj_line_put(line, (struct dj_str){ digits + at, sizeof(digits) - at });
}

void dj_line_fixed(struct dj_line *line, int64_t value, int digits)
{
    char fraction[20];
    int64_t rest = value;

    for (int i = digits; i > 0; i--) {
        fraction[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    fraction[0] = '.';
    dj_line_int(line, rest);
    dj_line_put(line, (struct dj_str){ fraction, (size_t)digits + 1 });
}
