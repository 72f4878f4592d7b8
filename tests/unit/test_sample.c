/* One JSON line becomes one row, or is refused with a reason that names the place. */
#include "djtest.h"

#include "data/batch_private.h"

static const char *const text_keys[] = { "text" };
static const struct dj_batch_layout one_text = {
    .ntexts = 1,
    .texts = text_keys,
    .nrequired = 1,
};

static const struct dj_origin somewhere = { 3, 7 };

/* Adds a line from memory that ends DJ_PADDING bytes behind it; the filler would be
 * taken for JSON by a scanner that looks behind the end. */
static void add_bytes(struct dj_batch *batch, struct dj_buf *memory, struct dj_str line)
{
    dj_buf_reset(memory);
    DJ_CHECK_OK(dj_buf_append(memory, line));
    DJ_CHECK_OK(dj_buf_append(memory, DJ_STR("}}}}\"\"\"\"}}}}]]]]\"n\"u\"0000000000"
                                             "}}}}\"\"\"\"}}}}]]]]\"n\"u\"00000000")));
    DJ_CHECK_OK(dj_batch_add(batch, (struct dj_str){ memory->ptr, line.len }, somewhere));
}

static void check_refused(const char *line, const char *reason)
{
    const struct dj_string_ops *versions[DJ_STRING_VERSIONS];
    const size_t nversions = dj_string_versions(versions);

    for (size_t i = 0; i < nversions; i++) {
        struct dj_batch *batch = dj_batch_new(&one_text);
        struct dj_buf memory;

        dj_buf_init(&memory);
        batch->strings = versions[i];
        add_bytes(batch, &memory, dj_str_from(line));
        DJ_CHECK_INT(dj_batch_count(batch), 1);
        DJ_CHECK_INT(dj_batch_live_count(batch), 0);
        DJ_CHECK_INT(dj_batch_state(batch, 0), DJ_ROW_REJECTED);
        DJ_CHECK_INT(dj_batch_rejected_by(batch, 0), -1);
        DJ_CHECK_TEXT(dj_batch_reason(batch, 0), reason);
        DJ_CHECK_STR(dj_batch_line(batch, 0), line);
        dj_batch_free(batch);
        dj_buf_release(&memory);
    }
}

static void check_text_of(struct dj_str line, struct dj_str text)
{
    const struct dj_string_ops *versions[DJ_STRING_VERSIONS];
    const size_t nversions = dj_string_versions(versions);

    for (size_t i = 0; i < nversions; i++) {
        struct dj_batch *batch = dj_batch_new(&one_text);
        struct dj_buf memory;

        dj_buf_init(&memory);
        batch->strings = versions[i];
        add_bytes(batch, &memory, line);
        if (!dj_batch_live(batch, 0)) {
            (void)fprintf(stderr, "  %s\n", dj_batch_reason(batch, 0));
        }
        DJ_CHECK(dj_batch_live(batch, 0));
        dj_batch_select(batch, 0, 0, NULL);
        DJ_CHECK(dj_batch_has_text(batch, 0));
        DJ_CHECK(dj_str_equal(dj_batch_text(batch, 0), text));
        dj_batch_free(batch);
        dj_buf_release(&memory);
    }
}

static void check_accepted(const char *line, const char *text)
{
    check_text_of(dj_str_from(line), dj_str_from(text));
}

