/*
 * What makes two configurations one job: frozen settings and the recipe with all
 * effective parameters. Stored as JSON with one entry a line, so that two of them
 * are compared line by line and every number keeps its digits.
 */
#include "config/config_private.h"

#include "dj/custom.h"
#include "dj/hash.h"
#include "dj/json.h"

static enum dj_status write_params(const struct dj_recipe_op *op, size_t index,
                                   const struct dj_param *table, const void *conf,
                                   struct dj_buf *out)
{
    for (const struct dj_param *p = table; p != NULL && p->name != NULL; p++) {
        if (dj_recipe_counts(p)) {
            DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu] %s.%s\": ", index, op->op->name,
                                 p->name));
            DJ_TRY(dj_param_to_json(p, conf, out));
        }
    }
    return DJ_OK;
}

/* The bytes of the library that the operator is from. */
static enum dj_status write_library(const struct dj_recipe_op *op, size_t index,
                                    struct dj_buf *out)
{
    const uint64_t library = dj_custom_digest(op->op);
    char text[DJ_HASH64_TEXT];

    if (library == 0) {
        return DJ_OK;
    }
    dj_hash64_text(library, text);
    return dj_buf_printf(out, ",\n\"process[%zu] %s library\": \"%s\"", index,
                         op->op->name, text);
}

/* What the operator read from files when it was opened. */
static enum dj_status write_data(const struct dj_recipe_op *op, size_t index,
                                 uint64_t data, struct dj_buf *out)
{
    char text[DJ_HASH64_TEXT];

    if (op->op->data == NULL) {
        return DJ_OK;
    }
    dj_hash64_text(data, text);
    return dj_buf_printf(out, ",\n\"process[%zu] %s data from files\": \"%s\"", index,
                         op->op->name, text);
}

enum dj_status dj_config_identity(const struct dj_config_doc *doc, const uint64_t *data,
                                  struct dj_buf *out)
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

        DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu]\": \"%s\"", i, op->op->name));
        DJ_TRY(dj_buf_printf(out, ",\n\"process[%zu] %s version\": %d", i, op->op->name,
                             op->op->version));
        DJ_TRY(write_library(op, i, out));
        DJ_TRY(write_params(op, i, op->op->params, op->conf, out));
        DJ_TRY(write_params(op, i, dj_op_common_params(), &op->common, out));
        DJ_TRY(write_data(op, i, data == NULL ? 0 : data[i], out));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR(",\n")));
    return dj_seal(out);
}

/* --- comparing ---------------------------------------------------------------------- */

/* One entry: key without quotes, value as it stands. */
struct line {
    struct dj_str key, value;
};

/* An operator of the list with its entries; name has its quotes. */
struct part {
    struct dj_str name;
    struct dj_str lines;
};

/* An identity taken apart. */
struct identity {
    struct dj_str settings;
    size_t count;
    struct part *parts;
};

/* Steps through the entries of a text; the seal is none. */
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
        colon = text.len == 0 ? NULL : memmem(text.ptr, text.len, "\": ", 3);
        if (text.len > 2 && text.ptr[0] == '"' && colon != NULL) {
            line->key = (struct dj_str){ text.ptr + 1, (size_t)(colon - text.ptr) - 1 };
            line->value =
                (struct dj_str){ colon + 3, (size_t)(text.ptr + text.len - colon) - 3 };
            if (dj_str_is(line->key, "digest")) {
                continue;
            }
            return true;
        }
    }
    return false;
}

static bool begins_with(struct dj_str text, const char *start)
{
    return text.len >= strlen(start) && memcmp(text.ptr, start, strlen(start)) == 0;
}

static struct identity take_apart(struct dj_str text)
{
    struct identity identity = { .settings = text };
    struct dj_str rest = text;
    struct dj_str before = text; /* what the next line begins */
    struct line line;

    while (next_line(&rest, &line)) {
        if (begins_with(line.key, "process[") && line.key.ptr[line.key.len - 1] == ']') {
            if (identity.count == 0) {
                identity.settings.len = (size_t)(before.ptr - text.ptr);
            } else {
                struct part *last = &identity.parts[identity.count - 1];

                last->lines.len = (size_t)(before.ptr - last->lines.ptr);
            }
            identity.parts = dj_xrealloc(identity.parts,
                                         (identity.count + 1) * sizeof(*identity.parts));
            identity.parts[identity.count++] = (struct part){ line.value, rest };
        }
        before = rest;
    }
    return identity;
}

