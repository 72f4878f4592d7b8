/*
 * Damaged sets. Every byte of a small set is changed in turn, and its files end at every
 * length: either it is noticed, and what is used is right, or nothing was harmed.
 */
#include "support/sets.h"

#include <fcntl.h>
#include <unistd.h>

enum { PARTS = 3 };

static struct dj_comm *comm;

/* Two sets; the newer one needs the older one for partition 0. */
static char *make_sets(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, PARTS);
    struct dj_ckpt_result result;
    struct dj_ckpt *ckpt;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    for (int64_t i = 0; i < PARTS; i++) {
        sets_put(ckpt, i, 0, 1, 100);
    }
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    sets_put(ckpt, 1, 1, 2, 100);
    sets_put(ckpt, 2, 0, 2, 100);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    dj_ckpt_close(ckpt);
    return folder;
}

/* --- what comes of it --------------------------------------------------------------- */

enum outcome { UNHARMED, LAYER_REFUSED, OLDER_USED, NONE_USED, OUTCOMES };

/* Layers that can be read are right; counts the others. */
static int count_refused(struct dj_ckpt *ckpt)
{
    struct dj_ckpt_state state;
    struct dj_buf raw;
    struct dj_error err;
    int refused = 0;

    dj_buf_init(&raw);
    for (int64_t i = 0; i < PARTS; i++) {
        dj_ckpt_state(ckpt, i, &state);
        for (size_t k = 0; k < state.nrefs; k++) {
            dj_buf_reset(&raw);
            if (dj_ckpt_read(ckpt, &state.refs[k], &raw, &err) == DJ_OK) {
                DJ_CHECK(sets_right(&state.refs[k], dj_buf_str(&raw)));
            } else {
                refused++;
            }
        }
    }
    dj_buf_release(&raw);
    return refused;
}

static enum outcome load_all(const char *folder)
{
    const struct dj_ckpt_options options = sets_options(folder, PARTS);
    enum outcome outcome;
    struct dj_ckpt_state state;
    struct dj_ckpt *ckpt;
    struct dj_buf notes;
    struct dj_error err;

    dj_buf_init(&notes);
    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, &notes, &err));
    dj_ckpt_state(ckpt, 2, &state);
    if (count_refused(ckpt) > 0) {
        outcome = LAYER_REFUSED;
    } else if (state.op_end == 2) {
        outcome = UNHARMED;
    } else {
        DJ_CHECK(notes.len > 0); /* and it says so */
        outcome = state.op_end == 1 ? OLDER_USED : NONE_USED;
    }
    dj_buf_release(&notes);
    dj_ckpt_close(ckpt);
    return outcome;
}

static void ignore_finding(void *context, bool damaged, const char *text)
{
    (void)context;
    (void)damaged;
    (void)text;
}

static int64_t verify(const char *folder)
{
    struct dj_error err;
    int64_t damaged;

    DJ_CHECK_OK(dj_ckpt_verify(folder, ignore_finding, NULL, &damaged, &err));
    return damaged;
}

/* --- every byte, every length --------------------------------------------------------
 */

struct counts {
    int64_t of[OUTCOMES];
    int64_t all, verified; /* verify found something */
};

static void count_one(struct counts *counts, const char *folder)
{
    const enum outcome outcome = load_all(folder);
    const bool found = verify(folder) > 0;

    counts->all++;
    counts->of[outcome]++;
    counts->verified += found;
    DJ_CHECK(found || outcome == UNHARMED);
}

static void print_counts(const char *name, const char *how, const struct counts *counts)
{
    printf("  %-24s %-9s %5d: older set used %d, none used %d, layers refused %d, "
           "unharmed %d; verify noticed %d\n",
           name, how, (int)counts->all, (int)counts->of[OLDER_USED],
           (int)counts->of[NONE_USED], (int)counts->of[LAYER_REFUSED],
           (int)counts->of[UNHARMED], (int)counts->verified);
}

static void overwrite(const char *path, struct dj_str bytes)
{
    struct dj_error err;
    int fd;

    DJ_CHECK_OK(dj_fs_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd, &err));
    DJ_CHECK_OK(dj_fs_write(fd, bytes, path, &err));
    close(fd);
}

/* Changes one bit of each byte. */
static struct counts flip_all(const char *folder, const char *name)
{
    char *path = dj_fs_join(folder, name);
    struct dj_buf bytes = files_get(path);
    struct counts counts = { 0 };
    struct dj_error err;
    int fd;

    DJ_CHECK_OK(dj_fs_open(path, O_WRONLY, &fd, &err));
    for (size_t i = 0; i < bytes.len; i++) {
        const char changed = (char)(bytes.ptr[i] ^ (1 << i % 8));

        DJ_CHECK_INT(pwrite(fd, &changed, 1, (off_t)i), 1);
        count_one(&counts, folder);
        DJ_CHECK_INT(pwrite(fd, &bytes.ptr[i], 1, (off_t)i), 1);
    }
    close(fd);
    DJ_CHECK_INT(load_all(folder), UNHARMED);
    DJ_CHECK_INT(verify(folder), 0);
    print_counts(name, "flips", &counts);
    dj_buf_release(&bytes);
    dj_xfree(path);
    return counts;
}

