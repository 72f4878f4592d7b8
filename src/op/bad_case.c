/* Signs of bad cases: each is looked for in turn, with a detail as Python spells it. */
#include "dj/bad_case.h"

#include "dj/json.h"

enum { LABELS_SHOWN = 6 };

static const char *const preset_substrings[] = {
    "负面", "negative", "angry", "沮丧", "不满", "frustrated", "disappointed", "unhappy",
};

static const char *const quality_keys[] = {
    "dialog_memory_consistency", "dialog_coreference",           "dialog_topic_shift",
    "dialog_error_recovery",     "dialog_clarification_quality", "dialog_proactivity",
    "dialog_non_repetition",     "agent_trace_coherence",        "agent_tool_relevance",
};

struct dj_bad_case {
    const struct dj_bad_case_rules *rules;
    const struct dj_calibration *calibration; /* NULL: none */
    struct dj_buf json, detail, text;

    /* The sample that is looked at. */
    const struct dj_meta *meta;
    const struct dj_node *stats;
    struct dj_str model;
    struct dj_jsonw w; /* the list of signals */
    size_t signals, mediums;
    bool tool_failed, llm_is_sure;
    const char *fault; /* what Data-Juicer raises for */
};

struct dj_bad_case *dj_bad_case_new(const struct dj_bad_case_rules *rules,
                                    const struct dj_calibration *calibration)
{
    struct dj_bad_case *bad = dj_xcalloc(1, sizeof(*bad));

    bad->rules = rules;
    bad->calibration = calibration;
    return bad;
}

void dj_bad_case_free(struct dj_bad_case *bad)
{
    if (bad != NULL) {
        dj_buf_release(&bad->json);
        dj_buf_release(&bad->detail);
        dj_buf_release(&bad->text);
        dj_xfree(bad);
    }
}

/* --- pieces ------------------------------------------------------------------------ */

static const struct dj_node *tag(const struct dj_bad_case *bad, const char *name)
{
    return dj_node_value(bad->meta->meta, name);
}

static double real(struct dj_bad_case *bad, const struct dj_node *node)
{
    double value = 0;

    if (!dj_node_as_float(node, &value)) {
        bad->fault = "a score or ratio is no number";
    }
    return value;
}

static int64_t whole(struct dj_bad_case *bad, const struct dj_node *node)
{
    int64_t value = 0;

    if (!dj_node_as_int(node, &value)) {
        bad->fault = "a count is no number";
    }
    return value;
}

/* Lists the signal whose detail is in bad->detail. */
static void add(struct dj_bad_case *bad, const char *code, bool high)
{
    dj_jsonw_open(&bad->w, '{');
    dj_jsonw_kv_text(&bad->w, "code", code);
    dj_jsonw_kv_str(&bad->w, "detail", dj_buf_str(&bad->detail));
    dj_jsonw_kv_text(&bad->w, "weight", high ? "high" : "medium");
    dj_jsonw_close(&bad->w, '}');
    bad->signals++;
    bad->mediums += !high;
}

/* The detail becomes name=value. */
static enum dj_status detail_of(struct dj_bad_case *bad, const char *name,
                                const struct dj_node *node)
{
    dj_buf_reset(&bad->detail);
    DJ_TRY(dj_buf_printf(&bad->detail, "%s=", name));
    return dj_node_str(node, &bad->detail);
}

/* --- signals ----------------------------------------------------------------------- */

static enum dj_status look_at_tools(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    struct dj_buf *detail = &bad->detail;
    const struct dj_node *fails = tag(bad, "tool_fail_count");
    const struct dj_node *successes = tag(bad, "tool_success_count");
    const struct dj_node *ratio = tag(bad, "tool_success_ratio");
    const int64_t failed = dj_node_true(fails) ? whole(bad, fails) : 0;
    const int64_t least = rules->min_tool_fail_count_for_signal;
    int64_t succeeded, rounds;

    if (rules->signal_on_tool_fail && failed >= (least > 1 ? least : 1)) {
        dj_buf_reset(detail);
        DJ_TRY(dj_buf_printf(detail, "tool_fail_count=%lld", (long long)failed));
        add(bad, "tool_message_error_pattern", true);
        bad->tool_failed = true;
    }
    succeeded = dj_node_true(successes) ? whole(bad, successes) : 0;
    rounds = (int64_t)((uint64_t)succeeded + (uint64_t)failed);
    if (rules->signal_on_low_tool_success_ratio &&
        rounds >= rules->min_tool_rounds_for_ratio_signal && ratio != NULL &&
        real(bad, ratio) <= rules->tool_success_ratio_max_for_signal) {
        DJ_TRY(detail_of(bad, "ratio", ratio));
        DJ_TRY(dj_buf_printf(detail, ", success=%lld, fail=%lld", (long long)succeeded,
                             (long long)failed));
        add(bad, "low_tool_success_ratio", false);
    }
    return DJ_OK;
}

