/*
 * Changes to a sample and to its __dj__meta__, for operators that tag: the sample is read
 * as a tree, members are set, and the whole is given back in one go.
 */
#ifndef DJ_META_H
#define DJ_META_H

#include "dj/op.h"
#include "dj/tree.h"

enum { DJ_META_FIELDS = 8 };

struct dj_meta {
    struct dj_batch *batch;
    size_t row;
    struct dj_arena *arena;
    struct dj_node *sample;
    struct dj_node *meta; /* an object, empty when the sample has none */
    bool is_new;          /* the line that was read has none */

    /* Private. */
    struct dj_edits sample_edits, meta_edits;
    struct {
        const char *key;
        struct dj_str json;
    } fields[DJ_META_FIELDS];
    size_t nfields;
};

/*
 * Reads the row's sample. A row whose __dj__meta__ is no object is rejected, and *good
 * is false. All memory is the call's scratch arena.
 */
enum dj_status dj_meta_open(struct dj_meta *meta, const struct dj_op_call *call,
                            struct dj_batch *batch, size_t row, bool *good) DJ_MUST_CHECK;

/* Sets a member of __dj__meta__, each once. json is copied. */
enum dj_status dj_meta_set(struct dj_meta *meta, const char *key,
                           struct dj_str json) DJ_MUST_CHECK;
enum dj_status dj_meta_set_int(struct dj_meta *meta, const char *key,
                               int64_t value) DJ_MUST_CHECK;
enum dj_status dj_meta_set_text(struct dj_meta *meta, const char *key,
                                struct dj_str text) DJ_MUST_CHECK;
/*
 * As Data-Juicer holds it: when the data came without __dj__meta__, the column passes
 * through JSON with ten decimals (dj_op_stored), else numbers stay as they are.
 */
enum dj_status dj_meta_set_double(struct dj_meta *meta, const char *key,
                                  double value) DJ_MUST_CHECK;
/* A value of the sample, which must live on; numbers as dj_meta_set_double has them. */
enum dj_status dj_meta_set_node(struct dj_meta *meta, const char *key,
                                const struct dj_node *node) DJ_MUST_CHECK;

/* Sets a field of the sample itself, up to DJ_META_FIELDS; the last of equal keys. */
enum dj_status dj_meta_set_field(struct dj_meta *meta, const char *key,
                                 struct dj_str json) DJ_MUST_CHECK;

/* Gives the changed sample to the batch; buf is memory to use. */
enum dj_status dj_meta_close(struct dj_meta *meta, struct dj_buf *buf) DJ_MUST_CHECK;

/* --- values as Python takes them --------------------------------------------------- */

/* int(value) and float(value) of numbers, truth values and texts; false: they raise. */
bool dj_node_as_int(const struct dj_node *node, int64_t *value);
bool dj_node_as_float(const struct dj_node *node, double *value);

#endif
