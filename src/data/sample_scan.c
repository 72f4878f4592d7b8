/*
 * The strict scanner of JSON lines. It has no recursion, so that depth costs a bit
 * each and cannot overflow the stack, and it is at every byte once.
 */
#include "data/sample_scan.h"

#include <stdio.h>

static const char expected_value[] = "a value is missing";
static const char expected_key[] = "a key in double quotes is missing";

void dj_scan_init(struct dj_scan *scan, struct dj_str line,
                  const struct dj_string_ops *strings)
{
    *scan = (struct dj_scan){
        .begin = line.ptr,
        .end = line.ptr + line.len,
        .strings = strings,
    };
}

void dj_scan_reason(const struct dj_scan *scan, char *text, size_t size)
{
    const size_t at = (size_t)(scan->at - scan->begin);
    const unsigned char byte = scan->at < scan->end ? (unsigned char)*scan->at : 0;

    switch (scan->string) {
    case DJ_STRING_OK:
        (void)snprintf(text, size, "byte %zu: %s", at, scan->what);
        break;
    case DJ_STRING_OPEN:
        (void)snprintf(text, size, "byte %zu: the line ends inside a string", at);
        break;
    case DJ_STRING_CONTROL:
        (void)snprintf(text, size, "byte %zu: control byte 0x%02x in a string", at, byte);
        break;
    case DJ_STRING_ESCAPE:
        (void)snprintf(text, size, "byte %zu: a backslash that begins no escape", at);
        break;
    case DJ_STRING_HEX:
        (void)snprintf(text, size, "byte %zu: \\u without four hexadecimal digits", at);
        break;
    case DJ_STRING_SURROGATE:
        (void)snprintf(text, size, "byte %zu: lone surrogate escape %.6s", at, scan->at);
        break;
    }
}

const char *dj_scan_fail(struct dj_scan *scan, const char *at, const char *what)
{
    scan->at = at;
    scan->what = what;
    return NULL;
}

/* NUL stands for the end of the line, as it begins nothing in JSON. */
static inline char peek(const struct dj_scan *scan, const char *p)
{
    return p < scan->end ? *p : '\0';
}

