/*
 * events.jsonl.2, .1, events.jsonl, as one text. Rotation renames them under our hands: a
 * file is known by its inode, which stays as long as it is open, and the next one is what
 * has the next smaller number.
 */
#include "dj/fs.h"
#include "event/event_log_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tries to get hold of a file between two renames. */
enum { TRIES = 1000 };

static const char name[] = "events.jsonl";

void dj_event_log_merged_init(struct dj_event_log_merged *merged, const char *folder,
                              size_t window)
{
    *merged = (struct dj_event_log_merged){ .folder = folder };
    dj_event_reader_init(&merged->reader, window);
    merged->reader.growing = true;
}

void dj_event_log_merged_release(struct dj_event_log_merged *merged)
{
    dj_event_reader_release(&merged->reader);
    dj_xfree(merged->path);
}

static char *path_of(const struct dj_event_log_merged *merged, int64_t number)
{
    return number == 0
               ? dj_fs_join(merged->folder, name)
               : dj_xprintf("%s/%s.%lld", merged->folder, name, (long long)number);
}

/* The largest number that a file has; -1: there is no file. */
static int64_t highest(const struct dj_event_log_merged *merged)
{
    DIR *dir = opendir(merged->folder);
    const struct dirent *entry;
    int64_t found = -1;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *rest = entry->d_name + sizeof(name) - 1;
        int64_t number = 0;
        char *end;

        if (strncmp(entry->d_name, name, sizeof(name) - 1) != 0) {
            continue;
        }
        if (rest[0] == '.' && rest[1] >= '1' && rest[1] <= '9') {
            number = strtoll(rest + 1, &end, 10);
            number = *end == '\0' ? number : -1;
        } else if (rest[0] != '\0') {
            number = -1;
        }
        found = number > found ? number : found;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}

static bool is_named(const struct dj_event_log_merged *merged, int fd, int64_t number)
{
    char *path = path_of(merged, number);
    struct stat named, ours;
    const bool same = stat(path, &named) == 0 && fstat(fd, &ours) == 0 &&
                      named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;

    dj_xfree(path);
    return same;
}

/* The number that the open file has now; top + 1: it has none any more, or is none. */
static int64_t number_now(const struct dj_event_log_merged *merged, int64_t top)
{
    for (int64_t number = 0; merged->open && number <= top; number++) {
        if (is_named(merged, merged->reader.fd, number)) {
            return number;
        }
    }
    return top + 1;
}

static void take(struct dj_event_log_merged *merged, int fd, char *path)
{
    dj_event_reader_start(&merged->reader, path);
    dj_xfree(merged->path);
    merged->path = path;
    merged->reader.fd = fd;
    merged->open = true;
    merged->finished = false;
    merged->lines = 0;
    merged->files++;
}

/* The file with the next smaller number, new; NULL: there is none. */
static char *path_before(const struct dj_event_log_merged *merged, int64_t now,
                         int64_t *number)
{
    for (*number = now - 1; *number >= 0; --*number) {
        char *path = path_of(merged, *number);

        if (dj_fs_exists(path)) {
            return path;
        }
        dj_xfree(path);
    }
    return NULL;
}

/* One try to go on; *again: names have changed meanwhile. */
static enum dj_status try_next(struct dj_event_log_merged *merged, bool *found,
                               bool *again, struct dj_error *err)
{
    const int64_t top = highest(merged);
    const int64_t now = number_now(merged, top);
    int64_t number;
    char *path = path_before(merged, now, &number);
    enum dj_status status;
    int fd;

    *found = false;
    *again = false;
    if (path == NULL) {
        return DJ_OK;
    }
    status = dj_fs_open(path, O_RDONLY, &fd, err);
    if (status != DJ_OK && dj_fs_exists(path)) {
        dj_xfree(path);
        return status;
    }
    if (status == DJ_OK && highest(merged) == top && number_now(merged, top) == now &&
        is_named(merged, fd, number)) {
        merged->lost = merged->lost || (merged->open && now > top);
        take(merged, fd, path);
        *found = true;
        return DJ_OK;
    }
    if (status == DJ_OK) {
        close(fd);
    }
    dj_xfree(path);
    *again = true;
    return DJ_OK;
}

/* Goes to the file that follows the open one; *found is false when there is none yet. */
static enum dj_status open_next(struct dj_event_log_merged *merged, bool *found,
                                struct dj_error *err)
{
    bool again = true;

    for (int i = 0; i < TRIES && again; i++) {
        DJ_TRY(try_next(merged, found, &again, err));
    }
    return again ? dj_fail(err, DJ_IO, "%s: its files change their names all the time",
                           merged->folder)
                 : DJ_OK;
}

enum dj_status dj_event_log_merged_next(struct dj_event_log_merged *merged,
                                        struct dj_str *line, bool *more,
                                        struct dj_error *err)
{
    for (;;) {
        bool found = true;

        *more = false;
        if (merged->open) {
            DJ_TRY(dj_event_reader_next(&merged->reader, true, line, more, err));
        }
        if (*more) {
            merged->lines++;
            return DJ_OK;
        }
        if (merged->open && !merged->finished) {
            if (is_named(merged, merged->reader.fd, 0)) {
                return DJ_OK;
            }
            merged->finished = true; /* something may have been added before */
            continue;
        }
        if (merged->open && merged->reader.half > 0) {
            /* A line that will never be whole. */
            merged->reader.offset += dj_i64_from_size(merged->reader.half);
            merged->reader.half = 0;
            merged->lines++;
            *line = DJ_STR("");
            *more = true;
        }
        if (!*more) {
            DJ_TRY(open_next(merged, &found, err));
        }
        if (*more || !found) {
            return DJ_OK;
        }
    }
}
