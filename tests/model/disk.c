/* The model's disk: what is seen, what is synced, and what a power loss may leave. */
#include "model/model.h"

#include <string.h>

enum { FILES = sizeof(struct disk) / sizeof(struct file) };

void disk_create(struct file *file)
{
    file->place = TEMPORARY;
    file->size = 0;
    memset(file->block, 0, sizeof(file->block));
    memset(file->owner, 0, sizeof(file->owner));
}

void disk_write(struct file *file, int block, int value, int rank)
{
    file->block[block] = (uint8_t)value;
    file->owner[block] = (uint8_t)(rank + 1);
}

void disk_sync(struct file *file, int rank)
{
    for (int i = 0; i < PARTS; i++) {
        if (file->owner[i] != rank + 1) {
            continue;
        }
        file->block_kept[i] = file->block[i];
        file->owner[i] = 0;
    }
    file->size_kept = file->size;
}

void disk_sync_names(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        files[i].place_kept = files[i].place;
    }
}

/* --- power loss ----------------------------------------------------------------------
 */

struct loss {
    struct file files[FILES];
    disk_each *each;
    void *context;
};

static bool lose_file(struct loss *loss, size_t index);

/* The file has any size between what was synced and what was seen. */
static bool lose_size(struct loss *loss, size_t index)
{
    struct file *file = &loss->files[index];
    const struct file before = *file;
    uint8_t size = before.size_kept;
    bool more = true;

    for (uint8_t i = 0; i < PARTS; i++) {
        if (before.block[i] != 0 && size < i + 1) {
            size = (uint8_t)(i + 1);
        }
    }
    do {
        file->size = file->size_kept = size;
        more = lose_file(loss, index + 1);
    } while (more && ++size <= before.size);
    *file = before;
    return more;
}

/* Each block that was not synced arrives, or not. */
static bool lose_block(struct loss *loss, size_t index, int block)
{
    struct file *file = &loss->files[index];
    const struct file before = *file;
    bool more;

    while (block < PARTS && file->owner[block] == 0) {
        block++;
    }
    if (block == PARTS) {
        memcpy(file->block, file->block_kept, sizeof(file->block));
        more = lose_size(loss, index);
    } else {
        file->owner[block] = 0;
        more = lose_block(loss, index, block + 1);
        file->block_kept[block] = file->block[block];
        more = more && lose_block(loss, index, block + 1);
    }
    *file = before;
    return more;
}

/* Of each file's way through its folder some steps arrive. */
static bool lose_file(struct loss *loss, size_t index)
{
    struct file before;
    bool more = true;

    while (index < FILES && loss->files[index].place == NOWHERE) {
        index++;
    }
    if (index == FILES) {
        return loss->each(loss->context, (const struct disk *)loss->files);
    }
    before = loss->files[index];
    for (uint8_t place = before.place_kept; place <= before.place && more; place++) {
        struct file *file = &loss->files[index];

        *file = before;
        file->place = file->place_kept = place;
        if (place == NOWHERE || place == GONE) {
            *file = (struct file){ .place = place, .place_kept = place };
            more = lose_file(loss, index + 1);
        } else {
            more = lose_block(loss, index, 0);
        }
    }
    loss->files[index] = before;
    return more;
}

bool disk_power_loss(const struct disk *disk, disk_each *each, void *context)
{
    struct loss loss = { .each = each, .context = context };

    memcpy(loss.files, disk, sizeof(loss.files));
    return lose_file(&loss, 0);
}
