/*
 * The tracer while partitions are worked on. What counts are the first entries in the
 * order of the dataset: a rank that has finished partitions with enough of them need not
 * look for more in those behind.
 */
#include "exec/trace.h"

#include "dj/hash.h"
#include "exec/exec_private.h"

/* An operator, as far as this rank has seen it. */
struct seen {
    bool listed;
    int64_t entries; /* in partitions that are finished */
    int64_t last;    /* of these partitions */
    int64_t full;    /* no entry behind this partition will be needed */
};

struct dj_exec_trace {
    struct dj_tracer *tracer;
    struct seen *ops;
    bool *wanted;
};

static bool is_listed(const struct dj_strs *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return names->count == 0;
}

bool dj_trace_lists(const struct dj_config *config, size_t op)
{
    return config->open_tracer && config->trace_num > 0 &&
           is_listed(&config->op_list_to_trace, config->recipe.ops[op].op->name);
}

static uint64_t mix(uint64_t hash, const struct dj_strs *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        const uint64_t parts[2] = { hash, dj_hash64(dj_str_from(texts->items[i])) };

        hash = dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
    }
    return hash;
}

uint64_t dj_trace_hash(const struct dj_config *config)
{
    const uint64_t number = (uint64_t)config->trace_num;

    if (!config->open_tracer) {
        return 0;
    }
    return mix(mix(dj_hash64((struct dj_str){ (const char *)&number, sizeof(number) }),
                   &config->op_list_to_trace) +
                   1,
               &config->trace_keys);
}

void dj_trace_open(struct dj_exec *exec)
{
    const struct dj_config *config = exec->config;
    struct dj_exec_trace *trace;

    if (!config->open_tracer) {
        return;
    }
    trace = dj_xmalloc(sizeof(*trace));
    trace->tracer = dj_tracer_new(exec->nops, config->trace_num, &config->trace_keys);
    trace->wanted = dj_xcalloc(exec->nops + 1, sizeof(*trace->wanted));
    trace->ops = dj_xcalloc(exec->nops + 1, sizeof(*trace->ops));
    for (size_t op = 0; op < exec->nops; op++) {
        trace->ops[op] =
            (struct seen){ .listed = dj_trace_lists(config, op), .full = INT64_MAX };
    }
    exec->trace = trace;
    dj_chain_trace(exec->chain, trace->tracer);
}

void dj_trace_close(struct dj_exec *exec)
{
    struct dj_exec_trace *trace = exec->trace;

    if (trace != NULL) {
        dj_tracer_free(trace->tracer);
        dj_xfree(trace->wanted);
        dj_xfree(trace->ops);
        dj_xfree(trace);
        exec->trace = NULL;
    }
}

void dj_trace_begin(struct dj_exec *exec, int64_t id)
{
    struct dj_exec_trace *trace = exec->trace;

    if (trace == NULL) {
        return;
    }
    for (size_t op = 0; op < exec->nops; op++) {
        trace->wanted[op] = trace->ops[op].listed && id <= trace->ops[op].full;
    }
    dj_tracer_begin(trace->tracer, trace->wanted);
}

struct dj_str dj_trace_lines(const struct dj_exec *exec)
{
    return exec->trace == NULL ? (struct dj_str){ NULL, 0 }
                               : dj_tracer_lines(exec->trace->tracer);
}

enum dj_status dj_trace_known(struct dj_exec *exec, struct dj_buf *lines,
                              struct dj_error *err)
{
    const enum dj_status status = exec->trace == NULL || exec->state.count == 0
                                      ? DJ_OK
                                      : dj_layers_trace(exec->state.layers, lines);

    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory for the tracer");
}

enum dj_status dj_trace_put(struct dj_exec *exec, struct dj_str lines,
                            struct dj_error *err)
{
    const enum dj_status status = dj_buf_append(&exec->streams[DJ_RESULT_TRACE], lines);

    return status == DJ_OK ? DJ_OK : dj_fail(err, status, "out of memory for the tracer");
}

void dj_trace_done(struct dj_exec *exec, int64_t id, struct dj_str lines)
{
    struct dj_exec_trace *trace = exec->trace;
    struct dj_str entry;
    size_t op;

    if (trace == NULL) {
        return;
    }
    for (op = 0; op < exec->nops; op++) {
        trace->ops[op].last = trace->ops[op].last > id ? trace->ops[op].last : id;
    }
    while (dj_tracer_next(&lines, &op, &entry)) {
        if (op < exec->nops && ++trace->ops[op].entries == exec->config->trace_num) {
            trace->ops[op].full = trace->ops[op].last;
        }
    }
}
