/*
 * Before a run: which job this is, whether it may run, its folders, its lock, and
 * the first summary. Rank 0 does it and tells the others.
 */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"
#include "dj/log.h"
#include "exec/heartbeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the other ranks have to know; job_id follows. */
struct start {
    int64_t attempt;
    int64_t resuming;
    int64_t already_complete;
};

static bool is_state(const struct dj_summary *summary, const char *state)
{
    return summary->state != NULL && strcmp(summary->state, state) == 0;
}

/* The export must be possible before hours of work: its folder exists or can be made. */
static enum dj_status check_export(const struct dj_exec *exec, struct dj_error *err)
{
    const char *path = exec->config->export_path;
    char *absolute = dj_fs_absolute(path);
    char *folder = dj_fs_dirname(absolute);
    enum dj_status status = DJ_OK;

    if (dj_fs_is_dir(absolute)) {
        status = dj_fail(err, DJ_CONFIG,
                         "export_path: %s is a folder; name a file in it, such as "
                         "%s/result.jsonl",
                         path, path);
    } else {
        status = dj_fs_make_dirs(folder, err);
        if (status != DJ_OK) {
            dj_error_prefix(err, "export_path: ");
        } else if (access(folder, W_OK) != 0) {
            status = dj_fail(err, DJ_CONFIG,
                             "export_path: no permission to write in the folder %s; "
                             "choose another export_path",
                             folder);
        }
    }
    dj_xfree(folder);
    dj_xfree(absolute);
    return status;
}

/* The stored identity and what this configuration's would be. */
struct identities {
    struct dj_buf stored, current, difference;
    bool same;
};

static void release_identities(struct identities *ids)
{
    dj_buf_release(&ids->stored);
    dj_buf_release(&ids->current);
    dj_buf_release(&ids->difference);
}

static enum dj_status compare_identities(const struct dj_exec *exec,
                                         struct identities *ids, struct dj_error *err)
{
    enum dj_status status;

    DJ_TRY(dj_fs_read(exec->paths.identity, &ids->stored, err));
    if (!dj_seal_holds(dj_buf_str(&ids->stored))) {
        return dj_fail(err, DJ_RESUME,
                       "%s: damaged, so it cannot be told whether this is the "
                       "configuration that job %s was started with; restore it, or "
                       "choose another --job_id",
                       exec->paths.identity, exec->job_id);
    }
    status = dj_config_identity(exec->doc, dj_chain_data(exec->chain), &ids->current);
    if (status == DJ_OK) {
        status = dj_config_compare(dj_buf_str(&ids->stored), dj_buf_str(&ids->current),
                                   &ids->difference, &ids->same);
    }
    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory");
}

/*
 * A known job may go on when what decides its result is what it was. With
 * checkpoint.reuse other operators are allowed: *changed tells of them.
 */
static enum dj_status check_identity(const struct dj_exec *exec, bool *changed,
                                     struct dj_error *err)
{
    struct identities ids = { .same = true };
    enum dj_status status;

    *changed = false;
    dj_buf_init(&ids.stored);
    dj_buf_init(&ids.current);
    dj_buf_init(&ids.difference);
    status = compare_identities(exec, &ids, err);
    if (status == DJ_OK && !ids.same) {
        const bool operators =
            dj_config_same_settings(dj_buf_str(&ids.stored), dj_buf_str(&ids.current));

        *changed = operators && exec->config->checkpoint.reuse;
        if (*changed) {
            dj_log(DJ_LOG_INFO,
                   "the operators of job %s have changed; checkpoint sets are used up to "
                   "the first change:\n%.*s",
                   exec->job_id, (int)ids.difference.len, ids.difference.ptr);
        } else {
            status = dj_fail(err, DJ_RESUME,
                             "job %s was started with another configuration:\n%.*sput it "
                             "back, or choose another --job_id for a new job%s",
                             exec->job_id, (int)ids.difference.len, ids.difference.ptr,
                             operators ? " (--checkpoint.reuse true takes over what "
                                         "checkpoint sets hold for the operators before "
                                         "the first change)"
                                       : "");
        }
    }
    release_identities(&ids);
    return status;
}

