/* Small files about a running job; see dj/job_live.h. */
#include "dj/job_live.h"

#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job.h"
#include "dj/json.h"
#include "job/job_lock_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

_Static_assert((int)DJ_TOKEN_TEXT == (int)DJ_LOCK_TOKEN &&
                   (int)DJ_LIVE_NAME == (int)DJ_LOCK_NAME,
               "texts of an owner fit");

static void set(char *field, size_t size, const char *text)
{
    (void)snprintf(field, size, "%s", text);
}

/* --- the holder --------------------------------------------------------------------- */

enum dj_status dj_job_holder(const char *path, struct dj_holder *holder,
                             struct dj_error *err)
{
    struct dj_lock_owner self;
    struct dj_lock_seen seen;
    enum dj_lock_life life;

    *holder = (struct dj_holder){ 0 };
    DJ_TRY(dj_lock_look(path, &seen, &holder->there, err));
    if (!holder->there) {
        return DJ_OK;
    }
    close(seen.fd);
    dj_lock_owner_self(&self);
    life = dj_lock_owner_life(&seen.owner, &self);
    holder->heard =
        (double)seen.info.st_mtim.tv_sec + 1e-9 * (double)seen.info.st_mtim.tv_nsec;
    holder->seen = life != DJ_LOCK_UNKNOWN;
    holder->alive = life == DJ_LOCK_UNKNOWN
                        ? dj_clock_now() - holder->heard <= DJ_LOCK_STALE
                        : life == DJ_LOCK_ALIVE;
    holder->pid = seen.owner.pid;
    holder->since = seen.owner.time;
    set(holder->token, sizeof(holder->token), seen.owner.token);
    set(holder->host, sizeof(holder->host), seen.owner.host);
    set(holder->slurm_job_id, sizeof(holder->slurm_job_id), seen.owner.slurm_job_id);
    return DJ_OK;
}

bool dj_job_is_running(const char *path)
{
    struct dj_holder holder;
    struct dj_error ignored;

    return dj_job_holder(path, &holder, &ignored) == DJ_OK && holder.there &&
           holder.alive;
}

/* --- reading ------------------------------------------------------------------------ */

/* NULL: it is not there, or not what it should be; a later look decides. */
static struct dj_json *read_file(const char *path)
{
    struct dj_json *doc = NULL;
    struct dj_error ignored;

    if (!dj_fs_exists(path) || dj_json_read(path, &doc, &ignored) != DJ_OK) {
        return NULL;
    }
    if (dj_json_text(doc, "token", "")[0] == '\0') {
        dj_json_free(doc);
        return NULL;
    }
    return doc;
}

bool dj_job_progress_read(const char *path, struct dj_job_progress *progress)
{
    struct dj_json *doc = read_file(path);

    *progress = (struct dj_job_progress){ 0 };
    if (doc == NULL) {
        return false;
    }
    set(progress->token, sizeof(progress->token), dj_json_text(doc, "token", ""));
    set(progress->phase, sizeof(progress->phase), dj_json_text(doc, "phase", ""));
    progress->attempt = dj_json_int(doc, "attempt", 0);
    progress->time = dj_json_number(doc, "time", 0);
    progress->stage = dj_json_int(doc, "stage", 0);
    progress->stages = dj_json_int(doc, "stages", 0);
    progress->seconds = dj_json_number(doc, "seconds", 0);
    progress->rows = dj_json_int(doc, "samples", 0);
    progress->kept = dj_json_int(doc, "kept", 0);
    progress->rows_before = dj_json_int(doc, "samples_before", 0);
    progress->bytes = dj_json_int(doc, "bytes", 0);
    progress->bytes_before = dj_json_int(doc, "bytes_before", 0);
    progress->bytes_total = dj_json_int(doc, "bytes_total", 0);
    progress->parts_done = dj_json_int(doc, "partitions_done", 0);
    progress->parts_failed = dj_json_int(doc, "partitions_failed", 0);
    progress->parts_total = dj_json_int(doc, "partitions_total", 0);
    dj_json_free(doc);
    return true;
}

bool dj_stop_request_read(const char *path, struct dj_stop_request *request)
{
    struct dj_json *doc = read_file(path);

    *request = (struct dj_stop_request){ 0 };
    if (doc == NULL) {
        return false;
    }
    set(request->token, sizeof(request->token), dj_json_text(doc, "token", ""));
    set(request->user, sizeof(request->user), dj_json_text(doc, "user", ""));
    set(request->host, sizeof(request->host), dj_json_text(doc, "host", ""));
    request->after_checkpoint =
        strcmp(dj_json_text(doc, "after", "now"), "checkpoint") == 0;
    request->time = dj_json_number(doc, "time", 0);
    dj_json_free(doc);
    return true;
}

