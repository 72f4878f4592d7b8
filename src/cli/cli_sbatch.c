/*
 * dj-mpi sbatch: a job script for a recipe. It is slurm/dj-mpi.sbatch with the lines at
 * its top filled in; the configuration is checked on the way.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_private.h"
#include "dj/fs.h"
#include "dj/json.h"
#include "dj/version.h"

/* Options of sbatch that are passed on; in its own spelling, with hyphens. */
static const char *const sbatch_options[] = {
    "job-name",  "nodes",         "ntasks",  "ntasks-per-node", "time",
    "output",    "cpus-per-task", "mem",     "partition",       "account",
    "qos",       "mem-per-cpu",   "exclude", "constraint",      "reservation",
    "mail-user", "mail-type",
};

enum { NOPTIONS = sizeof(sbatch_options) / sizeof(sbatch_options[0]), NTASKS = 2 };

struct wanted {
    const char *values[NOPTIONS]; /* NULL: as in the script */
    bool placed[NOPTIONS];
    const char *launcher, *max_restarts;
    const char *recipe;
    const struct dj_cli *rest; /* the words for the run, --config among them */
};

/* --- the words --------------------------------------------------------------------- */

/* "--name=value" or "--name" "value" at *index: its value; NULL: another word. */
static const char *value_of(const struct dj_cli *cli, int *index, const char *name)
{
    const char *word = cli->argv[*index];
    const size_t len = strlen(name);

    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, len) != 0) {
        return NULL;
    }
    if (word[2 + len] == '=') {
        return word + 3 + len;
    }
    if (word[2 + len] != '\0') {
        return NULL;
    }
    return ++*index < cli->argc ? cli->argv[*index] : "";
}

/* sbatch reads a line of comment: a value must be one plain word of it. */
static bool is_plain(const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (!isgraph((unsigned char)*at) || *at == '"' || *at == '\'' || *at == '#') {
            return false;
        }
    }
    return value[0] != '\0';
}

static enum dj_status check_value(const char *name, const char *value,
                                  struct dj_error *err)
{
    const bool launcher = strcmp(name, "launcher") == 0;

    if (!is_plain(value)) {
        return dj_fail(err, DJ_USAGE,
                       "--%s needs a value without blanks and quotes, such as --%s=%s",
                       name, name, launcher ? "mpirun" : "2");
    }
    if (launcher && strcmp(value, "srun") != 0 && strcmp(value, "mpirun") != 0) {
        return dj_fail(err, DJ_USAGE, "--launcher is srun or mpirun, not %s", value);
    }
    if (strcmp(name, "max_restarts") == 0 &&
        (strspn(value, "0123456789") != strlen(value) || strlen(value) > 6)) {
        return dj_fail(err, DJ_USAGE, "--max_restarts is a whole number, not %s", value);
    }
    return DJ_OK;
}

/* Takes the word at *index, and its value, when it is one of ours. */
static enum dj_status take_word(struct dj_cli *cli, int *index, struct wanted *wanted,
                                bool *taken, struct dj_error *err)
{
    const char *name = "launcher";
    const char **place = &wanted->launcher;
    const char *value = value_of(cli, index, name);

    if (value == NULL) {
        name = "max_restarts";
        place = &wanted->max_restarts;
        value = value_of(cli, index, name);
    }
    for (size_t i = 0; i < NOPTIONS && value == NULL; i++) {
        name = sbatch_options[i];
        place = &wanted->values[i];
        value = value_of(cli, index, name);
    }
    *taken = value != NULL;
    if (*taken) {
        *place = value;
        return check_value(name, value, err);
    }
    return DJ_OK;
}

static enum dj_status take_words(struct dj_cli *cli, struct wanted *wanted,
                                 struct dj_error *err)
{
    int kept = 0;

