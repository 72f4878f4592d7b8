/* Steps through the lines of a block. What is blank here is blank in cutter.c. */
#include "dj/dataset.h"

static bool is_blank(struct dj_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r') {
            return false;
        }
    }
    return true;
}

bool dj_block_line(struct dj_str *rest, struct dj_str *line, int64_t *number)
{
    while (rest->len > 0) {
        const char *lf = memchr(rest->ptr, '\n', rest->len);
        const size_t taken = lf == NULL ? rest->len : (size_t)(lf - rest->ptr) + 1;

        *line = (struct dj_str){ rest->ptr, lf == NULL ? taken : taken - 1 };
        rest->ptr += taken;
        rest->len -= taken;
        if (lf != NULL && line->len > 0 && line->ptr[line->len - 1] == '\r') {
            line->len--;
        }
        if (++*number == 1 && line->len >= 3 &&
            memcmp(line->ptr, "\xEF\xBB\xBF", 3) == 0) {
            line->ptr += 3;
            line->len -= 3;
        }
        if (!is_blank(*line)) {
            return true;
        }
    }
    return false;
}
