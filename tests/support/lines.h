/*
 * The lines of a file and its partitions by the plainest means: what the scan and
 * the reader must agree with. Also makes files that have every kind of line.
 */
#ifndef DJ_TESTS_SUPPORT_LINES_H
#define DJ_TESTS_SUPPORT_LINES_H

#include "dj/dataset.h"
#include "dj/hash.h"
#include "support/files.h"

struct plain_line {
    size_t begin, end;  /* with the line end */
    struct dj_str text; /* without it and without a byte order mark */
    int64_t number;
    bool blank;
};

struct plain_lines {
    size_t count;
    struct plain_line *items;
};

static inline struct plain_lines plain_lines_of(struct dj_str file)
{
    struct plain_lines lines = { 0 };
    size_t at = 0;

    while (at < file.len) {
        struct plain_line line = { .begin = at, .blank = true };
        size_t text = at;
        size_t end = at;

        while (end < file.len && file.ptr[end] != '\n') {
            end++;
        }
        line.end = end < file.len ? end + 1 : end;
        if (at == 0 && end >= 3 && memcmp(file.ptr, "\xEF\xBB\xBF", 3) == 0) {
            text = 3;
        }
        line.text = (struct dj_str){ file.ptr + text, end - text };
        if (end < file.len && end > text && file.ptr[end - 1] == '\r') {
            line.text.len--;
        }
        for (size_t i = text; i < end; i++) {
            line.blank = line.blank && strchr(" \t\r", file.ptr[i]) != NULL;
        }
        line.number = (int64_t)lines.count + 1;
        lines.items = dj_xrealloc(lines.items, (lines.count + 1) * sizeof(line));
        lines.items[lines.count++] = line;
        at = line.end;
    }
    return lines;
}

/* Block by block and row by row, as dj/dataset.h promises. */
static inline void plain_cut(struct dj_str file, int64_t index, struct dj_cut cut,
                             struct dj_partitions *partitions)
{
    struct plain_lines lines = plain_lines_of(file);
    size_t i = 0;

    while (i < lines.count) {
        const size_t begin = lines.items[i].begin;
        struct dj_partition partition = {
            .id = (int64_t)partitions->count,
            .file = index,
            .offset = (int64_t)begin,
            .first_line = lines.items[i].number,
        };
        size_t end = begin;

        while (i < lines.count && partition.rows < cut.max_rows &&
               (int64_t)lines.items[i].begin / cut.max_bytes ==
                   (int64_t)begin / cut.max_bytes) {
            end = lines.items[i].end;
            partition.lines++;
            partition.rows += !lines.items[i].blank;
            i++;
        }
        partition.bytes = (int64_t)(end - begin);
        partition.digest = dj_hash64((struct dj_str){ file.ptr + begin, end - begin });
        if (partition.rows > 0) {
            DJ_CHECK_OK(dj_partitions_add(partitions, &partition));
        }
    }
    dj_xfree(lines.items);
}

/* Random lines: short, long, blank, CRLF; perhaps a byte order mark, no last LF. */
static inline void plain_make(struct dj_buf *out, uint64_t *seed, size_t lines,
                              size_t longest)
{
    static const char *const blanks[] = {
        "", " ", "\t\t", "\r", "  \r", "\r\r\r", "     "
    };

    if (files_random(seed) % 3 == 0) {
        files_add(out, DJ_STR("\xEF\xBB\xBF"));
    }
    for (size_t i = 0; i < lines; i++) {
        const uint32_t kind = files_random(seed) % 8;

        if (kind == 0) {
            files_add(out, dj_str_from(blanks[files_random(seed) % 7]));
        } else {
            size_t len = 1 + files_random(seed) % longest;

            if (kind == 1) {
                files_add(out, DJ_STR("  "));
            }
            while (len-- > 0) {
                DJ_CHECK_OK(dj_buf_putc(out, "ab{}\" \t\xC3"[files_random(seed) % 8]));
            }
            if (kind == 2) {
                files_add(out, DJ_STR("\r"));
            }
        }
        if (i + 1 < lines || files_random(seed) % 2 == 0) {
            files_add(out, DJ_STR("\n"));
        }
    }
}

/* The list of one file, as dj_sources_find gives it. */
static inline struct dj_sources plain_sources(const char *path)
{
    const struct dj_strs paths = { true, 1, &path };
    const struct dj_strs none = { 0 };
    struct dj_sources sources;
    struct dj_error err;

    DJ_CHECK_OK(dj_sources_find(&paths, &none, &sources, &err));
    return sources;
}

/* What every rank of nranks finds, together and numbered. */
static inline struct dj_partitions plain_scan(struct dj_sources *sources,
                                              struct dj_cut cut, int nranks,
                                              const char *spool_dir)
{
    struct dj_partitions partitions = { 0 };

    /* Backwards: the order of arrival must not matter. */
    for (int rank = nranks - 1; rank >= 0; rank--) {
        struct dj_error err;

        DJ_CHECK_OK(
            dj_partitions_scan(sources, cut, rank, nranks, spool_dir, &partitions, &err));
    }
    dj_partitions_number(&partitions);
    return partitions;
}

enum { PLAIN_ALL, PLAIN_CONTENT /* not where it is stored */ };

static inline void plain_check_same(const struct dj_partitions *actual,
                                    const struct dj_partitions *expected, int what)
{
    DJ_CHECK_INT(actual->count, expected->count);
    for (size_t i = 0; i < actual->count; i++) {
        const struct dj_partition *a = &actual->items[i];
        const struct dj_partition *e = &expected->items[i];

        DJ_CHECK_INT(a->id, e->id);
        DJ_CHECK_INT(a->file, e->file);
        DJ_CHECK_INT(a->bytes, e->bytes);
        DJ_CHECK_INT(a->rows, e->rows);
        DJ_CHECK_INT(a->first_line, e->first_line);
        DJ_CHECK_INT(a->lines, e->lines);
        DJ_CHECK(a->digest == e->digest);
        if (what == PLAIN_ALL) {
            DJ_CHECK_INT(a->offset, e->offset);
            DJ_CHECK_INT(a->skip, e->skip);
        }
    }
}

#endif
