/*
 * libFuzzer target: a pattern in Python's dialect, searched for in a short text, and a
 * template. The first byte has the flavor and the flags; parts: pattern, text, template.
 * The text is short because a pattern may take ten million steps from each place of it.
 */
#include "fuzz/fuzz.h"

#include "dj/regex.h"

enum { TEXT_MAX = 32 };

static bool is_border(struct dj_str text, size_t at)
{
    return at == text.len || ((unsigned char)text.ptr[at] & 0xc0) != 0x80;
}

static void check_groups(const struct dj_regex *regex, struct dj_str text)
{
    for (size_t i = 0; i <= dj_regex_groups(regex) + 1; i++) {
        size_t start, end;

        if (dj_regex_group(regex, i, &start, &end)) {
            must(i <= dj_regex_groups(regex), "a group that matched exists");
            must(start <= text.len && end <= text.len, "groups lie in the text");
            must(is_border(text, start) && is_border(text, end), "no character is cut");
        }
    }
}

/* From match to match; true when none of them failed. */
static bool walk(struct dj_regex *regex, struct dj_str text, size_t *matches,
                 struct dj_error *err)
{
    size_t start, end, last = 0;
    bool found = true;

    dj_regex_begin(regex, text);
    for (*matches = 0;; ++*matches) {
        if (dj_regex_next(regex, &found, &start, &end, err) != DJ_OK) {
            must(err->status == DJ_OP, "a failed search is the text's fault");
            return false;
        }
        if (!found) {
            return true;
        }
        must(start >= last && end >= start, "matches go forward");
        must(*matches <= 2 * text.len + 1, "a walk ends");
        check_groups(regex, text);
        last = end;
    }
}

static void replace(struct dj_regex *regex, struct dj_str text, struct dj_str tmpl,
                    size_t matches, struct dj_error *err)
{
    char *bytes = dj_xstrndup(tmpl.ptr, tmpl.len);
    struct dj_template *parsed;
    struct dj_buf out;
    bool changed;
    size_t bad;

    dj_buf_init(&out);
    if (dj_template_new(bytes, regex, &parsed, err) == DJ_OK) {
        must(dj_regex_sub(regex, parsed, text, &out, &changed, err) == DJ_OK,
             "what can be found can be replaced");
        must(changed == (matches > 0), "a match is a change");
        must(dj_utf8_valid(dj_buf_str(&out), &bad), "what is put in is UTF-8");
        dj_template_free(parsed);
    } else {
        must(err->status == DJ_CONFIG, "a bad template is the recipe's fault");
    }
    dj_buf_release(&out);
    dj_xfree(bytes);
}

/*
 * A search for a match that starts at the beginning finds one there or nothing; \K moves
 * the start that a match tells.
 */
static void search(struct dj_regex *regex, bool moves, struct dj_str text, size_t matches,
                   struct dj_error *err)
{
    size_t start = 0, end = 0;
    bool found;

    must(dj_regex_search(regex, text, 0, text.len, &found, &start, &end, err) == DJ_OK,
         "what was found once is found again");
    must(found == (matches > 0), "a search is the first step of a walk");
    if (text.len > 0 &&
        dj_regex_search(regex, text, 0, 0, &found, &start, &end, err) == DJ_OK && found) {
        must((start == 0 || moves) && matches > 0, "a limited search keeps to its limit");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned first = size == 0 ? 0 : data[0];
    struct dj_str rest = { (const char *)data + (size > 0), size - (size > 0) };
    const struct dj_str pattern = next_part(&rest);
    const struct dj_str part = next_part(&rest);
    char *bytes = dj_xstrndup(pattern.ptr, pattern.len);
    struct dj_regex *regex;
    struct dj_buf text;
    struct dj_error err;
    size_t matches;

    dj_buf_init(&text);
    append_utf8(&text,
                (struct dj_str){ part.ptr, part.len < TEXT_MAX ? part.len : TEXT_MAX });
    if (dj_regex_new(bytes, (first & 8) != 0 ? DJ_REGEX_RE : DJ_REGEX_REGEX, first & 7,
                     &regex, &err) != DJ_OK) {
        must(err.status == DJ_CONFIG && regex == NULL, "a pattern is taken or refused");
    } else if (walk(regex, dj_buf_str(&text), &matches, &err)) {
        search(regex, strstr(bytes, "\\K") != NULL, dj_buf_str(&text), matches, &err);
        replace(regex, dj_buf_str(&text), next_part(&rest), matches, &err);
    }
    dj_regex_free(regex);
    dj_buf_release(&text);
    dj_xfree(bytes);
    return 0;
}
