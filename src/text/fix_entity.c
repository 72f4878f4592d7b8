/*
 * HTML entities with a semicolon: the names of HTML 5, their spellings in capitals
 * where these are not ambiguous, and numbers as HTML 5 reads them.
 */
#include "fix_parts.h"

#include "dj/text.h"

enum { LONGEST_BODY = 24, NO_ENTITY = -1 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

size_t dj_fix_entity_length(const char *p, const char *end)
{
    const char *body = p + 1;

    if (body < end && *body == '#') {
        body++;
    }

    const char *stop = body;

    while (stop < end && stop - body < LONGEST_BODY && is_alnum(*stop)) {
        stop++;
    }
    if (stop == body || stop == end || *stop != ';') {
        return 0;
    }
    return (size_t)(stop + 1 - p);
}

/* Digits to a number, at most 0x110000; NO_ENTITY when there is another character. */
static int32_t read_number(struct dj_str digits, int base)
{
    int32_t number = 0;

    if (digits.len == 0) {
        return NO_ENTITY;
    }
    for (size_t i = 0; i < digits.len; i++) {
        const char c = digits.ptr[i];
        const char lower = (char)(c | 0x20);

        if (is_digit(c)) {
            number = number * base + (c - '0');
        } else if (base == 16 && lower >= 'a' && lower <= 'f') {
            number = number * base + (lower - 'a' + 10);
        } else {
            return NO_ENTITY;
        }
        number = number > 0x110000 ? 0x110000 : number;
    }
    return number;
}

/* Numbers that HTML does not allow and Python's html module drops. */
static bool is_dropped(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\f') || c == 0x7f ||
           (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

/*
 * "#" and what follows. Writes the character to out and returns its length, or
 * NO_ENTITY: for what is not a number throughout, and, as in ftfy, for a semicolon.
 */
static int numeric(struct dj_str body, char out[4])
{
    const bool hex = body.len > 1 && (body.ptr[1] | 0x20) == 'x';
    const size_t skip = hex ? 2 : 1;
    const int32_t number =
        read_number((struct dj_str){ body.ptr + skip, body.len - skip }, hex ? 16 : 10);
    uint32_t c = (uint32_t)number;

    if (number == NO_ENTITY || c == ';') {
        return NO_ENTITY;
    }
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        c = 0xfffd;
    } else if (c >= 0x80 && c < 0xa0) {
        c = dj_fix_c1[c - 0x80];
    } else if (c != '\r' && is_dropped(c)) {
        return 0;
    }
    return (int)dj_utf8_put(out, c);
}

/* The value, NUL-terminated, or NULL. */
static const char *named(struct dj_str name)
{
    size_t low = 0;
    size_t high = dj_fix_entity_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct dj_fix_entity *entity = &dj_fix_entities[middle];
        int order = strncmp(entity->name, name.ptr, name.len);

        if (order == 0 && entity->name[name.len] != '\0') {
            order = 1;
        }
        if (order == 0) {
            return entity->value;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* The value of an entity; *value borrows from room or from the table. */
static bool decode(struct dj_str entity, char room[4], struct dj_str *value)
{
    const struct dj_str body = { entity.ptr + 1, entity.len - 2 };

    if (body.ptr[0] == '#') {
        const int len = numeric(body, room);

        *value = (struct dj_str){ room, len < 0 ? 0 : (size_t)len };
        return len != NO_ENTITY;
    }

    const char *text = named(body);

    *value = dj_str_from(text);
    return text != NULL;
}

enum dj_status dj_fix_unescape(struct dj_str segment, struct dj_buf *out, bool *changed)
{
    const char *copied = segment.ptr;
    const char *p = segment.ptr;
    const char *end = segment.ptr + segment.len;

    *changed = false;
    DJ_TRY(dj_buf_reserve(out, segment.len));
    while (p < end && (p = memchr(p, '&', (size_t)(end - p))) != NULL) {
        const struct dj_str entity = { p, dj_fix_entity_length(p, end) };
        struct dj_str value;
        char room[4];

        p += entity.len == 0 ? 1 : entity.len;
        if (entity.len == 0 || !decode(entity, room, &value)) {
            continue;
        }
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ copied, (size_t)(entity.ptr - copied) }));
        DJ_TRY(dj_buf_append(out, value));
        copied = p;
        *changed = true;
    }
    if (!*changed) {
        return DJ_OK;
    }
    return dj_buf_append(out, (struct dj_str){ copied, (size_t)(end - copied) });
}
