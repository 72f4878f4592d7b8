/*
 * Opens the operators of a recipe, lays out the batches they need, and runs them.
 * What a failing operator did to a batch is undone, and it is run on ever smaller
 * parts until the rows at fault are known.
 */
#include "op/chain_private.h"

#include "dj/clock.h"
#include "dj/fault.h"
#include "dj/global.h"

enum { SCRATCH_BLOCK = 256 << 10 };

/* --- open --------------------------------------------------------------------------- */

struct dj_op_call dj_chain_call(const struct dj_chain *chain, const struct link *link,
                                struct dj_error *err)
{
    return (struct dj_op_call){
        .conf = link->op->conf,
        .common = &link->op->common,
        .text_key = chain->layout.texts[link->text],
        .state = link->state,
        .scratch = chain->scratch,
        .err = err,
    };
}

static bool reads_text(const struct link *link)
{
    return (link->op->op->flags & (DJ_OP_NO_TEXT | DJ_OP_SETS_TEXT)) == 0;
}

/* The text key of an operator. */
static const char *text_key_of(const struct link *link, const struct dj_strs *text_keys)
{
    const char *key = link->op->common.text_key;

    return key == NULL ? text_keys->items[0] : key;
}

/* Place of name in names, where it is put at the end when it is new. */
static size_t place_of(const char **names, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    names[*count] = name;
    return (*count)++;
}

/*
 * Samples must have the recipe's texts when there is an operator that reads any; but not
 * one that an operator gives them before others read it.
 */
static bool is_required(const struct dj_chain *chain, const struct dj_strs *text_keys,
                        const char *key)
{
    bool given = false, read = false, any = false;

    for (size_t i = 0; i < chain->count; i++) {
        const struct link *link = &chain->links[i];
        const bool same = strcmp(text_key_of(link, text_keys), key) == 0;

        given = given || (same && !read && (link->op->op->flags & DJ_OP_SETS_TEXT) != 0);
        read = read || (same && reads_text(link));
        any = any || reads_text(link);
    }
    return any && !given;
}

static void lay_out_texts(struct dj_chain *chain, const struct dj_strs *text_keys)
{
    struct dj_batch_layout *layout = &chain->layout;

    chain->texts = dj_xcalloc(text_keys->count + chain->count + 1, sizeof(char *));
    for (size_t i = 0; i < text_keys->count; i++) {
        if (is_required(chain, text_keys, text_keys->items[i])) {
            (void)place_of(chain->texts, &layout->ntexts, text_keys->items[i]);
        }
    }
    layout->nrequired = layout->ntexts;
    for (size_t i = 0; i < text_keys->count; i++) {
        (void)place_of(chain->texts, &layout->ntexts, text_keys->items[i]);
    }
    for (size_t i = 0; i < chain->count; i++) {
        struct link *link = &chain->links[i];

        link->text =
            place_of(chain->texts, &layout->ntexts, text_key_of(link, text_keys));
    }
    layout->texts = chain->texts;
}

static size_t count_stats(const struct dj_recipe_op *op)
{
    size_t count = 0;

    while (dj_op_stat(op->op, op->conf, count) != NULL) {
        count++;
    }
    return count;
}

static void lay_out_stats(struct dj_chain *chain)
{
    size_t most = 0;

    for (size_t i = 0; i < chain->count; i++) {
        most += count_stats(chain->links[i].op);
    }
    chain->stats = dj_xcalloc(most + 1, sizeof(char *));
    for (size_t i = 0; i < chain->count; i++) {
        const struct dj_recipe_op *op = chain->links[i].op;
        const size_t count = count_stats(op);

        chain->links[i].stats = dj_xcalloc(count + 1, sizeof(size_t));
        for (size_t stat = 0; stat < count; stat++) {
            chain->links[i].stats[stat] = place_of(chain->stats, &chain->layout.nstats,
                                                   dj_op_stat(op->op, op->conf, stat));
        }
    }
    chain->layout.stats = chain->stats;
}

static enum dj_status open_link(struct dj_chain *chain, struct link *link,
                                struct dj_error *err)
{
    const struct dj_op *op = link->op->op;

    if (op->open != NULL) {
        const struct dj_op_call call = dj_chain_call(chain, link, err);
        const enum dj_status status = op->open(&call, &link->state);

        dj_arena_reset(chain->scratch);
        if (status != DJ_OK) {
            return dj_error_prefix(err, "%s:%d:%d: %s: ", chain->recipe_name,
                                   link->op->line, link->op->column, op->name);
        }
    }
    link->open = true;
    if (op->data != NULL) {
        chain->data[link->index] = op->data(link->state);
    }
    return DJ_OK;
}

enum dj_status dj_chain_open(const struct dj_recipe *recipe,
                             const struct dj_strs *text_keys, const char *recipe_name,
                             struct dj_chain **opened, struct dj_error *err)
{
    struct dj_chain *chain = dj_xmalloc(sizeof(*chain));

