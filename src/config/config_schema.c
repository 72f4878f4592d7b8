/* The recipe as JSON Schema: made from the tables of settings, operators and parameters.
 */
#include "config/config_private.h"

#include "dj/json.h"

/* --- names of settings ----------------------------------------------------------------
 */

/* A name that a recipe may have: of a setting, an older one of it, or without effect. */
struct name {
    char text[96];
    const struct dj_param *param;   /* NULL: without effect */
    const struct dj_legacy *legacy; /* then */
};

struct names {
    size_t count;
    struct name *items;
};

static void add(struct names *names, const char *text, size_t len,
                const struct dj_param *param, const struct dj_legacy *legacy)
{
    struct name name = { .param = param, .legacy = legacy };

    memcpy(name.text, text, len < sizeof(name.text) ? len : sizeof(name.text) - 1);
    names->items = dj_xrealloc(names->items, (names->count + 1) * sizeof(*names->items));
    names->items[names->count++] = name;
}

static struct names all_names(void)
{
    const struct dj_param *params = dj_config_params();
    const struct dj_legacy *legacy;
    struct names names = { 0 };

    for (size_t i = 0; params[i].name != NULL; i++) {
        const char *alias = params[i].aliases == NULL ? "" : params[i].aliases;

        add(&names, params[i].name, strlen(params[i].name), &params[i], NULL);
        while (*alias != '\0') {
            const size_t len = strcspn(alias, " ");

            add(&names, alias, len, &params[i], NULL);
            alias += len + strspn(alias + len, " ");
        }
    }
    for (size_t i = 0; (legacy = dj_legacy_at(i)) != NULL; i++) {
        add(&names, legacy->name, strlen(legacy->name), NULL, legacy);
    }
    return names;
}

/* Length of the section before the dot, 0 without one. */
static size_t section_of(const struct name *name)
{
    const char *dot = strchr(name->text, '.');

    return dot == NULL ? 0 : (size_t)(dot - name->text);
}

static bool same_section(const struct name *a, const struct name *b)
{
    return section_of(a) == section_of(b) &&
           memcmp(a->text, b->text, section_of(a) + 1) == 0;
}

/* --- settings ------------------------------------------------------------------------
 */

static void without_effect(struct dj_jsonw *w, const char *why)
{
    char *text = dj_xprintf("no effect here, because %s", why);

    dj_jsonw_kv_text(w, "description", text);
    dj_jsonw_kv_bool(w, "deprecated", true);
    dj_xfree(text);
}

static enum dj_status write_setting(const struct name *name, struct dj_jsonw *w)
{
    const struct dj_param *param = name->param;
    const char *dot = strchr(name->text, '.');
    enum dj_status status = DJ_OK;

    dj_jsonw_key(w, dot == NULL ? name->text : dot + 1);
    dj_jsonw_open(w, '{');
    if (param == NULL) {
        without_effect(w, name->legacy->why);
        if (dj_legacy_is_refused(name->legacy)) {
            dj_jsonw_key(w, "enum");
            dj_jsonw_raw(w, DJ_STR("[false, null]"));
        }
    } else {
        status = dj_param_schema(param, (param->flags & DJ_PARAM_REQUIRED) == 0, w);
        if (strcmp(param->name, name->text) != 0) {
            char *text = dj_xprintf("older name of %s", param->name);

            dj_jsonw_kv_text(w, "$comment", text);
            dj_jsonw_kv_bool(w, "deprecated", true);
            dj_xfree(text);
        }
    }
    dj_jsonw_close(w, '}');
    return status;
}

/* names[first] and all others of its section, as a map. */
static enum dj_status write_section(const struct names *names, size_t first,
                                    struct dj_jsonw *w)
{
    char *section =
        dj_xstrndup(names->items[first].text, section_of(&names->items[first]));
    enum dj_status status = DJ_OK;

