/* metadata/dataset_mapping.json: what is written is what is read, or an error. */
#include "dj/fault.h"
#include "dj/json.h"
#include "support/lines.h"

static const char fingerprint_text[] = "0123456789abcdef";

struct map {
    struct dj_sources sources;
    struct dj_partitions partitions;
    struct dj_mapping_info info;
    char fingerprint[17];
};

/* Sources and partitions with unlike numbers everywhere. */
static struct map make(size_t nsources, size_t npartitions)
{
    struct map map = { .info = { .max_rows = 1000,
                                 .max_bytes = 64 << 20,
                                 .created = 1795557096.125,
                                 .fingerprint = fingerprint_text } };
    uint64_t seed = nsources * 1000 + npartitions;

    map.sources.count = nsources;
    map.sources.files = dj_xcalloc(nsources, sizeof(*map.sources.files));
    for (size_t i = 0; i < nsources; i++) {
        struct dj_source_file *file = &map.sources.files[i];

        file->path = dj_xprintf("/data/set/part \"%zu\"/中文.jsonl", i);
        /* File names need not be UTF-8. */
        file->name =
            dj_xprintf(i % 2 == 0 ? "part \"%zu\"/中文.jsonl" : "%zu/\xE9t\xE9", i);
        file->codec = (enum dj_codec)(i % DJ_CODEC_COUNT);
        file->size = ((int64_t)1 << 50) + (int64_t)i;
        file->mtime = 1795557096.0 + (double)files_random(&seed) / 7;
        file->spool_path = i % 3 == 2 ? dj_xprintf("/spool/file_%06zu.jsonl", i) : NULL;
    }
    for (size_t i = 0; i < npartitions; i++) {
        const struct dj_partition partition = {
            .id = (int64_t)i,
            .file = (int64_t)(files_random(&seed) % nsources),
            .offset = (int64_t)files_random(&seed) * 1000,
            .skip = files_random(&seed) % 5,
            .bytes = 1 + (int64_t)files_random(&seed),
            .rows = 1 + files_random(&seed) % 1000,
            .first_line = 1 + (int64_t)files_random(&seed) * 100,
            .lines = 1 + files_random(&seed) % 1200,
            .digest = (uint64_t)files_random(&seed) << 40 | files_random(&seed),
        };

        DJ_CHECK_OK(dj_partitions_add(&map.partitions, &partition));
    }
    return map;
}

static void release(struct map *map)
{
    dj_sources_release(&map->sources);
    dj_partitions_release(&map->partitions);
}

static char *write_map(const char *folder, const struct map *map)
{
    char *path = dj_fs_join(folder, "dataset_mapping.json");
    struct dj_error err;

    DJ_CHECK_OK(
        dj_mapping_write(path, &map->sources, &map->partitions, &map->info, &err));
    return path;
}

static void check_round_trip(size_t nsources, size_t npartitions)
{
    char *folder = files_fresh();
    struct map map = make(nsources, npartitions);
    char *path = write_map(folder, &map);
    struct map back;
    struct dj_error err = { .text = "" };

    DJ_CHECK_OK(dj_mapping_read(path, &back.sources, &back.partitions, &back.info,
                                back.fingerprint, &err));
    DJ_CHECK_INT(back.info.max_rows, map.info.max_rows);
    DJ_CHECK_INT(back.info.max_bytes, map.info.max_bytes);
    DJ_CHECK(back.info.created == map.info.created);
    DJ_CHECK_TEXT(back.info.fingerprint, fingerprint_text);
    DJ_CHECK_INT(back.sources.count, nsources);
    for (size_t i = 0; i < nsources; i++) {
        const struct dj_source_file *a = &back.sources.files[i];
        const struct dj_source_file *e = &map.sources.files[i];

        DJ_CHECK_TEXT(a->path, e->path);
        DJ_CHECK_TEXT(a->name, e->name);
        DJ_CHECK_INT(a->codec, e->codec);
        DJ_CHECK_INT(a->size, e->size);
        DJ_CHECK(a->mtime == e->mtime);
        DJ_CHECK_INT(a->spool_path == NULL, e->spool_path == NULL);
        DJ_CHECK(a->spool_path == NULL || strcmp(a->spool_path, e->spool_path) == 0);
    }
    DJ_CHECK(dj_sources_fingerprint(&back.sources) ==
             dj_sources_fingerprint(&map.sources));
    DJ_CHECK_INT(back.partitions.count, npartitions);
    DJ_CHECK(npartitions == 0 ||
             memcmp(back.partitions.items, map.partitions.items,
                    npartitions * sizeof(*map.partitions.items)) == 0);
    release(&back);
    release(&map);
    dj_xfree(path);
    files_drop(folder);
}