/* Characters of a field without blanks around it. */
static int64_t length_of(struct dj_bad_case *bad, const char *key)
{
    const struct dj_node *node = dj_node_get(bad->meta->sample, key);

    if (!dj_node_true(node)) {
        return 0;
    }
    if (node->kind != DJ_NODE_STRING) {
        bad->fault = "the query or the response is no text";
        return 0;
    }
    return dj_i64_from_size(dj_utf8_length(dj_text_strip(node->text)));
}

static enum dj_status look_at_answer(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    const int64_t query = length_of(bad, rules->query_key);
    const int64_t response = length_of(bad, rules->response_key);

    if (rules->signal_on_suspect_empty_response &&
        query >= rules->min_query_len_for_empty_check &&
        response <= rules->max_response_len_for_empty_check) {
        dj_buf_reset(&bad->detail);
        DJ_TRY(dj_buf_printf(&bad->detail, "query_len=%lld, response_len=%lld",
                             (long long)query, (long long)response));
        add(bad, "suspect_empty_or_trivial_final_response", false);
    }
    return DJ_OK;
}

/* A count above its limit; the limit is the recipe's (-1: none) or the file's. */
static enum dj_status look_at_count(struct dj_bad_case *bad, int64_t given,
                                    const char *name, const char *key, const char *word,
                                    const char *code)
{
    const struct dj_node *node = tag(bad, key);
    int64_t most = given, filed;

    if (dj_node_as_int(dj_calibration_get(bad->calibration, bad->model, name), &filed) &&
        (given < 0 || !bad->rules->calibration_manual_overrides_auto)) {
        most = filed;
    } else if (given < 0) {
        return DJ_OK;
    }
    if (node == NULL || whole(bad, node) <= most) {
        return DJ_OK;
    }
    DJ_TRY(detail_of(bad, word, node));
    add(bad, code, false);
    return DJ_OK;
}

/* What the record of a judge recommends, in small letters, to bad->text. */
static enum dj_status recommendation(struct dj_bad_case *bad,
                                     const struct dj_node *record)
{
    struct dj_buf *out = &bad->text;
    const struct dj_node *found;
    struct dj_str text;
    struct dj_node *root;
    struct dj_buf raw;
    enum dj_status status;

    dj_buf_reset(out);
    if (dj_node_is(record, DJ_NODE_STRING)) {
        DJ_TRY(dj_node_parse(record->text, bad->meta->arena, &root));
        record = root;
    }
    found = dj_node_value(record, "recommendation");
    if (dj_node_is(found, DJ_NODE_LIST) && found->count > 0) {
        found = found->first;
    }
    if (found == NULL || found->kind == DJ_NODE_NULL) {
        return DJ_OK;
    }
    dj_buf_init(&raw);
    status = dj_node_str(found, &raw);
    text = raw.len == 0 ? DJ_STR("") : dj_text_strip(dj_buf_str(&raw));
    while (text.len > 0 && text.ptr[0] == '"') {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && text.ptr[text.len - 1] == '"') {
        text.len--;
    }
    if (status == DJ_OK) {
        status = dj_text_lower(text, out);
    }
    dj_buf_release(&raw);
    return status;
}

struct judge {
    const char *score, *record, *code;
    double most, sure;
    bool strict;
};

static enum dj_status look_at_judge(struct dj_bad_case *bad, const struct judge *judge)
{
    const struct dj_node *score = dj_node_value(bad->stats, judge->score);
    struct dj_str word;
    bool discard, high;

    if (score == NULL || real(bad, score) > judge->most) {
        return DJ_OK;
    }
    DJ_TRY(recommendation(bad, dj_node_get(bad->stats, judge->record)));
    word = dj_buf_str(&bad->text);
    discard = dj_str_is(word, "discard");
    if (judge->strict && !discard) {
        return DJ_OK;
    }
    DJ_TRY(detail_of(bad, "score", score));
    DJ_TRY(dj_buf_append(&bad->detail, DJ_STR(", recommendation=")));
    DJ_TRY(dj_buf_append(&bad->detail, word.len > 0 ? word : DJ_STR("n/a")));
    high = discard && real(bad, score) <= judge->sure;
    add(bad, judge->code, high);
    bad->llm_is_sure = bad->llm_is_sure || high;
    return DJ_OK;
}

