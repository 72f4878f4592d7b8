/* Input files that are no JSON Lines: what lines they give, however they are cut. */
#include "dj/dataset.h"
#include "support/files.h"

/* All lines of a partition, faults as "!reason|line", blank ones left out. */
static void add_lines(struct dj_reader *reader, const struct dj_partition *partition,
                      size_t want, struct dj_buf *out)
{
    int64_t number = partition->first_line - 1;
    struct dj_str block, line, reason;
    struct dj_error err = { .text = "" };
    int64_t rows = 0;

    DJ_CHECK_OK(dj_reader_start(reader, partition, &err));
    for (;;) {
        DJ_CHECK_OK(dj_reader_next(reader, want, &block, &err));
        if (block.len == 0) {
            break;
        }
        while (dj_block_line(&block, &line, &number)) {
            const bool fault = dj_block_fault(&line, &reason);

            DJ_CHECK_OK(dj_buf_printf(out, "%lld ", (long long)number));
            if (fault) {
                DJ_CHECK_OK(dj_buf_printf(out, "!%.*s|", (int)reason.len, reason.ptr));
            }
            DJ_CHECK_OK(dj_buf_append(out, line));
            DJ_CHECK_OK(dj_buf_putc(out, '\n'));
            rows++;
        }
    }
    DJ_CHECK_INT(rows, partition->rows);
}

/* What a folder or file gives when it is cut so and scanned by so many ranks. */
static struct dj_buf lines_of(const char *path, struct dj_cut cut, int nranks,
                              size_t want)
{
    const char *paths[] = { path };
    const struct dj_strs entries = { true, 1, paths };
    const struct dj_strs none = { 0 };
    char *spool = dj_xprintf("%s.spool", path);
    struct dj_partitions partitions = { 0 };
    struct dj_error err = { .text = "" };
    struct dj_sources sources;
    struct dj_reader *reader;
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_OK(dj_sources_find(&entries, &none, &sources, &err));
    for (int rank = 0; rank < nranks; rank++) {
        DJ_CHECK_OK(
            dj_partitions_scan(&sources, cut, rank, nranks, spool, &partitions, &err));
    }
    dj_partitions_number(&partitions);
    reader = dj_reader_new(&sources);
    for (size_t i = 0; i < partitions.count; i++) {
        add_lines(reader, &partitions.items[i], want, &out);
    }
    dj_reader_free(reader);
    dj_partitions_release(&partitions);
    dj_sources_release(&sources);
    dj_xfree(spool);
    return out;
}

/* The same lines for any cut. */
static void check(const char *name, struct dj_str content, const char *expected)
{
    char *folder = files_fresh();
    char *path = files_put(folder, name, content);

    for (int64_t rows = 1; rows < 4; rows++) {
        for (int64_t bytes = 1; bytes < 2000; bytes = bytes * 10 + 1) {
            struct dj_buf out =
                lines_of(path, (struct dj_cut){ rows, bytes }, (int)rows, (size_t)bytes);

            DJ_CHECK_STR(dj_buf_str(&out), expected);
            dj_buf_release(&out);
        }
    }
    dj_xfree(path);
    files_drop(folder);
}

static void check_csv(const char *content, const char *expected)
{
    check("x.csv", dj_str_from(content), expected);
}

/* As pandas 2.3 reads them, but for keys of missing values and widened numbers. */
static void columns_have_the_types_of_all_their_cells(void)
{
    check_csv("a,b\n1,x\n2,\n,y\n", "2 {\"a\": 1, \"b\": \"x\"}\n3 {\"a\": 2}\n"
                                    "4 {\"b\": \"y\"}\n");
    check_csv("a\n 5\n+6\n007\n-0\n", "2 {\"a\": 5}\n3 {\"a\": 6}\n4 {\"a\": 7}\n"
                                      "5 {\"a\": 0}\n");
    check_csv("a\n.5\n5.\n1e5\n-00.5E-3\n",
              "2 {\"a\": 0.5}\n3 {\"a\": 5.0}\n4 {\"a\": 1e5}"
              "\n5 {\"a\": -0.5e-3}\n");
    check_csv("a\n18446744073709551615\n1\n",
              "2 {\"a\": 18446744073709551615}\n3 {\"a\": 1}\n");
    check_csv("a\n18446744073709551615\n-1\n",
              "2 {\"a\": \"18446744073709551615\"}\n3 {\"a\": \"-1\"}\n");
    check_csv("a\n18446744073709551615\n-.5\n",
              "2 {\"a\": \"18446744073709551615\"}\n3 {\"a\": \"-.5\"}\n");
    check_csv("a\n18446744073709551616\n.5\n",
              "2 {\"a\": 18446744073709551616}\n3 {\"a\": 0.5}\n");
    check_csv("a\n99999999999999999999\n", "2 {\"a\": \"99999999999999999999\"}\n");
    check_csv("a\n1e400\n1\n", "2 {\"a\": \"1e400\"}\n3 {\"a\": \"1\"}\n");
    check_csv("a,b\nTrue,1\n,1\nfAlse,1\n", "2 {\"a\": true, \"b\": 1}\n3 {\"b\": 1}\n"
                                            "4 {\"a\": false, \"b\": 1}\n");
    check_csv("a\nTrue\n1\n", "2 {\"a\": \"True\"}\n3 {\"a\": \"1\"}\n");
    check_csv("a\n2020-01-01\n\"NA\"\n", "2 {\"a\": \"2020-01-01\"}\n3 {}\n");
    check_csv("a\ninf\n1\n", "2 {}\n3 {\"a\": 1}\n");
    check_csv("a\n1 2\n\"5\"\n", "2 {\"a\": \"1 2\"}\n3 {\"a\": \"5\"}\n");
}

