/*
 * Walks through all states that the model can get into, with up to two crashes anywhere:
 * processes are killed, or the power goes and any part of what was not synced is lost.
 * The protocol must keep its promises in all of them; one with a mistake in it must not,
 * or the model would see nothing. usage: test_model [NAME]: how it goes wrong.
 */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- states that were visited: their hashes, in an open table ------------------------
 */

static struct {
    uint64_t *slots;
    size_t room, count;
} visited;

static uint64_t hash_of(const struct world *world)
{
    const unsigned char *bytes = (const unsigned char *)world;
    uint64_t hash = 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < sizeof(*world); i += 8) {
        uint64_t word = 0;

        memcpy(&word, bytes + i, sizeof(*world) - i < 8 ? sizeof(*world) - i : 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return hash == 0 ? 1 : hash;
}

static bool put(uint64_t hash)
{
    size_t i = (size_t)hash & (visited.room - 1);

    while (visited.slots[i] != 0) {
        if (visited.slots[i] == hash) {
            return false;
        }
        i = (i + 1) & (visited.room - 1);
    }
    visited.slots[i] = hash;
    return true;
}

static void grow(void)
{
    uint64_t *old = visited.slots;
    const size_t room = visited.room;

    visited.room = room == 0 ? 1 << 16 : 2 * room;
    visited.slots = calloc(visited.room, sizeof(*visited.slots));
    if (visited.slots == NULL) {
        (void)fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < room; i++) {
        if (old[i] != 0) {
            (void)put(old[i]);
        }
    }
    free(old);
}

static bool is_new(const struct world *world)
{
    if (2 * visited.count >= visited.room) {
        grow();
    }
    if (!put(hash_of(world))) {
        return false;
    }
    visited.count++;
    return true;
}

/* --- the walk --------------------------------------------------------------------------
 */

enum { DEEPEST = 600 };

static struct {
    const struct protocol *protocol;
    const char *wrong;
    const char *path[DEEPEST];
    size_t depth, length; /* of the path to what is wrong */
    size_t steps, crashes, ends;
} walk;

static bool visit(const struct world *world);

static bool go(const char *name, const struct world *world, const char *wrong)
{
    bool good;

    if (walk.depth == DEEPEST) {
        wrong = "it goes on for ever";
    } else {
        walk.path[walk.depth++] = name;
    }
    if (wrong != NULL) {
        walk.wrong = wrong;
        walk.length = walk.depth;
        return false;
    }
    good = visit(world);
    walk.depth--;
    return good;
}

/* The next run, on what the crash left. */
static bool start_again(const struct world *world, const char *name)
{
    struct world anew = *world;

    walk.crashes++;
    if (!go(name, world, NULL)) {
        return false;
    }
    if (anew.forgets == 0) {
        return true;
    }
    anew.forgets--;
    protocol_forget(&anew);
    return go("the summary is deleted", &anew, NULL);
}

static bool lost(void *context, const struct disk *after)
{
    struct world world = *(const struct world *)context;

    world.disk = *after;
    protocol_start(&world);
    return start_again(&world, "POWER LOSS");
}

/* Processes have nothing that outlives them: all that matters is on disk. */
static bool crash(const struct world *world)
{
    struct world after = *world;
    struct world killed;

    after.crashes--;
    after.run++;
    memset(&after.at, 0, sizeof(after) - offsetof(struct world, at));
    killed = after;
    protocol_start(&killed);
    after.at = UINT8_MAX; /* not a state of a run */
    return !is_new(&after) ||
           (start_again(&killed, "KILL") && disk_power_loss(&after.disk, lost, &after));
}

static bool visit(const struct world *world)
{
    struct next next[MAX_NEXT];
    size_t count;

    walk.steps++;
    if ((world->crashes > 0 || world->at == 0) && !is_new(world)) {
        return true;
    }
    if (world->crashes > 0 && !crash(world)) {
        return false;
    }
    count = protocol_next(walk.protocol, world, next);
    walk.ends += count == 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = step_names[walk.protocol->script[world->at]];

        if (!go(name, &next[i].world, next[i].wrong)) {
            return false;
        }
    }
    return true;
}

static void walk_through(const struct protocol *protocol)
{
    struct world world;

    memset(&world, 0, sizeof(world));
    world.crashes = CRASHES;
    world.forgets = 1;
    memset(&walk, 0, sizeof(walk));
    walk.protocol = protocol;
    free(visited.slots);
    memset(&visited, 0, sizeof(visited));
    (void)visit(&world);
}

/* --- mistakes
 * ------------------------------------------------------------------------------ */

#define FLAG(name) .flag = offsetof(struct protocol, name) + 1
#define DROP(step) .drop = (step), .drops = true
#define MOVE(first_, last_, before_) \
    .first = (first_), .last = (last_), .before = (before_)

