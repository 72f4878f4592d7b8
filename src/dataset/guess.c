/* The types of lines that come without a schema. */
#include "dataset/guess.h"

#include "data/sample_scan.h"

struct dj_guess {
    struct dj_guess_type top; /* a struct */
    const struct dj_string_ops *strings;
    struct dj_scan scan;
    struct dj_buf key; /* a decoded one */
    int64_t stamp;
    bool nomem;
};

struct dj_guess *dj_guess_new(void)
{
    struct dj_guess *guess = dj_xmalloc(sizeof(*guess));

    guess->top.kind = DJ_GUESS_STRUCT;
    guess->strings = dj_string_ops_best();
    dj_buf_init(&guess->key);
    return guess;
}

void dj_guess_free(struct dj_guess *guess)
{
    if (guess != NULL) {
        dj_guess_type_release(&guess->top);
        dj_buf_release(&guess->key);
        dj_xfree(guess);
    }
}

const struct dj_guess_type *dj_guess_top(const struct dj_guess *guess)
{
    return &guess->top;
}

/* A value of that kind is there too. */
static void see(struct dj_guess_type *type, enum dj_guess_kind kind, unsigned flags)
{
    if (type->kind == kind || type->kind == DJ_GUESS_NULL) {
        type->kind = kind;
        type->flags |= flags;
        return;
    }
    dj_guess_type_join(type, &(struct dj_guess_type){ .kind = kind, .flags = flags });
}

static void see_number(struct dj_guess_type *type, const char *p, const char *end)
{
    const bool negative = *p == '-';
    uint64_t sum = 0;
    bool fits = true;
    unsigned flags = negative ? DJ_GUESS_NEGATIVE : 0;

    for (p += negative; p < end && *p >= '0' && *p <= '9'; p++) {
        fits = fits && !__builtin_mul_overflow(sum, 10u, &sum) &&
               !__builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum);
    }
    if (p < end) {
        see(type, DJ_GUESS_FLOAT, 0);
        return;
    }
    if (!fits || (negative && sum > (uint64_t)INT64_MAX + 1)) {
        dj_guess_type_mix(type); /* its digits are kept */
        return;
    }
    if (sum > (uint64_t)INT64_MAX && !negative) {
        flags |= DJ_GUESS_BEYOND_SIGNED;
    }
    if (sum > (uint64_t)1 << 53) {
        flags |= DJ_GUESS_BEYOND_FLOAT;
    }
    see(type, DJ_GUESS_INT, flags);
}

static const char *see_value(struct dj_guess *guess, struct dj_guess_type *type,
                             const char *p, int depth);

static char peek(const struct dj_guess *guess, const char *p)
{
    return p < guess->scan.end ? *p : '\0';
}

static const char *see_list(struct dj_guess *guess, struct dj_guess_type *type,
                            const char *p, int depth)
{
    struct dj_guess_type *item = dj_guess_field(type, DJ_STR(""));

    p = dj_scan_blanks(&guess->scan, p + 1);
    if (peek(guess, p) == ']') {
        return p + 1;
    }
    for (;;) {
        p = see_value(guess, item, p, depth);
        if (p == NULL) {
            return NULL;
        }
        p = dj_scan_blanks(&guess->scan, p);
        if (peek(guess, p) == ']') {
            return p + 1;
        }
        if (peek(guess, p) != ',') {
            return dj_scan_fail(&guess->scan, p, "',' or ']' is missing");
        }
        p = dj_scan_blanks(&guess->scan, p + 1);
    }
}

static bool key_of(struct dj_guess *guess, const struct dj_member *member,
                   struct dj_str *key)
{
    char *out;

    *key = member->key;
    if (!member->escaped) {
        return true;
    }
    dj_buf_reset(&guess->key);
    if (dj_buf_reserve(&guess->key, (size_t)(guess->scan.end - key->ptr) + DJ_PADDING) !=
        DJ_OK) {
        guess->nomem = true;
        return false;
    }
    out = guess->key.ptr;
    (void)guess->strings->decode(key->ptr, guess->scan.end, &out);
    *key = (struct dj_str){ guess->key.ptr, (size_t)(out - guess->key.ptr) };
    return true;
}

