/* The rounds of a global operator in one process: sort, deal out, meet, join, apply. */
#include "support/global_run.h"

#include <stdlib.h>

#include "dj/hash.h"

/* --- records -------------------------------------------------------------------------
 */

void dj_notes_init(struct dj_notes *notes)
{
    dj_buf_init(&notes->bytes);
}

void dj_notes_release(struct dj_notes *notes)
{
    dj_buf_release(&notes->bytes);
}

size_t dj_notes_size(const struct dj_notes *notes)
{
    return notes->bytes.len / sizeof(struct dj_note);
}

struct dj_note *dj_notes_all(const struct dj_notes *notes)
{
    return (void *)notes->bytes.ptr;
}

static enum dj_status put(void *context, const struct dj_note *record,
                          struct dj_error *err)
{
    struct dj_notes *notes = context;
    const struct dj_str bytes = { (const void *)record, sizeof(*record) };

    return dj_buf_append(&notes->bytes, bytes) == DJ_OK
               ? DJ_OK
               : dj_fail(err, DJ_NOMEM, "no memory for the records of a test");
}

struct dj_sink dj_notes_sink(struct dj_notes *notes)
{
    return (struct dj_sink){ put, notes };
}

static int by_key(const void *a, const void *b)
{
    return dj_note_compare(a, b);
}

static int by_row(const void *a, const void *b)
{
    const struct dj_note *x = a;
    const struct dj_note *y = b;

    return x->row != y->row ? (x->row > y->row) - (x->row < y->row)
                            : dj_note_compare(x, y);
}

static int by_place(const void *a, const void *b)
{
    const struct dj_note *x = a;
    const struct dj_note *y = b;

    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : by_row(a, b);
}

static void sort(struct dj_notes *notes, int (*compare)(const void *, const void *))
{
    if (dj_notes_size(notes) > 1) {
        qsort(notes->bytes.ptr, dj_notes_size(notes), sizeof(struct dj_note), compare);
    }
}

/* --- rounds --------------------------------------------------------------------------
 */

static size_t rank_of(enum dj_meeting how, const struct dj_notes *notes, size_t i,
                      size_t ranks)
{
    const struct dj_note *note = &dj_notes_all(notes)[i];

    if (how == DJ_MEET_IN_ORDER) {
        return i * ranks / dj_notes_size(notes);
    }
    return dj_hash64((struct dj_str){ (const void *)note, 2 * sizeof(uint64_t) }) % ranks;
}

/* What one rank's records are when they have met. */
static enum dj_status meet_on(const struct dj_op *op, const struct dj_op_call *call,
                              const struct dj_round *round, const struct dj_notes *notes,
                              int64_t rows, size_t rank, size_t ranks,
                              const struct dj_sink *out)
{
    const struct dj_note *all = dj_notes_all(notes);
    void *state = dj_xcalloc(1, op->global->state_size + 1);
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < dj_notes_size(notes) && status == DJ_OK; i++) {
        const struct dj_met met = {
            .record = all[i],
            .first = i == 0 || all[i].hi != all[i - 1].hi || all[i].lo != all[i - 1].lo,
            .index = dj_i64_from_size(i),
            .total = dj_i64_from_size(dj_notes_size(notes)),
            .rows = rows,
        };

        if (rank_of(round->how, notes, i, ranks) == rank) {
            status = round->meet(call, state, &met, out);
        }
    }
    if (status == DJ_OK) {
        status = round->meet(call, state, NULL, out);
    }
    if (op->global->state_release != NULL) {
        op->global->state_release(state);
    }
    dj_xfree(state);
    return status;
}

static enum dj_status run_rounds(const struct dj_op *op, const struct dj_op_call *call,
                                 int64_t rows, size_t ranks, struct dj_notes *notes)
{
    for (size_t i = 0; i < DJ_GLOBAL_ROUNDS && op->global->rounds[i].meet != NULL; i++) {
        enum dj_status status = DJ_OK;
        struct dj_notes next;
        struct dj_sink out = dj_notes_sink(&next);

        dj_notes_init(&next);
        sort(notes, by_key);
        for (size_t rank = 0; rank < ranks && status == DJ_OK; rank++) {
            status =
                meet_on(op, call, &op->global->rounds[i], notes, rows, rank, ranks, &out);
        }
        dj_notes_release(notes);
        *notes = next;
        DJ_TRY(status);
    }
    return DJ_OK;
}

/* --- clusters ------------------------------------------------------------------------
 */

struct vertex {
    uint64_t weight, row;
    size_t parent; /* never a higher vertex */
};

static int compare_vertices(const void *a, const void *b)
{
    const struct vertex *x = a;
    const struct vertex *y = b;

    return x->weight != y->weight ? (x->weight > y->weight) - (x->weight < y->weight)
                                  : (x->row > y->row) - (x->row < y->row);
}

static size_t find(struct vertex *vertices, size_t count, uint64_t weight, uint64_t row)
{
    const struct vertex key = { weight, row, 0 };
    const struct vertex *found =
        bsearch(&key, vertices, count, sizeof(key), compare_vertices);
    size_t at = (size_t)(found - vertices);

    while (vertices[at].parent != at) {
        at = vertices[at].parent;
    }
    return at;
}

