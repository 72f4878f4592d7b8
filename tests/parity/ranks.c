/*
 * Runs the recorded cases of deduplicators and selectors as whole jobs, on however many
 * ranks this program was started with, with partitions of 1, 2 and 1000 samples: the rows
 * that Data-Juicer has left, in its order. One launch for all jobs, as a launcher takes
 * longer than a case. usage: parity_ranks FOLDER [--all] [NAME...]: a folder that all
 * ranks share; with names, only these operators. On more ranks than two a case takes one
 * of the sizes by turns, with --all each. Cases: see parity.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dj/exec.h"
#include "dj/fs.h"
#include "dj/global.h"
#include "dj/log.h"
#include "support/value.h"

enum { SKIPPED = 77, SHOWN = 300, NSIZES = 3 };

static const double slack = 1e-12;
static const char *const sizes[NSIZES] = { "1", "2", "1000" };

static struct dj_comm *comm;
static const char *folder;
static FILE *say; /* standard output without what jobs print there */
static bool all_sizes;

struct counts {
    size_t passed, not_yet, total;
};

struct test {
    const struct dj_value *node;
    const char *id, *size;
    struct dj_arena *arena;
};

/* Of a case that did not pass. */
static bool complain(const struct test *test, const char *what, struct dj_str want,
                     struct dj_str got)
{
    (void)fprintf(say, "  %s, partitions of %s: %s\n", test->id, test->size, what);
    (void)fprintf(say, "    expected %.*s\n    got      %.*s\n",
                  (int)(want.len < SHOWN ? want.len : SHOWN), want.ptr,
                  (int)(got.len < SHOWN ? got.len : SHOWN), got.ptr);
    return false;
}

/* --- one case --------------------------------------------------------------------------
 */

static enum dj_status write_input(const struct test *test, const char *path,
                                  struct dj_error *err)
{
    const struct dj_value *input = dj_value_get(test->node, "input");
    enum dj_status status = DJ_OK;
    struct dj_buf lines;

    dj_buf_init(&lines);
    for (size_t i = 0; i < input->count && status == DJ_OK; i++) {
        status = dj_buf_append(&lines, input->items[i].raw);
        if (status == DJ_OK) {
            status = dj_buf_append(&lines, DJ_STR("\n"));
        }
    }
    if (status == DJ_OK) {
        status = dj_fs_replace(path, dj_buf_str(&lines), err);
    }
    dj_buf_release(&lines);
    return status;
}

static enum dj_status write_recipe(const struct test *test, const char *path,
                                   struct dj_error *err)
{
    const struct dj_value *op = dj_value_get(test->node, "op");
    char *head = dj_xprintf("dataset_path: %s/in.jsonl\nexport_path: %s/out.jsonl\n"
                            "work_dir: %s/jobs\nskip_op_error: false\nprocess:\n  - ",
                            folder, folder, folder);
    enum dj_status status;
    struct dj_buf text;

    dj_buf_init(&text);
    status = dj_buf_append(&text, dj_str_from(head));
    if (status == DJ_OK) {
        status = dj_buf_append(&text, op->string);
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&text, DJ_STR(": "));
    }
    if (status == DJ_OK) {
        status = dj_value_write(dj_value_get(test->node, "params"), &text);
    }
    if (status == DJ_OK) {
        status = dj_fs_replace(path, dj_buf_str(&text), err);
    }
    dj_buf_release(&text);
    dj_xfree(head);
    return status;
}

