/* Where a run takes place: the names of its nodes, and what it may use of them. */
#include "dj/limits.h"
#include "dj/log.h"
#include "exec/exec_private.h"

#include <inttypes.h>
#include <unistd.h>

/* Whether name is one of the words of the list, which commas separate. */
static bool is_listed(struct dj_str list, struct dj_str name)
{
    while (list.len > 0) {
        const char *comma = memchr(list.ptr, ',', list.len);
        const size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);

        if (dj_str_equal((struct dj_str){ list.ptr, len }, name)) {
            return true;
        }
        list.ptr += len + (comma != NULL);
        list.len -= len + (comma != NULL);
    }
    return false;
}

/* names: those of all ranks, each with a comma behind it. */
static char *each_once(struct dj_str names)
{
    enum dj_status status = DJ_OK;
    struct dj_buf list;
    char *result;

    dj_buf_init(&list);
    while (names.len > 0 && status == DJ_OK) {
        const char *comma = memchr(names.ptr, ',', names.len);
        const size_t len = comma == NULL ? names.len : (size_t)(comma - names.ptr);
        const struct dj_str name = { names.ptr, len };

        if (!is_listed(dj_buf_str(&list), name)) {
            status = list.len == 0 ? DJ_OK : dj_buf_putc(&list, ',');
            if (status == DJ_OK) {
                status = dj_buf_append(&list, name);
            }
        }
        names.ptr += len + (comma != NULL);
        names.len -= len + (comma != NULL);
    }
    result = status == DJ_OK ? dj_xstrndup(list.ptr, list.len) : NULL;
    dj_buf_release(&list);
    return result;
}

enum dj_status dj_exec_gather_nodes(struct dj_exec *exec, struct dj_error *err)
{
    char name[sizeof(exec->host) + 1] = "";
    enum dj_status status;
    struct dj_buf names;

    (void)gethostname(name, sizeof(exec->host) - 1);
    name[strlen(name) + 1] = '\0';
    name[strlen(name)] = ',';
    dj_buf_init(&names);
    status = dj_comm_gather(exec->comm, dj_str_from(name), &names, NULL, err);
    if (status == DJ_OK && exec->root != NULL) {
        exec->root->nodes = each_once(dj_buf_str(&names));
    }
    dj_buf_release(&names);
    return status;
}

void dj_exec_tell_limits(struct dj_exec *exec)
{
    const int64_t memory = dj_limit_memory();
    const int cpus = dj_limit_cpus();

    if (memory > 0) {
        dj_log(DJ_LOG_INFO,
               "the memory limit on %s is %" PRId64 " MiB, for all its ranks", exec->host,
               memory >> 20);
    }
    dj_event_emit(
        exec->events,
        &(struct dj_event){
            .type = DJ_EVENT_INFO,
            .message = "what rank 0 may use",
            .extra =
                (const struct dj_event_extra[]){
                    { .key = "nodes",
                      .text = exec->root->nodes == NULL ? "" : exec->root->nodes },
                    { .key = "cpus", .number = cpus, .whole = true },
                    { .key = "memory_limit", .number = (double)memory, .whole = true },
                    { 0 },
                },
        });
}
