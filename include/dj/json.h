/*
 * JSON for dj-mpi's own small documents: a writer onto a dj_buf and a reader.
 * Samples never pass through here; see dj/sample.h.
 */
#ifndef DJ_JSON_H
#define DJ_JSON_H

#include <stdint.h>

#include "dj/mem.h"

/* --- writing ---------------------------------------------------------------- */

/*
 * Appends text as a JSON string with its quotes, as Python's
 * json.dumps(ensure_ascii=False) does: \" \\ \n \r \t \b \f, other bytes below
 * 0x20 as \u00xx, all else raw. text is valid UTF-8.
 */
enum dj_status dj_json_quote(struct dj_buf *out, struct dj_str text) DJ_MUST_CHECK;

/*
 * The same for text that may be anything (messages, file names, environment): bytes
 * that are no UTF-8, such as a character cut in half, become U+FFFD.
 */
enum dj_status dj_json_quote_any(struct dj_buf *out, struct dj_str text) DJ_MUST_CHECK;

/* How many bytes at the beginning of text are UTF-8. */
size_t dj_json_utf8_prefix(struct dj_str text);

/* Upper bound of what dj_json_quote appends for len bytes. */
static inline size_t dj_json_quote_bound(size_t len)
{
    return len > (SIZE_MAX - 2) / 6 ? SIZE_MAX : 6 * len + 2;
}

enum { DJ_JSON_DOUBLE_TEXT = 32 };

/*
 * Python's repr of a float: the shortest digits that round-trip, "1.0", "1e-05",
 * "1e+16", "-0.0", "NaN", "Infinity". Returns the length.
 */
size_t dj_json_double(double value, char text[DJ_JSON_DOUBLE_TEXT]);

/*
 * A writer puts commas, colons and, with indent > 0, line ends and blanks. After
 * a failed allocation the other calls do nothing and dj_jsonw_end reports it.
 */
struct dj_jsonw {
    struct dj_buf *out;
    int indent;    /* blanks a level; 0 writes one line with ", " and ": " */
    int depth;     /* private */
    bool first;    /* private: nothing stands in this container yet */
    bool in_value; /* private: a key was written */
    enum dj_status status;
};

void dj_jsonw_init(struct dj_jsonw *w, struct dj_buf *out, int indent);
void dj_jsonw_open(struct dj_jsonw *w, char bracket);  /* '{' or '[' */
void dj_jsonw_close(struct dj_jsonw *w, char bracket); /* '}' or ']' */
void dj_jsonw_key(struct dj_jsonw *w, const char *key);
void dj_jsonw_str(struct dj_jsonw *w, struct dj_str text);
void dj_jsonw_text(struct dj_jsonw *w, const char *text); /* any bytes; NULL: null */
void dj_jsonw_int(struct dj_jsonw *w, int64_t value);
void dj_jsonw_double(struct dj_jsonw *w, double value);
void dj_jsonw_bool(struct dj_jsonw *w, bool value);
void dj_jsonw_null(struct dj_jsonw *w);
void dj_jsonw_raw(struct dj_jsonw *w, struct dj_str json); /* one value, as it is */
enum dj_status dj_jsonw_end(struct dj_jsonw *w) DJ_MUST_CHECK;
/* Ends it and takes what was written out of its buffer, which is released: new
 * (dj_xfree), NULL when memory ran out. */
char *dj_jsonw_take(struct dj_jsonw *w);

/* Key and value in one call, for the common case. */
void dj_jsonw_kv_text(struct dj_jsonw *w, const char *key, const char *text);
void dj_jsonw_kv_str(struct dj_jsonw *w, const char *key, struct dj_str text);
void dj_jsonw_kv_int(struct dj_jsonw *w, const char *key, int64_t value);
void dj_jsonw_kv_double(struct dj_jsonw *w, const char *key, double value);
void dj_jsonw_kv_bool(struct dj_jsonw *w, const char *key, bool value);

/* --- reading ---------------------------------------------------------------- */

/*
 * A parsed document, over cJSON: numbers are doubles (whole ones are exact up to
 * 2^53; write larger ones as strings) and strings end at the first NUL.
 */
struct dj_json;

/* origin (a path) is for messages. Returns a new document; dj_json_free. */
enum dj_status dj_json_parse(struct dj_str bytes, const char *origin,
                             struct dj_json **doc, struct dj_error *err) DJ_MUST_CHECK;
enum dj_status dj_json_read(const char *path, struct dj_json **doc,
                            struct dj_error *err) DJ_MUST_CHECK;
void dj_json_free(struct dj_json *doc);

/* Navigation. Everything returned is borrowed from the document; NULL in, NULL out. */
const struct dj_json *dj_json_get(const struct dj_json *object, const char *key);
size_t dj_json_count(const struct dj_json *container);
const struct dj_json *dj_json_at(const struct dj_json *container, size_t index);
const char *dj_json_key_at(const struct dj_json *object, size_t index);
bool dj_json_is_object(const struct dj_json *value);
bool dj_json_is_array(const struct dj_json *value);

/* The value under key if it has that type, else fallback. */
const char *dj_json_text(const struct dj_json *object, const char *key,
                         const char *fallback);
int64_t dj_json_int(const struct dj_json *object, const char *key, int64_t fallback);
double dj_json_number(const struct dj_json *object, const char *key, double fallback);
bool dj_json_bool(const struct dj_json *object, const char *key, bool fallback);
/* The value itself. */
const char *dj_json_as_text(const struct dj_json *value, const char *fallback);
double dj_json_as_number(const struct dj_json *value, double fallback);

#endif
