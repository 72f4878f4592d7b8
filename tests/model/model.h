/*
 * A small model of how a job keeps what it finished: three ranks, three partitions in
 * waves of two, a growing export, commit records and checkpoint sets, on a disk that may
 * lose whatever was not synced. test_model.c walks through all its states.
 */
#ifndef DJ_MODEL_H
#define DJ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTS = 3, RANKS = 3, WAVE = 2, CRASHES = 2, RUNS = CRASHES + 1, NUMBERS = 7 };

/* --- the disk (disk.c) ---------------------------------------------------------------
 */

/* Where a file is. It only moves on: created, given its final name, deleted. */
enum place { NOWHERE, TEMPORARY, NAMED, GONE };

/*
 * What processes see, and what is left of it after a power loss at least. A block that
 * was never written reads 0. owner is rank + 1 of whoever wrote a block and has not
 * synced it; 0: it is on disk.
 */
struct file {
    uint8_t place, place_kept;
    uint8_t size, size_kept;
    uint8_t block[PARTS], block_kept[PARTS], owner[PARTS];
};

/*
 * All files that there can be. Of several with one name the last one counts: they are
 * of jobs that started anew, or of runs that scanned the dataset anew.
 */
struct disk {
    struct file summary[RUNS], complete[RUNS]; /* job_summary.json, running or complete */
    struct file map[RUNS];
    struct file growing[RUNS]; /* generations; NAMED: it is the export */
    struct file record[RUNS][NUMBERS];
    struct file set_file[RUNS][NUMBERS], set_record[RUNS][NUMBERS];
};

/* Every block of a small file has this bit: a lost one is seen, as by a digest. */
enum { INTACT = 0x80 };

void disk_create(struct file *file); /* empty */
void disk_write(struct file *file, int block, int value, int rank);
/* One rank's fsync: what other ranks wrote is in the caches of other hosts. */
void disk_sync(struct file *file, int rank);
void disk_sync_names(struct file *files, size_t count); /* of a folder */

/* Calls each with every disk that a power loss may leave, until that gives false. */
typedef bool disk_each(void *context, const struct disk *after);
bool disk_power_loss(const struct disk *disk, disk_each *each, void *context);

/* --- the protocol (protocol.c) -------------------------------------------------------
 */

/* Files that are written, synced, and get their name, whose folder is then synced. */
enum thing { SUMMARY, MAP, GROWING, SET_FILE, SET_RECORD, RECORD, COMPLETE, NO_THING };
enum verb { WRITE, FSYNC, RENAME, FOLDER, ROOT, RANKS_DO };

/*
 * What is done, in this order. RANKS_DO: each rank does its part and then waits for the
 * others; the rest is done by rank 0 while all others wait.
 */
#define STEPS(X)                             \
    X(READ_SUMMARY, ROOT, NO_THING)          \
    X(CLEAR_RESULTS, ROOT, NO_THING)         \
    X(CLEAR_FOLDERS, ROOT, NO_THING)         \
    X(SUMMARY_WRITE, WRITE, SUMMARY)         \
    X(SUMMARY_FSYNC, FSYNC, SUMMARY)         \
    X(SUMMARY_RENAME, RENAME, SUMMARY)       \
    X(SUMMARY_FOLDER, FOLDER, SUMMARY)       \
    X(MAP_WRITE, WRITE, MAP)                 \
    X(MAP_FSYNC, FSYNC, MAP)                 \
    X(MAP_RENAME, RENAME, MAP)               \
    X(MAP_FOLDER, FOLDER, MAP)               \
    X(GROWING_CREATE, WRITE, GROWING)        \
    X(GROWING_FOLDER, FOLDER, GROWING)       \
    X(GROWING_DROP_OLD, ROOT, NO_THING)      \
    X(RESTORE, ROOT, NO_THING)               \
    X(WAVE_BEGIN, ROOT, NO_THING)            \
    X(WAVE_WORK, RANKS_DO, NO_THING)         \
    X(DATA_FSYNC, RANKS_DO, GROWING)         \
    X(SET_WRITE, RANKS_DO, SET_FILE)         \
    X(SET_FSYNC, RANKS_DO, SET_FILE)         \
    X(SET_RENAME, RENAME, SET_FILE)          \
    X(SET_FOLDER, FOLDER, SET_FILE)          \
    X(SET_RECORD_WRITE, WRITE, SET_RECORD)   \
    X(SET_RECORD_FSYNC, FSYNC, SET_RECORD)   \
    X(SET_RECORD_RENAME, RENAME, SET_RECORD) \
    X(SET_RECORD_FOLDER, FOLDER, SET_RECORD) \
    X(SET_MADE, ROOT, SET_RECORD)            \
    X(PRUNE_RECORDS, ROOT, SET_RECORD)       \
    X(PRUNE_FILES, ROOT, SET_RECORD)         \
    X(RECORD_WRITE, WRITE, RECORD)           \
    X(RECORD_FSYNC, FSYNC, RECORD)           \
    X(RECORD_RENAME, RENAME, RECORD)         \
    X(RECORD_FOLDER, FOLDER, RECORD)         \
    X(RECORD_MADE, ROOT, RECORD)             \
    X(WAVE_END, ROOT, NO_THING)              \
    X(EXPORT_FSYNC, RANKS_DO, NO_THING)      \
    X(EXPORT_RENAME, RENAME, GROWING)        \
    X(EXPORT_FOLDER, FOLDER, GROWING)        \
    X(COMPLETE_WRITE, WRITE, COMPLETE)       \
    X(COMPLETE_FSYNC, FSYNC, COMPLETE)       \
    X(COMPLETE_RENAME, RENAME, COMPLETE)     \
    X(COMPLETE_FOLDER, FOLDER, COMPLETE)     \
    X(CLEAN_UP, ROOT, NO_THING)              \
    X(END, ROOT, NO_THING)

