/* The table of input formats. */
#include "dataset/format.h"

static const char *const names[DJ_SOURCE_COUNT] = {
    [DJ_SOURCE_JSONL] = "jsonl",      [DJ_SOURCE_JSON] = "json",
    [DJ_SOURCE_CSV] = "csv",          [DJ_SOURCE_TSV] = "tsv",
    [DJ_SOURCE_TEXT] = "text",        [DJ_SOURCE_PARQUET] = "parquet",
    [DJ_SOURCE_ARROW_FILE] = "arrow",
};

static const struct dj_format *const formats[DJ_SOURCE_COUNT] = {
    [DJ_SOURCE_JSONL] = NULL,
    [DJ_SOURCE_JSON] = &dj_format_json,
    [DJ_SOURCE_CSV] = &dj_format_csv,
    [DJ_SOURCE_TSV] = &dj_format_tsv,
    [DJ_SOURCE_TEXT] = &dj_format_text,
    [DJ_SOURCE_PARQUET] = &dj_format_parquet,
    [DJ_SOURCE_ARROW_FILE] = &dj_format_arrow,
};

const struct dj_format *dj_format_of(enum dj_source_format format)
{
    return formats[format];
}

const char *dj_source_format_name(enum dj_source_format format)
{
    return names[format];
}

enum dj_source_format dj_format_from_name(const char *name)
{
    int i = 0;

    while (i < DJ_SOURCE_COUNT && strcmp(names[i], name) != 0) {
        i++;
    }
    return (enum dj_source_format)i;
}

bool dj_format_is_read(enum dj_source_format format)
{
    return format == DJ_SOURCE_JSONL || formats[format] != NULL;
}
