/*
 * Runs the cases of one operator, tests/ops/<kind>/<name>.yaml. Each case runs three
 * times: all samples in one batch, one sample a batch, and in reversed order; what
 * becomes of a sample must be the same each time. Cases of global operators run once, on
 * 1, 2, 3 and 8 ranks as it were, and what is noted of a sample must not depend on
 * others.
 *
 *   op: text_length_filter
 *   cases:
 *     - name: what this case shows          example: true puts it into the manual
 *       params: { min_len: 3 }
 *       in: [text, { text: a whole sample, id: 1 }]
 *       out: [...]                           the samples that are left, in order
 *       stats: { text_len: [4, 14] }         one for each of in; null for none (of
 * several rows made of one sample the first one's) meta: [{ tag: 1 }, null] __dj__meta__
 * of each; null: is not looked at rejected: { 1: part of the reason }  places in in, from
 * 0 error: part of the message           the parameters or the operator refuse
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dj/fs.h"
#include "dj/json.h"
#include "support/op_run.h"
#include "support/value.h"

/* What became of one sample, or of a row that was made of it. */
struct outcome {
    struct outcome *next; /* of the same sample */
    enum dj_row_state state;
    const char *reason;
    struct dj_str line; /* encoded, when it is live */
    struct dj_str stats;
};

struct test {
    const struct dj_op *op;
    const struct dj_yaml_node *node; /* the case */
    const char *name;
    const char *path;
    struct dj_arena *arena;
    struct dj_str *lines;
    size_t count;
    struct outcome **outcomes; /* of each sample */
    struct outcome **rows;     /* of each row of the first run */
    size_t *order;             /* of rows that are left; one may come twice */
    size_t left;
};

static const char *const known_keys[] = { "name",  "example", "params",   "in",   "out",
                                          "stats", "meta",    "rejected", "error" };

enum { NKEYS = sizeof(known_keys) / sizeof(known_keys[0]) };

static bool complain(const struct test *test, const char *what, const char *got)
{
    (void)fprintf(stderr, "%s:%d: %s: %s%s\n", test->path, test->node->line, test->name,
                  what, got);
    return false;
}

static struct dj_str keep(struct test *test, const struct dj_buf *buf)
{
    return dj_arena_copy(test->arena, dj_buf_str(buf));
}

/* A text stands for a sample that has nothing else. */
static enum dj_status line_of(const struct dj_yaml_node *node, struct dj_buf *out)
{
    if (node->kind == DJ_YAML_MAPPING) {
        return dj_yaml_to_json(node, out);
    }
    DJ_TRY(dj_buf_append(out, DJ_STR("{\"text\": ")));
    DJ_TRY(dj_json_quote(out, (struct dj_str){ node->text, node->len }));
    return dj_buf_putc(out, '}');
}

static bool read_lines(struct test *test)
{
    const struct dj_yaml_node *in = dj_yaml_get(test->node, "in");
    struct dj_buf buf;
    bool read = true;

    test->count = in == NULL ? 0 : in->count;
    test->lines = dj_xcalloc(test->count + 1, sizeof(*test->lines));
    dj_buf_init(&buf);
    for (size_t i = 0; i < test->count && read; i++) {
        dj_buf_reset(&buf);
        read = line_of(in->items[i], &buf) == DJ_OK;
        test->lines[i] = keep(test, &buf);
    }
    dj_buf_release(&buf);
    return read || complain(test, "no memory", "");
}

static bool take_outcome(struct test *test, struct dj_op_run *run, size_t row,
                         struct outcome *outcome)
{
    const char *reason = dj_batch_reason(run->batch, row);
    struct dj_buf buf;
    bool taken = true;

    dj_buf_init(&buf);
    *outcome = (struct outcome){ .state = dj_batch_state(run->batch, row) };
    if (outcome->state == DJ_ROW_REJECTED) {
        outcome->reason =
            dj_arena_copy(test->arena, (struct dj_str){ reason, strlen(reason) + 1 }).ptr;
    }
    if (outcome->state == DJ_ROW_LIVE) {
        taken = dj_batch_encode(run->batch, row, 0, &buf) == DJ_OK;
        outcome->line = keep(test, &buf);
        dj_buf_reset(&buf);
    }
    if (outcome->state != DJ_ROW_REJECTED) {
        taken = taken && dj_batch_encode_stats(run->batch, row, &buf) == DJ_OK;
        outcome->stats = keep(test, &buf);
    }
    dj_buf_release(&buf);
    return taken || complain(test, "no memory", "");
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
    return a->state == b->state && dj_str_equal(a->line, b->line) &&
           dj_str_equal(a->stats, b->stats) &&
           (a->reason == NULL ? b->reason == NULL
                              : b->reason != NULL && strcmp(a->reason, b->reason) == 0);
}

