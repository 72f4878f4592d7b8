/*
 * Dotted text keys: "a.b" is the field of that name, else field b of object a, and so
 * on. When an object has a key twice the last one counts, as in Python.
 */
#include "data/batch_private.h"

/* The value of the member called key, or NULL; object is behind the brace. */
static enum dj_status find_literal(const struct dj_batch *batch, struct dj_scan *scan,
                                   const char *object, struct dj_str key,
                                   const char **value)
{
    struct dj_member member;
    const char *p = object;

    *value = NULL;
    for (bool first = true;
         p != NULL && dj_scan_next(scan, &p, first, &member) == DJ_SCAN_MEMBER;
         first = false) {
        struct dj_str name;

        DJ_TRY(dj_member_key(batch, &member, &name));
        if (dj_str_equal(name, key)) {
            *value = member.value;
        }
        p = dj_scan_value(scan, member.value);
    }
    return DJ_OK;
}

/* The value is an object, and what is behind its brace. */
static const char *inside(const char *value)
{
    return value != NULL && *value == '{' ? value + 1 : NULL;
}

enum dj_status dj_nested_find(const struct dj_batch *batch, struct dj_scan *scan,
                              const char *object, struct dj_str key, const char **value)
{
    const char *deeper;

    DJ_TRY(find_literal(batch, scan, object + 1, key, value));
    for (size_t i = 0; i < key.len && *value == NULL; i++) {
        if (key.ptr[i] != '.') {
            continue;
        }
        DJ_TRY(find_literal(batch, scan, object + 1, (struct dj_str){ key.ptr, i },
                            &deeper));
        if (inside(deeper) != NULL) {
            const struct dj_str rest = { key.ptr + i + 1, key.len - i - 1 };

            DJ_TRY(dj_nested_find(batch, scan, deeper, rest, value));
        }
    }
    return DJ_OK;
}