static void samples_are_read(void)
{
    check_accepted("{\"text\": \"abc\"}", "abc");
    check_accepted("{\"text\":\"\"}", "");
    check_accepted(" \t{ \"a\" : [ ] , \"text\" : \"x\" , \"b\" : { } } \r", "x");
    check_accepted("{\"te\\u0078t\": \"by an escaped key\"}", "by an escaped key");
    check_accepted("{\"text\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t");
    check_accepted("{\"text\": \"\\u00e9\\u00C9\\u6f22\\ud83d\\ude00\"}", "éÉ漢😀");
    check_accepted("{\"text\": \"é漢😀\x7f/\"}", "é漢😀\x7f/");
    check_text_of(DJ_STR("{\"text\": \"a\\u0000b\"}"), DJ_STR("a\0b"));
    check_accepted(
        "{\"n\": [0, -0, 1.5e+10, 2E-3, -0.0, 123456789012345678901234567890, "
        "1e400, NaN, Infinity, -Infinity, true, false, null], \"text\": \"x\"}",
        "x");
    check_accepted("{\"m\": {\"b\": 1, \"b\": 2}, \"text\": \"nested keys may repeat\"}",
                   "nested keys may repeat");
    check_accepted("{\"\": 1, \"text\": \"x\", \"text \": 2}", "x");
}

static void lines_that_are_no_objects_are_refused(void)
{
    check_refused("", "byte 0: a sample must be a JSON object");
    check_refused("[1, 2]", "byte 0: a sample must be a JSON object");
    check_refused(" \"text\"", "byte 1: a sample must be a JSON object");
    check_refused("null", "byte 0: a sample must be a JSON object");
    check_refused("\xef\xbb\xbf{\"text\": \"x\"}",
                  "byte 0: a sample must be a JSON object");
    check_refused("{\"text\": \"x\"} {\"text\": \"y\"}",
                  "byte 14: more stands behind the object");
    check_refused("{\"text\": \"x\"}}", "byte 13: more stands behind the object");
}

static void broken_grammar_is_refused(void)
{
    check_refused("{", "byte 1: a key in double quotes is missing");
    check_refused("{\"text\"", "byte 7: ':' is missing after the key");
    check_refused("{\"text\":", "byte 8: a value is missing");
    check_refused("{\"text\": \"x\"", "byte 12: ',' or '}' is missing");
    check_refused("{\"text\": \"x", "byte 11: the line ends inside a string");
    check_refused("{\"text\": \"x\",}", "byte 13: a key in double quotes is missing");
    check_refused("{,\"text\": \"x\"}", "byte 1: a key in double quotes is missing");
    check_refused("{'text': \"x\"}", "byte 1: a key in double quotes is missing");
    check_refused("{\"a\": 'x'}", "byte 6: a value is missing");
    check_refused("{\"a\":}", "byte 5: a value is missing");
    check_refused("{\"a\": {\"b\":}}", "byte 11: a value is missing");
    check_refused("{\"a\": [1,]}", "byte 9: a value is missing");
    check_refused("{\"a\": [1 2]}", "byte 9: ',' or ']' is missing");
    check_refused("{\"a\": [1}}", "byte 8: ',' or ']' is missing");
    check_refused("{\"a\": {\"b\": 1]}", "byte 13: ',' or '}' is missing");
    check_refused("{\"a\": {\"b\" 1}}", "byte 11: ':' is missing after the key");
    check_refused("{\"a\": {1: 1}}", "byte 7: a key in double quotes is missing");
    check_refused("{\"a\": tru}", "byte 6: a value is missing");
    check_refused("{\"a\": truee}", "byte 10: ',' or '}' is missing");
    check_refused("{\"a\" \"b\"}", "byte 5: ':' is missing after the key");
    check_refused("{\"a\": 1 \"b\": 2}", "byte 8: ',' or '}' is missing");
    check_refused("{\"a\": /* no */ 1}", "byte 6: a value is missing");
}