/*
 * The members of the object whose brace is before p. One with a key twice, or with too
 * many of them, becomes JSON; a key with NUL in it cannot be a column's name.
 */
static const char *see_object(struct dj_guess *guess, struct dj_guess_type *type,
                              const char *p, int depth)
{
    const int64_t stamp = ++guess->stamp;
    struct dj_member member;
    enum dj_scan_step step;

    for (bool first = true;; first = false) {
        struct dj_guess_type *field = NULL;
        struct dj_str key;

        step = dj_scan_next(&guess->scan, &p, first, &member);
        if (step != DJ_SCAN_MEMBER) {
            return step == DJ_SCAN_END ? p : NULL;
        }
        if (!key_of(guess, &member, &key)) {
            return NULL;
        }
        if (type->kind == DJ_GUESS_STRUCT) {
            field =
                memchr(key.ptr, '\0', key.len) != NULL ? NULL : dj_guess_field(type, key);
            if (field == NULL || field->stamp == stamp) {
                dj_guess_type_mix(type);
                field = NULL;
            } else {
                field->stamp = stamp;
            }
        }
        p = field == NULL ? dj_scan_value(&guess->scan, p)
                          : see_value(guess, field, p, depth);
        if (p == NULL) {
            return NULL;
        }
    }
}

static void see_scalar(struct dj_guess_type *type, const char *p, const char *end)
{
    switch (*p) {
    case '"':
        see(type, DJ_GUESS_STRING, 0);
        break;
    case 't':
    case 'f':
        see(type, DJ_GUESS_BOOL, 0);
        break;
    case 'n':
        break;
    case 'N':
    case 'I':
        see(type, DJ_GUESS_FLOAT, 0);
        break;
    default:
        see_number(type, p, end);
        break;
    }
}

static const char *see_value(struct dj_guess *guess, struct dj_guess_type *type,
                             const char *p, int depth)
{
    const char c = peek(guess, p);
    const char *end;

    if (type->kind != DJ_GUESS_JSON && (c == '{' || c == '[')) {
        see(type, c == '{' ? DJ_GUESS_STRUCT : DJ_GUESS_LIST, 0);
        if (depth == DJ_GUESS_DEPTH) {
            dj_guess_type_mix(type);
        }
        if (type->kind == DJ_GUESS_STRUCT) {
            return see_object(guess, type, p + 1, depth + 1);
        }
        if (type->kind == DJ_GUESS_LIST) {
            return see_list(guess, type, p, depth + 1);
        }
    }
    end = dj_scan_value(&guess->scan, p);
    if (end != NULL && type->kind != DJ_GUESS_JSON) {
        see_scalar(type, p, end);
    }
    return end;
}

enum dj_status dj_guess_add(struct dj_guess *guess, struct dj_str line,
                            struct dj_error *err)
{
    char reason[128];
    const char *p;

    dj_scan_init(&guess->scan, line, guess->strings);
    p = dj_scan_blanks(&guess->scan, line.ptr);
    if (peek(guess, p) == '{') {
        p = see_object(guess, &guess->top, p + 1, 0);
    } else {
        p = dj_scan_fail(&guess->scan, p, "no object");
    }
    if (guess->nomem) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the columns of the export");
    }
    if (p == NULL) {
        dj_scan_reason(&guess->scan, reason, sizeof(reason));
        return dj_fail(err, DJ_DATA, "a line is no JSON object: %s", reason);
    }
    if (guess->top.kind != DJ_GUESS_STRUCT) {
        return dj_fail(err, DJ_UNSUPPORTED,
                       "the samples have more than %d fields, or one with a NUL in its "
                       "name: they cannot be columns; export as JSON lines",
                       (int)DJ_GUESS_FIELDS);
    }
    return DJ_OK;
}
