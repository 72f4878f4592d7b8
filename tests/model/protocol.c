/* The model's protocol: one step of one rank at a time. */
#include "model/model.h"

#include <string.h>

#define STEP_NAME(name, verb, thing) #name,
const char *const step_names[] = { STEPS(STEP_NAME) };
#undef STEP_NAME

static const struct {
    enum verb verb;
    enum thing thing;
} steps[] = {
#define STEP_INFO(name, verb, thing) { verb, thing },
    STEPS(STEP_INFO)
#undef STEP_INFO
};

enum { ALL_PARTS = (1 << PARTS) - 1, ALL_RANKS = (1 << RANKS) - 1 };

void protocol_init(struct protocol *protocol)
{
    *protocol = (struct protocol){ .length = STEP_COUNT };
    for (uint8_t i = 0; i < STEP_COUNT; i++) {
        protocol->script[i] = i;
    }
}

static size_t index_of(const struct protocol *protocol, enum step step)
{
    size_t i = 0;

    while (protocol->script[i] != step) {
        i++;
    }
    return i;
}

void protocol_drop(struct protocol *protocol, enum step step)
{
    const size_t i = index_of(protocol, step);

    protocol->length--;
    memmove(protocol->script + i, protocol->script + i + 1, protocol->length - i);
}

void protocol_move(struct protocol *protocol, enum step first, enum step last,
                   enum step before)
{
    for (unsigned step = first; step <= last; step++) {
        size_t to;

        protocol_drop(protocol, (enum step)step);
        to = index_of(protocol, before);
        memmove(protocol->script + to + 1, protocol->script + to, protocol->length - to);
        protocol->script[to] = (uint8_t)step;
        protocol->length++;
    }
}

/* --- waves and boundaries
 * -------------------------------------------------------------------- */

static void begin_wave(const struct protocol *protocol, struct world *w)
{
    int count = 0;

    for (int p = 0; p < PARTS && count < WAVE; p++) {
        if ((w->done >> p & 1) == 0) {
            w->wave |= (uint8_t)(1 << p);
            count++;
        }
    }
    if (w->wave == 0) {
        w->at = (uint8_t)index_of(protocol, WAVE_END);
    }
}

/* Of what is due at a boundary only what has something in it is made. */
static void begin_boundary(struct world *w)
{
    w->set_due = w->set_due != 0 && w->unkept != 0;
    w->record_due = w->record_due != 0 && w->unrecorded != 0;
    if (w->set_due != 0) {
        w->sets++;
        disk_create(thing_file(w, SET_FILE));
    }
    w->records += w->record_due;
}

static void write_record(struct world *w)
{
    struct file *file = thing_file(w, RECORD);

    disk_write(file, 0, INTACT | w->generation << 2 | w->map, 0);
    disk_write(file, 1, INTACT | w->unrecorded, 0);
    disk_write(file, 2, INTACT, 0);
}

static void write_set_record(struct world *w)
{
    struct file *file = thing_file(w, SET_RECORD);
    int refs = 0;

    for (int p = 0; p < PARTS; p++) {
        if ((w->unkept >> p & 1) != 0) {
            w->ref[p] = w->sets;
        }
        refs |= w->ref[p] << 3 * p;
    }
    disk_write(file, 0, INTACT | w->map, 0);
    disk_write(file, 1, INTACT | (refs & 0x3f), 0);
    disk_write(file, 2, INTACT | refs >> 6, 0);
}

static void write_file(struct world *w, enum thing thing)
{
    struct file *file = thing_file(w, thing);

    disk_create(file);
    if (thing == RECORD) {
        write_record(w);
    } else if (thing == SET_RECORD) {
        write_set_record(w);
    } else {
        for (int i = 0; i < PARTS; i++) {
            disk_write(file, i, INTACT, 0);
        }
    }
}

static void prune_records(const struct protocol *protocol, struct world *w)
{
    for (int n = 1; n < w->sets + protocol->prune_all; n++) {
        struct file *file = &w->disk.set_record[w->begun][n];

        file->place = file->place == NAMED ? GONE : file->place;
    }
}

static void prune_files(const struct protocol *protocol, struct world *w)
{
    for (int n = 1; n < w->sets; n++) {
        struct file *file = &w->disk.set_file[w->begun][n];
        bool named = false;

        for (int p = 0; p < PARTS && !protocol->prune_named_files; p++) {
            named = named || w->ref[p] == n;
        }
        file->place = file->place == NAMED && !named ? GONE : file->place;
    }
}

static void set_made(struct world *w)
{
    w->unkept = 0;
    for (int p = 0; p < PARTS; p++) {
        w->promised_set |= (uint8_t)((w->ref[p] != 0) << p);
    }
}

/* --- steps
 * -------------------------------------------------------------------------------------
 */

/* Rank 0's own steps. Gives what is wrong. */
static const char *root_step(const struct protocol *protocol, struct world *w,
                             enum step step)
{
    switch (step) {
    case READ_SUMMARY:
        return resume_summary(protocol, w);
    case CLEAR_RESULTS:
        if (w->anew != 0) {
            resume_clear(&w->disk);
            resume_delete(w->disk.map, w->run);
        }
        break;
    case CLEAR_FOLDERS:
        if (w->anew != 0) {
            thing_sync_folder(&w->disk, RECORD);
            thing_sync_folder(&w->disk, SET_RECORD);
            thing_sync_folder(&w->disk, MAP);
        }
        break;
    case GROWING_DROP_OLD:
        resume_drop_growing(w);
        break;
    case RESTORE:
        return resume_restore(protocol, w);
    case WAVE_BEGIN:
        begin_wave(protocol, w);
        break;
    case SET_MADE:
        set_made(w);
        break;
    case PRUNE_RECORDS:
        prune_records(protocol, w);
        break;
    case PRUNE_FILES:
        prune_files(protocol, w);
        break;
    case RECORD_MADE:
        w->promised_record |= w->done;
        w->unrecorded = 0;
        break;
    case WAVE_END:
        w->at = (uint8_t)(index_of(protocol, WAVE_BEGIN) - 1);
        break;
    case CLEAN_UP:
        resume_clear(&w->disk);
        break;
    case END:
        w->completed = w->promised_complete = 1;
        w->promised_set = 0;
        return resume_check_export(w, true);
    default:
        break;
    }
    return NULL;
}

