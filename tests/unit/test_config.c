/* The configuration: table, precedence, places of problems, identity, printing. */
#include "dj/config.h"
#include "dj/hash.h"

#include "support/load.h"

/* --- the table ------------------------------------------------------------------------
 */

/* All keys of Data-Juicer 1.6.1 (its config.py), beside those of operators. */
static const char *const data_juicer[] = {
    "auto",
    "auto_num",
    "hpo_config",
    "data_probe_algo",
    "data_probe_ratio",
    "load_jsonl_lenient",
    "use_dag",
    "project_name",
    "executor_type",
    "strict_preflight",
    "dataset_path",
    "dataset",
    "generated_dataset_config",
    "validators",
    "load_dataset_kwargs",
    "read_options",
    "override_num_blocks",
    "work_dir",
    "export_path",
    "export_type",
    "export_shard_size",
    "export_in_parallel",
    "export_extra_args",
    "export_aws_credentials",
    "decrypt_after_reading",
    "encrypt_before_export",
    "encryption_key_path",
    "keep_stats_in_res_ds",
    "keep_hashes_in_res_ds",
    "np",
    "text_keys",
    "image_key",
    "image_bytes_key",
    "image_special_token",
    "audio_key",
    "audio_special_token",
    "video_key",
    "video_special_token",
    "eoc_special_token",
    "suffixes",
    "turbo",
    "skip_op_error",
    "use_cache",
    "ds_cache_dir",
    "cache_compress",
    "open_monitor",
    "use_checkpoint",
    "checkpoint.enabled",
    "checkpoint.strategy",
    "checkpoint.n_ops",
    "checkpoint.op_names",
    "event_logging.enabled",
    "event_log_dir",
    "checkpoint_dir",
    "job_id",
    "resume",
    "temp_dir",
    "open_tracer",
    "op_list_to_trace",
    "trace_num",
    "trace_keys",
    "open_insight_mining",
    "op_list_to_mine",
    "min_common_dep_num_to_combine",
    "conflict_resolve_strategy",
    "op_fusion",
    "fusion_strategy",
    "mapper_fusion",
    "mapper_fusion_vram_limit",
    "adaptive_batch_size",
    "percentiles",
    "export_original_dataset",
    "save_stats_in_one_file",
    "ray_address",
    "partition_size",
    "partition.mode",
    "partition.size",
    "partition.num_of_partitions",
    "partition.partitions_per_node",
    "partition.max_concurrent_partitions",
    "partition.max_gpu_workers_per_device",
    "partition.max_concurrent_gpu_probes",
    "partition.gpu_preflight_enabled",
    "partition.gpu_probe_timeout_seconds",
    "partition.gpu_probe_warmup_batches",
    "partition.gpu_probe_steady_batches",
    "partition.gpu_probe_sample_offset",
    "partition.gpu_probe_sample_shuffle",
    "partition.gpu_probe_sample_seed",
    "partition.execution_group_size",
    "partition.max_initialization_overhead_ratio",
    "partition.target_size_mb",
    "partition_dir",
    "custom_operator_paths",
    "elastic_juicer_adaptive_batching",
    "debug",
    "elastic_juicer_profile_seed",
    "auto_op_parallelism",
};

enum { NDATA_JUICER = sizeof(data_juicer) / sizeof(data_juicer[0]) };

static void every_key_of_data_juicer_is_known(void)
{
    for (size_t i = 0; i < NDATA_JUICER; i++) {
        /* null is what each of them may be without meaning anything. */
        char *recipe = dj_xprintf("dataset_path: in.jsonl\nexport_path: o.jsonl\n"
                                  "process: []\n%s: null\n",
                                  data_juicer[i]);
        struct dj_config_doc *doc = NULL;
        struct dj_error err;

        if (strcmp(data_juicer[i], "dataset_path") != 0 &&
            strcmp(data_juicer[i], "export_path") != 0) {
            if (load_try(recipe, "", &doc, &err) != DJ_OK) {
                (void)fprintf(stderr, "  %s\n", err.text);
                DJ_CHECK(doc != NULL);
            }
            dj_config_free(doc);
        }
        dj_xfree(recipe);
    }
}

