/*
 * Verdicts of a deduplicator in groups: brought together by what made them one, the row
 * that is kept or the line that is common. Of each group the first two rows are a pair;
 * a rank keeps the best pairs of its groups, rank 0 the best of all.
 */
#include "dj/fs.h"
#include "exec/trace_pairs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_NOTES = 32768 };

/* --- which pairs ----------------------------------------------------------------------
 */

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_first(const void *a, const void *b)
{
    const struct dj_pair *x = a;
    const struct dj_pair *y = b;

    return compare(x->rows[1], y->rows[1]);
}

static int by_size(const void *a, const void *b)
{
    const struct dj_pair *x = a;
    const struct dj_pair *y = b;

    if (x->count != y->count) {
        return x->count > y->count ? -1 : 1;
    }
    if (x->rows[0] != y->rows[0]) {
        return compare(x->rows[0], y->rows[0]);
    }
    return compare(x->rows[1], y->rows[1]);
}

/* Leaves those that count. */
static void cut(struct dj_pairs *pairs)
{
    const size_t most = dj_size_from_i64(pairs->exec->config->trace_num);

    if (pairs->list.len > 0) {
        qsort(pairs->list.ptr, dj_pairs_count(pairs), sizeof(struct dj_pair),
              pairs->rule == DJ_PAIRS_FIRST ? by_first : by_size);
    }
    if (dj_pairs_count(pairs) > most) {
        pairs->list.len = most * sizeof(struct dj_pair);
    }
}

static enum dj_status add_pair(struct dj_pairs *pairs, const struct dj_pair *pair,
                               struct dj_error *err)
{
    const size_t most = dj_size_from_i64(pairs->exec->config->trace_num);

    if (dj_buf_append(&pairs->list,
                      (struct dj_str){ (const char *)pair, sizeof(*pair) }) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for duplicates");
    }
    if (dj_pairs_count(pairs) / 2 >= most) {
        cut(pairs);
    }
    return DJ_OK;
}

/* The group goes on with this verdict: its two lowest rows are the pair. */
static void take(const struct dj_pairs *pairs, struct dj_pair *pair,
                 const struct dj_note *verdict)
{
    const size_t own =
        pairs->rule == DJ_PAIRS_LINES ? 0 : 1; /* a verdict names the kept row */

    if (pair->count == 0) {
        *pair = (struct dj_pair){ .rows = { verdict->lo, UINT64_MAX } };
        pair->rows[own] = verdict->row;
    } else if (verdict->row < pair->rows[own]) {
        pair->rows[1] = own == 0 ? pair->rows[0] : verdict->row;
        pair->rows[own] = verdict->row;
    } else if (verdict->row < pair->rows[1]) {
        pair->rows[1] = verdict->row;
    }
    pair->count++;
}

/* Equal hi and lo: one group. */
static enum dj_status take_groups(struct dj_pairs *pairs, struct dj_exchange *verdicts,
                                  struct dj_error *err)
{
    struct dj_pair pair = { .count = 0 };
    struct dj_note verdict, before = { 0 };
    bool more = true;

    for (;;) {
        DJ_TRY(dj_exchange_next(verdicts, &verdict, &more, err));
        if (pair.count > 0 &&
            (!more || verdict.hi != before.hi || verdict.lo != before.lo)) {
            if (pair.rows[1] != UINT64_MAX) {
                DJ_TRY(add_pair(pairs, &pair, err));
            }
            pair.count = 0;
        }
        if (!more) {
            cut(pairs);
            return DJ_OK;
        }
        take(pairs, &pair, &verdict);
        before = verdict;
    }
}

/* Rank 0: how many notes each file has; a file that nobody knows is of a dead run. */
static enum dj_status count_verdicts(struct dj_pairs *pairs, struct dj_error *err)
{
    const struct dj_verdict_list *list = &pairs->exec->root->verdicts;
    int64_t *counts;

