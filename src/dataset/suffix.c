/*
 * Suffixes of input files. As in Data-Juicer a suffix is compared without regard to
 * case, includes that of the compression (.jsonl.zst) and may be written without
 * its first dot in the setting.
 */
#include "dataset/format.h"
#include "dataset/source_private.h"

#include "dj/fs.h"

#include <strings.h>

static const struct {
    const char *suffix;
    enum dj_source_format format; /* DJ_SOURCE_COUNT: only Data-Juicer reads it */
} kinds[] = {
    { ".jsonl", DJ_SOURCE_JSONL },      { ".jsonl.zst", DJ_SOURCE_JSONL },
    { ".jsonl.gz", DJ_SOURCE_JSONL },   { ".json", DJ_SOURCE_JSON },
    { ".json.zst", DJ_SOURCE_JSON },    { ".json.gz", DJ_SOURCE_JSON },
    { ".csv", DJ_SOURCE_CSV },          { ".tsv", DJ_SOURCE_TSV },
    { ".txt", DJ_SOURCE_TEXT },         { ".parquet", DJ_SOURCE_PARQUET },
    { ".jsonl.zstd", DJ_SOURCE_COUNT }, { ".jsonl.bz2", DJ_SOURCE_COUNT },
    { ".jsonl.xz", DJ_SOURCE_COUNT },   { ".ndjson", DJ_SOURCE_COUNT },
};

static bool is_read(int kind)
{
    return kinds[kind].format != DJ_SOURCE_COUNT && dj_format_is_read(kinds[kind].format);
}

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The last suffix of a name, or the last two when the last one is a compression. */
static const char *suffix_of(const char *name)
{
    static const char *const compressions[] = { ".zst", ".gz", ".zstd", ".bz2", ".xz" };
    const char *base = dj_fs_basename(name);
    const char *dot = strrchr(base, '.');

    if (dot == NULL || dot == base) {
        return "";
    }
    for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
        if (strcasecmp(dot, compressions[i]) == 0) {
            const char *before = dot;

            while (before > base && *--before != '.') {
            }
            return *before == '.' && before > base ? before : dot;
        }
    }
    return dot;
}

static int kind_of(const char *suffix)
{
    for (int i = 0; i < NKINDS; i++) {
        if (strcasecmp(suffix, kinds[i].suffix) == 0) {
            return i;
        }
    }
    return -1;
}

static bool wanted(const char *suffix, const struct dj_strs *suffixes)
{
    for (size_t i = 0; i < suffixes->count; i++) {
        if (strcasecmp(suffix + (suffixes->items[i][0] != '.'), suffixes->items[i]) ==
            0) {
            return true;
        }
    }
    return suffixes->count == 0;
}

enum dj_source_format dj_suffix_format(const char *path)
{
    const int kind = kind_of(suffix_of(path));

    return kind < 0 ? DJ_SOURCE_COUNT : kinds[kind].format;
}

enum dj_suffix_verdict dj_suffix_judge(const char *name, const struct dj_strs *suffixes)
{
    const char *suffix = suffix_of(name);
    const int kind = kind_of(suffix);

    if (kind < 0 || !wanted(suffix, suffixes)) {
        return DJ_SUFFIX_OTHER;
    }
    return is_read(kind) ? DJ_SUFFIX_READ : DJ_SUFFIX_NOT_YET;
}

enum dj_status dj_suffix_check(const char *path, struct dj_error *err)
{
    const char *suffix = suffix_of(path);
    const int kind = kind_of(suffix);

    if (kind >= 0 && is_read(kind)) {
        return DJ_OK;
    }
    if (strncasecmp(suffix, ".json", 5) == 0 && (suffix[5] == '\0' || suffix[5] == '.')) {
        return dj_fail(err, DJ_UNSUPPORTED,
                       "dataset_path: %s: JSON arrays are not supported yet, only %s; if "
                       "the file has one object a line, name it .jsonl",
                       path, DJ_SUFFIXES_READ);
    }
    return dj_fail(err, DJ_UNSUPPORTED,
                   "dataset_path: %s: files ending in \"%s\" are not supported%s; %s are",
                   path, suffix, kind < 0 ? "" : " yet", DJ_SUFFIXES_READ);
}

enum dj_status dj_suffixes_check(const struct dj_strs *suffixes, struct dj_error *err)
{
    for (size_t i = 0; i < suffixes->count; i++) {
        bool read = false;

        for (int k = 0; k < NKINDS; k++) {
            const struct dj_strs one = { .count = 1, .items = &suffixes->items[i] };

            read = read || (is_read(k) && wanted(kinds[k].suffix, &one));
        }
        if (!read) {
            return dj_fail(err, DJ_UNSUPPORTED,
                           "suffixes: files ending in \"%s\" are not supported; %s are",
                           suffixes->items[i], DJ_SUFFIXES_READ);
        }
    }
    return DJ_OK;
}

enum dj_status dj_suffix_none(const char *entry, bool is_dir,
                              const struct dj_strs *suffixes, size_t passed_over,
                              const char *passed_first, struct dj_error *err)
{
    const char *where = is_dir ? "has no files ending in" : "matches no files ending in";

    if (suffixes->count > 0) {
        return dj_fail(err, DJ_CONFIG,
                       "dataset_path: %s %s %s%s, which the setting suffixes asks for",
                       entry, where, suffixes->items[0],
                       suffixes->count > 1 ? " (or the other ones)" : "");
    }
    if (passed_over > 0) {
        return dj_fail(err, DJ_UNSUPPORTED,
                       "dataset_path: %s %s %s; others, like %s, are not supported yet",
                       entry, where, DJ_SUFFIXES_READ, passed_first);
    }
    return dj_fail(err, DJ_CONFIG, "dataset_path: %s %s %s", entry, where,
                   DJ_SUFFIXES_READ);
}
