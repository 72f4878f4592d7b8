/* Names of export files and the spread of rows over shards, as Data-Juicer has them. */
#include "dj/dataset.h"

#include "dj/fs.h"

#include <stdio.h>

void dj_export_targets_release(struct dj_export_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        dj_xfree(targets->items[i].path);
        dj_xfree(targets->items[i].temporary);
    }
    dj_xfree(targets->items);
    *targets = (struct dj_export_targets){ 0 };
}

char *dj_export_stats_path(const char *export_path)
{
    const char *base = dj_fs_basename(export_path);
    const bool packed = dj_codec_of_name(export_path) != DJ_CODEC_NONE;
    const char *end = export_path + strlen(export_path);

    for (int suffixes = packed ? 2 : 1; suffixes > 0; suffixes--) { /* .jsonl.zst */
        const char *dot = memrchr(base, '.', (size_t)(end - base));

        end = dot != NULL && dot > base ? dot : end;
    }
    return dj_xprintf("%.*s_stats.jsonl", dj_int_from_size((size_t)(end - export_path)),
                      export_path);
}

char *dj_export_shard_path(const char *export_path, const char *suffix, size_t index,
                           size_t count)
{
    const char *base = dj_fs_basename(export_path);
    const size_t stem = (size_t)(base - export_path) + strcspn(base, ".");
    const int digits = snprintf(NULL, 0, "%zu", count) + 1;

    return dj_xprintf("%.*s-%0*zu-of-%0*zu%s", dj_int_from_size(stem), export_path,
                      digits, index, digits, count, suffix);
}

size_t dj_export_shard_count(int64_t bytes, int64_t shard_size, int64_t rows)
{
    const int64_t full = shard_size > 0 ? bytes / shard_size : 0;
    const int64_t count = full < rows ? full + 1 : rows;

    return count < 1 ? 1 : dj_size_from_i64(count);
}

void dj_export_shard_rows(int64_t rows, size_t index, size_t count, int64_t *first,
                          int64_t *number)
{
    const int64_t shards = dj_i64_from_size(count);
    const int64_t i = dj_i64_from_size(index);
    const int64_t each = rows / shards;
    const int64_t longer = rows % shards;

    *first = each * i + (i < longer ? i : longer);
    *number = each + (i < longer);
}
