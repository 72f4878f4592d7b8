/* Reading partitions back: every line once, with its number, from any order. */
#include "dj/fault.h"
#include "support/lines.h"

#include <fcntl.h>
#include <unistd.h>

/* Reads a partition; its rows must be those of its lines. */
static void check_partition(struct dj_reader *reader,
                            const struct dj_partition *partition, size_t want,
                            const struct plain_lines *lines)
{
    int64_t number = partition->first_line - 1;
    size_t at = (size_t)number;
    int64_t rows = 0;
    int64_t bytes = 0;
    struct dj_error err;
    struct dj_str block;

    DJ_CHECK_OK(dj_reader_start(reader, partition, &err));
    for (;;) {
        struct dj_str rest, line;
        volatile char last;

        DJ_CHECK_OK(dj_reader_next(reader, want, &block, &err));
        if (block.len == 0) {
            break;
        }
        bytes += (int64_t)block.len;
        DJ_CHECK(block.ptr[block.len - 1] == '\n' || bytes == partition->bytes);
        for (int i = 0; i < DJ_PADDING; i++) { /* must be readable */
            last = block.ptr[block.len + (size_t)i];
        }
        (void)last;
        rest = block;
        while (dj_block_line(&rest, &line, &number)) {
            while (lines->items[at].blank) {
                at++;
            }
            DJ_CHECK(dj_str_equal(line, lines->items[at].text));
            DJ_CHECK_INT(number, lines->items[at].number);
            at++;
            rows++;
        }
    }
    DJ_CHECK_INT(bytes, partition->bytes);
    DJ_CHECK_INT(rows, partition->rows);
    DJ_CHECK_INT(number, partition->first_line + partition->lines - 1);
    /* Asking again at the end is harmless. */
    DJ_CHECK_OK(dj_reader_next(reader, want, &block, &err));
    DJ_CHECK_INT(block.len, 0);
}

enum kind { PLAIN, FRAMES, ONE_FRAME, MEMBERS, NKINDS };

static char *put(const char *folder, struct dj_str content, enum kind kind, size_t frame)
{
    static const char *const names[] = { "x.jsonl", "x.jsonl.zst", "y.jsonl.zst",
                                         "x.jsonl.gz" };
    struct dj_buf bytes;
    char *path;

    dj_buf_init(&bytes);
    if (kind == PLAIN) {
        files_add(&bytes, content);
    }
    for (size_t at = 0; kind != PLAIN && at < content.len;) {
        const size_t left = content.len - at;
        const size_t size = kind == ONE_FRAME || left < frame ? left : frame;
        const struct dj_str piece = { content.ptr + at, size };

        if (kind == MEMBERS) {
            files_add_gzip(&bytes, piece);
        } else {
            files_add_zstd(&bytes, piece, at % 2 == 0, FILES_WINDOW_128K);
            files_add_skippable(&bytes, DJ_STR("between frames"));
        }
        at += size;
    }
    path = files_put(folder, names[kind], dj_buf_str(&bytes));
    dj_buf_release(&bytes);
    return path;
}

static void every_line_comes_once_whatever_the_order_and_the_block(void)
{
    static const size_t wants[] = { 0, 1, 7, 100, 1 << 20 };
    uint64_t seed = 21;
    size_t spooled = 0;
    size_t framed = 0;

    for (int round = 0; round < 60; round++) {
        char *folder = files_fresh();
        const enum kind kind = (enum kind)(round % NKINDS);
        struct dj_partitions found;
        struct plain_lines lines;
        struct dj_sources sources;
        struct dj_reader *reader;
        struct dj_buf bytes;
        char *path;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 120, 60);
        lines = plain_lines_of(dj_buf_str(&bytes));
        path = put(folder, dj_buf_str(&bytes), kind, 1 + files_random(&seed) % 700);
        sources = plain_sources(path);
        found = plain_scan(&sources,
                           (struct dj_cut){ 1 + (int64_t)files_random(&seed) % 30,
                                            1 + (int64_t)files_random(&seed) % 1500 },
                           1, folder);
        spooled += sources.files[0].spool_path != NULL;
        framed += kind != PLAIN && sources.files[0].spool_path == NULL;
        reader = dj_reader_new(&sources);
        for (size_t i = 0; i < found.count; i++) {
            check_partition(reader, &found.items[i], wants[i % 5], &lines);
        }
        for (size_t i = found.count; i-- > 0;) {
            check_partition(reader, &found.items[i], wants[i % 5], &lines);
        }
        for (size_t i = 0; i < found.count; i++) {
            check_partition(reader, &found.items[files_random(&seed) % found.count], 50,
                            &lines);
        }
        dj_reader_free(reader);
        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_xfree(lines.items);
        dj_xfree(path);
        dj_buf_release(&bytes);
        files_drop(folder);
    }
    DJ_CHECK(spooled > 10); /* both ways were taken */
    DJ_CHECK(framed > 10);
}

