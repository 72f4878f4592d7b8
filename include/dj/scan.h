/*
 * Finders for links, mail addresses and IP addresses: the same spans as Data-Juicer's
 * patterns give in the regex module, without the price of a regular expression. Also
 * what the operators that clean such things have in common.
 */
#ifndef DJ_SCAN_H
#define DJ_SCAN_H

#include "dj/regex.h"

enum { DJ_SCAN_BOUNDS = 4 };

/*
 * Finds the next match that starts at `from` or behind; what stands before `from` is
 * looked at for word boundaries only. Writes the bounds of the match and of the first
 * group (SIZE_MAX when it took no part). text has DJ_PADDING readable bytes behind it.
 */
typedef bool dj_scan_fn(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS]);

/* Links: a scheme, "www." or a host with a slash; the first group is the whole. */
bool dj_scan_link(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS]);
/* Mail addresses; there are no groups. */
bool dj_scan_email(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS]);
/* IPv4 and full IPv6 addresses; the first group is the seventh part of the latter. */
bool dj_scan_ip(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS]);

/* What a cleaning operator removes, and what it puts there. */
struct dj_replacer_spec {
    const char *op;      /* its name, which begins the messages */
    const char *pattern; /* the user's, or NULL for the published one */
    const char *repl;    /* template; NULL is refused */
    const char *published;
    dj_scan_fn *scan;   /* finds what the published pattern finds */
    size_t scan_groups; /* groups whose bounds it tells: 0 or 1 */
    enum dj_regex_flavor flavor;
    unsigned flags; /* of the pattern */
};

struct dj_replacer;

/* A pattern like r'..' or r".." loses this wrapper. DJ_CONFIG when one is refused. */
enum dj_status dj_replacer_new(const struct dj_replacer_spec *spec,
                               struct dj_replacer **replacer,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_replacer_free(struct dj_replacer *replacer);

/*
 * Replaces all matches. *changed is false when there is none; else *result is borrowed
 * until the next run. DJ_OP when the text is at fault.
 */
enum dj_status dj_replacer_run(struct dj_replacer *replacer, struct dj_str text,
                               bool *changed, struct dj_str *result,
                               struct dj_error *err) DJ_MUST_CHECK;

#endif