    for (int i = 0; i < cli->argc; i++) {
        const int first = i;
        bool taken;

        DJ_TRY(take_word(cli, &i, wanted, &taken, err));
        if (!taken) {
            cli->argv[kept++] = cli->argv[first];
        }
    }
    cli->argc = kept;
    wanted->rest = cli;
    return DJ_OK;
}

/* --- the program ---------------------------------------------------------------------
 */

static bool is_same_file(const char *path, const struct stat *file)
{
    struct stat other;

    return stat(path, &other) == 0 && other.st_dev == file->st_dev &&
           other.st_ino == file->st_ino;
}

/* dj-mpi, where a shell finds this program by that name, else its path; returns new. */
static char *program(void)
{
    char path[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *folders = getenv("PATH");
    struct stat self;
    bool found = false;

    path[len < 0 ? 0 : len] = '\0';
    if (len <= 0 || stat(path, &self) != 0) {
        return dj_xstrdup("dj-mpi");
    }
    while (folders != NULL && folders[0] != '\0') {
        const size_t part = strcspn(folders, ":");
        char *candidate = dj_xprintf("%.*s/dj-mpi", dj_int_from_size(part), folders);

        if (dj_fs_exists(candidate)) { /* the first one is the one that is run */
            found = is_same_file(candidate, &self);
            folders = NULL;
        } else {
            folders += part + (folders[part] == ':');
        }
        dj_xfree(candidate);
    }
    return dj_xstrdup(found ? "dj-mpi" : path);
}

/* --- the script ------------------------------------------------------------------- */

static bool begins(struct dj_str line, const char *text)
{
    return line.len >= strlen(text) && memcmp(line.ptr, text, strlen(text)) == 0;
}

static enum dj_status put_option(size_t index, struct wanted *wanted, struct dj_buf *out)
{
    wanted->placed[index] = true;
    return dj_buf_printf(out, "#SBATCH --%s=%s\n", sbatch_options[index],
                         wanted->values[index]);
}

/* A line of the script for sbatch, with what is wanted in its place. */
static enum dj_status put_sbatch(struct dj_str line, struct wanted *wanted,
                                 struct dj_buf *out)
{
    for (size_t i = 0; i < NOPTIONS; i++) {
        char *start = dj_xprintf("#SBATCH --%s=", sbatch_options[i]);
        const bool its = begins(line, start);

        dj_xfree(start);
        if (its && wanted->values[i] != NULL) {
            return put_option(i, wanted, out);
        }
    }
    if (begins(line, "#SBATCH --ntasks-per-node=") && wanted->values[NTASKS] != NULL) {
        return put_option(NTASKS, wanted, out);
    }
    DJ_TRY(dj_buf_append(out, line));
    return dj_buf_putc(out, '\n');
}

static enum dj_status put_other_options(struct wanted *wanted, struct dj_buf *out)
{
    for (size_t i = 0; i < NOPTIONS; i++) {
        if (wanted->values[i] != NULL && !wanted->placed[i]) {
            DJ_TRY(put_option(i, wanted, out));
        }
    }
    return DJ_OK;
}

/* The words of every run, before those that are given to sbatch behind the script. */
static enum dj_status put_words(const struct wanted *wanted, struct dj_buf *out)
{
    const struct dj_cli *rest = wanted->rest;
    bool any = false;

    for (int i = 0; i < rest->argc; i++) {
        if (value_of(rest, &i, "config") != NULL) {
            continue;
        }
        DJ_TRY(dj_buf_append(out, any ? DJ_STR(" ") : DJ_STR("set -- ")));
        DJ_TRY(dj_shell_quote(out, rest->argv[i]));
        any = true;
    }
    return any ? dj_buf_append(out, DJ_STR(" \"$@\"\n")) : DJ_OK;
}

/* A line below the comment on top. */
static enum dj_status put_line(struct dj_str line, struct wanted *wanted,
                               struct dj_buf *out)
{
    static const char call[] = "$launch dj-mpi ";
    char *path;
    enum dj_status status;

    if (begins(line, "recipe=")) {
        DJ_TRY(put_other_options(wanted, out));
        DJ_TRY(dj_buf_append(out, DJ_STR("recipe=")));
        DJ_TRY(dj_shell_quote(out, wanted->recipe));
        return dj_buf_putc(out, '\n');
    }
    if (begins(line, "launch=") && wanted->launcher != NULL) {
        return dj_buf_printf(
            out, "launch=%s\n",
            strcmp(wanted->launcher, "mpirun") == 0 ? "mpirun" : "\"srun --mpi=pmix\"");
    }
    if (begins(line, "max_restarts=") && wanted->max_restarts != NULL) {
        return dj_buf_printf(out, "max_restarts=%s\n", wanted->max_restarts);
    }
    if (begins(line, call)) {
        path = program();
        status = dj_buf_append(out, DJ_STR("$launch "));
        if (status == DJ_OK) {
            status = dj_shell_quote(out, path);
        }
        dj_xfree(path);
        DJ_TRY(status);
        line.ptr += strlen(call) - 1;
        line.len -= strlen(call) - 1;
    }
    DJ_TRY(dj_buf_append(out, line));
    DJ_TRY(dj_buf_putc(out, '\n'));
    return begins(line, "# -----") ? put_words(wanted, out) : DJ_OK;
}

static enum dj_status put_script(struct wanted *wanted, struct dj_buf *out)
{
    struct dj_str rest = dj_str_from(dj_cli_sbatch_script);
    bool top = true;

    DJ_TRY(dj_buf_printf(out,
                         "#!/bin/bash\n"
                         "# Made by dj-mpi %s; to submit it: sbatch FILE [--KEY "
                         "VALUE]...\n",
                         DJ_VERSION));
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        const struct dj_str line = { rest.ptr, len };

        top = top && !begins(line, "#SBATCH");
        if (begins(line, "#SBATCH")) {
            DJ_TRY(put_sbatch(line, wanted, out));
        } else if (!top) {
            DJ_TRY(put_line(line, wanted, out));
        }
        rest.ptr += len + (end != NULL);
        rest.len -= len + (end != NULL);
    }
    return DJ_OK;
}

