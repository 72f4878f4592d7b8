/*
 * The first half of a commit: rank 0 hears of all layers that wait, brings its table to
 * the state of the new set, and tells every rank where in /data its frames go.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/hash.h"
#include "dj/log.h"

#include <inttypes.h>
#include <stdlib.h>

/* A layer as it travels to rank 0; its info follows, filled up to 8 bytes. */
struct message {
    struct dj_ckpt_ref ref;
    uint64_t commits;
    uint64_t info_len; /* with a NUL at the end; 0: none */
};

static size_t fill_up(size_t len)
{
    return (len + 7) / 8 * 8;
}

static enum dj_status pack_waiting(const struct dj_ckpt *ckpt, struct dj_buf *out,
                                   struct dj_error *err)
{
    for (size_t i = 0; i < ckpt->nwaiting; i++) {
        const struct dj_ckpt_waiting *waiting = &ckpt->waiting[i];
        const size_t info_len = waiting->info == NULL ? 0 : strlen(waiting->info) + 1;
        const struct message message = { waiting->ref, waiting->commits, info_len };

        if (dj_buf_reserve(out, sizeof(message) + fill_up(info_len)) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for the list of layers");
        }
        memcpy(out->ptr + out->len, &message, sizeof(message));
        out->len += sizeof(message);
        memset(out->ptr + out->len, 0, fill_up(info_len));
        if (info_len > 0) {
            memcpy(out->ptr + out->len, waiting->info, info_len);
        }
        out->len += fill_up(info_len);
    }
    return DJ_OK;
}

/*
 * A layer that waited through a failed commit may have been made anew since, by any
 * rank: the later one comes last and stands. Of the same time, the one that reaches
 * further does.
 */
static int in_order(const void *a, const void *b)
{
    const struct message *p = *(const struct message *const *)a;
    const struct message *q = *(const struct message *const *)b;
    const struct dj_ckpt_ref *x = &p->ref;
    const struct dj_ckpt_ref *y = &q->ref;

    if (x->partition != y->partition) {
        return x->partition < y->partition ? -1 : 1;
    }
    if (p->commits != q->commits) {
        return p->commits < q->commits ? -1 : 1;
    }
    if (x->op_end != y->op_end) {
        return x->op_end < y->op_end ? -1 : 1;
    }
    return (x->op_first < y->op_first) - (x->op_first > y->op_first);
}

/* Rank 0: takes the layers of all ranks into the table, as of set plan->set. */
static void take_layers(struct dj_ckpt *ckpt, struct dj_str messages,
                        struct dj_ckpt_plan *plan)
{
    const struct message **order;
    int64_t left_out = 0;
    size_t count = 0;
    size_t at = 0;

    order = dj_xcalloc(messages.len / sizeof(struct message), sizeof(*order));
    while (at < messages.len) {
        /* Messages begin at multiples of 8 bytes in a buffer from malloc. */
        const struct message *message = (const void *)(messages.ptr + at);

        order[count++] = message;
        at += sizeof(*message) + fill_up(message->info_len);
        plan->raw += message->ref.raw;
        plan->stored += message->ref.stored;
    }
    qsort(order, count, sizeof(*order), in_order);
    for (size_t i = 0; i < count; i++) {
        const char *info = order[i]->info_len == 0 ? NULL : (const char *)(order[i] + 1);
        struct dj_ckpt_ref ref = order[i]->ref;

        ref.set = plan->set;
        left_out += !dj_ckpt_table_put(&ckpt->root->table, &ref, info);
    }
    plan->layers = (int64_t)count;
    dj_xfree(order);
    if (left_out > 0) {
        dj_log(DJ_LOG_WARNING,
               "checkpoint_%06" PRId64 ": %" PRId64
               " layers do not follow on what is stored of their partitions",
               plan->set, left_out);
    }
}

/* Rank 0: moves the new rows behind those of the ranks before, and hashes the table. */
static void finish_table(struct dj_ckpt *ckpt, const int64_t *bases,
                         struct dj_ckpt_plan *plan)
{
    struct dj_ckpt_table *table = &ckpt->root->table;
    struct dj_hasher *hasher = dj_hasher_new();

