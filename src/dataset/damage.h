/*
 * Frames of a compressed file that cannot be decoded: each is left out, and a line in its
 * place is set aside with what is known of it. Which ones these are is the file's layout.
 */
#ifndef DJ_DATASET_DAMAGE_H
#define DJ_DATASET_DAMAGE_H

#include "dj/dataset.h"

struct dj_damage {
    size_t count;
    struct dj_stream_gap *gaps;
};

void dj_damage_release(struct dj_damage *damage);
/* From the layout of a file. */
void dj_damage_read(const struct dj_source_file *file, struct dj_damage *damage);
/*
 * After decoding failed in the frame at offset: notes it in the layout. The error stays
 * when there is no other frame, or this one was noted before.
 */
enum dj_status dj_damage_note(struct dj_source_file *file, int64_t offset,
                              struct dj_error *err) DJ_MUST_CHECK;

#endif
