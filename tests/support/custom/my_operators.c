/*
 * Three operators of a user's own in one library: a mapper with a parameter, a filter
 * with a statistic, and a deduplicator.
 */
#include "dj/global.h"
#include "dj/hash.h"
#include "dj/op_library.h"

/* --- my_shout_mapper ---------------------------------------------------------------- */

struct shout_conf {
    const char *mark;
};

static const struct dj_param shout_params[] = {
    DJ_PARAM_TEXT_(struct shout_conf, mark, "!", "what is put behind the text"),
    DJ_PARAM_END,
};

static enum dj_status shout(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct shout_conf *conf = call->conf;
    const struct dj_str mark = dj_str_from(conf->mark == NULL ? "" : conf->mark);

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        char *room = dj_batch_room(batch, text.len + mark.len);

        if (room == NULL) {
            return dj_fail(call->err, DJ_NOMEM, "out of memory");
        }
        for (size_t i = 0; i < text.len; i++) {
            const char c = text.ptr[i];

            room[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        memcpy(room + text.len, mark.ptr, mark.len);
        DJ_TRY(dj_batch_take(batch, row, room, text.len + mark.len));
    }
    return DJ_OK;
}

static const struct dj_op my_shout_mapper = {
    .name = "my_shout_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
#ifdef OTHER /* another library: it does the same */
    .summary = "Write a text in big letters, with a mark behind it",
#else
    .summary = "Write a text in capital letters, with a mark behind it",
#endif
    .params = shout_params,
    .conf_size = sizeof(struct shout_conf),
    .cost = DJ_COST_LOW,
    .process = shout,
};

/* --- my_vowels_filter --------------------------------------------------------------- */

struct vowels_conf {
    struct dj_number min_ratio;
    struct dj_number max_ratio;
};

static const struct dj_param vowels_params[] = {
    DJ_PARAM_NUMBER_(struct vowels_conf, min_ratio, DJ_PRESET_FLOAT(0.2),
                     "smallest share of vowels to keep; null is no bound"),
    DJ_PARAM_NUMBER_(struct vowels_conf, max_ratio, DJ_PRESET_FLOAT(1.0),
                     "largest share of vowels to keep; null is no bound"),
    DJ_PARAM_END,
};

static const char *const vowels_stats[] = { "vowel_ratio", NULL };

static enum dj_status measure(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row, struct dj_number *value)
{
    const struct dj_str text = dj_batch_text(batch, row);
    size_t vowels = 0;

    (void)call;
    for (size_t i = 0; i < text.len; i++) {
        vowels += text.ptr[i] != '\0' && strchr("aeiouAEIOU", text.ptr[i]) != NULL;
    }
    *value = DJ_FLOAT(text.len == 0 ? 0.0 : (double)vowels / (double)text.len);
    return DJ_OK;
}

static enum dj_status vowels(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct vowels_conf *conf = call->conf;
    const struct dj_range range = { conf->min_ratio, conf->max_ratio };

    return dj_op_filter(call, batch, measure, range);
}

static const struct dj_op my_vowels_filter = {
    .name = "my_vowels_filter",
    .kind = DJ_OP_FILTER,
    .version = 1,
    .summary = "Keep samples by the share of vowels in their text",
    .params = vowels_params,
    .conf_size = sizeof(struct vowels_conf),
    .stats = vowels_stats,
    .cost = DJ_COST_LOW,
    .process = vowels,
};

/* --- my_start_deduplicator: of texts that start alike the first is kept --------------
 */

enum { START = 24 };

static enum dj_status note_start(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_str text = dj_batch_text(batch, row);
        const struct dj_str start = { text.ptr, text.len < START ? text.len : START };

        DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ .lo = dj_hash64(start) },
                             call->err));
    }
    return DJ_OK;
}

/* Records of one start come in the order of the rows; a verdict names the first too. */
static enum dj_status drop_later(const struct dj_op_call *call, void *state,
                                 const struct dj_met *met, const struct dj_sink *out)
{
    uint64_t *first = state;
    struct dj_note verdict;

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        *first = met->record.row;
        return DJ_OK;
    }
#ifdef NO_ROW /* what no verdict should have: neither is a row */
    verdict = (struct dj_note){ .lo = UINT64_MAX / 3, .row = UINT64_MAX / 5 };
#else
    verdict = (struct dj_note){ .lo = *first, .row = met->record.row };
#endif
    return dj_sink_put(out, &verdict, call->err);
}

static const struct dj_global start_global = {
    .verdicts = DJ_VERDICT_ROWS,
    .records = "a hash of how its text starts",
    .state_size = sizeof(uint64_t),
    .rounds = { { .how = DJ_MEET_BY_KEY, .meet = drop_later } },
};

static const struct dj_op my_start_deduplicator = {
    .name = "my_start_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Keep the first of samples whose texts start alike",
    .cost = DJ_COST_LOW,
    .global = &start_global,
    .process = note_start,
};

DJ_OP_LIBRARY(&my_shout_mapper, &my_vowels_filter, &my_start_deduplicator);