static enum dj_status look_at_judges(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    const struct judge analysis = {
        .score = "llm_analysis_score",
        .record = "llm_analysis_record",
        .code = "llm_agent_analysis_eval_low",
        .most = rules->llm_analysis_score_max_for_bad,
        .sure = rules->high_precision_llm_analysis_discard_threshold,
        .strict = rules->llm_analysis_discard_must_be_strict,
    };
    const struct judge quality = {
        .score = "llm_quality_score",
        .record = "llm_quality_record",
        .code = "llm_reply_quality_eval_low",
        .most = rules->llm_text_quality_score_max_for_bad,
        .sure = rules->high_precision_llm_text_quality_discard_threshold,
        .strict = rules->llm_text_quality_discard_must_be_strict,
    };

    if (rules->signal_on_llm_analysis_low) {
        DJ_TRY(look_at_judge(bad, &analysis));
    }
    return rules->signal_on_llm_text_quality_low ? look_at_judge(bad, &quality) : DJ_OK;
}

/* The labels in small letters, a blank between two, to bad->text. */
static enum dj_status join_labels(struct dj_bad_case *bad, const struct dj_node *labels)
{
    dj_buf_reset(&bad->detail);
    dj_buf_reset(&bad->text);
    DJ_FOR_EACH_NODE (label, labels) {
        if (label != labels->first) {
            DJ_TRY(dj_buf_putc(&bad->detail, ' '));
        }
        DJ_TRY(dj_node_str(label, &bad->detail));
    }
    return dj_text_lower(dj_buf_str(&bad->detail), &bad->text);
}

static enum dj_status is_negative(struct dj_bad_case *bad, bool *negative)
{
    const struct dj_strs *given = &bad->rules->negative_sentiment_substrings;
    const char *const *parts = given->count > 0 ? given->items : preset_substrings;
    const size_t count =
        given->count > 0 ? given->count : sizeof(preset_substrings) / sizeof(*parts);
    const struct dj_str labels = dj_buf_str(&bad->text);

    *negative = false;
    for (size_t i = 0; i < count && !*negative; i++) {
        dj_buf_reset(&bad->detail);
        DJ_TRY(dj_text_lower(dj_str_from(parts[i]), &bad->detail));
        *negative = bad->detail.len == 0 ||
                    (labels.len > 0 && memmem(labels.ptr, labels.len, bad->detail.ptr,
                                              bad->detail.len) != NULL);
    }
    return DJ_OK;
}

static enum dj_status look_at_labels(struct dj_bad_case *bad)
{
    const struct dj_node *labels = tag(bad, "dialog_sentiment_labels");
    struct dj_buf *detail = &bad->detail;
    size_t shown = 0;
    bool negative;

    if (!bad->rules->signal_on_negative_sentiment_hint ||
        !dj_node_is(labels, DJ_NODE_LIST) || labels->count == 0) {
        return DJ_OK;
    }
    DJ_TRY(join_labels(bad, labels));
    DJ_TRY(is_negative(bad, &negative));
    if (!negative) {
        return DJ_OK;
    }
    dj_buf_reset(detail);
    DJ_TRY(dj_buf_append(detail, DJ_STR("labels=[")));
    DJ_FOR_EACH_NODE (label, labels) {
        if (shown == LABELS_SHOWN) {
            break;
        }
        DJ_TRY(dj_buf_append(detail, shown++ == 0 ? DJ_STR("") : DJ_STR(", ")));
        DJ_TRY(dj_node_repr(label, detail));
    }
    DJ_TRY(dj_buf_putc(detail, ']'));
    add(bad, "negative_sentiment_label_hint", false);
    return DJ_OK;
}

/* False when perplexity is no signal. */
static bool perplexity_threshold(const struct dj_bad_case *bad, double *threshold)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    double filed = 0;
    const bool has_filed = dj_node_as_float(
        dj_calibration_get(bad->calibration, bad->model, "perplexity_high_threshold"),
        &filed);
    const bool on = rules->signal_on_high_perplexity;

    *threshold = rules->perplexity_high_threshold;
    if (!on && !(has_filed && rules->auto_enable_perplexity_from_calibration)) {
        return false;
    }
    if (has_filed && !(rules->calibration_manual_overrides_auto && on)) {
        *threshold = filed;
    }
    return true;
}

static enum dj_status look_at_texts(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    const struct dj_node *perplexity = dj_node_value(bad->stats, "perplexity");
    const struct dj_node *difficulty = dj_node_value(bad->stats, "llm_difficulty_score");
    const struct dj_node *quality = dj_node_value(bad->stats, "llm_quality_score");
    double threshold;

    if (perplexity_threshold(bad, &threshold) && perplexity != NULL &&
        real(bad, perplexity) >= threshold) {
        DJ_TRY(detail_of(bad, "perplexity", perplexity));
        add(bad, "high_perplexity", false);
    }
    if (rules->signal_hard_query_poor_reply && difficulty != NULL && quality != NULL &&
        real(bad, difficulty) >= rules->hard_query_difficulty_min &&
        real(bad, quality) <= rules->poor_reply_quality_max) {
        DJ_TRY(detail_of(bad, "difficulty", difficulty));
        DJ_TRY(dj_buf_append(&bad->detail, DJ_STR(", llm_quality_score=")));
        DJ_TRY(dj_node_str(quality, &bad->detail));
        add(bad, "hard_query_low_reply_quality_conjunction", false);
    }
    return DJ_OK;
}

