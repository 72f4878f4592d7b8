/*
 * usage_counter_mapper: adds up how many tokens the answers of a model took, from the
 * sample's usage, its response_metadata and its choices, into __dj__meta__.
 *
 * Kept as it is in Data-Juicer: the total is the first one that is not null, not a sum,
 * and the sum of the other two when there is none; equal usages count once, even of two
 * different choices, unless dedupe_identical_usage is false.
 */
#include "dj/meta.h"
#include "dj/op.h"

struct conf {
    const char *choices_key;
    const char *usage_key;
    const char *response_metadata_key;
    bool dedupe_identical_usage;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, choices_key, "choices", "field with the list of choices"),
    DJ_PARAM_TEXT_(struct conf, usage_key, "usage", "field with the usage"),
    DJ_PARAM_TEXT_(struct conf, response_metadata_key, "response_metadata",
                   "field with an object that has usage or usage_metadata"),
    DJ_PARAM_BOOL_(struct conf, dedupe_identical_usage, true,
                   "usages with the same three numbers are one"),
    DJ_PARAM_END,
};

struct usage {
    const struct dj_node *prompt, *completion, *total; /* NULL: none */
    int64_t key[3];
    struct usage *next;
};

struct usages {
    struct dj_arena *arena;
    struct usage *first, *last;
    bool dedupe;
};

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct dj_buf *buf;

    if (conf->choices_key == NULL || conf->usage_key == NULL ||
        conf->response_metadata_key == NULL) {
        return dj_fail(call->err, DJ_CONFIG, "the names of fields must not be null");
    }
    buf = dj_xmalloc(sizeof(*buf));
    dj_buf_init(buf);
    *opened = buf;
    return DJ_OK;
}

static void close_op(void *opened)
{
    dj_buf_release(opened);
    dj_xfree(opened);
}

/* The first that is true, else the second, as Python's "or" takes them. */
static const struct dj_node *either(const struct dj_node *a, const struct dj_node *b)
{
    return dj_node_true(a) ? a : b;
}

static int64_t key_part(const struct dj_node *node)
{
    int64_t value;

    return dj_node_true(node) && dj_node_as_int(node, &value) ? value : 0;
}

static void make_key(struct usage *usage)
{
    usage->key[0] = key_part(usage->prompt);
    usage->key[1] = key_part(usage->completion);
    if (usage->total == NULL || !dj_node_as_int(usage->total, &usage->key[2])) {
        usage->key[2] = (int64_t)((uint64_t)usage->key[0] + (uint64_t)usage->key[1]);
    }
}

static bool is_known(const struct usages *usages, const struct usage *usage)
{
    for (const struct usage *other = usages->first; other != NULL; other = other->next) {
        if (memcmp(other->key, usage->key, sizeof(usage->key)) == 0) {
            return true;
        }
    }
    return false;
}

/* The usage that is in an object, or that it is; *found is false for what is none. */
static enum dj_status add(struct usages *usages, const struct dj_node *object,
                          bool *found)
{
    const struct dj_node *inner =
        either(dj_node_get(object, "usage"), dj_node_get(object, "usage_metadata"));
    struct usage *usage;

    *found = dj_node_is(object, DJ_NODE_OBJECT);
    if (!*found) {
        return DJ_OK;
    }
    if (!dj_node_is(inner, DJ_NODE_OBJECT)) {
        inner = NULL;
    }
    if (dj_node_value(inner, "prompt_tokens") == NULL &&
        dj_node_value(inner, "completion_tokens") == NULL &&
        (dj_node_value(object, "prompt_tokens") != NULL ||
         dj_node_value(object, "completion_tokens") != NULL)) {
        inner = object;
    }
    usage = dj_arena_alloc(usages->arena, sizeof(*usage));
    if (usage == NULL) {
        return DJ_NOMEM;
    }
    *usage = (struct usage){
        .prompt = either(dj_node_get(inner, "prompt_tokens"),
                         dj_node_value(inner, "input_tokens")),
        .completion = either(dj_node_get(inner, "completion_tokens"),
                             dj_node_value(inner, "output_tokens")),
        .total = dj_node_value(inner, "total_tokens"),
    };
    make_key(usage);
    if (usages->dedupe && is_known(usages, usage)) {
        return DJ_OK;
    }
    if (usages->last == NULL) {
        usages->first = usage;
    } else {
        usages->last->next = usage;
    }
    usages->last = usage;
    return DJ_OK;
}

