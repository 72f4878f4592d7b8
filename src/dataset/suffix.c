/*
 * Suffixes of input files. As in Data-Juicer a suffix is compared without regard to
 * case, includes that of the compression (.jsonl.zst) and may be written without
 * its first dot in the setting.
 */
#include "dataset/format.h"
#include "dataset/source_private.h"

#include "dj/fs.h"

#include <strings.h>

/* Each with .zst or .gz behind it as well, except where the file is compressed within. */
static const struct {
    const char *suffix;
    enum dj_source_format format; /* DJ_SOURCE_COUNT: only Data-Juicer reads it */
} kinds[] = {
    { ".jsonl", DJ_SOURCE_JSONL },     { ".json", DJ_SOURCE_JSON },
    { ".csv", DJ_SOURCE_CSV },         { ".tsv", DJ_SOURCE_TSV },
    { ".parquet", DJ_SOURCE_PARQUET }, { ".arrow", DJ_SOURCE_ARROW_FILE },
    { ".ndjson", DJ_SOURCE_COUNT },    { ".docx", DJ_SOURCE_COUNT },
    { ".pdf", DJ_SOURCE_COUNT },
};

/* Text and code, as Data-Juicer's TextFormatter has them. */
static const char *const texts[] = {
    ".txt", ".md",    ".tex",  ".asm",  ".bat",   ".cmd",      ".c",          ".h",
    ".cs",  ".cpp",   ".hpp",  ".c++",  ".h++",   ".cc",       ".hh",         ".cmake",
    ".css", ".f90",   ".f",    ".f03",  ".f08",   ".f77",      ".f95",        ".for",
    ".fpp", ".go",    ".hs",   ".html", ".java",  ".js",       ".jl",         ".lua",
    ".php", ".php3",  ".php4", ".php5", ".phps",  ".phpt",     ".pl",         ".pm",
    ".pod", ".perl",  ".ps1",  ".psd1", ".psm1",  ".py",       ".rb",         ".rs",
    ".sql", ".scala", ".sh",   ".bash", ".zsh",   ".command",  ".ts",         ".tsx",
    ".vb",  ".xml",   ".rst",  ".m",    ".smali", ".markdown", ".dockerfile",
};

/* What a suffix stands for. */
struct meaning {
    bool known;                   /* it is data at all */
    enum dj_source_format format; /* DJ_SOURCE_COUNT: it cannot be read */
};

/* The last suffix of a name, or the last two when the last one is a compression. */
static const char *suffix_of(const char *name, const char **compression)
{
    static const char *const compressions[] = { ".zst", ".gz", ".zstd", ".bz2", ".xz" };
    const char *base = dj_fs_basename(name);
    const char *dot = strrchr(base, '.');

    *compression = "";
    if (dot == NULL || dot == base) {
        return "";
    }
    for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
        if (strcasecmp(dot, compressions[i]) == 0) {
            const char *before = dot;

            *compression = dot;
            while (before > base && *--before != '.') {
            }
            return *before == '.' && before > base ? before : dot;
        }
    }
    return dot;
}

static enum dj_source_format format_of(const char *suffix, size_t len, bool *known)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].suffix) == len &&
            strncasecmp(suffix, kinds[i].suffix, len) == 0) {
            *known = true;
            return kinds[i].format;
        }
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strlen(texts[i]) == len && strncasecmp(suffix, texts[i], len) == 0) {
            *known = true;
            return DJ_SOURCE_TEXT;
        }
    }
    *known = false;
    return DJ_SOURCE_COUNT;
}

static struct meaning meaning_of(const char *name)
{
    const char *compression;
    const char *suffix = suffix_of(name, &compression);
    const size_t packed = strlen(compression);
    struct meaning meaning;
    bool readable;

    meaning.format = format_of(suffix, strlen(suffix) - packed, &meaning.known);
    readable = packed == 0 || (dj_codec_of_name(name) != DJ_CODEC_NONE &&
                               meaning.format != DJ_SOURCE_PARQUET &&
                               meaning.format != DJ_SOURCE_ARROW_FILE);
    if (!readable || (meaning.known && meaning.format != DJ_SOURCE_COUNT &&
                      !dj_format_is_read(meaning.format))) {
        meaning.format = DJ_SOURCE_COUNT;
    }
    return meaning;
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
    return meaning_of(path).format;
}

enum dj_suffix_verdict dj_suffix_judge(const char *name, const struct dj_strs *suffixes)
{
    const struct meaning meaning = meaning_of(name);
    const char *compression;

    if (!meaning.known || !wanted(suffix_of(name, &compression), suffixes)) {
        return DJ_SUFFIX_OTHER;
    }
    return meaning.format != DJ_SOURCE_COUNT ? DJ_SUFFIX_READ : DJ_SUFFIX_NOT_YET;
}

/* Why a file that ends so cannot be read, beside that it is not supported. */
static const char *remedy_for(const char *suffix)
{
    if (strcasecmp(suffix, ".pdf") == 0 || strcasecmp(suffix, ".docx") == 0) {
        return " (their text must be extracted first, to .txt files say)";
    }
    if (strcasecmp(suffix, ".ndjson") == 0) {
        return " (if the file has one object a line, name it .jsonl)";
    }
    return "";
}

enum dj_status dj_suffix_check(const char *path, struct dj_error *err)
{
    const char *compression;
    const char *suffix = suffix_of(path, &compression);

    if (meaning_of(path).format != DJ_SOURCE_COUNT) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_UNSUPPORTED,
                   "dataset_path: %s: files ending in \"%s\" are not supported%s; %s are",
                   path, suffix, remedy_for(suffix), DJ_SUFFIXES_READ);
}

enum dj_status dj_suffixes_check(const struct dj_strs *suffixes, struct dj_error *err)
{
    for (size_t i = 0; i < suffixes->count; i++) {
        const char *suffix = suffixes->items[i];
        char *name = dj_xprintf("x%s%s", suffix[0] == '.' ? "" : ".", suffix);
        const bool read = meaning_of(name).format != DJ_SOURCE_COUNT;

        dj_xfree(name);
        if (!read) {
            return dj_fail(err, DJ_UNSUPPORTED,
                           "suffixes: files ending in \"%s\" are not supported%s; %s are",
                           suffix, remedy_for(suffix), DJ_SUFFIXES_READ);
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
                       "dataset_path: %s %s %s; others, like %s, are not supported",
                       entry, where, DJ_SUFFIXES_READ, passed_first);
    }
    return dj_fail(err, DJ_CONFIG, "dataset_path: %s %s %s", entry, where,
                   DJ_SUFFIXES_READ);
}
