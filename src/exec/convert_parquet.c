/*
 * The export as Parquet: a block is a row group. Samples that come from Parquet or Arrow
 * files keep the columns and types of these; where they have none, and for what operators
 * added or changed, the types are found in the lines. Only when a row group does not fit
 * the known types is that pass over the lines made, and the groups once more.
 */
#include "exec/convert.h"

#include "dj/log.h"

enum { MOST_PASSES = 4 };

struct parquet {
    const struct dj_arrow_api *api;
    struct ArrowSchema schema;
    struct dj_columns *columns;
    struct dj_buf packed; /* the schema */
    int64_t *misfits;     /* of the base's columns, over all passes; rank 0 */
    struct ArrowSchema base;
    struct dj_guess *guess; /* rank 0, once it was made */
    bool guessed;
    int passes;
    struct dj_arrow_group_writer *group; /* of the block in work; NULL: not begun */
    size_t batch_bytes;                  /* of lines in the columns */
    char *meta;                          /* of the last block */
    struct dj_arrow_footer *footer;
};

static enum dj_arrow_compression compression_of(const struct dj_convert *convert)
{
    return (enum dj_arrow_compression)convert->exec->config->export_compression;
}

static enum dj_status no_memory(struct dj_error *err)
{
    return dj_fail(err, DJ_NOMEM, "out of memory for the export");
}

/* --- the schema ----------------------------------------------------------------------
 */

static struct ArrowSchema *find(const struct ArrowSchema *schema, const char *name)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (strcmp(schema->children[i]->name, name) == 0) {
            return schema->children[i];
        }
    }
    return NULL;
}

/* Data-Juicer's own columns are written anew, or not at all. */
static void leave_own(struct ArrowSchema *schema)
{
    int64_t kept = 0;

    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *column = schema->children[i];

        if (strncmp(column->name, "__dj__", 6) == 0) {
            dj_schema_release(column);
            dj_xfree(column);
        } else {
            schema->children[kept++] = column;
        }
    }
    schema->n_children = kept;
}

/* Columns of another file join the base: with other types they are found in the lines. */
static void join_base(struct parquet *parquet, const struct ArrowSchema *more)
{
    struct ArrowSchema *base = &parquet->base;
    struct ArrowSchema joined;
    int64_t count = base->n_children;

    for (int64_t i = 0; i < base->n_children; i++) {
        const struct ArrowSchema *other = find(more, base->children[i]->name);

        if (other == NULL || !dj_schema_same(base->children[i], other)) {
            parquet->misfits[i] |= other == NULL ? DJ_MISFIT_NULL : DJ_MISFIT_TYPE;
        }
    }
    for (int64_t i = 0; i < more->n_children; i++) {
        count += find(base, more->children[i]->name) == NULL;
    }
    dj_schema_make(&joined, "+s", "", 0, count);
    for (int64_t i = 0; i < base->n_children; i++) {
        dj_schema_copy(base->children[i], joined.children[i]);
    }
    parquet->misfits =
        dj_xrealloc(parquet->misfits, ((size_t)count + 1) * sizeof(*parquet->misfits));
    count = base->n_children;
    for (int64_t i = 0; i < more->n_children; i++) {
        if (find(base, more->children[i]->name) == NULL) {
            parquet->misfits[count] = DJ_MISFIT_NULL;
            dj_schema_copy(more->children[i], joined.children[count++]);
        }
    }
    dj_schema_release(base);
    *base = joined;
}

/* Rank 0: the columns of the input files, if all of them have such. */
static enum dj_status read_base(const struct dj_convert *convert, struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    const struct dj_exec *exec = convert->exec;
    const struct dj_sources *sources =
        exec->origin.count > 0 ? &exec->origin : &exec->sources;

    dj_schema_make(&parquet->base, "+s", "", 0, 0);
    for (size_t i = 0; i < sources->count; i++) {
        struct ArrowSchema schema, read;

        DJ_TRY(dj_source_schema(&sources->files[i], &read, err));
        if (read.release != NULL) {
            dj_schema_copy(&read, &schema);
            dj_schema_release(&read);
            leave_own(&schema);
        } else {
            dj_schema_release(&parquet->base);
            dj_schema_make(&parquet->base, "+s", "", 0, 0);
            return DJ_OK;
        }
        if (i == 0) {
            dj_schema_release(&parquet->base);
            dj_schema_copy(&schema, &parquet->base);
            parquet->misfits =
                dj_xcalloc((size_t)schema.n_children + 1, sizeof(*parquet->misfits));
        } else {
            join_base(parquet, &schema);
        }
        dj_schema_release(&schema);
    }
    return DJ_OK;
}

