/*
 * Thresholds from a JSON file, for all samples and for those of single models:
 * {"default": {"name": 1}, "by_request_model": {"model": {"name": 2}}}.
 */
#ifndef DJ_CALIBRATION_H
#define DJ_CALIBRATION_H

#include <stdint.h>

#include "dj/tree.h"

struct dj_calibration;

/* DJ_CONFIG when the file cannot be read or is no JSON object. "~/" is the home folder.
 */
enum dj_status dj_calibration_load(const char *path, struct dj_calibration **calibration,
                                   struct dj_error *err) DJ_MUST_CHECK;
void dj_calibration_free(struct dj_calibration *calibration);

/* The value of that name for a model; NULL: there is none. NULL in, NULL out. */
const struct dj_node *dj_calibration_get(const struct dj_calibration *calibration,
                                         struct dj_str model, const char *name);

/* Of the bytes of the file. */
uint64_t dj_calibration_hash(const struct dj_calibration *calibration);

#endif
