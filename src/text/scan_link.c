/*
 * Scanner for links. The published pattern is a head (a scheme, "www." or a host with a
 * slash, at a word boundary) and a tail, which is a repeat inside of a repeat. Each of
 * its parts can be read in one way only, so the match is found without backtracking and
 * in time that grows with the text alone.
 */
#include "dj/text.h"

#include "text/scan_private.h"

/* What was found out around one place, and holds for the places near it. */
struct memory {
    size_t from;                 /* no match starts before */
    size_t word_start, word_end; /* a run of [\w-] */
    size_t host_start, host_end; /* a run of [a-z0-9.-] */
    size_t colon, colon_tail;    /* end of the link with its scheme before colon, or 0 */
    size_t slash, slash_tail;    /* the same for a host's slash */
};

/* --- characters
 * ------------------------------------------------------------------------- */

static uint32_t char_at(struct dj_str text, size_t pos, size_t *next)
{
    const char *s = text.ptr + pos;
    const uint32_t c = dj_utf8_next(&s);

    *next = (size_t)(s - text.ptr);
    return c;
}

static bool is_word(uint32_t c)
{
    return c < 0x80 ? (dj_scan_bits[c] & DJ_SCAN_WORD) != 0
                    : (dj_char_class(c) & DJ_CHAR_REGEX_WORD) != 0;
}

/* [a-z] when case is ignored: three letters beyond ASCII fold into it. */
static bool is_letter(uint32_t c)
{
    return c < 0x80 ? (dj_scan_bits[c] & DJ_SCAN_LETTER) != 0
                    : c == 0x130 || c == 0x17f || c == 0x212a;
}