/* A step that begins with all ranks waiting. */
static const char *step_alone(const struct protocol *protocol, struct world *w,
                              enum step step)
{
    const enum thing thing = steps[step].thing;
    const bool due = thing_is_due(w, thing);

    switch (steps[step].verb) {
    case WRITE:
        if (thing == GROWING) {
            resume_growing(w);
        } else if (due) {
            write_file(w, thing);
        }
        break;
    case FSYNC:
        if (due) {
            disk_sync(thing_file(w, thing), 0);
        }
        break;
    case RENAME:
        if (due) {
            thing_file(w, thing)->place = NAMED;
        }
        if (thing == GROWING) { /* from here on it is the export that has the data */
            w->promised_record = 0;
        }
        break;
    case FOLDER: {
        const bool found = (thing == MAP && protocol->trust_found_map && !due) ||
                           (step == GROWING_FOLDER && protocol->trust_found_data &&
                            w->generation != w->run);

        /* The summary is written anew by each run. */
        if ((due || thing == MAP || thing == SUMMARY) && !found) {
            thing_sync_folder(&w->disk, thing);
        }
        break;
    }
    case ROOT:
        return due ? root_step(protocol, w, step) : NULL;
    case RANKS_DO:
        break;
    }
    return NULL;
}

/* A rank takes a partition, or finishes it, or has nothing left to do. */
static void work(struct world *w, int rank)
{
    int p = w->holds[rank] - 1;

    if (p >= 0) {
        struct file *growing = thing_file(w, GROWING);

        disk_write(growing, p, w->map, rank);
        growing->size = (uint8_t)(growing->size > p ? growing->size : p + 1);
        w->holds[rank] = 0;
        w->made_by[p] = (uint8_t)rank;
        w->done |= (uint8_t)(1 << p);
        w->unrecorded |= (uint8_t)(1 << p);
        w->unkept |= (uint8_t)((w->ref[p] == 0) << p);
    } else if (w->wave != 0) {
        for (p = 0; (w->wave >> p & 1) == 0; p++) {
        }
        w->holds[rank] = (uint8_t)(p + 1);
        w->wave &= (uint8_t) ~(1 << p);
    } else {
        w->arrived |= (uint8_t)(1 << rank);
    }
}

static void rank_step(const struct protocol *protocol, struct world *w, enum step step,
                      int rank)
{
    const bool syncs = rank == 0 || !protocol->one_rank_syncs;

    if (step == WAVE_WORK) {
        work(w, rank);
        return;
    }
    w->arrived |= (uint8_t)(1 << rank);
    if (step == SET_WRITE && w->set_due != 0) {
        for (int p = 0; p < PARTS; p++) {
            if ((w->unkept >> p & 1) != 0 && w->made_by[p] == rank) {
                disk_write(thing_file(w, SET_FILE), p, w->map, rank);
            }
        }
    } else if (step == SET_FSYNC && w->set_due != 0 && syncs) {
        disk_sync(thing_file(w, SET_FILE), rank);
    } else if (syncs && (step == EXPORT_FSYNC || (step == DATA_FSYNC && w->record_due))) {
        disk_sync(thing_file(w, GROWING), rank);
    }
}

static size_t ranks_step(const struct protocol *protocol, const struct world *world,
                         enum step step, struct next *next)
{
    size_t count = 0;

    for (int rank = 0; rank < RANKS; rank++) {
        struct world *w = &next[count].world;

        if ((world->arrived >> rank & 1) != 0) {
            continue;
        }
        next[count].world = *world;
        next[count++].wrong = NULL;
        rank_step(protocol, w, step, rank);
        if (w->arrived == ALL_RANKS) {
            w->arrived = 0;
            w->at++;
            if (step == WAVE_WORK) {
                begin_boundary(w);
            }
        }
        /*
         * Any order is as good as any other, unless data are written: a crash between
         * two of the other steps leaves nothing that one before or after may not leave.
         */
        if (step != WAVE_WORK || world->crashes == 0 ||
            (world->wave == 0 && world->holds[rank] == 0)) {
            break;
        }
    }
    return count;
}

size_t protocol_next(const struct protocol *protocol, const struct world *world,
                     struct next next[MAX_NEXT])
{
    const enum step step = (enum step)protocol->script[world->at];
    size_t count = 1;

    if (world->completed != 0) {
        return 0;
    }
    if (steps[step].verb == RANKS_DO) {
        return ranks_step(protocol, world, step, next);
    }
    next[0].world = *world;
    next[0].wrong = step_alone(protocol, &next[0].world, step);
    next[0].world.at++;
    if (step == WAVE_BEGIN && next[0].world.wave != 0 && world->crashes > 0) {
        for (count = 0; count < MAX_NEXT; count++) { /* the clock decides what is due */
            next[count] = next[0];
            next[count].world.record_due = count & 1;
            next[count].world.set_due = (uint8_t)(count >> 1);
        }
    }
    return count;
}