static enum dj_status as_json(struct dj_buf *text)
{
    enum dj_status status;
    const char *script;
    struct dj_buf out;
    struct dj_jsonw w;

    DJ_TRY(dj_buf_cstr(text, &script));
    dj_buf_init(&out);
    dj_jsonw_init(&w, &out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "script", script);
    dj_jsonw_close(&w, '}');
    status = dj_jsonw_end(&w);
    dj_buf_release(text);
    *text = out;
    return status;
}

int dj_cli_sbatch(struct dj_cli *cli)
{
    struct wanted wanted = { 0 };
    struct dj_config_doc *doc = NULL;
    enum dj_status status;
    struct dj_error err;
    struct dj_buf text;
    int code;

    status = take_words(cli, &wanted, &err);
    if (status == DJ_OK) {
        status = dj_cli_load(cli, &doc, &err);
    }
    if (status == DJ_OK) {
        status = dj_cli_check_job_id(doc, &err);
    }
    if (status == DJ_OK && dj_config_get(doc)->config_path == NULL) {
        status = dj_fail(&err, DJ_USAGE,
                         "a job script needs a recipe in a file: dj-mpi sbatch --config "
                         "FILE");
    }
    if (status != DJ_OK) {
        dj_config_free(doc);
        return dj_cli_fail(status, &err);
    }
    dj_cli_notes(doc);
    wanted.recipe = dj_config_get(doc)->config_path;
    dj_buf_init(&text);
    status = put_script(&wanted, &text);
    if (status == DJ_OK && cli->json) {
        status = as_json(&text);
    }
    code = dj_cli_print(status, &text);
    dj_config_free(doc);
    return code;
}
