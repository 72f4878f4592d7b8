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

/* A line a stage: [begin, end) from source, and what it is. */
static void stages(const char *process, const char *settings, const char *want)
{
    char *recipe = dj_xprintf("%s%sprocess:\n%s", LOAD_PATHS, settings, process);
    struct dj_config_doc *doc = load(recipe, "");
    struct dj_plan plan;
    struct dj_error err;
    struct dj_buf text;

    dj_buf_init(&text);
    DJ_CHECK_OK(dj_plan_make(doc, &plan, &err));
    for (size_t i = 0; i < plan.nstages; i++) {
        const struct dj_stage *s = &plan.stages[i];

        DJ_CHECK_INT(s->number, i);
        DJ_CHECK_INT(s->global + s->rows + s->last, 1);
        DJ_CHECK_OK(dj_buf_printf(&text, "%zu-%zu<%zu%s%s%s%s%s; ", s->begin, s->end,
                                  s->source, s->global ? " global" : "",
                                  s->rows ? " rows" : "", s->ordered ? " ordered" : "",
                                  s->joins ? " joins" : "", s->splits ? " splits" : ""));
    }
    DJ_CHECK_STR(dj_buf_str(&text), want);
    DJ_CHECK(plan.ordered == plan.stages[plan.nstages - 1].ordered);
    dj_buf_release(&text);
    dj_plan_release(&plan);
    dj_config_free(doc);
    dj_xfree(recipe);
}

#define FILTER "  - text_length_filter\n"
#define DEDUP "  - document_deduplicator\n"
#define TOPK "  - topk_specified_field_selector: {field_key: n, topk: 3}\n"
#define RANDOM "  - random_selector: {select_num: 3}\n"
#define CHUNK "  - text_chunk_mapper: {max_len: 9}\n"

static void global_operators_end_stages(void)
{
    stages(FILTER DEDUP FILTER, "", "0-2<0 global; 2-3<0; ");
    stages(DEDUP TOPK, "", "0-1<0 global; 1-2<0 global; 2-2<0 ordered; ");
}

/* Where an order does not matter to what follows, the export is early enough. */
static void rows_are_written_when_their_order_matters(void)
{
    stages(TOPK FILTER, "", "0-1<0 global; 1-2<0 ordered; ");
    stages(TOPK FILTER DEDUP FILTER, "",
           "0-1<0 global; 1-2<0 rows ordered; 2-3<2 global; 3-4<2; ");
    stages(TOPK CHUNK, "", "0-1<0 global; 1-1<0 rows ordered; 1-2<1; ");
    stages(RANDOM FILTER, "", "0-1<0 global; 1-1<0 rows ordered; 1-2<1; ");
    stages(TOPK, "export_shard_size: 100\n", "0-1<0 global; 1-1<0 rows ordered; 1-1<1; ");
}

static void groupers_always_write_rows(void)
{
    stages("  - naive_grouper\n", "", "0-1<0 global; 1-1<0 rows ordered joins; 1-1<1; ");
    stages(FILTER "  - key_value_grouper\n  - naive_reverse_grouper\n" DEDUP, "",
           "0-2<0 global; 2-2<0 rows ordered joins; 2-3<2 rows splits; 3-4<3 global; "
           "4-4<3; ");
    stages("  - naive_reverse_grouper\n", "", "0-1<0 rows splits; 1-1<1; ");
    stages(TOPK "  - naive_reverse_grouper\n" FILTER, "",
           "0-1<0 global; 1-2<0 rows ordered splits; 2-3<2; ");
}

int main(void)
{
    char *folder = load_begin();

    DJ_TEST(each_strategy_has_its_parts);
    DJ_TEST(manual_names_operators_wherever_they_stand);
    DJ_TEST(names_that_are_missing_are_told);
    DJ_TEST(a_recipe_without_operators_is_one_part);
    DJ_TEST(global_operators_end_stages);
    DJ_TEST(rows_are_written_when_their_order_matters);
    DJ_TEST(groupers_always_write_rows);
    load_end(folder);
    return 0;
}
