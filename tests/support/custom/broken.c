/* A library with one mistake: -DMISTAKE=n chooses it. */
#include "dj/op_library.h"

struct conf {
    int64_t size;
};

static const char *const choices[] = { "a", "b", NULL };

static const struct dj_param params[] = {
#if MISTAKE == 1
    { .name = "size", .type = DJ_PARAM_INT, .offset = 4096, .help = "too far away" },
#elif MISTAKE == 2
    { .name = "size", .type = DJ_PARAM_INT, .offset = 0 },
#elif MISTAKE == 3
    DJ_PARAM_INT_(struct conf, size, 1, 0, 0, "one"),
    DJ_PARAM_INT_(struct conf, size, 1, 0, 0, "and the same"),
#elif MISTAKE == 4
    { .name = "size",
      .type = DJ_PARAM_ENUM,
      .preset.i = 2,
      .choices = choices,
      .help = "has no such choice" },
#else
    DJ_PARAM_INT_(struct conf, size, 1, 0, 0, "nothing"),
#endif
    DJ_PARAM_END,
};

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    (void)call;
    (void)batch;
    return DJ_OK;
}

static const struct dj_op broken = {
#if MISTAKE == 5
    .name = "Broken Mapper",
#elif MISTAKE == 6
    .name = "clean_email_mapper",
#elif MISTAKE == 14 /* none: Data-Juicer has it, dj-mpi lacks it */
    .name = "video_aspect_ratio_filter",
#else
    .name = "broken_mapper",
#endif
#if MISTAKE != 7
    .version = 1,
#endif
#if MISTAKE != 8
    .process = process,
#endif
#if MISTAKE == 9
    .kind = DJ_OP_SELECTOR,
#else
    .kind = DJ_OP_MAPPER,
#endif
    .summary = "Does nothing",
    .params = params,
#if MISTAKE != 10
    .conf_size = sizeof(struct conf),
#endif
};

#if MISTAKE == 11
const void *const not_the_entry[] = { &broken, choices };
#elif MISTAKE == 12
DJ_OP_LIBRARY(&broken, &broken);
#elif MISTAKE == 13
void dj_no_such_function(const void *, const void *);
void call_it(void);
void call_it(void)
{
    dj_no_such_function(&broken, choices);
}
DJ_OP_LIBRARY(&broken);
#else
extern const void *const used[];
const void *const used[] = { choices, process, params };
DJ_OP_LIBRARY(&broken);
#endif