static const struct mistake {
    const char *name;
    enum step drop, first, last, before;
    bool drops;
    size_t flag; /* offset + 1 */
} mistakes[] = {
    { "data are not synced", DROP(DATA_FSYNC) },
    { "rank 0 syncs for all ranks", FLAG(one_rank_syncs) },
    { "commit record before the data", MOVE(RECORD_WRITE, RECORD_MADE, DATA_FSYNC) },
    { "commit record named before data are synced",
      MOVE(DATA_FSYNC, DATA_FSYNC, RECORD_MADE) },
    { "commit record is not synced", DROP(RECORD_FSYNC) },
    { "commit record named before it is synced",
      MOVE(RECORD_RENAME, RECORD_RENAME, RECORD_FSYNC) },
    { "folder of commit records is not synced", DROP(RECORD_FOLDER) },
    { "growing export without generation", FLAG(no_generation) },
    { "growing export's folder is not synced", DROP(GROWING_FOLDER) },
    { "folder of a growing export that is found is not synced", FLAG(trust_found_data) },
    { "partition map is not synced", DROP(MAP_FSYNC) },
    { "folder of the map is not synced", DROP(MAP_FOLDER) },
    { "folder of a map that is found is not synced", FLAG(trust_found_map) },
    { "records without the map's digest survive a new start", FLAG(no_map_digest),
      DROP(CLEAR_RESULTS) },
    { "a job that starts anew keeps old results", DROP(CLEAR_RESULTS) },
    { "old results are deleted without a sync", DROP(CLEAR_FOLDERS) },
    { "summary before old results are deleted",
      MOVE(CLEAR_RESULTS, CLEAR_FOLDERS, MAP_WRITE) },
    { "export is not synced", DROP(EXPORT_FSYNC) },
    { "export named before it is synced",
      MOVE(EXPORT_RENAME, EXPORT_RENAME, EXPORT_FSYNC) },
    { "folder of the export is not synced", DROP(EXPORT_FOLDER) },
    { "job complete before the export has its name",
      MOVE(COMPLETE_WRITE, COMPLETE_FOLDER, EXPORT_RENAME) },
    { "clean-up before the job is complete", MOVE(CLEAN_UP, CLEAN_UP, COMPLETE_WRITE) },
    { "summary's folder is not synced at the end", DROP(COMPLETE_FOLDER) },
    { "a summary that says complete is taken as synced", FLAG(trust_found_end) },
    { "file of a set is not synced", DROP(SET_FSYNC) },
    { "record of a set before its file has its name",
      MOVE(SET_RECORD_WRITE, SET_MADE, SET_RENAME) },
    { "record of a set is not synced", DROP(SET_RECORD_FSYNC) },
    { "folder of the sets is not synced", DROP(SET_RECORD_FOLDER) },
    { "old sets go before the new one", MOVE(PRUNE_RECORDS, PRUNE_FILES, SET_RENAME) },
    { "old sets go before the record of the new one",
      MOVE(PRUNE_RECORDS, PRUNE_FILES, SET_RECORD_FOLDER) },
    { "old sets go with files that are needed", FLAG(prune_named_files) },
    { "the new set goes too", FLAG(prune_all) },
};

static void make_mistake(struct protocol *protocol, const struct mistake *mistake)
{
    protocol_init(protocol);
    if (mistake->flag > 0) {
        *((char *)protocol + mistake->flag - 1) = true;
    }
    if (mistake->drops) {
        protocol_drop(protocol, mistake->drop);
    }
    if (mistake->before != 0) {
        protocol_move(protocol, mistake->first, mistake->last, mistake->before);
    }
}

static void print_path(void)
{
    for (size_t i = 0; i < walk.length; i++) {
        printf("    %s\n", walk.path[i]);
    }
}

int main(int argc, char **argv)
{
    const size_t count = sizeof(mistakes) / sizeof(mistakes[0]);
    struct protocol protocol;
    size_t missed = 0;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strstr(mistakes[i].name, argv[1]) == NULL) {
            continue;
        }
        make_mistake(&protocol, &mistakes[i]);
        walk_through(&protocol);
        printf("%-58s %7zu states: %s\n", mistakes[i].name, visited.count,
               walk.wrong == NULL ? "NOTHING IS WRONG" : walk.wrong);
        missed += walk.wrong == NULL;
        if (argc > 1) {
            print_path();
        }
    }
    if (argc > 1) {
        return 0;
    }
    protocol_init(&protocol);
    walk_through(&protocol);
    printf("the protocol: %zu states, %zu crashes, %zu times to the end: %s\n",
           visited.count, walk.crashes, walk.ends,
           walk.wrong == NULL ? "nothing is wrong" : walk.wrong);
    print_path();
    printf("%zu of %zu mistakes were found\n", count - missed, count);
    return walk.wrong != NULL || missed > 0;
}