static struct outcome *new_outcome(const struct test *test)
{
    struct outcome *outcome = dj_arena_alloc(test->arena, sizeof(*outcome));

    *outcome = (struct outcome){ 0 };
    return outcome;
}

/* The rows [*row, ...) that are of one sample; *known are those of an earlier run. */
static bool run_sample(struct test *test, struct dj_op_run *run, size_t *row,
                       struct outcome **known, bool first)
{
    const int64_t line = dj_batch_origin(run->batch, *row).row;
    const size_t count = dj_batch_count(run->batch);

    for (; *row < count && dj_batch_origin(run->batch, *row).row == line; ++*row) {
        struct outcome *outcome = new_outcome(test);

        if (!take_outcome(test, run, *row, outcome)) {
            return false;
        }
        if (first) {
            *known = outcome;
            test->rows[*row] = outcome;
        } else if (*known == NULL || !same_outcome(*known, outcome)) {
            return false;
        }
        known = &(*known)->next;
    }
    return *known == NULL;
}

/* The samples of lines; places[i] is where they belong. */
static bool run_batch(struct test *test, struct dj_op_run *run,
                      const struct dj_str *lines, const size_t *places, size_t count)
{
    const bool first = test->rows == NULL;
    struct dj_error err;
    size_t row = 0;

    if (dj_op_run_lines(run, lines, count, &err) != DJ_OK) {
        return complain(test, "the operator failed: ", err.text);
    }
    if (first) {
        test->rows = dj_xcalloc(dj_batch_count(run->batch) + 1, sizeof(struct outcome *));
    }
    for (size_t i = 0; i < count; i++) {
        if (!run_sample(test, run, &row, &test->outcomes[places[i]], first)) {
            return complain(test, "the result depends on the batch: sample ",
                            test->lines[places[i]].ptr);
        }
    }
    return true;
}

static void keep_order(struct test *test, const struct dj_op_run *run)
{
    test->order = dj_xcalloc(run->left + 1, sizeof(*test->order));
    test->left = run->left;
    memcpy(test->order, run->order, run->left * sizeof(*test->order));
}

static bool run_ways(struct test *test, struct dj_op_run *run)
{
    const size_t again = test->op->global != NULL ? 0 : test->count;
    struct dj_str *lines = dj_xcalloc(test->count + 1, sizeof(*lines));
    size_t *places = dj_xcalloc(test->count + 1, sizeof(*places));
    bool passed;

    test->outcomes = dj_xcalloc(test->count + 1, sizeof(struct outcome *));
    for (size_t i = 0; i < test->count; i++) {
        places[i] = i;
    }
    passed = run_batch(test, run, test->lines, places, test->count);
    if (passed) {
        keep_order(test, run);
    }
    for (size_t i = 0; i < again && passed; i++) {
        passed = run_batch(test, run, &test->lines[i], &places[i], 1);
    }
    for (size_t i = 0; i < test->count; i++) {
        places[i] = test->count - 1 - i;
        lines[i] = test->lines[places[i]];
    }
    passed = passed && (again == 0 || run_batch(test, run, lines, places, again));
    dj_xfree(lines);
    dj_xfree(places);
    return passed;
}

/* A text is compared with the member "text" alone. */
static bool check_line(struct test *test, const struct dj_yaml_node *want,
                       struct dj_str line)
{
    const struct dj_value *got = dj_value_parse(line, test->arena);
    struct dj_buf buf;
    bool equal;

    dj_buf_init(&buf);
    if (want->kind == DJ_YAML_MAPPING) {
        const struct dj_value *value = NULL;

        if (dj_yaml_to_json(want, &buf) == DJ_OK) {
            value = dj_value_parse(keep(test, &buf), test->arena);
        }
        equal = got != NULL && value != NULL && dj_value_equal(got, value, 0.0);
    } else {
        const struct dj_value *text = dj_value_get(got, "text");

        equal = text != NULL && text->kind == DJ_VALUE_STRING &&
                dj_str_equal(text->string, (struct dj_str){ want->text, want->len });
    }
    dj_buf_release(&buf);
    return equal;
}

