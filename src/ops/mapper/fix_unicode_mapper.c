/*
 * fix_unicode_mapper: repairs mojibake, HTML entities, quotes, ligatures, width forms,
 * line breaks, control characters and the normal form, as ftfy 6.3.1 does.
 *
 * Kept as they are in Data-Juicer: a line with "<" and all lines after it keep their
 * entities; a lone U+0085 becomes an ellipsis, not a line break; U+200B and U+00AD
 * stay; normalization "" means NFC; À and a line feed at the end of a line of mojibake
 * vanish together.
 */
#include "dj/fix_unicode.h"
#include "dj/op.h"

#include <strings.h>

struct conf {
    const char *normalization;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, normalization, NULL,
                   "normal form of the result: NFC (also null), NFD, NFKC or NFKD"),
    DJ_PARAM_END,
};

struct state {
    struct dj_fixer *fixer;
    struct dj_buf fixed;
};

static enum dj_status form_of(const char *name, enum dj_normal_form *form,
                              struct dj_error *err)
{
    static const char *const names[] = {
        [DJ_NFC] = "NFC",
        [DJ_NFD] = "NFD",
        [DJ_NFKC] = "NFKC",
        [DJ_NFKD] = "NFKD",
    };

    *form = DJ_NFC;
    if (name == NULL || name[0] == '\0') {
        return DJ_OK;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *form = (enum dj_normal_form)i;
            return DJ_OK;
        }
    }
    return dj_fail(err, DJ_CONFIG,
                   "normalization: \"%s\" is not one of NFC, NFD, NFKC, NFKD", name);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    enum dj_normal_form form;

    DJ_TRY(form_of(conf->normalization, &form, call->err));

    struct state *state = dj_xmalloc(sizeof(*state));

    state->fixer = dj_fixer_new(form);
    dj_buf_init(&state->fixed);
    *opened = state;
    return DJ_OK;
}

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_fixer_free(state->fixer);
    dj_buf_release(&state->fixed);
    dj_xfree(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        bool changed;

        dj_buf_reset(&state->fixed);
        if (dj_fixer_fix(state->fixer, text, &state->fixed, &changed) != DJ_OK) {
            return dj_fail(call->err, DJ_NOMEM, "no memory to repair a text of %zu bytes",
                           text.len);
        }
        if (changed) {
            DJ_TRY(dj_batch_set_text(batch, row, dj_buf_str(&state->fixed)));
        }
    }
    return DJ_OK;
}

const struct dj_op dj_op_fix_unicode_mapper = {
    .name = "fix_unicode_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Repair mojibake and other broken Unicode, and normalise it",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};
