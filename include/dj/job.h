/*
 * A job: its id, its folders, its lock and its summary. Only rank 0 calls what
 * writes; the executor gives the others what they need.
 */
#ifndef DJ_JOB_H
#define DJ_JOB_H

#include "dj/chain.h"
#include "dj/config.h"

/* {YYYYMMDD}_{HHMMSS}_{config name}_{6 hex digits}; returns new (dj_xfree). */
char *dj_job_id_make(const char *config_path, double now);
/* Letters, digits, '.', '_', '-'; not "." or ".."; at most 200 characters. */
enum dj_status dj_job_id_check(const char *job_id, struct dj_error *err) DJ_MUST_CHECK;

/* Every path of a job. All absolute; no other module joins paths of the job folder. */
struct dj_job_paths {
    char *job_dir;
    char *summary;       /* job_summary.json */
    char *lock;          /* job.lock */
    char *progress;      /* progress.json, of a run that is under way */
    char *stop_request;  /* stop_request.json: dj-mpi stop wants it to end */
    char *config_backup; /* the recipe as it was given */
    char *identity;      /* metadata/identity.json: frozen settings and recipe */
    char *metadata_dir;
    char *dataset_mapping;
    char *rows_mapping;   /* of rows that a stage has written, where there are such */
    char *mapping_report; /* metadata/final_mapping_report.json */
    char *partitions_dir;
    char *intermediate_dir;
    char *results_dir;
    char *rejected_dir;
    char *trace_dir; /* made when it is filled */
    char *event_dir; /* .../event_logs */
    char *checkpoint_dir;
};
enum dj_status dj_job_paths_make(const struct dj_config *config, const char *job_id,
                                 struct dj_job_paths *paths,
                                 struct dj_error *err) DJ_MUST_CHECK;
void dj_job_paths_release(struct dj_job_paths *paths);
enum dj_status dj_job_make_dirs(const struct dj_job_paths *paths,
                                struct dj_error *err) DJ_MUST_CHECK;

/* --- lock ------------------------------------------------------------------------- */

struct dj_job_lock;

/*
 * Takes the job's lock or fails with DJ_LOCKED and the holder's host, process and
 * Slurm job. A holder is dead when it is a process of this host that is gone (or
 * another process has its number now), or an earlier start of the same Slurm job. One
 * that cannot be seen from here is dead when it has not renewed its lock for
 * DJ_LOCK_STALE seconds of the file server's clock; the call waits until that is so or
 * the lock is renewed. A dead one's lock is taken over and *took_over tells so. The
 * lock renews itself in the background, in a thread that takes no signals.
 */
enum { DJ_LOCK_STALE = 60 };
enum dj_status dj_job_lock_take(const char *path, struct dj_job_lock **lock,
                                bool *took_over, struct dj_error *err) DJ_MUST_CHECK;
void dj_job_lock_release(struct dj_job_lock *lock);
/*
 * True when the lock file is no longer ours: this process slept so long that another
 * run took over, or someone deleted the file. The job must not write any more. Reads
 * the file: ask before a commit, not for each sample.
 */
bool dj_job_lock_lost(struct dj_job_lock *lock);

/* --- summary ---------------------------------------------------------------------- */

struct dj_attempt {
    int64_t number;    /* from 1 */
    double start, end; /* end 0: not ended, or killed */
    char *state;       /* running, completed, failed, stopped, partial, killed */
    char *reason;      /* why it ended; may be NULL */
    int64_t ranks;
    char *launcher;
    char *host;         /* of rank 0 */
    char *nodes;        /* of all ranks, separated by commas, or NULL */
    char *slurm_job_id; /* or NULL */
    int64_t slurm_restart_count;
    int64_t rows_done; /* rows finished by this attempt */
    double saved;      /* when work was last put on disk for good; 0: never */
    double seen;       /* of a killed one: its last sign of life, to ten seconds */
};

/* Over all attempts. */
struct dj_account {
    double seconds;            /* that a run was under way */
    double core_hours;         /* a core a rank */
    double samples_per_second; /* of the ledger, in these seconds */
    double lost_core_hours;    /* at most: from the last commit to an early end */
    int64_t redone_samples;    /* estimate: what those hours would have given */
};

struct dj_failed_partition {
    int64_t id;
    char *error;
    int64_t attempts;
};

/* At work when a run died, so many times. */
struct dj_suspect {
    int64_t id;
    int64_t deaths;
};