static void the_table_is_sound(void)
{
    const struct dj_param *params = dj_config_params();

    for (const struct dj_param *p = params; p->name != NULL; p++) {
        DJ_CHECK(dj_param_find(params, p->name) == p);
        DJ_CHECK(p->help != NULL);
        DJ_CHECK((p->flags & DJ_PARAM_NOT_YET) == 0 || p->why != NULL);
        if (p->type == DJ_PARAM_INT && (p->min != 0 || p->max != 0)) {
            DJ_CHECK(p->preset.i >= p->min && p->preset.i <= p->max);
        }
        for (const char *word = p->aliases; word != NULL && *word != '\0';) {
            const size_t len = strcspn(word, " ");
            char *alias = dj_xstrndup(word, len);

            DJ_CHECK(dj_param_find(params, alias) == p);
            dj_xfree(alias);
            word += len + (word[len] == ' ');
        }
    }
}

static void the_defaults_are_those_of_the_design(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE, "");
    const struct dj_config *config = dj_config_get(doc);

    DJ_CHECK_TEXT(config->work_dir, "./outputs");
    DJ_CHECK(config->job_id == NULL);
    DJ_CHECK_INT(config->partition.size, 1000);
    DJ_CHECK_INT(config->partition.max_size_mb, 64);
    DJ_CHECK(!config->partition.auto_configure);
    DJ_CHECK(config->fault_tolerance.enabled);
    DJ_CHECK_INT(config->fault_tolerance.max_retries, 3);
    DJ_CHECK_INT(config->fault_tolerance.retry_backoff, DJ_BACKOFF_EXPONENTIAL);
    DJ_CHECK_INT(config->intermediate_storage.format, DJ_STORAGE_PARQUET);
    DJ_CHECK_INT(config->intermediate_storage.compression, DJ_COMPRESSION_SNAPPY);
    DJ_CHECK(config->intermediate_storage.use_arrow_batches);
    DJ_CHECK_INT(config->intermediate_storage.arrow_batch_size, 500);
    DJ_CHECK(!config->intermediate_storage.arrow_memory_mapping);
    DJ_CHECK_INT(config->intermediate_storage.retention_policy, DJ_RETENTION_KEEP_ALL);
    DJ_CHECK_INT(config->intermediate_storage.max_retention_days, 7);
    DJ_CHECK(config->event_logging.enabled);
    DJ_CHECK_INT(config->event_logging.max_log_size_mb, 100);
    DJ_CHECK_INT(config->event_logging.backup_count, 5);
    DJ_CHECK(config->skip_op_error);
    DJ_CHECK_INT(config->text_keys.count, 1);
    DJ_CHECK_TEXT(config->text_keys.items[0], "text");
    DJ_CHECK_TEXT(config->config_path, "r.yaml");
    DJ_CHECK_INT(config->recipe.count, 0);
    DJ_CHECK_INT(dj_config_note_count(doc), 0);
    dj_config_free(doc);
}

/* --- precedence ----------------------------------------------------------------------
 */

static void the_command_line_wins_over_the_file(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "partition: {size: 5}\nproject_name: file\n",
             "--partition.size 7 --project_name=line --debug --export_shard_size 2MB");
    const struct dj_config *config = dj_config_get(doc);

    DJ_CHECK_INT(config->partition.size, 7);
    DJ_CHECK_TEXT(config->project_name, "line");
    DJ_CHECK(config->debug);
    DJ_CHECK_INT(config->export_shard_size, 2000000);
    dj_config_free(doc);
}

static void the_last_of_two_options_wins(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE, "--partition.size 7 --partition_size=9 --debug false");

    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 9);
    DJ_CHECK(!dj_config_get(doc)->debug);
    dj_config_free(doc);
}

static void an_older_name_is_read_where_the_key_is_absent(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "partition_size: 5\nmax_partition_size_mb: 2\n", "");

    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 5);
    DJ_CHECK_INT(dj_config_get(doc)->partition.max_size_mb, 2);
    dj_config_free(doc);
}

static void a_key_wins_over_its_older_names_in_any_order(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "partition_size: 5\npartition:\n  size: 6\n", "");

    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 6);
    DJ_CHECK(load_has_note(doc, "partition_size (r.yaml:4) has no effect, because "
                                "partition.size is given too (line 6)"));
    dj_config_free(doc);
    doc = load(LOAD_BASE "partition:\n  size: 6\npartition_size: 5\n", "");
    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 6);
    DJ_CHECK(load_has_note(doc, "partition_size (r.yaml:6)"));
    dj_config_free(doc);
}

