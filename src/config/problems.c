/* Collects what is wrong with a configuration, and what is worth a remark. */
#include "config/config_private.h"

#include <stdio.h>
#include <stdlib.h>

static void add(struct dj_problems *problems, const struct dj_yaml_node *node, char *text)
{
    problems->items = dj_xrealloc(
        problems->items, dj_size_mul(problems->count + 1, sizeof(*problems->items)));
    problems->items[problems->count++] = (struct dj_problem){
        .line = node == NULL ? 0 : node->line,
        .column = node == NULL ? 0 : node->column,
        .text = text,
    };
}

static char *format(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list args)
{
    struct dj_error err;

    (void)dj_vfail(&err, DJ_CONFIG, fmt, args);
    return dj_xstrdup(err.text);
}

void dj_problem(struct dj_problems *problems, const struct dj_yaml_node *node,
                const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add(problems, node, format(fmt, args));
    va_end(args);
}

void dj_problem_error(struct dj_problems *problems, const struct dj_yaml_node *node,
                      const struct dj_error *err)
{
    if (err->status == DJ_NOMEM) {
        problems->status = DJ_NOMEM;
    }
    add(problems, node, dj_xstrdup(err->text));
}

/* What has no place in the file comes last, in the order in which it was found. */
static bool comes_before(const struct dj_problem *a, const struct dj_problem *b)
{
    if (a->line == 0 || b->line == 0) {
        return a->line != 0 && b->line == 0;
    }
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static void sort(struct dj_problem *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct dj_problem moved = items[i];
        size_t place = i;

        for (; place > 0 && comes_before(&moved, &items[place - 1]); place--) {
            items[place] = items[place - 1];
        }
        items[place] = moved;
    }
}

enum dj_status dj_problems_fail(const struct dj_problems *problems, struct dj_error *err)
{
    enum { ROOM_FOR_MORE = 32 };
    const enum dj_status status = problems->status == DJ_NOMEM ? DJ_NOMEM : DJ_CONFIG;
    size_t len;

    sort(problems->items, problems->count);
    if (problems->count == 1) {
        return dj_fail(err, status, "%s", problems->items[0].text);
    }
    dj_fail(err, status, "%zu problems:", problems->count);
    len = strlen(err->text);
    for (size_t i = 0; i < problems->count; i++) {
        const char *text = problems->items[i].text;

        if (len + strlen(text) + ROOM_FOR_MORE > sizeof(err->text)) {
            (void)snprintf(err->text + len, sizeof(err->text) - len, "\n  and %zu more",
                           problems->count - i);
            break;
        }
        len += (size_t)snprintf(err->text + len, sizeof(err->text) - len, "\n  %s", text);
    }
    return status;
}

void dj_problems_release(struct dj_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        dj_xfree(problems->items[i].text);
    }
    dj_xfree(problems->items);
}

/* --- places ------------------------------------------------------------------------ */

void dj_place(const char *origin, const struct dj_yaml_node *node,
              char text[DJ_CONFIG_PLACE])
{
    if (node != NULL && node->line > 0) {
        (void)snprintf(text, DJ_CONFIG_PLACE, "%.256s:%d:%d: ", origin, node->line,
                       node->column);
    } else {
        (void)snprintf(text, DJ_CONFIG_PLACE, "%.256s: ", origin);
    }
}

const char *dj_config_origin(const struct dj_config_doc *doc)
{
    return doc->config.config_path == NULL ? "command line" : doc->config.config_path;
}

void dj_config_place(const struct dj_config_doc *doc, const char *key,
                     char text[DJ_CONFIG_PLACE])
{
    const struct dj_param *param = dj_param_find(dj_config_params(), key);
    const struct dj_setting_source *source =
        param == NULL ? NULL : &doc->sources[dj_key_index(param)];

    if (source == NULL) { /* process and dataset are no settings of the table */
        dj_place(dj_config_origin(doc), NULL, text);
    } else if (source->command_line) {
        (void)snprintf(text, DJ_CONFIG_PLACE, "command line: ");
    } else {
        dj_place(dj_config_origin(doc), source->key == NULL ? NULL : source->node, text);
    }
}

/* --- remarks ----------------------------------------------------------------------- */

static const char *copy_text(struct dj_config_doc *doc, const char *text)
{
    const char *copy =
        dj_arena_copy(doc->arena, (struct dj_str){ text, strlen(text) + 1 }).ptr;

    return copy == NULL ? "" : copy;
}

void dj_config_note(struct dj_config_doc *doc, const char *key, const char *fmt, ...)
{
    char *text;
    va_list args;
    bool known = false;

    va_start(args, fmt);
    text = format(fmt, args);
    va_end(args);
    for (size_t i = 0; i < doc->nnotes; i++) {
        known = known || strcmp(doc->notes[i].key, key) == 0;
    }
    if (!known) {
        doc->notes = dj_xrealloc(doc->notes, (doc->nnotes + 1) * sizeof(*doc->notes));
        doc->notes[doc->nnotes++] =
            (struct dj_config_note){ copy_text(doc, key), copy_text(doc, text) };
    }
    dj_xfree(text);
}
