/*
 * latex_figure_context_extractor_mapper: of a LaTeX document each figure with images, or
 * each of its subfigures, becomes a sample: all that the document has, and caption,
 * label, images, the paragraphs that cite it, caption and label of its parent. A
 * subfigure is cited where its parent is, too; paragraphs come once then. A document
 * without images gives no sample. dj/figures.h finds them, dj/tree.h writes the fields.
 */
#include "dj/figures.h"
#include "dj/json.h"
#include "dj/op.h"
#include "dj/tree.h"

struct conf {
    struct dj_strs citation_commands;
    const char *paragraph_separator;
    const char *caption_key;
    const char *label_key;
    const char *context_key;
    const char *parent_caption_key;
    const char *parent_label_key;
    const char *image_key;
};

static const struct dj_param params[] = {
    {
        .name = "citation_commands",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(struct conf, citation_commands, struct dj_strs),
        .preset.s = "\\ref \\cref \\Cref \\autoref",
        .flags = DJ_PARAM_NULLABLE,
        .help = "commands that cite labels; null: the default",
    },
    DJ_PARAM_TEXT_(struct conf, paragraph_separator, "\n\n",
                   "what stands between two paragraphs"),
    DJ_PARAM_TEXT_(struct conf, caption_key, "caption", "field for the caption"),
    DJ_PARAM_TEXT_(struct conf, label_key, "label", "field for the label"),
    DJ_PARAM_TEXT_(struct conf, context_key, "citing_paragraphs",
                   "field for the list of paragraphs that cite it"),
    DJ_PARAM_TEXT_(
        struct conf, parent_caption_key, "parent_caption",
        "field for the caption of a subfigure's figure; of others it is empty"),
    DJ_PARAM_TEXT_(struct conf, parent_label_key, "parent_label",
                   "field for the label of a subfigure's figure"),
    DJ_PARAM_TEXT_(struct conf, image_key, "images", "field for the list of images"),
    DJ_PARAM_END,
};

enum { KEYS = 6 };

struct state {
    const char *keys[KEYS]; /* in the order of write_values() */
    struct dj_str *commands;
    size_t ncommands;
    struct dj_buf values[KEYS];
    struct dj_buf sample;
};

static void close_op(void *opened)
{
    struct state *state = opened;

    for (size_t i = 0; i < KEYS; i++) {
        dj_buf_release(&state->values[i]);
    }
    dj_buf_release(&state->sample);
    dj_xfree(state->commands);
    dj_xfree(state);
}

static enum dj_status check_keys(const struct state *state, struct dj_error *err)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (state->keys[i] == NULL) {
            return dj_fail(err, DJ_CONFIG, "null is no name of a field");
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(state->keys[i], state->keys[k]) == 0) {
                return dj_fail(err, DJ_CONFIG,
                               "the field \"%s\" is to have two values: give each of "
                               "caption, label, images and so on a name of its own",
                               state->keys[i]);
            }
        }
    }
    return DJ_OK;
}

/* lstrip("\\") */
static struct dj_str command_name(const char *text)
{
    while (*text == '\\') {
        text++;
    }
    return dj_str_from(text);
}

static void take_commands(const struct conf *conf, struct state *state)
{
    static const char *const usual[] = { "ref", "cref", "Cref", "autoref" };
    const struct dj_strs *given = &conf->citation_commands;
    const char *const *items = given->present ? (const char *const *)given->items : usual;
    const size_t count = given->present ? given->count : 4;

    state->commands = dj_xcalloc(count + 1, sizeof(*state->commands));
    for (size_t i = 0; i < count; i++) {
        state->commands[i] = command_name(items[i]);
    }
    state->ncommands = count;
    if (count == 0) { /* a bare backslash */
        state->commands[state->ncommands++] = DJ_STR("");
    }
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state;
    enum dj_status status;

    if (conf->paragraph_separator == NULL || conf->paragraph_separator[0] == '\0') {
        return dj_fail(call->err, DJ_CONFIG,
                       "paragraph_separator is empty: nothing ends a paragraph");
    }
    state = dj_xmalloc(sizeof(*state));
    *state =
        (struct state){ .keys = { conf->caption_key, conf->image_key, conf->label_key,
                                  conf->context_key, conf->parent_caption_key,
                                  conf->parent_label_key } };
    for (size_t i = 0; i < KEYS; i++) {
        dj_buf_init(&state->values[i]);
    }
    dj_buf_init(&state->sample);
    take_commands(conf, state);
    status = check_keys(state, call->err);
    if (status != DJ_OK) {
        close_op(state);
        return status;
    }
    *opened = state;
    return DJ_OK;
}

/* --- values ---------------------------------------------------------------------------
 */

/* Writes a list of texts, one by one. */
struct list {
    struct dj_buf *out;
    bool any;
};

static enum dj_status put_item(struct list *list, struct dj_str text)
{
    DJ_TRY(dj_buf_append(list->out, list->any ? DJ_STR(", ") : DJ_STR("[")));
    list->any = true;
    return dj_json_quote(list->out, text);
}

static enum dj_status end_list(const struct list *list)
{
    return dj_buf_append(list->out, list->any ? DJ_STR("]") : DJ_STR("[]"));
}

/* What cites this label, as *cited tells of each paragraph, is listed. */
struct cited {
    const struct dj_prose *prose;
    bool *listed; /* the text of this paragraph */
    bool once;    /* a text that is listed already is not listed again */
};

