/*
 * Runs the recorded cases of Data-Juicer for every operator that is in the table:
 * $DJ_PARITY_DIR/cases/<name>.json, else those in ../shared/parity beside the source.
 * Prints "name: passed/total" and, of failing cases, sample, expected and got. Samples
 * go through the real reader, chain and writer. With names as arguments, only these.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dj/fs.h"
#include "parity/hashes.h"
#include "support/op_run.h"
#include "support/value.h"

enum { SKIPPED = 77, SHOWN = 300 };

static const double stat_slack = 1e-12;

enum verdict { PASSED, FAILED, NOT_YET };

struct test {
    const struct dj_value *node;
    const char *id;
    struct dj_arena *arena;
    struct dj_op_run run;
    struct dj_error err;
};

static enum verdict complain(const struct test *test, const char *what)
{
    (void)printf("  %s: %s\n", test->id, what);
    return FAILED;
}

static void show(const char *label, struct dj_str text)
{
    const size_t len = text.len < SHOWN ? text.len : SHOWN;

    (void)printf("    %s %.*s%s\n", label, (int)len, text.ptr == NULL ? "" : text.ptr,
                 len < text.len ? "..." : "");
}

static enum verdict complain_row(const struct test *test, size_t row, const char *what,
                                 struct dj_str want, struct dj_str got)
{
    const int64_t line = dj_batch_origin(test->run.batch, row).row;

    (void)printf("  %s: row %zu: %s\n", test->id, row, what);
    show("input   ", dj_value_get(test->node, "input")->items[line].raw);
    show("expected", want);
    show("got     ", got);
    return FAILED;
}

/* Reads the parameters as a recipe would be read. */
static enum dj_status open_case(struct test *test, const struct dj_op *op)
{
    const struct dj_value *params = dj_value_get(test->node, "params");
    struct dj_yaml *doc = NULL;
    struct dj_buf text;
    enum dj_status status;

    dj_buf_init(&text);
    status = dj_value_write(params, &text);
    if (status == DJ_OK) {
        status = dj_yaml_parse(dj_buf_str(&text), "params", &doc, &test->err);
    }
    if (status == DJ_OK) {
        status = dj_op_run_open(&test->run, op, dj_yaml_root(doc), "params", false,
                                &test->err);
    }
    dj_yaml_free(doc);
    dj_buf_release(&text);
    return status;
}

static enum dj_status run_case(struct test *test)
{
    const struct dj_value *input = dj_value_get(test->node, "input");
    struct dj_str *lines = dj_xcalloc(input->count + 1, sizeof(*lines));
    enum dj_status status;

    for (size_t i = 0; i < input->count; i++) {
        lines[i] = dj_arena_copy(test->arena, input->items[i].raw);
    }
    status = dj_op_run_lines(&test->run, lines, input->count, &test->err);
    dj_xfree(lines);
    return status;
}

static bool row_is_live(const struct test *test, size_t row)
{
    return dj_batch_state(test->run.batch, row) == DJ_ROW_LIVE;
}

static enum verdict check_keep(const struct test *test)
{
    const struct dj_value *keep = dj_value_get(test->node, "keep");
    size_t next = 0;

    for (size_t row = 0; keep != NULL && row < dj_batch_count(test->run.batch); row++) {
        const bool kept =
            next < keep->count && keep->items[next].integer == dj_i64_from_size(row);

        if (kept != row_is_live(test, row)) {
            return complain_row(test, row, "is it kept?",
                                kept ? DJ_STR("yes") : DJ_STR("no"),
                                kept ? DJ_STR("no") : DJ_STR("yes"));
        }
        next += kept;
    }
    return PASSED;
}

static bool stat_equal(const char *name, const struct dj_value *want,
                       const struct dj_value *got)
{
    if (want == NULL || got == NULL) { /* null is as good as absent */
        const struct dj_value *other = want == NULL ? got : want;

        return other == NULL || other->kind == DJ_VALUE_NULL;
    }
    if (strcmp(name, "perplexity") == 0) {
        return fabs(want->number - got->number) <= 0.1;
    }
    return dj_value_equal(want, got, strcmp(name, "lang_score") == 0 ? 1e-5 : stat_slack);
}

