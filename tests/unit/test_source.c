/* Finding the input files, and the list of them as bytes. */
#include "dj/dataset.h"
#include "support/files.h"

#include <sys/stat.h>
#include <unistd.h>

/* Finds in one entry, "{}" in it standing for the folder. */
static enum dj_status find(const char *folder, const char *entry, const char *suffix,
                           struct dj_sources *sources, struct dj_error *err)
{
    char *path = entry[0] == '\0' ? dj_xstrdup(folder) : dj_fs_join(folder, entry);
    const char *paths[] = { path };
    const char *suffixes[] = { suffix };
    const struct dj_strs entries = { true, 1, paths };
    const struct dj_strs wanted = { suffix != NULL, suffix != NULL, suffixes };
    const enum dj_status status = dj_sources_find(&entries, &wanted, sources, err);

    dj_xfree(path);
    return status;
}

/* The names found, divided by blanks. */
static void check_names(const char *folder, const char *entry, const char *suffix,
                        const char *expected)
{
    struct dj_sources sources;
    struct dj_error err = { .text = "" };
    struct dj_buf names;

    dj_buf_init(&names);
    DJ_CHECK_OK(find(folder, entry, suffix, &sources, &err));
    for (size_t i = 0; i < sources.count; i++) {
        DJ_CHECK_OK(
            dj_buf_printf(&names, "%s%s", i == 0 ? "" : " ", sources.files[i].name));
    }
    DJ_CHECK_STR(dj_buf_str(&names), expected);
    dj_buf_release(&names);
    dj_sources_release(&sources);
}

static void check_refused(const char *folder, const char *entry, const char *suffix,
                          enum dj_status status, const char *text)
{
    struct dj_sources sources;
    struct dj_error err = { .text = "" };

    DJ_CHECK_STATUS(find(folder, entry, suffix, &sources, &err), status);
    DJ_CHECK_CONTAINS(err.text, text);
    DJ_CHECK_INT(sources.count, 0);
}

/* A folder with a bit of everything. */
static char *prepare(void)
{
    static const char *const names[] = {
        "b.jsonl",       "a.jsonl.zst",  "sub/c.jsonl", "sub/deeper/d.JSONL.gz",
        ".hidden.jsonl", ".git/e.jsonl", "f.jsonl.tmp", "notes.md",
        "sub-1/g.jsonl", "empty/readme", "old/h.pdf",   "odd[1].jsonl",
    };
    char *folder = files_fresh();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dj_xfree(files_put(folder, names[i], DJ_STR("{}\n")));
    }
    return folder;
}

static void a_folder_gives_all_files_below_it_by_name(void)
{
    char *folder = prepare();

    check_names(folder, "", NULL,
                "a.jsonl.zst b.jsonl odd[1].jsonl sub-1/g.jsonl sub/c.jsonl "
                "sub/deeper/d.JSONL.gz");
    check_names(folder, "sub", NULL, "c.jsonl deeper/d.JSONL.gz");
    files_drop(folder);
}

static void suffixes_choose_among_the_files_of_a_folder(void)
{
    char *folder = prepare();

    check_names(folder, "", ".jsonl", "b.jsonl odd[1].jsonl sub-1/g.jsonl sub/c.jsonl");
    check_names(folder, "", "jsonl.gz", "sub/deeper/d.JSONL.gz");
    check_refused(folder, "sub-1", ".jsonl.zst", DJ_CONFIG,
                  "has no files ending in .jsonl.zst, which the setting suffixes asks");
    check_refused(
        folder, "", ".pdf", DJ_UNSUPPORTED,
        "suffixes: files ending in \".pdf\" are not supported (their text must");
    check_refused(folder, "", ".csv.bz2", DJ_UNSUPPORTED,
                  "\".csv.bz2\" are not supported");
    /* A file that is named itself is taken whatever the setting says. */
    check_names(folder, "b.jsonl", ".jsonl.zst", "b.jsonl");
    files_drop(folder);
}

/* README.md beside data is no sample, in a folder of texts it is one. */
static void texts_beside_data_are_left(void)
{
    static const char *const names[] = {
        "data/a.csv", "data/b.md",      "data/c.json.gz",
        "code/x.py",  "code/y.TXT.zst", "code/README.md"
    };
    char *folder = files_fresh();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dj_xfree(files_put(folder, names[i], DJ_STR("x\n")));
    }
    check_names(folder, "", NULL, "data/a.csv data/c.json.gz");
    check_names(folder, "data", "md", "b.md");
    check_names(folder, "code", NULL, "README.md x.py y.TXT.zst");
    check_names(folder, "code/*", ".txt.zst", "y.TXT.zst");
    check_names(folder, "data/b.md", NULL, "b.md");
    files_drop(folder);
}

