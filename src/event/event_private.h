/* What the files of the event module share. */
#ifndef DJ_EVENT_PRIVATE_H
#define DJ_EVENT_PRIVATE_H

#include "dj/event.h"
#include "dj/event_log.h"

enum { DJ_EVENT_SCHEMA = 1 };

const char *dj_event_sentence_of_type(enum dj_event_type type); /* "job started" */

/* --- event_line.c: appending to a line; after a failure nothing more happens ------ */

struct dj_line {
    struct dj_buf *out;
    enum dj_status status;
};

void dj_line_put(struct dj_line *line, struct dj_str bytes);
void dj_line_text(struct dj_line *line, const char *text);
void dj_line_int(struct dj_line *line, int64_t value);
/* value / 10^digits, with so many digits behind the point; value is not negative */
void dj_line_fixed(struct dj_line *line, int64_t value, int digits);

/* --- event_jsonl.c ---------------------------------------------------------------- */

/* What a line says besides the event; the fragments are the same in all of a rank. */
struct dj_event_stamp {
    int64_t micros; /* since 1970 */
    int64_t seq;
    struct dj_str id;   /* _{attempt}_{rank}_ */
    struct dj_str job;  /* , "job_id": "…" */
    struct dj_str tail; /* , "rank": … to the end of the object */
};

/* One JSON line with its line end. message is memory for the sentence. */
enum dj_status dj_event_encode(const struct dj_event *event,
                               const struct dj_event_stamp *stamp, struct dj_buf *message,
                               struct dj_buf *out) DJ_MUST_CHECK;

/* --- event_text.c ----------------------------------------------------------------- */

void dj_event_sentence(const struct dj_event *event, struct dj_line *line);

/* --- event_reader.c: lines of a file through a small window ----------------------- */

struct dj_event_reader {
    const char *path; /* borrowed */
    int fd;           /* -1: to be opened at the next need */
    int64_t offset;   /* of what is not read yet */
    size_t window;    /* bytes read at once */
    size_t pos;       /* in bytes, of the next line */
    bool at_end;
    bool growing; /* a last line without its end is not given, but read again later */
    size_t half;  /* growing: bytes of that line, when the end was met */
    struct dj_buf bytes;
};

void dj_event_reader_init(struct dj_event_reader *reader, size_t window);
void dj_event_reader_start(struct dj_event_reader *reader, const char *path);
/*
 * *line (without its end) is borrowed until the next call; *more is false at the end of
 * the file. keep_open: whether the file stays open when more is to be read.
 */
enum dj_status dj_event_reader_next(struct dj_event_reader *reader, bool keep_open,
                                    struct dj_str *line, bool *more,
                                    struct dj_error *err) DJ_MUST_CHECK;
void dj_event_reader_pause(struct dj_event_reader *reader); /* closes; goes on later */
void dj_event_reader_release(struct dj_event_reader *reader);

/* --- event_parts.c: the part files of the ranks ----------------------------------- */

struct dj_event_part {
    int64_t rank, attempt, turn;
    char *path;
};

struct dj_event_parts {
    size_t count;
    struct dj_event_part *items; /* by attempt, rank, turn */
};

/* Tells a reader that the rank has closed this part. No event. */
#define DJ_EVENT_PART_END "{\"part\": \"closed\"}"

char *dj_event_part_path(const char *folder, int rank, int64_t attempt, int64_t turn);
/* all: also those that were never closed. */
enum dj_status dj_event_parts_list(const char *folder, bool all,
                                   struct dj_event_parts *parts,
                                   struct dj_error *err) DJ_MUST_CHECK;
void dj_event_parts_release(struct dj_event_parts *parts);

/* --- event_files.c: events.jsonl and events.log, line for line the same events ---- */

enum { DJ_EVENT_FILES = 2 };

struct dj_event_file {
    char *path;
    int fd;
    int64_t size; /* with what is pending */
    struct dj_buf pending;
};

struct dj_event_files {
    const struct dj_event_options *options;
    struct dj_event_file files[DJ_EVENT_FILES];
    struct dj_buf header, message;
};

/* Cuts torn last lines. repair: after a merge that was cut off, makes the two agree. */
enum dj_status dj_event_files_open(struct dj_event_files *files,
                                   const struct dj_event_options *options, bool repair,
                                   struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_event_files_add(struct dj_event_files *files, struct dj_str line,
                                  const struct dj_event_view *view,
                                  struct dj_error *err) DJ_MUST_CHECK;
/* Writes what is pending, and to disk. */
enum dj_status dj_event_files_sync(struct dj_event_files *files,
                                   struct dj_error *err) DJ_MUST_CHECK;
void dj_event_files_close(struct dj_event_files *files);

/* --- event_merge.c ---------------------------------------------------------------- */

/*
 * all_parts: also those that were not closed. *unsure: whether an earlier merge may have
 * been cut off; afterwards, whether this one was.
 */
enum dj_status dj_event_merge_folder(const struct dj_event_options *options,
                                     bool all_parts, bool *unsure,
                                     struct dj_event_merge *result,
                                     struct dj_error *err) DJ_MUST_CHECK;

#endif
