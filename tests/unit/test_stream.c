/* Compressed input: frames and members, positions, damage at every byte. */
#include "dj/stream.h"
#include "support/files.h"

static const struct dj_str first = { "one\ntwo\n", 8 };
static const struct dj_str second = { "three\n", 6 };

/* Reads to the end in steps of size; the status of the read that failed, or DJ_OK. */
static enum dj_status read_all(const char *path, enum dj_codec codec, int64_t offset,
                               size_t size, struct dj_buf *out, struct dj_error *err)
{
    struct dj_stream *stream;
    char *piece = dj_xmalloc(size);
    enum dj_status status = DJ_OK;
    size_t got = 1;

    DJ_CHECK_OK(dj_stream_open(path, codec, offset, &stream, err));
    while (status == DJ_OK && got > 0) {
        status = dj_stream_read(stream, piece, size, &got, err);
        if (status == DJ_OK) {
            files_add(out, (struct dj_str){ piece, got });
        }
    }
    dj_stream_close(stream);
    dj_xfree(piece);
    return status;
}

static void check_content(const char *path, enum dj_codec codec, int64_t offset,
                          const char *expected)
{
    static const size_t sizes[] = { 1, 3, 1 << 20 };

    for (size_t i = 0; i < 3; i++) {
        struct dj_error err;
        struct dj_buf out;

        dj_buf_init(&out);
        DJ_CHECK_OK(read_all(path, codec, offset, sizes[i], &out, &err));
        DJ_CHECK_STR(dj_buf_str(&out), expected);
        dj_buf_release(&out);
    }
}

static void the_last_suffix_says_the_codec(void)
{
    DJ_CHECK_INT(dj_codec_of_name("a/b.jsonl"), DJ_CODEC_NONE);
    DJ_CHECK_INT(dj_codec_of_name("a/b.jsonl.zst"), DJ_CODEC_ZSTD);
    DJ_CHECK_INT(dj_codec_of_name("b.JSONL.GZ"), DJ_CODEC_GZIP);
    DJ_CHECK_INT(dj_codec_of_name("a.zst/b"), DJ_CODEC_NONE);
    DJ_CHECK_INT(dj_codec_of_name("zst"), DJ_CODEC_NONE);
    DJ_CHECK_TEXT(dj_codec_name(DJ_CODEC_ZSTD), "zstd");
    DJ_CHECK_TEXT(dj_codec_name(DJ_CODEC_GZIP), "gzip");
}

