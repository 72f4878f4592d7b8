/* Job ids: how one is made, and which are accepted. */
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/job.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

enum { MAX_ID = 200, MAX_NAME = 100 };

static bool is_fit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

/* What two jobs of one second differ in. */
static unsigned random_suffix(void)
{
    unsigned char bytes[3];
    ssize_t got;

    do {
        got = getrandom(bytes, sizeof(bytes), 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(bytes)) { /* no such call: what is at hand */
        const unsigned ticks = (unsigned)(dj_clock_monotonic() * 1e6);

        return (ticks ^ ((unsigned)getpid() << 8)) & 0xffffff;
    }
    return (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
}

char *dj_job_id_make(const char *config_path, double now)
{
    const char *base = config_path == NULL ? "job" : dj_fs_basename(config_path);
    const char *dot = strrchr(base, '.');
    size_t len = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    char name[MAX_NAME + 1];
    char time[DJ_CLOCK_TEXT];

    if (len > MAX_NAME) {
        len = MAX_NAME;
    }
    for (size_t i = 0; i < len; i++) {
        name[i] = is_fit(base[i]) ? base[i] : '_';
    }
    name[len] = '\0';
    dj_clock_compact(now, time);
    return dj_xprintf("%s_%s_%06x", time, name, random_suffix());
}

/* The id with what does not fit replaced: a name that would be accepted. */
static void suggest(const char *job_id, char *fit, size_t size)
{
    size_t len = 0;

    while (job_id[len] != '\0' && len + 1 < size) {
        fit[len] = is_fit(job_id[len]) ? job_id[len] : '_';
        len++;
    }
    fit[len] = '\0';
}

enum dj_status dj_job_id_check(const char *job_id, struct dj_error *err)
{
    const size_t len = strlen(job_id);
    char fit[MAX_ID + 1];

    if (len == 0) {
        return dj_fail(err, DJ_CONFIG,
                       "job_id: is empty; give a name, or leave it out to have one made");
    }
    if (strcmp(job_id, ".") == 0 || strcmp(job_id, "..") == 0) {
        return dj_fail(err, DJ_CONFIG,
                       "job_id: \"%s\" names a folder, not a job; give a name such as "
                       "job_1",
                       job_id);
    }
    if (len > MAX_ID) {
        return dj_fail(err, DJ_CONFIG,
                       "job_id: has %zu characters, of which at most %d are possible; "
                       "shorten it",
                       len, MAX_ID);
    }
    for (size_t i = 0; i < len; i++) {
        char what[16];

        if (is_fit(job_id[i])) {
            continue;
        }
        (void)snprintf(what, sizeof(what),
                       job_id[i] > ' ' && job_id[i] < 0x7f ? "'%c'" : "byte 0x%02x",
                       (unsigned char)job_id[i]);
        suggest(job_id, fit, sizeof(fit));
        return dj_fail(err, DJ_CONFIG,
                       "job_id: \"%s\" has %s in it; use letters, digits, '.', '_' and "
                       "'-', for example %s",
                       job_id, what, fit);
    }
    return DJ_OK;
}