/* Rank 0: what stands in the export, line by line. */
static bool compare(const struct test *test, const char *path)
{
    const struct dj_value *expected = dj_value_get(test->node, "expected");
    struct dj_buf bytes;
    struct dj_error err;
    struct dj_str left;
    bool good = true;
    size_t row = 0;

    dj_buf_init(&bytes);
    if (dj_fs_read(path, &bytes, &err) != DJ_OK ||
        dj_buf_append(&bytes, DJ_STR("\0")) != DJ_OK) {
        good = complain(test, err.text, DJ_STR("an export"), DJ_STR("none"));
    }
    left = (struct dj_str){ bytes.ptr, good ? bytes.len - 1 : 0 };
    while (good && left.len > 0) {
        const char *end = memchr(left.ptr, '\n', left.len);
        const struct dj_str line = { left.ptr,
                                     end == NULL ? left.len : (size_t)(end - left.ptr) };
        const struct dj_value *got = dj_value_parse(line, test->arena);

        if (row == expected->count) {
            good = complain(test, "too many rows", DJ_STR("nothing"), line);
        } else if (got == NULL || !dj_value_equal(&expected->items[row], got, slack)) {
            good = complain(test, "another row", expected->items[row].raw, line);
        }
        row++;
        left.len -= end == NULL ? left.len : line.len + 1;
        left.ptr += line.len + 1;
    }
    if (good && row < expected->count) {
        good =
            complain(test, "too few rows", expected->items[row].raw, DJ_STR("nothing"));
    }
    dj_buf_release(&bytes);
    return good;
}

/* Collective. */
static enum dj_status run_job(const struct test *test, struct dj_error *err)
{
    char *config = dj_fs_join(folder, "recipe.yaml");
    char *words[] = { (char *)"--config",
                      config,
                      (char *)"--job_id",
                      (char *)"case",
                      (char *)"--progress.interval",
                      (char *)"0",
                      (char *)"--fault_tolerance.max_retries",
                      (char *)"0",
                      (char *)"--partition.size",
                      (char *)test->size };
    const struct dj_config_args args = { sizeof(words) / sizeof(words[0]), words };
    struct dj_config_doc *doc = NULL;
    enum dj_status status = dj_config_load(&args, &doc, err);

    status = dj_comm_agree(comm, status, err);
    if (status == DJ_OK) {
        status = dj_exec_run(comm, doc, err);
    }
    dj_config_free(doc);
    dj_xfree(config);
    return status;
}

/* Collective; the verdict is rank 0's. */
static bool run_case(const struct test *test)
{
    const bool error = dj_value_get(test->node, "error") != NULL;
    char *in = dj_fs_join(folder, "in.jsonl");
    char *out = dj_fs_join(folder, "out.jsonl");
    char *recipe = dj_fs_join(folder, "recipe.yaml");
    char *jobs = dj_fs_join(folder, "jobs");
    const bool first = dj_comm_rank(comm) == 0;
    enum dj_status status = DJ_OK;
    struct dj_error err;
    bool good = true;

    if (first) {
        status = write_input(test, in, &err);
        if (status == DJ_OK) {
            status = write_recipe(test, recipe, &err);
        }
    }
    status = dj_comm_agree(comm, status, &err);
    if (status == DJ_OK) {
        status = run_job(test, &err);
    }
    if (first && error) {
        good = status != DJ_OK || complain(test, "Data-Juicer fails here",
                                           DJ_STR("an error"), DJ_STR("none"));
    } else if (first) {
        good = status == DJ_OK ? compare(test, out)
                               : complain(test, err.text, DJ_STR("no error"), DJ_STR(""));
    }
    if (first &&
        (dj_fs_remove_tree(jobs, &err) != DJ_OK || dj_fs_remove(out, &err) != DJ_OK)) {
        good = error && good;
    }
    dj_xfree(in);
    dj_xfree(out);
    dj_xfree(recipe);
    dj_xfree(jobs);
    return good;
}

/* --- all of them -----------------------------------------------------------------------
 */

/* Does the case need a tokenizer that the operator's table calls not yet possible? */
static bool asks_not_yet(const struct test *test)
{
    const struct dj_value *tokens =
        dj_value_get(dj_value_get(test->node, "params"), "tokenization");

    return tokens != NULL && tokens->kind == DJ_VALUE_STRING &&
           dj_str_is(tokens->string, "sentencepiece") &&
           dj_value_get(test->node, "error") == NULL;
}