static void a_key_wins_even_when_it_is_zero_or_false(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "max_retries: 3\nenable_fault_tolerance: true\n"
                       "fault_tolerance: {max_retries: 0, enabled: false}\n",
             "");

    DJ_CHECK_INT(dj_config_get(doc)->fault_tolerance.max_retries, 0);
    DJ_CHECK(!dj_config_get(doc)->fault_tolerance.enabled);
    dj_config_free(doc);
}

static void older_names_have_an_order_among_themselves(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "fault_tolerance: {enabled: false}\nmax_retries: 1\n"
                       "partition: {max_retries: 2}\n",
             "");

    DJ_CHECK_INT(dj_config_get(doc)->fault_tolerance.max_retries, 2);
    dj_config_free(doc);
}

static void null_leaves_the_default(void)
{
    struct dj_config_doc *doc = load(
        LOAD_BASE "work_dir: null\npartition: {size: }\npartition_size: 8\nnp: ~\n", "");

    DJ_CHECK_TEXT(dj_config_get(doc)->work_dir, "./outputs");
    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 8);
    dj_config_free(doc);
    doc = load(LOAD_BASE "job_id: x\npartition_size: 8\n",
               "--job_id null --partition.size null");
    DJ_CHECK(dj_config_get(doc)->job_id == NULL);
    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 1000);
    dj_config_free(doc);
    doc = load(LOAD_BASE "job_id: x\npartition_size: 8\n",
               "--job_id= --partition.size= --text_keys=");
    DJ_CHECK(dj_config_get(doc)->job_id == NULL);
    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 1000);
    dj_config_free(doc);
    load_fails(LOAD_BASE, "--process=", "process is empty");
}

static void keys_may_be_written_with_dots(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE "partition.size: 4\n", "");

    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 4);
    dj_config_free(doc);
    load_fails(LOAD_BASE "partition.size: 4\npartition: {size: 5}\n", "",
               "r.yaml:5:13: partition.size stands here a second time (first at line 4)");
}

static void resume_is_the_job_id(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE, "--resume wiki1");

    DJ_CHECK_TEXT(dj_config_get(doc)->job_id, "wiki1");
    dj_config_free(doc);
}

/* --- values --------------------------------------------------------------------------
 */

static void lists_are_given_in_several_ways(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE "text_keys: [a, b]\nsuffixes: .jsonl\n",
                                     "--dataset_path [x.jsonl,y/*.jsonl]");
    const struct dj_config *config = dj_config_get(doc);

    DJ_CHECK_INT(config->text_keys.count, 2);
    DJ_CHECK_TEXT(config->text_keys.items[1], "b");
    DJ_CHECK_INT(config->suffixes.count, 1);
    DJ_CHECK_INT(config->dataset_path.count, 2);
    DJ_CHECK_TEXT(config->dataset_path.items[1], "y/*.jsonl");
    dj_config_free(doc);
    doc = load(LOAD_BASE, "--text_keys a,b --dataset_path odd,name.jsonl");
    config = dj_config_get(doc);
    DJ_CHECK_INT(config->text_keys.count, 2);
    DJ_CHECK_INT(config->dataset_path.count, 1);
    DJ_CHECK_TEXT(config->dataset_path.items[0], "odd,name.jsonl");
    dj_config_free(doc);
}

static void texts_of_the_command_line_stand_as_they_are(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE, "--dataset_path *.jsonl --project_name a:b=#c --job_id=1e3");

    DJ_CHECK_TEXT(dj_config_get(doc)->dataset_path.items[0], "*.jsonl");
    DJ_CHECK_TEXT(dj_config_get(doc)->project_name, "a:b=#c");
    DJ_CHECK_TEXT(dj_config_get(doc)->job_id, "1e3");
    dj_config_free(doc);
}

static void dashes_stand_for_underscores(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE, "--job-id x --skip-op-error false");

    DJ_CHECK_TEXT(dj_config_get(doc)->job_id, "x");
    DJ_CHECK(!dj_config_get(doc)->skip_op_error);
    dj_config_free(doc);
}

