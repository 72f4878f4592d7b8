/*
 * key_value_grouper: samples with the same values under some keys become one, each field
 * the list of its values in the order of the samples; groups in the order of their first
 * samples. Values are the same when Python prints them alike, so 1 and 1.0 are not, and
 * the order of an object's members matters. Dots lead into objects and, with a number,
 * into lists and texts; what is not there is null. A field that some samples of a group
 * lack is null in their places.
 */
#include "dj/field_key.h"
#include "dj/global.h"
#include "dj/hash.h"
#include "dj/tree.h"

#include <stdlib.h>

struct conf {
    struct dj_strs group_by_keys;
};

static const struct dj_param params[] = {
    {
        .name = "group_by_keys",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, group_by_keys, struct dj_strs),
        .flags = DJ_PARAM_NULLABLE,
        .help = "the keys, such as meta.lang or __dj__stats__.text_len; null: the text",
    },
    DJ_PARAM_END,
};

struct state {
    size_t count;
    struct dj_field_key *keys; /* sorted, as Python prints them */
};

static void close_op(void *opened)
{
    struct state *state = opened;

    for (size_t i = 0; i < state->count; i++) {
        dj_field_key_release(&state->keys[i]);
    }
    dj_xfree(state->keys);
    dj_xfree(state);
}

static int by_name(const void *a, const void *b)
{
    const struct dj_field_key *x = a;
    const struct dj_field_key *y = b;

    return strcmp(x->whole, y->whole);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct dj_strs *names = &((const struct conf *)call->conf)->group_by_keys;
    const bool given = names->count > 0;
    const size_t count = given ? names->count : 1;
    struct state *state = dj_xmalloc(sizeof(*state));

    state->keys = dj_xcalloc(count, sizeof(*state->keys));
    for (size_t i = 0; i < count; i++) {
        const char *name = given ? names->items[i] : call->text_key;
        const enum dj_status status = dj_field_key_init(&state->keys[i], name, call->err);

        if (status != DJ_OK) {
            close_op(state);
            return dj_fail(call->err, DJ_CONFIG, "group_by_keys has an empty key");
        }
        state->count++;
    }
    qsort(state->keys, count, sizeof(*state->keys), by_name);
    *opened = state;
    return DJ_OK;
}

/* --- what is under a key --------------------------------------------------------------
 */

static bool is_number(struct dj_str part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] < '0' || part.ptr[i] > '9') {
            return false;
        }
    }
    return part.len > 0;
}

/* The number of a place; one that nothing has for those that are too large. */
static size_t place_of(struct dj_str part)
{
    size_t place = 0;

    for (size_t i = 0; i < part.len; i++) {
        if (place > SIZE_MAX / 16) {
            return SIZE_MAX;
        }
        place = 10 * place + (size_t)(part.ptr[i] - '0');
    }
    return place;
}

/* A character of a text is a text. */
static struct dj_node *character(const struct dj_node *node, size_t place,
                                 struct dj_arena *arena)
{
    const size_t begin = dj_utf8_offset(node->text, place);
    struct dj_node *made;

    if (begin == node->text.len) {
        return NULL;
    }
    made = dj_arena_alloc(arena, sizeof(*made));
    if (made != NULL) {
        const struct dj_str rest = { node->text.ptr + begin, node->text.len - begin };

        *made = (struct dj_node){ .kind = DJ_NODE_STRING,
                                  .text = { rest.ptr, dj_utf8_offset(rest, 1) } };
    }
    return made;
}

static struct dj_node *member(struct dj_node *object, struct dj_str key)
{
    struct dj_node *found = NULL;

    DJ_FOR_EACH_NODE (node, object) {
        if (dj_str_equal(node->key, key)) {
            found = node;
        }
    }
    return found;
}

/* One step; NULL: there is nothing. */
static struct dj_node *step(struct dj_node *node, struct dj_str part,
                            struct dj_arena *arena)
{
    size_t place;

    if (!is_number(part)) {
        return node->kind == DJ_NODE_OBJECT ? member(node, part) : NULL;
    }
    place = place_of(part);
    if (node->kind == DJ_NODE_STRING) {
        return character(node, place, arena);
    }
    if (node->kind != DJ_NODE_LIST || place >= node->count) {
        return NULL;
    }
    node = node->first;
    while (place-- > 0) {
        node = node->next;
    }
    return node;
}

/* What Python prints for the value. */
static enum dj_status print_value(const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row, const struct dj_field_key *key,
                                  struct dj_buf *out)
{
    struct dj_node *node = NULL;
    size_t names = 0, used = 0;
    struct dj_str json;

    while (names < key->nparts && !is_number(key->parts[names])) {
        names++;
    }
    if (names > 0) {
        DJ_TRY(
            dj_batch_field(batch, row, key->parts, names, call->scratch, &json, &used));
    }
    if (names > 0 && used == names) {
        DJ_TRY(dj_node_read(json, call->scratch, &node));
    }
    for (size_t i = names; i < key->nparts && node != NULL; i++) {
        node = step(node, key->parts[i], call->scratch);
    }
    return node == NULL ? dj_buf_append(out, DJ_STR("None")) : dj_node_repr(node, out);
}

static enum dj_status print_row(const struct dj_op_call *call, struct dj_batch *batch,
                                size_t row, struct dj_buf *out)
{
    const struct state *state = call->state;

    for (size_t i = 0; i < state->count; i++) {
        DJ_TRY(print_value(call, batch, row, &state->keys[i], out));
        DJ_TRY(dj_buf_append(out, DJ_STR("\n"))); /* which no value prints */
    }
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    enum dj_status status = DJ_OK;
    struct dj_buf text;

    dj_buf_init(&text);
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        struct dj_hash128 key;

        dj_buf_reset(&text);
        status = print_row(call, batch, row, &text);
        dj_arena_rollback(call->scratch, mark);
        if (status != DJ_OK) {
            (void)dj_fail(call->err, status, "out of memory for a group's key");
            break;
        }
        key = dj_hash128(dj_buf_str(&text), 0);
        status = dj_batch_note(batch, row, (struct dj_note){ key.hi, key.lo, 0, 0 },
                               call->err);
        if (status != DJ_OK) {
            break;
        }
    }
    dj_buf_release(&text);
    return status;
}

/* --- groups
 * -----------------------------------------------------------------------------
 */

/* A group is known by its first row. */
static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    uint64_t *first = state;
    struct dj_note verdict;

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        *first = met->record.row;
    }
    verdict = (struct dj_note){
        .hi = met->first, .lo = met->record.row, .value = *first, .row = met->record.row
    };
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_GROUPS,
    .records = "one of each sample",
    .state_size = sizeof(uint64_t),
    .rounds = { { DJ_MEET_BY_KEY, meet } },
};

const struct dj_op dj_op_key_value_grouper = {
    .name = "key_value_grouper",
    .kind = DJ_OP_GROUPER,
    .version = 1,
    .summary = "Make one sample of all with the same values, with a list for each field",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};
