/*
 * The operator contract. An operator is one file, src/ops/<kind>/<name>.c, that
 * ends with its descriptor `const struct dj_op dj_op_<name>`; the build collects
 * the descriptors into the table. An operator includes only this header and
 * those below it that tests/lint/layers.sh lists. It does no I/O (dj/word_share.h reads
 * word lists for it, dj/bad_case.h thresholds, dj/archive.h archives), does not log,
 * knows no rank, keeps no file-scope variable that changes, and gives the same result for
 * the same row whatever the batch, the partition and the rank count are.
 */
#ifndef DJ_OP_H
#define DJ_OP_H

#include "dj/batch.h"
#include "dj/param.h"

enum dj_op_kind {
    DJ_OP_MAPPER,
    DJ_OP_FILTER,
    DJ_OP_DEDUPLICATOR,
    DJ_OP_SELECTOR,
    DJ_OP_GROUPER
};
const char *dj_op_kind_name(enum dj_op_kind kind);

/* Rough CPU price per byte of text; the planner weighs with it. */
enum dj_op_cost { DJ_COST_LOW, DJ_COST_MEDIUM, DJ_COST_HIGH };

/* Parameters that every operator has. */
struct dj_op_common {
    const char *text_key; /* NULL: the first of the recipe's text_keys */
    bool min_closed_interval;
    bool max_closed_interval;
    bool reversed_range;
    bool skip_op_error; /* a sample that fails is set aside; else its partition fails */
    const char *index_key;         /* not yet: a column with the row's number */
    const char *stats_export_path; /* not yet: statistics to a file of their own */
};

/* What one call is given. The operator borrows all of it, for this call only. */
struct dj_op_call {
    const void *conf; /* the operator's own struct, checked */
    const struct dj_op_common *common;
    const char *text_key;     /* the field that has its text */
    void *state;              /* what open() made, or NULL */
    struct dj_arena *scratch; /* emptied when the call returns */
    struct dj_error *err;     /* never NULL */
};

enum {
    DJ_OP_NO_TEXT = 1 << 0,    /* does not look at the text */
    DJ_OP_SETS_TEXT = 1 << 1,  /* the same, but gives the sample one, also a first one */
    DJ_OP_MAKES_ROWS = 1 << 2, /* makes several rows of one: dj_batch_copy */
    DJ_OP_READS_FIELDS = 1 << 3, /* looks at the text and at more of the sample */
};

struct dj_global;

/*
 * For an operator that makes a sample of each place of the lists in a sample
 * (dj/group.h), while rows are written: its process() rejects those with which that
 * cannot be done.
 */
struct dj_op_splits {
    const char *left_out; /* a field that the new samples do not get */
    const char *param; /* a text parameter: the file that gets its values, a line each */
};

struct dj_op {
    const char *name; /* as in a recipe; also the stem of the source file */
    enum dj_op_kind kind;
    int version;         /* raised when results change; part of a job's identity */
    const char *summary; /* one line */
    const struct dj_param *params; /* ended by DJ_PARAM_END; NULL: none of its own */
    size_t conf_size;              /* of the struct that params fills */
    const char *const *stats;      /* names in __dj__stats__, ended by NULL; or NULL */
    /* Optional: a text parameter that names a further statistic, behind those in stats.
     */
    const char *stat_param;
    const char *hash; /* Data-Juicer's field for dj_batch_set_hash; NULL: it sets none */
    unsigned flags;
    enum dj_op_cost cost;

    /* Checks parameters together and builds what process() needs. Both or neither. */
    enum dj_status (*open)(const struct dj_op_call *call, void **state);
    void (*close)(void *state);
    /* Optional: a hash of what open() read from files, which results depend on. */
    uint64_t (*data)(const void *state);

    /*
     * Optional: the operator is a global one (dj/global.h), whose process() notes
     * records of the live rows and leaves them as they are.
     */
    const struct dj_global *global;

    const struct dj_op_splits *splits; /* or NULL */

    /*
     * Edits, drops or rejects rows. A failure that is one row's fault goes to
     * dj_batch_reject; a returned failure undoes the whole call.
     */
    enum dj_status (*process)(const struct dj_op_call *call, struct dj_batch *batch);
};

/* --- for mappers -------------------------------------------------------------------- */

struct dj_cuts;
struct dj_charset;

/* Takes the parts out of the row's text; see dj/cuts.h. */
enum dj_status dj_op_cut(const struct dj_op_call *call, struct dj_batch *batch,
                         size_t row, const struct dj_cuts *cuts) DJ_MUST_CHECK;

/* Takes the members of the set out of all texts; the body of a mapper. */
enum dj_status dj_op_drop_chars(const struct dj_op_call *call, struct dj_batch *batch,
                                const struct dj_charset *set) DJ_MUST_CHECK;

/* --- for filters -------------------------------------------------------------------- */

struct dj_range {
    struct dj_number min; /* DJ_NUMBER_NONE: no bound on this side */
    struct dj_number max;
};

/*
 * Data-Juicer's range test: min <= value <= max, each side strict when its
 * interval is open; reversed_range flips both flags and negates the result.
 */
bool dj_op_in_range(const struct dj_op_common *common, struct dj_number value,
                    struct dj_range range);

/*
 * The body of a filter with one statistic (its first): takes the value that a row
 * already has, else measures and stores it; drops rows out of range. measure may
 * reject the row with dj_batch_reject, which ends its turn.
 */
typedef enum dj_status dj_measure_fn(const struct dj_op_call *call,
                                     struct dj_batch *batch, size_t row,
                                     struct dj_number *value);
enum dj_status dj_op_filter(const struct dj_op_call *call, struct dj_batch *batch,
                            dj_measure_fn *measure, struct dj_range range) DJ_MUST_CHECK;

/*
 * A number that is not whole as Data-Juicer holds it: its statistics pass through JSON
 * with ten decimals before they are compared, and are read back as whole + digits *
 * 0.1^n. So 1/3 is 0.33333333330000003, and 6/20 is above a bound of 0.3. dj_op_filter
 * does it; operators that set statistics themselves call it.
 */
double dj_op_stored(double value);

/* Name of a statistic, NULL behind the last; conf as the operator's. */
const char *dj_op_stat(const struct dj_op *op, const void *conf, size_t index);

/* --- the table ------------------------------------------------------------------------
 */

size_t dj_op_count(void);
const struct dj_op *dj_op_at(size_t index); /* by name */
const struct dj_op *dj_op_find(const char *name);

/* Parameters of all operators: an entry table over struct dj_op_common. */
const struct dj_param *dj_op_common_params(void);

/* Names of Data-Juicer operators that dj-mpi does not have; NULL after the last. */
const char *dj_op_foreign(size_t index);
/* Names of all its operators, those that dj-mpi has among them; quick for any index. */
const char *dj_op_of_data_juicer(size_t index);

#endif
