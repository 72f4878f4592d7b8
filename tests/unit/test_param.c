/* Declared parameters: setting, defaults, messages, documentation, nearest names. */
#include "dj/param.h"

#include <math.h>

#include "djtest.h"

static const char *const colours[] = { "red", "green", "blue", NULL };

struct conf {
    bool flag;
    int64_t count;
    int64_t limit;
    double share;
    struct dj_number bound;
    const char *name;
    const char *folder;
    int colour;
    struct dj_strs words;
    struct dj_strs fields;
    int64_t bytes;
    const struct dj_yaml_node *any;
    bool later;
    int64_t tries;
};

static const struct dj_param params[] = {
    DJ_PARAM_BOOL_(struct conf, flag, true, "a flag"),
    DJ_PARAM_INT_(struct conf, count, 3, 0, 100, "how many"),
    { .name = "limit",
      .type = DJ_PARAM_INT,
      .offset = DJ_FIELD(struct conf, limit, int64_t),
      .preset.i = INT64_MAX,
      .min = 1,
      .max = INT64_MAX,
      .flags = DJ_PARAM_NULLABLE,
      .aliases = "cap ceiling" },
    DJ_PARAM_FLOAT_(struct conf, share, 0.5, 0.0, 1.0, "a share"),
    DJ_PARAM_NUMBER_(struct conf, bound, DJ_PRESET_INT(INT64_MAX), "a bound"),
    DJ_PARAM_TEXT_(struct conf, name, "x y", "a name"),
    { .name = "folder",
      .type = DJ_PARAM_TEXT,
      .offset = DJ_FIELD(struct conf, folder, const char *),
      .preset.s = "." },
    DJ_PARAM_ENUM_(struct conf, colour, 1, colours, "a colour"),
    { .name = "words",
      .type = DJ_PARAM_TEXTS,
      .offset = DJ_FIELD(struct conf, words, struct dj_strs),
      .preset.s = "a bc",
      .flags = DJ_PARAM_NULLABLE },
    { .name = "fields",
      .type = DJ_PARAM_TEXTS,
      .offset = DJ_FIELD(struct conf, fields, struct dj_strs) },
    { .name = "bytes",
      .type = DJ_PARAM_BYTES,
      .offset = DJ_FIELD(struct conf, bytes, int64_t),
      .max = INT64_MAX },
    { .name = "any",
      .type = DJ_PARAM_ANY,
      .offset = DJ_FIELD(struct conf, any, const struct dj_yaml_node *) },
    { .name = "later",
      .type = DJ_PARAM_BOOL,
      .offset = DJ_FIELD(struct conf, later, bool),
      .flags = DJ_PARAM_NOT_YET,
      .why = "a tracer" },
    { .name = "tries",
      .type = DJ_PARAM_INT,
      .offset = DJ_FIELD(struct conf, tries, int64_t),
      .preset.i = 3,
      .max = 9,
      .flags = DJ_PARAM_NOT_YET,
      .today = "0 3",
      .why = "retries" },
    { .name = "np",
      .type = DJ_PARAM_ANY,
      .flags = DJ_PARAM_NO_EFFECT,
      .why = "ranks do the work" },
    DJ_PARAM_END,
};

static struct conf conf;
static struct dj_arena *arena;

static void reset(void)
{
    struct dj_error err;

    memset(&conf, 0xee, sizeof(conf));
    DJ_CHECK_OK(dj_param_defaults(params, &conf, arena, &err));
}

/* Sets one field from YAML; text is what the message has to contain, or NULL. */
static void set(const char *name, const char *yaml, const char *text)
{
    const struct dj_param *param = dj_param_find(params, name);
    struct dj_yaml *doc = NULL;
    struct dj_error err;
    enum dj_status status;

    DJ_CHECK(param != NULL);
    DJ_CHECK_OK(dj_yaml_parse(dj_str_from(yaml), "f", &doc, &err));
    status = dj_param_set(param, &conf, dj_yaml_root(doc), arena, "f:1:2: ", name, &err);
    if (text == NULL) {
        DJ_CHECK_OK(status);
    } else {
        DJ_CHECK_STATUS(status, DJ_CONFIG);
        DJ_CHECK_CONTAINS(err.text, text);
        DJ_CHECK(strncmp(err.text, "f:1:2: ", 7) == 0);
    }
    dj_yaml_free(doc);
}