static void a_file_has_its_size_codec_and_path(void)
{
    char *folder = prepare();
    char *path = dj_fs_join(folder, "sub/deeper/d.JSONL.gz");
    struct dj_sources sources;
    struct dj_error err;
    struct stat info;

    DJ_CHECK_OK(find(folder, "sub/deeper/d.JSONL.gz", NULL, &sources, &err));
    DJ_CHECK_INT(sources.count, 1);
    DJ_CHECK_TEXT(sources.files[0].path, path);
    DJ_CHECK_TEXT(sources.files[0].name, "d.JSONL.gz");
    DJ_CHECK_INT(sources.files[0].codec, DJ_CODEC_GZIP);
    DJ_CHECK_INT(sources.files[0].size, 3);
    DJ_CHECK(sources.files[0].spool_path == NULL);
    DJ_CHECK_INT(stat(path, &info), 0);
    DJ_CHECK_INT((int64_t)sources.files[0].mtime, info.st_mtim.tv_sec);
    dj_sources_release(&sources);
    dj_xfree(path);
    files_drop(folder);
}

static void globs_match_files_and_folders(void)
{
    char *folder = prepare();

    check_names(folder, "*.jsonl", NULL, "b.jsonl odd[1].jsonl");
    check_names(folder, "sub*", NULL, "sub-1/g.jsonl sub/c.jsonl sub/deeper/d.JSONL.gz");
    check_names(folder, "sub/dee*/*", NULL, "deeper/d.JSONL.gz");
    check_names(folder, "[ab].jsonl*", NULL, "a.jsonl.zst b.jsonl");
    /* The name of an existing file is no pattern. */
    check_names(folder, "odd[1].jsonl", NULL, "odd[1].jsonl");
    check_refused(folder, "*.nothing", NULL, DJ_CONFIG, "nothing matches");
    check_refused(folder, "empty/r*", NULL, DJ_CONFIG,
                  "matches no files ending in .jsonl");
    check_refused(folder, "**/c.jsonl", NULL, DJ_CONFIG, "** is not supported");
    files_drop(folder);
}

static void what_cannot_be_used_is_refused_with_the_reason(void)
{
    char *folder = prepare();
    const struct dj_strs none = { 0 };
    struct dj_sources sources;
    struct dj_error err;

    check_refused(folder, "missing.jsonl", NULL, DJ_CONFIG, "there is no file or folder");
    check_refused(folder, "missing.jsonl", NULL, DJ_CONFIG, "/missing.jsonl");
    check_refused(folder, "0.5 b.jsonl 0.5 c.jsonl", NULL, DJ_CONFIG, "given as a list");
    check_refused(folder, "empty", NULL, DJ_CONFIG, "has no files ending in .jsonl");
    check_refused(folder, "old", NULL, DJ_UNSUPPORTED, "h.pdf, are not supported");
    check_refused(folder, "old/h.pdf", NULL, DJ_UNSUPPORTED,
                  "\".pdf\" are not supported (their text must be extracted first");
    check_refused(folder, "empty/readme", NULL, DJ_UNSUPPORTED,
                  "files ending in \"\" are not supported; .jsonl, .json, .csv");
    check_refused(folder, "b.jsonl/x", NULL, DJ_IO, "b.jsonl/x");
    DJ_CHECK_STATUS(dj_sources_find(&none, &none, &sources, &err), DJ_CONFIG);
    DJ_CHECK_CONTAINS(err.text, "dataset_path is not set");
    files_drop(folder);
}

static void a_loop_of_links_is_noticed(void)
{
    char *folder = prepare();
    char *link = dj_fs_join(folder, "sub/up");

    DJ_CHECK_INT(symlink("..", link), 0);
    check_refused(folder, "sub", NULL, DJ_CONFIG, "folders deep");
    dj_xfree(link);
    files_drop(folder);
}

