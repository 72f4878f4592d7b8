/*
 * The functions of the Arrow plugin: what is written comes back, whole files and files
 * put together of groups, and what is damaged is an error and no crash.
 */
#include "dj/arrow.h"
#include "dj/fs.h"
#include "support/arrows.h"
#include "support/files.h"

static const struct dj_arrow_api *api;
static char *folder;
static char why[DJ_ARROW_WHY];

/* A call of the table. */
#define CHECK_DOES(call)                               \
    do {                                               \
        if (!(call)) {                                 \
            (void)fprintf(stderr, "  why: %s\n", why); \
            djtest_fail(__FILE__, __LINE__);           \
        }                                              \
    } while (0)

/* A column of numbers and one of texts. */
static struct ArrowSchema two_columns(void)
{
    struct ArrowSchema *made = arrows_type("+s", "");
    struct ArrowSchema schema;

    arrows_type_add(made, arrows_type("l", "id"));
    arrows_type_add(made, arrows_type("u", "text"));
    schema = *made;
    free(made);
    return schema;
}

/* Rows first .. first + count: the number, and its digits as a text; each third is null.
 */
static struct ArrowArray some_rows(int64_t first, int64_t count)
{
    struct ArrowArray *made = arrows_values(count, 0);
    struct ArrowArray *ids = arrows_values(count, 0);
    struct ArrowArray *texts = arrows_values(count, -1);
    int64_t *numbers = calloc((size_t)count, sizeof(*numbers));
    int32_t *offsets = calloc((size_t)count + 1, sizeof(*offsets));
    uint8_t *bits = calloc((size_t)count / 8 + 1, 1);
    struct dj_buf bytes;
    struct ArrowArray batch;

    dj_buf_init(&bytes);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = first + i;
        if ((first + i) % 3 != 0) {
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1U << (i % 8));
            DJ_CHECK_OK(dj_buf_printf(&bytes, "number %d", (int)(first + i)));
        }
        offsets[i + 1] = (int32_t)bytes.len;
    }
    arrows_buffer(made, NULL, 0);
    arrows_buffer(ids, NULL, 0);
    arrows_buffer(ids, numbers, (size_t)count * sizeof(*numbers));
    arrows_buffer(texts, bits, (size_t)count / 8 + 1);
    arrows_buffer(texts, offsets, ((size_t)count + 1) * sizeof(*offsets));
    arrows_buffer(texts, bytes.ptr, bytes.len);
    arrows_values_add(made, ids);
    arrows_values_add(made, texts);
    free(numbers);
    free(offsets);
    free(bits);
    dj_buf_release(&bytes);
    batch = *made;
    free(made);
    return batch;
}

/* One row of a batch of two columns, as in some_rows. */
static void check_row(const struct ArrowArray *batch, int64_t row, int64_t number)
{
    const struct ArrowArray *ids = batch->children[0];
    const struct ArrowArray *texts = batch->children[1];
    const int64_t at = texts->offset + batch->offset + row;
    const int32_t *offsets = texts->buffers[1];
    const uint8_t *bits = texts->buffers[0];
    const bool there = bits == NULL || (bits[at / 8] >> (at % 8) & 1) != 0;
    char expected[32];

    DJ_CHECK_INT(((const int64_t *)ids->buffers[1])[ids->offset + batch->offset + row],
                 number);
    DJ_CHECK(there == (number % 3 != 0));
    if (there) {
        (void)snprintf(expected, sizeof(expected), "number %d", (int)number);
        DJ_CHECK_STR(((struct dj_str){ (const char *)texts->buffers[2] + offsets[at],
                                       (size_t)(offsets[at + 1] - offsets[at]) }),
                     expected);
    }
}