static void broken_numbers_are_refused(void)
{
    check_refused("{\"a\": 01}", "byte 6: a number with a leading 0");
    check_refused("{\"a\": -01}", "byte 7: a number with a leading 0");
    check_refused("{\"a\": -}", "byte 7: a digit is missing");
    check_refused("{\"a\": -NaN}", "byte 7: a digit is missing");
    check_refused("{\"a\": +1}", "byte 6: a value is missing");
    check_refused("{\"a\": .5}", "byte 6: a value is missing");
    check_refused("{\"a\": 1.}", "byte 8: a digit is missing");
    check_refused("{\"a\": 1.e5}", "byte 8: a digit is missing");
    check_refused("{\"a\": 1e}", "byte 8: a digit is missing");
    check_refused("{\"a\": 1e+}", "byte 9: a digit is missing");
    check_refused("{\"a\": 0x10}", "byte 7: ',' or '}' is missing");
    check_refused("{\"a\": nan}", "byte 6: a value is missing");
    check_refused("{\"a\": Infinit}", "byte 6: a value is missing");
}

static void broken_strings_are_refused(void)
{
    check_refused("{\"text\": \"a\tb\"}", "byte 11: control byte 0x09 in a string");
    check_refused("{\"a\x1f\": 1}", "byte 3: control byte 0x1f in a string");
    check_refused("{\"text\": \"\\x41\"}", "byte 10: a backslash that begins no escape");
    check_refused("{\"text\": \"\\\t\"}", "byte 10: a backslash that begins no escape");
    check_refused("{\"text\": \"\\u12g4\"}",
                  "byte 10: \\u without four hexadecimal digits");
    check_refused("{\"text\": \"\\u12", "byte 10: \\u without four hexadecimal digits");
    check_refused("{\"text\": \"\\", "byte 10: the line ends inside a string");
    check_refused("{\"text\": \"ab\\\"", "byte 14: the line ends inside a string");
    check_refused("{\"text\": \"\\ud800\"}", "byte 10: lone surrogate escape \\ud800");
    check_refused("{\"text\": \"\\uDC00\"}", "byte 10: lone surrogate escape \\uDC00");
    check_refused("{\"text\": \"\\ud83d\\u0041\"}",
                  "byte 10: lone surrogate escape \\ud83d");
    check_refused("{\"text\": \"\\ud83d\\ud83d\\ude00\"}",
                  "byte 10: lone surrogate escape \\ud83d");
    check_refused("{\"text\": \"x\", \"m\": [{\"k\\udfff\": 1}]}",
                  "byte 23: lone surrogate escape \\udfff");
    check_refused("{\"m\": [\"\\ud83dx\"]}", "byte 8: lone surrogate escape \\ud83d");
}

static void bytes_that_are_not_utf8_are_refused(void)
{
    check_refused("{\"text\": \"a\xff\"}", "byte 11: 0xff is not valid UTF-8 here");
    check_refused("{\"text\": \"\xc0\xaf\"}", "byte 10: 0xc0 is not valid UTF-8 here");
    check_refused("{\"text\": \"\xed\xa0\x80\"}",
                  "byte 10: 0xed is not valid UTF-8 here");
    check_refused("{\"text\": \"x\", \"m\": \"\xe6\xbc\"}",
                  "byte 20: 0xe6 is not valid UTF-8 here");
    for (int at = 0; at <= 200; at++) {
        char line[300], reason[80];

        memset(line, 'a', sizeof(line));
        memcpy(line, "{\"text\": \"", 10);
        line[10 + at] = (char)0xf5;
        (void)snprintf(line + 220, 3, "\"}");
        (void)snprintf(reason, sizeof(reason), "byte %d: 0xf5 is not valid UTF-8 here",
                       10 + at);
        check_refused(line, reason);
    }
}

static void required_texts_must_be_strings(void)
{
    check_refused("{}", "text key 'text' is missing");
    check_refused("{\"Text\": \"x\"}", "text key 'text' is missing");
    check_refused("{\"text\": null}", "text key 'text' is null");
    check_refused("{\"text\": 1}", "text key 'text' is a number, not a string");
    check_refused("{\"text\": NaN}", "text key 'text' is a number, not a string");
    check_refused("{\"text\": true}", "text key 'text' is a truth value, not a string");
    check_refused("{\"text\": [\"x\"]}", "text key 'text' is a list, not a string");
    check_refused("{\"text\": {}}", "text key 'text' is an object, not a string");
}

