/* The files that the protocol keeps, by what they are for. */
#include "model/model.h"

/* Of files with one name the one that is seen; NULL: none. */
struct file *thing_seen(struct file *files, size_t stride, enum place place)
{
    for (size_t i = RUNS; i-- > 0;) {
        if (files[i * stride].place == place) {
            return &files[i * stride];
        }
    }
    return NULL;
}

struct file *thing_file(struct world *w, enum thing thing)
{
    switch (thing) {
    case SUMMARY:
        return &w->disk.summary[w->run];
    case MAP:
        return &w->disk.map[w->run];
    case GROWING:
        return &w->disk.growing[w->generation];
    case SET_FILE:
        return &w->disk.set_file[w->begun][w->sets];
    case SET_RECORD:
        return &w->disk.set_record[w->begun][w->sets];
    case RECORD:
        return &w->disk.record[w->begun][w->records];
    case COMPLETE:
        return &w->disk.complete[w->begun];
    case NO_THING:
        break;
    }
    return NULL;
}

/* Is there something to be done about it in this run, at this boundary? */
bool thing_is_due(const struct world *w, enum thing thing)
{
    switch (thing) {
    case SUMMARY:
        return w->anew != 0;
    case MAP:
        return w->scanned != 0;
    case SET_FILE:
    case SET_RECORD:
        return w->set_due != 0;
    case RECORD:
        return w->record_due != 0;
    case GROWING:
    case COMPLETE:
    case NO_THING:
        break;
    }
    return true;
}

void thing_sync_folder(struct disk *disk, enum thing thing)
{
    const size_t numbered = (size_t)RUNS * NUMBERS;

    switch (thing) {
    case SUMMARY:
    case COMPLETE:
        disk_sync_names(disk->summary, RUNS);
        disk_sync_names(disk->complete, RUNS);
        break;
    case MAP:
        disk_sync_names(disk->map, RUNS);
        break;
    case GROWING:
        disk_sync_names(disk->growing, RUNS);
        break;
    case SET_FILE:
    case SET_RECORD:
        disk_sync_names(disk->set_file[0], numbered);
        disk_sync_names(disk->set_record[0], numbered);
        break;
    case RECORD:
        disk_sync_names(disk->record[0], numbered);
        break;
    case NO_THING:
        break;
    }
}
