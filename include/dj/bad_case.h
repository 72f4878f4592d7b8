/*
 * Signs of bad cases in the log of an agent: what Data-Juicer's
 * agent_bad_case_signal_mapper looks for in tags, statistics and the last answer.
 */
#ifndef DJ_BAD_CASE_H
#define DJ_BAD_CASE_H

#include "dj/calibration.h"
#include "dj/meta.h"

/* The parameters of the operator, which says what they mean. */
struct dj_bad_case_rules {
    const char *query_key, *response_key;
    bool signal_on_tool_fail;
    int64_t min_tool_fail_count_for_signal;
    bool signal_on_low_tool_success_ratio;
    double tool_success_ratio_max_for_signal;
    int64_t min_tool_rounds_for_ratio_signal;
    bool signal_on_suspect_empty_response;
    int64_t min_query_len_for_empty_check, max_response_len_for_empty_check;
    int64_t max_total_tokens, max_latency_ms; /* -1: null */
    const char *calibration_json_path;
    bool auto_calibrate_thresholds, calibration_manual_overrides_auto;
    bool auto_enable_perplexity_from_calibration;
    bool signal_on_llm_analysis_low;
    double llm_analysis_score_max_for_bad;
    bool llm_analysis_discard_must_be_strict;
    double high_precision_llm_analysis_discard_threshold;
    bool signal_on_llm_text_quality_low;
    double llm_text_quality_score_max_for_bad;
    bool llm_text_quality_discard_must_be_strict;
    double high_precision_llm_text_quality_discard_threshold;
    bool signal_on_negative_sentiment_hint;
    struct dj_strs negative_sentiment_substrings;
    bool signal_on_high_perplexity;
    double perplexity_high_threshold;
    bool signal_hard_query_poor_reply;
    double hard_query_difficulty_min, poor_reply_quality_max;
    bool high_precision_on_tool_fail_alone;
    int64_t min_medium_signals_for_watchlist;
    bool signal_on_low_dialog_quality_meta;
    double dialog_quality_low_score_threshold;
    int64_t min_dialog_quality_low_axes_for_signal;
};

/* What is found out about one sample after the other; keeps its memory. */
struct dj_bad_case;
struct dj_bad_case *dj_bad_case_new(const struct dj_bad_case_rules *rules,
                                    const struct dj_calibration *calibration);
void dj_bad_case_free(struct dj_bad_case *bad);

/*
 * Looks at a sample. stats is the value of __dj__stats__. What Data-Juicer raises for is
 * told in *fault, which is NULL else.
 */
enum dj_status dj_bad_case_look(struct dj_bad_case *bad, const struct dj_meta *meta,
                                const struct dj_node *stats,
                                const char **fault) DJ_MUST_CHECK;

/* Of the last sample: the list of signals as JSON, and the tier. */
struct dj_str dj_bad_case_signals(const struct dj_bad_case *bad);
const char *dj_bad_case_tier(const struct dj_bad_case *bad);

#endif
