/*
 * Memory: borrowed bytes, bytes that grow, and arenas.
 *
 * Data that lives as long as a batch is in the batch's arena and is never freed
 * piece by piece. Buffers and arenas report a failed allocation as DJ_NOMEM;
 * dj_xmalloc is for small control structures and ends the program.
 */
#ifndef DJ_MEM_H
#define DJ_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dj/error.h"

/*
 * Readable (not necessarily initialised) bytes after the end of every buffer
 * from dj_buf and dj_arena, so that scanners may load whole vectors.
 */
enum { DJ_PADDING = 64 };

/* Borrowed bytes, not NUL-terminated. Who lends them says how long they live. */
struct dj_str {
    const char *ptr;
    size_t len;
};

#define DJ_STR(literal) ((struct dj_str){ (literal), sizeof(literal) - 1 })

static inline struct dj_str dj_str_from(const char *text)
{
    return (struct dj_str){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool dj_str_equal(struct dj_str a, struct dj_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool dj_str_is(struct dj_str a, const char *text)
{
    return dj_str_equal(a, dj_str_from(text));
}

/* Order of the bytes, shorter first when one is the other's beginning. */
int dj_str_compare(struct dj_str a, struct dj_str b);

/* a * b, or SIZE_MAX when that overflows (which no allocation grants). */
static inline size_t dj_size_mul(size_t a, size_t b)
{
    size_t product;

    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* A narrowing conversion that must hold; ends the program if it does not. */
int dj_int_from_size(size_t value);
size_t dj_size_from_i64(int64_t value);
int64_t dj_i64_from_size(size_t value);

/* Small control allocations: zeroed, never NULL. Free with dj_xfree. */
void *dj_xmalloc(size_t size);
void *dj_xcalloc(size_t count, size_t size);
void *dj_xrealloc(void *ptr, size_t size);
char *dj_xstrdup(const char *text);
char *dj_xstrndup(const char *text, size_t len);
char *dj_xprintf(const char *fmt, ...) DJ_PRINTF(1, 2);
void dj_xfree(void *ptr);

/* --- bytes that grow ------------------------------------------------------ */

/*
 * Invariant: ptr == NULL and cap == 0, or cap >= len and DJ_PADDING bytes after
 * cap are readable. Fields may be read; write through the functions, or into
 * room asked for with dj_buf_reserve.
 */
struct dj_buf {
    char *ptr;
    size_t len;
    size_t cap;
};

void dj_buf_init(struct dj_buf *buf);
void dj_buf_release(struct dj_buf *buf); /* gives the memory back */
void dj_buf_reset(struct dj_buf *buf);   /* len = 0, memory is kept */

/* Makes room for extra more bytes behind len. */
enum dj_status dj_buf_reserve(struct dj_buf *buf, size_t extra) DJ_MUST_CHECK;
enum dj_status dj_buf_append(struct dj_buf *buf, struct dj_str bytes) DJ_MUST_CHECK;
enum dj_status dj_buf_putc(struct dj_buf *buf, char byte) DJ_MUST_CHECK;
enum dj_status dj_buf_printf(struct dj_buf *buf, const char *fmt, ...) DJ_MUST_CHECK
    DJ_PRINTF(2, 3);
/* NUL-terminates without counting the NUL; the pointer is borrowed until a change. */
enum dj_status dj_buf_cstr(struct dj_buf *buf, const char **text) DJ_MUST_CHECK;

static inline struct dj_str dj_buf_str(const struct dj_buf *buf)
{
    return (struct dj_str){ buf->ptr, buf->len };
}

/* --- arena ------------------------------------------------------------------ */

/*
 * Allocates by moving a pointer; all memory goes at once with reset or release.
 * A request larger than a block gets a block of its own, which dj_arena_reset
 * gives back to the system; ordinary blocks are kept.
 */
struct dj_arena;

struct dj_arena_mark {
    void *block;
    size_t used;
};

/* block_size: bytes of an ordinary block, e.g. 1 MiB. Ends the program if it fails. */
struct dj_arena *dj_arena_new(size_t block_size);
void dj_arena_free(struct dj_arena *arena);
void dj_arena_reset(struct dj_arena *arena);

/* Returns size bytes aligned to 16, uninitialised, or NULL. size 0 is allowed. */
void *dj_arena_alloc(struct dj_arena *arena, size_t size);

/*
 * Shortens (or, while room lasts, lengthens) the newest allocation in place.
 * Returns false and changes nothing when ptr is not the newest allocation or
 * when the block has no room.
 */
bool dj_arena_resize_last(struct dj_arena *arena, void *ptr, size_t new_size);

/* Copies bytes; ptr is NULL in the result when memory ran out. */
struct dj_str dj_arena_copy(struct dj_arena *arena, struct dj_str bytes);

struct dj_arena_mark dj_arena_mark(const struct dj_arena *arena);
void dj_arena_rollback(struct dj_arena *arena, struct dj_arena_mark mark);
bool dj_arena_has(const struct dj_arena *arena, const void *ptr); /* ptr is in it */
size_t dj_arena_used(const struct dj_arena *arena); /* bytes handed out since reset */

#endif
