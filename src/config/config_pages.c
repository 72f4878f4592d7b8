/* Pages made from the table of settings: a recipe with every key, and a manual page. */
#include "config/config_private.h"

/* --- configs/reference.yaml ----------------------------------------------------------
 */

static const char reference_head[] =
    "# Every setting with its default. Made by \"dj-mpi docs reference\": do not edit.\n"
    "# A recipe needs dataset_path, export_path and process; the rest may be left out.\n";

static const char reference_process[] =
    "\n"
    "# The operators, in order, each with its parameters. \"dj-mpi ops\" lists them.\n"
    "process:\n"
    "  - whitespace_normalization_mapper:\n"
    "  - text_length_filter:\n"
    "      min_len: 10\n";

/* What stands for a value that every recipe gives itself. */
static const char *example_of(const struct dj_param *param)
{
    if ((param->flags & DJ_PARAM_REQUIRED) == 0) {
        return NULL;
    }
    return strcmp(param->name, "export_path") == 0 ? "out.jsonl" : "in.jsonl";
}

/* Whether entry i begins another section; *len is the section's length, 0 for none. */
static bool begins_section(const struct dj_param *params, size_t i, size_t *len)
{
    const char *dot = strchr(params[i].name, '.');

    *len = dot == NULL ? 0 : (size_t)(dot - params[i].name);
    return *len > 0 &&
           (i == 0 || strncmp(params[i - 1].name, params[i].name, *len + 1) != 0);
}

static enum dj_status reference_entry(const struct dj_param *params, size_t i,
                                      struct dj_buf *out)
{
    const struct dj_param *param = &params[i];
    const char *example = example_of(param);
    size_t len;
    int indent;

    if (begins_section(params, i, &len)) {
        DJ_TRY(dj_buf_printf(out, "\n%.*s:\n", (int)len, param->name));
    } else if (len == 0) {
        DJ_TRY(dj_buf_putc(out, '\n'));
    }
    indent = len > 0 ? 2 : 0;
    DJ_TRY(dj_buf_printf(out, "%*s# %s\n%*s# (", indent, "", param->help, indent, ""));
    DJ_TRY(dj_param_describe(param, out));
    DJ_TRY(dj_buf_printf(out, ")\n%*s%s: ", indent, "",
                         param->name + (len > 0 ? len + 1 : 0)));
    if (example != NULL) {
        return dj_buf_printf(out, "%s\n", example);
    }
    DJ_TRY(dj_param_preset_json(param, out));
    return dj_buf_putc(out, '\n');
}

enum dj_status dj_config_reference(struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();

    DJ_TRY(dj_buf_append(out, dj_str_from(reference_head)));
    for (size_t i = 0; params[i].name != NULL; i++) {
        DJ_TRY(reference_entry(params, i, out));
    }
    return dj_buf_append(out, dj_str_from(reference_process));
}

/* --- docs/settings.md ----------------------------------------------------------------
 */

static const char page_head[] =
    "# Settings\n"
    "\n"
    "Made from the table of settings by `dj-mpi docs settings`: do not edit.\n"
    "\n"
    "A key stands in the recipe, nested (`partition:` and below it `size: 500`), or on "
    "the\n"
    "command line (`--partition.size 500` or `--partition.size=500`). Of several places "
    "the\n"
    "last one wins: default, older name in the recipe, key in the recipe, command "
    "line.\n"
    "`dj-mpi --print_config --config FILE` shows every value and where it came from.\n"
    "Parameters of operators are in `dj-mpi ops NAME`; on the command line they are\n"
    "`--text_length_filter.min_len 20`.\n"
    "\n"
    "- *frozen*: may not change between the start of a job and its resume, because the "
    "result\n"
    "  depends on it. All others may.\n"
    "\n"
    "Behind each key is the test that fails when the key does nothing.\n"
    "\n"
    "| key | value | what it does | test |\n"
    "|---|---|---|---|\n";

static const char page_legacy[] =
    "\n"
    "## Keys of Data-Juicer that have no effect here\n"
    "\n"
    "Recipes that have them run unmodified; each is named once when a job starts. "
    "`decrypt_after_reading`\n"
    "and `encrypt_before_export` are refused when they are true.\n"
    "\n"
    "| key | because |\n"
    "|---|---|\n";

/* "a b" as "`a`, `b`". */
static enum dj_status page_words(const char *words, struct dj_buf *out)
{
    const char *comma = "";

    while (*words != '\0') {
        const size_t len = strcspn(words, " ");

        DJ_TRY(dj_buf_printf(out, "%s`%.*s`", comma, (int)len, words));
        comma = ", ";
        words += len;
        words += strspn(words, " ");
    }
    return DJ_OK;
}

/* The value's kind and default, safe in a table. */
static enum dj_status page_value(const struct dj_param *param, struct dj_buf *out)
{
    enum dj_status status;
    struct dj_buf text;

    dj_buf_init(&text);
    status = dj_param_describe(param, &text);
    for (size_t i = 0; i < text.len && status == DJ_OK; i++) {
        status = text.ptr[i] == '|' ? dj_buf_append(out, DJ_STR("\\|"))
                                    : dj_buf_putc(out, text.ptr[i]);
    }
    dj_buf_release(&text);
    return status;
}

/* A link to a test, between blanks; one blank when there is none. */
static enum dj_status page_test(const char *test, struct dj_buf *out)
{
    const char *name = test == NULL ? "" : strchr(test, '/') + 1;

    return test == NULL ? dj_buf_putc(out, ' ')
                        : dj_buf_printf(out, " [%.*s](../tests/%s) ",
                                        (int)strcspn(name, "."), name, test);
}

static enum dj_status page_row(const struct dj_param *param, struct dj_buf *out)
{
    DJ_TRY(dj_buf_printf(out, "| `%s`", param->name));
    if (param->aliases != NULL) {
        DJ_TRY(dj_buf_append(out, DJ_STR(" (older: ")));
        DJ_TRY(page_words(param->aliases, out));
        DJ_TRY(dj_buf_putc(out, ')'));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR(" | ")));
    DJ_TRY(page_value(param, out));
    DJ_TRY(dj_buf_printf(out, " | %s", param->help));
    if ((param->flags & DJ_PARAM_FROZEN) != 0) {
        DJ_TRY(dj_buf_append(out, DJ_STR("; *frozen*")));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR(" |")));
    DJ_TRY(page_test(dj_config_test(param->name), out));
    return dj_buf_append(out, DJ_STR("|\n"));
}

enum dj_status dj_config_page(struct dj_buf *out)
{
    const struct dj_param *params = dj_config_params();
    const struct dj_legacy *legacy;

    DJ_TRY(dj_buf_append(out, dj_str_from(page_head)));
    for (size_t i = 0; params[i].name != NULL; i++) {
        DJ_TRY(page_row(&params[i], out));
    }
    DJ_TRY(dj_buf_append(
        out, DJ_STR("| `process` | list of operators, required | the operators with "
                    "their parameters, in order; *frozen* | "
                    "[recipes](../tests/mpi/recipes.sh) |\n")));
    DJ_TRY(dj_buf_append(out, dj_str_from(page_legacy)));
    for (size_t i = 0; (legacy = dj_legacy_at(i)) != NULL; i++) {
        DJ_TRY(dj_buf_printf(out, "| `%s` | %s |\n", legacy->name, legacy->why));
    }
    return DJ_OK;
}