    *opened = NULL;
    chain->recipe_name = dj_xstrdup(recipe_name);
    chain->count = recipe->count;
    chain->links = dj_xcalloc(recipe->count, sizeof(*chain->links));
    chain->data = dj_xcalloc(recipe->count + 1, sizeof(*chain->data));
    chain->scratch = dj_arena_new(SCRATCH_BLOCK);
    for (size_t i = 0; i < recipe->count; i++) {
        chain->links[i].op = &recipe->ops[i];
        chain->links[i].index = dj_int_from_size(i);
    }
    lay_out_texts(chain, text_keys);
    lay_out_stats(chain);
    for (size_t i = 0; i < recipe->count; i++) {
        const enum dj_status status = open_link(chain, &chain->links[i], err);

        if (status != DJ_OK) {
            dj_chain_close(chain);
            return status;
        }
    }
    *opened = chain;
    return DJ_OK;
}

void dj_chain_close(struct dj_chain *chain)
{
    if (chain == NULL) {
        return;
    }
    for (size_t i = 0; i < chain->count; i++) {
        const struct link *link = &chain->links[i];

        if (link->open && link->op->op->close != NULL) {
            link->op->op->close(link->state);
        }
        dj_xfree(link->stats);
    }
    dj_arena_free(chain->scratch);
    dj_xfree(chain->links);
    dj_xfree(chain->data);
    dj_xfree((void *)chain->texts);
    dj_xfree((void *)chain->stats);
    dj_xfree((void *)chain->recipe_name);
    dj_xfree(chain);
}

const uint64_t *dj_chain_data(const struct dj_chain *chain)
{
    return chain->data;
}

const struct dj_batch_layout *dj_chain_layout(const struct dj_chain *chain)
{
    return &chain->layout;
}

size_t dj_chain_stats(const struct dj_chain *chain, size_t first, size_t end,
                      size_t *columns)
{
    size_t count = 0;

    for (size_t column = 0; column < chain->layout.nstats; column++) {
        bool computed = false;

        for (size_t op = first; op < end && op < chain->count; op++) {
            const struct link *link = &chain->links[op];
            const size_t nstats = count_stats(link->op);

            for (size_t i = 0; i < nstats; i++) {
                computed = computed || link->stats[i] == column;
            }
        }
        if (computed) {
            columns[count++] = column;
        }
    }
    return count;
}

/* --- run ------------------------------------------------------------------------------
 */

/* Half-open. */
struct span {
    size_t first;
    size_t end;
};

/* For tests: a sample that an operator does not survive. */
static enum dj_status fault_samples(const struct dj_batch *batch, struct dj_error *err)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str line = dj_batch_line(batch, row);

        DJ_TRY(dj_fault_with(DJ_FAULT_OP_SAMPLE, line.ptr, line.len, err));
    }
    return DJ_OK;
}

/* One call of the operator on the rows in sight. */
static enum dj_status call_once(struct dj_chain *chain, const struct link *link,
                                struct dj_batch *batch, struct dj_error *err)
{
    const struct dj_op_call call = dj_chain_call(chain, link, err);
    enum dj_status status = dj_fault_at(DJ_FAULT_OP_PROCESS, err);

    if (status == DJ_OK && dj_fault_armed()) {
        status = fault_samples(batch, err);
    }
    if (status == DJ_OK) {
        err->status = DJ_OK;
        status = link->op->op->process(&call, batch);
        if (status != err->status) { /* it failed without a word */
            (void)dj_fail(err, status, "%s", dj_status_text(status));
        }
    }
    dj_arena_reset(chain->scratch);
    return status;
}

/* Says where in the recipe and in the source the failure in *err is. */
static enum dj_status place_failure(const struct dj_chain *chain, const struct link *link,
                                    const struct dj_batch *batch, struct span span,
                                    struct dj_error *err)
{
    const long long first = (long long)dj_batch_origin(batch, span.first).line;
    const long long last = (long long)dj_batch_origin(batch, span.end - 1).line;

    if (first == last) {
        (void)dj_error_prefix(err, "line %lld of the source: ", first);
    } else {
        (void)dj_error_prefix(err, "lines %lld to %lld of the source: ", first, last);
    }
    return dj_error_prefix(err, "%s:%d:%d: %s: ", chain->recipe_name, link->op->line,
                           link->op->column, link->op->op->name);
}

/* The first row in the span that this operator has rejected, or its end. */
static size_t first_rejected(const struct link *link, const struct dj_batch *batch,
                             struct span span)
{
    size_t row = span.first;

    while (row < span.end && !(dj_batch_state(batch, row) == DJ_ROW_REJECTED &&
                               dj_batch_rejected_by(batch, row) == link->index)) {
        row++;
    }
    return row;
}

/*
 * A failure of a single row is that row's, except for lack of memory: the partition
 * can be tried again then, and a good sample is not lost for it.
 */
