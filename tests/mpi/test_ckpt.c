/*
 * Sets of several ranks, over MPI-IO. One run writes, others with any number of ranks
 * read, compare, go on and write again.
 *
 *   test_ckpt write|read|print|large|full FOLDER
 */
#include "dj/comm.h"
#include "dj/fault.h"
#include "support/sets.h"

enum { PARTS = 24, LARGE_LAYERS = 10, LARGE_BYTES = 8 << 20 };

static struct dj_comm *comm;
static int rank, size;

static struct dj_ckpt *load(const char *folder, size_t npartitions)
{
    struct dj_ckpt_options options = sets_options(folder, npartitions);
    struct dj_ckpt *ckpt;
    struct dj_buf notes;
    struct dj_error err;

    options.keep_last = 1;
    dj_buf_init(&notes);
    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, &notes, &err));
    DJ_CHECK_STR(dj_buf_str(&notes), "");
    dj_buf_release(&notes);
    return ckpt;
}

static int64_t commit(struct dj_ckpt *ckpt, int64_t layers)
{
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.layers, layers);
    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    return result.set;
}

/* Everybody gets all references, as rank 0 has them. */
static struct dj_buf share_refs(const struct dj_ckpt *ckpt, int64_t npartitions)
{
    struct dj_buf refs;
    struct dj_error err;

    dj_buf_init(&refs);
    for (int64_t i = 0; i < npartitions && rank == 0; i++) {
        struct dj_ckpt_state state;

        dj_ckpt_state(ckpt, i, &state);
        for (size_t k = 0; k < state.nrefs; k++) {
            DJ_CHECK_OK(
                dj_buf_append(&refs, (struct dj_str){ (const char *)&state.refs[k],
                                                      sizeof(state.refs[k]) }));
        }
    }
    DJ_CHECK_OK(dj_comm_broadcast(comm, &refs, &err));
    return refs;
}

/* Each rank reads and compares its share; the ends of the chains become one text. */
static char *check_all(struct dj_ckpt *ckpt)
{
    struct dj_buf refs = share_refs(ckpt, PARTS);
    struct dj_buf ends, raw;
    struct dj_error err;
    int64_t end = 0;
    char *text;

    dj_buf_init(&ends);
    dj_buf_init(&raw);
    for (size_t at = 0; at < refs.len; at += sizeof(struct dj_ckpt_ref)) {
        struct dj_ckpt_ref ref;

        memcpy(&ref, refs.ptr + at, sizeof(ref));
        DJ_CHECK(ref.op_first == 0 || ref.op_first == end);
        end = ref.op_end;
        if (ref.op_first == 0) {
            DJ_CHECK_OK(dj_buf_putc(&ends, ' '));
        }
        DJ_CHECK_OK(dj_buf_printf(&ends, "%d", (int)end));
        if (ref.partition % size == rank) {
            dj_buf_reset(&raw);
            DJ_CHECK_OK(dj_ckpt_read(ckpt, &ref, &raw, &err));
            DJ_CHECK(sets_right(&ref, dj_buf_str(&raw)));
        }
    }
    text = dj_xstrndup(ends.ptr, ends.len);
    dj_buf_release(&raw);
    dj_buf_release(&ends);
    dj_buf_release(&refs);
    return text;
}

static void check_ends(struct dj_ckpt *ckpt, const char *expected)
{
    char *ends = check_all(ckpt);

    DJ_CHECK_TEXT(ends, expected);
    dj_xfree(ends);
}

static void check_names(const char *folder, const char *expected)
{
    if (rank == 0) {
        SETS_CHECK_NAMES(folder, expected);
    }
    dj_comm_barrier(comm);
}

