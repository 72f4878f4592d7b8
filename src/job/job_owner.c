/*
 * The holder of a lock: what identifies a process beyond its number, and whether it
 * still lives. Only a process of this kernel can be looked at; of others nothing is
 * concluded, except for an earlier start of the Slurm job that we are.
 */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "job/job_lock_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static void set(char *field, const char *text)
{
    (void)snprintf(field, DJ_LOCK_NAME, "%s", text == NULL ? "" : text);
}

/*
 * The state letter and the start of a process, from /proc/<pid>/stat. The name in it
 * may hold anything, so fields are counted from the last ')': state is the 3rd field,
 * the start the 22nd.
 */
static bool read_process(int64_t pid, char *state, int64_t *start)
{
    char path[64];
    struct dj_error err;
    struct dj_buf text;
    const char *at = NULL;
    bool found = false;

    (void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    dj_buf_init(&text);
    if (dj_fs_read(path, &text, &err) == DJ_OK && dj_buf_cstr(&text, &at) == DJ_OK) {
        at = strrchr(at, ')');
    }
    if (at != NULL && at[1] == ' ') {
        at += 2;
        *state = *at;
        for (int field = 3; field < 22 && at != NULL; field++) {
            at = strchr(at, ' ');
            at = at == NULL ? NULL : at + 1;
        }
        found = at != NULL;
        *start = found ? strtoll(at, NULL, 10) : 0;
    }
    dj_buf_release(&text);
    return found;
}

static void read_boot_id(char *field)
{
    struct dj_error err;
    struct dj_buf text;

    dj_buf_init(&text);
    if (dj_fs_read("/proc/sys/kernel/random/boot_id", &text, &err) == DJ_OK) {
        while (text.len > 0 && text.ptr[text.len - 1] == '\n') {
            text.len--;
        }
        (void)snprintf(field, DJ_LOCK_NAME, "%.*s", (int)text.len, text.ptr);
    }
    dj_buf_release(&text);
}

static void make_token(char *token)
{
    unsigned char bytes[16];
    const size_t got = (size_t)getrandom(bytes, sizeof(bytes), 0);

    if (got != sizeof(bytes)) { /* no such call: time and number will do */
        const double now = dj_clock_now();
        const long pid = (long)getpid();

        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, &now, sizeof(now));
        memcpy(bytes + sizeof(now), &pid, sizeof(pid));
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        (void)snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    }
}

void dj_lock_owner_self(struct dj_lock_owner *owner)
{
    const char *restarts = getenv("SLURM_RESTART_COUNT");
    char state;
    ssize_t len;

    *owner = (struct dj_lock_owner){ .pid = getpid(), .time = dj_clock_now() };
    make_token(owner->token);
    (void)gethostname(owner->host, sizeof(owner->host) - 1);
    read_boot_id(owner->boot_id);
    len = readlink("/proc/self/ns/pid", owner->pid_space, sizeof(owner->pid_space) - 1);
    owner->pid_space[len < 0 ? 0 : len] = '\0';
    if (!read_process(owner->pid, &state, &owner->process_start)) {
        owner->process_start = 0;
    }
    set(owner->slurm_job_id, getenv("SLURM_JOB_ID"));
    set(owner->slurm_cluster, getenv("SLURM_CLUSTER_NAME"));
    owner->slurm_restart_count = restarts == NULL ? 0 : strtoll(restarts, NULL, 10);
}

enum dj_status dj_lock_owner_write(const struct dj_lock_owner *owner, struct dj_buf *out)
{
    struct dj_jsonw w;
    char iso[DJ_CLOCK_TEXT];

    dj_clock_iso(owner->time, iso);
    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "host", owner->host);
    dj_jsonw_kv_int(&w, "process_id", owner->pid);
    dj_jsonw_kv_int(&w, "process_start", owner->process_start);
    dj_jsonw_kv_text(&w, "boot_id", owner->boot_id);
    dj_jsonw_kv_text(&w, "pid_namespace", owner->pid_space);
    if (owner->slurm_job_id[0] != '\0') {
        dj_jsonw_kv_text(&w, "slurm_job_id", owner->slurm_job_id);
        dj_jsonw_kv_text(&w, "slurm_cluster", owner->slurm_cluster);
        dj_jsonw_kv_int(&w, "slurm_restart_count", owner->slurm_restart_count);
    }
    dj_jsonw_kv_double(&w, "time", owner->time);
    dj_jsonw_kv_text(&w, "time_iso", iso);
    dj_jsonw_kv_text(&w, "token", owner->token);
    dj_jsonw_close(&w, '}');
    return dj_jsonw_end(&w);
}

void dj_lock_owner_parse(struct dj_str text, struct dj_lock_owner *owner)
{
    struct dj_json *doc;
    struct dj_error err;

    *owner = (struct dj_lock_owner){ 0 };
    if (dj_json_parse(text, "job.lock", &doc, &err) != DJ_OK) {
        return;
    }
    (void)snprintf(owner->token, sizeof(owner->token), "%s",
                   dj_json_text(doc, "token", ""));
    set(owner->host, dj_json_text(doc, "host", ""));
    set(owner->boot_id, dj_json_text(doc, "boot_id", ""));
    set(owner->pid_space, dj_json_text(doc, "pid_namespace", ""));
    owner->pid = dj_json_int(doc, "process_id", 0);
    owner->process_start = dj_json_int(doc, "process_start", 0);
    set(owner->slurm_job_id, dj_json_text(doc, "slurm_job_id", ""));
    set(owner->slurm_cluster, dj_json_text(doc, "slurm_cluster", ""));
    owner->slurm_restart_count = dj_json_int(doc, "slurm_restart_count", 0);
    owner->time = dj_json_number(doc, "time", 0);
    dj_json_free(doc);
}

enum dj_lock_life dj_lock_owner_life(const struct dj_lock_owner *holder,
                                     const struct dj_lock_owner *self)
{
    int64_t start;
    char state;

    if (holder->token[0] == '\0') {
        return DJ_LOCK_UNKNOWN;
    }
    /* Slurm starts a job again only when all of its earlier start is gone. */
    if (holder->slurm_job_id[0] != '\0' &&
        strcmp(holder->slurm_job_id, self->slurm_job_id) == 0 &&
        strcmp(holder->slurm_cluster, self->slurm_cluster) == 0 &&
        holder->slurm_restart_count < self->slurm_restart_count) {
        return DJ_LOCK_DEAD;
    }
    /* Machines and containers may share a name, but not a kernel and its numbers. */
    if (holder->pid <= 0 || holder->boot_id[0] == '\0' ||
        strcmp(holder->host, self->host) != 0 ||
        strcmp(holder->boot_id, self->boot_id) != 0 ||
        strcmp(holder->pid_space, self->pid_space) != 0) {
        return DJ_LOCK_UNKNOWN;
    }
    if (kill((pid_t)holder->pid, 0) != 0 && errno == ESRCH) {
        return DJ_LOCK_DEAD;
    }
    if (!read_process(holder->pid, &state, &start)) {
        return kill((pid_t)holder->pid, 0) != 0 && errno == ESRCH ? DJ_LOCK_DEAD
                                                                  : DJ_LOCK_UNKNOWN;
    }
    /* A zombie runs no more; another start means another process. */
    if (state == 'Z' || state == 'X' ||
        (holder->process_start != 0 && start != holder->process_start)) {
        return DJ_LOCK_DEAD;
    }
    return DJ_LOCK_ALIVE;
}