static enum dj_status blame(struct dj_chain *chain, const struct link *link,
                            struct dj_batch *batch, size_t row, struct dj_error *err)
{
    if (link->op->common.skip_op_error && err->status != DJ_NOMEM) {
        dj_batch_reject(batch, row, "%s", err->text);
        return DJ_OK;
    }
    return place_failure(chain, link, batch, (struct span){ row, row + 1 }, err);
}

/* An operator that may not lose samples has failed when it has rejected one. */
static enum dj_status check_rejected(struct dj_chain *chain, const struct link *link,
                                     struct dj_batch *batch, struct span span,
                                     struct dj_error *err)
{
    const size_t row = first_rejected(link, batch, span);

    if (row == span.end) {
        return DJ_OK;
    }
    (void)dj_fail(err, DJ_OP, "%s", dj_batch_reason(batch, row));
    return place_failure(chain, link, batch, (struct span){ row, row + 1 }, err);
}

/*
 * Runs the operator on the live rows of the span; where that fails, on each half, so
 * the depth is the logarithm of the rows. A failure that no half shows again is over
 * when samples may be lost; else it is passed up, and the executor decides.
 */
static enum dj_status run_span(struct dj_chain *chain, const struct link *link,
                               struct dj_batch *batch, struct span span,
                               struct dj_error *err)
{
    const bool skip = link->op->common.skip_op_error;
    const size_t middle = span.first + (span.end - span.first) / 2;
    struct dj_error cause;
    enum dj_status status;

    dj_batch_narrow(batch, span.first, span.end);
    if (dj_batch_live_count(batch) == 0) {
        return DJ_OK;
    }
    dj_batch_mark(batch);
    status = call_once(chain, link, batch, err);
    if (status == DJ_OK) {
        return skip ? DJ_OK : check_rejected(chain, link, batch, span, err);
    }
    dj_batch_rollback(batch);
    if (span.end - span.first == 1) {
        return blame(chain, link, batch, span.first, err);
    }
    cause = *err;
    DJ_TRY(run_span(chain, link, batch, (struct span){ span.first, middle }, err));
    DJ_TRY(run_span(chain, link, batch, (struct span){ middle, span.end }, err));
    if (skip) {
        return DJ_OK;
    }
    *err = cause;
    return place_failure(chain, link, batch, span, err);
}

/* Rows without the operator's text cannot be its business. */
static enum dj_status reject_without_text(struct dj_chain *chain, const struct link *link,
                                          struct dj_batch *batch, struct dj_error *err)
{
    const char *key = chain->layout.texts[link->text];

    DJ_FOR_EACH_ROW (row, batch) {
        if (dj_batch_has_text(batch, row)) {
            continue;
        }
        if (!link->op->common.skip_op_error) {
            (void)dj_fail(err, DJ_DATA, "text key '%s' is missing or not a string", key);
            return blame(chain, link, batch, row, err);
        }
        dj_batch_reject(batch, row, "text key '%s' is missing or not a string", key);
    }
    return DJ_OK;
}

/* What is still live, and its bytes as read. */
static void look(const struct dj_batch *batch, int64_t *rows, int64_t *bytes)
{
    *rows = dj_i64_from_size(dj_batch_live_count(batch));
    *bytes = 0;
    DJ_FOR_EACH_ROW (row, batch) {
        *bytes += dj_i64_from_size(dj_batch_line(batch, row).len);
    }
}

static enum dj_status run_link(struct dj_chain *chain, const struct link *link,
                               struct dj_batch *batch, struct dj_op_tally *tally,
                               struct dj_error *err)
{
    const double start = dj_clock_monotonic();
    const struct span all = { 0, dj_batch_count(batch) };
    enum dj_status status = DJ_OK;
    int64_t rows, bytes, left, rejected = 0;

    look(batch, &rows, &bytes);
    dj_batch_select(batch, link->index, link->text, link->stats);
    if (reads_text(link)) {
        status = reject_without_text(chain, link, batch, err);
    }
    if (status == DJ_OK && all.end > 0) {
        status = run_span(chain, link, batch, all, err);
        dj_batch_narrow(batch, 0, SIZE_MAX);
    }
    DJ_TRY(status);
    left = dj_i64_from_size(dj_batch_live_count(batch));
    for (size_t row = 0; row < all.end && left < rows; row++) {
        row = first_rejected(link, batch, (struct span){ row, all.end });
        rejected += row < all.end;
    }
    tally->rows_in += rows;
    tally->rows_out += left;
    tally->rejected += rejected;
    tally->dropped += rows - left - rejected;
    tally->bytes_in += bytes;
    tally->seconds += dj_clock_monotonic() - start;
    return DJ_OK;
}

enum dj_status dj_chain_run(struct dj_chain *chain, size_t first, size_t end,
                            struct dj_batch *batch, struct dj_op_tally *tally,
                            struct dj_error *err)
{
    for (size_t op = first; op < end && op < chain->count; op++) {
        DJ_TRY(run_link(chain, &chain->links[op], batch, &tally[op], err));
    }
    return DJ_OK;
}
