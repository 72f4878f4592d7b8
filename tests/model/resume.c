/* How a run of the model begins: with what earlier ones left. */
#include "model/model.h"

#include <string.h>

/*
 * Temporary files other than the growing export are never read, and emptied or deleted
 * before they are written: they are as good as gone.
 */
static void forget_temporary(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].place == TEMPORARY) {
            files[i] = (struct file){ 0 };
        }
    }
}

static void forget_gone(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].place == GONE && files[i].place_kept == GONE) {
            files[i] = (struct file){ 0 };
        }
    }
}

void protocol_start(struct world *world)
{
    struct disk *disk = &world->disk;
    const size_t numbered = (size_t)RUNS * NUMBERS;

    forget_temporary(disk->summary, RUNS);
    forget_temporary(disk->complete, RUNS);
    forget_temporary(disk->map, RUNS);
    forget_temporary(disk->record[0], numbered);
    forget_temporary(disk->set_file[0], numbered);
    forget_temporary(disk->set_record[0], numbered);
    forget_gone((struct file *)disk, sizeof(*disk) / sizeof(struct file));
    memset(&world->at, 0, sizeof(*world) - offsetof(struct world, at));
}

void protocol_forget(struct world *world)
{
    for (int i = 0; i < RUNS; i++) {
        world->disk.summary[i] = (struct file){ 0 };
        world->disk.complete[i] = (struct file){ 0 };
    }
    world->promised_record = world->promised_set = world->promised_complete = 0;
}

void resume_delete(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].place != NOWHERE) {
            files[i].place = GONE;
        }
    }
}

void resume_clear(struct disk *disk)
{
    const size_t numbered = (size_t)RUNS * NUMBERS;

    resume_delete(disk->record[0], numbered);
    resume_delete(disk->set_record[0], numbered);
    resume_delete(disk->set_file[0], numbered);
}

/* Whatever has the export's name is whole. */
const char *resume_check_export(struct world *w, bool complete)
{
    const struct file *file = thing_seen(w->disk.growing, 1, NAMED);
    const int map = complete || file == NULL ? w->map : file->block[0];

    if (file == NULL) {
        return complete ? "a complete job has no export" : NULL;
    }
    for (int i = 0; i < PARTS; i++) {
        if (file->block[i] != map || map == 0) {
            return "an export is wrong";
        }
    }
    return file->size == PARTS ? NULL : "an export has a wrong size";
}

static bool intact(const struct file *file)
{
    for (int i = 0; i < PARTS; i++) {
        if ((file->block[i] & INTACT) == 0) {
            return false;
        }
    }
    return true;
}

static int index_in(const struct file *files, const struct file *file)
{
    return file == NULL ? -1 : (int)(file - files);
}

const char *resume_summary(const struct protocol *protocol, struct world *w)
{
    struct disk *disk = &w->disk;
    const struct file *map = thing_seen(disk->map, 1, NAMED);
    const int running = index_in(disk->summary, thing_seen(disk->summary, 1, NAMED));
    const int complete = index_in(disk->complete, thing_seen(disk->complete, 1, NAMED));

    w->anew = running < 0 && complete < 0;
    w->begun = (uint8_t)(w->anew != 0 ? w->run : running > complete ? running : complete);
    w->scanned = w->anew != 0 || map == NULL;
    w->map = (uint8_t)(w->scanned != 0 ? w->run + 1 : map - disk->map + 1);
    w->completed = complete >= 0 && complete >= running;
    if (w->promised_complete != 0 && w->completed == 0) {
        return "a complete job is no longer complete";
    }
    if (w->completed != 0) {
        if (!protocol->trust_found_end) {
            thing_sync_folder(disk, COMPLETE);
        }
        resume_clear(disk);
        w->promised_complete = 1;
        w->promised_set = 0;
    }
    if (w->scanned == 0 && !intact(map)) {
        return "the partition map is damaged: the job cannot go on";
    }
    return resume_check_export(w, w->completed != 0);
}

