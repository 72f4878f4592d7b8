/* Rows are written as they were read, with as little changed as possible. */
#include "djtest.h"

#include "data/batch_private.h"

static const char *const text_keys[] = { "text", "note", "a.b" };
static const char *const stat_names[] = { "len", "ratio", "words" };
static const struct dj_batch_layout layout = {
    .ntexts = 3,
    .texts = text_keys,
    .nstats = 3,
    .stats = stat_names,
};
static const size_t columns[] = { 0, 1, 2 };

/* One row in one batch, for a test. */
struct one {
    struct dj_batch *batch;
    struct dj_buf line, out;
};

static void one_open_with(struct one *one, const struct dj_batch_layout *with,
                          const char *line)
{
    one->batch = dj_batch_new(with);
    dj_buf_init(&one->line);
    dj_buf_init(&one->out);
    DJ_CHECK_OK(dj_buf_append(&one->line, dj_str_from(line)));
    DJ_CHECK_OK(
        dj_batch_add(one->batch, dj_buf_str(&one->line), (struct dj_origin){ 0, 1 }));
    if (dj_batch_reason(one->batch, 0) != NULL) {
        (void)fprintf(stderr, "  %s\n", dj_batch_reason(one->batch, 0));
    }
    DJ_CHECK(dj_batch_live(one->batch, 0));
    dj_batch_select(one->batch, 0, 0, columns);
}

static void one_open(struct one *one, const char *line)
{
    one_open_with(one, &layout, line);
}

static void one_text(struct one *one, size_t key, const char *text)
{
    dj_batch_select(one->batch, 0, key, columns);
    DJ_CHECK_OK(dj_batch_set_text(one->batch, 0, dj_str_from(text)));
}

static void one_check(struct one *one, unsigned flags, const char *expected)
{
    dj_buf_reset(&one->out);
    DJ_CHECK_OK(dj_batch_encode(one->batch, 0, flags, &one->out));
    DJ_CHECK(one->out.len > 0 && one->out.ptr[one->out.len - 1] == '\n');
    one->out.len--;
    DJ_CHECK_STR(dj_buf_str(&one->out), expected);
}

static void one_check_stats(struct one *one, const char *expected)
{
    dj_buf_reset(&one->out);
    DJ_CHECK_OK(dj_batch_encode_stats(one->batch, 0, &one->out));
    DJ_CHECK_STR(dj_buf_str(&one->out), expected);
}

static void one_close(struct one *one)
{
    dj_batch_free(one->batch);
    dj_buf_release(&one->line);
    dj_buf_release(&one->out);
}

static void check_line(const char *line, unsigned flags, const char *expected)
{
    struct one one;

    one_open(&one, line);
    one_check(&one, flags, expected);
    one_close(&one);
}

static void untouched_lines_keep_every_byte(void)
{
    static const char *const samples[] = {
        "{}",
        "{\"text\":\"\\u0041\\/b\",\"x\":1e2,\"y\":[1,  2]}",
        "{ \"n\" : 123456789012345678901234567890 , \"text\" : \"a\\nb\" }",
        "{\"te\\u0078t\": \"x\", \"nan\": NaN, \"note\": null}",
    };

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (unsigned flags = 0; flags < 4; flags++) {
            check_line(samples[i], flags, samples[i]);
        }
    }
    check_line(" \t{\"text\": \"x\"} \r", 0, "{\"text\": \"x\"}");
}

static void rejected_lines_are_written_as_they_were_read(void)
{
    struct dj_batch *batch = dj_batch_new(&layout);
    static const char bad[128] = " {\"__dj__hash\": 1, \"text\": \"x\"";
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(bad), (struct dj_origin){ 0, 1 }));
    DJ_CHECK_OK(
        dj_batch_add(batch, (struct dj_str){ NULL, 0 }, (struct dj_origin){ 1, 2 }));
    DJ_CHECK_OK(dj_batch_encode(batch, 0, 0, &out));
    DJ_CHECK_OK(dj_batch_encode(batch, 1, 0, &out));
    DJ_CHECK_STR(dj_buf_str(&out), "{\"__dj__hash\": 1, \"text\": \"x\"\n\n");
    dj_buf_release(&out);
    dj_batch_free(batch);
}

