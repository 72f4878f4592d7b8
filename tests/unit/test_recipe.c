/* The process list: shapes of entries, parameters, overrides, hash. */
#include "dj/recipe.h"

#include "support/load.h"

#define PROCESS LOAD_PATHS "process:\n"

static const struct dj_recipe *recipe_of(const struct dj_config_doc *doc)
{
    return &dj_config_get(doc)->recipe;
}

/* The effective value of a parameter of operator i. */
static void has_value(const struct dj_config_doc *doc, size_t i, const char *name,
                      const char *json)
{
    const struct dj_recipe_op *op = &recipe_of(doc)->ops[i];
    const struct dj_param *param = dj_param_find(op->op->params, name);
    const void *conf = op->conf;
    struct dj_buf out;

    if (param == NULL) {
        param = dj_param_find(dj_op_common_params(), name);
        conf = &op->common;
    }
    DJ_CHECK(param != NULL);
    dj_buf_init(&out);
    DJ_CHECK_OK(dj_param_to_json(param, conf, &out));
    DJ_CHECK_STR(dj_buf_str(&out), json);
    dj_buf_release(&out);
}

static void an_entry_has_three_forms(void)
{
    struct dj_config_doc *doc = load(PROCESS "  - whitespace_normalization_mapper\n"
                                             "  - whitespace_normalization_mapper:\n"
                                             "  - text_length_filter:\n      min_len: 3\n"
                                             "  - text_length_filter: {}\n",
                                     "");
    const struct dj_recipe *recipe = recipe_of(doc);

    DJ_CHECK_INT(recipe->count, 4);
    DJ_CHECK_TEXT(recipe->ops[0].op->name, "whitespace_normalization_mapper");
    DJ_CHECK_INT(recipe->ops[2].line, 6);
    DJ_CHECK_INT(recipe->ops[2].column, 5);
    DJ_CHECK_TEXT(recipe->ops[0].args, "{}");
    DJ_CHECK_TEXT(recipe->ops[2].args, "{\"min_len\": 3}");
    has_value(doc, 2, "min_len", "3");
    has_value(doc, 2, "max_len", "9223372036854775807");
    has_value(doc, 3, "min_len", "10");
    dj_config_free(doc);
}

static void common_parameters_are_taken(void)
{
    struct dj_config_doc *doc =
        load(PROCESS "  - text_length_filter:\n      text_key: content\n"
                     "      reversed_range: yes\n      min_closed_interval: false\n"
                     "  - words_num_filter: {skip_op_error: true}\n",
             "--skip_op_error false");

    has_value(doc, 0, "text_key", "\"content\"");
    has_value(doc, 0, "reversed_range", "true");
    has_value(doc, 0, "min_closed_interval", "false");
    has_value(doc, 0, "max_closed_interval", "true");
    has_value(doc, 0, "skip_op_error", "false");
    has_value(doc, 1, "skip_op_error", "true");
    dj_config_free(doc);
}

static void parameters_without_effect_are_named_once(void)
{
    struct dj_config_doc *doc =
        load(PROCESS
             "  - text_length_filter: {batch_size: 5, num_proc: 2, accelerator: cuda}\n"
             "  - words_num_filter: {batch_size: 7}\n",
             "");

    DJ_CHECK_INT(dj_config_note_count(doc), 3);
    DJ_CHECK(load_has_note(doc, "the parameter batch_size of operators has no effect"));
    has_value(doc, 0, "text_key", "null");
    dj_config_free(doc);
}

static void parameters_are_checked(void)
{
    load_fails(PROCESS "  - text_length_filter:\n      min_len: long\n", "",
               "r.yaml:5:16: text_length_filter.min_len: \"long\" is not a number");
    load_fails(PROCESS "  - text_length_filter:\n      min_lenn: 5\n", "",
               "r.yaml:5:7: text_length_filter has no parameter min_lenn; was min_len");
    load_fails(PROCESS "  - text_length_filter: {colour: 5}\n", "",
               "has no parameter colour; dj-mpi ops text_length_filter lists them");
    load_fails(PROCESS "  - character_repetition_filter: {rep_len: 0}\n", "",
               "character_repetition_filter.rep_len: 0 is less than 1");
    load_fails(PROCESS "  - text_length_filter: {index_key: n}\n", "",
               "text_length_filter.index_key: \"n\" is not possible yet");
}

static void names_are_explained(void)
{
    load_fails(
        PROCESS "  - text_lenght_filter:\n", "",
        "r.yaml:4:5: there is no operator text_lenght_filter; was text_length_fil");
    load_fails(PROCESS "  - Text_Length_Filter:\n", "",
               "written in small letters, with _ between words: text_length_filter");
    load_fails(PROCESS "  - TextLengthFilter:\n", "", "words: text_length_filter");
    load_fails(PROCESS "  - text-length-filter:\n", "", "words: text_length_filter");
    load_fails(PROCESS "  - image_blur_mapper:\n", "",
               "image_blur_mapper is an operator of Data-Juicer that dj-mpi does not "
               "have: take it out, or go on without it by --skip_unsupported_ops true");
    load_fails(PROCESS "  - image_blurr_mapper:\n", "",
               "was image_blur_mapper meant? (dj-mpi does not have that one either)");
    load_fails(PROCESS "  - something_of_my_own:\n", "", "dj-mpi ops lists those");
}

static void unsupported_operators_can_be_left_out(void)
{
    struct dj_config_doc *doc =
        load(PROCESS "  - image_blur_mapper: {p: 0.1}\n  - text_length_filter:\n",
             "--skip_unsupported_ops true");

    DJ_CHECK_INT(recipe_of(doc)->count, 1);
    DJ_CHECK(load_has_note(doc, "image_blur_mapper is left out, because"));
    dj_config_free(doc);
    load_fails(PROCESS "  - no_operator_at_all:\n", "--skip_unsupported_ops true",
               "there is no operator");
}