static void gives_json(const char *name, const char *json)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_param_to_json(dj_param_find(params, name), &conf, &out));
    DJ_CHECK_STR(dj_buf_str(&out), json);
    dj_buf_release(&out);
}

static void says(const char *name, const char *text)
{
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_param_describe(dj_param_find(params, name), &out));
    DJ_CHECK_STR(dj_buf_str(&out), text);
    dj_buf_release(&out);
}

static void every_field_gets_its_default(void)
{
    reset();
    gives_json("flag", "true");
    gives_json("count", "3");
    gives_json("limit", "9223372036854775807");
    gives_json("share", "0.5");
    gives_json("bound", "9223372036854775807");
    gives_json("name", "\"x y\"");
    gives_json("colour", "\"green\"");
    gives_json("words", "[\"a\", \"bc\"]");
    gives_json("fields", "null");
    gives_json("bytes", "0");
    gives_json("any", "null");
    gives_json("later", "false");
    DJ_CHECK_INT(conf.words.count, 2);
    DJ_CHECK(!conf.fields.present);
}

static void what_has_no_effect_writes_nothing(void)
{
    reset();
    conf.flag = true; /* the field at offset 0 */
    set("np", "0", NULL);
    DJ_CHECK(conf.flag);
    gives_json("np", "null");
}

static void values_are_set(void)
{
    reset();
    set("flag", "no", NULL);
    DJ_CHECK(!conf.flag);
    set("count", "100", NULL);
    DJ_CHECK_INT(conf.count, 100);
    set("limit", "null", NULL);
    DJ_CHECK_INT(conf.limit, 0);
    gives_json("limit", "null");
    set("share", "1", NULL);
    gives_json("share", "1.0");
    set("bound", "2.5", NULL);
    gives_json("bound", "2.5");
    set("bound", "7", NULL);
    DJ_CHECK_INT(conf.bound.kind, DJ_NUMBER_INT);
    set("bound", ".inf", NULL);
    gives_json("bound", "\".inf\"");
    set("bound", "~", NULL);
    gives_json("bound", "null");
    set("name", "2024", NULL);
    DJ_CHECK_TEXT(conf.name, "2024");
    set("name", "null", NULL);
    DJ_CHECK(conf.name == NULL);
    set("colour", "blue", NULL);
    DJ_CHECK_INT(conf.colour, 2);
    set("words", "[]", NULL);
    DJ_CHECK(conf.words.present && conf.words.count == 0);
    gives_json("words", "[]");
    set("words", "null", NULL);
    gives_json("words", "null");
    set("fields", "one", NULL);
    gives_json("fields", "[\"one\"]");
    set("fields", "[one, 2]", NULL);
    gives_json("fields", "[\"one\", \"2\"]");
    DJ_CHECK(dj_param_find(params, "ceiling") == dj_param_find(params, "limit"));
    DJ_CHECK(dj_param_find(params, "ceil") == NULL);
    DJ_CHECK(dj_param_find(NULL, "x") == NULL);
}

static void strings_outlive_the_document(void)
{
    reset();
    set("name", "kept", NULL);
    set("fields", "[also, kept]", NULL);
    DJ_CHECK_TEXT(conf.name, "kept");
    DJ_CHECK_TEXT(conf.fields.items[1], "kept");
}

static void sizes_have_units(void)
{
    reset();
    set("bytes", "4096", NULL);
    DJ_CHECK_INT(conf.bytes, 4096);
    set("bytes", "64MB", NULL);
    DJ_CHECK_INT(conf.bytes, 64000000);
    set("bytes", "1 GiB", NULL);
    DJ_CHECK_INT(conf.bytes, 1 << 30);
    set("bytes", "1.5kib", NULL);
    DJ_CHECK_INT(conf.bytes, 1536);
    set("bytes", "64XB", "bytes: \"64XB\" is not a size");
    set("bytes", "MB", "is not a size");
    set("bytes", "1.2.3MB", "is not a size");
    set("bytes", "-1", "bytes: -1 is less than 0");
    set("bytes", "[1]", "bytes: a list is not a size");
}

