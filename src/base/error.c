/* Status names, exit codes and the error message. */
#include "dj/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    int exit_code;
    bool retry;
} statuses[DJ_STATUS_COUNT] = {
#define DJ_STATUS_ROW(name, exit_code, retry, text) \
    [DJ_##name] = { #name, text, exit_code, retry },
    DJ_STATUS_LIST(DJ_STATUS_ROW)
#undef DJ_STATUS_ROW
};

enum dj_status dj_vfail(struct dj_error *err, enum dj_status status, const char *fmt,
                        va_list args)
{
    err->status = status;
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
    return status;
}

enum dj_status dj_fail(struct dj_error *err, enum dj_status status, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    dj_vfail(err, status, fmt, args);
    va_end(args);
    return status;
}

enum dj_status dj_fail_errno(struct dj_error *err, enum dj_status status, int errno_value,
                             const char *fmt, ...)
{
    va_list args;
    size_t len;

    va_start(args, fmt);
    dj_vfail(err, status, fmt, args);
    va_end(args);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s",
                   strerror(errno_value));
    return status;
}

enum dj_status dj_error_prefix(struct dj_error *err, const char *fmt, ...)
{
    char old[DJ_ERROR_TEXT];
    va_list args;
    size_t len;

    memcpy(old, err->text, sizeof(old));
    va_start(args, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, "%s", old);
    return err->status;
}

const char *dj_status_name(enum dj_status status)
{
    return statuses[status].name;
}

const char *dj_status_text(enum dj_status status)
{
    return statuses[status].text;
}

int dj_status_exit(enum dj_status status)
{
    return statuses[status].exit_code;
}

bool dj_status_retry(enum dj_status status)
{
    return statuses[status].retry;
}
