/*
 * What makes two configurations one job: frozen settings and the recipe with all
 * effective parameters. Stored as JSON with one entry a line, so that two of them
 * are compared line by line and every number keeps its digits.
 */
#include "config/config_private.h"

#include "dj/json.h"

enum dj_status dj_config_identity(const struct dj_config_doc *doc, struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    const struct dj_recipe *recipe = &doc->config.recipe;

    DJ_TRY(dj_buf_append(out, DJ_STR("{\n\"format\": 1")));
    for (size_t i = 0; params[i].name != NULL; i++) {
        if ((params[i].flags & DJ_PARAM_FROZEN) != 0) {
            DJ_TRY(dj_buf_printf(out, ",\n\"%s\": ", params[i].name));
            DJ_TRY(dj_param_to_json(&params[i], &doc->config, out));
        }
    }
    for (size_t i = 0; i < recipe->count; i++) {
        const struct dj_recipe_op *op = &recipe->ops[i];
        const struct dj_param *tables[] = { op->op->params, dj_op_common_params() };
        const void *confs[] = { op->conf, &op->common };

        DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu]\": \"%s\"", i, op->op->name));
        DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu] %s version\": %d", i, op->op->name,
                             op->op->version));
        for (size_t t = 0; t < 2; t++) {
            for (const struct dj_param *p = tables[t]; p != NULL && p->name != NULL;
                 p++) {
                if ((p->flags & DJ_PARAM_NO_EFFECT) != 0) {
                    continue;
                }
                DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu] %s.%s\": ", i, op->op->name,
                                     p->name));
                DJ_TRY(dj_param_to_json(p, confs[t], out));
            }
        }
    }
    return dj_buf_append(out, DJ_STR("\n}\n"));
}

/* One entry: key without quotes, value as it stands. */
struct line {
    struct dj_str key, value;
};

/* Steps through the entries of an identity. */
static bool next_line(struct dj_str *rest, struct line *line)
{
    while (rest->len > 0) {
        const char *end = memchr(rest->ptr, '\n', rest->len);
        struct dj_str text = { rest->ptr,
                               end == NULL ? rest->len : (size_t)(end - rest->ptr) };
        const char *colon;

        rest->ptr += text.len + (end != NULL);
        rest->len -= text.len + (end != NULL);
        if (text.len > 0 && text.ptr[text.len - 1] == ',') {
            text.len--;
        }
        colon = memmem(text.ptr, text.len, "\": ", 3);
        if (text.len > 2 && text.ptr[0] == '"' && colon != NULL) {
            line->key = (struct dj_str){ text.ptr + 1, (size_t)(colon - text.ptr) - 1 };
            line->value =
                (struct dj_str){ colon + 3, (size_t)(text.ptr + text.len - colon) - 3 };
            return true;
        }
    }
    return false;
}

static bool find_line(struct dj_str identity, struct dj_str key, struct dj_str *value)
{
    struct line line;

    while (next_line(&identity, &line)) {
        if (dj_str_equal(line.key, key)) {
            *value = line.value;
            return true;
        }
    }
    return false;
}

/* Entries of a that b lacks (with missing) or has with another value. */
static enum dj_status compare(struct dj_str stored, struct dj_str current,
                              struct dj_buf *out, bool *same)
{
    struct dj_str rest = stored;
    struct dj_str value;
    struct line line;

    while (next_line(&rest, &line)) {
        const bool there = find_line(current, line.key, &value);

        if (there && dj_str_equal(value, line.value)) {
            continue;
        }
        *same = false;
        DJ_TRY(dj_buf_printf(out, "  %.*s: ", (int)line.key.len, line.key.ptr));
        if (there) {
            DJ_TRY(dj_buf_printf(out, "%.*s now, ", (int)value.len, value.ptr));
        } else {
            DJ_TRY(dj_buf_append(out, DJ_STR("gone now, ")));
        }
        DJ_TRY(dj_buf_printf(out, "%.*s before\n", (int)line.value.len, line.value.ptr));
    }
    rest = current;
    while (next_line(&rest, &line)) {
        if (!find_line(stored, line.key, &value)) {
            *same = false;
            DJ_TRY(dj_buf_printf(out, "  %.*s: %.*s now, not there before\n",
                                 (int)line.key.len, line.key.ptr, (int)line.value.len,
                                 line.value.ptr));
        }
    }
    return DJ_OK;
}

enum dj_status dj_config_compare(struct dj_str stored, struct dj_str current,
                                 struct dj_buf *out, bool *same)
{
    *same = true;
    return compare(stored, current, out, same);
}
