/*
 * Arrow and Parquet files. The Arrow library is C++ and large (50 MB), so it is behind a
 * plugin that is opened at first use: what needs it calls dj_arrow first and gets a table
 * of functions, or DJ_UNSUPPORTED with what to install. Data crosses in the structs of
 * the Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html),
 * whose definition is repeated here as that document allows.
 *
 * Errors of the table's functions: false, and a message in why (room for DJ_ARROW_WHY).
 */
#ifndef DJ_ARROW_H
#define DJ_ARROW_H

#include "dj/error.h"
#include "dj/mem.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { DJ_ARROW_WHY = 512, DJ_ARROW_ABI = 3 };

struct dj_arrow_file;         /* a Parquet or IPC file that is read */
struct dj_arrow_rows;         /* a stretch of its rows, batch by batch */
struct dj_arrow_writer;       /* a file that is written */
struct dj_arrow_group_writer; /* a row group that is made alone */
struct dj_arrow_footer; /* a Parquet file put together of row groups made elsewhere */

enum dj_arrow_compression {
    DJ_ARROW_SNAPPY, /* in the order of intermediate_storage.compression */
    DJ_ARROW_GZIP,
    DJ_ARROW_ZSTD,
    DJ_ARROW_NONE
};

struct dj_arrow_group {
    int64_t rows;
    int64_t bytes;   /* decoded, about */
    uint64_t digest; /* of what the file's footer says of it: places, sizes, statistics */
};

struct dj_arrow_api {
    int abi; /* DJ_ARROW_ABI */

    /* --- reading. map: the file is mapped into memory (IPC) instead of read --- */
    bool (*parquet_open)(const char *path, struct dj_arrow_file **file, char *why);
    bool (*ipc_open)(const char *path, bool map, struct dj_arrow_file **file, char *why);
    void (*file_close)(struct dj_arrow_file *file);
    /* The caller releases *schema; a struct whose children are the columns. */
    bool (*file_schema)(struct dj_arrow_file *file, struct ArrowSchema *schema,
                        char *why);
    /* Row groups of Parquet, record batches of IPC. */
    int64_t (*file_groups)(const struct dj_arrow_file *file);
    bool (*file_group)(struct dj_arrow_file *file, int64_t index,
                       struct dj_arrow_group *group, char *why);
    /*
     * Rows of one group from row first on, count of them (-1: to its end), in batches of
     * at most batch_rows. columns: names of the top-level columns wanted, in the file's
     * order then; ncolumns 0: all.
     */
    bool (*rows_open)(struct dj_arrow_file *file, int64_t group, int64_t first,
                      int64_t count, int64_t batch_rows, const char *const *columns,
                      int64_t ncolumns, struct dj_arrow_rows **rows, char *why);
    /* *batch is a struct array that the caller releases; release is NULL at the end. */
    bool (*rows_next)(struct dj_arrow_rows *rows, struct ArrowArray *batch, char *why);
    void (*rows_close)(struct dj_arrow_rows *rows);

    /* --- a schema as bytes (an IPC message) and back; *bytes is malloc's --- */
    bool (*schema_pack)(struct ArrowSchema *schema, char **bytes, int64_t *size,
                        char *why); /* takes the schema */
    bool (*schema_unpack)(const char *bytes, int64_t size, struct ArrowSchema *schema,
                          char *why);

    /*
     * --- writing whole files. The schema is taken over. Parquet: a row group a batch, no
     * dictionary pages for the columns in plain (texts); IPC: a record batch a batch, and
     * lz4 for snappy, zstd for gzip, which it lacks.
     * finish writes the footer and fsyncs; the path is the caller's temporary name. ---
     */
    bool (*parquet_create)(const char *path, struct ArrowSchema *schema,
                           enum dj_arrow_compression compression,
                           const char *const *plain, int64_t nplain,
                           struct dj_arrow_writer **writer, char *why);
    bool (*ipc_create)(const char *path, struct ArrowSchema *schema,
                       enum dj_arrow_compression compression,
                       struct dj_arrow_writer **writer, char *why);
    bool (*writer_add)(struct dj_arrow_writer *writer, struct ArrowArray *batch,
                       char *why); /* takes the batch */
    bool (*writer_finish)(struct dj_arrow_writer *writer, char *why);
    void (*writer_close)(struct dj_arrow_writer *writer); /* also after finish */

