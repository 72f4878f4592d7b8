/* Bytes that grow, and small allocations that must not fail. */
#include "dj/fault.h"
#include "dj/mem.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "dj-mpi: out of memory (%zu bytes for control data)\n", size);
    abort();
}

static _Noreturn void bad_narrowing(void)
{
    (void)fprintf(stderr, "dj-mpi: a number does not fit its type\n");
    abort();
}

int dj_int_from_size(size_t value)
{
    if (value > INT_MAX) {
        bad_narrowing();
    }
    return (int)value;
}

size_t dj_size_from_i64(int64_t value)
{
    if (value < 0) {
        bad_narrowing();
    }
    return (size_t)value;
}

int64_t dj_i64_from_size(size_t value)
{
    if (value > INT64_MAX) {
        bad_narrowing();
    }
    return (int64_t)value;
}

int dj_str_compare(struct dj_str a, struct dj_str b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

void *dj_xmalloc(size_t size)
{
    return dj_xcalloc(size, 1);
}

void *dj_xcalloc(size_t count, size_t size)
{
    void *ptr = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);

    if (ptr == NULL) {
        out_of_memory(dj_size_mul(count, size));
    }
    return ptr;
}

void *dj_xrealloc(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size == 0 ? 1 : size);

    if (grown == NULL) {
        out_of_memory(size);
    }
    return grown;
}

char *dj_xstrdup(const char *text)
{
    return text == NULL ? NULL : dj_xstrndup(text, strlen(text));
}

char *dj_xstrndup(const char *text, size_t len)
{
    char *copy = dj_xmalloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *dj_xprintf(const char *fmt, ...)
{
    va_list args;
    char first[128]; /* most texts fit, and a first try into nothing is no faster */
    int len;
    char *text;

    va_start(args, fmt);
    len = vsnprintf(first, sizeof(first), fmt, args);
    va_end(args);
    if (len < 0) {
        bad_narrowing();
    }
    if ((size_t)len < sizeof(first)) {
        return dj_xstrndup(first, (size_t)len);
    }
    text = dj_xmalloc((size_t)len + 1);
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return text;
}

void dj_xfree(void *ptr)
{
    free(ptr);
}

void dj_buf_init(struct dj_buf *buf)
{
    *buf = (struct dj_buf){ 0 };
}

void dj_buf_release(struct dj_buf *buf)
{
    free(buf->ptr);
    dj_buf_init(buf);
}

void dj_buf_reset(struct dj_buf *buf)
{
    buf->len = 0;
}

enum dj_status dj_buf_reserve(struct dj_buf *buf, size_t extra)
{
    size_t need, cap;
    char *grown;
    struct dj_error err;

    if (extra <= buf->cap - buf->len) {
        return DJ_OK;
    }
    if (__builtin_add_overflow(buf->len, extra, &need) || need > PTRDIFF_MAX / 2) {
        return DJ_NOMEM;
    }
    DJ_TRY(dj_fault_at(DJ_FAULT_MEM_GROW, &err));
    cap = buf->cap + buf->cap / 2;
    if (cap < need) {
        cap = need;
    }
    if (cap < 192) {
        cap = 192;
    }
    grown = realloc(buf->ptr, cap + DJ_PADDING);
    if (grown == NULL) {
        return DJ_NOMEM;
    }
    buf->ptr = grown;
    buf->cap = cap;
    return DJ_OK;
}

enum dj_status dj_buf_append(struct dj_buf *buf, struct dj_str bytes)
{
    if (bytes.len == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_reserve(buf, bytes.len));
    memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
    buf->len += bytes.len;
    return DJ_OK;
}

enum dj_status dj_buf_putc(struct dj_buf *buf, char byte)
{
    DJ_TRY(dj_buf_reserve(buf, 1));
    buf->ptr[buf->len++] = byte;
    return DJ_OK;
}

enum dj_status dj_buf_printf(struct dj_buf *buf, const char *fmt, ...)
{
    va_list args;
    int len;

    DJ_TRY(dj_buf_reserve(buf, 128));
    va_start(args, fmt);
    len = vsnprintf(buf->ptr + buf->len, buf->cap - buf->len, fmt, args);
    va_end(args);
    if (len < 0) {
        bad_narrowing();
    }
    if ((size_t)len < buf->cap - buf->len) {
        buf->len += (size_t)len;
        return DJ_OK;
    }
    DJ_TRY(dj_buf_reserve(buf, (size_t)len + 1));
    va_start(args, fmt);
    (void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
    return DJ_OK;
}

enum dj_status dj_buf_cstr(struct dj_buf *buf, const char **text)
{
    DJ_TRY(dj_buf_reserve(buf, 1));
    buf->ptr[buf->len] = '\0';
    *text = buf->ptr;
    return DJ_OK;
}