/* Within an operator, keys are compared without the place in the list. */
static struct dj_str local_key(struct dj_str key)
{
    const char *end = begins_with(key, "process[") ? memchr(key.ptr, ']', key.len) : NULL;

    if (end != NULL) {
        key.len -= (size_t)(end - key.ptr);
        key.ptr = end;
    }
    return key;
}

static bool find_line(struct dj_str lines, struct dj_str key, struct dj_str *value)
{
    struct line line;

    while (next_line(&lines, &line)) {
        if (dj_str_equal(local_key(line.key), local_key(key))) {
            *value = line.value;
            return true;
        }
    }
    return false;
}

static enum dj_status compare_lines(struct dj_str stored, struct dj_str current,
                                    struct dj_buf *out)
{
    struct dj_str rest = current;
    struct dj_str value;
    struct line line;

    while (next_line(&rest, &line)) {
        if (!find_line(stored, line.key, &value)) {
            DJ_TRY(dj_buf_printf(out, "  %.*s: %.*s is new\n", (int)line.key.len,
                                 line.key.ptr, (int)line.value.len, line.value.ptr));
        } else if (!dj_str_equal(line.value, value)) {
            DJ_TRY(dj_buf_printf(out, "  %.*s: %.*s was %.*s\n", (int)line.key.len,
                                 line.key.ptr, (int)line.value.len, line.value.ptr,
                                 (int)value.len, value.ptr));
        }
    }
    while (next_line(&stored, &line)) {
        if (!find_line(current, line.key, &value)) {
            DJ_TRY(dj_buf_printf(out, "  %.*s: %.*s is gone\n", (int)line.key.len,
                                 line.key.ptr, (int)line.value.len, line.value.ptr));
        }
    }
    return DJ_OK;
}

static enum dj_status say_op(struct dj_buf *out, size_t index, struct dj_str name,
                             const char *what)
{
    return dj_buf_printf(out, "  process[%zu]: %.*s %s\n", index,
                         (int)name.len - 2 /* quotes */, name.ptr + 1, what);
}

/*
 * Operators before the first and behind the last one that differs in name are
 * compared one by one; of the others it is said which are new and which are gone.
 */
static enum dj_status compare_parts(const struct identity *stored,
                                    const struct identity *current, struct dj_buf *out)
{
    const size_t shorter =
        stored->count < current->count ? stored->count : current->count;
    size_t head = 0;
    size_t tail = 0;

    while (head < shorter &&
           dj_str_equal(stored->parts[head].name, current->parts[head].name)) {
        DJ_TRY(compare_lines(stored->parts[head].lines, current->parts[head].lines, out));
        head++;
    }
    while (tail < shorter - head &&
           dj_str_equal(stored->parts[stored->count - 1 - tail].name,
                        current->parts[current->count - 1 - tail].name)) {
        tail++;
    }
    for (size_t i = head; i < stored->count - tail; i++) {
        DJ_TRY(say_op(out, i, stored->parts[i].name, "is gone"));
    }
    for (size_t i = head; i < current->count - tail; i++) {
        DJ_TRY(say_op(out, i, current->parts[i].name, "is new"));
    }
    for (; tail > 0; tail--) {
        DJ_TRY(compare_lines(stored->parts[stored->count - tail].lines,
                             current->parts[current->count - tail].lines, out));
    }
    return DJ_OK;
}

enum dj_status dj_config_compare(struct dj_str stored, struct dj_str current,
                                 struct dj_buf *out, bool *same)
{
    const size_t before = out->len;
    struct identity old;
    struct identity now;
    enum dj_status status;

    *same = true;
    if (dj_str_equal(stored, current)) {
        return DJ_OK;
    }
    old = take_apart(stored);
    now = take_apart(current);
    status = compare_lines(old.settings, now.settings, out);
    if (status == DJ_OK) {
        status = compare_parts(&old, &now, out);
    }
    *same = out->len == before;
    dj_xfree(old.parts);
    dj_xfree(now.parts);
    return status;
}

bool dj_config_same_settings(struct dj_str stored, struct dj_str current)
{
    const struct identity old = take_apart(stored);
    const struct identity now = take_apart(current);
    enum dj_status status;
    struct dj_buf out;
    bool same;

    dj_buf_init(&out);
    status = compare_lines(old.settings, now.settings, &out);
    same = status == DJ_OK && out.len == 0;
    dj_buf_release(&out);
    dj_xfree(old.parts);
    dj_xfree(now.parts);
    return same;
}