static void shapes_are_explained(void)
{
    load_fails(LOAD_PATHS "process:\n  text_length_filter:\n", "",
               "r.yaml:4:3: process is a list: put \"- \" in front of each operator");
    load_fails(LOAD_PATHS "process: text_length_filter\n", "", "process is a list");
    load_fails(PROCESS "  - text_length_filter:\n    min_len: 5\n", "",
               "r.yaml:5:5: min_len is a parameter of text_length_filter: indent it by "
               "two more blanks");
    load_fails(PROCESS "  - text_length_filter:\n    words_num_filter:\n", "",
               "r.yaml:5:5: words_num_filter is a second operator in one entry");
    load_fails(PROCESS "  - text_length_filter:\n    whatever: 5\n", "",
               "whatever stands beside text_length_filter in one entry");
    load_fails(PROCESS "  - text_length_filter: 5\n", "",
               "the parameters of text_length_filter are names with values");
    load_fails(PROCESS "  - text_length_filter: [min_len]\n", "", "this is a list");
    load_fails(PROCESS "  - [text_length_filter]\n", "",
               "r.yaml:4:5: an entry of process is the name of an operator");
    load_fails(PROCESS "  -\n", "", "an entry of process is the name of an operator");
}

static void the_command_line_sets_parameters(void)
{
    struct dj_config_doc *doc =
        load(PROCESS "  - text_length_filter: {min_len: 3, max_len: 5}\n"
                     "  - text_length_filter:\n",
             "--text_length_filter.min_len 7 --text_length_filter.text_key=a:b");

    has_value(doc, 0, "min_len", "7");
    has_value(doc, 1, "min_len", "7");
    has_value(doc, 0, "max_len", "5");
    has_value(doc, 1, "text_key", "\"a:b\"");
    DJ_CHECK_TEXT(recipe_of(doc)->ops[0].args,
                  "{\"max_len\": 5, \"min_len\": 7, \"text_key\": \"a:b\"}");
    dj_config_free(doc);
    load_fails(PROCESS "  - text_length_filter:\n", "--words_num_filter.min_num 3",
               "--words_num_filter.min_num: the recipe does not use words_num_filter");
    load_fails(PROCESS "  - text_length_filter:\n", "--text_length_filter.min 3",
               "--text_length_filter.min: text_length_filter has no parameter min; ");
    load_fails(PROCESS "  - text_length_filter:\n", "--text_length_filter.min_len x",
               "--text_length_filter.min_len: \"x\" is not a number");
    load_fails(PROCESS "  - text_length_filter:\n", "--no_such_filter.min_len x",
               "unknown key --no_such_filter.min_len");
}

static void process_can_come_from_the_command_line(void)
{
    struct dj_config_doc *doc =
        load(PROCESS "  - words_num_filter:\n",
             "--process [text_length_filter,{\"words_num_filter\":{\"min_num\":4}}]");

    DJ_CHECK_INT(recipe_of(doc)->count, 2);
    has_value(doc, 1, "min_num", "4");
    dj_config_free(doc);
    load_fails(LOAD_BASE, "--process [no_such_op]",
               "--process:1:2: there is no operator no_such_op");
}

static uint64_t hash_of(const char *recipe, const char *words)
{
    struct dj_config_doc *doc = load(recipe, words);
    const uint64_t hash = recipe_of(doc)->hash;

    dj_config_free(doc);
    return hash;
}

static void the_hash_is_of_names_and_effective_parameters(void)
{
    const uint64_t plain = hash_of(PROCESS "  - text_length_filter:\n", "");

    DJ_CHECK(plain != 0);
    DJ_CHECK(plain == hash_of(PROCESS "  - text_length_filter: {min_len: 10}\n", ""));
    DJ_CHECK(plain == hash_of(PROCESS "  - text_length_filter: {batch_size: 1}\n",
                              "--skip_op_error false --partition.size 3"));
    DJ_CHECK(plain != hash_of(PROCESS "  - text_length_filter: {min_len: 11}\n", ""));
    DJ_CHECK(plain !=
             hash_of(PROCESS "  - text_length_filter: {reversed_range: true}\n", ""));
    DJ_CHECK(plain != hash_of(PROCESS "  - words_num_filter:\n", ""));
    DJ_CHECK(hash_of(PROCESS "  - text_length_filter:\n  - words_num_filter:\n", "") !=
             hash_of(PROCESS "  - words_num_filter:\n  - text_length_filter:\n", ""));
}

static void aliases_of_yaml_work_in_recipes(void)
{
    struct dj_config_doc *doc =
        load(PROCESS "  - text_length_filter: &limits {min_len: 4}\n"
                     "  - text_length_filter:\n      <<: *limits\n      max_len: 9\n",
             "");

    has_value(doc, 1, "min_len", "4");
    has_value(doc, 1, "max_len", "9");
    dj_config_free(doc);
}

int main(void)
{
    char *folder = load_begin();

    DJ_TEST(an_entry_has_three_forms);
    DJ_TEST(common_parameters_are_taken);
    DJ_TEST(parameters_without_effect_are_named_once);
    DJ_TEST(parameters_are_checked);
    DJ_TEST(names_are_explained);
    DJ_TEST(unsupported_operators_can_be_left_out);
    DJ_TEST(shapes_are_explained);
    DJ_TEST(the_command_line_sets_parameters);
    DJ_TEST(process_can_come_from_the_command_line);
    DJ_TEST(the_hash_is_of_names_and_effective_parameters);
    DJ_TEST(aliases_of_yaml_work_in_recipes);
    load_end(folder);
    return 0;
}