static void wrong_values_are_refused(void)
{
    reset();
    set("flag", "maybe", "flag: \"maybe\" is neither true nor false");
    set("flag", "'true'", "flag: \"true\" is in quotes, and so a text: write true");
    set("flag", "1", "flag: 1 is neither");
    set("count", "many", "count: \"many\" is not a whole number");
    set("count", "1.5", "count: 1.5 is not a whole number");
    set("count", "'5'", "write 5 without them");
    set("count", "101", "count: 101 is more than 100");
    set("count", "-1", "count: -1 is less than 0");
    set("count", "99999999999999999999", "is too large");
    set("count", "null", "count: null is not a whole number");
    set("share", "1.01", "share: 1.01 is more than 1");
    set("share", ".nan", "share: .nan is not a number");
    set("share", "{a: 1}", "share: a mapping (key: value) is not a number");
    set("name", "[a]", "name: a list where one text is expected");
    set("name", "\"a\\0b\"", "NUL");
    set("folder", "null", "folder: null is not possible");
    set("colour", "gren", "colour: \"gren\" is not one of red, green, blue; was green");
    set("colour", "purple", "is not one of red, green, blue");
    set("colour", "[red]", "colour: a list is not one of");
    set("fields", "{a: b}", "fields: a mapping (key: value) where a text or a list");
    set("fields", "[a, [b]]", "fields: entry 2 is a list");
    set("fields", "null", "fields: null where a text");
    DJ_CHECK_INT(conf.count, 3);
}

static void long_values_are_cut_in_messages(void)
{
    set("colour", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"");
}

static void what_is_not_possible_yet_is_refused(void)
{
    reset();
    set("later", "false", NULL);
    set("later", "true",
        "later: true is not possible yet, because dj-mpi lacks a tracer: leave it out, "
        "or write false");
    set("tries", "0", NULL);
    set("tries", "3", NULL);
    set("tries", "2",
        "tries: 2 is not possible yet, because dj-mpi lacks retries: leave "
        "it out, or write 0");
}

static void entries_describe_themselves(void)
{
    says("flag", "true or false, default true");
    says("count", "whole number, 0 to 100, default 3");
    says("limit", "whole number or null, at least 1, default no bound");
    says("share", "number, 0 to 1, default 0.5");
    says("bound", "number or null, default no bound");
    says("name", "text or null, default \"x y\"");
    says("colour", "one of red, green, blue, default \"green\"");
    says("np", "any value, without effect");
}

static const char *next_name(void *context, size_t index)
{
    static const char *const names[] = { "partition.size", "dataset_path", "np", NULL };

    (void)context;
    return names[index];
}

static void the_nearest_name_is_found(void)
{
    DJ_CHECK_TEXT(dj_nearest_name("partiton.size", next_name, NULL), "partition.size");
    DJ_CHECK_TEXT(dj_nearest_name("partition.szie", next_name, NULL), "partition.size");
    DJ_CHECK_TEXT(dj_nearest_name("Data_Path", next_name, NULL), "dataset_path");
    DJ_CHECK_TEXT(dj_nearest_name("pn", next_name, NULL), "np");
    DJ_CHECK_TEXT(dj_nearest_name("np", next_name, NULL), "np");
    DJ_CHECK(dj_nearest_name("something_else", next_name, NULL) == NULL);
    DJ_CHECK(dj_nearest_name("", next_name, NULL) == NULL);
}

int main(void)
{
    arena = dj_arena_new(4096);
    DJ_TEST(every_field_gets_its_default);
    DJ_TEST(what_has_no_effect_writes_nothing);
    DJ_TEST(values_are_set);
    DJ_TEST(strings_outlive_the_document);
    DJ_TEST(sizes_have_units);
    DJ_TEST(wrong_values_are_refused);
    DJ_TEST(long_values_are_cut_in_messages);
    DJ_TEST(what_is_not_possible_yet_is_refused);
    DJ_TEST(entries_describe_themselves);
    DJ_TEST(the_nearest_name_is_found);
    dj_arena_free(arena);
    return 0;
}