static void everything_can_come_from_the_command_line(void)
{
    struct dj_config_doc *doc =
        load(NULL, "--dataset_path in.jsonl --export_path o.jsonl "
                   "--process [whitespace_normalization_mapper]");

    DJ_CHECK(dj_config_get(doc)->config_path == NULL);
    DJ_CHECK_INT(dj_config_get(doc)->recipe.count, 1);
    dj_config_free(doc);
    load_fails(NULL, "--dataset_path in.jsonl --process []",
               "command line: export_path is missing");
}

static void the_words_are_kept_for_the_resume_command(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE, "--debug");
    const struct dj_config_args *args = dj_config_command_line(doc);

    DJ_CHECK_INT(args->argc, 3);
    DJ_CHECK_TEXT(args->argv[2], "--debug");
    dj_config_free(doc);
}

/* --- problems ------------------------------------------------------------------------
 */

static void a_problem_has_place_key_and_value(void)
{
    load_fails(LOAD_BASE "partition:\n  size: many\n", "",
               "r.yaml:5:9: partition.size: \"many\" is not a whole number");
    load_fails(LOAD_BASE "partition_size: 0\n", "",
               "r.yaml:4:17: partition_size: 0 is less than 1");
    load_fails(LOAD_BASE, "--partition.size many",
               "--partition.size: \"many\" is not a whole number");
    load_fails(LOAD_BASE "partition: 5\n", "", "r.yaml:4:12: partition is a section");
    load_fails(LOAD_BASE, "--partition 5", "--partition is a section");
}

static void unknown_keys_name_the_nearest(void)
{
    load_fails(LOAD_BASE "partion:\n  size: 5\n", "",
               "r.yaml:4:1: unknown key partion; was partition meant?");
    load_fails(LOAD_BASE "partition:\n  sise: 5\n", "",
               "unknown key partition.sise; was partition.size meant?");
    load_fails(LOAD_BASE "max_size_mb: 5\n", "", "was partition.max_size_mb meant?");
    load_fails(LOAD_BASE, "--exprot_path x", "unknown key --exprot_path; was --export_p");
    load_fails(LOAD_BASE "something_else: 5\n", "", "dj-mpi docs reference lists all");
    load_fails(LOAD_BASE "text_length_filter: {min_len: 5}\n", "",
               "text_length_filter is an operator: it belongs into the list process");
}

static void all_problems_are_reported_in_the_order_of_the_file(void)
{
    struct dj_config_doc *doc;
    struct dj_error err;
    const char *first, *second, *third;

    DJ_CHECK_STATUS(load_try("nonsense: 1\npartition_size: x\nprocess:\n  - no_such\n"
                             "dataset_path: in.jsonl\n",
                             "", &doc, &err),
                    DJ_CONFIG);
    DJ_CHECK(strncmp(err.text, "4 problems:\n", 12) == 0);
    first = strstr(err.text, "r.yaml:1:1: unknown key nonsense");
    second = strstr(err.text, "r.yaml:2:17: partition_size");
    third = strstr(err.text, "r.yaml:4:5: there is no operator no_such");
    DJ_CHECK(first != NULL && second != NULL && third != NULL);
    DJ_CHECK(first < second && second < third);
    DJ_CHECK_CONTAINS(third, "\n  r.yaml: export_path is missing");
}