/* The statistics of every row that went in, also of those that were dropped. */
static enum verdict check_stats(struct test *test)
{
    const struct dj_value *stats = dj_value_get(test->node, "stats");
    const struct dj_recipe_op *op = &test->run.op;
    const char *name;

    for (size_t row = 0; stats != NULL && row < stats->count; row++) {
        for (size_t stat = 0; (name = dj_op_stat(op->op, op->conf, stat)) != NULL;
             stat++) {
            const struct dj_value *want = dj_value_get(&stats->items[row], name);
            const struct dj_value *got = NULL;
            struct dj_str json = { NULL, 0 };

            if (dj_batch_stat_json(test->run.batch, row, stat, test->arena, &json) !=
                DJ_OK) {
                return complain(test, "no memory");
            }
            if (json.ptr != NULL) {
                got = dj_value_parse(json, test->arena);
            }
            if (!stat_equal(name, want, got)) {
                return complain_row(test, row, name,
                                    want == NULL ? DJ_STR("nothing") : want->raw,
                                    got == NULL ? DJ_STR("nothing") : json);
            }
        }
    }
    return PASSED;
}

/* Of every row that went in. */
static enum verdict check_hashes(const struct test *test)
{
    const struct dj_value *hashes = dj_value_get(test->node, "hashes");

    for (size_t row = 0; hashes != NULL && row < hashes->count; row++) {
        const char *differs = dj_hashes_differ(&test->run, row, &hashes->items[row]);

        if (differs != NULL) {
            return complain_row(test, row, differs, hashes->items[row].raw,
                                DJ_STR("another one"));
        }
    }
    return PASSED;
}

/* The row as it would be exported with all its columns. */
static struct dj_value *encoded_row(const struct test *test, size_t row,
                                    struct dj_str *line)
{
    struct dj_value *value = NULL;
    struct dj_buf buf;

    dj_buf_init(&buf);
    if (dj_batch_encode(test->run.batch, row, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, &buf) ==
        DJ_OK) {
        *line = dj_arena_copy(test->arena, dj_buf_str(&buf));
        value = dj_value_parse(*line, test->arena);
    }
    dj_buf_release(&buf);
    return value;
}

/* Statistics that are not expected are left out; null is as good as absent. */
static void forget_stats(struct dj_value *got, const struct dj_value *want)
{
    struct dj_value *stats = dj_value_get(got, "__dj__stats__");

    if (stats != NULL && dj_value_get(want, "__dj__stats__") == NULL) {
        stats->kind = DJ_VALUE_NULL;
    }
}

static enum verdict check_expected(const struct test *test)
{
    const struct dj_value *expected = dj_value_get(test->node, "expected");
    const size_t count = expected == NULL ? 0 : expected->count;

    for (size_t i = 0; i < test->run.left; i++) {
        const size_t row = test->run.order[i];
        struct dj_value *got;
        struct dj_str line = { 0 };

        if (i == count) {
            return complain_row(test, row, "too many rows", DJ_STR("nothing"),
                                DJ_STR("a row"));
        }
        got = encoded_row(test, row, &line);
        if (got != NULL) {
            forget_stats(got, &expected->items[i]);
        }
        if (got == NULL || !dj_value_equal(&expected->items[i], got, stat_slack)) {
            return complain_row(test, row, "another value", expected->items[i].raw, line);
        }
    }
    return test->run.left == count ? PASSED : complain(test, "too few rows");
}

/* Does the case need what the operator's table calls not yet possible? */
static bool asks_not_yet(const struct test *test, const struct dj_op *op)
{
    const struct dj_value *params = dj_value_get(test->node, "params");
    bool asks = false;

    for (size_t i = 0; i < params->count; i++) {
        char *name = dj_xstrndup(params->keys[i].ptr, params->keys[i].len);
        const struct dj_param *param = dj_param_find(op->params, name);

        asks = asks || (param != NULL && (param->flags & DJ_PARAM_NOT_YET) != 0);
        dj_xfree(name);
    }
    return asks;
}