static void the_map_survives_writing_and_reading(void)
{
    check_round_trip(1, 1);
    check_round_trip(7, 100);
    check_round_trip(1, 0);
    check_round_trip(300, 20000); /* many pieces of the reader and the writer */
}

static void the_document_is_json_with_the_names_of_data_juicer(void)
{
    char *folder = files_fresh();
    struct map map = make(2, 3);
    char *path = write_map(folder, &map);
    const struct dj_json *partitions, *last;
    struct dj_json *doc;
    struct dj_error err = { .text = "" };
    int64_t rows = 0;

    for (size_t i = 0; i < 3; i++) {
        rows += map.partitions.items[i].rows;
    }
    DJ_CHECK_OK(dj_json_read(path, &doc, &err));
    DJ_CHECK_TEXT(dj_json_text(doc, "original_dataset_path", ""), "/data/set");
    DJ_CHECK_INT(dj_json_int(doc, "original_dataset_size", -1), rows);
    DJ_CHECK_INT(dj_json_int(doc, "partition_count", -1), 3);
    DJ_CHECK_INT(dj_json_int(doc, "partition_size", -1), 1000);
    DJ_CHECK_TEXT(dj_json_text(doc, "mapping_version", ""), "1.0");
    DJ_CHECK(dj_json_number(doc, "created_timestamp", 0) == 1795557096.125);
    partitions = dj_json_get(doc, "partitions");
    DJ_CHECK_INT(dj_json_count(partitions), 3);
    DJ_CHECK_INT(dj_json_count(dj_json_get(doc, "sources")), 2);
    last = dj_json_at(partitions, 2);
    DJ_CHECK_INT(dj_json_int(last, "partition_id", -1), 2);
    DJ_CHECK_INT(dj_json_int(last, "original_end_idx", -1), rows);
    DJ_CHECK_INT(dj_json_int(last, "original_start_idx", -1),
                 rows - map.partitions.items[2].rows);
    DJ_CHECK_INT(dj_json_int(last, "sample_count", -1), map.partitions.items[2].rows);
    DJ_CHECK_INT(dj_json_int(last, "file_size_bytes", -1), map.partitions.items[2].bytes);
    DJ_CHECK_INT(strlen(dj_json_text(last, "checksum", "")), 16);
    dj_json_free(doc);
    release(&map);
    dj_xfree(path);
    files_drop(folder);
}

static void check_damaged(const char *folder, struct dj_str bytes, const char *text)
{
    char *path = files_put(folder, "damaged.json", bytes);
    struct dj_error err = { .text = "" };
    struct map back;

    DJ_CHECK_STATUS(dj_mapping_read(path, &back.sources, &back.partitions, &back.info,
                                    back.fingerprint, &err),
                    DJ_RESUME);
    DJ_CHECK_CONTAINS(err.text, path);
    DJ_CHECK_CONTAINS(err.text, text);
    DJ_CHECK_INT(back.sources.count, 0);
    DJ_CHECK_INT(back.partitions.count, 0);
    dj_xfree(path);
}