static void a_key_may_come_once(void)
{
    struct dj_buf line;
    const char *reason;

    check_refused("{\"text\": \"x\", \"text\": \"x\"}",
                  "byte 14: the key 'text' comes twice");
    check_refused("{\"a\": 1, \"text\": \"x\", \"\\u0061\": 2}",
                  "byte 22: the key 'a' comes twice");
    check_refused("{\"\": 1, \"\": 2}", "byte 8: the key '' comes twice");
    /* Many keys are looked up in a table, which grows. */
    dj_buf_init(&line);
    for (int twice = 0; twice < 2; twice++) {
        for (int count = 14; count < 3000; count = count < 20 ? count + 1 : count * 3) {
            struct dj_batch *batch = dj_batch_new(&one_text);

            dj_buf_reset(&line);
            DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("{\"text\": \"x\"")));
            for (int i = 0; i < count; i++) {
                DJ_CHECK_OK(dj_buf_printf(&line, ", \"k%d\": %d", i, i));
            }
            DJ_CHECK_OK(
                dj_buf_printf(&line, ", \"%s%d\": 0}", twice ? "k" : "j", count / 2));
            DJ_CHECK_OK(dj_batch_add(batch, dj_buf_str(&line), somewhere));
            DJ_CHECK_INT(dj_batch_live_count(batch), !twice);
            reason = dj_batch_reason(batch, 0);
            DJ_CHECK(twice ? strstr(reason, "comes twice") != NULL : reason == NULL);
            dj_batch_free(batch);
        }
    }
    dj_buf_release(&line);
}

/* A long key is cut in the message, between characters. */
static void messages_stay_short_and_valid(void)
{
    struct dj_batch *batch = dj_batch_new(&one_text);
    struct dj_buf line;
    size_t bad;

    dj_buf_init(&line);
    for (int k = 0; k < 2; k++) {
        DJ_CHECK_OK(dj_buf_append(&line, k == 0 ? DJ_STR("{\"x") : DJ_STR(", \"x")));
        for (int i = 0; i < 400; i++) {
            DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("漢")));
        }
        DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("\": 1")));
    }
    DJ_CHECK_OK(dj_buf_putc(&line, '}'));
    DJ_CHECK_OK(dj_batch_add(batch, dj_buf_str(&line), somewhere));
    DJ_CHECK_CONTAINS(dj_batch_reason(batch, 0), "漢'... comes twice");
    DJ_CHECK(strlen(dj_batch_reason(batch, 0)) < 120);
    DJ_CHECK(dj_utf8_valid(dj_str_from(dj_batch_reason(batch, 0)), &bad));
    dj_buf_release(&line);
    dj_batch_free(batch);
}

static void depth_has_a_limit(void)
{
    struct dj_buf line;

    dj_buf_init(&line);
    for (int depth = 1022; depth <= 1025; depth++) {
        for (int kind = 0; kind < 2; kind++) {
            const struct dj_str open = kind ? DJ_STR("{\"a\":") : DJ_STR("[");
            struct dj_batch *batch = dj_batch_new(&one_text);

            dj_buf_reset(&line);
            DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("{\"text\": \"x\", \"a\": ")));
            for (int i = 1; i < depth; i++) {
                DJ_CHECK_OK(dj_buf_append(&line, open));
            }
            DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("0")));
            for (int i = 1; i < depth; i++) {
                DJ_CHECK_OK(dj_buf_putc(&line, kind ? '}' : ']'));
            }
            DJ_CHECK_OK(dj_buf_putc(&line, '}'));
            DJ_CHECK_OK(dj_batch_add(batch, dj_buf_str(&line), somewhere));
            DJ_CHECK_INT(dj_batch_live(batch, 0), depth <= 1024);
            if (depth > 1024) {
                DJ_CHECK_CONTAINS(dj_batch_reason(batch, 0), "deeper than 1024");
            }
            dj_batch_free(batch);
        }
    }
    dj_buf_release(&line);
}

