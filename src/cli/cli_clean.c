/* dj-mpi clean: what ended jobs have left that nobody needs, and deleting it. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli_private.h"
#include "dj/clock.h"
#include "dj/json.h"
#include "dj/retention.h"

struct clean {
    struct dj_cli *cli;
    const char *work_dir;
    struct dj_retention_rules rules;
    bool yes; /* delete */
    size_t jobs, skipped;
    int64_t files, bytes;
    struct dj_buf text;
    struct dj_jsonw w; /* with --json */
};

/* --- the words ------------------------------------------------------------------------
 */

static enum dj_status take_days(struct dj_cli *cli, int64_t *days, struct dj_error *err)
{
    const char *text = NULL;
    char *end;

    DJ_TRY(dj_cli_take_value(cli, "--max_retention_days", &text, err));
    if (text != NULL) {
        *days = strtoll(text, &end, 10);
        if (*end != '\0' || end == text || *days < 0 || *days > 36500) {
            return dj_fail(err, DJ_USAGE,
                           "--max_retention_days: \"%s\" is no number from 0 to 36500",
                           text);
        }
    }
    return DJ_OK;
}

static enum dj_status take_policy(struct dj_cli *cli, enum dj_retention *policy,
                                  struct dj_error *err)
{
    const char *text = NULL;

    DJ_TRY(dj_cli_take_value(cli, "--retention_policy", &text, err));
    for (int i = 0; text != NULL && dj_retention_names[i] != NULL; i++) {
        if (strcmp(dj_retention_names[i], text) == 0) {
            *policy = (enum dj_retention)i;
            return DJ_OK;
        }
    }
    return text == NULL ? DJ_OK
                        : dj_fail(err, DJ_USAGE,
                                  "--retention_policy: \"%s\" is none of keep_all, "
                                  "keep_failed_only, cleanup_all",
                                  text);
}

static enum dj_status take_words(struct clean *clean, struct dj_error *err)
{
    struct dj_cli *cli = clean->cli;

    clean->yes = dj_cli_take(cli, "--yes");
    clean->rules = (struct dj_retention_rules){
        .days = 7,
        .temporary = true,
        .later = true,
        .incomplete = dj_cli_take(cli, "--incomplete"),
        .now = dj_clock_now(),
    };
    clean->work_dir = "./outputs";
    DJ_TRY(dj_cli_take_value(cli, "--work_dir", &clean->work_dir, err));
    DJ_TRY(take_days(cli, &clean->rules.days, err));
    DJ_TRY(take_policy(cli, &clean->rules.policy, err));
    for (int i = 0; i < cli->argc; i++) {
        if (cli->argv[i][0] == '-') {
            return dj_fail(err, DJ_USAGE,
                           "\"%s\" is not expected here: dj-mpi clean [ID ...] "
                           "[--work_dir DIR] [--max_retention_days N] "
                           "[--retention_policy NAME] [--incomplete] [--yes]",
                           cli->argv[i]);
        }
    }
    return DJ_OK;
}

/* --- one job --------------------------------------------------------------------------
 */

static void tell_found(struct clean *clean, const struct dj_cli_job *job,
                       const struct dj_summary *summary, const struct dj_reclaims *found,
                       const char *remark)
{
    const size_t base = strlen(job->paths.job_dir) + 1;
    char size[DJ_CLI_BYTES_TEXT];
    enum dj_status status = DJ_OK;

    if (clean->cli->json) {
        dj_jsonw_open(&clean->w, '{');
        dj_jsonw_kv_text(&clean->w, "job_id", job->id);
        dj_jsonw_kv_text(&clean->w, "state", summary->state);
        dj_jsonw_kv_text(&clean->w, "remark", remark);
        dj_jsonw_kv_int(&clean->w, "bytes", found->bytes);
        dj_jsonw_key(&clean->w, "paths");
        dj_jsonw_open(&clean->w, '[');
        for (size_t i = 0; i < found->count; i++) {
            dj_jsonw_open(&clean->w, '{');
            dj_jsonw_kv_text(&clean->w, "path", found->items[i].path);
            dj_jsonw_kv_int(&clean->w, "bytes", found->items[i].bytes);
            dj_jsonw_kv_text(&clean->w, "why", found->items[i].why);
            dj_jsonw_close(&clean->w, '}');
        }
        dj_jsonw_close(&clean->w, ']');
        dj_jsonw_close(&clean->w, '}');
        return;
    }
    dj_cli_bytes(found->bytes, size);
    if (found->count > 0 || remark != NULL) {
        status = dj_buf_printf(&clean->text, "%s (%s): %s%s%s\n", job->id,
                               summary->state == NULL ? "unknown" : summary->state, size,
                               remark == NULL ? "" : "; ", remark == NULL ? "" : remark);
    }
    for (size_t i = 0; i < found->count && status == DJ_OK; i++) {
        const char *path = found->items[i].path;
        const bool inside = strncmp(path, job->paths.job_dir, base - 1) == 0;

        dj_cli_bytes(found->items[i].bytes, size);
        status = dj_buf_printf(&clean->text, "  %-10s %s: %s\n", size,
                               inside ? path + base : path, found->items[i].why);
    }
    clean->w.status = status == DJ_OK ? clean->w.status : status;
}