static enum dj_status store_identity(const struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf bytes;

    dj_buf_init(&bytes);
    status = dj_config_identity(exec->doc, dj_chain_data(exec->chain), &bytes);
    if (status != DJ_OK) {
        dj_fail(err, status, "out of memory");
    } else {
        status = dj_fs_replace(exec->paths.identity, dj_buf_str(&bytes), err);
    }
    if (status == DJ_OK && exec->config->config_path != NULL) {
        dj_buf_reset(&bytes);
        status = dj_fs_read(exec->config->config_path, &bytes, err);
        if (status == DJ_OK) {
            status = dj_fs_replace(exec->paths.config_backup, dj_buf_str(&bytes), err);
        }
    }
    dj_buf_release(&bytes);
    return status;
}

static char *env_text(const char *name)
{
    return dj_xstrdup(getenv(name));
}

/* A new attempt at the end of the summary's list. */
static void add_attempt(struct dj_exec *exec)
{
    struct dj_summary *summary = exec->root->summary;
    struct dj_attempt *attempt;

    if (summary->nattempts > 0) {
        struct dj_attempt *last = &summary->attempts[summary->nattempts - 1];

        if (last->end == 0) { /* it never wrote how it ended */
            dj_xfree(last->state);
            last->state = dj_xstrdup("killed");
            last->seen = exec->root->last_sign;
        }
    }
    summary->attempts = dj_xrealloc(summary->attempts, (summary->nattempts + 1) *
                                                           sizeof(*summary->attempts));
    attempt = &summary->attempts[summary->nattempts++];
    *attempt = (struct dj_attempt){
        .number = exec->attempt,
        .start = dj_clock_now(),
        .state = dj_xstrdup("running"),
        .ranks = exec->size,
        .launcher = dj_xstrdup(dj_comm_launcher(exec->comm)),
        .host = dj_xstrdup(exec->host),
        .nodes = dj_xstrdup(exec->root->nodes),
        .slurm_job_id = env_text("SLURM_JOB_ID"),
        .slurm_restart_count = getenv("SLURM_RESTART_COUNT") == NULL
                                   ? 0
                                   : strtol(getenv("SLURM_RESTART_COUNT"), NULL, 10),
    };
}

static void append_note(struct dj_summary *summary, const char *text)
{
    for (size_t i = 0; i < summary->nnotes; i++) {
        if (strcmp(summary->notes[i], text) == 0) {
            return;
        }
    }
    summary->notes =
        dj_xrealloc(summary->notes, (summary->nnotes + 1) * sizeof(*summary->notes));
    summary->notes[summary->nnotes++] = dj_xstrdup(text);
}

static void set_text(char **field, char *value)
{
    dj_xfree(*field);
    *field = value;
}

/* The counts come from the commit records anew in each run. */
static void reset_counts(struct dj_summary *summary, size_t nops)
{
    memset(summary->tally, 0, nops * sizeof(*summary->tally));
    summary->rows_read = summary->rows_kept = summary->rows_filtered = 0;
    summary->rows_deduplicated = summary->rows_rejected = 0;
    summary->rows_rejected_at_load = summary->rows_derived = summary->bytes_read = 0;
    summary->partitions_done = 0;
    for (size_t i = 0; i < summary->nfailed; i++) {
        dj_xfree(summary->failed[i].error);
    }
    summary->nfailed = 0;
}

/* The command that resumes the job, as this one was given, with its id. */
static char *resume_command(const struct dj_exec *exec)
{
    const struct dj_config_args *args = dj_config_command_line(exec->doc);
    const char *launcher = dj_comm_launcher(exec->comm);
    enum dj_status status = DJ_OK;
    struct dj_buf text;
    char *command;

    dj_buf_init(&text);
    if (strcmp(launcher, "none") != 0) {
        status = dj_buf_printf(
            &text, "%s -n %d ",
            strcmp(launcher, "srun") == 0 ? "srun --mpi=pmix" : "mpirun", exec->size);
    }
    if (status == DJ_OK) {
        status = dj_buf_append(&text, DJ_STR("dj-mpi"));
    }
    for (int i = 0; i < args->argc && status == DJ_OK; i++) {
        if (strncmp(args->argv[i], "--job_id", 8) == 0) { /* given anew below */
            i += args->argv[i][8] == '\0';
            continue;
        }
        status = dj_buf_putc(&text, ' ');
        if (status == DJ_OK) {
            status = dj_shell_quote(&text, args->argv[i]);
        }
    }
    if (status == DJ_OK) {
        status = dj_buf_printf(&text, " --job_id %s", exec->job_id);
    }
    command = status == DJ_OK ? dj_xstrndup(text.ptr, text.len) : NULL;
    dj_buf_release(&text);
    return command;
}

