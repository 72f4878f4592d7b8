/* Opens the operators of a recipe, and lays out the batches they need. */
#include "op/chain_private.h"

enum { SCRATCH_BLOCK = 256 << 10 };

/* --- open --------------------------------------------------------------------------- */

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
 * one that an operator gives them before others read it. What a grouper leaves has lists
 * for texts, or texts for lists.
 */
static bool is_required(const struct dj_chain *chain, const struct dj_strs *text_keys,
                        const char *key)
{
    bool given = false, read = false, any = false;

    for (size_t i = 0; i < chain->count; i++) {
        const struct link *link = &chain->links[i];
        const bool same = strcmp(text_key_of(link, text_keys), key) == 0;

        given = given || (same && !read && (link->op->op->flags & DJ_OP_SETS_TEXT) != 0);
        given = given || (!read && link->op->op->kind == DJ_OP_GROUPER);
        read = read || (same && dj_link_reads_text(link));
        any = any || dj_link_reads_text(link);
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

/* Columns of hashes behind all others; of the first nearly no statistic is before. */
static void lay_out_hashes(struct dj_chain *chain)
{
    struct dj_batch_layout *layout = &chain->layout;
    const char **hashes = chain->stats + layout->nstats;
    const size_t first = layout->nstats;
    bool measured = false;

    for (size_t i = 0; i < chain->count; i++) {
        struct link *link = &chain->links[i];
        const char *name = link->op->op->hash;

        measured = measured || count_stats(link->op) > 0;
        link->hash = NO_HASH;
        if (name != NULL && chain->keep_hashes) {
            link->hash = first + place_of(hashes, &layout->nhashes, name);
            layout->nearly = measured ? layout->nearly : layout->nhashes;
        }
    }
    layout->nstats += layout->nhashes;
}

static void lay_out_stats(struct dj_chain *chain)
{
    size_t most = 0;

    for (size_t i = 0; i < chain->count; i++) {
        most += count_stats(chain->links[i].op) + 1;
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
    lay_out_hashes(chain);
}

/* Layers know columns by their names, so no statistic may have that of a hash. */
static enum dj_status check_names(const struct dj_chain *chain, struct dj_error *err)
{
    const struct dj_batch_layout *layout = &chain->layout;
    const size_t measured = layout->nstats - layout->nhashes;

    for (size_t hash = measured; hash < layout->nstats; hash++) {
        for (size_t i = 0; i < measured; i++) {
            if (strcmp(layout->stats[i], layout->stats[hash]) == 0) {
                return dj_fail(err, DJ_CONFIG,
                               "%s: with keep_hashes_in_res_ds no statistic may be "
                               "called '%s', as a hash is; take one of them out",
                               chain->recipe_name, layout->stats[i]);
            }
        }
    }
    return DJ_OK;
}

static enum dj_status open_link(struct dj_chain *chain, struct link *link,
                                struct dj_error *err)
{
    const struct dj_op *op = link->op->op;

    if (op->open != NULL) {
        const struct dj_op_call call = dj_link_call(chain, link, err);
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
    enum dj_status status;

    *opened = NULL;
    chain->recipe_name = dj_xstrdup(recipe_name);
    chain->count = recipe->count;
    chain->keep_hashes = recipe->keep_hashes;
    chain->links = dj_xcalloc(recipe->count, sizeof(*chain->links));
    chain->data = dj_xcalloc(recipe->count + 1, sizeof(*chain->data));
    chain->scratch = dj_arena_new(SCRATCH_BLOCK);
    for (size_t i = 0; i < recipe->count; i++) {
        chain->links[i].op = &recipe->ops[i];
        chain->links[i].index = dj_int_from_size(i);
    }
    lay_out_texts(chain, text_keys);
    lay_out_stats(chain);
    status = check_names(chain, err);
    for (size_t i = 0; status == DJ_OK && i < recipe->count; i++) {
        status = open_link(chain, &chain->links[i], err);
    }
    if (status != DJ_OK) {
        dj_chain_close(chain);
        return status;
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

void dj_chain_require_nothing(struct dj_chain *chain)
{
    chain->layout.nrequired = 0;
}

const struct dj_batch_layout *dj_chain_layout(const struct dj_chain *chain)
{
    return &chain->layout;
}

bool dj_chain_measures(const struct dj_chain *chain)
{
    return chain->layout.nstats > chain->layout.nhashes;
}

size_t dj_chain_stats(const struct dj_chain *chain, size_t first, size_t end,
                      size_t *columns)
{
    size_t count = 0;

    for (size_t op = first; op < end && op < chain->count; op++) {
        first = dj_link_makes_rows(&chain->links[op]) ? 0 : first;
    }
    for (size_t column = 0; column < chain->layout.nstats; column++) {
        bool computed = false;

        for (size_t op = first; op < end && op < chain->count; op++) {
            const struct link *link = &chain->links[op];
            const size_t nstats = count_stats(link->op);

            computed = computed || link->hash == column;
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