    dj_jsonw_key(w, section);
    dj_xfree(section);
    dj_jsonw_open(w, '{');
    dj_jsonw_key(w, "type");
    dj_jsonw_raw(w, DJ_STR("[\"object\", \"null\"]"));
    dj_jsonw_kv_bool(w, "additionalProperties", false);
    dj_jsonw_key(w, "properties");
    dj_jsonw_open(w, '{');
    for (size_t i = first; i < names->count && status == DJ_OK; i++) {
        if (same_section(&names->items[i], &names->items[first])) {
            status = write_setting(&names->items[i], w);
        }
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_close(w, '}');
    return status;
}

static enum dj_status write_settings(const struct names *names, struct dj_jsonw *w)
{
    for (size_t i = 0; i < names->count; i++) {
        bool first = true;

        for (size_t k = 0; k < i; k++) {
            first = first && !same_section(&names->items[k], &names->items[i]);
        }
        if (section_of(&names->items[i]) == 0) {
            DJ_TRY(write_setting(&names->items[i], w));
        } else if (first) {
            DJ_TRY(write_section(names, i, w));
        }
    }
    return DJ_OK;
}

/* "partition.size" in one word: a pattern, so that editors do not propose it. */
static void write_dotted(const struct names *names, struct dj_jsonw *w)
{
    for (size_t i = 0; i < names->count; i++) {
        const size_t len = section_of(&names->items[i]);
        const char *rest = names->items[i].text + len + 1;
        char *pattern;
        char *place;

        if (len == 0) {
            continue;
        }
        pattern = dj_xprintf("^%.*s\\.%s$", (int)len, names->items[i].text, rest);
        place = dj_xprintf("#/properties/%.*s/properties/%s", (int)len,
                           names->items[i].text, rest);
        dj_jsonw_key(w, pattern);
        dj_jsonw_open(w, '{');
        dj_jsonw_kv_text(w, "$ref", place);
        dj_jsonw_close(w, '}');
        dj_xfree(place);
        dj_xfree(pattern);
    }
}

/* --- operators -----------------------------------------------------------------------
 */

static void write_ref(struct dj_jsonw *w, const char *folder, const char *name)
{
    char *place = dj_xprintf("#/$defs/%s/%s", folder, name);

    dj_jsonw_key(w, name);
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "$ref", place);
    dj_jsonw_close(w, '}');
    dj_xfree(place);
}

static enum dj_status write_param(const struct dj_param *param, const char *name,
                                  struct dj_jsonw *w)
{
    enum dj_status status = DJ_OK;

    dj_jsonw_key(w, name);
    dj_jsonw_open(w, '{');
    if ((param->flags & DJ_PARAM_NO_EFFECT) != 0) {
        without_effect(w, param->why);
    } else {
        status = dj_param_schema(param, false, w);
    }
    dj_jsonw_close(w, '}');
    return status;
}

/* Parameters of all operators that have no effect, one pattern for one operator. */
static enum dj_status write_ineffective(const struct dj_op *op, struct dj_jsonw *w)
{
    const struct dj_param *p = dj_op_common_params();
    enum dj_status status;
    const char *pattern;
    struct dj_buf text;

    dj_buf_init(&text);
    status = dj_buf_append(&text, DJ_STR("^("));
    for (; p->name != NULL && status == DJ_OK; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) != 0 &&
            dj_param_find(op->params, p->name) == NULL) {
            status = dj_buf_printf(&text, "%s%s", text.len == 2 ? "" : "|", p->name);
        }
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&text, DJ_STR(")$"));
    }
    if (status == DJ_OK) {
        status = dj_buf_cstr(&text, &pattern);
    }
    if (status == DJ_OK) {
        dj_jsonw_key(w, "patternProperties");
        dj_jsonw_open(w, '{');
        dj_jsonw_key(w, pattern);
        dj_jsonw_raw(w, DJ_STR("{\"$ref\": \"#/$defs/ineffective\"}"));
        dj_jsonw_close(w, '}');
    }
    dj_buf_release(&text);
    return status;
}

/* The same under its other names. */
static enum dj_status write_older(const struct dj_param *param, struct dj_jsonw *w)
{
    const char *alias = param->aliases == NULL ? "" : param->aliases;
    enum dj_status status = DJ_OK;

    while (*alias != '\0' && status == DJ_OK) {
        const size_t len = strcspn(alias, " ");
        char *name = dj_xstrndup(alias, len);

        status = write_param(param, name, w);
        dj_xfree(name);
        alias += len + strspn(alias + len, " ");
    }
    return status;
}

static enum dj_status write_op(const struct dj_op *op, struct dj_jsonw *w)
{
    char *text = dj_xprintf("%s (%s)", op->summary, dj_op_kind_name(op->kind));

    dj_jsonw_key(w, op->name);
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "description", text);
    dj_xfree(text);
    dj_jsonw_key(w, "type");
    dj_jsonw_raw(w, DJ_STR("[\"object\", \"null\"]"));
    dj_jsonw_kv_bool(w, "additionalProperties", false);
    dj_jsonw_key(w, "properties");
    dj_jsonw_open(w, '{');
    for (const struct dj_param *p = op->params; p != NULL && p->name != NULL; p++) {
        DJ_TRY(write_param(p, p->name, w));
        DJ_TRY(write_older(p, w));
    }
    for (const struct dj_param *p = dj_op_common_params(); p->name != NULL; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) == 0 &&
            dj_param_find(op->params, p->name) == NULL) {
            write_ref(w, "common", p->name);
        }
    }
    dj_jsonw_close(w, '}');
    DJ_TRY(write_ineffective(op, w));
    dj_jsonw_close(w, '}');
    return DJ_OK;
}