/* One rank cannot write: none has written. */
static void fail_once(struct dj_ckpt *ckpt)
{
#ifdef DJ_FAULTS
    const int64_t waiting = dj_ckpt_waiting(ckpt);
    struct dj_ckpt_result result;
    struct dj_error err;

    DJ_CHECK_INT(setenv("DJ_FAULT", "ckpt.write:rank=1:nth=1:enospc", 1), 0);
    DJ_CHECK_OK(dj_fault_init(rank, &err));
    if (size > 1) {
        DJ_CHECK_STATUS(dj_ckpt_commit(ckpt, &result, &err), DJ_IO);
        DJ_CHECK_CONTAINS(err.text, "injected at ckpt.write: No space left on device");
        DJ_CHECK((dj_ckpt_waiting(ckpt) > 0) == (waiting > 0));
    }
    DJ_CHECK_INT(unsetenv("DJ_FAULT"), 0);
    DJ_CHECK_OK(dj_fault_init(rank, &err));
#else
    (void)ckpt;
#endif
}

static const char after_write[] = " 23 23 23 23 23 23 23 23 23 23 23 23"
                                  " 2 2 2 2 2 2 2 2 2 2 1 1";

static void write_sets(const char *folder)
{
    struct dj_ckpt *ckpt = load(folder, PARTS);

    for (int64_t i = rank; i < PARTS; i += size) {
        sets_put(ckpt, i, 0, 1, (size_t)(i * 500));
    }
    DJ_CHECK_INT(commit(ckpt, PARTS), 1);
    check_ends(ckpt, " 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1");

    /* Other ranks than before; what is left of the first set moves into the second. */
    for (int64_t i = 0; i < PARTS - 2; i++) {
        if ((i + 1) % size == rank) {
            sets_put(ckpt, i, 0, 2, 1500);
        }
    }
    fail_once(ckpt);
    check_names(folder, "1.h5 1.json");
    DJ_CHECK_INT(commit(ckpt, PARTS - 2), 2);
    check_names(folder, "2.h5 2.json");

    if (rank == size - 1) { /* the others have nothing to write */
        for (int64_t i = 0; i < 12; i++) {
            sets_put(ckpt, i, 2, 3, 3000);
        }
    }
    DJ_CHECK_INT(commit(ckpt, 12), 3);
    check_ends(ckpt, after_write);
    dj_ckpt_close(ckpt);
}

/* Reads all, adds a layer that takes another's place, and puts things back. */
static void read_sets(const char *folder)
{
    struct dj_ckpt *ckpt = load(folder, PARTS);
    int64_t set;

    check_ends(ckpt, after_write);
    if (rank == size / 2) {
        sets_put(ckpt, 5, 0, 4, 5000);
    }
    set = commit(ckpt, 1);
    dj_ckpt_close(ckpt);

    ckpt = load(folder, PARTS);
    check_ends(ckpt, " 23 23 23 23 23 4 23 23 23 23 23 23"
                     " 2 2 2 2 2 2 2 2 2 2 1 1");
    if (rank == 0) {
        sets_put(ckpt, 5, 0, 2, 1500);
    }
    if (rank == size - 1) {
        sets_put(ckpt, 5, 2, 3, 3000); /* follows on what another rank stores */
    }
    DJ_CHECK_INT(commit(ckpt, 2), set + 1);
    check_ends(ckpt, after_write);
    dj_ckpt_close(ckpt);
}

/* The layers of partition 3. */
static void print_layers(const char *folder)
{
    struct dj_ckpt *ckpt = load(folder, PARTS);
    struct dj_ckpt_state state;
    struct dj_error err;
    struct dj_buf raw;

    dj_buf_init(&raw);
    dj_ckpt_state(ckpt, 3, &state);
    for (size_t k = 0; k < state.nrefs; k++) {
        DJ_CHECK_OK(dj_ckpt_read(ckpt, &state.refs[k], &raw, &err));
    }
    DJ_CHECK_INT(fwrite(raw.ptr, 1, raw.len, stdout), raw.len);
    dj_buf_release(&raw);
    dj_ckpt_close(ckpt);
}

/* --- more than one round ---------------------------------------------------------- */

