/* How scan.c and scan_compressed.c hand bytes to the cutting of lines. */
#ifndef DJ_DATASET_SCAN_PRIVATE_H
#define DJ_DATASET_SCAN_PRIVATE_H

#include "dj/dataset.h"
#include "dj/hash.h"

/* Where the first of some decoded bytes is stored. */
struct dj_place {
    int64_t offset;
    int64_t skip;
    bool in_frame; /* later bytes differ in skip, not in offset */
};

/* Lines passed, and how the one in work stands. */
struct dj_line_state {
    int64_t lines; /* ended ones */
    int64_t rows;  /* of these, not blank */
    bool in_line;  /* a line has begun and not ended */
    bool blank;    /* so far */
};

/* True when dj_lines_pass does something on this processor. */
bool dj_lines_vector(void);

/*
 * Passes over whole blocks from p, which is in a line or begins one, as long as no
 * more than max_lines end; returns where byte by byte work must go on. Every line
 * that it ends is a row.
 */
const char *dj_lines_pass(struct dj_line_state *state, const char *p, const char *end,
                          int64_t max_lines);

/* Cuts a stretch of one file into partitions, piece after piece. */
struct dj_cutter {
    struct dj_cut cut;
    struct dj_partitions *partitions; /* appended to */
    struct dj_hasher *hasher;
    int64_t at;      /* decoded offset of the next byte */
    int64_t limit;   /* lines that begin here or later are not ours */
    int64_t skipped; /* sum of skip over the partitions */
    bool vector;     /* may use dj_lines_pass; the same comes out without */

    /* Private. */
    struct dj_partition open;   /* in work when has_open */
    struct dj_line_state state; /* its lines */
    int64_t start;              /* decoded offset of its first byte */
    int64_t border;             /* a line that begins here or later is not its */
    bool has_open;
    int mark; /* bytes of a byte order mark at the start of the file */
};

/* Begins at a line start, decoded offset at of a file. */
void dj_cutter_begin(struct dj_cutter *cutter, size_t file, int64_t at);
/* *done: the limit is reached and the rest of the bytes is not ours. */
enum dj_status dj_cutter_feed(struct dj_cutter *cutter, struct dj_str bytes,
                              struct dj_place place, bool *done) DJ_MUST_CHECK;
/* Ends the last partition. */
enum dj_status dj_cutter_end(struct dj_cutter *cutter) DJ_MUST_CHECK;

/* Small enough to stay in the second level cache from the read to the digest. */
enum { DJ_SCAN_BYTES = 256 << 10, DJ_SCAN_PAGE = 4096 };

/* What one rank's scan has from file to file. */
struct dj_scan {
    struct dj_cutter cutter;
    char *buffer; /* page-aligned, DJ_SCAN_BYTES and a page */
    const char *spool_dir;
};

enum dj_status dj_scan_compressed(struct dj_scan *scan, struct dj_sources *sources,
                                  size_t index, struct dj_error *err) DJ_MUST_CHECK;

#endif
