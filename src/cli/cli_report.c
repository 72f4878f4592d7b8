/* dj-mpi report: what a job did and came to, as one page in one file. */
#include "cli/cli_report.h"

#include <fcntl.h>
#include <unistd.h>

#include "dj/fs.h"
#include "dj/log.h"

static const char default_path[] = "report.html";

/* The mark is near the beginning of a page. */
enum { LOOKED_AT = 1024 };

/* Another file than a report is not written over. */
static enum dj_status may_write(const char *path, struct dj_error *err)
{
    char begin[LOOKED_AT];
    enum dj_status status;
    size_t got = 0;
    bool own;
    int fd;

    if (dj_fs_is_dir(path)) {
        return dj_fail(err, DJ_USAGE,
                       "%s is a folder; -o FILE names the file to be written", path);
    }
    if (!dj_fs_exists(path)) {
        return DJ_OK;
    }
    DJ_TRY(dj_fs_open(path, O_RDONLY | O_NONBLOCK, &fd, err));
    status = dj_fs_pread(fd, begin, sizeof(begin), 0, &got, path, err);
    close(fd);
    own = status == DJ_OK &&
          memmem(begin, got, DJ_REPORT_MARK, sizeof(DJ_REPORT_MARK) - 1) != NULL;
    return own ? DJ_OK
               : dj_fail(err, DJ_USAGE,
                         "%s is there and is no report of dj-mpi; delete it, or choose "
                         "another name with -o FILE",
                         path);
}

static enum dj_status write_page(const struct dj_report *report, const char *path,
                                 struct dj_buf *out, struct dj_error *err)
{
    char *sentence;

    if (dj_report_html(report, out) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for the report");
    }
    if (strcmp(path, "-") == 0) {
        return DJ_OK; /* it is printed */
    }
    DJ_TRY(dj_fs_replace(path, dj_buf_str(out), err));
    sentence = dj_report_sentence(report);
    dj_buf_reset(out);
    if (dj_buf_printf(out, "%s\n  %s\n", sentence, path) != DJ_OK) {
        dj_buf_reset(out); /* the page is there all the same */
    }
    dj_xfree(sentence);
    return DJ_OK;
}

static enum dj_status make(struct dj_cli *cli, struct dj_buf *out, struct dj_error *err)
{
    const char *path = NULL;
    struct dj_report report;
    struct dj_cli_job job;
    enum dj_status status;

    DJ_TRY(dj_cli_take_value(cli, "-o", &path, err));
    DJ_TRY(dj_cli_take_value(cli, "--output", &path, err));
    if (cli->json && path != NULL) {
        return dj_fail(err, DJ_USAGE, "--json prints the facts; -o is for the page");
    }
    path = path == NULL ? default_path : path;
    if (!cli->json && strcmp(path, "-") != 0) {
        DJ_TRY(may_write(path, err));
    }
    status = dj_cli_job_find(cli, "report", &job, err);
    if (status == DJ_OK) {
        status = dj_report_gather(&report, &job, err);
        if (status == DJ_OK && cli->json && dj_report_json(&report, out) != DJ_OK) {
            status = dj_fail(err, DJ_NOMEM, "out of memory for the report");
        } else if (status == DJ_OK && !cli->json) {
            status = write_page(&report, path, out, err);
        }
        dj_report_release(&report);
    }
    dj_cli_job_release(&job);
    return status;
}

int dj_cli_report(struct dj_cli *cli)
{
    enum dj_status status;
    struct dj_error err;
    struct dj_buf out;

    if (!dj_cli_is_first_rank()) {
        return DJ_EXIT_COMPLETE; /* once is enough */
    }
    dj_buf_init(&out);
    status = make(cli, &out, &err);
    if (status != DJ_OK) {
        dj_buf_release(&out);
        return dj_cli_fail(status, &err);
    }
    return dj_cli_print(DJ_OK, &out);
}
