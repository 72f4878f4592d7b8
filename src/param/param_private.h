/* What the parts of the parameter module share. */
#ifndef DJ_PARAM_PRIVATE_H
#define DJ_PARAM_PRIVATE_H

#include "dj/param.h"

/* Room for the field of any parameter. */
union dj_param_field {
    bool b;
    int64_t i;
    double d;
    struct dj_number n;
    const char *s;
    int e;
    struct dj_strs strs;
    const struct dj_yaml_node *any;
};

/* Whether one of words, divided by blanks, is name. */
bool dj_param_words_have(const char *words, const char *name);

/* Fails when a DJ_PARAM_NOT_YET field has a value that is not taken today. */
enum dj_status dj_param_check_yet(const struct dj_param *param, const void *conf,
                                  const char *place, const char *label,
                                  struct dj_error *err) DJ_MUST_CHECK;

#endif
