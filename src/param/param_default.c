/* Defaults of declared fields, and the check of what is not possible yet. */
#include "param/param_private.h"

/* The next word of a text divided by blanks; its length is 0 at the end or without. */
static struct dj_str next_word(const char **rest)
{
    struct dj_str word;

    if (*rest == NULL) {
        return (struct dj_str){ NULL, 0 };
    }
    *rest += strspn(*rest, " ");
    word = (struct dj_str){ *rest, strcspn(*rest, " ") };
    *rest += word.len;
    return word;
}

bool dj_param_words_have(const char *words, const char *name)
{
    struct dj_str word = next_word(&words);

    while (word.len > 0 && !dj_str_is(word, name)) {
        word = next_word(&words);
    }
    return word.len > 0;
}

static bool preset_words(const char *words, struct dj_arena *arena, struct dj_strs *value)
{
    const char *rest = words;
    size_t count = 0;

    *value = (struct dj_strs){ .present = words != NULL };
    if (words == NULL) {
        return true;
    }
    while (next_word(&rest).len > 0) {
        count++;
    }
    value->items = dj_arena_alloc(arena, dj_size_mul(count + 1, sizeof(char *)));
    if (value->items == NULL) {
        return false;
    }
    for (rest = words; value->count < count; value->count++) {
        const struct dj_str word = next_word(&rest);
        char *copy = dj_arena_alloc(arena, word.len + 1);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, word.ptr, word.len);
        copy[word.len] = '\0';
        value->items[value->count] = copy;
    }
    return true;
}

static bool set_preset(const struct dj_param *param, void *field, struct dj_arena *arena)
{
    switch (param->type) {
    case DJ_PARAM_BOOL:
        *(bool *)field = param->preset.i != 0;
        return true;
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        *(int64_t *)field = param->preset.i;
        return true;
    case DJ_PARAM_FLOAT:
        *(double *)field = param->preset.d;
        return true;
    case DJ_PARAM_NUMBER:
        *(struct dj_number *)field = param->preset.n;
        return true;
    case DJ_PARAM_TEXT:
        *(const char **)field = param->preset.s;
        return true;
    case DJ_PARAM_ENUM:
        *(int *)field = (int)param->preset.i;
        return true;
    case DJ_PARAM_TEXTS:
        return preset_words(param->preset.s, arena, field);
    case DJ_PARAM_ANY:
        *(const struct dj_yaml_node **)field = NULL;
        return true;
    case DJ_PARAM_END_TYPE:
    default:
        return true;
    }
}

enum dj_status dj_param_defaults(const struct dj_param *params, void *conf,
                                 struct dj_arena *arena, struct dj_error *err)
{
    for (const struct dj_param *param = params; param != NULL && param->name != NULL;
         param++) {
        if ((param->flags & DJ_PARAM_NO_EFFECT) == 0 &&
            !set_preset(param, (char *)conf + param->offset, arena)) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory", param->name);
        }
    }
    return DJ_OK;
}

enum dj_status dj_param_preset_json(const struct dj_param *param, struct dj_buf *out)
{
    struct dj_param at_zero = *param;
    union dj_param_field field;
    struct dj_arena *arena;
    enum dj_status status;

    if (param->type == DJ_PARAM_ANY && param->preset.s != NULL) {
        return dj_buf_append(out, dj_str_from(param->preset.s));
    }
    memset(&field, 0, sizeof(field));
    at_zero.offset = 0;
    arena = dj_arena_new(1024);
    status = set_preset(&at_zero, &field, arena) ? dj_param_to_json(&at_zero, &field, out)
                                                 : DJ_NOMEM;
    dj_arena_free(arena);
    return status;
}

/* The value that a field not possible yet may have, other than its default. */
static bool is_today(const struct dj_param *param, struct dj_str json)
{
    const char *rest = param->today;
    struct dj_str word = next_word(&rest);

    while (word.len > 0 && !dj_str_equal(word, json)) {
        word = next_word(&rest);
    }
    return word.len > 0;
}

static enum dj_status check_yet(const struct dj_param *param, const void *conf,
                                const char *place, const char *label,
                                struct dj_buf *value, struct dj_buf *preset,
                                struct dj_error *err)
{
    const char *rest = param->today;
    struct dj_str right;

    DJ_TRY(dj_param_to_json(param, conf, value));
    DJ_TRY(dj_param_preset_json(param, preset));
    right = rest == NULL ? dj_buf_str(preset) : next_word(&rest);
    if (param->today == NULL ? dj_str_equal(dj_buf_str(value), right)
                             : is_today(param, dj_buf_str(value))) {
        return DJ_OK;
    }
    if (dj_str_is(right, "null")) {
        right.len = 0;
    }
    return dj_fail(err, DJ_CONFIG,
                   "%s%s: %.*s is not possible yet, because dj-mpi lacks %s: leave it "
                   "out%s%.*s",
                   place, label, value->len > 60 ? 60 : (int)value->len, value->ptr,
                   param->why, right.len == 0 ? "" : ", or write ", (int)right.len,
                   right.ptr);
}

enum dj_status dj_param_check_yet(const struct dj_param *param, const void *conf,
                                  const char *place, const char *label,
                                  struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf value, preset;

    if ((param->flags & DJ_PARAM_NOT_YET) == 0) {
        return DJ_OK;
    }
    dj_buf_init(&value);
    dj_buf_init(&preset);
    status = check_yet(param, conf, place, label, &value, &preset, err);
    if (status == DJ_NOMEM) {
        dj_fail(err, status, "%s%s: out of memory", place, label);
    }
    dj_buf_release(&preset);
    dj_buf_release(&value);
    return status;
}