/* Puts the piece behind `at` letters in the text and in a skipped string. */
static void check_piece_at(size_t at, const char *piece, struct dj_str meaning)
{
    struct dj_buf line, text;

    dj_buf_init(&line);
    dj_buf_init(&text);
    for (size_t i = 0; i < at; i++) {
        DJ_CHECK_OK(dj_buf_putc(&text, (char)('a' + i % 26)));
    }
    DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("{\"m\": [\"")));
    DJ_CHECK_OK(dj_buf_append(&line, dj_buf_str(&text)));
    DJ_CHECK_OK(dj_buf_printf(&line, "%s\"], \"text\": \"", piece));
    DJ_CHECK_OK(dj_buf_append(&line, dj_buf_str(&text)));
    DJ_CHECK_OK(dj_buf_append(&text, meaning));
    DJ_CHECK_OK(dj_buf_reserve(&text, text.len));
    DJ_CHECK_OK(dj_buf_append(&text, dj_buf_str(&text)));
    DJ_CHECK_OK(dj_buf_printf(&line, "%s", piece));
    DJ_CHECK_OK(dj_buf_append(&line, (struct dj_str){ text.ptr, at }));
    DJ_CHECK_OK(dj_buf_printf(&line, "%s\"}", piece));
    check_text_of(dj_buf_str(&line), dj_buf_str(&text));
    dj_buf_release(&line);
    dj_buf_release(&text);
}

static void escapes_at_every_place_of_a_block(void)
{
    for (size_t at = 0; at <= 130; at++) {
        check_piece_at(at, "", DJ_STR(""));
        check_piece_at(at, "\\\"", DJ_STR("\""));
        check_piece_at(at, "\\\\", DJ_STR("\\"));
        check_piece_at(at, "\\\\\\\"", DJ_STR("\\\""));
        check_piece_at(at, "\\n\\n\\n", DJ_STR("\n\n\n"));
        check_piece_at(at, "\\u0000", DJ_STR("\0"));
        check_piece_at(at, "\\u00e9", DJ_STR("é"));
        check_piece_at(at, "\\u6f22\\u6F22", DJ_STR("漢漢"));
        check_piece_at(at, "\\ud83d\\ude00", DJ_STR("😀"));
        check_piece_at(at, "\\n\\u000a\\n\\ud83d\\ude00\\\\", DJ_STR("\n\n\n😀\\"));
        check_piece_at(at, "é漢😀", DJ_STR("é漢😀"));
    }
}

/* The same places in a skipped string and in the text, with the same reason. */
static void faults_at_every_place_of_a_block(void)
{
    static const struct {
        const char *piece, *reason;
    } faults[] = {
        { "\x01", "control byte 0x01 in a string" },
        { "\x1f", "control byte 0x1f in a string" },
        { "\\q", "a backslash that begins no escape" },
        { "\\u00e", "\\u without four hexadecimal digits" },
        { "\\udc00", "lone surrogate escape \\udc00" },
        { "\\ud800\\u0041", "lone surrogate escape \\ud800" },
    };
    char line[400], reason[400];

    for (int at = 0; at <= 130; at++) {
        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
            for (int key = 0; key < 2; key++) {
                const char *name = key ? "text" : "meta";

                (void)snprintf(
                    line, sizeof(line), "{\"%s\": \"%.*s%s\"}", name, at,
                    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                    "nnnnnnnnnnnnnnnnnnnn",
                    faults[i].piece);
                (void)snprintf(reason, sizeof(reason), "byte %d: %s", at + 10,
                               faults[i].reason);
                check_refused(line, reason);
            }
        }
        /* Lines that end at every place, also in the middle of an escape. */
        (void)snprintf(
            line, sizeof(line), "{\"text\": \"%.*s", at,
            "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n"
            "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n"
            "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n");
        (void)snprintf(reason, sizeof(reason), "byte %d: the line ends inside a string",
                       10 + at - at % 2);
        check_refused(line, reason);
    }
}

