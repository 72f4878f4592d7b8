/* Loads the libraries of custom_operator_paths before operators are looked for. */
#include "config/config_private.h"

#include "dj/custom.h"

static const char key[] = "custom_operator_paths";

void dj_config_load_operators(struct dj_config_doc *doc, struct dj_problems *problems)
{
    const struct dj_strs *paths = &doc->config.custom_operator_paths;
    const struct dj_setting_source *source =
        &doc->sources[dj_key_index(dj_param_find(dj_config_params(), key))];

    if (source->refused) {
        doc->operators_lack = true;
        return;
    }
    for (size_t i = 0; i < paths->count; i++) {
        const struct dj_yaml_node *node = source->node;
        char place[DJ_CONFIG_PLACE] = "";
        struct dj_error err;

        if (node->kind == DJ_YAML_SEQUENCE) {
            node = node->items[i];
        }
        if (!source->command_line) {
            dj_place(dj_yaml_origin(doc->yaml), node, place);
        }
        if (dj_custom_load(paths->items[i], &err) != DJ_OK) {
            dj_error_prefix(&err, "%s%s: ", place, source->name);
            dj_problem_error(problems, source->command_line ? NULL : node, &err);
            doc->operators_lack = true;
        }
    }
}