static void quotes_and_line_breaks_are_those_of_rfc_4180(void)
{
    check_csv("a,b\n\"x\"\"y\",1\n", "2 {\"a\": \"x\\\"y\", \"b\": 1}\n");
    check_csv("a,b\r\n\"x\r\ny, z\",1\r\nq,2", "2 {\"a\": \"x\\r\\ny, z\", \"b\": 1}\n"
                                               "4 {\"a\": \"q\", \"b\": 2}\n");
    check_csv("a,b\n\"x\"y\"z,1\nx\"y,2\n \"x\",3\n",
              "2 {\"a\": \"xy\\\"z\", \"b\": 1}\n3 {\"a\": \"x\\\"y\", \"b\": 2}\n"
              "4 {\"a\": \" \\\"x\\\"\", \"b\": 3}\n");
    check_csv("a\r1\r2\r", "2 {\"a\": 1}\n3 {\"a\": 2}\n");
    check_csv("\n\na,b\n  \n1,2\n\n", "5 {\"a\": 1, \"b\": 2}\n");
    check_csv("\xEF\xBB\xBF"
              "a,a,\n1,2,3\n",
              "2 {\"a\": 1, \"a.1\": 2, \"Unnamed: 2\": 3}\n");
    check_csv("a,b\n", "");
    check_csv("", "");
    check("x.tsv", DJ_STR("a\tb\n1\t\"x\ty\"\n"), "2 {\"a\": 1, \"b\": \"x\\ty\"}\n");
}

static void a_bad_row_costs_itself(void)
{
    check_csv("a,b\n1\n2,3\n4,\"5\n6\",7\n8,9\n",
              "2 !the row has 1 cell, the first row 2|1\n3 {\"a\": 2, \"b\": 3}\n"
              "4 !the row has 3 cells, the first row 2|4,\"5 6\",7\n"
              "6 {\"a\": 8, \"b\": 9}\n");
    check_csv("a,b\n1,\"x\n2,y\n",
              "2 !a quote that opens in this row is not closed|1,\"x\n"
              "3 {\"a\": 2, \"b\": \"y\"}\n");
}

static void check_json(const char *content, const char *expected)
{
    check("x.json", dj_str_from(content), expected);
}

static void arrays_and_objects_are_taken_apart(void)
{
    check_json("[{\"a\": \"]}\\\"\", \"b\":[1,{}]} ,{\"a\":2}]",
               "1 {\"a\": \"]}\\\"\", \"b\":[1,{}]}\n2 {\"a\":2}\n");
    check_json("\xEF\xBB\xBF\n[\n  {\n    \"a\": 1.50\n  },\r\n  {}\n]\n",
               "1 {     \"a\": 1.50   }\n2 {}\n");
    check_json("{\"a\": 1}\n{\"a\": 2}\n\n{\n\"a\": 3}",
               "1 {\"a\": 1}\n2 {\"a\": 2}\n3 { \"a\": 3}\n");
    check_json("[]", "");
    check_json(" \n", "");
    check_json("[1, \"x\", [2]]", "1 1\n2 \"x\"\n3 [2]\n");
}

