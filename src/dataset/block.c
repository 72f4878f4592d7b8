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

bool dj_block_fault(struct dj_str *line, struct dj_str *reason)
{
    static const struct dj_str mark = { DJ_LINE_FAULT, sizeof(DJ_LINE_FAULT) - 1 };
    const char *end;

    if (line->len < mark.len || memcmp(line->ptr, mark.ptr, mark.len) != 0) {
        return false;
    }
    end = memchr(line->ptr, DJ_LINE_FAULT_END[0], line->len);
    if (end == NULL) {
        return false;
    }
    *reason =
        (struct dj_str){ line->ptr + mark.len, (size_t)(end - line->ptr) - mark.len };
    line->len -= (size_t)(end + 1 - line->ptr);
    line->ptr = end + 1;
    return true;
}

const struct dj_source_file *dj_partition_file(const struct dj_sources *sources,
                                               const struct dj_partition *partition,
                                               int64_t *line)
{
    const struct dj_source_file *file = &sources->files[partition->file];

    if (file->format == DJ_SOURCE_TEXT) { /* a line a file, from this one on */
        file += *line - 1;
        *line = 1;
    }
    return file;
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
