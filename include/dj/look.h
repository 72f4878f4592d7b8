/*
 * A look at the beginning of some input files, before anything is cut: how long samples
 * are, how many there may be, and what they are like.
 */
#ifndef DJ_LOOK_H
#define DJ_LOOK_H

#include "dj/dataset.h"

enum {
    DJ_LOOK_FILES = 8,              /* looked at, spread over the input */
    DJ_LOOK_BYTES = 256 << 10,      /* of JSON lines of each */
    DJ_LOOK_WHOLE_BYTES = 64 << 20, /* a file that has to be read whole to find its first
                                       samples (CSV, JSON) is passed over beyond that */
    DJ_LOOK_USUAL_RATIO = 4 /* decoded bytes of a stored one, where nobody looked */
};

/* What files of one kind (format and compression) gave. */
struct dj_look_kind {
    double rows, bytes; /* samples, and stored bytes that hold them */
};

struct dj_look {
    int64_t files;    /* looked at */
    int64_t rows;     /* whole samples seen */
    double row_bytes; /* of a JSON line, with its line end; 1 when there was none */
    struct dj_look_kind kinds[DJ_SOURCE_COUNT][DJ_CODEC_COUNT];
    bool guessed; /* some input is compressed, so that its samples are a guess */
};

/* Called with each sample seen. */
typedef void dj_look_line(void *context, struct dj_str line);

/* What cannot be read is passed over: the run itself will say so. line may be NULL. */
void dj_look_at(const struct dj_sources *sources, dj_look_line *line, void *context,
                struct dj_look *look);

/* About how many samples a file has. */
double dj_look_file_rows(const struct dj_look *look, const struct dj_source_file *file);
/* And all files. */
double dj_look_rows(const struct dj_look *look, const struct dj_sources *sources);
/* And how many partitions they make. */
double dj_look_partitions(const struct dj_look *look, const struct dj_sources *sources,
                          struct dj_cut cut);

#endif