static void more_problems_than_fit_are_counted(void)
{
    struct dj_config_doc *doc;
    struct dj_error err;
    struct dj_buf recipe;
    const char *text;

    dj_buf_init(&recipe);
    for (int i = 0; i < 500; i++) {
        DJ_CHECK_OK(dj_buf_printf(&recipe, "wrong_%d: 1\n", i));
    }
    DJ_CHECK_OK(dj_buf_cstr(&recipe, &text));
    DJ_CHECK_STATUS(load_try(text, "", &doc, &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "503 problems:\n");
    DJ_CHECK_CONTAINS(err.text, "\n  and ");
    DJ_CHECK(strcmp(err.text + strlen(err.text) - 5, " more") == 0);
    dj_buf_release(&recipe);
}

static void words_that_are_no_options_are_refused(void)
{
    load_fails(NULL, "r.yaml", "\"r.yaml\" stands alone; was --config r.yaml meant?");
    load_fails(LOAD_BASE, "text", "\"text\" is not expected here");
    load_fails(LOAD_BASE, "-x", "\"-x\" is not expected here");
    load_fails(LOAD_BASE, "--job_id", "--job_id needs a value: --job_id VALUE");
    load_fails(LOAD_BASE, "--job_id --debug", "--job_id needs a value");
    load_fails(LOAD_BASE, "--config r.yaml", "--config is given twice");
    load_fails(LOAD_BASE, "--process [a,", "--process:2:1: a value is missing here");
    load_fails(NULL, "", "no recipe is given");
    load_fails(NULL, "--config", "--config needs a value");
}

static void files_that_are_no_recipes_are_refused(void)
{
    load_fails(NULL, "--config no.yaml", "--config: there is no file no.yaml");
    load_fails(NULL, "--config .", "--config: . is a folder");
    load_fails("", "", "r.yaml: the recipe is empty");
    load_fails("- a\n- b\n", "", "r.yaml:1:1: a recipe consists of keys with values");
    load_fails("just text\n", "", "this is a single value");
}

static void missing_keys_are_named(void)
{
    load_fails("process: []\nexport_path: o.jsonl\n", "",
               "r.yaml: dataset_path is missing");
    load_fails("process: []\ndataset_path: i.jsonl\n", "",
               "r.yaml: export_path is missing");
    load_fails(LOAD_PATHS, "", "r.yaml: process is missing");
    load_fails(LOAD_PATHS "process:\n", "", "process is empty");
    load_fails("process: []\ndataset_path: []\nexport_path: ''\n", "",
               "r.yaml:2:15: dataset_path is missing");
    /* A value that was refused is not missing as well. */
    load_fails("process: []\ndataset_path: {a: b}\nexport_path: o.jsonl\n", "",
               "r.yaml:2:15: dataset_path: a mapping (key: value) where");
}

static void mixtures_become_paths_with_weights(void)
{
    const char *rest = "export_path: o.jsonl\nprocess: []\n";
    char *recipe = dj_xprintf("dataset_path: 0.5 a.jsonl 'b c.jsonl'\n%s", rest);
    struct dj_config_doc *doc = load(recipe, "");
    const struct dj_config *config = dj_config_get(doc);

    DJ_CHECK_INT(config->input.paths.count, 2);
    DJ_CHECK_TEXT(config->input.paths.items[1], "b c.jsonl");
    DJ_CHECK(config->input.weights[0] == 0.5 && config->input.weights[1] == 1);
    DJ_CHECK_INT(config->input.max_sample_num, 0);
    dj_config_free(doc);
    dj_xfree(recipe);

    recipe = dj_xprintf("dataset: {max_sample_num: 9, configs: [{type: local, path: a, "
                        "weight: 2}, {type: local, path: b}]}\n%s",
                        rest);
    doc = load(recipe, "");
    config = dj_config_get(doc);
    DJ_CHECK_INT(config->input.paths.count, 2);
    DJ_CHECK_TEXT(config->input.paths.items[0], "a");
    DJ_CHECK(config->input.weights[0] == 2 && config->input.weights[1] == 1);
    DJ_CHECK_INT(config->input.max_sample_num, 9);
    dj_config_free(doc);
    dj_xfree(recipe);

    load_fails("dataset: {}\nexport_path: o.jsonl\nprocess: []\n", "",
               "dataset_path is missing");
    load_fails("dataset: {configs: []}\nexport_path: o.jsonl\nprocess: []\n", "",
               "r.yaml:1:20: dataset: configs is a list of what to read");
    load_fails("dataset: {configs: [{type: remote, path: x}]}\nexport_path: o.jsonl\n"
               "process: []\n",
               "", "r.yaml:1:28: dataset: an entry of configs has \"type: local\"");
    load_fails("dataset: {max_sample_num: 0, configs: [{type: local, path: x}]}\n"
               "export_path: o.jsonl\nprocess: []\n",
               "", "dataset: max_sample_num is a number above 0");
}

static void export_form_is(const char *words, enum dj_export_form form)
{
    char *all = dj_xprintf("--export_path %s", words);
    struct dj_config_doc *doc = load(LOAD_BASE, all);

    DJ_CHECK_INT(dj_config_export_form(dj_config_get(doc)), form);
    dj_config_free(doc);
    dj_xfree(all);
}

static void input_and_output_are_checked(void)
{
    load_fails("dataset_path: a.jsonl\nexport_path: a.jsonl\nprocess: []\n", "",
               "dataset_path: a.jsonl is also the export_path");
    load_fails(LOAD_BASE, "--export_path dir.d/o", "does not tell the format");
    load_fails(LOAD_BASE, "--export_path o.csv", "does not tell the format");
    load_fails(LOAD_BASE, "--export_path o.json.gz", "does not tell the format");
    export_form_is("o.jsonl.zst", DJ_FORM_JSONL_ZSTD);
    export_form_is("o.jsonl.gz --export_type jsonl", DJ_FORM_JSONL_GZIP);
    export_form_is("o.json", DJ_FORM_JSON);
    export_form_is("o.jsonl --export_type json", DJ_FORM_JSON);
    export_form_is("o --export_type parquet", DJ_FORM_PARQUET);
    load_fails(LOAD_BASE "export_type: xml\n", "", "\"xml\" is no format of a result");
    load_fails(LOAD_BASE "text_keys: []\n", "", "r.yaml:4:12: text_keys: the name of a");
    dj_config_free(load(LOAD_BASE, "--export_path o --export_type jsonl"));
}

/* --- not here, not yet ---------------------------------------------------------------
 */

static void keys_without_effect_are_named_once(void)
{
    struct dj_config_doc *doc =
        load(LOAD_BASE "np: 4\nexecutor_type: ray\npartition: {mode: auto}\n"
                       "ds_cache_dir: {any: [thing]}\n",
             "--np 8");

    DJ_CHECK_INT(dj_config_note_count(doc), 4);
    DJ_CHECK_TEXT(dj_config_note_at(doc, 0)->key, "np");
    DJ_CHECK(load_has_note(doc, "np has no effect here, because mpirun -n"));
    DJ_CHECK(load_has_note(doc, "executor_type has no effect here, because there is no"));
    DJ_CHECK(load_has_note(doc, "partition.mode has no effect here, because"));
    dj_config_free(doc);
}

static void what_would_change_the_result_is_no_remark(void)
{
    dj_config_free(load(LOAD_BASE "encrypt_before_export: false\n", ""));
    load_fails(LOAD_BASE "encrypt_before_export: true\n", "",
               "r.yaml:4:1: encrypt_before_export is not possible here, because");
    load_fails(LOAD_BASE, "--decrypt_after_reading",
               "--decrypt_after_reading is not possible here");
}

static void what_happens_today_is_taken(void)
{
    static const char *const taken[] = {
        "intermediate_storage: {format: parquet, compression: snappy}",
        "intermediate_storage: {preserve_intermediate_data: false, format: arrow}",
        "open_tracer: true\ntrace_num: 5\nop_list_to_trace: [x]",
        "partition: {auto_configure: false}",
        "dataset: []",
        "custom_operator_paths: []",
    };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        char *recipe = dj_xprintf("%s%s\n", LOAD_BASE, taken[i]);
        struct dj_config_doc *doc = load(recipe, "");

        DJ_CHECK_INT(dj_config_note_count(doc), 0);
        dj_config_free(doc);
        dj_xfree(recipe);
    }
}

