/* Job ids: made from time and configuration name, and checked. */
#include "djtest.h"

#include "dj/job.h"

static struct dj_error err;

/* Checks the form, and returns the name in the middle as new. */
static char *name_of(char *id)
{
    const size_t len = strlen(id);
    char *name;

    DJ_CHECK(len > 15 + 1 + 7);
    DJ_CHECK_STR(((struct dj_str){ id, 16 }), "20261124_215136_");
    DJ_CHECK(id[len - 7] == '_');
    DJ_CHECK_INT(strspn(id + len - 6, "0123456789abcdef"), 6);
    DJ_CHECK_OK(dj_job_id_check(id, &err));
    name = dj_xstrndup(id + 16, len - 7 - 16);
    dj_xfree(id);
    return name;
}

static void check_name(const char *config_path, const char *expected)
{
    char *name = name_of(dj_job_id_make(config_path, 1795557096.9));

    DJ_CHECK_TEXT(name, expected);
    dj_xfree(name);
}

static void an_id_has_time_name_and_suffix(void)
{
    check_name("/a/b/demo.yaml", "demo");
    check_name("demo.v2.yaml", "demo.v2");
    check_name("my recipe (1).yml", "my_recipe__1_");
    check_name("r\xc3\xa9.yaml", "r__");
    check_name("none", "none");
    check_name(".yaml", ".yaml");
    check_name(NULL, "job");
}

static void long_names_are_cut(void)
{
    char path[400];
    char *name;

    memset(path, 'x', sizeof(path));
    memcpy(path + sizeof(path) - 6, ".yaml", 6);
    name = name_of(dj_job_id_make(path, 1795557096));
    DJ_CHECK_INT(strlen(name), 100);
    dj_xfree(name);
}

static void two_ids_of_one_second_differ(void)
{
    char *a = dj_job_id_make("demo.yaml", 1795557096);
    char *b = dj_job_id_make("demo.yaml", 1795557096);

    DJ_CHECK(strcmp(a, b) != 0);
    dj_xfree(a);
    dj_xfree(b);
}

static void unfit_ids_are_refused_with_a_remedy(void)
{
    char longest[202];

    DJ_CHECK_OK(dj_job_id_check("a", &err));
    DJ_CHECK_OK(dj_job_id_check("Run-1_b.2", &err));
    DJ_CHECK_OK(dj_job_id_check("...", &err));
    DJ_CHECK_STATUS(dj_job_id_check("", &err), DJ_CONFIG);
    DJ_CHECK_STATUS(dj_job_id_check(".", &err), DJ_CONFIG);
    DJ_CHECK_STATUS(dj_job_id_check("..", &err), DJ_CONFIG);
    DJ_CHECK_STATUS(dj_job_id_check("a/b", &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "job_id: \"a/b\" has '/'");
    DJ_CHECK_CONTAINS(err.text, "for example a_b");
    DJ_CHECK_STATUS(dj_job_id_check("a b", &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "byte 0x20");
    DJ_CHECK_STATUS(dj_job_id_check("a\n", &err), DJ_CONFIG);
    DJ_CHECK_STATUS(dj_job_id_check("\xc3\xa9", &err), DJ_CONFIG);
    memset(longest, 'x', 201);
    longest[201] = '\0';
    DJ_CHECK_STATUS(dj_job_id_check(longest, &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "201");
    longest[200] = '\0';
    DJ_CHECK_OK(dj_job_id_check(longest, &err));
}

int main(void)
{
    DJ_CHECK(setenv("TZ", "UTC", 1) == 0);
    DJ_TEST(an_id_has_time_name_and_suffix);
    DJ_TEST(long_names_are_cut);
    DJ_TEST(two_ids_of_one_second_differ);
    DJ_TEST(unfit_ids_are_refused_with_a_remedy);
    return 0;
}
