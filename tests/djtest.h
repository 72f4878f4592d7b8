/*
 * Checks for unit tests. A failed check prints its place and ends the program with
 * 1; a finished program has passed. DJ_TEST prints each test's name, so that a
 * crash says where.
 */
#ifndef DJTEST_H
#define DJTEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dj/mem.h"

static inline _Noreturn void djtest_fail(const char *file, int line)
{
    (void)fprintf(stderr, "  failed at %s:%d\n", file, line);
    exit(1);
}

#define DJ_TEST(function)                \
    do {                                 \
        (void)printf("%s\n", #function); \
        (void)fflush(stdout);            \
        function();                      \
    } while (0)

#define DJ_CHECK(condition)                                        \
    do {                                                           \
        if (!(condition)) {                                        \
            (void)fprintf(stderr, "  not true: %s\n", #condition); \
            djtest_fail(__FILE__, __LINE__);                       \
        }                                                          \
    } while (0)

#define DJ_CHECK_INT(actual, expected)                                               \
    do {                                                                             \
        const int64_t djtest_a = (int64_t)(actual);                                  \
        const int64_t djtest_e = (int64_t)(expected);                                \
        if (djtest_a != djtest_e) {                                                  \
            (void)fprintf(stderr, "  %s is %" PRId64 ", not %" PRId64 "\n", #actual, \
                          djtest_a, djtest_e);                                       \
            djtest_fail(__FILE__, __LINE__);                                         \
        }                                                                            \
    } while (0)

#define DJ_CHECK_STR(actual, expected)                                                  \
    do {                                                                                \
        const struct dj_str djtest_a = (actual);                                        \
        const struct dj_str djtest_e = dj_str_from(expected);                           \
        if (!dj_str_equal(djtest_a, djtest_e)) {                                        \
            (void)fprintf(stderr, "  %s is \"%.*s\", not \"%.*s\"\n", #actual,          \
                          (int)djtest_a.len, djtest_a.ptr == NULL ? "" : djtest_a.ptr,  \
                          (int)djtest_e.len, djtest_e.ptr == NULL ? "" : djtest_e.ptr); \
            djtest_fail(__FILE__, __LINE__);                                            \
        }                                                                               \
    } while (0)

#define DJ_CHECK_TEXT(actual, expected) DJ_CHECK_STR(dj_str_from(actual), expected)

/* For calls that take &err, declared in the test. */
#define DJ_CHECK_OK(call)                                                             \
    do {                                                                              \
        const enum dj_status djtest_s = (call);                                       \
        if (djtest_s != DJ_OK) {                                                      \
            (void)fprintf(stderr, "  %s gave %s\n", #call, dj_status_name(djtest_s)); \
            djtest_fail(__FILE__, __LINE__);                                          \
        }                                                                             \
    } while (0)

#define DJ_CHECK_STATUS(call, expected)                                        \
    do {                                                                       \
        const enum dj_status djtest_s = (call);                                \
        if (djtest_s != (expected)) {                                          \
            (void)fprintf(stderr, "  %s gave %s, not %s\n", #call,             \
                          dj_status_name(djtest_s), dj_status_name(expected)); \
            djtest_fail(__FILE__, __LINE__);                                   \
        }                                                                      \
    } while (0)

/* The text contains the part. */
#define DJ_CHECK_CONTAINS(text, part)                                                    \
    do {                                                                                 \
        if (strstr((text), (part)) == NULL) {                                            \
            (void)fprintf(stderr, "  \"%s\" does not contain \"%s\"\n", (text), (part)); \
            djtest_fail(__FILE__, __LINE__);                                             \
        }                                                                                \
    } while (0)

#endif