/* --- identity ------------------------------------------------------------------------
 */

#define FILTER "process:\n  - text_length_filter:\n      min_len: 5\n"

static struct dj_buf identity_of(const char *recipe, const char *words)
{
    struct dj_config_doc *doc = load(recipe, words);
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_config_identity(doc, NULL, &out));
    dj_config_free(doc);
    return out;
}

/* The difference of two configurations; "" when one job may continue the other. */
static void differ(const char *old_recipe, const char *old_words, const char *recipe,
                   const char *words, const char *difference)
{
    struct dj_buf stored = identity_of(old_recipe, old_words);
    struct dj_buf current = identity_of(recipe, words);
    struct dj_buf out;
    bool same;

    dj_buf_init(&out);
    DJ_CHECK_OK(
        dj_config_compare(dj_buf_str(&stored), dj_buf_str(&current), &out, &same));
    DJ_CHECK_STR(dj_buf_str(&out), difference);
    DJ_CHECK_INT(same, difference[0] == '\0');
    dj_buf_release(&out);
    dj_buf_release(&current);
    dj_buf_release(&stored);
}

static void an_identity_is_sealed(void)
{
    struct dj_buf stored = identity_of(LOAD_PATHS FILTER, "");

    DJ_CHECK(dj_seal_holds(dj_buf_str(&stored)));
    stored.ptr[stored.len / 2] ^= 1;
    DJ_CHECK(!dj_seal_holds(dj_buf_str(&stored)));
    dj_buf_release(&stored);
}

