/* Sets of one rank: what a commit makes, what is found again, and what is kept. */
#include "support/sets.h"

static struct dj_comm *comm;

static void a_set_is_found_again(void)
{
    char *folder = files_fresh();
    const struct dj_ckpt_options options = sets_options(folder, 3);
    struct dj_ckpt_result result;
    struct dj_ckpt *ckpt;
    struct dj_buf notes;
    struct dj_error err;

    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    DJ_CHECK_OK(dj_ckpt_load(ckpt, NULL, &err));
    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    sets_put(ckpt, 0, 0, 2, 1000);
    sets_put(ckpt, 2, 0, 1, 5000);
    DJ_CHECK(dj_ckpt_waiting(ckpt) > 1000);
    DJ_CHECK_OK(dj_ckpt_commit(ckpt, &result, &err));
    DJ_CHECK_INT(result.set, 1);
    DJ_CHECK_INT(result.layers, 2);
    DJ_CHECK(result.raw >= 6000 && result.stored < result.raw);
    DJ_CHECK(result.file > result.stored);
    DJ_CHECK_INT(dj_ckpt_waiting(ckpt), 0);
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    dj_ckpt_close(ckpt);

    DJ_CHECK_OK(dj_ckpt_open(comm, &options, &ckpt, &err));
    dj_buf_init(&notes);
    DJ_CHECK_OK(dj_ckpt_load(ckpt, &notes, &err));
    DJ_CHECK_STR(dj_buf_str(&notes), "");
    SETS_CHECK_CHAIN(ckpt, 0, "0-2");
    SETS_CHECK_CHAIN(ckpt, 1, "");
    SETS_CHECK_CHAIN(ckpt, 2, "0-1");
    dj_buf_release(&notes);
    dj_ckpt_close(ckpt);
    files_drop(folder);
}

int main(void)
{
    struct dj_error err;

    DJ_CHECK_OK(dj_comm_open(&comm, &err));
    DJ_TEST(a_set_is_found_again);
    dj_comm_close(comm);
    return 0;
}
