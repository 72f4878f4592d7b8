/*
 * Operators that look at one field, which a dotted key names: each part of the key is a
 * name in the object before it. The value is also the operator's statistic, under the
 * whole key, and a value that is there is taken instead.
 */
#ifndef DJ_FIELD_KEY_H
#define DJ_FIELD_KEY_H

#include "dj/op.h"
#include "dj/py.h"

struct dj_field_key {
    const char *whole;
    struct dj_str *parts;
    size_t nparts;
};

/* Data-Juicer fails without a key, and so does this: DJ_CONFIG. */
enum dj_status dj_field_key_init(struct dj_field_key *key, const char *text,
                                 struct dj_error *err) DJ_MUST_CHECK;
void dj_field_key_release(struct dj_field_key *key);

/*
 * The row's value, in the scratch arena of the call; it becomes statistic 0. A field that
 * is missing is null, as Data-Juicer has it when other samples have the field; where no
 * sample may be lost (skip_op_error false) the row is rejected, as it fails there when
 * none has it.
 */
enum dj_status dj_field_key_value(const struct dj_field_key *key,
                                  const struct dj_op_call *call, struct dj_batch *batch,
                                  size_t row, struct dj_py *value) DJ_MUST_CHECK;

#endif