static void files_are_read_in_turns(void)
{
    char *folder = files_fresh();
    const char *entry = folder;
    const struct dj_strs paths = { true, 1, &entry };
    const struct dj_strs none = { 0 };
    struct plain_lines lines[NKINDS];
    struct dj_buf bytes[NKINDS];
    struct dj_partitions found;
    struct dj_sources sources;
    struct dj_reader *reader;
    struct dj_error err;
    uint64_t seed = 8;

    for (int kind = 0; kind < NKINDS; kind++) {
        dj_buf_init(&bytes[kind]);
        plain_make(&bytes[kind], &seed, 50, 40);
        dj_xfree(put(folder, dj_buf_str(&bytes[kind]), (enum kind)kind, 300));
    }
    DJ_CHECK_OK(dj_sources_find(&paths, &none, &sources, &err));
    DJ_CHECK_INT(sources.count, NKINDS);
    /* By name: x.jsonl, x.jsonl.gz, x.jsonl.zst, y.jsonl.zst. */
    lines[0] = plain_lines_of(dj_buf_str(&bytes[PLAIN]));
    lines[1] = plain_lines_of(dj_buf_str(&bytes[MEMBERS]));
    lines[2] = plain_lines_of(dj_buf_str(&bytes[FRAMES]));
    lines[3] = plain_lines_of(dj_buf_str(&bytes[ONE_FRAME]));
    found = plain_scan(&sources, (struct dj_cut){ 5, 1 << 20 }, 1, folder);
    reader = dj_reader_new(&sources);
    for (int i = 0; i < 200; i++) {
        const struct dj_partition *one = &found.items[files_random(&seed) % found.count];

        check_partition(reader, one, 64, &lines[one->file]);
    }
    dj_reader_free(reader);
    dj_partitions_release(&found);
    dj_sources_release(&sources);
    for (int kind = 0; kind < NKINDS; kind++) {
        dj_xfree(lines[kind].items);
        dj_buf_release(&bytes[kind]);
    }
    files_drop(folder);
}

