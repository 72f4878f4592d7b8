/*
 * Private to the layers: what has to be done to a text to get another one. Operators
 * change a text in few places, so the places are found by looking ahead a little, not
 * by comparing all with all; the edits are right for any two texts, and few for such.
 */
#ifndef DJ_LAYER_DIFF_H
#define DJ_LAYER_DIFF_H

#include "dj/mem.h"

/* Behind the edit before: keep bytes stay, cut bytes go, put stands in their place. */
struct layer_edit {
    size_t keep, cut;
    struct dj_str put; /* a part of the new text; whole characters */
};

struct layer_diff {
    const char *old, *old_end; /* what is not compared yet, without the common end */
    const char *new, *new_end;
    size_t same; /* bytes that are known to be the same */
};

/* Both are valid UTF-8 and have DJ_PADDING readable bytes behind them. */
void layer_diff_init(struct layer_diff *diff, struct dj_str old, struct dj_str new);

/* The next edit from the left; false: what is left is the same. */
bool layer_diff_next(struct layer_diff *diff, struct layer_edit *edit);

#endif
