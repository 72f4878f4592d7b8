/* dj-mpi verify: is all that a job has on disk as it was written? */
#include <stdio.h>

#include "cli/cli_private.h"
#include "dj/exec.h"
#include "dj/json.h"

struct report {
    bool json;
    struct dj_jsonw w; /* with json */
};

/* Names in JSON and, padded, in text. */
static const char *const kind_names[] = {
    [DJ_FINDING_GOOD] = "ok",
    [DJ_FINDING_NOTE] = "note",
    [DJ_FINDING_DAMAGE] = "damaged",
    [DJ_FINDING_FORGOTTEN] = "forgotten",
};

static void found_json(struct dj_jsonw *w, const struct dj_finding *finding)
{
    dj_jsonw_open(w, '{');
    dj_jsonw_kv_text(w, "kind", kind_names[finding->kind]);
    if (finding->first >= 0) {
        dj_jsonw_kv_int(w, "first_partition", finding->first);
        dj_jsonw_kv_int(w, "last_partition", finding->last);
    }
    dj_jsonw_kv_text(w, "text", finding->text);
    dj_jsonw_close(w, '}');
}

/* A text report comes as it is found: a large job takes a while. */
static void found(void *context, const struct dj_finding *finding)
{
    struct report *report = context;

    if (report->json) {
        found_json(&report->w, finding);
    } else if (dj_cli_is_first_rank()) {
        (void)printf("%-10s %s\n", kind_names[finding->kind], finding->text);
        (void)fflush(stdout);
    }
}

static enum dj_status end_text(const struct dj_cli_job *job,
                               const struct dj_verify_counts *counts, struct dj_buf *out)
{
    if (counts->damaged == 0) {
        return dj_buf_printf(out, "job %s: all is as it was written\n", job->id);
    }
    DJ_TRY(dj_buf_printf(out, "job %s: %lld damaged\n", job->id,
                         (long long)counts->damaged));
    return counts->forgettable == 0
               ? DJ_OK
               : dj_buf_append(out, DJ_STR("  the next run would use damaged results; "
                                           "with --forget it does them again\n"));
}

static enum dj_status end_json(struct dj_jsonw *w, const struct dj_cli_job *job,
                               const struct dj_verify_counts *counts)
{
    dj_jsonw_close(w, ']');
    dj_jsonw_kv_text(w, "job_id", job->id);
    dj_jsonw_kv_text(w, "job_dir", job->paths.job_dir);
    dj_jsonw_kv_bool(w, "sound", counts->damaged == 0);
    dj_jsonw_kv_int(w, "damaged", counts->damaged);
    dj_jsonw_kv_int(w, "forgettable", counts->forgettable);
    dj_jsonw_close(w, '}');
    return dj_jsonw_end(w);
}

static int verify(const struct dj_cli *cli, const struct dj_cli_job *job, bool forget)
{
    struct report report = { .json = cli->json };
    struct dj_verify_counts counts = { 0 };
    struct dj_buf text;
    struct dj_error err;
    enum dj_status status;
    int code;

    dj_buf_init(&text);
    dj_jsonw_init(&report.w, &text, 2);
    if (cli->json) {
        dj_jsonw_open(&report.w, '{');
        dj_jsonw_key(&report.w, "findings");
        dj_jsonw_open(&report.w, '[');
    }
    status = dj_exec_verify(&(struct dj_verify){ .paths = &job->paths,
                                                 .job_id = job->id,
                                                 .forget = forget,
                                                 .found = found,
                                                 .context = &report },
                            &counts, &err);
    if (status != DJ_OK) {
        dj_buf_release(&text);
        return dj_cli_fail(status, &err);
    }
    code = dj_cli_print(cli->json ? end_json(&report.w, job, &counts)
                                  : end_text(job, &counts, &text),
                        &text);
    return code == DJ_EXIT_COMPLETE && counts.damaged > 0 ? DJ_EXIT_FAILED : code;
}

int dj_cli_verify(struct dj_cli *cli)
{
    const bool forget = dj_cli_take(cli, "--forget");
    struct dj_cli_job job;
    struct dj_error err;
    const enum dj_status status = dj_cli_job_find(cli, "verify", &job, &err);
    const int code =
        status == DJ_OK ? verify(cli, &job, forget) : dj_cli_fail(status, &err);

    dj_cli_job_release(&job);
    return code;
}
