/* Checkpoint sets for tests: a job of some partitions and operators, and its layers. */
#ifndef DJ_TESTS_SUPPORT_SETS_H
#define DJ_TESTS_SUPPORT_SETS_H

#include "checkpoint/store.h"
#include "support/files.h"

#include <dirent.h>

enum { SETS_OPS = 6 };

static const uint64_t sets_hashes[SETS_OPS] = { 11, 12, 13, 14, 15, 16 };

static inline struct dj_ckpt_options sets_options(const char *folder, size_t npartitions)
{
    return (struct dj_ckpt_options){
        .folder = folder,
        .job_id = "job_of_tests",
        .dataset_fingerprint = "0123456789abcdef",
        .npartitions = npartitions,
        .nops = SETS_OPS,
        .op_hashes = sets_hashes,
        .keep_last = 2,
        .attempt = 1,
    };
}

/*
 * The layer of a partition: size bytes or a little more that nothing else has, of which
 * about a half does not compress. Release it.
 */
static inline struct dj_buf sets_layer(int64_t partition, int64_t op_first,
                                       int64_t op_end, size_t size)
{
    uint64_t state = (uint64_t)(partition * 1000 + op_first * 10 + op_end);
    struct dj_buf raw;

    dj_buf_init(&raw);
    DJ_CHECK_OK(dj_buf_printf(&raw, "{\"partition\": %d, \"ops\": [%d, %d]}\n",
                              (int)partition, (int)op_first, (int)op_end));
    while (raw.len < size) {
        DJ_CHECK_OK(dj_buf_printf(&raw, "{\"row\": %u}\n", files_random(&state)));
    }
    return raw;
}

static inline void sets_put(struct dj_ckpt *ckpt, int64_t partition, int64_t op_first,
                            int64_t op_end, size_t size)
{
    struct dj_buf raw = sets_layer(partition, op_first, op_end, size);
    char *info = dj_xprintf("{\"ops\": [%d, %d]}", (int)op_first, (int)op_end);
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_put(ckpt,
                            &(struct dj_ckpt_put){
                                .partition = partition,
                                .op_first = op_first,
                                .op_end = op_end,
                                .live = partition + op_end,
                                .raw = dj_buf_str(&raw),
                                .info = dj_str_from(info),
                            },
                            &err));
    dj_xfree(info);
    dj_buf_release(&raw);
}

/* The layer that a reference leads to is the one that was put. */
static inline bool sets_right(const struct dj_ckpt_ref *ref, struct dj_str raw)
{
    struct dj_buf expected =
        sets_layer(ref->partition, ref->op_first, ref->op_end, raw.len);
    const bool right = dj_str_equal(raw, dj_buf_str(&expected)) &&
                       ref->live == ref->partition + ref->op_end;

    dj_buf_release(&expected);
    return right;
}

/*
 * "0-2 2-3" for a partition's chain, each layer read and compared, and the info of the
 * newest checked. Returns new.
 */
static inline char *sets_chain(struct dj_ckpt *ckpt, int64_t partition)
{
    struct dj_ckpt_state state;
    struct dj_buf raw, text;
    struct dj_error err;
    char *chain;

    dj_buf_init(&raw);
    dj_buf_init(&text);
    dj_ckpt_state(ckpt, partition, &state);
    for (size_t i = 0; i < state.nrefs; i++) {
        const struct dj_ckpt_ref *ref = &state.refs[i];

        dj_buf_reset(&raw);
        DJ_CHECK_INT(ref->partition, partition);
        DJ_CHECK_OK(dj_ckpt_read(ckpt, ref, &raw, &err));
        DJ_CHECK(sets_right(ref, dj_buf_str(&raw)));
        DJ_CHECK_OK(dj_buf_printf(&text, "%s%d-%d", i == 0 ? "" : " ", (int)ref->op_first,
                                  (int)ref->op_end));
    }
    if (state.nrefs > 0) {
        const struct dj_ckpt_ref *newest = &state.refs[state.nrefs - 1];

        chain =
            dj_xprintf("{\"ops\": [%d, %d]}", (int)newest->op_first, (int)newest->op_end);
        DJ_CHECK_TEXT(state.info, chain);
        DJ_CHECK_INT(state.op_end, newest->op_end);
        dj_xfree(chain);
    } else {
        DJ_CHECK(state.info == NULL && state.op_end == 0);
    }
    chain = dj_xprintf("%.*s", (int)text.len, text.len == 0 ? "" : text.ptr);
    dj_buf_release(&text);
    dj_buf_release(&raw);
    return chain;
}

/* Names of all files in a folder, sorted, without "checkpoint_00000". Returns new. */
static inline char *sets_names(const char *folder)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    char *names = dj_xstrdup("");

    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        if (name[0] != '.') {
            char *longer =
                dj_xprintf("%s%s%s", names, names[0] == '\0' ? "" : " ",
                           strncmp(name, "checkpoint_00000", 16) == 0 ? name + 16 : name);

            dj_xfree(names);
            names = longer;
        }
        free(entries[i]);
    }
    free(entries);
    return names;
}

#define SETS_CHECK_NAMES(folder, expected)     \
    do {                                       \
        char *sets_there = sets_names(folder); \
        DJ_CHECK_TEXT(sets_there, (expected)); \
        dj_xfree(sets_there);                  \
    } while (0)

#define SETS_CHECK_CHAIN(ckpt, partition, expected)         \
    do {                                                    \
        char *sets_there = sets_chain((ckpt), (partition)); \
        DJ_CHECK_TEXT(sets_there, (expected));              \
        dj_xfree(sets_there);                               \
    } while (0)

#endif