static void harmless_settings_may_change(void)
{
    differ(LOAD_PATHS FILTER, "", LOAD_PATHS FILTER,
           "--partition.size 5 --partition.max_size_mb 1 --work_dir x --job_id y "
           "--event_logging.enabled false --skip_op_error false --debug",
           "");
}

static void a_default_written_out_is_no_change(void)
{
    differ(LOAD_PATHS "process: [text_length_filter]\n", "",
           LOAD_PATHS "process:\n  - text_length_filter: {min_len: 10, num_proc: 3}\n",
           "", "");
}

static void frozen_settings_may_not_change(void)
{
    differ(LOAD_PATHS FILTER, "", LOAD_PATHS FILTER,
           "--export_path other.jsonl --keep_stats_in_res_ds true",
           "  export_path: \"other.jsonl\" was \"out.jsonl\"\n"
           "  keep_stats_in_res_ds: true was false\n");
    differ(LOAD_PATHS FILTER, "", LOAD_PATHS FILTER, "--text_keys a",
           "  text_keys: [\"a\"] was [\"text\"]\n");
}

static void a_changed_parameter_is_named(void)
{
    differ(LOAD_PATHS FILTER, "", LOAD_PATHS FILTER,
           "--text_length_filter.max_len 9223372036854775806",
           "  process[0] text_length_filter.max_len: 9223372036854775806 was "
           "9223372036854775807\n");
}

static void a_new_operator_does_not_hide_the_others(void)
{
    differ(LOAD_PATHS "process:\n  - text_length_filter: {min_len: 5}\n", "",
           LOAD_PATHS "process:\n  - whitespace_normalization_mapper:\n"
                      "  - text_length_filter: {min_len: 6}\n",
           "",
           "  process[0]: whitespace_normalization_mapper is new\n"
           "  process[1] text_length_filter.min_len: 6 was 5\n");
    differ(LOAD_PATHS "process: [text_length_filter, words_num_filter]\n", "",
           LOAD_PATHS "process: [text_length_filter]\n", "",
           "  process[1]: words_num_filter is gone\n");
    differ(LOAD_PATHS "process: [text_length_filter]\n", "",
           LOAD_PATHS "process: [words_num_filter]\n", "",
           "  process[0]: text_length_filter is gone\n"
           "  process[0]: words_num_filter is new\n");
}

/* --- printing ------------------------------------------------------------------------
 */

static void operators_have_the_place_of_the_recipe(void)
{
    struct dj_config_doc *doc = load(LOAD_BASE, "");
    char place[DJ_CONFIG_PLACE];

    dj_config_place(doc, "process", place);
    DJ_CHECK_TEXT(place, "r.yaml: ");
    dj_config_free(doc);
}

static void printed_values_have_their_source(void)
{
    struct dj_config_doc *doc =
        load(LOAD_PATHS FILTER "partition_size: 5\n", "--debug true");
    struct dj_buf out;
    const char *text;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_config_print(doc, false, &out));
    DJ_CHECK_OK(dj_buf_cstr(&out, &text));
    DJ_CHECK_CONTAINS(text, "  # r.yaml:6, as partition_size\n");
    DJ_CHECK_CONTAINS(text, "\ndebug: true                                       # comm");
    DJ_CHECK_CONTAINS(text, "\n      min_len: 5                                  # r.ya");
    dj_buf_release(&out);
    dj_config_free(doc);
}