/* Rows first .. first + count of a group, the first of which has that number. */
static void check_rows(struct dj_arrow_file *file, int64_t group, int64_t first,
                       int64_t count, int64_t expected, int64_t number)
{
    struct dj_arrow_rows *rows;
    struct ArrowArray batch;
    int64_t seen = 0;

    CHECK_DOES(api->rows_open(file, group, first, count, 7, NULL, 0, &rows, why));
    for (;;) {
        CHECK_DOES(api->rows_next(rows, &batch, why));
        if (batch.release == NULL) {
            break;
        }
        DJ_CHECK(batch.length <= 7);
        for (int64_t i = 0; i < batch.length; i++) {
            check_row(&batch, i, number + seen++);
        }
        batch.release(&batch);
    }
    DJ_CHECK_INT(seen, expected);
    api->rows_close(rows);
}

/* Two groups of 20 and 10 rows. */
static void check_two_groups(struct dj_arrow_file *file)
{
    struct dj_arrow_group group[2];
    struct ArrowSchema schema;

    DJ_CHECK_INT(api->file_groups(file), 2);
    for (int i = 0; i < 2; i++) {
        CHECK_DOES(api->file_group(file, i, &group[i], why));
        DJ_CHECK_INT(group[i].rows, i == 0 ? 20 : 10);
        DJ_CHECK(group[i].bytes > 60 && group[i].bytes < 2000);
    }
    DJ_CHECK(group[0].digest != group[1].digest);
    CHECK_DOES(api->file_schema(file, &schema, why));
    DJ_CHECK_INT(schema.n_children, 2);
    DJ_CHECK_TEXT(schema.children[1]->name, "text");
    DJ_CHECK_TEXT(schema.children[1]->format, "u");
    schema.release(&schema);
    check_rows(file, 0, 0, -1, 20, 100);
    check_rows(file, 1, 0, -1, 10, 120);
    check_rows(file, 0, 13, -1, 7, 113);
    check_rows(file, 0, 3, 11, 11, 103);
    check_rows(file, 1, 9, 5, 1, 129);
    check_rows(file, 0, 20, -1, 0, 0);
    DJ_CHECK(!api->rows_open(file, 2, 0, -1, 7, NULL, 0, NULL, why));
}

static void write_two_groups(struct dj_arrow_writer *writer)
{
    struct ArrowArray first = some_rows(100, 20);
    struct ArrowArray second = some_rows(120, 10);

    CHECK_DOES(api->writer_add(writer, &first, why));
    CHECK_DOES(api->writer_add(writer, &second, why));
    CHECK_DOES(api->writer_finish(writer, why));
    api->writer_close(writer);
}

static void parquet_comes_back(void)
{
    static const char *const plain[] = { "text" };
    char *path = dj_fs_join(folder, "file.parquet");
    struct dj_arrow_writer *writer;
    struct dj_arrow_file *file;

    for (int compression = 0; compression <= DJ_ARROW_NONE; compression++) {
        struct ArrowSchema schema = two_columns();

        CHECK_DOES(api->parquet_create(path, &schema,
                                       (enum dj_arrow_compression)compression, plain, 1,
                                       &writer, why));
        write_two_groups(writer);
        CHECK_DOES(api->parquet_open(path, &file, why));
        check_two_groups(file);
        api->file_close(file);
    }
    dj_xfree(path);
}

static void ipc_comes_back(void)
{
    char *path = dj_fs_join(folder, "file.arrow");
    struct dj_arrow_writer *writer;
    struct dj_arrow_file *file;

    for (int compression = 0; compression <= DJ_ARROW_NONE; compression++) {
        struct ArrowSchema schema = two_columns();

        CHECK_DOES(api->ipc_create(path, &schema, (enum dj_arrow_compression)compression,
                                   &writer, why));
        write_two_groups(writer);
        for (int map = 0; map < 2; map++) {
            CHECK_DOES(api->ipc_open(path, map == 1, &file, why));
            check_two_groups(file);
            api->file_close(file);
        }
    }
    dj_xfree(path);
}

