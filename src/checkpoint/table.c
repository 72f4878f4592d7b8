/*
 * The state of partitions on rank 0: the chain of layers of each. Changes of a commit
 * can be taken back until it has succeeded.
 */
#include "checkpoint/ckpt_private.h"
#include "dj/hash.h"

#include <endian.h>

void dj_ckpt_table_init(struct dj_ckpt_table *table, size_t nparts)
{
    *table = (struct dj_ckpt_table){
        .parts = dj_xcalloc(nparts, sizeof(*table->parts)),
        .nparts = nparts,
    };
}

void dj_ckpt_part_cut(struct dj_ckpt_part *part, uint32_t nrefs)
{
    while (part->nrefs > nrefs) {
        dj_xfree(part->infos[--part->nrefs]);
    }
    if (nrefs == 0) {
        dj_xfree(part->refs);
        dj_xfree(part->infos);
        part->refs = NULL;
        part->infos = NULL;
    }
}

void dj_ckpt_part_add(struct dj_ckpt_part *part, const struct dj_ckpt_ref *ref,
                      char *info)
{
    const size_t count = (size_t)part->nrefs + 1;

    part->refs = dj_xrealloc(part->refs, dj_size_mul(count, sizeof(*part->refs)));
    part->infos = dj_xrealloc(part->infos, dj_size_mul(count, sizeof(*part->infos)));
    part->refs[part->nrefs] = *ref;
    part->infos[part->nrefs++] = info;
}

void dj_ckpt_table_keep(struct dj_ckpt_table *table)
{
    for (size_t i = 0; i < table->nundo; i++) {
        table->parts[table->undo[i].partition].saved = false;
        dj_ckpt_part_cut(&table->undo[i].before, 0);
    }
    table->nundo = 0;
}

void dj_ckpt_table_undo(struct dj_ckpt_table *table)
{
    for (size_t i = 0; i < table->nundo; i++) {
        struct dj_ckpt_part *part = &table->parts[table->undo[i].partition];

        dj_ckpt_part_cut(part, 0);
        *part = table->undo[i].before;
    }
    table->nundo = 0;
}

void dj_ckpt_table_clear(struct dj_ckpt_table *table)
{
    dj_ckpt_table_keep(table);
    for (size_t i = 0; i < table->nparts; i++) {
        dj_ckpt_part_cut(&table->parts[i], 0);
    }
}

void dj_ckpt_table_release(struct dj_ckpt_table *table)
{
    dj_ckpt_table_clear(table);
    dj_xfree(table->parts);
    dj_xfree(table->undo);
}

static char *copy_info(const char *info)
{
    return info == NULL ? NULL : dj_xstrdup(info);
}

/* Before its first change in a commit: the partition goes to the undo list. */
static void save(struct dj_ckpt_table *table, size_t partition)
{
    struct dj_ckpt_part *part = &table->parts[partition];
    const struct dj_ckpt_part before = *part;

    if (part->saved) {
        return;
    }
    if (table->nundo == table->undo_room) {
        table->undo_room = table->undo_room * 2 + 64;
        table->undo =
            dj_xrealloc(table->undo, dj_size_mul(table->undo_room, sizeof(*table->undo)));
    }
    table->undo[table->nundo++] = (struct dj_ckpt_undo){ partition, before };
    *part = (struct dj_ckpt_part){ .saved = true };
    for (uint32_t i = 0; i < before.nrefs; i++) {
        dj_ckpt_part_add(part, &before.refs[i], copy_info(before.infos[i]));
    }
}

bool dj_ckpt_table_put(struct dj_ckpt_table *table, const struct dj_ckpt_ref *ref,
                       const char *info)
{
    struct dj_ckpt_part *part = &table->parts[ref->partition];
    uint32_t keep = 0;
    int64_t end = 0;

    while (keep < part->nrefs && part->refs[keep].op_end <= ref->op_first) {
        end = part->refs[keep++].op_end;
    }
    if (end != ref->op_first) {
        return false;
    }
    save(table, (size_t)ref->partition);
    dj_ckpt_part_cut(part, keep);
    dj_ckpt_part_add(part, ref, copy_info(info));
    return true;
}

void dj_ckpt_table_move(struct dj_ckpt_table *table, const struct dj_ckpt_ref *ref)
{
    struct dj_ckpt_part *part = &table->parts[ref->partition];

    save(table, (size_t)ref->partition);
    for (uint32_t i = 0; i < part->nrefs; i++) {
        struct dj_ckpt_ref *old = &part->refs[i];

        if (old->op_first == ref->op_first && old->stored_hash == ref->stored_hash) {
            *old = *ref;
        }
    }
}

void dj_ckpt_hash_rows(struct dj_hasher *hasher, const struct dj_ckpt_ref *rows,
                       size_t count)
{
    uint64_t words[sizeof(*rows) / sizeof(uint64_t)];

    for (size_t i = 0; i < count; i++) {
        memcpy(words, &rows[i], sizeof(words));
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            words[k] = htole64(words[k]);
        }
        dj_hasher_add(hasher, (struct dj_str){ (const char *)words, sizeof(words) });
    }
}
