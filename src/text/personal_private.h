/* Private to the patterns for personal data: what both files look at. */
#ifndef DJ_PERSONAL_PRIVATE_H
#define DJ_PERSONAL_PRIVATE_H

#include "dj/personal.h"
#include "dj/text.h"

static inline bool dj_is_ascii_letter(uint32_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The beginning of the character that ends before p, which is not the first byte. */
static inline const char *dj_previous_char(const char *p)
{
    do {
        p--;
    } while (((unsigned char)*p & 0xc0) == 0x80);
    return p;
}

/* Puts the expansion in the place of mail addresses. */
enum dj_status dj_personal_sub_emails(const struct dj_template *tmpl, struct dj_str text,
                                      struct dj_buf *out, bool *changed) DJ_MUST_CHECK;

#endif