static void columns_can_be_chosen(void)
{
    static const char *const text[] = { "text" };
    char *path = dj_fs_join(folder, "file.parquet");
    struct ArrowSchema schema = two_columns();
    struct dj_arrow_writer *writer;
    struct dj_arrow_file *file;
    struct dj_arrow_rows *rows;
    struct ArrowArray batch;

    CHECK_DOES(api->parquet_create(path, &schema, DJ_ARROW_ZSTD, NULL, 0, &writer, why));
    write_two_groups(writer);
    CHECK_DOES(api->parquet_open(path, &file, why));
    CHECK_DOES(api->rows_open(file, 1, 0, -1, 100, text, 1, &rows, why));
    CHECK_DOES(api->rows_next(rows, &batch, why));
    DJ_CHECK_INT(batch.length, 10);
    DJ_CHECK_INT(batch.n_children, 1);
    DJ_CHECK_INT(batch.children[0]->n_buffers, 3);
    batch.release(&batch);
    api->rows_close(rows);
    api->file_close(file);
    dj_xfree(path);
}

struct made {
    char *body, *meta;
    int64_t body_size, meta_size;
};

static struct made make_group(int64_t first, int64_t count)
{
    struct ArrowSchema schema = two_columns();
    struct ArrowArray batch = some_rows(first, count);
    struct made made;

    CHECK_DOES(api->group_make(&schema, &batch, DJ_ARROW_ZSTD, NULL, 0, &made.body,
                               &made.body_size, &made.meta, &made.meta_size, why));
    return made;
}

static void append(struct dj_buf *file, const char *bytes, int64_t size)
{
    DJ_CHECK_OK(dj_buf_append(file, (struct dj_str){ bytes, (size_t)size }));
}

static void groups_made_alone_make_one_file(void)
{
    const struct made made[2] = { make_group(100, 20), make_group(120, 10) };
    char *path = dj_fs_join(folder, "file.parquet");
    struct ArrowSchema schema = two_columns();
    struct dj_arrow_footer *footer;
    struct dj_arrow_file *file;
    struct dj_buf bytes;
    char *end;
    int64_t size;

    dj_buf_init(&bytes);
    append(&bytes, "PAR1", 4);
    CHECK_DOES(api->footer_begin(&schema, DJ_ARROW_ZSTD, NULL, 0, &footer, why));
    for (int i = 0; i < 2; i++) {
        CHECK_DOES(api->footer_add(footer, made[i].meta, made[i].meta_size,
                                   (int64_t)bytes.len, why));
        append(&bytes, made[i].body, made[i].body_size);
        free(made[i].body);
        free(made[i].meta);
    }
    CHECK_DOES(api->footer_end(footer, &end, &size, why));
    append(&bytes, end, size);
    free(end);
    api->footer_close(footer);
    dj_xfree(files_put(folder, "file.parquet", dj_buf_str(&bytes)));
    CHECK_DOES(api->parquet_open(path, &file, why));
    check_two_groups(file);
    api->file_close(file);
    dj_buf_release(&bytes);
    dj_xfree(path);
}

static void a_schema_is_packed(void)
{
    struct ArrowSchema schema = two_columns();
    struct ArrowSchema again;
    char *bytes;
    int64_t size;

    CHECK_DOES(api->schema_pack(&schema, &bytes, &size, why));
    CHECK_DOES(api->schema_unpack(bytes, size, &again, why));
    DJ_CHECK_INT(again.n_children, 2);
    DJ_CHECK_TEXT(again.children[0]->format, "l");
    again.release(&again);
    DJ_CHECK(!api->schema_unpack(bytes, size / 2, &again, why));
    DJ_CHECK(!api->schema_unpack("", 0, &again, why));
    free(bytes);
}

/* Every byte of the texts, where the offsets say that they are. */
static void read_texts(const struct ArrowArray *batch)
{
    const struct ArrowArray *texts = batch->children[1];
    const int32_t *offsets = texts->buffers[1];
    const char *bytes = texts->buffers[2];
    static volatile char sum;

    for (int64_t i = texts->offset; i < texts->offset + texts->length; i++) {
        for (int32_t at = offsets[i]; at < offsets[i + 1]; at++) {
            sum = (char)(sum ^ bytes[at]);
        }
    }
}