static void frames_are_read_one_after_the_other(void)
{
    char *folder = files_fresh();
    struct dj_buf bytes;
    char *path;
    int64_t begins;

    dj_buf_init(&bytes);
    files_add_zstd(&bytes, first, true, FILES_WINDOW_128K);
    begins = (int64_t)bytes.len;
    files_add_skippable(&bytes, DJ_STR("an index, say"));
    files_add_zstd(&bytes, DJ_STR(""), true, FILES_WINDOW_128K);
    files_add_zstd(&bytes, second, false, FILES_WINDOW_256M);
    path = files_put(folder, "x.zst", dj_buf_str(&bytes));
    check_content(path, DJ_CODEC_ZSTD, 0, "one\ntwo\nthree\n");
    check_content(path, DJ_CODEC_ZSTD, begins, "three\n");
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

static void the_position_is_that_of_the_next_byte(void)
{
    char *folder = files_fresh();
    struct dj_stream *stream;
    struct dj_error err;
    struct dj_buf bytes;
    char piece[64];
    int64_t begins, offset, in_frame;
    size_t got;
    char *path;

    dj_buf_init(&bytes);
    files_add_zstd(&bytes, first, true, FILES_WINDOW_128K);
    begins = (int64_t)bytes.len;
    files_add_zstd(&bytes, second, false, FILES_WINDOW_128K);
    path = files_put(folder, "x.zst", dj_buf_str(&bytes));
    DJ_CHECK_OK(dj_stream_open(path, DJ_CODEC_ZSTD, 0, &stream, &err));

    DJ_CHECK_OK(dj_stream_read(stream, piece, 3, &got, &err));
    DJ_CHECK_INT(got, 3);
    dj_stream_position(stream, &offset, &in_frame);
    DJ_CHECK_INT(offset, 0);
    DJ_CHECK_INT(in_frame, 3);

    /* However much is asked for, a read ends with the frame. */
    DJ_CHECK_OK(dj_stream_read(stream, piece, sizeof(piece), &got, &err));
    DJ_CHECK_INT(got, first.len - 3);
    dj_stream_position(stream, &offset, &in_frame);
    DJ_CHECK_INT(offset, begins);
    DJ_CHECK_INT(in_frame, 0);

    DJ_CHECK_OK(dj_stream_read(stream, piece, 2, &got, &err));
    dj_stream_position(stream, &offset, &in_frame);
    DJ_CHECK_INT(offset, begins);
    DJ_CHECK_INT(in_frame, 2);

    dj_stream_close(stream);
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

static void members_are_read_one_after_the_other(void)
{
    char *folder = files_fresh();
    struct dj_stream *stream;
    struct dj_error err;
    struct dj_buf bytes;
    char piece[64];
    int64_t offset, in_frame;
    size_t got = 1;
    char *path;

    dj_buf_init(&bytes);
    files_add_gzip(&bytes, first);
    files_add_gzip(&bytes, DJ_STR(""));
    files_add_gzip(&bytes, second);
    path = files_put(folder, "x.gz", dj_buf_str(&bytes));
    check_content(path, DJ_CODEC_GZIP, 0, "one\ntwo\nthree\n");

    DJ_CHECK_OK(dj_stream_open(path, DJ_CODEC_GZIP, 0, &stream, &err));
    while (got > 0) {
        DJ_CHECK_OK(dj_stream_read(stream, piece, sizeof(piece), &got, &err));
    }
    dj_stream_position(stream, &offset, &in_frame);
    DJ_CHECK_INT(offset, 0);
    DJ_CHECK_INT(in_frame, first.len + second.len);
    dj_stream_close(stream);
    dj_xfree(path);

    /* Zero bytes behind the last member are padding. */
    files_add(&bytes, DJ_STR("\0\0\0\0\0"));
    path = files_put(folder, "padded.gz", dj_buf_str(&bytes));
    check_content(path, DJ_CODEC_GZIP, 0, "one\ntwo\nthree\n");
    dj_xfree(path);
    dj_buf_release(&bytes);
    files_drop(folder);
}

/* A file that ends within a frame or member is an error wherever it ends. */
static void a_cut_file_is_noticed_at_every_byte(void)
{
    char *folder = files_fresh();

    for (int codec = DJ_CODEC_ZSTD; codec <= DJ_CODEC_GZIP; codec++) {
        struct dj_buf bytes;
        size_t whole;

        dj_buf_init(&bytes);
        if (codec == DJ_CODEC_ZSTD) {
            files_add_zstd(&bytes, first, false, FILES_WINDOW_128K);
            whole = bytes.len;
            files_add_zstd(&bytes, second, true, FILES_WINDOW_128K);
        } else {
            files_add_gzip(&bytes, first);
            whole = bytes.len;
            files_add_gzip(&bytes, second);
        }
        for (size_t len = 0; len <= bytes.len; len++) {
            char *path = files_put(folder, "cut", (struct dj_str){ bytes.ptr, len });
            const bool good = len == 0 || len == whole || len == bytes.len;
            struct dj_error err = { .text = "" };
            struct dj_buf out;

            dj_buf_init(&out);
            DJ_CHECK_STATUS(read_all(path, (enum dj_codec)codec, 0, 4096, &out, &err),
                            good ? DJ_OK : DJ_DATA);
            if (!good) {
                char place[64];

                (void)snprintf(place, sizeof(place), "truncated: ends at byte %zu", len);
                DJ_CHECK_CONTAINS(err.text, place);
                DJ_CHECK_CONTAINS(err.text, path);
            }
            dj_buf_release(&out);
            dj_xfree(path);
        }
        dj_buf_release(&bytes);
    }
    files_drop(folder);
}

static void check_damage(const char *folder, enum dj_codec codec, struct dj_buf *bytes,
                         const char *expected)
{
    char *path = files_put(folder, "damaged", dj_buf_str(bytes));
    struct dj_error err = { .text = "" };
    struct dj_buf out;

    dj_buf_init(&out);
    DJ_CHECK_STATUS(read_all(path, codec, 0, 4096, &out, &err), DJ_DATA);
    DJ_CHECK_CONTAINS(err.text, expected);
    DJ_CHECK_CONTAINS(err.text, path);
    dj_buf_release(&out);
    dj_buf_release(bytes);
    dj_xfree(path);
}

static void damage_is_reported_with_its_place(void)
{
    char *folder = files_fresh();
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    files_add(&bytes, DJ_STR("{\"text\": \"not compressed at all\"}\n"));
    check_damage(folder, DJ_CODEC_ZSTD, &bytes, "damaged at byte 0");
    files_add(&bytes, DJ_STR("{\"text\": \"not compressed at all\"}\n"));
    check_damage(folder, DJ_CODEC_GZIP, &bytes, "incorrect header check");

    files_add_zstd(&bytes, first, true, FILES_WINDOW_128K);
    files_add(&bytes, DJ_STR("garbage behind it"));
    check_damage(folder, DJ_CODEC_ZSTD, &bytes, "zstd frame from byte 21");

    files_add_gzip(&bytes, first);
    bytes.ptr[bytes.len - 8] ^= 1; /* the checksum */
    check_damage(folder, DJ_CODEC_GZIP, &bytes, "incorrect data check");

    files_add_gzip(&bytes, first);
    files_add(&bytes, DJ_STR("garbage"));
    check_damage(folder, DJ_CODEC_GZIP, &bytes, "follow the compressed data at byte 31");

    files_add_gzip(&bytes, first);
    files_add(&bytes, DJ_STR("\0\0garbage"));
    check_damage(folder, DJ_CODEC_GZIP, &bytes, "follow the compressed data at byte 33");
    files_drop(folder);
}

/* Files that the command line tools wrote: see tests/data/README. */
static void files_of_other_programs_are_read(void)
{
    static const char *const names[] = { "lines.jsonl.zst", "lines.frames.jsonl.zst",
                                         "lines.jsonl.gz", "lines.members.jsonl.gz" };
    const char *source = getenv("DJ_SOURCE_DIR");
    char *folder = dj_fs_join(source == NULL ? "." : source, "tests/data");
    char *plain_path = dj_fs_join(folder, "lines.jsonl");
    struct dj_buf plain = files_get(plain_path);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = dj_fs_join(folder, names[i]);
        struct dj_error err;
        struct dj_buf out;

        dj_buf_init(&out);
        DJ_CHECK_OK(read_all(path, dj_codec_of_name(path), 0, 1000, &out, &err));
        DJ_CHECK(dj_str_equal(dj_buf_str(&out), dj_buf_str(&plain)));
        dj_buf_release(&out);
        dj_xfree(path);
    }
    dj_buf_release(&plain);
    dj_xfree(plain_path);
    dj_xfree(folder);
}

static void what_cannot_be_opened_is_an_error(void)
{
    struct dj_stream *stream;
    struct dj_error err;

    DJ_CHECK_STATUS(dj_stream_open("/no/such/x.zst", DJ_CODEC_ZSTD, 0, &stream, &err),
                    DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "/no/such/x.zst");
    DJ_CHECK_STATUS(dj_stream_open("/dev/null", DJ_CODEC_NONE, 0, &stream, &err),
                    DJ_INTERNAL);
}

static void frames_in_memory_come_back(void)
{
    static const size_t sizes[] = { 0, 1, 1000, 300000 };
    struct dj_zstd *zstd = dj_zstd_new();
    struct dj_buf content, frames, back;
    uint64_t state = 1;

    dj_buf_init(&content);
    dj_buf_init(&frames);
    dj_buf_init(&back);
    for (size_t i = 0; i < 4; i++) {
        const size_t begins = frames.len;
        struct dj_error err;
        struct dj_str frame;

        dj_buf_reset(&content);
        while (content.len < sizes[i]) {
            files_add_number(&content, files_random(&state) % 8, 1);
        }
        DJ_CHECK_OK(dj_zstd_compress(zstd, dj_buf_str(&content), 1, &frames, &err));
        frame = (struct dj_str){ frames.ptr + begins, frames.len - begins };
        DJ_CHECK(sizes[i] < 1000 || frame.len < sizes[i] / 2);
        DJ_CHECK_OK(dj_zstd_decompress(zstd, frame, sizes[i], &back, &err));
        DJ_CHECK_INT(back.len, sizes[i]);
        DJ_CHECK(sizes[i] == 0 || memcmp(back.ptr, content.ptr, sizes[i]) == 0);
        DJ_CHECK_STATUS(dj_zstd_decompress(zstd, frame, sizes[i] + 1, &back, &err),
                        DJ_DATA);
        frame.len--;
        DJ_CHECK_STATUS(dj_zstd_decompress(zstd, frame, sizes[i], &back, &err), DJ_DATA);
        DJ_CHECK_INT(back.len, sizes[i]);
        dj_buf_reset(&back);
    }
    dj_buf_release(&back);
    dj_buf_release(&frames);
    dj_buf_release(&content);
    dj_zstd_free(zstd);
}

int main(void)
{
    DJ_TEST(the_last_suffix_says_the_codec);
    DJ_TEST(frames_are_read_one_after_the_other);
    DJ_TEST(the_position_is_that_of_the_next_byte);
    DJ_TEST(members_are_read_one_after_the_other);
    DJ_TEST(a_cut_file_is_noticed_at_every_byte);
    DJ_TEST(damage_is_reported_with_its_place);
    DJ_TEST(files_of_other_programs_are_read);
    DJ_TEST(what_cannot_be_opened_is_an_error);
    DJ_TEST(frames_in_memory_come_back);
    return 0;
}
