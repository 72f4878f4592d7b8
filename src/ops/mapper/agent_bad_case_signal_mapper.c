/*
 * agent_bad_case_signal_mapper: gathers from tags, statistics and the last answer what
 * speaks for a bad case, lists it in __dj__meta__ with its weight, and sets a tier.
 *
 * Kept as it is in Data-Juicer: the row's numbers are spelled as they stand there, 5 or
 * 5.0; but there 5 becomes 5.0 when another sample has a number with a fraction in that
 * place, here a sample is looked at by itself.
 *
 * Unlike in Data-Juicer, a calibration_json_path that cannot be used is an error, not a
 * warning: thresholds that nobody has would go unnoticed.
 */
#include "dj/bad_case.h"
#include "dj/op.h"

#define CONF struct dj_bad_case_rules
#define FLAG(field_, preset_, help_) DJ_PARAM_BOOL_(CONF, field_, preset_, help_)
#define REAL(field_, preset_, help_) DJ_PARAM_FLOAT_(CONF, field_, preset_, 0, 0, help_)
#define WHOLE(field_, preset_, help_) DJ_PARAM_INT_(CONF, field_, preset_, 0, 0, help_)
#define LIMIT(field_, help_)                                                 \
    {                                                                        \
        .name = #field_, .type = DJ_PARAM_INT,                               \
        .offset = DJ_FIELD(CONF, field_, int64_t), .preset.i = -1, .min = 0, \
        .max = INT64_MAX, .flags = DJ_PARAM_NULLABLE, .help = (help_),       \
    }

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(CONF, query_key, "query", "field with the last query"),
    DJ_PARAM_TEXT_(CONF, response_key, "response", "field with the last answer"),
    FLAG(signal_on_tool_fail, true, "errors of tools are a signal"),
    WHOLE(min_tool_fail_count_for_signal, 1, "from so many errors on, at least 1"),
    FLAG(signal_on_low_tool_success_ratio, true, "a low share of successes is a signal"),
    REAL(tool_success_ratio_max_for_signal, 0.499, "up to this share"),
    WHOLE(min_tool_rounds_for_ratio_signal, 2, "with so many results of tools"),
    FLAG(signal_on_suspect_empty_response, true,
         "a short answer to a long query is a signal"),
    WHOLE(min_query_len_for_empty_check, 80, "characters of a long query"),
    WHOLE(max_response_len_for_empty_check, 20, "characters of a short answer"),
    LIMIT(max_total_tokens, "more tokens are a signal; null: none"),
    LIMIT(max_latency_ms, "more milliseconds are a signal; null: none"),
    DJ_PARAM_TEXT_(CONF, calibration_json_path, NULL,
                   "JSON file with thresholds, for all and for single models"),
    FLAG(auto_calibrate_thresholds, false, "use the thresholds of that file"),
    FLAG(calibration_manual_overrides_auto, true,
         "thresholds of the recipe stand above those of the file"),
    FLAG(auto_enable_perplexity_from_calibration, true,
         "a threshold for perplexity in the file switches that signal on"),
    FLAG(signal_on_llm_analysis_low, true, "a low llm_analysis_score is a signal"),
    REAL(llm_analysis_score_max_for_bad, 0.28, "up to this score"),
    FLAG(llm_analysis_discard_must_be_strict, true,
         "only where its record recommends to discard"),
    REAL(high_precision_llm_analysis_discard_threshold, 0.24,
         "up to this score its weight is high"),
    FLAG(signal_on_llm_text_quality_low, true, "a low llm_quality_score is a signal"),
    REAL(llm_text_quality_score_max_for_bad, 0.28, "up to this score"),
    FLAG(llm_text_quality_discard_must_be_strict, true,
         "only where its record recommends to discard"),
    REAL(high_precision_llm_text_quality_discard_threshold, 0.24,
         "up to this score its weight is high"),
    FLAG(signal_on_negative_sentiment_hint, false, "negative labels are a signal"),
    {
        .name = "negative_sentiment_substrings",
        .type = DJ_PARAM_TEXTS,
        .offset = DJ_FIELD(CONF, negative_sentiment_substrings, struct dj_strs),
        .flags = DJ_PARAM_NULLABLE,
        .help = "parts of negative labels; null: preset ones",
    },
    FLAG(signal_on_high_perplexity, false, "a high perplexity is a signal"),
    REAL(perplexity_high_threshold, 800.0, "from this perplexity on"),
    FLAG(signal_hard_query_poor_reply, false, "a poor reply to a hard query is a signal"),
    REAL(hard_query_difficulty_min, 0.72, "llm_difficulty_score of a hard query"),
    REAL(poor_reply_quality_max, 0.36, "llm_quality_score of a poor reply"),
    FLAG(high_precision_on_tool_fail_alone, true,
         "errors of tools alone make the tier high_precision"),
    WHOLE(min_medium_signals_for_watchlist, 2,
          "so many signals of medium weight make the tier watchlist"),
    FLAG(signal_on_low_dialog_quality_meta, true,
         "low scores of the judges of dialogs are a signal"),
    REAL(dialog_quality_low_score_threshold, 2.0, "up to this score"),
    WHOLE(min_dialog_quality_low_axes_for_signal, 1, "of so many judges, at least 1"),
    DJ_PARAM_END,
};