/* Rank 0: from the base and what was found in the lines. */
static enum dj_status make_schema(struct parquet *parquet, struct dj_error *err)
{
    const size_t count = dj_size_from_i64(parquet->base.n_children);
    struct dj_guess *empty = parquet->guess == NULL ? dj_guess_new() : NULL;
    int *misfits = dj_xcalloc(count + 1, sizeof(*misfits));
    struct ArrowSchema made;
    char why[DJ_ARROW_WHY];
    char *bytes = NULL;
    int64_t size = 0;
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < count; i++) {
        misfits[i] = (int)parquet->misfits[i];
    }
    dj_guess_schema(empty == NULL ? parquet->guess : empty, &parquet->base, misfits,
                    &made);
    dj_buf_reset(&parquet->packed);
    if (!parquet->api->schema_pack(&made, &bytes, &size, why)) {
        status = dj_fail(err, DJ_UNSUPPORTED, "the columns of the export: %s", why);
    } else if (dj_buf_append(&parquet->packed, (struct dj_str){ bytes, (size_t)size }) !=
               DJ_OK) {
        status = no_memory(err);
    }
    dj_xfree(bytes);
    dj_xfree(misfits);
    dj_guess_free(empty);
    return status;
}

static enum dj_status take_schema(struct parquet *parquet, struct dj_error *err)
{
    char why[DJ_ARROW_WHY];

    dj_columns_free(parquet->columns);
    parquet->columns = NULL;
    dj_schema_release(&parquet->schema);
    if (!parquet->api->schema_unpack(parquet->packed.ptr,
                                     dj_i64_from_size(parquet->packed.len),
                                     &parquet->schema, why)) {
        return dj_fail(err, DJ_INTERNAL, "the columns of the export: %s", why);
    }
    return dj_columns_new(&parquet->schema, &parquet->columns, err);
}