static void a_line_longer_than_the_buffer_comes_whole(void)
{
    char *folder = files_fresh();

    for (int kind = PLAIN; kind < NKINDS; kind++) {
        struct dj_partitions found;
        struct plain_lines lines;
        struct dj_sources sources;
        struct dj_reader *reader;
        struct dj_buf bytes;
        char *path;

        dj_buf_init(&bytes);
        files_add(&bytes, DJ_STR("first\n"));
        DJ_CHECK_OK(dj_buf_reserve(&bytes, 40 << 20));
        memset(bytes.ptr + bytes.len, 'y', 40 << 20);
        bytes.len += 40 << 20;
        files_add(&bytes, DJ_STR("\nthird\n"));
        lines = plain_lines_of(dj_buf_str(&bytes));
        path = put(folder, dj_buf_str(&bytes), (enum kind)kind, 3 << 20);
        sources = plain_sources(path);
        found = plain_scan(&sources, (struct dj_cut){ 1000, 64 << 20 }, 1, folder);
        DJ_CHECK_INT(found.count, 1);
        reader = dj_reader_new(&sources);
        check_partition(reader, &found.items[0], 1 << 20, &lines);
        check_partition(reader, &found.items[0], 1 << 20, &lines);
        dj_reader_free(reader);
        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_xfree(lines.items);
        dj_xfree(path);
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}

/* Reads all of a partition; the status of what failed. */
static enum dj_status try_partition(struct dj_reader *reader,
                                    const struct dj_partition *partition,
                                    struct dj_error *err)
{
    struct dj_str block = { "", 1 };

    DJ_TRY(dj_reader_start(reader, partition, err));
    while (block.len > 0) {
        DJ_TRY(dj_reader_next(reader, 100, &block, err));
    }
    return DJ_OK;
}

/* Overwrites one byte of a file in place. */
static void spoil(const char *path, off_t at)
{
    const int fd = open(path, O_WRONLY);

    DJ_CHECK(fd >= 0);
    DJ_CHECK_INT(pwrite(fd, "#", 1, at), 1);
    close(fd);
}

static void input_that_changed_since_is_noticed(void)
{
    char *folder = files_fresh();

    for (int kind = PLAIN; kind < NKINDS; kind++) {
        struct dj_error err = { .text = "" };
        struct dj_partitions found;
        struct dj_sources sources;
        struct dj_reader *reader;
        struct dj_buf bytes;
        uint64_t seed = 4;
        char *path;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 200, 60);
        path = put(folder, dj_buf_str(&bytes), (enum kind)kind, 500);
        sources = plain_sources(path);
        found = plain_scan(&sources, (struct dj_cut){ 50, 1 << 20 }, 1, folder);
        DJ_CHECK(found.count >= 3);
        reader = dj_reader_new(&sources);
        DJ_CHECK_OK(try_partition(reader, &found.items[1], &err));

        spoil(path, (off_t)(sources.files[0].size / 2));
        for (size_t i = 0, failed = 0; i < found.count; i++) {
            failed += try_partition(reader, &found.items[i], &err) == DJ_DATA;
            DJ_CHECK(i + 1 < found.count || failed > 0);
        }
        DJ_CHECK_CONTAINS(err.text, path);
        if (kind == PLAIN) {
            DJ_CHECK_CONTAINS(err.text, "changed since it was cut into partitions");
        }
        dj_reader_free(reader);

        /* Another reader: the file is shorter by the time it is opened. */
        dj_xfree(files_put(folder, dj_fs_basename(path), DJ_STR("")));
        reader = dj_reader_new(&sources);
        DJ_CHECK_STATUS(try_partition(reader, &found.items[0], &err), DJ_DATA);
        DJ_CHECK_CONTAINS(err.text, "changed since it was cut into partitions");
        DJ_CHECK_CONTAINS(err.text, "partition 0 (lines 1 to");
        DJ_CHECK_CONTAINS(err.text, "ends early");
        DJ_CHECK_STATUS(try_partition(reader, &found.items[2], &err), DJ_DATA);
        DJ_CHECK_INT(unlink(path), 0);
        dj_reader_free(reader);
        reader = dj_reader_new(&sources);
        DJ_CHECK_STATUS(try_partition(reader, &found.items[2], &err), DJ_IO);
        dj_reader_free(reader);

        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_xfree(path);
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}

static void check_line(const char *block, int64_t before, const char *line,
                       int64_t number)
{
    struct dj_str rest = dj_str_from(block);
    struct dj_str found;

    if (line == NULL) {
        DJ_CHECK(!dj_block_line(&rest, &found, &before));
        DJ_CHECK_INT(rest.len, 0);
    } else {
        DJ_CHECK(dj_block_line(&rest, &found, &before));
        DJ_CHECK_STR(found, line);
    }
    DJ_CHECK_INT(before, number);
}

static void line_ends_and_marks_are_taken_off(void)
{
    check_line("", 5, NULL, 5);
    check_line("a\n", 0, "a", 1);
    check_line("a", 4, "a", 5);
    check_line("a\r\nb", 4, "a", 5);
    check_line("a\r", 4, "a\r", 5);
    check_line(" a \r\r\n", 4, " a \r", 5);
    check_line("\n \n\t\r\na\n", 1, "a", 5);
    check_line(" \n\n\r", 1, NULL, 4);
    check_line("\xEF\xBB\xBF{}\n", 0, "{}", 1);
    check_line("\xEF\xBB\xBF\n{}\n", 0, "{}", 2);
    check_line("\xEF\xBB\xBF{}\n", 1, "\xEF\xBB\xBF{}", 2);
    check_line("\xEF\xBB\n", 0, "\xEF\xBB", 1);
}

#ifdef DJ_FAULTS
static void after_a_failed_read_a_partition_can_be_started_again(void)
{
    char *folder = files_fresh();

    for (int kind = PLAIN; kind < NKINDS; kind++) {
        struct dj_partitions found;
        struct dj_sources sources;
        struct dj_reader *reader;
        struct dj_error err;
        struct dj_buf bytes;
        uint64_t seed = 4;
        char *path;

        dj_buf_init(&bytes);
        plain_make(&bytes, &seed, 200, 60);
        path = put(folder, dj_buf_str(&bytes), (enum kind)kind, 500);
        sources = plain_sources(path);
        found = plain_scan(&sources, (struct dj_cut){ 60, 1 << 20 }, 1, folder);
        reader = dj_reader_new(&sources);
        DJ_CHECK_INT(setenv("DJ_FAULT", "source.read:fail", 1), 0);
        DJ_CHECK_OK(dj_fault_init(0, &err));
        DJ_CHECK_STATUS(try_partition(reader, &found.items[1], &err), DJ_IO);
        DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
        DJ_CHECK_OK(dj_fault_init(0, &err));
        DJ_CHECK_OK(try_partition(reader, &found.items[1], &err));
        DJ_CHECK_OK(try_partition(reader, &found.items[0], &err));
        dj_reader_free(reader);
        dj_partitions_release(&found);
        dj_sources_release(&sources);
        dj_xfree(path);
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}
#endif

int main(void)
{
    DJ_TEST(every_line_comes_once_whatever_the_order_and_the_block);
    DJ_TEST(files_are_read_in_turns);
    DJ_TEST(a_line_longer_than_the_buffer_comes_whole);
    DJ_TEST(input_that_changed_since_is_noticed);
    DJ_TEST(line_ends_and_marks_are_taken_off);
#ifdef DJ_FAULTS
    DJ_TEST(after_a_failed_read_a_partition_can_be_started_again);
#endif
    return 0;
}
