/*
 * The job that a word is about: its id is the first word, its folder follows from
 * --work_dir, or from the recipe and settings that it was started with. Nothing is
 * asked of MPI, and a recipe is not needed.
 */
#include "cli/cli_private.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"

/* What may be given without a recipe. */
struct folders {
    const char *work_dir;
    const char *checkpoint_dir;
    const char *event_log_dir;
};

static enum dj_status take_folders(struct dj_cli *cli, struct folders *folders,
                                   struct dj_error *err)
{
    DJ_TRY(dj_cli_take_value(cli, "--work_dir", &folders->work_dir, err));
    DJ_TRY(dj_cli_take_value(cli, "--checkpoint_dir", &folders->checkpoint_dir, err));
    DJ_TRY(dj_cli_take_value(cli, "--event_log_dir", &folders->event_log_dir, err));
    if (cli->argc > 0) {
        return dj_fail(err, DJ_USAGE,
                       "\"%s\" is not expected here: the job's id comes first, then "
                       "--work_dir DIR, --checkpoint_dir DIR, or --config FILE and "
                       "the settings that the job was started with",
                       cli->argv[0]);
    }
    return DJ_OK;
}

static bool has_recipe(const struct dj_cli *cli)
{
    for (int i = 0; i < cli->argc; i++) {
        if (strcmp(cli->argv[i], "--config") == 0 ||
            strncmp(cli->argv[i], "--config=", 9) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Folders of the job that were not given are where its summary says, unless they were
 * in the job's folder, which may have another name now.
 */
static void adopt(const struct dj_json *doc, const char *key, char **path)
{
    const char *stored = dj_json_text(doc, key, NULL);
    const char *was = dj_json_text(doc, "job_dir", NULL);

    if (stored != NULL && was != NULL && strncmp(stored, was, strlen(was)) != 0) {
        dj_xfree(*path);
        *path = dj_xstrdup(stored);
    }
}

static void adopt_folders(struct dj_cli_job *job, const struct folders *given)
{
    struct dj_json *doc = NULL;
    struct dj_error ignored;
    struct dj_buf text;

    dj_buf_init(&text);
    if (dj_fs_read(job->paths.summary, &text, &ignored) != DJ_OK ||
        !dj_seal_holds(dj_buf_str(&text)) ||
        dj_json_parse(dj_buf_str(&text), job->paths.summary, &doc, &ignored) != DJ_OK) {
        dj_buf_release(&text);
        return;
    }
    dj_buf_release(&text);
    if (given->checkpoint_dir == NULL) {
        adopt(doc, "checkpoint_dir", &job->paths.checkpoint_dir);
    }
    if (given->event_log_dir == NULL) {
        adopt(doc, "event_log_dir", &job->paths.event_dir);
    }
    dj_json_free(doc);
}

/* The first word, or --job_id as a run has it; NULL: a recipe may still say it. */
static enum dj_status take_id(struct dj_cli *cli, const char **id, struct dj_error *err)
{
    if (cli->argc == 0 || cli->argv[0][0] == '-') {
        return dj_cli_take_value(cli, "--job_id", id, err);
    }
    *id = cli->argv[0];
    cli->argv++;
    cli->argc--;
    return DJ_OK;
}

static enum dj_status ask_which(const char *word, struct dj_error *err)
{
    return dj_fail(err, DJ_USAGE, "of which job? dj-mpi %s ID (dj-mpi list shows them)",
                   word);
}

static enum dj_status find_paths(struct dj_cli *cli, const char *word,
                                 struct dj_cli_job *job, struct dj_error *err)
{
    struct folders folders = { 0 };

    if (has_recipe(cli)) {
        DJ_TRY(dj_cli_load(cli, &job->doc, err));
        job->id = job->id == NULL ? dj_config_get(job->doc)->job_id : job->id;
        if (job->id == NULL) {
            return ask_which(word, err);
        }
        return dj_job_paths_make(dj_config_get(job->doc), job->id, &job->paths, err);
    }
    DJ_TRY(take_folders(cli, &folders, err));
    DJ_TRY(
        dj_job_paths_make(&(struct dj_config){ .work_dir = folders.work_dir,
                                               .checkpoint_dir = folders.checkpoint_dir,
                                               .event_log_dir = folders.event_log_dir },
                          job->id, &job->paths, err));
    adopt_folders(job, &folders);
    return DJ_OK;
}

static enum dj_status tell_unknown(const struct dj_cli_job *job, struct dj_error *err)
{
    char *work_dir = dj_fs_dirname(job->paths.job_dir);
    char *near = dj_cli_near_jobs(work_dir, job->id);

    dj_fail(err, DJ_USAGE, "there is no job %s: %s is no folder; %s%s%s", job->id,
            job->paths.job_dir,
            near[0] == '\0' ? "--work_dir DIR says where jobs are" : "was ", near,
            near[0] == '\0' ? "" : " meant?");
    dj_xfree(near);
    dj_xfree(work_dir);
    return DJ_USAGE;
}

enum dj_status dj_cli_job_find(struct dj_cli *cli, const char *word,
                               struct dj_cli_job *job, struct dj_error *err)
{
    *job = (struct dj_cli_job){ 0 };
    DJ_TRY(take_id(cli, &job->id, err));
    if (job->id == NULL && !has_recipe(cli)) {
        return ask_which(word, err);
    }
    DJ_TRY(find_paths(cli, word, job, err));
    if (!dj_fs_is_dir(job->paths.job_dir)) {
        return tell_unknown(job, err);
    }
    if (!dj_fs_exists(job->paths.summary) && !dj_fs_exists(job->paths.identity)) {
        return dj_fail(err, DJ_USAGE,
                       "%s has neither job_summary.json nor metadata/identity.json: it "
                       "is no job's folder, or the job has not begun",
                       job->paths.job_dir);
    }
    return DJ_OK;
}

void dj_cli_job_release(struct dj_cli_job *job)
{
    dj_job_paths_release(&job->paths);
    dj_config_free(job->doc);
}