    for (size_t i = 0; i < list->count; i++) {
        const size_t want = dj_size_from_i64(list->items[i].file + 1) * sizeof(*counts);

        if (want > pairs->verdicts.len) {
            if (dj_buf_reserve(&pairs->verdicts, want) != DJ_OK) {
                return dj_fail(err, DJ_NOMEM, "out of memory for a list of files");
            }
            memset(pairs->verdicts.ptr + pairs->verdicts.len, 0,
                   want - pairs->verdicts.len);
            pairs->verdicts.len = want;
        }
        counts = (void *)pairs->verdicts.ptr;
        counts[list->items[i].file] += list->items[i].count;
    }
    return DJ_OK;
}

static enum dj_status read_file(const char *path, int64_t count, struct dj_exchange *into,
                                struct dj_error *err)
{
    struct dj_note *notes = dj_xcalloc(READ_NOTES, sizeof(*notes));
    enum dj_status status;
    int64_t at = 0;
    int fd = -1;

    status = dj_fs_open(path, O_RDONLY, &fd, err);
    while (status == DJ_OK && at < count) {
        const int64_t want = count - at < READ_NOTES ? count - at : READ_NOTES;
        size_t got = 0;

        status = dj_fs_pread(fd, notes, (size_t)want * sizeof(*notes),
                             at * (int64_t)sizeof(*notes), &got, path, err);
        if (status == DJ_OK && got < (size_t)want * sizeof(*notes)) {
            status = dj_fail(err, DJ_DATA, "%s: ends early", path);
        }
        for (int64_t i = 0; i < want && status == DJ_OK; i++) {
            status = dj_exchange_add(into, &notes[i], err);
        }
        at += want;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    dj_xfree(notes);
    return status;
}

/* Every rank reads some of the files. */
static enum dj_status read_verdicts(struct dj_pairs *pairs, struct dj_exchange *into,
                                    struct dj_error *err)
{
    const struct dj_exec *exec = pairs->exec;
    const int64_t *counts = (const void *)pairs->verdicts.ptr;
    const int64_t files = (int64_t)(pairs->verdicts.len / sizeof(*counts));
    enum dj_status status = DJ_OK;

    for (int64_t file = exec->rank; file < files && status == DJ_OK; file += exec->size) {
        char *path = dj_verdicts_path(exec->base_dir, file);

        if (counts[file] > 0) {
            status = read_file(path, counts[file], into, err);
        }
        dj_xfree(path);
    }
    return status;
}

enum dj_status dj_pairs_find(struct dj_pairs *pairs, struct dj_error *err)
{
    struct dj_exec *exec = pairs->exec;
    const struct dj_exchange_options options = {
        .comm = exec->comm,
        .folder = exec->scratch_dir,
        .name = "trace",
        .memory = exec->config->global_ops.memory_mb << 20,
    };
    struct dj_exchange *verdicts = dj_exchange_new(&options);
    enum dj_status status = DJ_OK;
    struct dj_buf all;

    dj_buf_init(&all);
    if (exec->root != NULL) {
        status = count_verdicts(pairs, err);
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &pairs->verdicts, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_agree(exec->comm, read_verdicts(pairs, verdicts, err), err);
    }
    if (status == DJ_OK) {
        status = dj_exchange_meet(verdicts, DJ_MEET_BY_KEY, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_agree(exec->comm, take_groups(pairs, verdicts, err), err);
    }
    if (status == DJ_OK) {
        status = dj_comm_gather(exec->comm, dj_buf_str(&pairs->list), &all, NULL, err);
    }
    if (status == DJ_OK) {
        dj_buf_release(&pairs->list);
        pairs->list = all;
        dj_buf_init(&all);
        cut(pairs);
        status = dj_comm_broadcast(exec->comm, &pairs->list, err);
    }
    dj_buf_release(&all);
    dj_exchange_free(verdicts);
    return status;
}