static void changed_texts_stand_in_their_place(void)
{
    struct one one;

    one_open(
        &one,
        "{\"id\":1,\"text\":\"a\\u0041\" , \"note\": \"\\/\", \"a\": {\"b\": \"x\"}}");
    one_text(&one, 0, "aA"); /* the same text: the same spelling */
    one_check(
        &one, 0,
        "{\"id\":1,\"text\":\"a\\u0041\" , \"note\": \"\\/\", \"a\": {\"b\": \"x\"}}");
    one_text(&one, 0, "é\"\n\x01/");
    one_check(
        &one, 0,
        "{\"id\":1,\"text\":\"é\\\"\\n\\u0001/\" , \"note\": \"\\/\", \"a\": {\"b\": "
        "\"x\"}}");
    one_text(&one, 2, "deep");
    one_text(&one, 1, "");
    one_check(&one, 0,
              "{\"id\":1,\"text\":\"é\\\"\\n\\u0001/\" , \"note\": \"\", \"a\": {\"b\": "
              "\"deep\"}}");
    one_close(&one);

    one_open(&one, "{\"note\": null, \"text\": 5}");
    one_text(&one, 1, "n");
    one_text(&one, 0, "t");
    one_check(&one, 0, "{\"note\": \"n\", \"text\": \"t\"}");
    one_close(&one);
}

static void missing_texts_are_added_at_the_end(void)
{
    struct one one;

    one_open(&one, "{ \"id\": 1 }");
    one_text(&one, 1, "n\n");
    one_text(&one, 2, "ab");
    one_check(&one, 0, "{ \"id\": 1, \"note\": \"n\\n\", \"a.b\": \"ab\" }");
    one_close(&one);
    one_open(&one, "{}");
    one_text(&one, 0, "t");
    one_check(&one, 0, "{\"text\": \"t\"}");
    one_close(&one);
    one_open(&one, "{\"__dj__hash\": 1}");
    one_text(&one, 0, "t");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(1));
    one_check(&one, 0, "{\"text\": \"t\"}");
    one_check(&one, DJ_ENCODE_STATS,
              "{\"text\": \"t\", \"__dj__stats__\": {\"len\": 1}}");
    one_check(&one, DJ_ENCODE_STATS | DJ_ENCODE_HASHES,
              "{\"__dj__hash\": 1, \"text\": \"t\", \"__dj__stats__\": {\"len\": 1}}");
    one_close(&one);
}

