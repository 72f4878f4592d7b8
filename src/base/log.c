/*
 * Lines on standard error. The thread that listens for requests logs too, so whoever
 * writes holds the stream, which also guards the width of the status line.
 */
#include "dj/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum dj_log_level current_level = DJ_LOG_INFO;
static int current_rank;
static size_t status_width; /* of the status line that stands on the terminal */

void dj_log_set_level(enum dj_log_level level)
{
    current_level = level;
}

void dj_log_set_rank(int rank)
{
    current_rank = rank;
}

static void clear_status(void)
{
    if (status_width > 0) {
        (void)fprintf(stderr, "\r%*s\r", (int)status_width, "");
        status_width = 0;
    }
}

void dj_log(enum dj_log_level level, const char *fmt, ...)
{
    static const char *const names[] = { "error: ", "warning: ", "", "debug: " };
    char line[2048];
    va_list args;
    int len;

    if (level > current_level || (current_rank > 0 && level > DJ_LOG_ERROR)) {
        return;
    }
    if (current_rank > 0) {
        len = snprintf(line, sizeof(line), "dj-mpi[%d]: %s", current_rank, names[level]);
    } else {
        len = snprintf(line, sizeof(line), "dj-mpi: %s", names[level]);
    }
    va_start(args, fmt);
    (void)vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, args);
    va_end(args);
    flockfile(stderr);
    clear_status();
    (void)fprintf(stderr, "%s\n", line);
    funlockfile(stderr);
}

void dj_log_status(const char *line)
{
    if (current_rank > 0 || current_level < DJ_LOG_INFO) {
        return;
    }
    if (isatty(STDERR_FILENO) == 0) {
        dj_log(DJ_LOG_INFO, "%s", line);
        return;
    }
    flockfile(stderr);
    clear_status();
    (void)fprintf(stderr, "%s", line);
    (void)fflush(stderr);
    status_width = strlen(line);
    funlockfile(stderr);
}

void dj_log_status_done(void)
{
    flockfile(stderr);
    if (status_width > 0) {
        (void)fputc('\n', stderr);
        status_width = 0;
    }
    funlockfile(stderr);
}
