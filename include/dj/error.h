/*
 * Statuses and error messages.
 *
 * A function that can fail returns enum dj_status and writes one sentence into
 * a struct dj_error that its caller owns. The status list below is the only
 * place that knows a status, its exit code and whether trying again can help.
 */
#ifndef DJ_ERROR_H
#define DJ_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define DJ_MUST_CHECK __attribute__((warn_unused_result))
#define DJ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Exit codes of the program; documented in --help and README.md. */
enum dj_exit {
    DJ_EXIT_COMPLETE = 0,
    DJ_EXIT_FAILED = 1,
    DJ_EXIT_USAGE = 2,
    DJ_EXIT_PARTIAL = 3,
    DJ_EXIT_STOPPED = 75,
};

/*    name         exit code         retry  meaning                              */
#define DJ_STATUS_LIST(X)                                                             \
    X(OK, DJ_EXIT_COMPLETE, false, "ok")                                              \
    X(NOMEM, DJ_EXIT_FAILED, true, "out of memory")                                   \
    X(IO, DJ_EXIT_FAILED, true, "input or output failed")                             \
    X(DATA, DJ_EXIT_FAILED, false, "the data is not what it should be")               \
    X(OP, DJ_EXIT_FAILED, true, "an operator failed")                                 \
    X(COMM, DJ_EXIT_FAILED, false, "communication between ranks failed")              \
    X(CONFIG, DJ_EXIT_USAGE, false, "the configuration is not acceptable")            \
    X(USAGE, DJ_EXIT_USAGE, false, "the command line is not acceptable")              \
    X(RESUME, DJ_EXIT_USAGE, false, "the stored job does not fit this configuration") \
    X(LOCKED, DJ_EXIT_USAGE, false, "another run holds this job")                     \
    X(UNSUPPORTED, DJ_EXIT_USAGE, false, "not supported")                             \
    X(LEDGER, DJ_EXIT_FAILED, false, "the counts of samples do not balance")          \
    X(PARTIAL, DJ_EXIT_PARTIAL, false, "some partitions failed for good")             \
    X(STOPPED, DJ_EXIT_STOPPED, false, "stopped on request")                          \
    X(INTERNAL, DJ_EXIT_FAILED, false, "a defect in dj-mpi")

enum dj_status {
#define DJ_STATUS_ENUM(name, exit_code, retry, text) DJ_##name,
    DJ_STATUS_LIST(DJ_STATUS_ENUM)
#undef DJ_STATUS_ENUM
        DJ_STATUS_COUNT
};

enum { DJ_ERROR_TEXT = 4096 };

/* Owned by the caller. text is NUL-terminated and cut, never overrun. */
struct dj_error {
    enum dj_status status;
    char text[DJ_ERROR_TEXT];
};

/* Writes the message and returns status, so that `return dj_fail(...)` works. */
enum dj_status dj_fail(struct dj_error *err, enum dj_status status, const char *fmt, ...)
    DJ_PRINTF(3, 4);
enum dj_status dj_vfail(struct dj_error *err, enum dj_status status, const char *fmt,
                        va_list args) DJ_PRINTF(3, 0);

/* Like dj_fail, with ": " and the text of errno_value at the end. */
enum dj_status dj_fail_errno(struct dj_error *err, enum dj_status status, int errno_value,
                             const char *fmt, ...) DJ_PRINTF(4, 5);

/* Puts a prefix ("what was tried: ") before the text that err already has. */
enum dj_status dj_error_prefix(struct dj_error *err, const char *fmt, ...)
    DJ_PRINTF(2, 3);

const char *dj_status_name(enum dj_status status); /* "OK", "IO", ... */
const char *dj_status_text(enum dj_status status); /* the meaning, a short clause */
int dj_status_exit(enum dj_status status);
bool dj_status_retry(enum dj_status status);

/* Passes a failure up. Only where nothing has to be released. */
#define DJ_TRY(call)                                  \
    do {                                              \
        const enum dj_status dj_try_status_ = (call); \
        if (dj_try_status_ != DJ_OK) {                \
            return dj_try_status_;                    \
        }                                             \
    } while (0)

#endif