/* The run goes on with the newest growing export, or creates one. */
void resume_growing(struct world *w)
{
    const struct file *found = thing_seen(w->disk.growing, 1, TEMPORARY);

    w->generation = found == NULL ? w->run : (uint8_t)(found - w->disk.growing);
    if (found == NULL) {
        disk_create(&w->disk.growing[w->run]);
    }
}

void resume_drop_growing(struct world *w)
{
    for (int i = 0; i < w->generation; i++) {
        if (w->disk.growing[i].place == TEMPORARY) {
            w->disk.growing[i].place = GONE;
        }
    }
}

/* --- what earlier runs left
 * ---------------------------------------------------------------- */

/* Block 0 of a commit record has generation and map, block 1 the partitions. */
static const char *restore_record(const struct protocol *protocol, struct world *w,
                                  const struct file *record)
{
    const struct file *growing = thing_file(w, GROWING);

    if (!intact(record)) {
        return "a commit record is damaged: the job cannot go on";
    }
    if (!protocol->no_map_digest && (record->block[0] & 3) != w->map) {
        return "a commit record is of another partition map: the job cannot go on";
    }
    if (!protocol->no_generation && (record->block[0] >> 2 & 3) != w->generation) {
        return NULL;
    }
    for (int p = 0; p < PARTS; p++) {
        if ((record->block[1] >> p & 1) == 0 || growing->size < p + 1) {
            continue;
        }
        if (growing->block[p] != w->map) {
            return "a partition counts as finished and is not in the export";
        }
        w->done |= (uint8_t)(1 << p);
    }
    return NULL;
}

/* Block 0 of a set's record has the map, 1 and 2 the sets that have the layers. */
static bool load_set(struct world *w, size_t number)
{
    const struct file *record =
        thing_seen(&w->disk.set_record[0][number], NUMBERS, NAMED);
    int refs;

    if (record == NULL || !intact(record) || (record->block[0] & 3) != w->map) {
        return false;
    }
    refs = (record->block[1] & 0x3f) | (record->block[2] & 0x3f) << 6;
    for (int p = 0; p < PARTS; p++) {
        const size_t ref = (size_t)(refs >> 3 * p & 7);
        const struct file *file = thing_seen(&w->disk.set_file[0][ref], NUMBERS, NAMED);

        if (ref != 0 && (file == NULL || file->block[p] != w->map)) {
            return false;
        }
        w->ref[p] = (uint8_t)ref;
    }
    return true;
}

/* The newest set that holds. Gives the partitions whose layers it has. */
static uint8_t restore_set(struct world *w)
{
    uint8_t kept = 0;

    for (size_t n = 1; n < NUMBERS; n++) { /* no number is used twice */
        if (thing_seen(&w->disk.set_file[0][n], NUMBERS, TEMPORARY) != NULL ||
            thing_seen(&w->disk.set_file[0][n], NUMBERS, NAMED) != NULL ||
            thing_seen(&w->disk.set_record[0][n], NUMBERS, NAMED) != NULL) {
            w->sets = (uint8_t)n;
        }
    }
    for (size_t n = w->sets; n > 0; n--) {
        if (load_set(w, n)) {
            break;
        }
        memset(w->ref, 0, sizeof(w->ref));
    }
    for (int p = 0; p < PARTS; p++) {
        kept |= (uint8_t)((w->ref[p] != 0) << p);
    }
    return kept;
}

const char *resume_restore(const struct protocol *protocol, struct world *w)
{
    const uint8_t kept = restore_set(w);

    for (size_t n = 1; n < NUMBERS; n++) {
        const struct file *record = thing_seen(&w->disk.record[0][n], NUMBERS, NAMED);
        const char *wrong;

        if (record == NULL) {
            break;
        }
        w->records = (uint8_t)n;
        wrong = restore_record(protocol, w, record);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if ((w->promised_record & ~w->done) != 0) {
        return "a committed partition is lost";
    }
    return (w->promised_set & ~kept) != 0 ? "a partition in a set is lost" : NULL;
}
