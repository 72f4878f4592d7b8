/*
 * The folder of a job's sets, seen by rank 0: what lies there, what is left of commits
 * that were killed, and what nothing needs any more. A record goes before its file, so
 * that no record names a file that is gone.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/fault.h"
#include "dj/fs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

char *dj_ckpt_path(const char *folder, int64_t set, const char *suffix)
{
    return dj_xprintf("%s/checkpoint_%06" PRId64 "%s", folder, set, suffix);
}

/* --- what lies there -------------------------------------------------------------------
 */

/* The number in checkpoint_000012.h5 and its like; 0: another name. */
static int64_t set_of(const char *name, const char **suffix)
{
    static const char lead[] = "checkpoint_";
    const char *digits = name + sizeof(lead) - 1;
    char *end;
    int64_t set;

    if (strncmp(name, lead, sizeof(lead) - 1) != 0 || !isdigit((unsigned char)*digits)) {
        return 0;
    }
    errno = 0;
    set = strtoll(digits, &end, 10);
    *suffix = end;
    return errno == 0 && end - digits >= 6 ? set : 0;
}

static void take_name(const char *name, struct dj_ckpt_found **found, size_t *count,
                      size_t *room)
{
    struct dj_ckpt_found one = { 0 };
    const char *suffix = "";

    one.set = set_of(name, &suffix);
    one.record = strcmp(suffix, ".json") == 0;
    one.file = strcmp(suffix, ".h5") == 0;
    one.record_tmp = strcmp(suffix, ".json.tmp") == 0;
    one.file_tmp = strcmp(suffix, ".h5.tmp") == 0;
    if (one.set <= 0 || !(one.record || one.file || one.record_tmp || one.file_tmp)) {
        return;
    }
    if (*count == *room) {
        *room = *room * 2 + 16;
        *found = dj_xrealloc(*found, dj_size_mul(*room, sizeof(**found)));
    }
    (*found)[(*count)++] = one;
}

static int by_set(const void *a, const void *b)
{
    const struct dj_ckpt_found *x = a;
    const struct dj_ckpt_found *y = b;

    return (x->set > y->set) - (x->set < y->set);
}

enum dj_status dj_ckpt_scan(const char *folder, struct dj_ckpt_found **found,
                            size_t *count, struct dj_error *err)
{
    const struct dirent *entry;
    DIR *dir = opendir(folder);
    size_t names = 0;
    size_t room = 0;

    *found = NULL;
    *count = 0;
    if (dir == NULL) {
        return dj_fail_errno(err, DJ_IO, errno, "%s", folder);
    }
    while ((entry = readdir(dir)) != NULL) {
        take_name(entry->d_name, found, &names, &room);
    }
    (void)closedir(dir);
    if (names > 0) {
        qsort(*found, names, sizeof(**found), by_set);
    }
    for (size_t i = 0; i < names; i++) { /* what is of one set becomes one */
        struct dj_ckpt_found *last = *count == 0 ? NULL : *found + *count - 1;
        const struct dj_ckpt_found one = (*found)[i];

        if (last == NULL || last->set != one.set) {
            (*found)[(*count)++] = one;
            continue;
        }
        last->record |= one.record;
        last->file |= one.file;
        last->record_tmp |= one.record_tmp;
        last->file_tmp |= one.file_tmp;
    }
    return DJ_OK;
}

/* --- what is known of it ---------------------------------------------------------------
 */

static struct dj_ckpt_known *find_known(struct dj_ckpt_root *root, int64_t set)
{
    for (size_t i = 0; i < root->nseen; i++) {
        if (root->seen[i].set == set) {
            return &root->seen[i];
        }
    }
    return NULL;
}

void dj_ckpt_remember(struct dj_ckpt *ckpt, const struct dj_ckpt_record *record,
                      bool good)
{
    struct dj_ckpt_root *root = ckpt->root;
    struct dj_ckpt_known *known = find_known(root, record->set);

    if (known == NULL) {
        root->seen =
            dj_xrealloc(root->seen, dj_size_mul(root->nseen + 1, sizeof(*root->seen)));
        known = &root->seen[root->nseen++];
        *known = (struct dj_ckpt_known){ .set = record->set };
    }
    dj_xfree(known->names);
    known->names = dj_xcalloc(record->nfiles, sizeof(*known->names));
    known->nnames = record->nfiles;
    for (size_t i = 0; i < record->nfiles; i++) {
        known->names[i] = record->files[i].set;
    }
    known->foreign = record->job_id != NULL && strcmp(record->job_id, ckpt->job_id) != 0;
    known->good = good && !known->foreign;
}

void dj_ckpt_forget_set(struct dj_ckpt_root *root, int64_t set)
{
    struct dj_ckpt_known *known = find_known(root, set);

    if (known != NULL) {
        dj_xfree(known->names);
        *known = root->seen[--root->nseen];
    }
}

