/* Private: a column that is being built, and the line whose values go into columns. */
#ifndef DJ_DATASET_COLUMNS_PRIVATE_H
#define DJ_DATASET_COLUMNS_PRIVATE_H

#include "data/sample_scan.h"
#include "dj/columns.h"

enum dj_column_kind {
    DJ_COLUMN_NULL,
    DJ_COLUMN_BOOL,
    DJ_COLUMN_INT,
    DJ_COLUMN_FLOAT, /* width 2, 4 or 8 */
    DJ_COLUMN_DECIMAL,
    DJ_COLUMN_DATE,
    DJ_COLUMN_TIME,
    DJ_COLUMN_TIMESTAMP,
    DJ_COLUMN_FIXED, /* as many bytes as width says */
    DJ_COLUMN_BINARY,
    DJ_COLUMN_STRING,
    DJ_COLUMN_JSON, /* strings with the JSON of any value */
    DJ_COLUMN_LIST,
    DJ_COLUMN_FIXED_LIST,
    DJ_COLUMN_STRUCT,
    DJ_COLUMN_MAP,
    DJ_COLUMN_DICTIONARY,
};

/* The values of a dictionary by their JSON text. */
struct dj_column_terms {
    struct dj_buf texts;
    struct dj_column_term {
        uint64_t hash;
        size_t at, len; /* in texts */
    } *items;
    size_t count, cap;
    uint32_t *slots; /* number of the term plus one; 0: free */
    size_t nslots;   /* a power of two */
};

struct dj_column {
    enum dj_column_kind kind;
    char *name;
    size_t name_len;
    bool nullable;
    bool is_signed; /* whole numbers, and the indices of a dictionary */
    bool large;     /* offsets of 64 bits */
    bool zoned;     /* a timestamp with a time zone */
    size_t width;   /* bytes of a value or index */
    int64_t unit;   /* parts of a second; of dates: parts of a day */
    int digits;     /* of a second's part */
    int precision;  /* of decimals */
    int scale;      /* of decimals */
    int64_t list_size;

    int64_t length, nulls;
    struct dj_buf valid; /* bits; empty while there is no null */
    struct dj_buf data;  /* values, bits, or the bytes of strings */
    struct dj_buf offsets;
    struct dj_column *children; /* of a dictionary: one, its values */
    size_t nchildren;
    size_t next;   /* the child that is expected next */
    int64_t stamp; /* of the last value that had it, as a field */
    struct dj_column_terms terms;
};

/* How a value came in. */
enum dj_value_result {
    DJ_VALUE_GOOD,
    DJ_VALUE_NULL,   /* null where none may be */
    DJ_VALUE_MISFIT, /* of another type */
    DJ_VALUE_SYNTAX, /* no JSON; the scan has the reason */
    DJ_VALUE_LARGE,
    DJ_VALUE_NOMEM,
};

/* The line in work. */
struct dj_value {
    struct dj_scan scan;
    struct dj_buf scratch; /* a decoded string, or key */
    int64_t stamp;         /* of the object in work, never used twice */
    enum dj_value_result result;
};

/* Sets the result; returns NULL. */
static inline const char *dj_value_fail(struct dj_value *value,
                                        enum dj_value_result result)
{
    value->result = result;
    return NULL;
}

static inline char dj_value_peek(const struct dj_value *value, const char *p)
{
    return p < value->scan.end ? *p : '\0';
}

/* --- columns_type.c --- */

enum dj_status dj_column_init(struct dj_column *column, const struct ArrowSchema *schema,
                              const char *top, struct dj_error *err) DJ_MUST_CHECK;
void dj_column_release(struct dj_column *column);

/* --- columns_value.c --- */

/*
 * The value at p (no blank) into the column; returns what is behind it, or NULL after
 * setting value->result. The column is then out of step, but safe to go on with.
 */
const char *dj_column_put(struct dj_value *value, struct dj_column *column,
                          const char *p);
/* No value; parent: the struct or list around it is null itself. */
bool dj_column_put_null(struct dj_value *value, struct dj_column *column, bool parent);
/* The child with that name, or NULL. */
struct dj_column *dj_column_find(struct dj_value *value, struct dj_column *column,
                                 const struct dj_member *member);
bool dj_column_reserve(struct dj_value *value, struct dj_buf *buf, size_t extra);
/* Counts a value, and notes whether it is one. */
bool dj_column_count(struct dj_value *value, struct dj_column *column, bool valid);
/* Decodes the string whose quote is at p into value->scratch. */
const char *dj_value_string(struct dj_value *value, const char *p);

/* --- columns_terms.c --- */

const char *dj_column_put_term(struct dj_value *value, struct dj_column *column,
                               const char *p);

/* --- columns_scalar.c: p is at the value, which is not null; bytes are appended --- */

const char *dj_column_put_int(struct dj_value *value, struct dj_column *column,
                              const char *p);
const char *dj_column_put_float(struct dj_value *value, struct dj_column *column,
                                const char *p);
const char *dj_column_put_decimal(struct dj_value *value, struct dj_column *column,
                                  const char *p);
const char *dj_column_put_binary(struct dj_value *value, struct dj_column *column,
                                 const char *p);
/* A whole number in so many bytes, as Arrow has them. */
bool dj_column_put_whole(struct dj_value *value, struct dj_column *column, int64_t whole);

/* --- columns_time.c --- */

const char *dj_column_put_time(struct dj_value *value, struct dj_column *column,
                               const char *p);

#endif