/* Collective. Guesses, if that is to be done; then all ranks have the schema. */
static enum dj_status settle_schema(struct dj_convert *convert, bool guess,
                                    struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    struct dj_exec *exec = convert->exec;
    enum dj_status status = DJ_OK;

    if (guess && !parquet->guessed) {
        parquet->guessed = true;
        DJ_TRY(dj_convert_guess(convert, &parquet->guess, err));
    }
    if (exec->root != NULL) {
        status = make_schema(parquet, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    DJ_TRY(dj_comm_broadcast(exec->comm, &parquet->packed, err));
    return dj_comm_agree(exec->comm, take_schema(parquet, err), err);
}

/* Whether the lines surely have fields that no input file has. */
static bool has_new_fields(const struct dj_exec *exec)
{
    return (exec->config->keep_stats_in_res_ds && dj_chain_measures(exec->chain)) ||
           exec->config->keep_hashes_in_res_ds;
}

static enum dj_status begin(struct dj_convert *convert, struct dj_error *err)
{
    struct parquet *parquet = dj_xmalloc(sizeof(*parquet));
    struct dj_exec *exec = convert->exec;
    enum dj_status status;
    int64_t guess = 0;

    convert->state = parquet;
    dj_buf_init(&parquet->packed);
    status = dj_arrow(&parquet->api, err);
    if (status == DJ_OK && exec->root != NULL) {
        status = read_base(convert, err);
        guess = parquet->base.n_children == 0 || has_new_fields(exec);
        for (int64_t i = 0; i < parquet->base.n_children; i++) {
            guess |= parquet->misfits[i] >= DJ_MISFIT_TYPE;
        }
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    dj_comm_max(exec->comm, &guess, 1);
    return settle_schema(convert, guess != 0, err);
}

static void end(struct dj_convert *convert)
{
    struct parquet *parquet = convert->state;

    if (parquet == NULL) {
        return;
    }
    if (parquet->footer != NULL) {
        parquet->api->footer_close(parquet->footer);
    }
    if (parquet->group != NULL) {
        parquet->api->group_close(parquet->group);
    }
    dj_xfree(parquet->meta);
    dj_columns_free(parquet->columns);
    dj_guess_free(parquet->guess);
    dj_schema_release(&parquet->schema);
    dj_schema_release(&parquet->base);
    dj_buf_release(&parquet->packed);
    dj_xfree(parquet->misfits);
    dj_xfree(parquet);
    convert->state = NULL;
}

/* --- row groups ----------------------------------------------------------------------
 */

/* A row group takes its lines in batches of so many bytes: what is decoded of them stays
 * in cache and is gone before the next. */
enum { BATCH_BYTES = 1 << 20 };

static void close_writer(struct parquet *parquet)
{
    if (parquet->group != NULL) {
        parquet->api->group_close(parquet->group);
        parquet->group = NULL;
    }
}

static enum dj_status open_group(struct dj_convert *convert, bool first,
                                 struct dj_error *err)
{
    struct parquet *parquet = convert->state;

    (void)first;
    (void)err;
    close_writer(parquet);
    dj_xfree(parquet->meta);
    parquet->meta = NULL;
    parquet->batch_bytes = 0;
    return DJ_OK;
}

/* Which columns get no dictionary is decided by the first batch of the group. */
static enum dj_status begin_group(struct dj_convert *convert, struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    const char *const *plain;
    const size_t nplain = dj_columns_plain(parquet->columns, &plain);
    struct ArrowSchema schema;
    char why[DJ_ARROW_WHY];

    dj_schema_copy(&parquet->schema, &schema);
    if (!parquet->api->group_begin(&schema, compression_of(convert), plain,
                                   dj_i64_from_size(nplain), &parquet->group, why)) {
        return dj_fail(err, DJ_IO, "beginning a row group of the export: %s", why);
    }
    return DJ_OK;
}

/* A group whose values do not all fit is not made: the pass will be done again. */
static enum dj_status end_batch(struct dj_convert *convert, struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    const struct dj_misfits misfits = dj_columns_misfits(parquet->columns);
    struct ArrowArray batch;
    char why[DJ_ARROW_WHY];

    parquet->batch_bytes = 0;
    if (misfits.first != NULL || misfits.unknown) {
        close_writer(parquet);
        return dj_columns_drop(parquet->columns) == DJ_OK ? DJ_OK : no_memory(err);
    }
    if (dj_columns_rows(parquet->columns) == 0) {
        return DJ_OK;
    }
    if (parquet->group == NULL) {
        DJ_TRY(begin_group(convert, err));
    }
    if (dj_columns_take(parquet->columns, &batch) != DJ_OK) {
        return no_memory(err);
    }
    if (!parquet->api->group_add(parquet->group, &batch, why)) {
        return dj_fail(err, DJ_IO, "a row group of the export: %s", why);
    }
    return DJ_OK;
}

static enum dj_status add_lines(struct dj_convert *convert, struct dj_str lines,
                                struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    const char *end_of_all = lines.ptr + lines.len;

    while (lines.ptr < end_of_all) {
        const char *stop = memchr(lines.ptr, '\n', (size_t)(end_of_all - lines.ptr));
        struct dj_str line;

        stop = stop == NULL ? end_of_all : stop;
        line = (struct dj_str){ lines.ptr, (size_t)(stop - lines.ptr) };
        DJ_TRY(dj_columns_add(parquet->columns, line, err));
        parquet->batch_bytes += line.len + 1;
        if (parquet->batch_bytes >= BATCH_BYTES) {
            DJ_TRY(end_batch(convert, err));
        }
        lines.ptr = stop + 1;
    }
    return DJ_OK;
}

static enum dj_status close_group(struct dj_convert *convert,
                                  struct dj_convert_parts *piece, struct dj_str *told,
                                  struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    char why[DJ_ARROW_WHY];
    int64_t count = 0;
    int64_t meta = 0;

    *piece = (struct dj_convert_parts){ NULL, 0 };
    *told = (struct dj_str){ NULL, 0 };
    DJ_TRY(end_batch(convert, err));
    if (parquet->group == NULL) {
        return DJ_OK;
    }
    if (!parquet->api->group_end(parquet->group, &piece->items, &count, &parquet->meta,
                                 &meta, why)) {
        return dj_fail(err, DJ_IO, "ending a row group of the export: %s", why);
    }
    piece->count = dj_size_from_i64(count);
    *told = (struct dj_str){ parquet->meta, dj_size_from_i64(meta) };
    return DJ_OK;
}

/* Collective. What did not fit on any rank, and whether a better schema is there. */
static enum dj_status check(struct dj_convert *convert, bool *again, struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    struct dj_exec *exec = convert->exec;
    const struct dj_misfits misfits = dj_columns_misfits(parquet->columns);
    int64_t *found = dj_xcalloc(misfits.count + 1, sizeof(*found));
    enum dj_status status = DJ_OK;

    *again = false;
    for (size_t i = 0; i < misfits.count; i++) {
        found[i] = misfits.column[i];
    }
    found[misfits.count] = misfits.unknown;
    dj_comm_max(exec->comm, found, misfits.count + 1);
    for (size_t i = 0; i <= misfits.count; i++) {
        *again = *again || found[i] != 0;
    }
    if (*again && parquet->passes++ == MOST_PASSES) {
        status = dj_fail(err, DJ_DATA, "a sample cannot be exported to Parquet: %s",
                         misfits.first == NULL ? "no types fit all" : misfits.first);
    }
    if (exec->root != NULL) {
        for (int64_t i = 0; i < parquet->base.n_children; i++) {
            parquet->misfits[i] |= found[i];
        }
    }
    dj_xfree(found);
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK && *again) {
        dj_log(DJ_LOG_DEBUG, "the export does not fit the columns of its input");
        status = settle_schema(convert, true, err);
    }
    return status;
}

/* --- the file ------------------------------------------------------------------------
 */

static enum dj_status head(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    struct ArrowSchema schema;
    char why[DJ_ARROW_WHY];

    if (parquet->footer != NULL) {
        parquet->api->footer_close(parquet->footer);
        parquet->footer = NULL;
    }
    dj_schema_copy(&parquet->schema, &schema);
    if (!parquet->api->footer_begin(&schema, compression_of(convert), NULL, 0,
                                    &parquet->footer, why)) {
        return dj_fail(err, DJ_IO, "the footer of the export: %s", why);
    }
    return dj_buf_append(out, DJ_STR("PAR1")) == DJ_OK ? DJ_OK : no_memory(err);
}

static enum dj_status hear(struct dj_convert *convert, struct dj_str told, int64_t offset,
                           struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    char why[DJ_ARROW_WHY];

    if (!parquet->api->footer_add(parquet->footer, told.ptr, dj_i64_from_size(told.len),
                                  offset, why)) {
        return dj_fail(err, DJ_IO, "the footer of the export: %s", why);
    }
    return DJ_OK;
}

static enum dj_status tail(struct dj_convert *convert, struct dj_buf *out,
                           struct dj_error *err)
{
    struct parquet *parquet = convert->state;
    char why[DJ_ARROW_WHY];
    char *bytes = NULL;
    int64_t size = 0;
    enum dj_status status = DJ_OK;

    if (!parquet->api->footer_end(parquet->footer, &bytes, &size, why)) {
        return dj_fail(err, DJ_IO, "the footer of the export: %s", why);
    }
    if (dj_buf_append(out, (struct dj_str){ bytes, dj_size_from_i64(size) }) != DJ_OK) {
        status = no_memory(err);
    }
    dj_xfree(bytes);
    return status;
}

const struct dj_convert_form dj_convert_parquet = {
    .begin = begin,
    .end = end,
    .open = open_group,
    .add = add_lines,
    .close = close_group,
    .head = head,
    .hear = hear,
    .tail = tail,
    .check = check,
};
