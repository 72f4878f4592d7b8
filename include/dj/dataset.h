/*
 * Input files, partitions, results and the export. Nothing here knows MPI: the
 * executor hands in rank and rank count as numbers and moves the results around.
 */
#ifndef DJ_DATASET_H
#define DJ_DATASET_H

#include "dj/mem.h"
#include "dj/param.h"
#include "dj/stream.h"

/* --- source files ----------------------------------------------------------------- */

enum dj_source_format {
    DJ_SOURCE_JSONL,
    DJ_SOURCE_JSON, /* one array of objects, or objects one after the other */
    DJ_SOURCE_CSV,
    DJ_SOURCE_TSV,
    DJ_SOURCE_TEXT, /* one file is one sample */
    DJ_SOURCE_PARQUET,
    DJ_SOURCE_ARROW_FILE, /* Arrow IPC, file or stream */
    DJ_SOURCE_COUNT
};

/* As it stands in the partition map: "jsonl", "parquet", … */
const char *dj_source_format_name(enum dj_source_format format);

struct dj_source_file {
    char *path; /* to open it */
    char *name; /* as shown and recorded: relative to the recipe's dataset_path entry */
    int64_t entry; /* of dataset_path, that it was found by */
    enum dj_source_format format;
    enum dj_codec codec;
    int64_t size;     /* stored bytes */
    double mtime;     /* seconds since 1970 */
    bool mapped;      /* an Arrow file is to be mapped into memory; set by who reads */
    char *spool_path; /* decoded copy to read instead, or NULL */
    char *layout; /* JSON: what the scan found out about the file (columns, types), for
                     the reader of its format; or NULL */
};

/* In the order of the dataset: the entries of dataset_path as given, files of a
 * folder or glob sorted by name (bytes). */
struct dj_sources {
    size_t count;
    struct dj_source_file *files;
    char *selection; /* path of the file that partitions' select is a place in, or NULL */
    /*
     * Set while nobody looks at more of the samples than these texts, borrowed; NULL:
     * lines have all of the samples. Formats with columns may then leave out others.
     */
    const char *const *texts;
    size_t ntexts;
};

/*
 * Finds the input files. A path that names nothing, a folder without usable
 * files and an unknown suffix are errors that say what was looked for. Folders are
 * searched with all that is below them; hidden files and those ending in .tmp are
 * passed over. A file that is named twice is read twice, as two files.
 */
