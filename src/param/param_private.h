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

#endif