static inline const char *blanks(const struct dj_scan *scan, const char *p)
{
    while (p < scan->end && (unsigned char)*p <= ' ' &&
           (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }
    return p;
}

const char *dj_scan_blanks(const struct dj_scan *scan, const char *p)
{
    return blanks(scan, p);
}

/*
 * Most keys and many values are so short that the call of a vector version costs more
 * than its work. This looks at the next 8 bytes: the first quote, backslash or byte
 * below 0x20 among them, or 8. Bits that a borrow sets wrongly are above a right one.
 */
static inline size_t first_special(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t word, quote, slash, found;

    memcpy(&word, p, sizeof(word));
    quote = word ^ ones * '"';
    slash = word ^ ones * '\\';
    found = ((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
            ((slash - ones) & ~slash);
    found &= tops;
    return found == 0 ? 8 : (size_t)__builtin_ctzll(found) / 8;
#else
    (void)p;
    return 8;
#endif
}

/* p is in a string, not in an escape; returns what is behind the closing quote. */
static const char *scan_string(struct dj_scan *scan, const char *p)
{
    struct dj_string_end string;
    size_t at = first_special(p);

    if (at == 8) {
        at += first_special(p + 8);
    }
    if (at < 16 && p[at] == '"' && (size_t)(scan->end - p) > at) {
        return p + at + 1;
    }
    string = scan->strings->skip(p, scan->end);
    if (string.fault != DJ_STRING_OK) {
        scan->string = string.fault;
        return dj_scan_fail(scan, string.at, NULL);
    }
    return string.at + 1;
}

static const char *digits(const struct dj_scan *scan, const char *p)
{
    while (p < scan->end && *p >= '0' && *p <= '9') {
        p++;
    }
    return p;
}

static bool begins(const struct dj_scan *scan, const char *p, struct dj_str word)
{
    return (size_t)(scan->end - p) >= word.len && memcmp(p, word.ptr, word.len) == 0;
}

static const char *scan_number(struct dj_scan *scan, const char *p)
{
    const char *part;

    p += peek(scan, p) == '-';
    if (begins(scan, p, DJ_STR("Infinity"))) {
        return p + 8;
    }
    part = p;
    p = digits(scan, p);
    if (p == part) {
        return dj_scan_fail(scan, p, "a digit is missing");
    }
    if (*part == '0' && p - part > 1) {
        return dj_scan_fail(scan, part, "a number with a leading 0");
    }
    if (peek(scan, p) == '.') {
        part = p + 1;
        p = digits(scan, part);
        if (p == part) {
            return dj_scan_fail(scan, p, "a digit is missing");
        }
    }
    if (peek(scan, p) == 'e' || peek(scan, p) == 'E') {
        part = p + 1;
        part += peek(scan, part) == '+' || peek(scan, part) == '-';
        p = digits(scan, part);
        if (p == part) {
            return dj_scan_fail(scan, p, "a digit is missing");
        }
    }
    return p;
}

/* Python's json reads NaN and Infinity, and Data-Juicer writes them. */
static const char *scan_word(struct dj_scan *scan, const char *p)
{
    static const struct dj_str words[] = {
        { "true", 4 }, { "false", 5 }, { "null", 4 }, { "NaN", 3 }, { "Infinity", 8 },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (begins(scan, p, words[i])) {
            return p + words[i].len;
        }
    }
    return dj_scan_fail(scan, p, expected_value);
}

/* p is behind a key, or NULL; returns where its value begins. */
static const char *scan_colon(struct dj_scan *scan, const char *p)
{
    if (p == NULL) {
        return NULL;
    }
    p = blanks(scan, p);
    if (peek(scan, p) != ':') {
        return dj_scan_fail(scan, p, "':' is missing after the key");
    }
    return blanks(scan, p + 1);
}

/* p is where a key must begin; returns where its value begins. */
static const char *scan_key(struct dj_scan *scan, const char *p)
{
    if (peek(scan, p) != '"') {
        return dj_scan_fail(scan, p, expected_key);
    }
    return scan_colon(scan, scan_string(scan, p + 1));
}

/* Open objects and arrays; a set bit is an object. */
struct nest {
    size_t depth;
    uint64_t objects[DJ_SCAN_DEPTH / 64];
};

static inline bool in_object(const struct nest *nest)
{
    return nest->objects[(nest->depth - 1) / 64] >> ((nest->depth - 1) % 64) & 1;
}

/*
 * Enters the object or array at p and returns where its first value begins. An empty
 * one is not entered: *empty is set and the result is its end.
 */
static const char *enter(struct dj_scan *scan, struct nest *nest, const char *p,
                         bool *empty)
{
    const bool object = *p == '{';
    const uint64_t bit = (uint64_t)1 << (nest->depth % 64);

    if (nest->depth + 1 == DJ_SCAN_DEPTH) {
        return dj_scan_fail(scan, p, "nested deeper than 1024 levels");
    }
    p = blanks(scan, p + 1);
    *empty = peek(scan, p) == (object ? '}' : ']');
    if (*empty) {
        return p + 1;
    }
    if (object) {
        nest->objects[nest->depth / 64] |= bit;
    } else {
        nest->objects[nest->depth / 64] &= ~bit;
    }
    nest->depth++;
    return object ? scan_key(scan, p) : p;
}

/*
 * Behind a value: closes what ends here. Returns where the next value begins, or,
 * with a depth of 0, the end of the outermost value.
 */
static const char *leave(struct dj_scan *scan, struct nest *nest, const char *p)
{
    while (nest->depth > 0) {
        const bool object = in_object(nest);

        p = blanks(scan, p);
        if (peek(scan, p) == ',') {
            p = blanks(scan, p + 1);
            return object ? scan_key(scan, p) : p;
        }
        if (peek(scan, p) != (object ? '}' : ']')) {
            return dj_scan_fail(
                scan, p, object ? "',' or '}' is missing" : "',' or ']' is missing");
        }
        nest->depth--;
        p++;
    }
    return p;
}

static const char *scan_scalar(struct dj_scan *scan, const char *p)
{
    const char c = peek(scan, p);

    if (c == '"') {
        return scan_string(scan, p + 1);
    }
    return c == '-' || (c >= '0' && c <= '9') ? scan_number(scan, p) : scan_word(scan, p);
}

const char *dj_scan_value(struct dj_scan *scan, const char *p)
{
    struct nest nest;

    nest.depth = 0;
    do {
        bool done = true;

        if (peek(scan, p) == '{' || peek(scan, p) == '[') {
            bool empty;

            p = enter(scan, &nest, p, &empty);
            done = empty;
        } else {
            p = scan_scalar(scan, p);
        }
        if (p != NULL && done) {
            p = leave(scan, &nest, p);
        }
    } while (p != NULL && nest.depth > 0);
    return p;
}

/* The key at p into member; returns what is behind its closing quote. */
static const char *scan_member_key(struct dj_scan *scan, const char *p,
                                   struct dj_member *member)
{
    const char *stop;

    if (peek(scan, p) != '"') {
        return dj_scan_fail(scan, p, expected_key);
    }
    stop = p + 1 + first_special(p + 1);
    if (stop >= scan->end || *stop != '"') {
        stop = scan->strings->find(p + 1, scan->end);
    }
    member->escaped = peek(scan, stop) == '\\';
    member->key.ptr = p + 1;
    p = peek(scan, stop) == '"' ? stop + 1 : scan_string(scan, stop);
    member->key.len = p == NULL ? 0 : (size_t)(p - 1 - member->key.ptr);
    return p;
}

enum dj_scan_step dj_scan_next(struct dj_scan *scan, const char **p, bool first,
                               struct dj_member *member)
{
    const char *key = blanks(scan, *p);

    if (peek(scan, key) == '}') {
        *p = key + 1;
        return DJ_SCAN_END;
    }
    if (!first) {
        if (peek(scan, key) != ',') {
            (void)dj_scan_fail(scan, key, "',' or '}' is missing");
            return DJ_SCAN_FAULT;
        }
        key = blanks(scan, key + 1);
    }
    member->value = scan_colon(scan, scan_member_key(scan, key, member));
    *p = member->value;
    return member->value == NULL ? DJ_SCAN_FAULT : DJ_SCAN_MEMBER;
}