static const char foreign[] =
    "{\"type\": [\"object\", \"null\"], \"deprecated\": true, \"description\": \"an "
    "operator of Data-Juicer that dj-mpi does not have: the recipe is refused unless "
    "skip_unsupported_ops is true, and then runs without it\"}";

static enum dj_status write_ops(struct dj_jsonw *w)
{
    const char *name;

    dj_jsonw_key(w, "operators");
    dj_jsonw_open(w, '{');
    for (size_t i = 0; i < dj_op_count(); i++) {
        DJ_TRY(write_op(dj_op_at(i), w));
    }
    for (size_t i = 0; (name = dj_op_foreign(i)) != NULL; i++) {
        dj_jsonw_key(w, name);
        dj_jsonw_raw(w, DJ_STR("{\"$ref\": \"#/$defs/foreign\"}"));
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "common");
    dj_jsonw_open(w, '{');
    for (const struct dj_param *p = dj_op_common_params(); p->name != NULL; p++) {
        if ((p->flags & DJ_PARAM_NO_EFFECT) == 0) {
            DJ_TRY(write_param(p, p->name, w));
        }
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_key(w, "ineffective");
    dj_jsonw_raw(w, DJ_STR("{\"description\": \"a parameter of Data-Juicer's operators "
                           "that has no effect here\", \"deprecated\": true}"));
    dj_jsonw_key(w, "foreign");
    dj_jsonw_raw(w, (struct dj_str){ foreign, sizeof(foreign) - 1 });
    return DJ_OK;
}

/* An entry of process: a name alone, or a map of one name to its parameters. */
static void write_process(struct dj_jsonw *w)
{
    const char *name;

    dj_jsonw_key(w, "process");
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "description",
                     "the operators with their parameters, in order (required)");
    dj_jsonw_kv_text(w, "type", "array");
    dj_jsonw_key(w, "items");
    dj_jsonw_open(w, '{');
    dj_jsonw_key(w, "anyOf");
    dj_jsonw_open(w, '[');
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "type", "object");
    dj_jsonw_kv_int(w, "minProperties", 1);
    dj_jsonw_kv_int(w, "maxProperties", 1);
    dj_jsonw_kv_bool(w, "additionalProperties", false);
    dj_jsonw_key(w, "properties");
    dj_jsonw_open(w, '{');
    for (size_t i = 0; i < dj_op_count(); i++) {
        write_ref(w, "operators", dj_op_at(i)->name);
    }
    for (size_t i = 0; (name = dj_op_foreign(i)) != NULL; i++) {
        write_ref(w, "operators", name);
    }
    dj_jsonw_close(w, '}');
    dj_jsonw_close(w, '}');
    dj_jsonw_open(w, '{');
    dj_jsonw_key(w, "enum");
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < dj_op_count(); i++) {
        dj_jsonw_text(w, dj_op_at(i)->name);
    }
    for (size_t i = 0; (name = dj_op_foreign(i)) != NULL; i++) {
        dj_jsonw_text(w, name);
    }
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
    dj_jsonw_close(w, ']');
    dj_jsonw_close(w, '}');
    dj_jsonw_close(w, '}');
}

/* --- all of it -----------------------------------------------------------------------
 */

enum dj_status dj_config_schema(struct dj_buf *out)
{
    struct names names = all_names();
    enum dj_status status;
    struct dj_jsonw w;

    dj_jsonw_init(&w, out, 1);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    dj_jsonw_kv_text(&w, "title", "Recipe of dj-mpi");
    dj_jsonw_kv_text(&w, "type", "object");
    dj_jsonw_key(&w, "required");
    dj_jsonw_raw(&w, DJ_STR("[\"export_path\", \"process\"]"));
    dj_jsonw_key(&w, "anyOf");
    dj_jsonw_raw(&w, DJ_STR("[{\"required\": [\"dataset_path\"]}, {\"required\": "
                            "[\"dataset\"]}]"));
    dj_jsonw_kv_bool(&w, "additionalProperties", false);
    dj_jsonw_key(&w, "properties");
    dj_jsonw_open(&w, '{');
    status = write_settings(&names, &w);
    write_process(&w);
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "patternProperties");
    dj_jsonw_open(&w, '{');
    write_dotted(&names, &w);
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "$defs");
    dj_jsonw_open(&w, '{');
    if (status == DJ_OK) {
        status = write_ops(&w);
    }
    dj_jsonw_close(&w, '}');
    dj_jsonw_close(&w, '}');
    dj_xfree(names.items);
    return status == DJ_OK ? dj_jsonw_end(&w) : status;
}