static void texts_without_escapes_stay_in_the_line(void)
{
    struct dj_batch *batch = dj_batch_new(&one_text);
    static const char plain[128] = "{\"text\": \"no copy\"}";
    static const char escaped[128] = "{\"text\": \"a \\n copy\"}";

    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(plain), somewhere));
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(escaped), (struct dj_origin){ 4, 9 }));
    dj_batch_select(batch, 0, 0, NULL);
    DJ_CHECK(dj_batch_text(batch, 0).ptr == plain + 10);
    DJ_CHECK_STR(dj_batch_text(batch, 1), "a \n copy");
    DJ_CHECK_INT(dj_batch_bytes(batch), strlen(plain) + strlen(escaped));
    DJ_CHECK_INT(dj_batch_origin(batch, 0).row, 3);
    DJ_CHECK_INT(dj_batch_origin(batch, 1).line, 9);
    dj_batch_free(batch);
}

static void a_very_long_line_is_read(void)
{
    const size_t size = (size_t)100 << 20;
    struct dj_batch *batch = dj_batch_new(&one_text);
    struct dj_buf line;
    struct dj_str text;

    dj_buf_init(&line);
    DJ_CHECK_OK(dj_buf_reserve(&line, size + 64));
    DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("{\"text\": \"")));
    memset(line.ptr + line.len, 'x', size);
    for (size_t i = 0; i < size; i += 1000) {
        memcpy(line.ptr + line.len + i, "\\n", 2);
    }
    line.len += size;
    DJ_CHECK_OK(dj_buf_append(&line, DJ_STR("\"}")));
    DJ_CHECK_OK(dj_batch_add(batch, dj_buf_str(&line), somewhere));
    DJ_CHECK(dj_batch_live(batch, 0));
    text = dj_batch_text(batch, 0);
    DJ_CHECK_INT(text.len, size - (size + 999) / 1000);
    DJ_CHECK(text.ptr[0] == '\n' && text.ptr[999] == '\n' && text.ptr[1] == 'x');
    dj_batch_free(batch);
    dj_buf_release(&line);
}

static const char *const dotted_keys[] = { "text", "a.b", "a.b.c", "x.y.z" };
static const struct dj_batch_layout dotted = {
    .ntexts = 4,
    .texts = dotted_keys,
    .nrequired = 1,
};

static void check_dotted(const char *line, size_t key, const char *text)
{
    struct dj_batch *batch = dj_batch_new(&dotted);
    struct dj_buf memory;

    dj_buf_init(&memory);
    add_bytes(batch, &memory, dj_str_from(line));
    DJ_CHECK(dj_batch_live(batch, 0));
    dj_batch_select(batch, 0, key, NULL);
    DJ_CHECK_INT(dj_batch_has_text(batch, 0), text != NULL);
    DJ_CHECK_STR(dj_batch_text(batch, 0), text == NULL ? "" : text);
    dj_batch_free(batch);
    dj_buf_release(&memory);
}