/* Cut short anywhere, or with any byte changed, it is refused. */
static void damage_is_noticed_wherever_it_is(void)
{
    char *folder = files_fresh();
    struct map map = make(2, 4);
    char *path = write_map(folder, &map);
    struct dj_buf bytes = files_get(path);

    check_damaged(folder, DJ_STR(""), "ends early");
    check_damaged(folder, DJ_STR("not this at all\n"), "is not as dj-mpi wrote it");
    for (size_t len = 0; len < bytes.len; len++) {
        check_damaged(folder, (struct dj_str){ bytes.ptr, len },
                      "cannot be resumed from");
    }
    for (size_t at = 0; at < bytes.len; at++) {
        const char before = bytes.ptr[at];

        bytes.ptr[at] = before == '5' ? '6' : '5';
        /* A wrong layout number says so itself. */
        check_damaged(folder, dj_buf_str(&bytes), "resume");
        bytes.ptr[at] = before == ' ' ? '\t' : ' ';
        check_damaged(folder, dj_buf_str(&bytes), "resume");
        bytes.ptr[at] = before;
    }
    DJ_CHECK_OK(dj_buf_putc(&bytes, '\n'));
    check_damaged(folder, dj_buf_str(&bytes), "follows the end");
    dj_buf_release(&bytes);
    release(&map);
    dj_xfree(path);
    files_drop(folder);
}

static void another_layout_is_refused_by_its_number(void)
{
    char *folder = files_fresh();
    struct map map = make(1, 1);
    char *path = write_map(folder, &map);
    struct dj_buf bytes = files_get(path);
    struct dj_error err = { .text = "" };
    struct map back;
    char *number;

    DJ_CHECK_OK(dj_buf_putc(&bytes, '\0'));
    number = strstr(bytes.ptr, "\"dj_mpi_layout\": 1");
    DJ_CHECK(number != NULL);
    number[strlen("\"dj_mpi_layout\": ")] = '2';
    dj_xfree(files_put(folder, "dataset_mapping.json",
                       (struct dj_str){ bytes.ptr, bytes.len - 1 }));
    DJ_CHECK_STATUS(dj_mapping_read(path, &back.sources, &back.partitions, &back.info,
                                    back.fingerprint, &err),
                    DJ_RESUME);
    DJ_CHECK_CONTAINS(err.text, "has layout 2, this dj-mpi reads layout 1");
    dj_buf_release(&bytes);
    release(&map);
    dj_xfree(path);
    files_drop(folder);
}

static void what_cannot_be_written_or_read_is_an_error(void)
{
    struct map map = make(1, 1);
    struct dj_error err;
    struct map back;

    DJ_CHECK_STATUS(dj_mapping_write("/no/such/folder/map.json", &map.sources,
                                     &map.partitions, &map.info, &err),
                    DJ_IO);
    DJ_CHECK_STATUS(dj_mapping_read("/no/such/folder/map.json", &back.sources,
                                    &back.partitions, &back.info, back.fingerprint, &err),
                    DJ_IO);
    release(&map);
}

#ifdef DJ_FAULTS
static void a_failed_write_leaves_the_map_of_before(void)
{
    char *folder = files_fresh();
    struct map map = make(1, 5);
    char *path = write_map(folder, &map);
    struct dj_buf before = files_get(path);
    struct dj_buf after;
    struct dj_error err;

    DJ_CHECK_INT(setenv("DJ_FAULT", "map.write:fail", 1), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    map.partitions.count = 2;
    DJ_CHECK_STATUS(
        dj_mapping_write(path, &map.sources, &map.partitions, &map.info, &err), DJ_IO);
    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(0, &err));
    after = files_get(path);
    DJ_CHECK(dj_str_equal(dj_buf_str(&before), dj_buf_str(&after)));
    dj_buf_release(&before);
    dj_buf_release(&after);
    release(&map);
    dj_xfree(path);
    files_drop(folder);
}
#endif

int main(void)
{
    DJ_TEST(the_map_survives_writing_and_reading);
    DJ_TEST(the_document_is_json_with_the_names_of_data_juicer);
    DJ_TEST(damage_is_noticed_wherever_it_is);
    DJ_TEST(another_layout_is_refused_by_its_number);
    DJ_TEST(what_cannot_be_written_or_read_is_an_error);
#ifdef DJ_FAULTS
    DJ_TEST(a_failed_write_leaves_the_map_of_before);
#endif
    return 0;
}