static void entries_keep_their_order_and_may_repeat(void)
{
    char *folder = prepare();
    char *sub = dj_fs_join(folder, "sub");
    char *b = dj_fs_join(folder, "b.jsonl");
    const char *paths[] = { sub, b, b };
    const struct dj_strs entries = { true, 3, paths };
    const struct dj_strs none = { 0 };
    struct dj_sources sources;
    struct dj_error err;

    DJ_CHECK_OK(dj_sources_find(&entries, &none, &sources, &err));
    DJ_CHECK_INT(sources.count, 4);
    DJ_CHECK_TEXT(sources.files[0].name, "c.jsonl");
    DJ_CHECK_TEXT(sources.files[2].path, b);
    DJ_CHECK_TEXT(sources.files[3].path, b);
    dj_sources_release(&sources);
    dj_xfree(sub);
    dj_xfree(b);
    files_drop(folder);
}

static void the_list_survives_packing(void)
{
    char *folder = prepare();
    struct dj_sources sources, copy;
    struct dj_error err;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    DJ_CHECK_OK(find(folder, "", NULL, &sources, &err));
    sources.files[1].spool_path = dj_xstrdup("/spool/file_000001.jsonl");
    sources.files[2].mtime += 0.125;
    DJ_CHECK_OK(dj_sources_pack(&sources, &bytes));
    DJ_CHECK_OK(dj_sources_unpack(dj_buf_str(&bytes), &copy, &err));
    DJ_CHECK_INT(copy.count, sources.count);
    for (size_t i = 0; i < copy.count; i++) {
        DJ_CHECK_TEXT(copy.files[i].path, sources.files[i].path);
        DJ_CHECK_TEXT(copy.files[i].name, sources.files[i].name);
        DJ_CHECK_INT(copy.files[i].size, sources.files[i].size);
        DJ_CHECK_INT(copy.files[i].codec, sources.files[i].codec);
        DJ_CHECK(copy.files[i].mtime == sources.files[i].mtime);
        DJ_CHECK_INT(copy.files[i].spool_path != NULL, i == 1);
    }
    DJ_CHECK_TEXT(copy.files[1].spool_path, "/spool/file_000001.jsonl");
    DJ_CHECK(dj_sources_fingerprint(&copy) == dj_sources_fingerprint(&sources));
    dj_sources_release(&copy);

    for (size_t len = 1; len < bytes.len; len++) { /* never more than it has */
        const enum dj_status status =
            dj_sources_unpack((struct dj_str){ bytes.ptr, len }, &copy, &err);

        DJ_CHECK(status == DJ_OK ? copy.count < sources.count : status == DJ_INTERNAL);
        dj_sources_release(&copy);
    }
    DJ_CHECK_OK(dj_sources_unpack((struct dj_str){ NULL, 0 }, &copy, &err));
    DJ_CHECK_INT(copy.count, 0);
    dj_sources_release(&sources);
    dj_buf_release(&bytes);
    files_drop(folder);
}

static void the_fingerprint_tells_changes_of_the_dataset(void)
{
    char *folder = prepare();
    struct dj_sources sources;
    struct dj_error err;
    uint64_t before;

    DJ_CHECK_OK(find(folder, "", NULL, &sources, &err));
    before = dj_sources_fingerprint(&sources);
    sources.files[0].spool_path = dj_xstrdup("anywhere");
    DJ_CHECK(dj_sources_fingerprint(&sources) == before);
    sources.files[0].size++;
    DJ_CHECK(dj_sources_fingerprint(&sources) != before);
    sources.files[0].size--;
    sources.files[0].mtime += 1;
    DJ_CHECK(dj_sources_fingerprint(&sources) != before);
    sources.files[0].mtime -= 1;
    sources.files[0].name[0] = 'z';
    DJ_CHECK(dj_sources_fingerprint(&sources) != before);
    dj_sources_release(&sources);
    files_drop(folder);
}

int main(void)
{
    DJ_TEST(a_folder_gives_all_files_below_it_by_name);
    DJ_TEST(suffixes_choose_among_the_files_of_a_folder);
    DJ_TEST(texts_beside_data_are_left);
    DJ_TEST(a_file_has_its_size_codec_and_path);
    DJ_TEST(globs_match_files_and_folders);
    DJ_TEST(what_cannot_be_used_is_refused_with_the_reason);
    DJ_TEST(a_loop_of_links_is_noticed);
    DJ_TEST(entries_keep_their_order_and_may_repeat);
    DJ_TEST(the_list_survives_packing);
    DJ_TEST(the_fingerprint_tells_changes_of_the_dataset);
    return 0;
}
