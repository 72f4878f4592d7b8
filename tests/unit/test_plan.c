/* Into which parts a strategy cuts the operators. */
#include "exec/plan.h"

#include "support/load.h"

#define PROCESS                                        \
    LOAD_PATHS "process:\n"                            \
               "  - clean_links_mapper\n"              \
               "  - whitespace_normalization_mapper\n" \
               "  - text_length_filter\n"              \
               "  - words_num_filter\n"                \
               "  - whitespace_normalization_mapper\n"

/* settings: of the checkpoint; ends: of the parts, as text. */
static void cuts(const char *settings, bool sets, bool automatic, const char *ends)
{
    char *recipe = dj_xprintf("%scheckpoint: {%s}\n", PROCESS, settings);
    struct dj_config_doc *doc = load(recipe, "");
    struct dj_plan plan;
    struct dj_error err;
    struct dj_buf text;

    dj_buf_init(&text);
    DJ_CHECK_OK(dj_plan_make(doc, &plan, &err));
    DJ_CHECK(plan.sets == sets);
    DJ_CHECK(plan.automatic == automatic);
    DJ_CHECK_INT(plan.nstages, 1);
    DJ_CHECK(plan.stages[0].last);
    for (size_t i = 0; i < plan.stages[0].nparts; i++) {
        DJ_CHECK_OK(
            dj_buf_printf(&text, "%s%zu", i == 0 ? "" : " ", plan.stages[0].ends[i]));
    }
    DJ_CHECK_STR(dj_buf_str(&text), ends);
    dj_buf_release(&text);
    dj_plan_release(&plan);
    dj_config_free(doc);
    dj_xfree(recipe);
}

static void each_strategy_has_its_parts(void)
{
    cuts("strategy: disabled", false, false, "5");
    cuts("strategy: auto", true, true, "5");
    cuts("strategy: every_partition", true, false, "5");
    cuts("strategy: every_op", true, false, "1 2 3 4 5");
    cuts("strategy: every_n_ops, n_ops: 2", true, false, "2 4 5");
    cuts("strategy: every_n_ops, n_ops: 5", true, false, "5");
    cuts("strategy: every_n_ops, n_ops: 9", true, false, "5");
    cuts("enabled: false, strategy: every_op", false, false, "5");
}

static void manual_names_operators_wherever_they_stand(void)
{
    cuts("strategy: manual, op_names: [text_length_filter]", true, false, "3 5");
    cuts("strategy: manual, op_names: whitespace_normalization_mapper", true, false,
         "2 5");
    cuts("strategy: manual, op_names: [words_num_filter, clean_links_mapper]", true,
         false, "1 4 5");
}

static void refused(const char *settings, const char *part)
{
    char *recipe = dj_xprintf("%scheckpoint: {%s}\n", PROCESS, settings);
    struct dj_config_doc *doc = load(recipe, "");
    struct dj_plan plan;
    struct dj_error err;

    DJ_CHECK_INT(dj_plan_make(doc, &plan, &err), DJ_CONFIG);
    DJ_CHECK(strstr(err.text, part) != NULL);
    dj_plan_release(&plan);
    dj_config_free(doc);
    dj_xfree(recipe);
}

static void names_that_are_missing_are_told(void)
{
    refused("strategy: manual", "needs checkpoint.op_names");
    refused("strategy: manual, op_names: [alphanumeric_filter]",
            "no operator 'alphanumeric_filter'");
}

static void a_recipe_without_operators_is_one_part(void)
{
    struct dj_config_doc *doc = load(LOAD_PATHS "process: []\n", "");
    struct dj_plan plan;
    struct dj_error err;

    DJ_CHECK_OK(dj_plan_make(doc, &plan, &err));
    DJ_CHECK_INT(plan.nstages, 1);
    DJ_CHECK_INT(plan.stages[0].nparts, 1);
    DJ_CHECK_INT(plan.stages[0].ends[0], 0);
    dj_plan_release(&plan);
    dj_config_free(doc);
}

int main(void)
{
    char *folder = load_begin();

    DJ_TEST(each_strategy_has_its_parts);
    DJ_TEST(manual_names_operators_wherever_they_stand);
    DJ_TEST(names_that_are_missing_are_told);
    DJ_TEST(a_recipe_without_operators_is_one_part);
    load_end(folder);
    return 0;
}