/* Every choice of five places among own and other fields, with every flag. */
static void own_columns_are_left_out_anywhere(void)
{
    static const char *const own[] = { "__dj__stats__", "__dj__hash", "__dj__meta__",
                                       "__dj__minhash", "__dj__simhash" };
    static const char *const other[] = { "__dj__uid", "text", "__dj__suffix__",
                                         "__dj__line_hashes", "__dj__batch_meta__" };

    for (unsigned mask = 0; mask < 32; mask++) {
        for (unsigned flags = 0; flags < 4; flags++) {
            struct dj_buf line, expected;
            const char *want;

            dj_buf_init(&line);
            dj_buf_init(&expected);
            DJ_CHECK_OK(dj_buf_putc(&line, '{'));
            DJ_CHECK_OK(dj_buf_putc(&expected, '{'));
            for (unsigned i = 0; i < 5; i++) {
                const bool is_own = mask >> i & 1;
                const bool about_stats = i % 2 == 0 && i < 4;
                const unsigned needed = about_stats ? DJ_ENCODE_STATS : DJ_ENCODE_HASHES;
                const char *name = is_own ? own[i] : other[i];

                DJ_CHECK_OK(dj_buf_printf(&line, "%s\"%s\": {\"x\": [\"},\", %u]}",
                                          i > 0 ? ", " : "", name, i));
                if (!is_own || (flags & needed) != 0) {
                    DJ_CHECK_OK(dj_buf_printf(&expected,
                                              "%s\"%s\": {\"x\": [\"},\", %u]}",
                                              expected.len > 1 ? ", " : "", name, i));
                }
            }
            DJ_CHECK_OK(dj_buf_putc(&line, '}'));
            DJ_CHECK_OK(dj_buf_putc(&line, '\0'));
            DJ_CHECK_OK(dj_buf_putc(&expected, '}'));
            DJ_CHECK_OK(dj_buf_cstr(&expected, &want));
            check_line(line.ptr, flags, want);
            dj_buf_release(&line);
            dj_buf_release(&expected);
        }
    }
    check_line("{\"__dj__imagehash\":1,\"__dj__videohash\":2}", 0, "{}");
    check_line("{ \"__dj__hash\" : \"h\" , \"text\" : \"x\" }", 0,
               "{ \"text\" : \"x\" }");
    check_line("{ \"text\" : \"x\" , \"__dj__\\u0068ash\" : \"h\" }", 0,
               "{ \"text\" : \"x\" }");
}

static void changed_texts_and_cuts_go_together(void)
{
    struct one one;

    one_open(&one,
             "{\"__dj__hash\": 1, \"text\": \"a\", \"__dj__stats__\": {}, \"note\": "
             "\"b\", \"__dj__meta__\": {\"k\": \"v\"}}");
    one_text(&one, 0, "A");
    one_text(&one, 1, "B");
    one_check(&one, 0, "{\"text\": \"A\", \"note\": \"B\"}");
    one_check(&one, DJ_ENCODE_HASHES,
              "{\"__dj__hash\": 1, \"text\": \"A\", \"note\": \"B\"}");
    one_close(&one);
}

static void statistics_are_added_at_the_end(void)
{
    struct one one;

    one_open(&one, "{\"text\": \"x\" }");
    one_check(&one, DJ_ENCODE_STATS, "{\"text\": \"x\" }");
    one_check_stats(&one, "{\"__dj__stats__\": {}}\n");
    dj_batch_set_stat(one.batch, 0, 1, DJ_FLOAT(0.1));
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(-3));
    one_check(&one, 0, "{\"text\": \"x\" }");
    one_check(&one, DJ_ENCODE_STATS,
              "{\"text\": \"x\", \"__dj__stats__\": {\"len\": -3, \"ratio\": 0.1} }");
    one_check_stats(&one, "{\"__dj__stats__\": {\"len\": -3, \"ratio\": 0.1}}\n");
    dj_batch_set_stat(one.batch, 0, 2, DJ_NONE);
    dj_batch_set_stat(one.batch, 0, 1, DJ_FLOAT(2));
    one_check_stats(
        &one, "{\"__dj__stats__\": {\"len\": -3, \"ratio\": 2.0, \"words\": null}}\n");
    one_close(&one);
}