/* What dj-mpi inspect needs to load the configuration again. */
static void set_words(struct dj_summary *summary, const struct dj_config_args *args)
{
    for (size_t i = 0; i < summary->nwords; i++) {
        dj_xfree(summary->words[i]);
    }
    dj_xfree(summary->words);
    summary->nwords = (size_t)args->argc;
    summary->words = dj_xcalloc(summary->nwords, sizeof(*summary->words));
    for (size_t i = 0; i < summary->nwords; i++) {
        summary->words[i] = dj_xstrdup(args->argv[i]);
    }
    set_text(&summary->folder, dj_fs_absolute("."));
}

/* Fills what a summary says from the first moment on. */
static void begin_summary(struct dj_exec *exec)
{
    struct dj_summary *summary = exec->root->summary;
    const struct dj_config *config = exec->config;
    char hash[DJ_HASH64_TEXT];

    dj_hash64_text(config->recipe.hash, hash);
    set_text(&summary->job_id, dj_xstrdup(exec->job_id));
    set_text(&summary->project_name, dj_xstrdup(config->project_name));
    set_text(&summary->state, dj_xstrdup("running"));
    set_text(&summary->error_message, NULL);
    set_text(&summary->recipe_hash, dj_xstrdup(hash));
    set_text(&summary->config_file,
             config->config_path == NULL ? NULL : dj_fs_absolute(config->config_path));
    summary->end_time = summary->duration = 0;
    if (summary->start_time <= 0) {
        summary->start_time = dj_clock_now();
    }
    if (summary->op_names == NULL) {
        summary->nops = exec->nops;
        summary->tally = dj_xcalloc(exec->nops, sizeof(*summary->tally));
        summary->op_names = dj_xcalloc(exec->nops, sizeof(*summary->op_names));
        for (size_t i = 0; i < exec->nops; i++) {
            summary->op_names[i] = dj_xstrdup(config->recipe.ops[i].op->name);
        }
    }
    reset_counts(summary, exec->nops);
    set_text(&summary->resume_command, resume_command(exec));
    set_words(summary, dj_config_command_line(exec->doc));
    dj_summary_set_version(summary, "mpi", dj_comm_version());
    for (size_t i = 0; i < dj_config_note_count(exec->doc); i++) {
        append_note(summary, dj_config_note_at(exec->doc, i)->text);
    }
    add_attempt(exec);
}

static void tell_complete(const struct dj_exec *exec)
{
    struct dj_buf text;

    dj_buf_init(&text);
    if (dj_summary_text(exec->root->summary, &exec->paths, &text) == DJ_OK) {
        dj_log(DJ_LOG_INFO, "job %s is complete already; nothing to do", exec->job_id);
        (void)fwrite(text.ptr, 1, text.len, stdout);
        (void)fflush(stdout);
    }
    dj_buf_release(&text);
}

/* Results that no summary knows belong to partitions that nobody can name any more. */
static enum dj_status clear_leftovers(const struct dj_exec *exec, struct dj_error *err)
{
    if (dj_fs_exists(exec->paths.dataset_mapping)) {
        dj_log(DJ_LOG_WARNING,
               "job %s: job_summary.json or metadata/identity.json is gone; the job "
               "starts over, results of earlier runs are deleted",
               exec->job_id);
        DJ_TRY(dj_fs_remove(exec->paths.dataset_mapping, err));
    }
    DJ_TRY(dj_fs_remove(exec->paths.rows_mapping, err));
    DJ_TRY(dj_fs_remove_tree(exec->paths.results_dir, err));
    DJ_TRY(dj_fs_remove_tree(exec->paths.trace_dir, err));
    return dj_job_make_dirs(&exec->paths, err);
}

/*
 * Another recipe: results of the old one go, sets and partition map stay. The new
 * identity comes last, so that a run that dies here is asked again.
 */
static enum dj_status take_over(const struct dj_exec *exec, struct dj_error *err)
{
    struct dj_summary *summary = exec->root->summary;