    for (size_t i = 0; i < table->nparts; i++) {
        struct dj_ckpt_part *part = &table->parts[i];

        for (uint32_t k = 0; k < part->nrefs; k++) {
            if (part->refs[k].set == plan->set) {
                part->refs[k].offset += bases[part->refs[k].rank];
            }
        }
        dj_ckpt_hash_rows(hasher, part->refs, part->nrefs);
        plan->rows += part->nrefs;
    }
    plan->index_hash = dj_hasher_value(hasher);
    dj_hasher_free(hasher);
}

/* Collective. bytes[rank] become the places of the ranks, in bases; all get the plan. */
static enum dj_status share_plan(struct dj_ckpt *ckpt, struct dj_ckpt_plan *plan,
                                 int64_t *base, struct dj_error *err)
{
    const struct dj_str mine = { (const char *)&(int64_t){ (int64_t)ckpt->frames.len },
                                 sizeof(int64_t) };
    int64_t *bases = dj_xcalloc((size_t)ckpt->size, sizeof(*bases));
    enum dj_status status;
    struct dj_buf all;

    dj_buf_init(&all);
    status = dj_comm_gather(ckpt->comm, mine, &all, NULL, err);
    if (status != DJ_OK) {
        goto out;
    }
    if (ckpt->root != NULL) {
        for (int rank = 0; rank < ckpt->size; rank++) {
            int64_t bytes;

            memcpy(&bytes, all.ptr + (size_t)rank * sizeof(bytes), sizeof(bytes));
            bases[rank] = plan->data_bytes;
            plan->data_bytes += bytes;
        }
        finish_table(ckpt, bases, plan);
        dj_buf_reset(&all);
        status = dj_buf_append(&all, (struct dj_str){ (char *)plan, sizeof(*plan) });
        if (status == DJ_OK) {
            status =
                dj_buf_append(&all, (struct dj_str){ (char *)bases, (size_t)ckpt->size *
                                                                        sizeof(*bases) });
        }
        if (status != DJ_OK) {
            dj_fail(err, status, "out of memory for the plan of a set");
        }
    }
    status = dj_comm_agree(ckpt->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(ckpt->comm, &all, err);
    }
    if (status == DJ_OK) {
        memcpy(plan, all.ptr, sizeof(*plan));
        memcpy(base, all.ptr + sizeof(*plan) + (size_t)ckpt->rank * sizeof(*base),
               sizeof(*base));
    }
out:
    dj_buf_release(&all);
    dj_xfree(bases);
    return status;
}

/* Rank 0, once: the number of the next set, when nothing was loaded. */
static enum dj_status number(struct dj_ckpt *ckpt, int64_t *set, struct dj_error *err)
{
    struct dj_ckpt_found *found;
    size_t count;

    if (ckpt->root->next_set == 0) {
        DJ_TRY(dj_ckpt_scan(ckpt->folder, &found, &count, err));
        ckpt->root->next_set = count == 0 ? 1 : found[count - 1].set + 1;
        dj_xfree(found);
    }
    *set = ckpt->root->next_set;
    return DJ_OK;
}

enum dj_status dj_ckpt_make_plan(struct dj_ckpt *ckpt, struct dj_ckpt_plan *plan,
                                 int64_t *base, struct dj_error *err)
{
    enum dj_status status;
    struct dj_buf mine, all;
    int64_t carried = 0;

    dj_buf_init(&mine);
    dj_buf_init(&all);
    status = pack_waiting(ckpt, &mine, err);
    if (status == DJ_OK && ckpt->root != NULL) {
        status = number(ckpt, &plan->set, err);
    }
    status = dj_comm_agree(ckpt->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_gather(ckpt->comm, dj_buf_str(&mine), &all, NULL, err);
    }
    if (status == DJ_OK) {
        if (ckpt->root != NULL) {
            take_layers(ckpt, dj_buf_str(&all), plan);
        }
        dj_comm_max(ckpt->comm, &plan->set, 1);
        status = dj_ckpt_carry(ckpt, plan->set, &carried, err);
    }
    if (status == DJ_OK) {
        status = share_plan(ckpt, plan, base, err);
    }
    dj_buf_release(&all);
    dj_buf_release(&mine);
    return status;
}