/* One byte too many, then ever fewer. */
static struct counts cut_all(const char *folder, const char *name)
{
    char *path = dj_fs_join(folder, name);
    struct dj_buf bytes = files_get(path);
    struct counts counts = { 0 };

    DJ_CHECK_INT(truncate(path, (off_t)bytes.len + 1), 0);
    count_one(&counts, folder);
    for (size_t len = bytes.len; len-- > 0;) {
        DJ_CHECK_INT(truncate(path, (off_t)len), 0);
        count_one(&counts, folder);
    }
    overwrite(path, dj_buf_str(&bytes));
    print_counts(name, "lengths", &counts);
    dj_buf_release(&bytes);
    dj_xfree(path);
    return counts;
}

static void a_changed_byte_of_the_newest_set_is_noticed(void)
{
    char *folder = make_sets();
    struct counts counts = flip_all(folder, "checkpoint_000002.json");

    DJ_CHECK_INT(counts.of[OLDER_USED], counts.all);
    DJ_CHECK_INT(counts.verified, counts.all);
    counts = flip_all(folder, "checkpoint_000002.h5");
    DJ_CHECK(counts.of[LAYER_REFUSED] > 100);
    DJ_CHECK_INT(counts.of[LAYER_REFUSED] + counts.of[OLDER_USED], counts.all);
    DJ_CHECK_INT(counts.verified, counts.all);
    files_drop(folder);
}

static void a_changed_byte_of_an_older_set_is_noticed(void)
{
    char *folder = make_sets();
    struct counts counts = flip_all(folder, "checkpoint_000001.json");

    DJ_CHECK_INT(counts.of[UNHARMED], counts.all); /* the newer one does without it */
    DJ_CHECK_INT(counts.verified, counts.all);
    counts = flip_all(folder, "checkpoint_000001.h5");
    DJ_CHECK(counts.of[LAYER_REFUSED] > 100);
    DJ_CHECK_INT(counts.of[LAYER_REFUSED] + counts.of[UNHARMED], counts.all);
    DJ_CHECK_INT(counts.verified, counts.all);
    files_drop(folder);
}

static void a_file_that_ends_early_is_noticed(void)
{
    char *folder = make_sets();
    struct counts counts = cut_all(folder, "checkpoint_000002.json");

    DJ_CHECK_INT(counts.of[OLDER_USED], counts.all);
    counts = cut_all(folder, "checkpoint_000002.h5");
    DJ_CHECK_INT(counts.of[OLDER_USED], counts.all);
    counts = cut_all(folder, "checkpoint_000001.h5");
    DJ_CHECK_INT(counts.of[NONE_USED], counts.all); /* both need it */
    files_drop(folder);
}

/* --- what verify says -----------------------------------------------------------------
 */

static void keep_finding(void *context, bool damaged, const char *text)
{
    DJ_CHECK_OK(dj_buf_printf(context, "%s%s\n", damaged ? "DAMAGED " : "", text));
}

/* Verifies; the findings as lines. Returns new. */
static char *findings(const char *folder, int64_t expected)
{
    struct dj_buf lines;
    struct dj_error err;
    int64_t damaged;
    char *text;

    dj_buf_init(&lines);
    DJ_CHECK_OK(dj_ckpt_verify(folder, keep_finding, &lines, &damaged, &err));
    DJ_CHECK_INT(damaged, expected);
    text = dj_xstrndup(lines.ptr, lines.len);
    dj_buf_release(&lines);
    return text;
}

/* Changes the first byte of the nth zstd frame of a set's file. */
static void damage_layer(const char *folder, const char *name, int nth)
{
    static const char magic[] = { 0x28, (char)0xB5, 0x2F, (char)0xFD };
    char *path = dj_fs_join(folder, name);
    struct dj_buf bytes = files_get(path);
    char *at = bytes.ptr;

    for (int i = 0; i <= nth; i++) {
        at = memmem(at + 1, (size_t)(bytes.ptr + bytes.len - at - 1), magic,
                    sizeof(magic));
        DJ_CHECK(at != NULL);
    }
    *at = 0;
    overwrite(path, dj_buf_str(&bytes));
    dj_buf_release(&bytes);
    dj_xfree(path);
}

