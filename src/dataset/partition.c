/* The list of partitions and their numbering. */
#include "dj/dataset.h"

#include "dj/fs.h"

#include <stdlib.h>

void dj_partitions_release(struct dj_partitions *partitions)
{
    dj_xfree(partitions->items);
    *partitions = (struct dj_partitions){ 0 };
}

enum dj_status dj_partitions_add(struct dj_partitions *partitions,
                                 const struct dj_partition *partition)
{
    if (partitions->count == partitions->cap) {
        const size_t cap = partitions->cap == 0 ? 64 : 2 * partitions->cap;

        partitions->items =
            dj_xrealloc(partitions->items, dj_size_mul(cap, sizeof(*partitions->items)));
        partitions->cap = cap;
    }
    partitions->items[partitions->count++] = *partition;
    return DJ_OK;
}

static int in_order(const void *a, const void *b)
{
    const struct dj_partition *left = a;
    const struct dj_partition *right = b;

    if (left->file != right->file) {
        return left->file < right->file ? -1 : 1;
    }
    if (left->offset != right->offset) {
        return left->offset < right->offset ? -1 : 1;
    }
    return left->skip < right->skip ? -1 : left->skip > right->skip;
}

void dj_partitions_number(struct dj_partitions *partitions)
{
    int64_t file = -1;
    int64_t line = 1;
    size_t kept = 0;

    if (partitions->count == 0) {
        return;
    }
    qsort(partitions->items, partitions->count, sizeof(*partitions->items), in_order);
    for (size_t i = 0; i < partitions->count; i++) {
        struct dj_partition *partition = &partitions->items[kept];

        *partition = partitions->items[i];
        line = partition->file == file ? line : 1;
        file = partition->file;
        partition->first_line = line;
        line += partition->lines;
        if (partition->rows > 0) {
            partition->id = (int64_t)kept++;
        }
    }
    partitions->count = kept;
}

char *dj_spool_path(const char *spool_dir, size_t file)
{
    char *name = dj_xprintf("file_%06zu.jsonl", file);
    char *path = dj_fs_join(spool_dir, name);

    dj_xfree(name);
    return path;
}