enum dj_status dj_sources_find(const struct dj_strs *dataset_path,
                               const struct dj_strs *suffixes, struct dj_sources *sources,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_sources_release(struct dj_sources *sources);
/* To and from bytes, for broadcasting. */
enum dj_status dj_sources_pack(const struct dj_sources *sources,
                               struct dj_buf *out) DJ_MUST_CHECK;
enum dj_status dj_sources_unpack(struct dj_str bytes, struct dj_sources *sources,
                                 struct dj_error *err) DJ_MUST_CHECK;
/*
 * After a scan by several ranks: what this rank's scan found out about files (layouts),
 * and taking it over from another rank's bytes.
 */
enum dj_status dj_sources_pack_layouts(const struct dj_sources *sources,
                                       struct dj_buf *out) DJ_MUST_CHECK;
enum dj_status dj_sources_take_layouts(struct dj_str bytes, struct dj_sources *sources,
                                       struct dj_error *err) DJ_MUST_CHECK;
/* Hash of names, sizes and times: the dataset's fingerprint. Spooling is no change. */
uint64_t dj_sources_fingerprint(const struct dj_sources *sources);

/* --- partitions -------------------------------------------------------------------- */

/* Plain data, moved between ranks as bytes. */
struct dj_partition {
    int64_t id;     /* place in the dataset, from 0 */
    int64_t file;   /* index into the sources */
    int64_t offset; /* stored bytes: of the first line, or of the frame it begins in */
    int64_t skip;   /* decoded bytes to pass over after offset (compressed), else 0 */
    int64_t bytes;  /* decoded bytes, line ends included */
    int64_t rows;   /* lines that are not blank; 0 only before dj_partitions_number */
    int64_t first_line; /* line number in the file, from 1 */
    int64_t lines;      /* lines, blank ones included */
    uint64_t digest;    /* XXH3-64 of the decoded bytes */
    int64_t select;     /* 0: all rows; else 1 more than the place that tells which */
};

struct dj_partitions {
    size_t count;
    size_t cap;
    struct dj_partition *items;
};
void dj_partitions_release(struct dj_partitions *partitions);
enum dj_status dj_partitions_add(struct dj_partitions *partitions,
                                 const struct dj_partition *partition) DJ_MUST_CHECK;

struct dj_cut {
    int64_t max_rows;  /* partition.size */
    int64_t max_bytes; /* partition.max_size_mb in bytes */
};

/*
 * Scans rank's share of the input for line ends, once, and appends its partitions
 * in order of (file, offset); ids and first_line are set by dj_partitions_number.
 * A plain file is cut into blocks of cut.max_bytes; the lines that begin in one
 * block form partitions of at most cut.max_rows rows, so the partitions are the
 * same whatever the number of ranks is. A stretch of blank lines alone is appended
 * too, for the line numbers behind it, and dropped by dj_partitions_number.
 *
 * A compressed file is one share, cut alike by its decoded bytes. Its partitions
 * name the frame they begin in (gzip: the whole file); when that would cost too
 * much decoding, the file is spooled to spool_dir while it is scanned, and
 * spool_path is set in sources (of this rank: the caller tells the others).
 */
enum dj_status dj_partitions_scan(struct dj_sources *sources, struct dj_cut cut, int rank,
                                  int nranks, const char *spool_dir,
                                  struct dj_partitions *partitions,
                                  struct dj_error *err) DJ_MUST_CHECK;

/* Path of the spooled copy of a file, returns new (dj_xfree). */
char *dj_spool_path(const char *spool_dir, size_t file);

/* Sorts by (file, offset, skip), gives ids and first lines, drops what has no rows. */
void dj_partitions_number(struct dj_partitions *partitions);

/* The file with the choice of rows beside the map, returns new (dj_xfree). */
char *dj_selection_path(const char *mapping_path);
/*
 * Takes some rows of a partition: row i when bit first + i of bits is set. Appends to
 * what becomes the file; sets rows and select.
 */
enum dj_status dj_selection_add(struct dj_buf *file, struct dj_partition *partition,
                                const unsigned char *bits, uint64_t first) DJ_MUST_CHECK;

/*
 * metadata/dataset_mapping.json, one partition a line; fields are those of
 * Data-Juicer and more (docs/architecture.md). Reading restores partitions and
 * sources (spool paths included).
 */
struct dj_mapping_info {
    int64_t max_rows, max_bytes;
    double created;
    const char *fingerprint; /* 16 hex digits */
};
enum dj_status dj_mapping_write(const char *path, const struct dj_sources *sources,
                                const struct dj_partitions *partitions,
                                const struct dj_mapping_info *info,
                                struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_mapping_read(const char *path, struct dj_sources *sources,
                               struct dj_partitions *partitions,
                               struct dj_mapping_info *info, char fingerprint[17],
                               struct dj_error *err) DJ_MUST_CHECK;

/* --- reading a partition --------------------------------------------------------------
 */

struct dj_reader;

/* Buffers are kept from one partition to the next. */
struct dj_reader *dj_reader_new(const struct dj_sources *sources);
void dj_reader_free(struct dj_reader *reader);
enum dj_status dj_reader_start(struct dj_reader *reader,
                               const struct dj_partition *partition,
                               struct dj_error *err) DJ_MUST_CHECK;

/*
 * The next lines, about want bytes, never a part of a line. *block is borrowed
 * until the next call, has DJ_PADDING bytes behind it and is empty at the end of
 * the partition, where the digest is compared: a dataset that changed since it was
 * cut is DJ_DATA.
 */
enum dj_status dj_reader_next(struct dj_reader *reader, size_t want, struct dj_str *block,
                              struct dj_error *err) DJ_MUST_CHECK;

/*
 * Instead of a row of dj_reader_next: all lines of the partition into lines, whose
 * memory is used again.
 */
enum dj_status dj_reader_all(struct dj_reader *reader, struct dj_buf *lines,
                             struct dj_error *err) DJ_MUST_CHECK;

/*
 * Steps through the lines of a block: true and the next line that is not blank,
 * without line end (LF or CRLF) and byte order mark; *number is its line number
 * when it comes in as the number of the line before.
 */
bool dj_block_line(struct dj_str *rest, struct dj_str *line, int64_t *number);

/*
 * Formats other than JSON Lines may say of a line that it is set aside, and why: these,
 * the reason between them, stand before it. True: *line is what is behind them.
 */
#define DJ_LINE_FAULT "\x01not a sample: "
#define DJ_LINE_FAULT_END "\x02"
bool dj_block_fault(struct dj_str *line, struct dj_str *reason);

/* The file that a line of a partition is from, and its number there. */
const struct dj_source_file *dj_partition_file(const struct dj_sources *sources,
                                               const struct dj_partition *partition,
                                               int64_t *line);

/* --- results
 * ---------------------------------------------------------------------------- */

/*
 * What a partition gives, by stream. Each rank appends to segment files of its own
 * in results/, one a stream; an extent says where a partition's bytes are.
 */
enum dj_stream_kind {
    DJ_RESULT_DATA,     /* kept samples */
    DJ_RESULT_STATS,    /* the stats side file */
    DJ_RESULT_REJECTED, /* rejected lines as they were read */
    DJ_RESULT_REASONS,  /* a JSON line for each of them */
    DJ_RESULT_PLACES,   /* struct dj_row_place of each kept sample, where a selector has
                           put them in another order */
    DJ_RESULT_TRACE,    /* lines of the tracer (dj/tracer.h) */
    DJ_RESULT_STREAMS,
    /* In a stage that ends with a global operator: */
    DJ_RESULT_STATES = DJ_RESULT_DATA, /* a line of counts and a layer */
    DJ_RESULT_NOTES = DJ_RESULT_STATS, /* struct dj_note */
};

struct dj_row_place {
    uint64_t place;    /* in the export; every kept sample has its own */
    uint32_t data_len; /* of its line in DJ_RESULT_DATA; 0: the same line once more */
    uint32_t stats_len;
};

struct dj_extent {
    int64_t segment; /* dj_segment_id of attempt and rank */
    int64_t offset;
    int64_t bytes;
};

struct dj_results; /* one rank's open segments */

/* Segment number of an attempt's rank; both are part of the file's name. */
int64_t dj_segment_id(int64_t attempt, int rank);
/* "data", "stats", "rejected", … */
const char *dj_stream_name(enum dj_stream_kind kind);
/* Folder of a stage, from 1, in the folder of results; 0: that itself. Returns new. */
char *dj_stage_path(const char *results_dir, int64_t stage);
/* Path of a segment file, returns new (dj_xfree). */
char *dj_segment_path(const char *results_dir, int64_t segment, enum dj_stream_kind kind);

enum dj_status dj_results_open(const char *results_dir, int64_t segment,
                               struct dj_results **results,
                               struct dj_error *err) DJ_MUST_CHECK;
/* What was neither flushed nor synced is lost. */
void dj_results_close(struct dj_results *results);

/* Appends to a stream of the partition that is being written. */
enum dj_status dj_results_write(struct dj_results *results, enum dj_stream_kind kind,
                                struct dj_str bytes, struct dj_error *err) DJ_MUST_CHECK;
/* Ends the partition: extents[kind] say where its bytes are. */
enum dj_status dj_results_end(struct dj_results *results,
                              struct dj_extent extents[DJ_RESULT_STREAMS],
                              struct dj_error *err) DJ_MUST_CHECK;
/* XXH3-64 of what the partition that ended last wrote to a stream. */
uint64_t dj_results_digest(const struct dj_results *results, enum dj_stream_kind kind);
/* Forgets what was written since the last end (a failed attempt). */
enum dj_status dj_results_undo(struct dj_results *results,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Writes out what is buffered, so that others can read it; not yet durable. */
enum dj_status dj_results_flush(struct dj_results *results,
                                struct dj_error *err) DJ_MUST_CHECK;
/* Writes out what is buffered, fsyncs all segments and the folder. */
enum dj_status dj_results_sync(struct dj_results *results,
                               struct dj_error *err) DJ_MUST_CHECK;

/* --- the growing export --- */

/*
 * A result whose place in the one final file is known when it is ready goes straight
 * there, into the temporary file that becomes the export. Its extent has this
 * segment number and its final offset.
 */
enum {
    DJ_SEGMENT_GROWING = 0,
    DJ_SEGMENT_LOST = -1, /* of a growing export that is no longer there */
};

struct dj_growing;

/* Every rank opens it; the first one makes it. */
enum dj_status dj_growing_open(const char *path, struct dj_growing **growing,
                               struct dj_error *err) DJ_MUST_CHECK;
void dj_growing_close(struct dj_growing *growing);
enum dj_status dj_growing_put(struct dj_growing *growing, int64_t offset,
                              struct dj_str bytes, struct dj_error *err) DJ_MUST_CHECK;
/* fsyncs what this rank has put. */
enum dj_status dj_growing_sync(struct dj_growing *growing,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Makes the file exactly that long: what a killed run left behind the end goes. */
enum dj_status dj_growing_cut(const char *path, int64_t bytes,
                              struct dj_error *err) DJ_MUST_CHECK;

/* --- export
 * ------------------------------------------------------------------------------- */

/* One piece of the export: bytes of a segment at their place in the final file. */
struct dj_export_piece {
    struct dj_extent from;
    int64_t stage;  /* whose segment it is (dj_stage_path) */
    int64_t kind;   /* enum dj_stream_kind */
    int64_t target; /* index into the targets */
    int64_t offset; /* in the target */
};

/* One final file. */
struct dj_export_target {
    char *path;      /* final */
    char *temporary; /* beside it, ".NAME.JOB.tmp" */
    int64_t kind;    /* enum dj_stream_kind */
    int64_t bytes;
    int64_t rows;
};

struct dj_export_targets {
    size_t count;
    struct dj_export_target *items;
};
void dj_export_targets_release(struct dj_export_targets *targets);

/* "out.jsonl" gives "out_stats.jsonl". Returns new. */
char *dj_export_stats_path(const char *export_path);
/*
 * Shard i of n: "out.v1.jsonl" gives "out-000-of-012.jsonl" with the suffix ".jsonl", as
 * Data-Juicer does.
 */
char *dj_export_shard_path(const char *export_path, const char *suffix, size_t index,
                           size_t count);

/*
 * Number of shards for an export of that many bytes and rows, as Data-Juicer counts
 * them (there bytes are those of the Arrow table): never more than rows, at least 1.
 */
size_t dj_export_shard_count(int64_t bytes, int64_t shard_size, int64_t rows);

/*
 * Rows of shard index when rows are spread over count shards as Data-Juicer does
 * (contiguous, the first ones one row longer): first row and number.
 */
void dj_export_shard_rows(int64_t rows, size_t index, size_t count, int64_t *first,
                          int64_t *number);

/* Creates the temporary file with its final size, and the folders above it. */
enum dj_status dj_export_create(const struct dj_export_target *target,
                                struct dj_error *err) DJ_MUST_CHECK;
/*
 * Copies pieces (any rank, any order) and fsyncs the targets it touched. growing is the
 * path of the growing export, for pieces of DJ_SEGMENT_GROWING; may be NULL without.
 */
enum dj_status dj_export_copy(const char *results_dir, const char *growing,
                              const struct dj_export_targets *targets,
                              const struct dj_export_piece *pieces, size_t count,
                              struct dj_error *err) DJ_MUST_CHECK;
/*
 * Instead of create and copy when one segment is the whole target: gives the
 * segment the temporary name as well (a link, so that an interrupted export loses
 * nothing). *adopted is false when it cannot be: the extent is not the whole
 * segment, another file system, no links there. The export and the results then
 * share their bytes: only where the results are removed after the export.
 */
enum dj_status dj_export_adopt(const char *results_dir, struct dj_extent extent,
                               enum dj_stream_kind kind,
                               const struct dj_export_target *target, bool *adopted,
                               struct dj_error *err) DJ_MUST_CHECK;
/* Renames into place; checks the size first. */
enum dj_status dj_export_publish(const struct dj_export_target *target,
                                 struct dj_error *err) DJ_MUST_CHECK;

/*
 * Byte offset within an extent of the row that follows its first n rows (lines).
 * For shard borders that fall inside a partition.
 */
enum dj_status dj_extent_row_offset(const char *results_dir, struct dj_extent extent,
                                    enum dj_stream_kind kind, int64_t n, int64_t *offset,
                                    struct dj_error *err) DJ_MUST_CHECK;

#endif