/* A file cut anywhere, and one with any of its last bytes changed, is at most an error.
 */
static void read_what_there_is(const char *path, bool ipc)
{
    struct dj_arrow_file *file;

    why[0] = '\0';
    if (ipc ? !api->ipc_open(path, false, &file, why)
            : !api->parquet_open(path, &file, why)) {
        DJ_CHECK(why[0] != '\0');
        return;
    }
    for (int64_t i = 0; i < api->file_groups(file); i++) {
        struct dj_arrow_rows *rows;
        struct ArrowArray batch = { .release = NULL };

        if (api->rows_open(file, i, 0, -1, 7, NULL, 0, &rows, why)) {
            while (api->rows_next(rows, &batch, why) && batch.release != NULL) {
                read_texts(&batch);
                batch.release(&batch);
            }
            api->rows_close(rows);
        }
    }
    api->file_close(file);
}

static void damage_is_an_error(void)
{
    char *path = dj_fs_join(folder, "file.parquet");
    struct ArrowSchema schema = two_columns();
    struct dj_arrow_writer *writer;
    struct dj_arrow_file *file;
    struct dj_buf whole;

    CHECK_DOES(api->parquet_create(path, &schema, DJ_ARROW_ZSTD, NULL, 0, &writer, why));
    write_two_groups(writer);
    whole = files_get(path);
    for (size_t i = 0; i < whole.len; i += 117) {
        dj_xfree(files_put(folder, "file.parquet", (struct dj_str){ whole.ptr, i }));
        DJ_CHECK(!api->parquet_open(path, &file, why));
        DJ_CHECK(why[0] != '\0');
    }
    for (size_t i = 0; i < whole.len; i += 11) {
        whole.ptr[i] = (char)(whole.ptr[i] ^ 0x55);
        dj_xfree(files_put(folder, "file.parquet", dj_buf_str(&whole)));
        read_what_there_is(path, false);
        whole.ptr[i] = (char)(whole.ptr[i] ^ 0x55);
    }
    dj_buf_release(&whole);
    schema = two_columns();
    CHECK_DOES(api->ipc_create(path, &schema, DJ_ARROW_NONE, &writer, why));
    write_two_groups(writer);
    whole = files_get(path);
    for (size_t i = 0; i < whole.len; i += 7) {
        whole.ptr[i] = (char)(whole.ptr[i] ^ 0x55);
        dj_xfree(files_put(folder, "file.parquet", dj_buf_str(&whole)));
        read_what_there_is(path, true);
        whole.ptr[i] = (char)(whole.ptr[i] ^ 0x55);
    }
    dj_xfree(files_put(folder, "file.parquet",
                       DJ_STR("no Parquet at all, but long enough to be some")));
    DJ_CHECK(!api->parquet_open(path, &file, why));
    DJ_CHECK(!api->ipc_open(path, false, &file, why));
    DJ_CHECK(!api->parquet_open("/nowhere/file.parquet", &file, why));
    DJ_CHECK(strstr(why, "/nowhere/file.parquet") != NULL);
    dj_buf_release(&whole);
    dj_xfree(path);
}

int main(void)
{
    struct dj_error err;

    if (dj_arrow(&api, &err) != DJ_OK) {
        (void)printf("skipped: %s\n", err.text);
        return strcmp(dj_arrow_version(), "none") == 0 ? 77 : 1;
    }
    folder = files_fresh();
    DJ_TEST(parquet_comes_back);
    DJ_TEST(ipc_comes_back);
    DJ_TEST(columns_can_be_chosen);
    DJ_TEST(groups_made_alone_make_one_file);
    DJ_TEST(a_schema_is_packed);
    DJ_TEST(damage_is_an_error);
    files_drop(folder);
    return 0;
}
