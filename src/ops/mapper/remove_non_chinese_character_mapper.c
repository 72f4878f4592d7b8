/*
 * remove_non_chinese_character_mapper: removes all characters but U+4E00 to U+9FA5 and,
 * unless told otherwise, ASCII letters, ASCII digits and some punctuation. As in
 * Data-Juicer, later ideographs and those of the extensions go, so do line feeds and
 * tabs, and the blank stays as a sign of punctuation.
 */
#include "dj/charset.h"
#include "dj/op.h"

struct conf {
    bool keep_alphabet;
    bool keep_number;
    bool keep_punc;
};

static const struct dj_param params[] = {
    DJ_PARAM_BOOL_(struct conf, keep_alphabet, true, "keep the letters A to Z, a to z"),
    DJ_PARAM_BOOL_(struct conf, keep_number, true, "keep the digits 0 to 9"),
    DJ_PARAM_BOOL_(struct conf, keep_punc, true, "keep blanks and some punctuation"),
    DJ_PARAM_END,
};

/* Without ? and : of ASCII. */
static const char punctuation[] = " !%&()*+,-./·—“”•、。《》！＆（），：？";

static enum dj_status open_op(const struct dj_op_call *call, void **state)
{
    const struct conf *conf = call->conf;
    struct dj_charset *set = dj_charset_new();

    dj_charset_add(set, 0x4e00, 0x9fa5);
    if (conf->keep_alphabet) {
        dj_charset_add(set, 'A', 'Z');
        dj_charset_add(set, 'a', 'z');
    }
    if (conf->keep_number) {
        dj_charset_add(set, '0', '9');
    }
    if (conf->keep_punc) {
        dj_charset_add_text(set, dj_str_from(punctuation));
    }
    dj_charset_invert(set);
    *state = set;
    return DJ_OK;
}

static void close_op(void *state)
{
    dj_charset_free(state);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    return dj_op_drop_chars(call, batch, call->state);
}

const struct dj_op dj_op_remove_non_chinese_character_mapper = {
    .name = "remove_non_chinese_character_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Remove all but Chinese characters, letters, digits and punctuation",
    .params = params,
    .conf_size = sizeof(struct conf),
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .process = process,
};
