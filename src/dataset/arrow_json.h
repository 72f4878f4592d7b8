/* Single values of Arrow arrays as JSON. */
#ifndef DJ_DATASET_ARROW_JSON_H
#define DJ_DATASET_ARROW_JSON_H

#include "dj/arrow.h"

enum dj_status dj_arrow_put_int(struct dj_buf *out, int64_t value) DJ_MUST_CHECK;
enum dj_status dj_arrow_put_uint(struct dj_buf *out, uint64_t value) DJ_MUST_CHECK;
/* Of bytes' width: 2, 4 or 8. */
enum dj_status dj_arrow_put_float(struct dj_buf *out, const void *value,
                                  int width) DJ_MUST_CHECK;
/* A whole number of width bytes, the lowest first, of which scale digits are behind the
 * point. */
enum dj_status dj_arrow_put_decimal(struct dj_buf *out, const void *value, int width,
                                    int scale) DJ_MUST_CHECK;
enum dj_status dj_arrow_put_base64(struct dj_buf *out, struct dj_str bytes) DJ_MUST_CHECK;

/* digits: of a second's fraction, 0, 3, 6 or 9, which value counts the units of. */
enum dj_status dj_arrow_put_date(struct dj_buf *out, int64_t days) DJ_MUST_CHECK;
enum dj_status dj_arrow_put_date_ms(struct dj_buf *out, int64_t value) DJ_MUST_CHECK;
enum dj_status dj_arrow_put_time(struct dj_buf *out, int64_t value,
                                 int digits) DJ_MUST_CHECK;
enum dj_status dj_arrow_put_timestamp(struct dj_buf *out, int64_t value, int digits,
                                      bool zoned) DJ_MUST_CHECK;

#endif
