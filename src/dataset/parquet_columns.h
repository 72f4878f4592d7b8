/* Private: which columns of a file a reader needs. */
#ifndef DJ_DATASET_PARQUET_COLUMNS_H
#define DJ_DATASET_PARQUET_COLUMNS_H

#include "dj/arrow.h"

struct dj_wanted {
    int64_t count;            /* of columns; 0: all of them */
    const char **names;       /* in the order of the file */
    struct ArrowSchema shape; /* the file's with these alone; what it points to is the
                                 file's, or children below */
    struct ArrowSchema **children;
};

/*
 * For somebody who looks at texts and nothing else (texts: their keys, NULL: all is
 * looked at). Columns stay that could make the decoder of samples set one aside: strings
 * may be no UTF-8, and what is deep or there twice is refused. So the same samples are
 * set aside whatever is read; numbers, binary and lists of these, which are the large
 * ones beside texts, need not be.
 */
void dj_wanted_choose(const struct ArrowSchema *file, const char *const *texts,
                      size_t ntexts, struct dj_wanted *wanted);
void dj_wanted_release(struct dj_wanted *wanted);

#endif
