/*
 * Patterns for personal data and secrets, those of Data-Juicer's pii_redaction_mapper, in
 * the dialect of re, with what makes them fast.
 */
#ifndef DJ_PERSONAL_H
#define DJ_PERSONAL_H

#include "dj/regex.h"

enum dj_personal {
    DJ_PERSONAL_PEM,
    DJ_PERSONAL_JWT,
    DJ_PERSONAL_URL,
    DJ_PERSONAL_IPV4,
    DJ_PERSONAL_IPV6, /* in brackets */
    DJ_PERSONAL_MAC,
    DJ_PERSONAL_UNIX_PATH,
    DJ_PERSONAL_WINDOWS_PATH,
    DJ_PERSONAL_UNC_PATH,
    DJ_PERSONAL_EMAIL,
    DJ_PERSONAL_SECRET,
    DJ_PERSONAL_ID,
    DJ_PERSONAL_CHANNEL,
    DJ_PERSONAL_FEISHU_ID,
    DJ_PERSONAL_PLATFORM_ID,
    DJ_PERSONAL_MOBILE, /* of China */
    DJ_PERSONAL_PHONE,  /* begins with + */
    DJ_PERSONAL_ID_CARD,
};

struct dj_personal_form {
    const char *pattern;
    unsigned flags;   /* DJ_REGEX_ */
    bool keeps_first; /* the first group is to stay */

    /* False when the pattern cannot match anywhere in the text. */
    bool (*may)(struct dj_str text);

    /* Does what dj_regex_sub does with the pattern; NULL: dj_regex_sub is as good. */
    enum dj_status (*sub)(const struct dj_template *tmpl, struct dj_str text,
                          struct dj_buf *out, bool *changed);
};

const struct dj_personal_form *dj_personal_form(enum dj_personal what);

#endif