static enum dj_status collect(const struct conf *conf, const struct dj_node *sample,
                              struct usages *usages)
{
    static const struct dj_node nothing = { .kind = DJ_NODE_OBJECT };
    const struct dj_node *usage = dj_node_get(sample, conf->usage_key);
    const struct dj_node *metadata = dj_node_get(sample, conf->response_metadata_key);
    const struct dj_node *choices = dj_node_get(sample, conf->choices_key);
    bool found;

    if (usage != NULL) {
        DJ_TRY(add(usages, usage, &found));
        if (!found) {
            DJ_TRY(add(usages, sample, &found));
        }
    }
    DJ_TRY(add(usages, either(metadata, &nothing), &found));
    if (!dj_node_is(choices, DJ_NODE_LIST)) {
        return DJ_OK;
    }
    DJ_FOR_EACH_NODE (choice, choices) {
        DJ_TRY(add(usages, choice, &found));
        DJ_TRY(add(usages,
                   either(dj_node_get(choice, "message"), dj_node_get(choice, "delta")),
                   &found));
    }
    return DJ_OK;
}

/* sum += node, as Python adds; false: it cannot. */
static bool add_up(struct dj_number *sum, const struct dj_node *node)
{
    double number;

    if (!dj_node_true(node)) {
        return true;
    }
    if (!dj_node_number(node, &number)) {
        return false;
    }
    if (sum->kind == DJ_NUMBER_INT && node->kind != DJ_NODE_FLOAT) {
        const int64_t value = node->kind == DJ_NODE_INT ? node->integer : node->truth;

        return !__builtin_add_overflow(sum->i, value, &sum->i);
    }
    if (sum->kind == DJ_NUMBER_INT) {
        *sum = DJ_FLOAT((double)sum->i);
    }
    sum->d += number;
    return true;
}

static enum dj_status set_number(struct dj_meta *meta, const char *key,
                                 struct dj_number number)
{
    return number.kind == DJ_NUMBER_INT ? dj_meta_set_int(meta, key, number.i)
                                        : dj_meta_set_double(meta, key, number.d);
}

static bool is_zero(struct dj_number number)
{
    return number.kind == DJ_NUMBER_INT ? number.i == 0 : number.d == 0;
}

/* prompt becomes the sum of both; false: it is too large. */
static bool add_both(struct dj_number *prompt, struct dj_number completion)
{
    if (prompt->kind == DJ_NUMBER_INT && completion.kind == DJ_NUMBER_INT) {
        return !__builtin_add_overflow(prompt->i, completion.i, &prompt->i);
    }
    *prompt = DJ_FLOAT(
        (prompt->kind == DJ_NUMBER_INT ? (double)prompt->i : prompt->d) +
        (completion.kind == DJ_NUMBER_INT ? (double)completion.i : completion.d));
    return true;
}

/* *good is false when the numbers cannot be added up. */
static enum dj_status set_sums(struct dj_meta *meta, const struct usages *usages,
                               bool *good)
{
    struct dj_number prompt = DJ_INT(0), completion = DJ_INT(0), sum;
    const struct dj_node *total = NULL;

    *good = true;
    for (const struct usage *usage = usages->first; usage != NULL; usage = usage->next) {
        *good = *good && add_up(&prompt, usage->prompt) &&
                add_up(&completion, usage->completion);
        total = total == NULL ? usage->total : total;
    }
    sum = prompt;
    *good = *good && add_both(&sum, completion);
    if (!*good) {
        return DJ_OK;
    }
    DJ_TRY(set_number(meta, "prompt_tokens", prompt));
    DJ_TRY(set_number(meta, "completion_tokens", completion));
    if (total != NULL) {
        return dj_meta_set_node(meta, "total_tokens", total);
    }
    if (is_zero(prompt) && is_zero(completion)) {
        return dj_meta_set(meta, "total_tokens", DJ_STR("null"));
    }
    return set_number(meta, "total_tokens", sum);
}

static enum dj_status tag_row(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row)
{
    const struct conf *conf = call->conf;
    struct usages usages = { .arena = call->scratch,
                             .dedupe = conf->dedupe_identical_usage };
    struct dj_meta meta;
    bool good;

    DJ_TRY(dj_meta_open(&meta, call, batch, row, &good));
    if (!good) {
        return DJ_OK;
    }
    DJ_TRY(collect(conf, meta.sample, &usages));
    DJ_TRY(set_sums(&meta, &usages, &good));
    if (!good) {
        dj_batch_reject(batch, row, "a number of tokens is no number, or too large");
        return DJ_OK;
    }
    return dj_meta_close(&meta, call->state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);

        DJ_TRY(tag_row(call, batch, row));
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_usage_counter_mapper = {
    .name = "usage_counter_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Tag samples with the tokens that their answers took",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};