static enum dj_status join(struct dj_notes *notes, struct dj_error *err)
{
    const struct dj_note *edges = dj_notes_all(notes);
    const size_t nedges = dj_notes_size(notes);
    struct vertex *vertices = dj_xcalloc(2 * nedges + 1, sizeof(*vertices));
    struct dj_notes verdicts;
    enum dj_status status = DJ_OK;
    size_t count = 0;

    dj_notes_init(&verdicts);
    for (size_t i = 0; i < nedges; i++) {
        vertices[2 * i] = (struct vertex){ edges[i].hi, edges[i].lo, 0 };
        vertices[2 * i + 1] = (struct vertex){ edges[i].value, edges[i].row, 0 };
    }
    qsort(vertices, 2 * nedges, sizeof(*vertices), compare_vertices);
    for (size_t i = 0; i < 2 * nedges; i++) {
        if (count == 0 || compare_vertices(&vertices[count - 1], &vertices[i]) != 0) {
            vertices[count] = vertices[i];
            vertices[count].parent = count;
            count++;
        }
    }
    for (size_t i = 0; i < nedges; i++) {
        const size_t a = find(vertices, count, edges[i].hi, edges[i].lo);
        const size_t b = find(vertices, count, edges[i].value, edges[i].row);

        vertices[a > b ? a : b].parent = a > b ? b : a;
    }
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        const struct vertex v = vertices[i];
        const struct vertex root = vertices[find(vertices, count, v.weight, v.row)];
        const struct dj_note verdict = { root.weight, root.row, v.weight, v.row };

        if (v.parent != i) {
            status = put(&verdicts, &verdict, err);
        }
    }
    dj_xfree(vertices);
    dj_notes_release(notes);
    *notes = verdicts;
    return status;
}

/* --- verdicts ------------------------------------------------------------------------
 */

static enum dj_status verdicts_of(const struct dj_op *op, const struct dj_op_call *call,
                                  const struct dj_notes *notes, int64_t rows,
                                  size_t ranks, struct dj_notes *verdicts)
{
    dj_notes_init(verdicts);
    if (notes->bytes.len > 0 &&
        dj_buf_append(&verdicts->bytes, dj_buf_str(&notes->bytes)) != DJ_OK) {
        return dj_fail(call->err, DJ_NOMEM, "no memory for the records of a test");
    }
    DJ_TRY(run_rounds(op, call, rows, ranks, verdicts));
    if (op->global->verdicts == DJ_VERDICT_EDGES) {
        DJ_TRY(join(verdicts, call->err));
    }
    sort(verdicts, op->global->verdicts == DJ_VERDICT_ORDER ? by_place : by_row);
    return DJ_OK;
}

enum dj_status dj_global_run(const struct dj_op *op, const struct dj_op_call *call,
                             const struct dj_notes *notes, int64_t rows,
                             struct dj_notes *verdicts)
{
    static const size_t ranks[] = { 2, 3, 8 };
    enum dj_status status = verdicts_of(op, call, notes, rows, 1, verdicts);

    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]) && status == DJ_OK; i++) {
        struct dj_notes others;

        status = verdicts_of(op, call, notes, rows, ranks[i], &others);
        if (status == DJ_OK &&
            !dj_str_equal(dj_buf_str(&others.bytes), dj_buf_str(&verdicts->bytes))) {
            status = dj_fail(call->err, DJ_OP, "%zu ranks have other verdicts than one",
                             ranks[i]);
        }
        dj_notes_release(&others);
    }
    return status;
}

enum dj_status dj_global_apply(const struct dj_op *op, const struct dj_op_call *call,
                               const struct dj_notes *verdicts, struct dj_batch *batch,
                               size_t *order, size_t *count)
{
    const struct dj_note *all = dj_notes_all(verdicts);
    const size_t nverdicts = dj_notes_size(verdicts);
    bool *named = dj_xcalloc(dj_batch_count(batch) + 1, sizeof(*named));
    const bool ordered = op->global->verdicts == DJ_VERDICT_ORDER;
    enum dj_status status = DJ_OK;

    *count = 0;
    for (size_t i = 0; i < nverdicts && status == DJ_OK;) {
        const size_t row = all[i].row;
        size_t end = i + 1;

        while (!ordered && end < nverdicts && all[end].row == row) {
            end++;
        }
        named[row] = true;
        if (ordered) {
            order[(*count)++] = row;
        } else if (op->global->apply == NULL) {
            dj_batch_drop(batch, row);
        } else {
            status = op->global->apply(call, batch, row, &all[i], end - i);
        }
        i = end;
    }
    DJ_FOR_EACH_ROW (row, batch) {
        if (ordered && !named[row]) {
            dj_batch_drop(batch, row);
        } else if (!ordered) {
            order[(*count)++] = row;
        }
    }
    dj_xfree(named);
    return status;
}