/* Collective. The case with number i. */
static void run_sizes(struct test *test, size_t i, struct counts *counts)
{
    const size_t ranks = (size_t)dj_comm_size(comm);
    bool good = true;

    if (asks_not_yet(test)) {
        counts->not_yet++;
        return;
    }
    for (size_t size = 0; size < NSIZES; size++) {
        if (all_sizes || ranks <= 2 || (i + ranks) % NSIZES == size) {
            test->size = sizes[size];
            good = run_case(test) && good;
        }
    }
    counts->passed += good;
}

static void print(const char *name, const struct counts *counts)
{
    if (dj_comm_rank(comm) == 0) {
        (void)fprintf(say, "%s: %zu/%zu", name, counts->passed, counts->total);
        (void)fprintf(say, counts->not_yet > 0 ? " (%zu not yet)\n" : "\n",
                      counts->not_yet);
    }
}

/* Collective. */
static void run_file(const struct dj_op *op, const char *path, struct counts *all)
{
    struct dj_arena *arena = dj_arena_new(1 << 20);
    const struct dj_value *cases = NULL;
    struct counts counts = { 0, 0, 1 };
    struct dj_error err;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (dj_fs_read(path, &bytes, &err) == DJ_OK) {
        cases = dj_value_get(dj_value_parse(dj_buf_str(&bytes), arena), "cases");
    }
    if (cases != NULL) {
        counts.total = cases->count;
    }
    for (size_t i = 0; cases != NULL && i < cases->count; i++) {
        const struct dj_value *id = dj_value_get(&cases->items[i], "id");
        char *name = dj_xstrndup(id->string.ptr, id->string.len);
        struct test test = { &cases->items[i], name, NULL, arena };

        run_sizes(&test, i, &counts);
        dj_xfree(name);
    }
    print(op->name, &counts);
    all->passed += counts.passed;
    all->not_yet += counts.not_yet;
    all->total += counts.total;
    dj_buf_release(&bytes);
    dj_arena_free(arena);
}

static bool asked_for(const char *name, int argc, char **argv)
{
    bool asked = argc == 0;

    for (int i = 0; i < argc; i++) {
        asked = asked || strcmp(argv[i], name) == 0;
    }
    return asked;
}

/* Collective. The names of operators. */
static int run_all(int argc, char **argv)
{
    struct counts all = { 0 };

    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);
        char *path = dj_xprintf("cases/%s.json", op->name);

        if (op->global != NULL && asked_for(op->name, argc, argv) && dj_fs_exists(path)) {
            run_file(op, path, &all);
        }
        dj_xfree(path);
    }
    print("total", &all);
    /* Other ranks have not compared anything. */
    return dj_comm_rank(comm) == 0 && all.passed + all.not_yet < all.total ? 1 : 0;
}

int main(int argc, char **argv)
{
    const char *given = getenv("DJ_PARITY_DIR");
    const char *source = getenv("DJ_SOURCE_DIR");
    char *cases = given != NULL && given[0] != '\0'
                      ? dj_xstrdup(given)
                      : dj_fs_join(source == NULL ? "." : source, "../shared/parity");
    struct dj_error err;
    int code;

    if (argc < 2 || chdir(cases) != 0 || !dj_fs_is_dir("cases")) {
        (void)printf("skipped: no recorded results in %s; set DJ_PARITY_DIR\n", cases);
        dj_xfree(cases);
        return SKIPPED;
    }
    dj_xfree(cases);
    folder = argv[1];
    say = fdopen(dup(STDOUT_FILENO), "w");
    dj_log_set_level(DJ_LOG_ERROR);
    if (say == NULL || freopen("/dev/null", "w", stdout) == NULL ||
        dj_comm_open(&comm, &err) != DJ_OK) {
        return 1;
    }
    all_sizes = argc > 2 && strcmp(argv[2], "--all") == 0;
    code = run_all(argc - 2 - all_sizes, argv + 2 + all_sizes);
    dj_comm_close(comm);
    (void)fclose(say);
    return code;
}