static void statistics_of_the_line_keep_place_and_spelling(void)
{
    struct one one;

    one_open(&one,
             "{\"__dj__stats__\": {\"lang\":\"e\\u006e\", \"words\": 1e2,\"len\" : 5 }, "
             "\"text\": \"x\", \"__dj__meta__\": {\"k\":1}}");
    one_check(&one, 0, "{\"text\": \"x\"}");
    one_check(&one, DJ_ENCODE_STATS,
              "{\"__dj__stats__\": {\"lang\":\"e\\u006e\", \"words\": 1e2,\"len\" : 5 }, "
              "\"text\": \"x\", \"__dj__meta__\": {\"k\":1}}");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(5)); /* the same number */
    dj_batch_set_stat(one.batch, 0, 2, DJ_FLOAT(100));
    one_check_stats(&one, "{\"__dj__stats__\": {\"lang\":\"e\\u006e\", \"words\": "
                          "1e2,\"len\" : 5 }, \"__dj__meta__\": {\"k\":1}}\n");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(6));
    dj_batch_set_stat(one.batch, 0, 1, DJ_FLOAT(0.5));
    one_check(&one, DJ_ENCODE_STATS,
              "{\"__dj__stats__\": {\"lang\":\"e\\u006e\", \"words\": 1e2,\"len\" : 6, "
              "\"ratio\": 0.5 }, \"text\": \"x\", \"__dj__meta__\": {\"k\":1}}");
    one_close(&one);

    one_open(&one, "{\"__dj__stats__\": {}, \"text\": \"x\"}");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(6));
    one_check(&one, DJ_ENCODE_STATS,
              "{\"__dj__stats__\": {\"len\": 6}, \"text\": \"x\"}");
    one_close(&one);

    one_open(&one, "{\"__dj__stats__\": null, \"text\": \"x\"}");
    one_check_stats(&one, "{\"__dj__stats__\": null}\n");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(6));
    one_check(&one, DJ_ENCODE_STATS,
              "{\"__dj__stats__\": {\"len\": 6}, \"text\": \"x\"}");
    one_close(&one);
}

/* What a checkpoint does: written with everything, read again, written again. */
static void what_was_written_is_read_and_written_alike(void)
{
    struct one first, second;

    one_open(&first, "{\"__dj__hash\": \"h\", \"text\": \"x\\u0041\", \"note\": \"n\"}");
    one_text(&first, 0, "new\n😀");
    dj_batch_set_stat(first.batch, 0, 0, DJ_INT(12));
    dj_batch_set_stat(first.batch, 0, 1, DJ_FLOAT(1.0 / 3.0));
    one_check(&first, DJ_ENCODE_STATS | DJ_ENCODE_HASHES,
              "{\"__dj__hash\": \"h\", \"text\": \"new\\n😀\", \"note\": \"n\", "
              "\"__dj__stats__\": {\"len\": 12, \"ratio\": 0.3333333333333333}}");
    DJ_CHECK_OK(dj_buf_putc(&first.out, '\0'));
    one_open(&second, first.out.ptr);
    one_check(&second, DJ_ENCODE_STATS | DJ_ENCODE_HASHES, first.out.ptr);
    for (int both = 0; both < 2; both++) {
        struct one *one = both ? &second : &first;

        dj_batch_select(one->batch, 0, 0, columns);
        DJ_CHECK_STR(dj_batch_text(one->batch, 0), "new\n😀");
        dj_batch_set_stat(one->batch, 0, 2, DJ_INT(1));
        one_check(
            one, DJ_ENCODE_STATS,
            "{\"text\": \"new\\n😀\", \"note\": \"n\", \"__dj__stats__\": {\"len\": 12, "
            "\"ratio\": 0.3333333333333333, \"words\": 1}}");
    }
    one_close(&first);
    one_close(&second);
}

static void a_rolled_back_row_is_written_as_before(void)
{
    const char *line = "{\"text\": \"\\u0041\"}";
    struct one one;

    one_open(&one, line);
    dj_batch_mark(one.batch);
    one_text(&one, 0, "B");
    one_text(&one, 1, "C");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(1));
    dj_batch_rollback(one.batch);
    one_check(&one, DJ_ENCODE_STATS, line);
    one_close(&one);
}

static const char *const hash_names[] = { "len", "__dj__hash", "__dj__simhash" };
static const struct dj_batch_layout with_hashes = {
    .ntexts = 1,
    .texts = text_keys,
    .nstats = 3,
    .stats = hash_names,
    .nhashes = 2,
    .nearly = 1,
};

static void one_hash(struct one *one, size_t column, const char *json)
{
    dj_batch_select_hash(one->batch, column);
    DJ_CHECK(dj_batch_keeps_hash(one->batch));
    DJ_CHECK_OK(dj_batch_set_hash(one->batch, 0, dj_str_from(json)));
}

