/*
 * The part files of the ranks: their names, and which of them can be merged. A part is
 * closed when its last line says so or when its rank has a later one.
 */
#include "dj/fs.h"
#include "event/event_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

char *dj_event_part_path(const char *folder, int rank, int64_t attempt, int64_t turn)
{
    return dj_xprintf("%s/events.rank%05d.%04lld.%06lld.part", folder, rank,
                      (long long)attempt, (long long)turn);
}

/* Digits at *at and the given text behind them; moves *at there. */
static bool take(const char **at, const char *behind, int64_t *value)
{
    char *end;

    if (**at < '0' || **at > '9') {
        return false;
    }
    *value = strtoll(*at, &end, 10);
    if (strncmp(end, behind, strlen(behind)) != 0) {
        return false;
    }
    *at = end + strlen(behind);
    return true;
}

static bool parse_name(const char *name, struct dj_event_part *part)
{
    static const char begin[] = "events.rank";
    const char *at = name + sizeof(begin) - 1;

    return strncmp(name, begin, sizeof(begin) - 1) == 0 && take(&at, ".", &part->rank) &&
           take(&at, ".", &part->attempt) && take(&at, ".part", &part->turn) &&
           *at == '\0';
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_rank_and_turn(const void *a, const void *b)
{
    const struct dj_event_part *x = a;
    const struct dj_event_part *y = b;

    if (x->attempt != y->attempt) {
        return compare(x->attempt, y->attempt);
    }
    return x->rank != y->rank ? compare(x->rank, y->rank) : compare(x->turn, y->turn);
}

static enum dj_status list_all(const char *folder, struct dj_event_parts *parts,
                               struct dj_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t room = 0;

    if (dir == NULL) {
        return dj_fail_errno(err, DJ_IO, errno, "%s", folder);
    }
    while ((entry = readdir(dir)) != NULL) {
        struct dj_event_part part;

        if (!parse_name(entry->d_name, &part)) {
            continue;
        }
        if (parts->count == room) {
            room = room == 0 ? 16 : 2 * room;
            parts->items = dj_xrealloc(parts->items, room * sizeof(*parts->items));
        }
        part.path = dj_fs_join(folder, entry->d_name);
        parts->items[parts->count++] = part;
    }
    (void)closedir(dir);
    if (parts->count > 1) {
        qsort(parts->items, parts->count, sizeof(*parts->items), by_rank_and_turn);
    }
    return DJ_OK;
}

static enum dj_status has_end_line(const char *path, bool *has, struct dj_error *err)
{
    static const char end[] = DJ_EVENT_PART_END "\n";
    char tail[sizeof(end)];
    enum dj_status status = DJ_OK;
    size_t got = 0;
    off_t size;
    int fd;

    *has = false;
    DJ_TRY(dj_fs_open(path, O_RDONLY, &fd, err));
    size = lseek(fd, 0, SEEK_END);
    if (size >= (off_t)sizeof(end) - 1) {
        status = dj_fs_pread(fd, tail, sizeof(end) - 1,
                             (int64_t)size - (int64_t)sizeof(end) + 1, &got, path, err);
        *has = status == DJ_OK && got == sizeof(end) - 1 && memcmp(tail, end, got) == 0;
    }
    close(fd);
    return status;
}

enum dj_status dj_event_parts_list(const char *folder, bool all,
                                   struct dj_event_parts *parts, struct dj_error *err)
{
    size_t kept = 0;

    *parts = (struct dj_event_parts){ 0 };
    DJ_TRY(list_all(folder, parts, err));
    for (size_t i = 0; i < parts->count; i++) {
        const struct dj_event_part part = parts->items[i];
        const bool has_later = i + 1 < parts->count &&
                               part.rank == parts->items[i + 1].rank &&
                               part.attempt == parts->items[i + 1].attempt;
        bool closed = all || has_later;

        if (!closed) {
            DJ_TRY(has_end_line(part.path, &closed, err));
        }
        if (closed) {
            parts->items[kept++] = part;
        } else {
            dj_xfree(part.path);
        }
    }
    parts->count = kept;
    return DJ_OK;
}

void dj_event_parts_release(struct dj_event_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        dj_xfree(parts->items[i].path);
    }
    dj_xfree(parts->items);
}
