/* The table of operators keeps the contract, and ranges are Data-Juicer's. */
#include "djtest.h"

#include <math.h>

#include "dj/custom.h"
#include "dj/fs.h"
#include "dj/op.h"

static void check_params(const struct dj_param *params)
{
    for (const struct dj_param *p = params; p != NULL && p->name != NULL; p++) {
        DJ_CHECK(p->help != NULL);
        DJ_CHECK(dj_param_find(params, p->name) == p); /* no name twice */
        if ((p->flags & (DJ_PARAM_NO_EFFECT | DJ_PARAM_NOT_YET)) != 0) {
            DJ_CHECK(p->why != NULL);
        }
    }
}

static void every_descriptor_is_complete(void)
{
    struct dj_error err;

    DJ_CHECK(dj_op_count() >= 10);
    DJ_CHECK(dj_op_at(dj_op_count()) == NULL);
    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);

        (void)printf("  %s\n", op->name);
        DJ_CHECK(i == 0 || strcmp(dj_op_at(i - 1)->name, op->name) < 0);
        DJ_CHECK(dj_op_find(op->name) == op);
        DJ_CHECK(op->version >= 1);
        DJ_CHECK(op->summary != NULL && op->process != NULL);
        DJ_CHECK((op->open == NULL) == (op->close == NULL));
        DJ_CHECK((op->params == NULL) == (op->conf_size == 0));
        check_params(op->params);
        DJ_CHECK_OK(dj_custom_check(op, &err));
        DJ_CHECK(dj_custom_path(op) == NULL && dj_custom_digest(op) == 0);
    }
    DJ_CHECK(dj_op_find("") == NULL);
    DJ_CHECK(dj_op_find("no_such_filter") == NULL);
}

/* The file name registers an operator, so the name has to be that of its files. */
static void every_operator_has_its_two_files(void)
{
    const char *source = getenv("DJ_SOURCE_DIR");

    for (size_t i = 0; i < dj_op_count() && source != NULL; i++) {
        const struct dj_op *op = dj_op_at(i);
        const char *kind = dj_op_kind_name(op->kind);
        char *code = dj_xprintf("%s/src/ops/%s/%s.c", source, kind, op->name);
        char *cases = dj_xprintf("%s/tests/ops/%s/%s.yaml", source, kind, op->name);

        (void)printf("  %s\n", op->name);
        DJ_CHECK(dj_fs_exists(code));
        DJ_CHECK(dj_fs_exists(cases));
        dj_xfree(code);
        dj_xfree(cases);
    }
}

static void defaults_pass_their_own_checks(void)
{
    struct dj_arena *arena = dj_arena_new(4096);
    struct dj_op_common common;
    struct dj_error err;

    memset(&common, 0x55, sizeof(common));
    check_params(dj_op_common_params());
    DJ_CHECK_OK(dj_param_defaults(dj_op_common_params(), &common, arena, &err));
    DJ_CHECK(common.text_key == NULL);
    DJ_CHECK(common.min_closed_interval && common.max_closed_interval);
    DJ_CHECK(!common.reversed_range && common.skip_op_error);
    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);

        if (op->params != NULL) {
            void *conf = dj_xmalloc(op->conf_size);

            DJ_CHECK_OK(dj_param_defaults(op->params, conf, arena, &err));
            dj_xfree(conf);
        }
    }
    dj_arena_free(arena);
}

static void operators_we_lack_are_known_by_name(void)
{
    bool found = false;

    DJ_CHECK(dj_op_foreign(0) != NULL);
    for (size_t i = 0; dj_op_foreign(i) != NULL; i++) {
        const char *name = dj_op_foreign(i);

        DJ_CHECK(dj_op_find(name) == NULL);
        DJ_CHECK(i == 0 || strcmp(dj_op_foreign(i - 1), name) < 0);
        found = found || strcmp(name, "video_aspect_ratio_filter") == 0;
    }
    DJ_CHECK(found);
    DJ_CHECK(dj_op_foreign(100000) == NULL);
}

static bool in(bool min_closed, bool max_closed, bool reversed, struct dj_number value)
{
    const struct dj_op_common common = {
        .min_closed_interval = min_closed,
        .max_closed_interval = max_closed,
        .reversed_range = reversed,
    };

    return dj_op_in_range(&common, value, (struct dj_range){ DJ_INT(2), DJ_FLOAT(3.5) });
}

