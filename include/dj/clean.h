/*
 * Mappers that replace what one pattern matches: links, mail addresses, IP addresses. An
 * operator gives its published pattern and the scanner that finds the same.
 */
#ifndef DJ_CLEAN_H
#define DJ_CLEAN_H

#include "dj/op.h"
#include "dj/scan.h"

/* Their parameters. */
struct dj_clean_conf {
    const char *pattern; /* NULL: the published one */
    const char *repl;
};

/* In an operator's params; what: the things that the published pattern finds. */
#define DJ_CLEAN_PARAMS_(what)                                              \
    DJ_PARAM_TEXT_(struct dj_clean_conf, pattern, NULL,                     \
                   "regular expression for what is replaced; null: " what), \
        DJ_PARAM_TEXT_(struct dj_clean_conf, repl, "",                      \
                       "template that takes its place: \\1, \\g<name>, \\n")

/* For open(): spec without the parameters, and without flavor and flags, which are those
 * of Data-Juicer's regex module. */
enum dj_status dj_clean_open(const struct dj_op_call *call, struct dj_replacer_spec spec,
                             void **state) DJ_MUST_CHECK;
/* close() and process() of such an operator. */
void dj_clean_close(void *state);
enum dj_status dj_clean_process(const struct dj_op_call *call,
                                struct dj_batch *batch) DJ_MUST_CHECK;

#endif