    /*
     * --- one Parquet file by many ranks: each makes row groups alone, as the bytes that
     * stand between the file's head and its footer (*body) and what the footer has to say
     * of them (*meta), both malloc's. Bodies are put one behind the other from byte 4 on
     * (the file begins with "PAR1"); footer_add is told of the groups in that order, and
     * footer_end gives the bytes that come behind the last body. The same batches give
     * the same file, whoever made which group. ---
     */
    bool (*group_make)(struct ArrowSchema *schema, struct ArrowArray *batch,
                       enum dj_arrow_compression compression, const char *const *plain,
                       int64_t nplain, char **body, int64_t *body_size, char **meta,
                       int64_t *meta_size, char *why); /* takes schema and batch */
    /* The same of several batches, so that only what is encoded of them is held. The
     * parts of the body, one behind the other, are the group's until it is closed. */
    bool (*group_begin)(struct ArrowSchema *schema, /* taken */
                        enum dj_arrow_compression compression, const char *const *plain,
                        int64_t nplain, struct dj_arrow_group_writer **group, char *why);
    bool (*group_add)(struct dj_arrow_group_writer *group, struct ArrowArray *batch,
                      char *why); /* takes the batch */
    bool (*group_end)(struct dj_arrow_group_writer *group, const struct dj_str **body,
                      int64_t *nbody, char **meta, int64_t *meta_size, char *why);
    void (*group_close)(struct dj_arrow_group_writer *group); /* also after end */
    bool (*footer_begin)(struct ArrowSchema *schema,
                         enum dj_arrow_compression compression, const char *const *plain,
                         int64_t nplain, struct dj_arrow_footer **footer, char *why);
    bool (*footer_add)(struct dj_arrow_footer *footer, const char *meta,
                       int64_t meta_size, int64_t offset, char *why);
    bool (*footer_end)(struct dj_arrow_footer *footer, char **bytes, int64_t *size,
                       char *why);
    void (*footer_close)(struct dj_arrow_footer *footer);
};

/* The plugin's only symbol. */
const struct dj_arrow_api *dj_arrow_plugin(void);

/*
 * Opens the plugin once a process. DJ_UNSUPPORTED: it was not built, or the Arrow library
 * is not found; the message says what to do.
 */
enum dj_status dj_arrow(const struct dj_arrow_api **api,
                        struct dj_error *err) DJ_MUST_CHECK;
/* "Arrow 26.0.1", what the plugin was built against, or "none". */
const char *dj_arrow_version(void);
/* What a user does who has no plugin. */
const char *dj_arrow_remedy(void);

/*
 * What each type is in a sample's JSON, and back by the schema, without loss:
 * - ints and bools as such; floats as the shortest decimal that gives the same value of
 *   their width; NaN, Infinity, -Infinity bare; decimals as a number with all its digits;
 * - strings as strings; binary as base64; null as null;
 * - dates "2024-05-06", times "12:34:56.789", timestamps "2024-05-06T12:34:56.789" with
 * as many digits of a second as the unit has, with "Z" behind when the type has a time
 *   zone; durations as the count of their unit;
 * - lists as arrays, structs as objects with all fields, maps as arrays of [key, value],
 *   dictionaries as their values.
 * A string that is no UTF-8 comes through as it is, and the sample is set aside.
 */
/* Appends row of a struct array as one line, ended by "\n". */
enum dj_status dj_arrow_to_json(const struct ArrowSchema *schema,
                                const struct ArrowArray *batch, int64_t row,
                                struct dj_buf *out) DJ_MUST_CHECK;
/* DJ_UNSUPPORTED names the first column with a type that is not in the list above. */
enum dj_status dj_arrow_check(const struct ArrowSchema *schema,
                              struct dj_error *err) DJ_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