static void closed_ends_are_in_the_range(void)
{
    DJ_CHECK(!in(true, true, false, DJ_FLOAT(1.999)));
    DJ_CHECK(in(true, true, false, DJ_INT(2)));
    DJ_CHECK(in(true, true, false, DJ_FLOAT(3.5)));
    DJ_CHECK(!in(true, true, false, DJ_INT(4)));
    DJ_CHECK(!in(false, true, false, DJ_INT(2)));
    DJ_CHECK(in(false, true, false, DJ_FLOAT(3.5)));
    DJ_CHECK(in(true, false, false, DJ_FLOAT(2.0)));
    DJ_CHECK(!in(true, false, false, DJ_FLOAT(3.5)));
}

static void a_reversed_range_keeps_its_closed_ends(void)
{
    DJ_CHECK(in(true, true, true, DJ_INT(2)));
    DJ_CHECK(in(true, true, true, DJ_FLOAT(3.5)));
    DJ_CHECK(!in(true, true, true, DJ_INT(3)));
    DJ_CHECK(in(true, true, true, DJ_INT(-1)));
    DJ_CHECK(!in(false, true, true, DJ_INT(2)));
    DJ_CHECK(!in(true, false, true, DJ_FLOAT(3.5)));
}

static void a_bound_of_none_is_not_tested(void)
{
    const struct dj_op_common common = { .min_closed_interval = true,
                                         .max_closed_interval = true };
    const struct dj_range low = { DJ_INT(2), DJ_NONE };
    const struct dj_range high = { DJ_NONE, DJ_INT(2) };
    const struct dj_range any = { DJ_NONE, DJ_NONE };

    DJ_CHECK(dj_op_in_range(&common, DJ_INT(INT64_MAX), low));
    DJ_CHECK(!dj_op_in_range(&common, DJ_INT(1), low));
    DJ_CHECK(dj_op_in_range(&common, DJ_INT(INT64_MIN), high));
    DJ_CHECK(!dj_op_in_range(&common, DJ_INT(3), high));
    DJ_CHECK(dj_op_in_range(&common, DJ_NONE, any));
    DJ_CHECK(dj_op_in_range(&common, DJ_FLOAT((double)NAN), any));
    DJ_CHECK(!dj_op_in_range(&common, DJ_FLOAT((double)NAN), low));
    DJ_CHECK(!dj_op_in_range(&common, DJ_FLOAT((double)NAN), high));
}

/* Values recorded from Data-Juicer 1.6.1 with datasets 5.2.0. */
static void ratios_are_held_with_ten_decimals(void)
{
    DJ_CHECK(dj_op_stored(6.0 / 20.0) == 0.30000000000000004);
    DJ_CHECK(dj_op_stored(1.0 / 3.0) == 0.33333333330000003);
    DJ_CHECK(dj_op_stored(5.0 / 27.0) == 0.18518518520000002);
    DJ_CHECK(dj_op_stored(4.0 / 3.0) == 1.3333333333000001);
    DJ_CHECK(dj_op_stored(7.0 / 3.0) == 2.3333333333);
    DJ_CHECK(dj_op_stored(0.48) == 0.48);
    DJ_CHECK(dj_op_stored(0.0) == 0.0);
    DJ_CHECK(dj_op_stored(1.0) == 1.0);
    DJ_CHECK(dj_op_stored(0.99999999996) == 1.0);
    DJ_CHECK(dj_op_stored(4e-11) == 0.0);
    DJ_CHECK(dj_op_stored(5e-11) == 1e-10);
    DJ_CHECK(dj_op_stored(1e-16) == 1e-16);
    DJ_CHECK(dj_op_stored(3.5e20) == 3.5e20);
    DJ_CHECK(dj_op_stored(-0.3) == -0.30000000000000004);
    DJ_CHECK(isnan(dj_op_stored((double)NAN)));
    for (int i = 1; i < 1000; i++) { /* what was held once stays as it is */
        const double held = dj_op_stored(i / 997.0);

        DJ_CHECK(dj_op_stored(held) == held);
    }
}

int main(void)
{
    DJ_TEST(every_descriptor_is_complete);
    DJ_TEST(every_operator_has_its_two_files);
    DJ_TEST(defaults_pass_their_own_checks);
    DJ_TEST(operators_we_lack_are_known_by_name);
    DJ_TEST(closed_ends_are_in_the_range);
    DJ_TEST(a_reversed_range_keeps_its_closed_ends);
    DJ_TEST(ratios_are_held_with_ten_decimals);
    DJ_TEST(a_bound_of_none_is_not_tested);
    return 0;
}