static void a_broken_sample_costs_itself(void)
{
    check_json("[{\"a\": \"x\"}, {\"a\": \"y}, {\"a\": \"z\"}]",
               "1 {\"a\": \"x\"}\n"
               "2 !what begins at byte 13 of the file is no JSON, or its end is "
               "missing|{\"a\": \"y}, \n3 {\"a\": \"z\"}\n");
    check_json("[\n {\"a\": [1, 2},\n {\"a\": 2}\n]",
               "1 !what begins at byte 3 of the file is no JSON, or its end is "
               "missing|{\"a\": [1, 2},  \n2 {\"a\": 2}\n");
    check_json("[{\"a\": 1}, {\"a\": \"cut",
               "1 {\"a\": 1}\n"
               "2 !what begins at byte 11 of the file is no JSON, or its end is "
               "missing|{\"a\": \"cut\n");
    check_json("{\"a\": 1}\n{\"a: 2}\n{\"a\": 3}\n",
               "1 {\"a\": 1}\n"
               "2 !what begins at byte 9 of the file is no JSON, or its end is "
               "missing|{\"a: 2} \n3 {\"a\": 3}\n");
    check_json("[{\"a\": 1}] x",
               "1 {\"a\": 1}\n"
               "2 !what begins at byte 11 of the file stands behind the array|x\n");
}

/* The end of a broken sample is looked for in bounded memory. */
static void a_long_broken_sample_is_passed_over(void)
{
    char *folder = files_fresh();
    struct dj_buf bytes, out;
    char *path;

    dj_buf_init(&bytes);
    files_add(&bytes, DJ_STR("[{\"a\": 1}, {\"a\": \"\n"));
    for (int i = 0; i < 300000; i++) {
        files_add(&bytes, DJ_STR("{\"b\": 2}, "));
    }
    files_add(&bytes, DJ_STR("\"}, {\"a\": 3}]"));
    path = files_put(folder, "x.json", dj_buf_str(&bytes));
    for (int64_t rows = 1; rows < 5; rows++) {
        struct dj_cut cut = { rows, 1 << 20 };

        out = lines_of(path, cut, 1, 100);
        DJ_CHECK(memmem(out.ptr, out.len, "2 !what begins at byte 11 ", 26) != NULL);
        DJ_CHECK(out.len < 70000);
        DJ_CHECK(memcmp(out.ptr + out.len - 11, "3 {\"a\": 3}\n", 11) == 0);
        dj_buf_release(&out);
    }
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

static void a_text_file_is_a_sample(void)
{
    char *folder = files_fresh();
    char *text = dj_fs_join(folder, "text");

    dj_xfree(files_put(folder, "text/a.txt", DJ_STR("one\r\ntwo\rthree\n")));
    dj_xfree(files_put(folder, "text/b.py", DJ_STR("")));
    dj_xfree(files_put(folder, "text/c.md", DJ_STR("bad \xff here")));
    dj_xfree(files_put(folder, "text/sub/d.C", DJ_STR("\"\xC3\xA9\"")));
    for (int64_t rows = 1; rows < 6; rows++) {
        for (int nranks = 1; nranks < 5; nranks++) {
            struct dj_buf out = lines_of(text, (struct dj_cut){ rows, 15 }, nranks, 10);
            struct dj_buf plain;
            const char *shown;

            /* The number of a line is that of the file in its partition. */
            dj_buf_init(&plain);
            for (size_t i = 0; i < out.len; i++) {
                if (i == 0 || out.ptr[i - 1] == '\n') {
                    i += 2;
                }
                DJ_CHECK_OK(dj_buf_putc(&plain, out.ptr[i]));
            }
            DJ_CHECK_OK(dj_buf_cstr(&plain, &shown));
            DJ_CHECK_TEXT(shown,
                          "{\"text\": \"one\\ntwo\\nthree\\n\"}\n{\"text\": \"\"}\n"
                          "!byte 4: 0xff is not valid UTF-8 here|{\"text\": \"bad \xff "
                          "here\"}\n{\"text\": \"\\\"\xC3\xA9\\\"\"}\n");
            dj_buf_release(&plain);
            dj_buf_release(&out);
        }
    }
    dj_xfree(text);
    files_drop(folder);
}

int main(void)
{
    DJ_TEST(columns_have_the_types_of_all_their_cells);
    DJ_TEST(quotes_and_line_breaks_are_those_of_rfc_4180);
    DJ_TEST(a_bad_row_costs_itself);
    DJ_TEST(arrays_and_objects_are_taken_apart);
    DJ_TEST(a_broken_sample_costs_itself);
    DJ_TEST(a_long_broken_sample_is_passed_over);
    DJ_TEST(a_text_file_is_a_sample);
    return 0;
}