static bool check_out(struct test *test)
{
    const struct dj_yaml_node *out = dj_yaml_get(test->node, "out");

    for (size_t i = 0; i < test->left && out != NULL; i++) {
        const struct outcome *outcome = test->rows[test->order[i]];

        if (i == out->count) {
            return complain(test, "kept, but not in out: ", outcome->line.ptr);
        }
        if (!check_line(test, out->items[i], outcome->line)) {
            return complain(test, "not as in out: ", outcome->line.ptr);
        }
    }
    return out == NULL || test->left == out->count ||
           complain(test, "fewer samples are kept than in out", "");
}

static bool check_stat(struct test *test, const char *name, size_t row,
                       const struct dj_yaml_node *want)
{
    const struct dj_value *stats = NULL;
    const struct dj_value *got = NULL;
    const struct dj_value *value = NULL;
    struct dj_buf json;

    if (test->outcomes[row]->stats.ptr != NULL) {
        stats = dj_value_get(dj_value_parse(test->outcomes[row]->stats, test->arena),
                             "__dj__stats__");
        got = dj_value_get(stats, name);
    }
    if (dj_yaml_as_null(want)) {
        return got == NULL || got->kind == DJ_VALUE_NULL;
    }
    dj_buf_init(&json);
    if (dj_yaml_to_json(want, &json) == DJ_OK) {
        value = dj_value_parse(keep(test, &json), test->arena);
    }
    dj_buf_release(&json);
    return got != NULL && value != NULL && dj_value_equal(got, value, 1e-9);
}

static bool check_stats(struct test *test)
{
    const struct dj_yaml_node *stats = dj_yaml_get(test->node, "stats");

    for (size_t i = 0; stats != NULL && i < stats->count; i++) {
        const char *name = stats->pairs[i].key->text;
        const struct dj_yaml_node *values = stats->pairs[i].value;

        if (values->count != test->count) {
            return complain(test, "stats needs one value for each of in: ", name);
        }
        for (size_t row = 0; row < test->count; row++) {
            if (!check_stat(test, name, row, values->items[row])) {
                (void)fprintf(stderr, "sample %zu: %s", row,
                              test->outcomes[row]->stats.ptr == NULL
                                  ? "rejected\n"
                                  : test->outcomes[row]->stats.ptr);
                return complain(test, "another value of ", name);
            }
        }
    }
    return true;
}

static bool check_meta(struct test *test)
{
    const struct dj_yaml_node *meta = dj_yaml_get(test->node, "meta");

    for (size_t row = 0; meta != NULL && row < test->count; row++) {
        const struct dj_value *want = NULL, *got = NULL;
        struct dj_buf json;

        if (row >= meta->count) {
            return complain(test, "meta needs one value for each of in", "");
        }
        if (dj_yaml_as_null(meta->items[row])) {
            continue;
        }
        dj_buf_init(&json);
        if (dj_yaml_to_json(meta->items[row], &json) == DJ_OK) {
            want = dj_value_parse(keep(test, &json), test->arena);
        }
        dj_buf_release(&json);
        if (test->outcomes[row]->stats.ptr != NULL) {
            got = dj_value_get(dj_value_parse(test->outcomes[row]->stats, test->arena),
                               "__dj__meta__");
        }
        if (want == NULL || got == NULL || !dj_value_equal(want, got, 0.0)) {
            return complain(test, "another meta: ",
                            got == NULL ? "none" : test->outcomes[row]->stats.ptr);
        }
    }
    return true;
}

/* Why it, or a row that was made of it, was set aside. */
static const char *reason_of(const struct outcome *outcome)
{
    while (outcome->reason == NULL && outcome->next != NULL) {
        outcome = outcome->next;
    }
    return outcome->reason;
}

static bool check_rejected(struct test *test)
{
    const struct dj_yaml_node *rejected = dj_yaml_get(test->node, "rejected");

    for (size_t row = 0; row < test->count; row++) {
        const char *reason = reason_of(test->outcomes[row]);
        char key[32];
        const struct dj_yaml_node *want;

        (void)snprintf(key, sizeof(key), "%zu", row);
        want = rejected == NULL ? NULL : dj_yaml_get(rejected, key);
        if (reason != NULL && want == NULL) {
            return complain(test, "rejected: ", reason);
        }
        if (want != NULL && (reason == NULL || strstr(reason, want->text) == NULL)) {
            return complain(test, "not rejected for this reason: ", want->text);
        }
    }
    return true;
}