static void kept_hashes_stand_around_the_statistics(void)
{
    struct one one;

    one_open_with(&one, &with_hashes, "{\"text\": \"x\" }");
    DJ_CHECK(!dj_batch_keeps_hash(one.batch));
    DJ_CHECK_OK(dj_batch_set_hash(one.batch, 0, DJ_STR("\"nobody keeps it\"")));
    one_check(&one, DJ_ENCODE_HASHES, "{\"text\": \"x\" }");
    one_hash(&one, 1, "\"h\"");
    one_check(&one, 0, "{\"text\": \"x\" }");
    one_check(&one, DJ_ENCODE_STATS, "{\"text\": \"x\" }");
    one_check(&one, DJ_ENCODE_HASHES, "{\"text\": \"x\", \"__dj__hash\": \"h\" }");
    one_check_stats(&one, "{\"__dj__stats__\": {}}\n");
    one_hash(&one, 2, "\"7\"");
    dj_batch_set_stat(one.batch, 0, 0, DJ_INT(1));
    one_text(&one, 0, "changed");
    one_check(&one, DJ_ENCODE_STATS | DJ_ENCODE_HASHES,
              "{\"text\": \"changed\", \"__dj__hash\": \"h\", \"__dj__stats__\": "
              "{\"len\": 1}, \"__dj__simhash\": \"7\" }");
    one_check(&one, DJ_ENCODE_STATS,
              "{\"text\": \"changed\", \"__dj__stats__\": {\"len\": 1} }");
    one_check_stats(&one, "{\"__dj__stats__\": {\"len\": 1}}\n");
    dj_batch_mark(one.batch);
    one_hash(&one, 1, "\"another\"");
    dj_batch_rollback(one.batch);
    one_check(&one, DJ_ENCODE_HASHES,
              "{\"text\": \"changed\", \"__dj__hash\": \"h\", \"__dj__simhash\": "
              "\"7\" }");
    one_close(&one);

    one_open_with(&one, &with_hashes, "{}");
    one_hash(&one, 2, "\"7\"");
    one_check(&one, DJ_ENCODE_HASHES, "{\"__dj__simhash\": \"7\"}");
    one_close(&one);
}

static void a_kept_hash_takes_the_place_of_the_lines(void)
{
    struct one one;

    one_open_with(&one, &with_hashes,
                  "{\"__dj__\\u0068ash\" : [1], \"text\": \"x\", \"__dj__minhash\": 2, "
                  "\"__dj__stats__\": {\"__dj__hash\": 3}}");
    one_hash(&one, 1, "\"h\"");
    one_check(&one, 0, "{\"text\": \"x\"}");
    one_check(&one, DJ_ENCODE_HASHES,
              "{\"__dj__\\u0068ash\" : \"h\", \"text\": \"x\", \"__dj__minhash\": 2}");
    one_check_stats(&one, "{\"__dj__stats__\": {\"__dj__hash\": 3}}\n");
    one_close(&one);
}

int main(void)
{
    DJ_TEST(untouched_lines_keep_every_byte);
    DJ_TEST(rejected_lines_are_written_as_they_were_read);
    DJ_TEST(changed_texts_stand_in_their_place);
    DJ_TEST(missing_texts_are_added_at_the_end);
    DJ_TEST(own_columns_are_left_out_anywhere);
    DJ_TEST(changed_texts_and_cuts_go_together);
    DJ_TEST(statistics_are_added_at_the_end);
    DJ_TEST(statistics_of_the_line_keep_place_and_spelling);
    DJ_TEST(what_was_written_is_read_and_written_alike);
    DJ_TEST(a_rolled_back_row_is_written_as_before);
    DJ_TEST(kept_hashes_stand_around_the_statistics);
    DJ_TEST(a_kept_hash_takes_the_place_of_the_lines);
    return 0;
}