enum dj_status dj_ckpt_know(struct dj_ckpt *ckpt, int64_t set,
                            struct dj_ckpt_known **known, struct dj_error *err)
{
    struct dj_ckpt_record record;
    enum dj_status status = DJ_OK;

    *known = find_known(ckpt->root, set);
    if (*known != NULL) {
        return DJ_OK;
    }
    status = dj_ckpt_record_read(ckpt->folder, set, &record, NULL, NULL, err);
    if (status == DJ_OK || status == DJ_DATA) {
        record.set = set;
        dj_ckpt_remember(ckpt, &record, status == DJ_OK);
        *known = find_known(ckpt->root, set);
        status = DJ_OK;
    }
    dj_ckpt_record_release(&record);
    return status;
}

/* --- deleting --------------------------------------------------------------------------
 */

static enum dj_status remove_one(const char *folder, int64_t set, const char *suffix,
                                 struct dj_error *err)
{
    char *path = dj_ckpt_path(folder, set, suffix);
    const enum dj_status status = dj_fs_remove(path, err);

    dj_xfree(path);
    return status;
}

enum dj_status dj_ckpt_remove_set(const char *folder, int64_t set, struct dj_error *err)
{
    DJ_TRY(remove_one(folder, set, ".json", err));
    DJ_TRY(remove_one(folder, set, ".json.tmp", err));
    DJ_TRY(remove_one(folder, set, ".h5", err));
    return remove_one(folder, set, ".h5.tmp", err);
}

static bool names(const struct dj_ckpt_known *known, int64_t set)
{
    for (size_t i = 0; i < known->nnames; i++) {
        if (known->names[i] == set) {
            return true;
        }
    }
    return false;
}

static bool named_by_any(const struct dj_ckpt_root *root, int64_t set)
{
    for (size_t i = 0; i < root->nseen; i++) {
        if (names(&root->seen[i], set)) {
            return true;
        }
    }
    return false;
}

enum dj_status dj_ckpt_clean(struct dj_ckpt *ckpt, const struct dj_ckpt_found *found,
                             size_t count, struct dj_error *err)
{
    struct dj_ckpt_known *known;
    bool sure = true; /* what every record names is known */

    ckpt->root->next_set = count == 0 ? 1 : found[count - 1].set + 1;
    for (size_t i = 0; i < count; i++) {
        if (found[i].record) {
            const enum dj_status status = dj_ckpt_know(ckpt, found[i].set, &known, err);

            sure = sure && status == DJ_OK && (known->good || known->foreign);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i].record_tmp) {
            DJ_TRY(remove_one(ckpt->folder, found[i].set, ".json.tmp", err));
        }
        if (found[i].file_tmp) {
            DJ_TRY(remove_one(ckpt->folder, found[i].set, ".h5.tmp", err));
        }
        if (sure && found[i].file && !found[i].record &&
            !named_by_any(ckpt->root, found[i].set)) {
            DJ_TRY(remove_one(ckpt->folder, found[i].set, ".h5", err));
        }
    }
    return DJ_OK;
}

/* Marks in keep[] the sets whose records stay. */
static enum dj_status choose(struct dj_ckpt *ckpt, const struct dj_ckpt_found *found,
                             size_t count, bool *keep, struct dj_error *err)
{
    int64_t good = 0;

    for (size_t i = count; i-- > 0;) {
        struct dj_ckpt_known *known;

        if (!found[i].record) {
            continue;
        }
        DJ_TRY(dj_ckpt_know(ckpt, found[i].set, &known, err));
        keep[i] = known->foreign || (known->good && good < ckpt->keep_last);
        good += known->good;
    }
    return DJ_OK;
}

static enum dj_status delete_rest(struct dj_ckpt *ckpt, const struct dj_ckpt_found *found,
                                  size_t count, const bool *keep, struct dj_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (found[i].record && !keep[i]) {
            DJ_TRY(dj_fault_at(DJ_FAULT_CKPT_PRUNE, err));
            DJ_TRY(remove_one(ckpt->folder, found[i].set, ".json", err));
            dj_ckpt_forget_set(ckpt->root, found[i].set);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i].file && !keep[i] && !named_by_any(ckpt->root, found[i].set)) {
            DJ_TRY(dj_fault_at(DJ_FAULT_CKPT_PRUNE, err));
            DJ_TRY(remove_one(ckpt->folder, found[i].set, ".h5", err));
        }
    }
    return DJ_OK;
}

enum dj_status dj_ckpt_prune(struct dj_ckpt *ckpt, struct dj_error *err)
{
    struct dj_ckpt_found *found;
    enum dj_status status;
    size_t count;
    bool *keep;

    status = dj_ckpt_scan(ckpt->folder, &found, &count, err);
    keep = dj_xcalloc(count, sizeof(*keep));
    if (status == DJ_OK) {
        status = choose(ckpt, found, count, keep, err);
    }
    if (status == DJ_OK) {
        status = delete_rest(ckpt, found, count, keep, err);
    }
    dj_xfree(keep);
    dj_xfree(found);
    return status;
}