static enum verdict check_case(struct test *test, const struct dj_op *op)
{
    const bool error = dj_value_get(test->node, "error") != NULL;
    enum dj_status status = open_case(test, op);
    enum verdict verdict;

    if (status == DJ_CONFIG && !error && asks_not_yet(test, op)) {
        (void)printf("  %s: not yet: %s\n", test->id, test->err.text);
        return NOT_YET;
    }
    if (status == DJ_OK) {
        status = run_case(test);
    }
    if (error || status != DJ_OK) {
        return error && status != DJ_OK
                   ? PASSED
                   : complain(test, error ? "Data-Juicer fails here" : test->err.text);
    }
    verdict = check_keep(test);
    if (verdict == PASSED) {
        verdict = check_stats(test);
    }
    if (verdict == PASSED) {
        verdict = check_hashes(test);
    }
    return verdict == PASSED ? check_expected(test) : verdict;
}

/* Adds to totals[verdict]; false when the file cannot be read. */
static bool run_file(const struct dj_op *op, const char *path, size_t *totals)
{
    struct dj_arena *arena = dj_arena_new(1 << 20);
    const struct dj_value *cases = NULL;
    size_t counts[3] = { 0 };
    struct dj_error err;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    if (dj_fs_read(path, &bytes, &err) == DJ_OK) {
        cases = dj_value_get(dj_value_parse(dj_buf_str(&bytes), arena), "cases");
    }
    for (size_t i = 0; cases != NULL && i < cases->count; i++) {
        const struct dj_value *id = dj_value_get(&cases->items[i], "id");
        char *name = dj_xstrndup(id->string.ptr, id->string.len);
        struct test test = { .node = &cases->items[i], .id = name, .arena = arena };

        counts[check_case(&test, op)]++;
        dj_op_run_close(&test.run);
        dj_xfree(name);
    }
    if (cases != NULL) {
        (void)printf("%s: %zu/%zu", op->name, counts[PASSED], cases->count);
        (void)printf(counts[NOT_YET] > 0 ? " (%zu not yet)\n" : "\n", counts[NOT_YET]);
    } else {
        (void)printf("%s: not readable\n", path);
    }
    for (size_t i = 0; i < 3; i++) {
        totals[i] += counts[i];
    }
    dj_buf_release(&bytes);
    dj_arena_free(arena);
    return cases != NULL;
}

static char *find_folder(void)
{
    const char *given = getenv("DJ_PARITY_DIR");
    const char *source = getenv("DJ_SOURCE_DIR");

    if (given != NULL && given[0] != '\0') {
        return dj_xstrdup(given);
    }
    return dj_fs_join(source == NULL ? "." : source, "../shared/parity");
}

static bool asked_for(const char *name, int argc, char **argv)
{
    bool asked = argc < 2;

    for (int i = 1; i < argc; i++) {
        asked = asked || strcmp(argv[i], name) == 0;
    }
    return asked;
}

int main(int argc, char **argv)
{
    char *folder = find_folder();
    size_t totals[3] = { 0 };
    bool readable = true;

    /* Paths in parameters are relative to the folder. */
    if (chdir(folder) != 0 || !dj_fs_is_dir("cases")) {
        (void)printf("skipped: no recorded results in %s; set DJ_PARITY_DIR\n", folder);
        dj_xfree(folder);
        return SKIPPED;
    }
    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);
        char *path = dj_xprintf("cases/%s.json", op->name);

        if (asked_for(op->name, argc, argv) && dj_fs_exists(path)) {
            readable = run_file(op, path, totals) && readable;
        }
        dj_xfree(path);
    }
    (void)printf("total: %zu passed, %zu failed, %zu not yet\n", totals[PASSED],
                 totals[FAILED], totals[NOT_YET]);
    dj_xfree(folder);
    return readable && totals[FAILED] == 0 ? 0 : 1;
}