/* --- writing ------------------------------------------------------------------------ */

static enum dj_status write_file(const char *path, struct dj_str text,
                                 struct dj_error *err)
{
    char *temporary = dj_xprintf("%s.tmp", path);
    enum dj_status status;
    int fd;

    status = dj_fs_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
    if (status == DJ_OK) {
        status = dj_fs_write(fd, text, temporary, err);
        close(fd);
        if (status == DJ_OK) {
            status = dj_fs_rename(temporary, path, err);
        }
        if (status != DJ_OK) {
            (void)unlink(temporary);
        }
    }
    dj_xfree(temporary);
    return status;
}

enum dj_status dj_job_progress_write(const char *path,
                                     const struct dj_job_progress *progress,
                                     struct dj_error *err)
{
    char iso[DJ_CLOCK_TEXT];
    enum dj_status status;
    struct dj_buf text;
    struct dj_jsonw w;

    dj_clock_iso(progress->time, iso);
    dj_buf_init(&text);
    dj_jsonw_init(&w, &text, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_int(&w, "attempt", progress->attempt);
    dj_jsonw_kv_text(&w, "token", progress->token);
    dj_jsonw_kv_double(&w, "time", progress->time);
    dj_jsonw_kv_text(&w, "time_iso", iso);
    dj_jsonw_kv_text(&w, "phase", progress->phase);
    dj_jsonw_kv_int(&w, "stage", progress->stage);
    dj_jsonw_kv_int(&w, "stages", progress->stages);
    dj_jsonw_kv_double(&w, "seconds", progress->seconds);
    dj_jsonw_kv_int(&w, "samples", progress->rows);
    dj_jsonw_kv_int(&w, "kept", progress->kept);
    dj_jsonw_kv_int(&w, "samples_before", progress->rows_before);
    dj_jsonw_kv_int(&w, "bytes", progress->bytes);
    dj_jsonw_kv_int(&w, "bytes_before", progress->bytes_before);
    dj_jsonw_kv_int(&w, "bytes_total", progress->bytes_total);
    dj_jsonw_kv_int(&w, "partitions_done", progress->parts_done);
    dj_jsonw_kv_int(&w, "partitions_failed", progress->parts_failed);
    dj_jsonw_kv_int(&w, "partitions_total", progress->parts_total);
    dj_jsonw_close(&w, '}');
    status = dj_jsonw_end(&w);
    status = status == DJ_OK ? write_file(path, dj_buf_str(&text), err)
                             : dj_fail(err, status, "%s: out of memory", path);
    dj_buf_release(&text);
    return status;
}

double dj_job_progress_share(const struct dj_job_progress *progress)
{
    const double total = (double)progress->bytes_total;
    const double done = (double)(progress->bytes_before + progress->bytes);
    double share = 0;

    if (progress->stages < 1) {
        return 0; /* the input is still looked at */
    }
    share = total <= 0 || done >= total ? 1 : done / total;
    return ((double)(progress->stage - 1) + share) / (double)progress->stages;
}

double dj_job_progress_left(const struct dj_job_progress *progress)
{
    const int64_t left = progress->bytes_total - progress->bytes_before - progress->bytes;

    if (progress->bytes <= 0 || progress->seconds <= 0) {
        return -1;
    }
    return left <= 0 ? 0 : (double)left * progress->seconds / (double)progress->bytes;
}

enum dj_status dj_stop_request_write(const char *path,
                                     const struct dj_stop_request *request,
                                     struct dj_error *err)
{
    char iso[DJ_CLOCK_TEXT];
    enum dj_status status;
    struct dj_buf text;
    struct dj_jsonw w;

    dj_clock_iso(request->time, iso);
    dj_buf_init(&text);
    dj_jsonw_init(&w, &text, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "token", request->token);
    dj_jsonw_kv_text(&w, "after", request->after_checkpoint ? "checkpoint" : "now");
    dj_jsonw_kv_text(&w, "user", request->user);
    dj_jsonw_kv_text(&w, "host", request->host);
    dj_jsonw_kv_double(&w, "time", request->time);
    dj_jsonw_kv_text(&w, "time_iso", iso);
    dj_jsonw_close(&w, '}');
    status = dj_jsonw_end(&w);
    status = status == DJ_OK ? dj_fs_replace(path, dj_buf_str(&text), err)
                             : dj_fail(err, status, "%s: out of memory", path);
    if (status == DJ_OK) { /* whoever asks may be another than whoever runs the job */
        (void)chmod(path, 0644);
    }
    dj_buf_release(&text);
    return status;
}