static void dotted_keys_look_into_objects(void)
{
    check_dotted("{\"text\": \"t\", \"a\": {\"q\": [], \"b\": \"in\\n\"}}", 1, "in\n");
    check_dotted("{\"a.b\": \"literal\", \"text\": \"t\", \"a\": {\"b\": \"in\"}}", 1,
                 "literal");
    check_dotted("{\"a\": {\"b\": \"in\"}, \"a.b\": \"literal\", \"text\": \"t\"}", 1,
                 "literal");
    check_dotted("{\"a.b\": null, \"text\": \"t\", \"a\": {\"b\": \"in\"}}", 1, NULL);
    check_dotted("{\"text\": \"t\", \"a\": {\"b\": 1}}", 1, NULL);
    check_dotted("{\"text\": \"t\", \"a\": \"b\"}", 1, NULL);
    check_dotted("{\"text\": \"t\"}", 1, NULL);
    check_dotted("{\"text\": \"t\", \"a\": {\"\\u0062\": \"escaped\"}}", 1, "escaped");
    check_dotted("{\"text\": \"t\", \"a\": {\"b\": \"1\", \"b\": \"last\"}}", 1, "last");
    check_dotted("{\"text\": \"t\", \"a\": {\"b\": {\"c\": \"deep\"}}}", 2, "deep");
    check_dotted("{\"text\": \"t\", \"a.b\": {\"c\": \"half\"}}", 2, "half");
    check_dotted("{\"text\": \"t\", \"a\": {\"b.c\": \"other half\"}}", 2, "other half");
    check_dotted("{\"text\": \"t\", \"x\": {\"y\": {\"z\": \"\"}}}", 3, "");
    check_dotted("{\"text\": \"t\", \"x\": {\"y\": {}}}", 3, NULL);
}

static const char *const stat_names[] = { "text_len", "alnum_ratio", "lang" };
static const struct dj_batch_layout with_stats = {
    .ntexts = 1,
    .texts = text_keys,
    .nrequired = 1,
    .nstats = 3,
    .stats = stat_names,
};

static void statistics_of_the_line_are_taken_over(void)
{
    static const size_t columns[] = { 2, 1, 0 };
    static const char line[256] = "{\"text\": \"x\", \"__dj__stats__\": {\"text_len\": "
                                  "12, \"other\": {\"a\": [1]}, "
                                  "\"alnum\\u005fratio\": 5e-1, \"lang\": \"en\"}}";
    static const char large[256] =
        "{\"__dj__stats__\": {\"text_len\": -9223372036854775808, \"alnum_ratio\": "
        "9223372036854775808, \"lang\": true}, \"text\": \"x\"}";
    static const char none[128] = "{\"__dj__stats__\": null, \"text\": \"x\"}";
    struct dj_batch *batch = dj_batch_new(&with_stats);
    struct dj_number value;

    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(line), somewhere));
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(large), somewhere));
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(none), somewhere));
    dj_batch_select(batch, 0, 0, columns);
    DJ_CHECK(dj_batch_stat(batch, 0, 2, &value));
    DJ_CHECK(value.kind == DJ_NUMBER_INT && value.i == 12);
    DJ_CHECK(dj_batch_stat(batch, 0, 1, &value));
    DJ_CHECK(value.kind == DJ_NUMBER_FLOAT && value.d == 0.5);
    DJ_CHECK(dj_batch_stat(batch, 0, 0, &value)); /* there, but no comparison holds */
    DJ_CHECK(value.kind == DJ_NUMBER_NONE);

    DJ_CHECK(dj_batch_stat(batch, 1, 2, &value));
    DJ_CHECK(value.kind == DJ_NUMBER_INT && value.i == INT64_MIN);
    DJ_CHECK(dj_batch_stat(batch, 1, 1, &value));
    DJ_CHECK(value.kind == DJ_NUMBER_FLOAT && value.d == 9223372036854775808.0);
    DJ_CHECK(dj_batch_stat(batch, 1, 0, &value));
    DJ_CHECK(value.kind == DJ_NUMBER_INT && value.i == 1);

    for (size_t stat = 0; stat < 3; stat++) {
        DJ_CHECK(!dj_batch_stat(batch, 2, stat, &value));
    }
    dj_batch_free(batch);
}

#ifdef DJ_FAULTS
#include "dj/fault.h"