static bool is_letter_or_digit(uint32_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* A blank of the regex module, beyond ASCII. */
static bool is_wide_blank(uint32_t c)
{
    return (dj_char_class(c) & DJ_CHAR_SPACE) != 0;
}

/* --- the tail
 * ------------------------------------------------------------------------------ */

/* Behind a character that may stand in a link, or pos itself. */
static size_t plain_end(struct dj_str text, size_t pos)
{
    size_t next;

    if (pos >= text.len) {
        return pos;
    }
    if ((unsigned char)text.ptr[pos] < 0x80) {
        return dj_scan_is(text.ptr[pos], DJ_SCAN_STOP) != 0 ? pos : pos + 1;
    }
    return is_wide_blank(char_at(text, pos, &next)) ? pos : next;
}

static size_t plain_run(struct dj_str text, size_t pos)
{
    size_t next = plain_end(text, pos);

    while (next != pos) {
        pos = next;
        next = plain_end(text, pos);
    }
    return pos;
}

/* Behind a group in brackets that begins at pos, which may hold others; 0: none. */
static size_t group_end(struct dj_str text, size_t pos)
{
    pos++;
    for (;;) {
        size_t inner;

        pos = plain_run(text, pos);
        if (pos >= text.len) {
            return 0;
        }
        if (text.ptr[pos] == ')') {
            return pos + 1;
        }
        if (text.ptr[pos] != '(') {
            return 0;
        }
        inner = plain_run(text, pos + 1);
        if (inner == pos + 1 || inner >= text.len || text.ptr[inner] != ')') {
            return 0;
        }
        pos = inner + 1;
    }
}

/* May the character at pos be the last one? */
static bool may_end(struct dj_str text, size_t pos)
{
    size_t next;
    uint32_t c;

    if ((unsigned char)text.ptr[pos] < 0x80) {
        return dj_scan_is(text.ptr[pos], DJ_SCAN_TAIL) != 0;
    }
    c = char_at(text, pos, &next);
    return c != 0xab && c != 0xbb && c != 0x201c && c != 0x201d && c != 0x2018 &&
           c != 0x2019;
}

/* End of the longest tail from pos on, 0 when there is none: it has two parts or more. */
static size_t tail_end(struct dj_str text, size_t pos)
{
    size_t end = 0;
    bool first = true;

    while (pos < text.len) {
        const bool group = text.ptr[pos] == '(';
        const size_t next = group ? group_end(text, pos) : plain_end(text, pos);

        if (next == 0 || next == pos) {
            break;
        }
        if (!first && (group || may_end(text, pos))) {
            end = next;
        }
        first = false;
        pos = next;
    }
    return end;
}

/* --- the heads
 * ------------------------------------------------------------------------------ */

/* Behind the scheme's colon: one to three slashes, or a letter, a digit or "%". */
static size_t after_colon(struct dj_str text, size_t pos)
{
    size_t slashes = 0;
    size_t next, end;
    uint32_t c;

    while (slashes < 3 && pos + slashes < text.len && text.ptr[pos + slashes] == '/') {
        slashes++;
    }
    for (; slashes > 0; slashes--) {
        end = tail_end(text, pos + slashes);
        if (end != 0) {
            return end;
        }
    }
    if (pos >= text.len || text.ptr[pos] == '/') {
        return 0;
    }
    c = char_at(text, pos, &next);
    return c == '%' || is_letter_or_digit(c) ? tail_end(text, next) : 0;
}

/* [a-z][\w-]+: at start; behind the first letter is `second`. */
static size_t scheme(struct dj_str text, struct memory *memory, size_t start,
                     size_t second)
{
    if (start < memory->word_start || start >= memory->word_end) {
        size_t pos = start;

        while (pos < text.len) {
            size_t next;
            const uint32_t c = char_at(text, pos, &next);

            if (c != '-' && !is_word(c)) {
                break;
            }
            pos = next;
        }
        memory->word_start = start;
        memory->word_end = pos;
    }
    if (memory->word_end <= second || memory->word_end >= text.len ||
        text.ptr[memory->word_end] != ':') {
        return 0;
    }
    if (memory->colon != memory->word_end) {
        memory->colon = memory->word_end;
        memory->colon_tail = after_colon(text, memory->colon + 1);
    }
    return memory->colon_tail;
}

/* www\d{0,3}[.] at start. */
static size_t www(struct dj_str text, size_t start)
{
    size_t pos = start;

    while (pos < text.len && pos < start + 3 && (text.ptr[pos] | 0x20) == 'w') {
        pos++;
    }
    if (pos < start + 3) {
        return 0;
    }
    for (int digits = 0; digits < 3 && pos < text.len; digits++) {
        size_t next;
        const uint32_t c = char_at(text, pos, &next);

        if (c < 0x80 ? (dj_scan_bits[c] & DJ_SCAN_DIGIT) == 0
                     : (dj_char_class(c) & DJ_CHAR_REGEX_DIGIT) == 0) {
            break;
        }
        pos = next;
    }
    return pos < text.len && text.ptr[pos] == '.' ? tail_end(text, pos + 1) : 0;
}

/*
 * The dot of a host's ending, [.][a-z]{2,4}, that stands right before the slash;
 * SIZE_MAX when there is no such ending.
 */
static size_t ending_dot(struct dj_str text, size_t slash)
{
    size_t pos = slash;

    for (int letters = 0; pos > 0; letters++) {
        size_t start;
        const uint32_t c = dj_scan_before(text, pos, &start);

        if (c == '.') {
            return letters >= 2 ? start : SIZE_MAX;
        }
        if (letters == 4 || !is_letter(c)) {
            return SIZE_MAX;
        }
        pos = start;
    }
    return SIZE_MAX;
}

/* [a-z0-9.\-]+[.][a-z]{2,4}\/ at start. */
static size_t host(struct dj_str text, struct memory *memory, size_t start)
{
    size_t dot;

    if (start < memory->host_start || start >= memory->host_end) {
        size_t pos = start;

        while (pos < text.len) {
            size_t next;
            const uint32_t c = char_at(text, pos, &next);

            if (c != '.' && c != '-' && !is_letter_or_digit(c)) {
                break;
            }
            pos = next;
        }
        memory->host_start = start;
        memory->host_end = pos;
    }
    if (memory->host_end >= text.len || text.ptr[memory->host_end] != '/') {
        return 0;
    }
    dot = ending_dot(text, memory->host_end);
    if (dot == SIZE_MAX || dot <= start) {
        return 0;
    }
    if (memory->slash != memory->host_end) {
        memory->slash = memory->host_end;
        memory->slash_tail = tail_end(text, memory->slash + 1);
    }
    return memory->slash_tail;
}

/* End of the link that starts at pos, or 0; *next is the place of the next character. */
static size_t link_at(struct dj_str text, struct memory *memory, size_t pos, size_t *next)
{
    const uint32_t c = char_at(text, pos, next);
    const bool letter = is_letter(c);
    size_t before;
    size_t end = 0;

    if (!letter && c != '.' && c != '-' && !(c >= '0' && c <= '9')) {
        return 0;
    }
    if ((pos > 0 && is_word(dj_scan_before(text, pos, &before))) == is_word(c)) {
        return 0; /* no word boundary */
    }
    if (letter) {
        end = scheme(text, memory, pos, *next);
        if (end == 0 && (c | 0x20) == 'w') {
            end = www(text, pos);
        }
    }
    return end != 0 ? end : host(text, memory, pos);
}

/* --- candidates
 * ------------------------------------------------------------------------------ */

/* Could the byte end a head? The vectors have looked at its neighbours already. */
static bool ends_head(struct dj_str text, size_t pos)
{
    size_t start = pos;

    if (text.ptr[pos] == ':') {
        return true;
    }
    if (text.ptr[pos] == '/') {
        return ending_dot(text, pos) != SIZE_MAX;
    }
    for (int digits = 0; start > 0; digits++) {
        size_t before;
        const uint32_t c = dj_scan_before(text, start, &before);

        if (digits < 3 && (c < 0x80 ? (dj_scan_bits[c] & DJ_SCAN_DIGIT) != 0
                                    : (dj_char_class(c) & DJ_CHAR_REGEX_DIGIT) != 0)) {
            start = before;
            continue;
        }
        return start >= 3 && (text.ptr[start - 1] | 0x20) == 'w' &&
               (text.ptr[start - 2] | 0x20) == 'w' && (text.ptr[start - 3] | 0x20) == 'w';
    }
    return false;
}

/* The first place from which a head could reach pos. */
static size_t head_start(struct dj_str text, size_t from, size_t pos)
{
    while (pos > from &&
           ((unsigned char)text.ptr[pos - 1] >= 0x80 ||
            dj_scan_is(text.ptr[pos - 1], DJ_SCAN_WORD | DJ_SCAN_HOST) != 0)) {
        pos--;
    }
    return pos;
}

bool dj_scan_link(struct dj_str text, size_t from, size_t bounds[DJ_SCAN_BOUNDS])
{
    struct memory memory = { .colon = SIZE_MAX, .slash = SIZE_MAX };
    size_t candidate = from + 1; /* a head has a character before its last one */
    size_t searched = from;      /* no link starts before */

    while (candidate < text.len) {
        size_t start, next;

        candidate = dj_scan_find(DJ_SCAN_LINK, text, candidate);
        if (candidate >= text.len) {
            return false;
        }
        if (!ends_head(text, candidate)) {
            candidate++;
            continue;
        }
        for (start = head_start(text, searched, candidate); start < candidate;
             start = next) {
            const size_t end = link_at(text, &memory, start, &next);

            if (end != 0) {
                bounds[0] = start;
                bounds[1] = end;
                bounds[2] = start;
                bounds[3] = end;
                return true;
            }
        }
        searched = candidate;
        candidate++;
    }
    return false;
}