static enum dj_status look_at_dialog(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    const int64_t least = rules->min_dialog_quality_low_axes_for_signal;
    struct dj_buf *detail = &bad->detail;
    char threshold[DJ_JSON_DOUBLE_TEXT];
    int64_t lows = 0;
    size_t len;

    if (!rules->signal_on_low_dialog_quality_meta) {
        return DJ_OK;
    }
    dj_buf_reset(detail);
    DJ_TRY(dj_buf_append(detail, DJ_STR("axes=[")));
    for (size_t i = 0; i < sizeof(quality_keys) / sizeof(quality_keys[0]); i++) {
        const struct dj_node *record = tag(bad, quality_keys[i]);
        double score;

        if (dj_node_is(record, DJ_NODE_OBJECT) &&
            !dj_node_true(dj_node_get(record, "skipped")) &&
            !dj_node_true(dj_node_get(record, "error")) &&
            dj_node_as_float(dj_node_get(record, "score"), &score) &&
            score <= rules->dialog_quality_low_score_threshold) {
            DJ_TRY(dj_buf_printf(detail, "%s'%s'", lows++ == 0 ? "" : ", ",
                                 quality_keys[i]));
        }
    }
    len = dj_json_double(rules->dialog_quality_low_score_threshold, threshold);
    DJ_TRY(dj_buf_printf(detail, "], threshold=%.*s", (int)len, threshold));
    if (lows >= (least > 1 ? least : 1)) {
        add(bad, "dialog_turn_quality_meta_low", false);
    }
    return DJ_OK;
}

/* --- all of them ------------------------------------------------------------------- */

const char *dj_bad_case_tier(const struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;
    const int64_t mediums = dj_i64_from_size(bad->mediums);

    if (bad->tool_failed) {
        return rules->high_precision_on_tool_fail_alone ? "high_precision" : "watchlist";
    }
    if (bad->llm_is_sure) {
        return "high_precision";
    }
    return mediums >= rules->min_medium_signals_for_watchlist ||
                   (bad->signals == 1 && mediums == 1)
               ? "watchlist"
               : "none";
}

static enum dj_status find_model(struct dj_bad_case *bad)
{
    const struct dj_node *model = tag(bad, "agent_request_model");

    bad->model = DJ_STR("");
    if (bad->calibration == NULL || !dj_node_true(model)) {
        return DJ_OK;
    }
    dj_buf_reset(&bad->text);
    DJ_TRY(dj_node_str(model, &bad->text));
    bad->model = dj_arena_copy(bad->meta->arena, dj_text_strip(dj_buf_str(&bad->text)));
    return bad->model.ptr == NULL ? DJ_NOMEM : DJ_OK;
}

static enum dj_status look_at_all(struct dj_bad_case *bad)
{
    const struct dj_bad_case_rules *rules = bad->rules;

    DJ_TRY(find_model(bad));
    DJ_TRY(look_at_tools(bad));
    DJ_TRY(look_at_answer(bad));
    DJ_TRY(look_at_count(bad, rules->max_total_tokens, "max_total_tokens", "total_tokens",
                         "total_tokens", "high_token_usage"));
    DJ_TRY(look_at_count(bad, rules->max_latency_ms, "max_latency_ms",
                         "agent_total_cost_time_ms", "total_cost_time_ms",
                         "high_latency_ms"));
    DJ_TRY(look_at_judges(bad));
    DJ_TRY(look_at_labels(bad));
    DJ_TRY(look_at_texts(bad));
    return look_at_dialog(bad);
}

enum dj_status dj_bad_case_look(struct dj_bad_case *bad, const struct dj_meta *meta,
                                const struct dj_node *stats, const char **fault)
{
    bad->meta = meta;
    bad->stats = stats;
    bad->signals = 0;
    bad->mediums = 0;
    bad->tool_failed = false;
    bad->llm_is_sure = false;
    bad->fault = NULL;
    dj_buf_reset(&bad->json);
    dj_jsonw_init(&bad->w, &bad->json, 0);
    dj_jsonw_open(&bad->w, '[');
    DJ_TRY(look_at_all(bad));
    dj_jsonw_close(&bad->w, ']');
    *fault = bad->fault;
    return dj_jsonw_end(&bad->w);
}

struct dj_str dj_bad_case_signals(const struct dj_bad_case *bad)
{
    return dj_buf_str(&bad->json);
}
