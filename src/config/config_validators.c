/* The setting validators: what samples at the beginning of each dataset must look like.
 */
#include "config/config_private.h"

#include "dj/mem.h"

#include <strings.h>

static const char *const kind_names[] = { "required_fields", "swift_messages",
                                          "dj_conversation", "code", NULL };

static const struct {
    const char *name;
    enum dj_field_type type;
} type_names[] = {
    { "str", DJ_FIELD_STRING },   { "string", DJ_FIELD_STRING },
    { "int", DJ_FIELD_INT },      { "integer", DJ_FIELD_INT },
    { "float", DJ_FIELD_FLOAT },  { "bool", DJ_FIELD_BOOL },
    { "boolean", DJ_FIELD_BOOL }, { "list", DJ_FIELD_LIST },
    { "dict", DJ_FIELD_OBJECT },  { "tuple", DJ_FIELD_NEVER },
    { "set", DJ_FIELD_NEVER },    { "bytes", DJ_FIELD_NEVER },
};

static void complain(const struct dj_config_doc *doc, struct dj_problems *problems,
                     const struct dj_yaml_node *node, const char *text)
{
    char place[DJ_CONFIG_PLACE];

    dj_place(dj_config_origin(doc), node, place);
    dj_problem(problems, node, "%svalidators: %s", place, text);
}

static bool is_text(const struct dj_yaml_node *node)
{
    return node != NULL && node->kind == DJ_YAML_SCALAR;
}

static int64_t number_of(const struct dj_config_doc *doc, struct dj_problems *problems,
                         const struct dj_yaml_node *node, const char *key, int64_t preset)
{
    const struct dj_yaml_node *value = dj_yaml_get(node, key);
    int64_t number = preset;

    if (value != NULL && (!dj_yaml_as_int(value, &number) || number < 0)) {
        complain(doc, problems, value, "this is a whole number that is not negative");
    }
    return number;
}

static enum dj_field_type type_of(const struct dj_config_doc *doc,
                                  struct dj_problems *problems,
                                  const struct dj_yaml_node *node)
{
    for (size_t i = 0; is_text(node) && i < sizeof(type_names) / sizeof(type_names[0]);
         i++) {
        if (strcasecmp(node->text, type_names[i].name) == 0) {
            return type_names[i].type;
        }
    }
    complain(doc, problems, node,
             "a type is str, int, float, bool, list or dict, or one that no sample has: "
             "tuple, set, bytes");
    return DJ_FIELD_ANY;
}

static void read_fields(struct dj_config_doc *doc, struct dj_problems *problems,
                        const struct dj_yaml_node *node, struct dj_validator *validator)
{
    const struct dj_yaml_node *list = dj_yaml_get(node, "required_fields");
    const struct dj_yaml_node *types = dj_yaml_get(node, "field_types");
    const struct dj_yaml_node *missing = dj_yaml_get(node, "allow_missing");
    struct dj_validator_field *fields;

    if (missing != NULL && !dj_yaml_as_double(missing, &validator->allow_missing)) {
        complain(doc, problems, missing, "allow_missing is a number from 0 to 1");
    }
    if (list == NULL || list->kind != DJ_YAML_SEQUENCE) {
        complain(doc, problems, list == NULL ? node : list,
                 "required_fields is a list of names");
        return;
    }
    fields = dj_arena_alloc(doc->arena, (list->count + 1) * sizeof(*fields));
    for (size_t i = 0; fields != NULL && i < list->count; i++) {
        const struct dj_yaml_node *name = list->items[i];
        const struct dj_yaml_node *type =
            types == NULL || !is_text(name) ? NULL : dj_yaml_get(types, name->text);

        if (!is_text(name)) {
            complain(doc, problems, name, "the name of a field is a text");
            continue;
        }
        fields[validator->nfields++] = (struct dj_validator_field){
            name->text, type == NULL ? DJ_FIELD_ANY : type_of(doc, problems, type)
        };
    }
    validator->fields = fields;
}

static void read_validator(struct dj_config_doc *doc, struct dj_problems *problems,
                           const struct dj_yaml_node *node,
                           struct dj_validator *validator)
{
    const struct dj_yaml_node *type =
        node->kind == DJ_YAML_MAPPING ? dj_yaml_get(node, "type") : NULL;
    int kind = 0;

    *validator = (struct dj_validator){ .kind = DJ_VALIDATE_CODE };
    while (is_text(type) && kind_names[kind] != NULL &&
           strcmp(type->text, kind_names[kind]) != 0) {
        kind++;
    }
    if (!is_text(type) || kind_names[kind] == NULL) {
        complain(doc, problems, type == NULL ? node : type,
                 "type is required_fields, swift_messages, dj_conversation or code");
        return;
    }
    validator->kind = (enum dj_validator_kind)kind;
    validator->min_turns = number_of(doc, problems, node, "min_turns", 1);
    validator->max_turns = number_of(doc, problems, node, "max_turns", 100);
    validator->sample_size = number_of(doc, problems, node, "sample_size", 100);
    if (validator->kind == DJ_VALIDATE_FIELDS) {
        read_fields(doc, problems, node, validator);
    }
}

const char *dj_validator_name(enum dj_validator_kind kind)
{
    return kind_names[kind];
}

void dj_config_read_validators(struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_yaml_node *list = doc->config.validators;
    struct dj_validator *items;

    if (list == NULL || dj_yaml_as_null(list) ||
        (list->kind != DJ_YAML_SCALAR && list->count == 0)) {
        return;
    }
    if (list->kind != DJ_YAML_SEQUENCE) {
        complain(doc, problems, list, "a list, such as \"- {type: swift_messages}\"");
        return;
    }
    items = dj_arena_alloc(doc->arena, list->count * sizeof(*items));
    for (size_t i = 0; items != NULL && i < list->count; i++) {
        read_validator(doc, problems, list->items[i], &items[i]);
    }
    doc->config.validation.items = items;
    doc->config.validation.count = items == NULL ? 0 : list->count;
}