static bool check_error(struct test *test, enum dj_status status,
                        const struct dj_error *err)
{
    const struct dj_yaml_node *want = dj_yaml_get(test->node, "error");

    if (want == NULL) {
        return complain(test, "refused: ", err->text);
    }
    if (status == DJ_OK) {
        return complain(test, "not refused: ", want->text);
    }
    return strstr(err->text, want->text) != NULL ||
           complain(test, "refused with another message: ", err->text);
}

static bool run_case(struct test *test)
{
    struct dj_error err = { 0 };
    struct dj_op_run run;
    enum dj_status status;
    bool passed;

    for (size_t i = 0; i < test->node->count; i++) {
        const char *key = test->node->pairs[i].key->text;
        size_t known = 0;

        while (known < NKEYS && strcmp(key, known_keys[known]) != 0) {
            known++;
        }
        if (known == NKEYS) {
            return complain(test, "unknown key: ", key);
        }
    }
    status = dj_op_run_open(&run, test->op, dj_yaml_get(test->node, "params"), test->path,
                            true, &err);
    if (status == DJ_OK && dj_yaml_get(test->node, "error") != NULL &&
        read_lines(test)) { /* not the parameters: a sample, with skip_op_error false */
        status = dj_op_run_lines(&run, test->lines, test->count, &err);
    }
    if (status != DJ_OK || dj_yaml_get(test->node, "error") != NULL) {
        passed = check_error(test, status, &err);
    } else {
        passed = read_lines(test) && run_ways(test, &run) && check_out(test) &&
                 check_stats(test) && check_meta(test) && check_rejected(test);
    }
    dj_op_run_close(&run);
    return passed;
}

static bool run_cases(const struct dj_yaml_node *root, const char *path)
{
    const struct dj_yaml_node *name = dj_yaml_get(root, "op");
    const struct dj_yaml_node *cases = dj_yaml_get(root, "cases");
    size_t failed = 0;

    if (name == NULL || cases == NULL || cases->count == 0 ||
        dj_op_find(name->text) == NULL) {
        (void)fprintf(stderr, "%s: needs op, the name of an operator, and cases\n", path);
        return false;
    }
    for (size_t i = 0; i < cases->count; i++) {
        const struct dj_yaml_node *title = dj_yaml_get(cases->items[i], "name");
        struct test test = {
            .op = dj_op_find(name->text),
            .node = cases->items[i],
            .name = title == NULL ? "(no name)" : title->text,
            .path = path,
            .arena = dj_arena_new(64 << 10),
        };

        failed += !run_case(&test);
        dj_arena_free(test.arena);
        dj_xfree(test.lines);
        dj_xfree(test.outcomes);
        dj_xfree(test.rows);
        dj_xfree(test.order);
    }
    (void)printf("%s: %zu of %zu cases passed\n", name->text, cases->count - failed,
                 cases->count);
    return failed == 0;
}

/* Folders that parameters name are below tests/. */
static bool enter_tests(const char *path)
{
    char *kind = dj_fs_dirname(path);
    char *ops = dj_fs_dirname(kind);
    char *tests = dj_fs_dirname(ops);
    const bool entered = chdir(tests) == 0;

    dj_xfree(tests);
    dj_xfree(ops);
    dj_xfree(kind);
    return entered;
}

int main(int argc, char **argv)
{
    struct dj_error err;
    char *path;
    struct dj_buf bytes;
    struct dj_yaml *doc = NULL;
    bool passed = false;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: op_cases FILE\n");
        return 2;
    }
    dj_buf_init(&bytes);
    if (dj_fs_read(argv[1], &bytes, &err) != DJ_OK ||
        dj_yaml_parse(dj_buf_str(&bytes), dj_fs_basename(argv[1]), &doc, &err) != DJ_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
    } else {
        path = dj_fs_absolute(argv[1]);
        passed = enter_tests(path) && run_cases(dj_yaml_root(doc), argv[1]);
        dj_xfree(path);
    }
    dj_yaml_free(doc);
    dj_buf_release(&bytes);
    return passed ? 0 : 1;
}