enum step {
#define STEP_ENUM(name, verb, thing) name,
    STEPS(STEP_ENUM)
#undef STEP_ENUM
        STEP_COUNT
};
extern const char *const step_names[];

/* The protocol, or one with a mistake in it. */
struct protocol {
    uint8_t script[STEP_COUNT];
    size_t length;
    bool one_rank_syncs;    /* rank 0 for all, as if they had one cache */
    bool no_generation;     /* records do not say which growing export they mean */
    bool no_map_digest;     /* nor which partition map */
    bool trust_found_map;   /* its folder is synced only by the run that scans */
    bool trust_found_data;  /* and so for the growing export */
    bool trust_found_end;   /* and for the summary of a complete job */
    bool prune_named_files; /* files of sets go with their records */
    bool prune_all;         /* the new set is not spared */
};

void protocol_init(struct protocol *protocol);
void protocol_drop(struct protocol *protocol, enum step step);
/* Moves the steps first to last before another one. */
void protocol_move(struct protocol *protocol, enum step first, enum step last,
                   enum step before);

struct world {
    struct disk disk;
    uint8_t crashes; /* that may still come */
    uint8_t forgets; /* times that somebody may still delete the summary between runs */
    uint8_t run;
    /* What the program has told the world, bits of partitions: it must not be lost. */
    uint8_t promised_record, promised_set, promised_complete;
    /* What processes have in memory follows; a crash takes it. */
    uint8_t at;                 /* in the script */
    uint8_t begun;              /* run in which the job began */
    uint8_t anew, scanned;      /* this run began the job, the map */
    uint8_t map, generation;    /* map: run + 1 that scanned */
    uint8_t records, sets;      /* highest numbers */
    uint8_t done, wave;         /* partitions: finished, to be handed out */
    uint8_t unrecorded, unkept; /* finished by this run and in no record, in no set */
    uint8_t ref[PARTS];         /* the set that has a partition's layer, 0: none */
    uint8_t record_due, set_due;
    uint8_t holds[RANKS], made_by[PARTS]; /* partition + 1, rank */
    uint8_t arrived;                      /* ranks that wait for the others */
    uint8_t completed;
};

/* The job is started for the first time, or again after all its processes are gone. */
void protocol_start(struct world *world);
/* Somebody deletes the summary: the job starts anew. */
void protocol_forget(struct world *world);

/* --- the files (things.c)
 * --------------------------------------------------------------- */

/* Of files with one name the one that is seen; NULL: none. */
struct file *thing_seen(struct file *files, size_t stride, enum place place);
/* The file that this run is at. */
struct file *thing_file(struct world *w, enum thing thing);
/* Is there something to be done about it in this run, at this boundary? */
bool thing_is_due(const struct world *w, enum thing thing);
void thing_sync_folder(struct disk *disk, enum thing thing);

/* --- the beginning of a run (resume.c); texts say what is wrong, NULL: nothing
 * ----------- */

const char *resume_summary(const struct protocol *protocol, struct world *w);
void resume_clear(struct disk *disk); /* results and sets */
void resume_delete(struct file *files, size_t count);
/* The run goes on with the newest growing export, or creates one. */
void resume_growing(struct world *w);
void resume_drop_growing(struct world *w); /* older ones */
const char *resume_restore(const struct protocol *protocol, struct world *w);
/* Whatever has the export's name is whole. */
const char *resume_check_export(struct world *w, bool complete);

/* --- the walk (test_model.c) ----------------------------------------------------------
 */

struct next {
    struct world world;
    const char *wrong; /* what must never be; NULL: nothing */
};
enum { MAX_NEXT = 4 };
/* The worlds after one more step of one rank. None: the run is over. */
size_t protocol_next(const struct protocol *protocol, const struct world *world,
                     struct next next[MAX_NEXT]);

#endif