    DJ_TRY(dj_fs_remove(exec->paths.rows_mapping, err));
    DJ_TRY(dj_fs_remove_tree(exec->paths.results_dir, err));
    DJ_TRY(dj_fs_remove_tree(exec->paths.trace_dir, err));
    DJ_TRY(dj_job_make_dirs(&exec->paths, err));
    for (size_t i = 0; i < summary->nops; i++) {
        dj_xfree(summary->op_names[i]);
    }
    dj_xfree(summary->op_names);
    dj_xfree(summary->tally);
    summary->op_names = NULL;
    summary->tally = NULL;
    summary->nops = 0;
    return store_identity(exec, err);
}

/* After the lock is ours: is this job new, to be continued, or finished? */
static enum dj_status open_job(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    bool changed = false;

    DJ_TRY(dj_summary_read(exec->paths.summary, &root->summary, err));
    if (root->summary == NULL || !dj_fs_exists(exec->paths.identity)) {
        dj_summary_free(root->summary);
        root->summary = dj_summary_new();
        exec->attempt = 1;
        DJ_TRY(clear_leftovers(exec, err));
        DJ_TRY(store_identity(exec, err));
    } else {
        DJ_TRY(check_identity(exec, &changed, err));
        exec->attempt = (int64_t)root->summary->nattempts + 1;
        exec->resuming = true;
        exec->already_complete = is_state(root->summary, "completed") && !changed;
    }
    dj_exec_event_options(exec);
    if (exec->resuming) {
        dj_exec_count_deaths(exec);
        dj_exec_recover_events(exec);
    }
    if (changed) {
        DJ_TRY(take_over(exec, err));
    }
    if (exec->already_complete) {
        tell_complete(exec);
        dj_exec_clean_up(exec); /* if it was killed between its end and this */
        return DJ_OK;
    }
    begin_summary(exec);
    dj_heart_start(exec);
    /* A launcher that ends a job because a rank died says nothing of this. */
    dj_log(DJ_LOG_INFO, "job %s begins; should it die, this goes on with it:\n    %s",
           exec->job_id, root->summary->resume_command);
    return dj_summary_write(root->summary, &exec->paths, err);
}

static enum dj_status prepare_root(struct dj_exec *exec, struct dj_error *err)
{
    const struct dj_config *config = exec->config;
    bool took_over = false;

    if (config->job_id != NULL) {
        DJ_TRY(dj_job_id_check(config->job_id, err));
        exec->job_id = dj_xstrdup(config->job_id);
    } else {
        exec->job_id = dj_job_id_make(config->config_path, dj_clock_now());
    }
    DJ_TRY(check_export(exec, err));
    DJ_TRY(dj_job_paths_make(config, exec->job_id, &exec->paths, err));
    DJ_TRY(dj_job_make_dirs(&exec->paths, err));
    exec->root->last_sign = dj_fs_time(exec->paths.lock); /* its holder renews it */
    DJ_TRY(dj_job_lock_take(exec->paths.lock, &exec->root->lock, &took_over, err));
    if (took_over) {
        dj_log(DJ_LOG_INFO, "the run that held job %s is gone; its lock is taken over",
               exec->job_id);
    }
    for (size_t i = 0; i < dj_config_note_count(exec->doc); i++) {
        dj_log(DJ_LOG_INFO, "%s", dj_config_note_at(exec->doc, i)->text);
    }
    return open_job(exec, err);
}

enum dj_status dj_exec_prepare(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct start start = { 0 };
    struct dj_buf message;

    DJ_TRY(dj_exec_gather_nodes(exec, err));
    dj_buf_init(&message);
    if (exec->rank == 0) {
        status = prepare_root(exec, err);
        start = (struct start){ exec->attempt, exec->resuming, exec->already_complete };
        if (status == DJ_OK &&
            (dj_buf_append(&message, (struct dj_str){ (const char *)&start,
                                                      sizeof(start) }) != DJ_OK ||
             dj_buf_append(&message, dj_str_from(exec->job_id)) != DJ_OK)) {
            status = dj_fail(err, DJ_NOMEM, "out of memory");
        }
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &message, err);
    }
    if (status == DJ_OK && exec->rank != 0) {
        memcpy(&start, message.ptr, sizeof(start));
        exec->attempt = start.attempt;
        exec->resuming = start.resuming != 0;
        exec->already_complete = start.already_complete != 0;
        exec->job_id =
            dj_xstrndup(message.ptr + sizeof(start), message.len - sizeof(start));
        status = dj_job_paths_make(exec->config, exec->job_id, &exec->paths, err);
    }
    dj_exec_event_options(exec);
    dj_buf_release(&message);
    return dj_comm_agree(exec->comm, status, err);
}