struct state {
    struct dj_calibration *calibration; /* NULL: none */
    struct dj_bad_case *bad;
    struct dj_buf sample;
};

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_bad_case_free(state->bad);
    dj_calibration_free(state->calibration);
    dj_buf_release(&state->sample);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const CONF *conf = call->conf;
    struct state *state;

    if (conf->query_key == NULL || conf->response_key == NULL) {
        return dj_fail(call->err, DJ_CONFIG, "the name of a field is null");
    }
    state = dj_xcalloc(1, sizeof(*state));
    dj_buf_init(&state->sample);
    if (conf->auto_calibrate_thresholds && conf->calibration_json_path != NULL &&
        conf->calibration_json_path[0] != '\0') {
        const enum dj_status status = dj_calibration_load(conf->calibration_json_path,
                                                          &state->calibration, call->err);

        if (status != DJ_OK) {
            close_op(state);
            return status;
        }
    }
    state->bad = dj_bad_case_new(conf, state->calibration);
    *opened = state;
    return DJ_OK;
}

static uint64_t data_hash(const void *opened)
{
    const struct state *state = opened;

    return state->calibration == NULL ? 0 : dj_calibration_hash(state->calibration);
}

static enum dj_status tag_row(const struct dj_op_call *call, struct dj_batch *batch,
                              size_t row)
{
    static const struct dj_str stats_field = { "__dj__stats__", 13 };
    struct state *state = call->state;
    const char *fault;
    struct dj_node *stats;
    struct dj_meta meta;
    struct dj_str json;
    size_t used;
    bool good;

    DJ_TRY(dj_meta_open(&meta, call, batch, row, &good));
    if (!good) {
        return DJ_OK;
    }
    DJ_TRY(dj_batch_field(batch, row, &stats_field, 1, call->scratch, &json, &used));
    DJ_TRY(dj_node_read(json, call->scratch, &stats));
    DJ_TRY(dj_bad_case_look(state->bad, &meta, stats, &fault));
    if (fault != NULL) {
        dj_batch_reject(batch, row, "%s", fault);
        return DJ_OK;
    }
    DJ_TRY(dj_meta_set(&meta, "agent_bad_case_signals", dj_bad_case_signals(state->bad)));
    DJ_TRY(dj_meta_set_text(&meta, "agent_bad_case_tier",
                            dj_str_from(dj_bad_case_tier(state->bad))));
    return dj_meta_close(&meta, &state->sample);
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

const struct dj_op dj_op_agent_bad_case_signal_mapper = {
    .name = "agent_bad_case_signal_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Tag samples with what speaks for a bad case, and with a tier",
    .params = params,
    .conf_size = sizeof(CONF),
    .flags = DJ_OP_NO_TEXT,
    .cost = DJ_COST_LOW,
    .open = open_op,
    .close = close_op,
    .data = data_hash,
    .process = process,
};
