/* What mappers that replace matches of a pattern share; see dj/clean.h. */
#include "dj/clean.h"

enum dj_status dj_clean_open(const struct dj_op_call *call, struct dj_replacer_spec spec,
                             void **state)
{
    const struct dj_clean_conf *conf = call->conf;
    struct dj_replacer *replacer;

    spec.pattern = conf->pattern;
    spec.repl = conf->repl;
    spec.flavor = DJ_REGEX_REGEX;
    spec.flags = DJ_REGEX_DOTALL;
    DJ_TRY(dj_replacer_new(&spec, &replacer, call->err));
    *state = replacer;
    return DJ_OK;
}

void dj_clean_close(void *state)
{
    dj_replacer_free(state);
}

enum dj_status dj_clean_process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct dj_replacer *replacer = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        struct dj_str result;
        bool changed;
        const enum dj_status status =
            dj_replacer_run(replacer, text, &changed, &result, call->err);

        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            continue;
        }
        DJ_TRY(status);
        if (changed) {
            DJ_TRY(dj_batch_set_text(batch, row, result));
        }
    }
    return DJ_OK;
}
