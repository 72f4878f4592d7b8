/*
 * Says what is wrong with a YAML document in words that name the remedy. libyaml's
 * own sentences speak of tokens and contexts, which those who write recipes do not.
 */
#include "base/yaml_private.h"

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

void dj_yaml_place(struct dj_str bytes, size_t offset, int *line, int *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset && i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (begins_character(bytes.ptr[i])) {
            ++*column;
        }
    }
}

char dj_yaml_character(struct dj_str bytes, size_t index)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (begins_character(bytes.ptr[i]) && index-- == 0) {
            return bytes.ptr[i];
        }
    }
    return '\0';
}

enum where {
    AT_PROBLEM, /* where reading stopped */
    AT_START,   /* where the thing that is not complete began */
    AT_BOTH     /* where reading stopped, with the place of the beginning */
};

static const struct {
    const char *problem;
    const char *context; /* NULL: any */
    enum where where;
    const char *words;
} explanations[] = {
    { "found unexpected end of stream", "while scanning a quoted scalar", AT_START,
      "the quote that opens here is never closed" },
    { "found unexpected document indicator", "while scanning a quoted scalar", AT_START,
      "the quote that opens here is not closed before the end of the document" },
    { "found unknown escape character", NULL, AT_PROBLEM,
      "a backslash in double quotes begins an escape, and this is none: use single "
      "quotes around text with backslashes" },
    { "could not find expected ':'", NULL, AT_START,
      "there is no \": \" after this key: a colon and a blank stand between a key and "
      "its value" },
    { "mapping values are not allowed in this context", NULL, AT_PROBLEM,
      "a \":\" is not possible here: put a value that contains \": \" in quotes, and "
      "see that this line begins in the same column as its neighbours" },
    { "block sequence entries are not allowed in this context", NULL, AT_PROBLEM,
      "a list entry (\"- \") is not possible here: begin the list on a line of its own" },
    { "did not find expected key", "while parsing a block mapping", AT_BOTH,
      "the indentation does not fit: the keys of one block begin in the same column" },
    { "did not find expected '-' indicator", "while parsing a block collection", AT_BOTH,
      "the indentation does not fit: each entry of a list begins with \"- \" in the "
      "same column" },
    { "did not find expected ',' or ']'", NULL, AT_START,
      "the list that begins with [ here is not closed with ], or lacks a comma" },
    { "did not find expected ',' or '}'", NULL, AT_START,
      "what begins with { here is not closed with }, or lacks a comma" },
    { "did not find expected node content", NULL, AT_PROBLEM,
      "a value is missing here, or a list or mapping is not closed with ] or }" },
    { "found unexpected ':'", NULL, AT_PROBLEM,
      "a blank is needed after this colon, or quotes around the text that contains it" },
    { "found undefined tag handle", NULL, AT_PROBLEM,
      "a value that begins with ! is a tag, which recipes do not use: put it in quotes" },
    { "did not find expected alphabetic or numeric character", NULL, AT_PROBLEM,
      "a value that begins with * or & names an anchor: put it in quotes" },
    { "control characters are not allowed", NULL, AT_PROBLEM,
      "a control character (such as a NUL byte) is not possible in YAML: is this file a "
      "recipe? Remove the character" },
    { "did not find expected <document start>", NULL, AT_PROBLEM,
      "something stands after the end of the document: a recipe is one document" },
};

enum { COUNT = sizeof(explanations) / sizeof(explanations[0]) };

static enum dj_status say(const struct dj_yaml_problem *problem, enum where where,
                          const char *words, const char *origin, struct dj_error *err)
{
    if (where == AT_START && problem->context_line > 0) {
        return dj_fail(err, DJ_CONFIG, "%s:%d:%d: %s", origin, problem->context_line,
                       problem->context_column, words);
    }
    if (where == AT_BOTH && problem->context_line > 0) {
        return dj_fail(err, DJ_CONFIG,
                       "%s:%d:%d: %s (this one began at line %d, column %d)", origin,
                       problem->line, problem->column, words, problem->context_line,
                       problem->context_column);
    }
    return dj_fail(err, DJ_CONFIG, "%s:%d:%d: %s", origin, problem->line, problem->column,
                   words);
}

static enum dj_status say_character(const struct dj_yaml_problem *problem,
                                    const char *origin, struct dj_error *err)
{
    if (problem->found == '\t') {
        return say(problem, AT_PROBLEM,
                   "a tab cannot indent a line in YAML: use blanks instead", origin, err);
    }
    return dj_fail(err, DJ_CONFIG,
                   "%s:%d:%d: a value cannot begin with %c: put it in "
                   "quotes",
                   origin, problem->line, problem->column, problem->found);
}

enum dj_status dj_yaml_explain(const struct dj_yaml_problem *problem, const char *origin,
                               struct dj_error *err)
{
    const char *text = problem->text == NULL ? "not YAML" : problem->text;

    if (strcmp(text, "found character that cannot start any token") == 0) {
        return say_character(problem, origin, err);
    }
    if (strstr(text, "tab character") != NULL) {
        return say(problem, AT_PROBLEM,
                   "a tab cannot indent a line in YAML: use blanks instead", origin, err);
    }
    if (strstr(text, "UTF-8") != NULL || strstr(text, "Unicode character") != NULL) {
        return say(problem, AT_PROBLEM,
                   "a byte that is not UTF-8: save the file in the encoding UTF-8",
                   origin, err);
    }
    for (size_t i = 0; i < COUNT; i++) {
        const char *context = explanations[i].context;

        if (strcmp(explanations[i].problem, text) == 0 &&
            (context == NULL ||
             (problem->context != NULL && strcmp(problem->context, context) == 0))) {
            return say(problem, explanations[i].where, explanations[i].words, origin,
                       err);
        }
    }
    return dj_fail(err, DJ_CONFIG, "%s:%d:%d: %s%s%s", origin, problem->line,
                   problem->column, problem->context == NULL ? "" : problem->context,
                   problem->context == NULL ? "" : ": ", text);
}