static void verify_names_what_is_damaged(void)
{
    char *folder = make_sets();
    char *text = findings(folder, 0);
    char *record = dj_fs_join(folder, "checkpoint_000001.json");

    DJ_CHECK_CONTAINS(text, "checkpoint_000001: job job_of_tests, ");
    DJ_CHECK_CONTAINS(text,
                      ": 4 layers of 3 of 3 partitions in 2 files, 0 of them damaged");
    dj_xfree(text);

    damage_layer(folder, "checkpoint_000002.h5", 1);
    text = findings(folder, 1);
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000002: partition 2, operators 1 to 2: ");
    DJ_CHECK_CONTAINS(text,
                      ": 4 layers of 3 of 3 partitions in 2 files, 1 of them damaged");
    dj_xfree(text);

    damage_layer(folder, "checkpoint_000001.h5", 0); /* told once, counted twice */
    text = findings(folder, 2);
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000001: partition 0, operators 1 to 1: ");
    DJ_CHECK_CONTAINS(text,
                      ": 3 layers of 3 of 3 partitions in 1 files, 1 of them damaged");
    DJ_CHECK_CONTAINS(text,
                      ": 4 layers of 3 of 3 partitions in 2 files, 2 of them damaged");
    dj_xfree(text);

    overwrite(record, DJ_STR("{}\n"));
    text = findings(folder, 3);
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000001: cannot be used: "
                            "checkpoint_000001.json: damaged");
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000002: partition 0, operators 1 to 1: ");
    dj_xfree(text);
    dj_xfree(record);
    files_drop(folder);
}

static void verify_tells_of_a_missing_file(void)
{
    char *folder = make_sets();
    char *file = dj_fs_join(folder, "checkpoint_000001.h5");
    struct dj_error err;
    int64_t damaged;
    char *text;

    DJ_CHECK_OK(dj_fs_remove(file, &err));
    text = findings(folder, 4); /* set 1; the file that 2 needs; two layers in it */
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000001: cannot be used: "
                            "checkpoint_000001.h5: No such file");
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000002: partition 0, operators 1 to 1: ");
    DJ_CHECK_CONTAINS(text, "DAMAGED checkpoint_000002: partition 1, operators 1 to 1: ");
    dj_xfree(text);
    dj_xfree(file);
    files_drop(folder);

    folder = files_fresh();
    DJ_CHECK_OK(dj_ckpt_verify(folder, ignore_finding, NULL, &damaged, &err));
    files_drop(folder);
    DJ_CHECK_STATUS(dj_ckpt_verify("/nowhere", ignore_finding, NULL, &damaged, &err),
                    DJ_IO);
}

/* --- what a killed commit leaves behind -------------------------------------------- */

static void what_a_killed_commit_left_is_cleared_away(void)
{
    char *folder = make_sets();
    const struct dj_ckpt_options options = sets_options(folder, PARTS);
    struct dj_ckpt_result result;
    struct dj_ckpt *ckpt;
    struct dj_error err;

    dj_xfree(files_put(folder, "checkpoint_000003.h5", DJ_STR("half")));
    dj_xfree(files_put(folder, "checkpoint_000003.json.tmp", DJ_STR("{")));
    dj_xfree(files_put(folder, "checkpoint_000004.h5.tmp", DJ_STR("h")));
    dj_xfree(files_put(folder, "checkpoint_notes.h5", DJ_STR("not ours")));
    DJ_CHECK_INT(verify(folder), 0);
    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, NULL, &err));
    SETS_CHECK_NAMES(folder, "1.h5 1.json 2.h5 2.json checkpoint_notes.h5");
    sets_put(ckpt, 0, 1, 2, 100);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.set, 5); /* no number is used twice */
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

/* A set that was passed over is not one of the last that are kept. */
static void a_damaged_set_does_not_push_out_a_good_one(void)
{
    char *folder = make_sets();
    const struct dj_ckpt_options options = sets_options(folder, PARTS);
    struct dj_ckpt_result result;
    struct dj_buf notes;
    struct dj_ckpt *ckpt;
    struct dj_error err;
    const char *text;

    dj_xfree(files_put(folder, "checkpoint_000002.h5", DJ_STR("short")));
    dj_buf_init(&notes);
    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, &notes, &err));
    DJ_CHECK_OK(dj_buf_cstr(&notes, &text));
    DJ_CHECK_CONTAINS(text,
                      "checkpoint_000002: not used: checkpoint_000002.h5: is 5 bytes");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    sets_put(ckpt, 2, 1, 2, 100);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    SETS_CHECK_NAMES(folder, "1.h5 1.json 3.h5 3.json");
    dj_buf_release(&notes);
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

int main(void)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    DJ_TEST(a_changed_byte_of_the_newest_set_is_noticed);
    DJ_TEST(a_changed_byte_of_an_older_set_is_noticed);
    DJ_TEST(a_file_that_ends_early_is_noticed);
    DJ_TEST(verify_names_what_is_damaged);
    DJ_TEST(verify_tells_of_a_missing_file);
    DJ_TEST(what_a_killed_commit_left_is_cleared_away);
    DJ_TEST(a_damaged_set_does_not_push_out_a_good_one);
    dj_comm_close(comm);
    return 0;
}
