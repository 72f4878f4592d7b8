/*
 * partition.auto_configure: how large partitions should be, from a look at the data, what
 * the operators cost, and the memory of a rank. Pure but for reading some input and the
 * system's limits: the same call on the same machine gives the same sizes. Results do not
 * depend on them.
 */
#ifndef DJ_AUTOSIZE_H
#define DJ_AUTOSIZE_H

#include "dj/config.h"
#include "dj/look.h"

/* In the order of Data-Juicer's table. */
enum dj_modality {
    DJ_MODALITY_TEXT,
    DJ_MODALITY_IMAGE,
    DJ_MODALITY_AUDIO,
    DJ_MODALITY_VIDEO,
    DJ_MODALITY_MULTIMODAL,
    DJ_MODALITY_COUNT
};
const char *dj_modality_name(enum dj_modality modality);

/* What the choice rests on. */
struct dj_autosize_facts {
    int64_t votes[DJ_MODALITY_COUNT]; /* samples seen, by what they hold */
    double text_chars;                /* of a sample's texts, on average */
    double row_bytes;                 /* of its JSON line */
    double samples;                   /* of the dataset, about */
    int64_t noperators[3];            /* by enum dj_op_cost */
    int64_t memory;                   /* bytes that a rank may use */
};

enum { DJ_AUTOSIZE_REASONS = 8, DJ_AUTOSIZE_REASON = 200 };

struct dj_autosize {
    int64_t size;        /* samples */
    int64_t max_size_mb; /* MiB */
    enum dj_modality modality;
    double samples; /* of the dataset, about */
    struct dj_look look;
    size_t nreasons; /* 0: auto_configure is off, and the sizes are the settings' */
    char reasons[DJ_AUTOSIZE_REASONS][DJ_AUTOSIZE_REASON]; /* sentences for people */
};

/* The arithmetic alone; sets all but look and samples. */
void dj_autosize_from(const struct dj_autosize_facts *facts, struct dj_autosize *sizes);

/* Looks at the data and chooses, for that many ranks on a node. */
void dj_autosize_choose(const struct dj_sources *sources, const struct dj_config *config,
                        int ranks, struct dj_autosize *sizes);

#endif