static void fill(struct dj_buf *raw, int64_t partition)
{
    uint64_t state = (uint64_t)partition;

    DJ_CHECK_OK(dj_buf_reserve(raw, LARGE_BYTES));
    raw->len = LARGE_BYTES;
    for (size_t i = 0; i < LARGE_BYTES; i += 4) {
        const uint32_t word = files_random(&state);

        memcpy(raw->ptr + i, &word, sizeof(word));
    }
}

static void write_large(const char *folder)
{
    const int64_t parts = (int64_t)size * LARGE_LAYERS;
    struct dj_ckpt *ckpt = load(folder, (size_t)parts);
    struct dj_buf refs, raw, read;
    struct dj_error err;

    dj_buf_init(&raw);
    dj_buf_init(&read);
    for (int64_t i = rank; i < parts; i += size) {
        fill(&raw, i);
        DJ_CHECK_OK(dj_ckpt_put(
            ckpt,
            &(struct dj_ckpt_put){ .partition = i, .op_end = 1, .raw = dj_buf_str(&raw) },
            &err));
    }
    DJ_CHECK_INT(commit(ckpt, parts), 1);
    dj_ckpt_close(ckpt);
    ckpt = load(folder, (size_t)parts);
    refs = share_refs(ckpt, parts);
    DJ_CHECK_INT(refs.len, (size_t)parts * sizeof(struct dj_ckpt_ref));
    for (int64_t i = size - 1 - rank; i < parts; i += size) { /* of another rank */
        struct dj_ckpt_ref ref;

        memcpy(&ref, refs.ptr + (size_t)i * sizeof(ref), sizeof(ref));
        fill(&raw, i);
        dj_buf_reset(&read);
        DJ_CHECK_OK(dj_ckpt_read(ckpt, &ref, &read, &err));
        DJ_CHECK(dj_str_equal(dj_buf_str(&raw), dj_buf_str(&read)));
    }
    dj_buf_release(&refs);
    dj_buf_release(&read);
    dj_buf_release(&raw);
    dj_ckpt_close(ckpt);
}

/* --- a full disk -------------------------------------------------------------------- */

/*
 * The folder has no room for the second set until the file "filler" is gone. No rank
 * waits for ever, and the layers are stored then.
 */
static void write_full(const char *folder)
{
    char *filler = dj_fs_join(folder, "filler");
    struct dj_ckpt *ckpt = load(folder, PARTS);
    struct dj_ckpt_result result;
    struct dj_error err;

    for (int64_t i = rank; i < PARTS; i += size) {
        sets_put(ckpt, i, 0, 1, 1000);
    }
    DJ_CHECK_INT(commit(ckpt, PARTS), 1);
    for (int64_t i = rank; i < PARTS; i += size) {
        sets_put(ckpt, i, 1, 2, 1 << 20);
    }
    for (int i = 0; i < 2; i++) {
        DJ_CHECK_STATUS(dj_ckpt_commit(ckpt, &result, &err), DJ_IO);
        check_names(folder, "1.h5 1.json filler");
    }
    if (rank == 0) {
        printf("  %s\n", err.text);
        DJ_CHECK_OK(dj_fs_remove(filler, &err));
    }
    dj_comm_barrier(comm);
    DJ_CHECK_INT(commit(ckpt, PARTS), 2);
    check_ends(ckpt, " 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12 12"
                     " 12 12");
    dj_xfree(filler);
    dj_ckpt_close(ckpt);
}

int main(int argc, char **argv)
{
    struct dj_error err;

    DJ_CHECK_INT(argc, 3);
    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    rank = dj_comm_rank(comm);
    size = dj_comm_size(comm);
    if (strcmp(argv[1], "write") == 0) {
        write_sets(argv[2]);
    } else if (strcmp(argv[1], "read") == 0) {
        read_sets(argv[2]);
    } else if (strcmp(argv[1], "print") == 0) {
        print_layers(argv[2]);
    } else if (strcmp(argv[1], "full") == 0) {
        write_full(argv[2]);
    } else {
        write_large(argv[2]);
    }
    dj_comm_close(comm);
    return 0;
}