/* Deletes under the job's lock, so that no run begins meanwhile. */
static enum dj_status delete_found(const struct dj_cli_job *job,
                                   const struct dj_reclaims *found, struct dj_error *err)
{
    struct dj_job_lock *lock;
    bool took_over;
    enum dj_status status;

    DJ_TRY(dj_job_lock_take(job->paths.lock, &lock, &took_over, err));
    status = dj_reclaims_delete(found, err);
    dj_job_lock_release(lock);
    return status;
}

static enum dj_status clean_found(struct clean *clean, const struct dj_cli_job *job,
                                  const struct dj_summary *summary, struct dj_error *err)
{
    const char *remark = NULL;
    struct dj_reclaims found;
    enum dj_status status = DJ_OK;

    dj_retention_find(&job->paths, summary, &clean->rules, &found);
    if (clean->yes && found.count > 0) {
        status = delete_found(job, &found, err);
        remark = status == DJ_LOCKED ? "it is running, nothing was deleted" : "deleted";
    }
    if (status == DJ_OK || status == DJ_LOCKED) {
        tell_found(clean, job, summary, &found, remark);
        if (status == DJ_OK) {
            clean->files += dj_i64_from_size(found.count);
            clean->bytes += found.bytes;
        }
        status = DJ_OK;
    }
    clean->jobs++;
    dj_reclaims_release(&found);
    return status;
}

static enum dj_status clean_job(struct clean *clean, const char *id, struct dj_error *err)
{
    char *words[] = { dj_xstrdup(id), dj_xstrdup("--work_dir"),
                      dj_xstrdup(clean->work_dir) };
    struct dj_cli cli = { .argc = 3, .argv = words };
    struct dj_summary *summary = NULL;
    struct dj_cli_job job;
    enum dj_status status = dj_cli_job_find(&cli, "clean", &job, err);

    if (status == DJ_OK) {
        status = dj_summary_read(job.paths.summary, &summary, err);
    }
    if (status == DJ_OK && summary == NULL) {
        clean->skipped++;
    } else if (status == DJ_OK) {
        status = clean_found(clean, &job, summary, err);
    }
    dj_summary_free(summary);
    dj_cli_job_release(&job);
    for (int i = 0; i < 3; i++) {
        dj_xfree(words[i]);
    }
    return status;
}

/* --- all jobs -------------------------------------------------------------------------
 */

static enum dj_status clean_all(struct clean *clean, struct dj_error *err)
{
    enum dj_status status;
    size_t count;
    char **ids;

    DJ_TRY(dj_cli_job_ids(clean->work_dir, &ids, &count, err));
    status = DJ_OK;
    for (size_t i = 0; i < count && status == DJ_OK; i++) {
        status = clean_job(clean, ids[i], err);
    }
    dj_cli_job_ids_free(ids, count);
    return status;
}

static enum dj_status tell_end(struct clean *clean)
{
    char size[DJ_CLI_BYTES_TEXT];

    if (clean->cli->json) {
        dj_jsonw_close(&clean->w, ']');
        dj_jsonw_kv_int(&clean->w, "bytes", clean->bytes);
        dj_jsonw_kv_bool(&clean->w, "deleted", clean->yes);
        dj_jsonw_close(&clean->w, '}');
        return dj_jsonw_end(&clean->w);
    }
    DJ_TRY(clean->w.status);
    dj_cli_bytes(clean->bytes, size);
    if (clean->files == 0) {
        return dj_buf_printf(&clean->text, "%zu job%s in %s: nothing to delete\n",
                             clean->jobs, clean->jobs == 1 ? "" : "s", clean->work_dir);
    }
    return dj_buf_printf(&clean->text,
                         clean->yes ? "deleted %s of %zu job%s\n"
                                    : "%s of %zu job%s could go; nothing is "
                                      "deleted without --yes\n",
                         size, clean->jobs, clean->jobs == 1 ? "" : "s");
}

int dj_cli_clean(struct dj_cli *cli)
{
    struct clean clean = { .cli = cli };
    struct dj_error err;
    enum dj_status status = take_words(&clean, &err);

    dj_buf_init(&clean.text);
    dj_jsonw_init(&clean.w, &clean.text, 2);
    if (status == DJ_OK && cli->json) {
        dj_jsonw_open(&clean.w, '{');
        dj_jsonw_key(&clean.w, "jobs");
        dj_jsonw_open(&clean.w, '[');
    }
    if (status == DJ_OK && cli->argc == 0) {
        status = clean_all(&clean, &err);
    }
    for (int i = 0; i < cli->argc && status == DJ_OK; i++) {
        status = clean_job(&clean, cli->argv[i], &err);
    }
    if (status != DJ_OK) {
        dj_buf_release(&clean.text);
        return dj_cli_fail(status, &err);
    }
    return dj_cli_print(tell_end(&clean), &clean.text);
}