static enum dj_status put_citing(const struct cited *cited, struct dj_str label,
                                 struct list *list)
{
    const struct dj_prose *prose = cited->prose;
    size_t last = SIZE_MAX;

    for (size_t i = 0; i < prose->ncitations && label.len > 0; i++) {
        const struct dj_citation *citation = &prose->citations[i];
        const struct dj_paragraph *paragraph = &prose->paragraphs[citation->paragraph];

        if (citation->paragraph == last || !dj_citation_names(citation, label)) {
            continue;
        }
        last = citation->paragraph;
        if (!cited->once || !cited->listed[paragraph->same]) {
            DJ_TRY(put_item(list, paragraph->text));
        }
        cited->listed[paragraph->same] = true;
    }
    return DJ_OK;
}

static enum dj_status put_context(const struct dj_prose *prose,
                                  const struct dj_figure *figure,
                                  struct dj_arena *scratch, struct dj_buf *out)
{
    struct list list = { out, false };
    struct cited cited = { .prose = prose, .once = figure->parent != NULL };

    cited.listed = dj_arena_alloc(scratch, prose->nparagraphs + 1);
    if (cited.listed == NULL) {
        return DJ_NOMEM;
    }
    memset(cited.listed, 0, prose->nparagraphs);
    if (figure->parent != NULL) {
        DJ_TRY(put_citing(&cited, figure->parent->label, &list));
    }
    DJ_TRY(put_citing(&cited, figure->label, &list));
    return end_list(&list);
}

/* The fields of a figure as JSON. */
static enum dj_status write_values(struct state *state, const struct dj_prose *prose,
                                   const struct dj_figure *figure,
                                   struct dj_arena *scratch)
{
    const struct dj_figure *parent = figure->parent;
    struct list images = { &state->values[1], false };

    for (size_t i = 0; i < KEYS; i++) {
        dj_buf_reset(&state->values[i]);
    }
    DJ_TRY(dj_json_quote(&state->values[0], figure->caption));
    for (const struct dj_image *image = figure->images; image != NULL;
         image = image->next) {
        DJ_TRY(put_item(&images, image->path));
    }
    DJ_TRY(end_list(&images));
    DJ_TRY(dj_json_quote(&state->values[2], figure->label));
    DJ_TRY(put_context(prose, figure, scratch, &state->values[3]));
    DJ_TRY(
        dj_json_quote(&state->values[4], parent == NULL ? DJ_STR("") : parent->caption));
    return dj_json_quote(&state->values[5], parent == NULL ? DJ_STR("") : parent->label);
}

/* --- rows -----------------------------------------------------------------------------
 */

/* The sample of a figure, made of the document's. */
static enum dj_status write_sample(struct state *state, struct dj_str document,
                                   const struct dj_node *root, struct dj_arena *scratch)
{
    struct dj_edits edits;

    dj_edits_init(&edits, scratch, document);
    for (size_t i = 0; i < KEYS; i++) {
        DJ_TRY(dj_edits_set(&edits, root, state->keys[i], dj_buf_str(&state->values[i])));
    }
    dj_buf_reset(&state->sample);
    return dj_edits_apply(&edits, &state->sample);
}

static enum dj_status set_sample(const struct dj_op_call *call, struct dj_batch *batch,
                                 size_t row)
{
    const struct state *state = call->state;
    const enum dj_status status =
        dj_batch_set_sample(batch, row, dj_buf_str(&state->sample));

    return status != DJ_OP
               ? status
               : dj_fail(call->err, DJ_OP, "with the fields of a figure it is no sample");
}

/* All figures but the first go to copies; the first one then takes the row. */
static enum dj_status put_figures(const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row, const struct dj_figures *figures,
                                  const struct dj_prose *prose)
{
    struct state *state = call->state;
    struct dj_str document;
    struct dj_node *root;

    DJ_TRY(dj_batch_sample(batch, row, &document));
    DJ_TRY(dj_node_read(document, call->scratch, &root));
    for (const struct dj_figure *figure = figures->first->next; figure != NULL;
         figure = figure->next) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        size_t copy;

        DJ_TRY(write_values(state, prose, figure, call->scratch));
        DJ_TRY(write_sample(state, document, root, call->scratch));
        if (dj_batch_copy(batch, row, &copy) != DJ_OK) {
            return dj_fail(call->err, DJ_OP, "a document has too many figures");
        }
        DJ_TRY(set_sample(call, batch, copy));
        dj_arena_rollback(call->scratch, mark);
    }
    DJ_TRY(write_values(state, prose, figures->first, call->scratch));
    DJ_TRY(write_sample(state, document, root, call->scratch));
    return set_sample(call, batch, row);
}

static enum dj_status process_row(const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row)
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const struct dj_str text = dj_batch_text(batch, row);
    struct dj_figures figures;
    struct dj_prose prose;

    DJ_TRY(dj_figures_find(text, call->scratch, &figures));
    if (figures.first == NULL) {
        dj_batch_dissolve(batch, row);
        return DJ_OK;
    }
    DJ_TRY(dj_prose_read(text, dj_str_from(conf->paragraph_separator), state->commands,
                         state->ncommands, call->scratch, &prose));
    return put_figures(call, batch, row, &figures, &prose);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);

        DJ_TRY(process_row(call, batch, row));
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_latex_figure_context_extractor_mapper = {
    .name = "latex_figure_context_extractor_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Make a sample of each figure of a LaTeX document, with what cites it",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_MAKES_ROWS | DJ_OP_READS_FIELDS,
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};
