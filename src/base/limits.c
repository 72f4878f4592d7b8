/* Limits of control groups (both versions of them) and of CPU binding. */
#include "dj/limits.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "dj/fs.h"

/* The number in a file of one line; 0 when there is none ("max"). */
static int64_t read_number(const char *path)
{
    struct dj_error err;
    struct dj_buf text;
    const char *line;
    int64_t number = 0;

    dj_buf_init(&text);
    if (dj_fs_read(path, &text, &err) == DJ_OK && dj_buf_cstr(&text, &line) == DJ_OK) {
        number = strtoll(line, NULL, 10);
    }
    dj_buf_release(&text);
    return number > 0 ? number : 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

/* The smallest limit of a group and of all above it. */
static int64_t limit_of(const char *mount, struct dj_str group, const char *file)
{
    char *path = dj_xprintf("%s%.*s", mount, dj_int_from_size(group.len), group.ptr);
    const size_t top = strlen(mount);
    int64_t limit = 0;
    bool more = true;

    while (more) {
        char *name = dj_xprintf("%s/%s", path, file);
        char *slash = strrchr(path, '/');

        limit = smaller(limit, read_number(name));
        dj_xfree(name);
        more = strlen(path) > top && slash != NULL;
        if (more) {
            *slash = '\0';
        }
    }
    dj_xfree(path);
    return limit;
}

/* Lines of /proc/self/cgroup: "0::/group", of version 1 "4:memory:/group". */
static int64_t limit_of_line(struct dj_str line)
{
    static const char first[] = ":memory:";
    static const char second[] = "0::";
    const char *found = memmem(line.ptr, line.len, first, strlen(first));

    if (found != NULL) {
        found += strlen(first);
        return limit_of("/sys/fs/cgroup/memory",
                        (struct dj_str){ found, line.len - (size_t)(found - line.ptr) },
                        "memory.limit_in_bytes");
    }
    if (line.len > strlen(second) && memcmp(line.ptr, second, strlen(second)) == 0) {
        return limit_of(
            "/sys/fs/cgroup",
            (struct dj_str){ line.ptr + strlen(second), line.len - strlen(second) },
            "memory.max");
    }
    return 0;
}

int64_t dj_limit_memory(void)
{
    const int64_t pages = sysconf(_SC_PHYS_PAGES);
    const int64_t machine = pages > 0 ? pages * sysconf(_SC_PAGESIZE) : 0;
    struct dj_error err;
    struct dj_str rest;
    struct dj_buf text;
    int64_t limit = 0;

    dj_buf_init(&text);
    if (dj_fs_read("/proc/self/cgroup", &text, &err) != DJ_OK) {
        dj_buf_reset(&text);
    }
    rest = dj_buf_str(&text);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);

        limit = smaller(limit, limit_of_line((struct dj_str){ rest.ptr, len }));
        rest.ptr += len + (end != NULL);
        rest.len -= len + (end != NULL);
    }
    dj_buf_release(&text);
    return machine == 0 || limit < machine ? limit : 0;
}

int dj_limit_cpus(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof(set), &set) == 0
               ? CPU_COUNT(&set)
               : (int)sysconf(_SC_NPROCESSORS_ONLN);
}
