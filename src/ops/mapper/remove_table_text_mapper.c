/*
 * remove_table_text_mapper: removes the lines of tables: two or more lines one after
 * the other, blank ones between or behind them included, that have the same number of
 * cells. Cells are parted by exactly one blank, tab or bar; a bar may also be part of
 * a cell. Tables with the fewest columns go first; what is left is looked at again for
 * the next number. As in Data-Juicer, the first line of a text is in no table, nor is
 * a last one without a line feed; and lines of prose that happen to have the same
 * number of words are a table.
 */
#include "dj/cells.h"
#include "dj/cuts.h"
#include "dj/op.h"

struct conf {
    int64_t min_col;
    int64_t max_col;
};

static const struct dj_param params[] = {
    DJ_PARAM_INT_(struct conf, min_col, 2, 2, DJ_CELLS_MAX, "fewest columns of a table"),
    DJ_PARAM_INT_(struct conf, max_col, DJ_CELLS_MAX, 2, DJ_CELLS_MAX,
                  "most columns of a table"),
    DJ_PARAM_END,
};

/* A line with something in it, up to the beginning of the next such line. */
struct line {
    size_t start;
    size_t end;
    uint32_t gaps; /* bit n: it can be read with n gaps between cells */
};

struct state {
    struct dj_buf lines; /* of struct line */
    struct dj_cuts *cuts;
};

/* --- lines ---------------------------------------------------------------------------
 */

static size_t skip_feeds(struct dj_str text, size_t pos)
{
    while (pos < text.len && text.ptr[pos] == '\n') {
        pos++;
    }
    return pos;
}

/* The lines that end with a line feed. *both: gaps that two neighbours share. */
static enum dj_status read_lines(struct dj_str text, struct dj_buf *lines, uint32_t *both)
{
    struct line line = { .start = skip_feeds(text, 0) };
    uint32_t before = 0;

    *both = 0;
    while (line.start < text.len) {
        const char *start = text.ptr + line.start;
        const char *feed = memchr(start, '\n', text.len - line.start);

        if (feed == NULL) {
            break;
        }
        line.end = skip_feeds(text, (size_t)(feed - text.ptr) + 1);
        /* What begins a text has no line feed before it. */
        line.gaps = line.start == 0
                        ? 0
                        : dj_cells_gaps((struct dj_str){ start, (size_t)(feed - start) });
        *both |= before & line.gaps;
        before = line.gaps;
        DJ_TRY(
            dj_buf_append(lines, (struct dj_str){ (const char *)&line, sizeof(line) }));
        line.start = line.end;
    }
    return DJ_OK;
}

/* Takes out each run of two or more lines with this number of gaps; returns how many
 * lines are left. */
static size_t drop_runs(struct line *lines, size_t count, uint32_t bit)
{
    size_t kept = 0;
    size_t i = 0;

    while (i < count) {
        size_t end = i;

        while (end < count && (lines[end].gaps & bit) != 0) {
            end++;
        }
        if (end - i >= 2) {
            i = end;
        } else {
            lines[kept++] = lines[i++];
        }
    }
    return kept;
}

/* What is not in one of the lines that are left, from the first line on, goes. */
static enum dj_status cut_between(const struct line *lines, size_t count, size_t start,
                                  size_t end, struct dj_cuts *cuts)
{
    for (size_t i = 0; i < count; i++) {
        DJ_TRY(dj_cuts_add(cuts, start, lines[i].start));
        start = lines[i].end;
    }
    return dj_cuts_add(cuts, start, end);
}

static enum dj_status find_tables(const struct conf *conf, struct state *state,
                                  struct dj_str text)
{
    struct line *lines;
    uint32_t both;
    size_t count, start, end;

    dj_buf_reset(&state->lines);
    dj_cuts_reset(state->cuts);
    DJ_TRY(read_lines(text, &state->lines, &both));
    both &= ((uint32_t)1 << conf->max_col) - ((uint32_t)1 << (conf->min_col - 1));
    if (both == 0 || conf->min_col > conf->max_col) {
        return DJ_OK;
    }
    lines = (struct line *)(void *)state->lines.ptr;
    count = state->lines.len / sizeof(*lines);
    start = lines[0].start;
    end = lines[count - 1].end;
    for (int64_t gaps = conf->min_col - 1; gaps < conf->max_col; gaps++) {
        count = drop_runs(lines, count, (uint32_t)1 << gaps);
    }
    return cut_between(lines, count, start, end, state->cuts);
}

/* --- the operator --------------------------------------------------------------------
 */

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    struct state *made = dj_xmalloc(sizeof(*made));

    (void)call;
    dj_buf_init(&made->lines);
    made->cuts = dj_cuts_new();
    *state = made;
    return DJ_OK;
}

static void close_op(void *state)
{
    struct state *made = state;

    dj_buf_release(&made->lines);
    dj_cuts_free(made->cuts);
    dj_xfree(made);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const enum dj_status status =
            find_tables(call->conf, state, dj_batch_text(batch, row));

        if (status != DJ_OK) {
            return dj_fail(call->err, status, "no memory for the lines of a text");
        }
        DJ_TRY(dj_op_cut(call, batch, row, state->cuts));
    }
    return DJ_OK;
}

const struct dj_op dj_op_remove_table_text_mapper = {
    .name = "remove_table_text_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove the lines of tables",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};