/* A final file. */
struct dj_output {
    char *path;
    char *stream; /* what it has of the partitions (dj_stream_name), or NULL */
    int64_t bytes;
    int64_t rows;
};

/* What the job was run with: "dj-mpi", "MPI", an operator's library, … */
struct dj_version_of {
    char *name;
    char *version;
};

/* Everything job_summary.json holds. Strings are owned. */
struct dj_summary {
    char *job_id, *project_name, *state, *config_file;
    char *resume_command; /* can be pasted into a shell */
    char *folder;         /* that the newest attempt was started in */
    size_t nwords;
    char **words;                          /* of its command line */
    double start_time, end_time, duration; /* end and duration 0 while it runs */
    char *error_message;                   /* or NULL */
    char *recipe_hash, *dataset_fingerprint;
    size_t nattempts;
    struct dj_attempt *attempts;
    size_t nops;
    struct dj_op_tally *tally; /* per operator of the recipe, over all attempts */
    char **op_names;
    /* the ledger: read + derived = kept + filtered + deduplicated + rejected */
    int64_t rows_read, rows_kept, rows_filtered, rows_deduplicated, rows_rejected;
    int64_t rows_derived; /* rows that were made of others, less those that gave none */
    int64_t rows_rejected_at_load; /* lines that are no sample; part of rows_rejected */
    int64_t bytes_read, bytes_written;
    int64_t partitions_total, partitions_done;
    int64_t partition_size, partition_max_size_mb; /* that the dataset was cut by */
    char *modality;                                /* of auto_configure, or NULL */
    size_t nsizing;
    char **sizing; /* and its reasons */
    size_t nfailed;
    struct dj_failed_partition *failed;
    size_t nsuspects;
    struct dj_suspect *suspects;
    int64_t sets_written; /* checkpoint sets, by all attempts */
    int64_t set_bytes;    /* stored in them */
    double set_seconds;   /* that they took */
    bool ledger_balanced;
    size_t noutputs;
    struct dj_output *outputs;
    size_t nversions; /* of the newest attempt */
    struct dj_version_of *versions;
    size_t nnotes;
    char **notes; /* settings without effect, skipped operators, … */
};

struct dj_summary *dj_summary_new(void);
void dj_summary_free(struct dj_summary *summary);
/* The newest attempt has put its work on disk. */
void dj_summary_saved(struct dj_summary *summary, double time);
struct dj_account dj_summary_account(const struct dj_summary *summary);
/* Adds or replaces. Copies. */
void dj_summary_set_version(struct dj_summary *summary, const char *name,
                            const char *version);
/* Members of its file: failed_partitions and suspects; outputs. */
struct dj_jsonw;
void dj_summary_put_troubles(struct dj_jsonw *w, const struct dj_summary *summary);
void dj_summary_put_outputs(struct dj_jsonw *w, const struct dj_summary *summary);
enum dj_status dj_summary_write(const struct dj_summary *summary,
                                const struct dj_job_paths *paths,
                                struct dj_error *err) DJ_MUST_CHECK;
/* *summary is NULL and the result DJ_OK when there is none yet. */
enum dj_status dj_summary_read(const char *path, struct dj_summary **summary,
                               struct dj_error *err) DJ_MUST_CHECK;
/* The few lines that are printed at the end of a run. */
enum dj_status dj_summary_text(const struct dj_summary *summary,
                               const struct dj_job_paths *paths,
                               struct dj_buf *out) DJ_MUST_CHECK;
/* Those between how it ended and how to resume it: counts, cost, operators, places. */
enum dj_status dj_summary_details(const struct dj_summary *summary,
                                  const struct dj_job_paths *paths,
                                  struct dj_buf *out) DJ_MUST_CHECK;
/* For people: 1234567 as "1,234,567", 3725 seconds as "1 h 02 min". Both return text. */
enum { DJ_NUMBER_TEXT = 40 };
const char *dj_job_text_count(int64_t value, char text[DJ_NUMBER_TEXT]);
const char *dj_job_text_seconds(double seconds, char text[DJ_NUMBER_TEXT]);
/* True when the counts balance, in total and for every operator; else why not. */
bool dj_summary_balance(const struct dj_summary *summary, struct dj_error *err);

/* Appends arg so that a POSIX shell reads it as one word; quotes only where needed. */
enum dj_status dj_shell_quote(struct dj_buf *out, const char *arg) DJ_MUST_CHECK;

#endif
