/*
 * Deduplicators by equal texts: what document_deduplicator and its name in Data-Juicer's
 * Ray mode have in common.
 */
#ifndef DJ_SAME_TEXT_H
#define DJ_SAME_TEXT_H

#include "dj/global.h"

struct dj_same_text_conf {
    bool lowercase;
    bool ignore_non_character;
};

/* Entries of the parameter table. */
#define DJ_SAME_TEXT_PARAMS_                                                             \
    DJ_PARAM_BOOL_(struct dj_same_text_conf, lowercase, false, "compare in lower case"), \
        DJ_PARAM_BOOL_(struct dj_same_text_conf, ignore_non_character, false,            \
                       "compare without blanks, digits and ASCII punctuation")

enum dj_status dj_same_text_open(const struct dj_op_call *call,
                                 void **state) DJ_MUST_CHECK;
void dj_same_text_close(void *state);
enum dj_status dj_same_text_process(const struct dj_op_call *call,
                                    struct dj_batch *batch) DJ_MUST_CHECK;
extern const struct dj_global dj_same_text_global;

#endif
