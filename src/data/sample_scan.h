/*
 * Private: the grammar of a JSON line, as strict as Python's json module and stricter
 * (no lone surrogates). Nothing is built: values are spans of the line.
 */
#ifndef DJ_SAMPLE_SCAN_H
#define DJ_SAMPLE_SCAN_H

#include "data/sample_decode.h"

/* Objects and arrays may be nested so deep, the sample itself counted. */
enum { DJ_SCAN_DEPTH = 1024 };

/* One line, and what is wrong with it once something is. */
struct dj_scan {
    const char *begin;
    const char *end; /* DJ_PADDING bytes behind it can be read */
    const struct dj_string_ops *strings;
    const char *at;              /* where the fault is */
    const char *what;            /* NULL: none yet, or it is in a string */
    enum dj_string_fault string; /* the fault, if in a string */
};

void dj_scan_init(struct dj_scan *scan, struct dj_str line,
                  const struct dj_string_ops *strings);

/* The reason as people read it: "byte 17: lone surrogate escape \ud800". */
void dj_scan_reason(const struct dj_scan *scan, char *text, size_t size);

const char *dj_scan_blanks(const struct dj_scan *scan, const char *p);

/* Notes a fault; returns NULL. */
const char *dj_scan_fail(struct dj_scan *scan, const char *at, const char *what);

/* Checks the value at p (no blank); returns its end, or NULL after noting the fault. */
const char *dj_scan_value(struct dj_scan *scan, const char *p);

/* A member of an object: its key and the first byte of its value. */
struct dj_member {
    struct dj_str key; /* as it stands between the quotes */
    bool escaped;      /* key holds a backslash */
    const char *value;
};

/*
 * Steps through the members of an object. *p is behind the brace or behind the value
 * of the member before, which first tells. DJ_SCAN_MEMBER: member is filled, *p is at its
 * value. DJ_SCAN_END: *p is behind the closing brace. DJ_SCAN_FAULT: it is noted.
 */
enum dj_scan_step { DJ_SCAN_MEMBER, DJ_SCAN_END, DJ_SCAN_FAULT };
enum dj_scan_step dj_scan_next(struct dj_scan *scan, const char **p, bool first,
                               struct dj_member *member);

#endif