static void what_is_printed_is_a_recipe_with_the_same_identity(void)
{
    struct dj_config_doc *doc =
        load(LOAD_PATHS "process:\n  - text_length_filter: {min_len: 5, "
                        "reversed_range: true}\n  - words_num_filter:\n",
             "--export_shard_size 4096 --text_keys a,b");
    struct dj_buf out, stored, current;
    const char *text;

    dj_buf_init(&out);
    dj_buf_init(&stored);
    DJ_CHECK_OK(dj_config_print(doc, false, &out));
    DJ_CHECK_OK(dj_config_identity(doc, NULL, &stored));
    dj_config_free(doc);
    DJ_CHECK_OK(dj_buf_cstr(&out, &text));
    current = identity_of(text, "");
    DJ_CHECK(dj_str_equal(dj_buf_str(&stored), dj_buf_str(&current)));
    dj_buf_release(&current);
    dj_buf_release(&stored);
    dj_buf_release(&out);
}

static void the_reference_is_a_recipe_of_defaults(void)
{
    struct dj_buf page;
    struct dj_config_doc *doc;
    const char *text;

    dj_buf_init(&page);
    DJ_CHECK_OK(dj_config_reference(&page));
    DJ_CHECK_OK(dj_buf_cstr(&page, &text));
    doc = load(text, "");
    DJ_CHECK_INT(dj_config_note_count(doc), 0);
    DJ_CHECK_INT(dj_config_get(doc)->partition.size, 1000);
    for (const struct dj_param *p = dj_config_params(); p->name != NULL; p++) {
        const char *dot = strrchr(p->name, '.');
        char *key = dj_xprintf("%s: ", dot == NULL ? p->name : dot + 1);

        DJ_CHECK_CONTAINS(text, key);
        dj_xfree(key);
    }
    dj_config_free(doc);
    dj_buf_release(&page);
}

int main(void)
{
    char *folder = load_begin();

    DJ_TEST(every_key_of_data_juicer_is_known);
    DJ_TEST(the_table_is_sound);
    DJ_TEST(the_defaults_are_those_of_the_design);
    DJ_TEST(the_command_line_wins_over_the_file);
    DJ_TEST(the_last_of_two_options_wins);
    DJ_TEST(an_older_name_is_read_where_the_key_is_absent);
    DJ_TEST(a_key_wins_over_its_older_names_in_any_order);
    DJ_TEST(a_key_wins_even_when_it_is_zero_or_false);
    DJ_TEST(older_names_have_an_order_among_themselves);
    DJ_TEST(null_leaves_the_default);
    DJ_TEST(keys_may_be_written_with_dots);
    DJ_TEST(resume_is_the_job_id);
    DJ_TEST(lists_are_given_in_several_ways);
    DJ_TEST(texts_of_the_command_line_stand_as_they_are);
    DJ_TEST(dashes_stand_for_underscores);
    DJ_TEST(everything_can_come_from_the_command_line);
    DJ_TEST(the_words_are_kept_for_the_resume_command);
    DJ_TEST(a_problem_has_place_key_and_value);
    DJ_TEST(unknown_keys_name_the_nearest);
    DJ_TEST(all_problems_are_reported_in_the_order_of_the_file);
    DJ_TEST(more_problems_than_fit_are_counted);
    DJ_TEST(words_that_are_no_options_are_refused);
    DJ_TEST(files_that_are_no_recipes_are_refused);
    DJ_TEST(missing_keys_are_named);
    DJ_TEST(mixtures_become_paths_with_weights);
    DJ_TEST(input_and_output_are_checked);
    DJ_TEST(keys_without_effect_are_named_once);
    DJ_TEST(what_would_change_the_result_is_no_remark);
    DJ_TEST(what_happens_today_is_taken);
    DJ_TEST(an_identity_is_sealed);
    DJ_TEST(harmless_settings_may_change);
    DJ_TEST(a_default_written_out_is_no_change);
    DJ_TEST(frozen_settings_may_not_change);
    DJ_TEST(a_changed_parameter_is_named);
    DJ_TEST(a_new_operator_does_not_hide_the_others);
    DJ_TEST(operators_have_the_place_of_the_recipe);
    DJ_TEST(printed_values_have_their_source);
    DJ_TEST(what_is_printed_is_a_recipe_with_the_same_identity);
    DJ_TEST(the_reference_is_a_recipe_of_defaults);
    load_end(folder);
    return 0;
}