/* A line for which memory ran out is not in the batch, and can be added again. */
static void lack_of_memory_adds_nothing(void)
{
    static const char line[128] = "{\"text\": \"needs \\n memory\"}";
    struct dj_batch *batch = dj_batch_new(&one_text);
    struct dj_error err;

    DJ_CHECK(setenv("DJ_FAULT", "mem.grow:nomem", 1) == 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_STATUS(dj_batch_add(batch, dj_str_from(line), somewhere), DJ_NOMEM);
    DJ_CHECK_INT(dj_batch_count(batch), 0);
    DJ_CHECK_INT(dj_batch_live_count(batch), 0);
    DJ_CHECK_INT(dj_batch_bytes(batch), 0);
    DJ_CHECK(dj_batch_room(batch, 10) == NULL);
    DJ_CHECK(unsetenv("DJ_FAULT") == 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    DJ_CHECK_OK(dj_batch_add(batch, dj_str_from(line), somewhere));
    DJ_CHECK_STR(dj_batch_text(batch, 0), "needs \n memory");
    dj_batch_free(batch);
}
#endif

/* Whatever the bytes of a string are, all versions say and write the same. */
static void all_versions_decode_alike(void)
{
    static const char *const pieces[] = {
        "a",   "\\n",  "\\\\",    "\\\"",           "\\",
        "\"",  "é",    "\\u00e9", "\\ud83d\\ude00", "\\/",
        "\\é", "\x01", "\\u12",   "bcdefghijklmno"
    };
    const struct dj_string_ops *versions[DJ_STRING_VERSIONS];
    const size_t nversions = dj_string_versions(versions);
    uint32_t random = 5;

    for (int round = 0; round < 60000; round++) {
        char line[512 + DJ_PADDING], plain[512 + DJ_PADDING], other[512 + DJ_PADDING];
        /* Mostly harmless, so that many get beyond the first block. */
        const uint32_t kinds = round % 3 == 0 ? 14 : 4;
        size_t len = 0;
        struct dj_string_end wanted;
        char *plain_end = plain;

        memset(line, round % 2 ? '\\' : '"', sizeof(line));
        while (len < (size_t)(round % 300)) {
            const char *piece;

            random = random * 1664525 + 1013904223;
            piece = pieces[(random >> 28) < 9 ? (random >> 8) % 2 * 13
                                              : (random >> 8) % kinds];
            memcpy(line + len, piece, strlen(piece));
            len += strlen(piece);
        }
        wanted = versions[0]->decode(line, line + len, &plain_end);
        for (size_t i = 1; i < nversions; i++) {
            char *end = other;
            const struct dj_string_end got = versions[i]->decode(line, line + len, &end);

            DJ_CHECK_INT(got.fault, wanted.fault);
            DJ_CHECK_INT(got.at - line, wanted.at - line);
            DJ_CHECK_INT(end - other, plain_end - plain);
            DJ_CHECK(memcmp(other, plain, (size_t)(end - other)) == 0);
        }
    }
}

int main(void)
{
    DJ_TEST(samples_are_read);
    DJ_TEST(lines_that_are_no_objects_are_refused);
    DJ_TEST(broken_grammar_is_refused);
    DJ_TEST(broken_numbers_are_refused);
    DJ_TEST(broken_strings_are_refused);
    DJ_TEST(bytes_that_are_not_utf8_are_refused);
    DJ_TEST(required_texts_must_be_strings);
    DJ_TEST(a_key_may_come_once);
    DJ_TEST(messages_stay_short_and_valid);
    DJ_TEST(depth_has_a_limit);
    DJ_TEST(escapes_at_every_place_of_a_block);
    DJ_TEST(faults_at_every_place_of_a_block);
    DJ_TEST(texts_without_escapes_stay_in_the_line);
    DJ_TEST(a_very_long_line_is_read);
    DJ_TEST(dotted_keys_look_into_objects);
    DJ_TEST(statistics_of_the_line_are_taken_over);
#ifdef DJ_FAULTS
    DJ_TEST(lack_of_memory_adds_nothing);
#endif
    DJ_TEST(all_versions_decode_alike);
    return 0;
}
