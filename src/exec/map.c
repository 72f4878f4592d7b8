/* Sources and partitions: found and scanned by all ranks, or read as they were. */
#include "dj/autosize.h"
#include "dj/clock.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/log.h"
#include "exec/rows.h"

/* Rank 0: the files; on a resume they must be those that were cut. */
static enum dj_status find_sources(struct dj_exec *exec, bool stored,
                                   struct dj_error *err)
{
    struct dj_mapping_info info = { 0 };
    struct dj_sources now = { 0 };
    char fingerprint[DJ_HASH64_TEXT];
    char fingerprint_now[DJ_HASH64_TEXT];
    enum dj_status status;

    DJ_TRY(
        dj_sources_find(&exec->config->input.paths, &exec->config->suffixes, &now, err));
    if (!stored) {
        exec->sources = now;
        return DJ_OK;
    }
    status = dj_mapping_read(exec->paths.dataset_mapping, &exec->sources,
                             &exec->root->partitions, &info, fingerprint, err);
    if (status == DJ_OK) {
        dj_hash64_text(dj_sources_fingerprint(&now), fingerprint_now);
        if (strcmp(fingerprint, fingerprint_now) != 0) {
            status = dj_fail(err, DJ_RESUME,
                             "the dataset of job %s has changed since it was cut into "
                             "partitions (%zu files then, %zu now; compare %s); put it "
                             "back, or choose another --job_id for a new job",
                             exec->job_id, exec->sources.count, now.count,
                             exec->paths.dataset_mapping);
        }
    }
    exec->root->cut = (struct dj_cut){ info.max_rows, info.max_bytes };
    if (status == DJ_OK && !exec->config->partition.auto_configure &&
        (info.max_rows != exec->config->partition.size ||
         info.max_bytes != exec->config->partition.max_size_mb << 20)) {
        dj_log(DJ_LOG_INFO,
               "partition.size and partition.max_size_mb are those the job began with "
               "(%lld samples, %lld MiB)",
               (long long)info.max_rows, (long long)(info.max_bytes >> 20));
    }
    dj_sources_release(&now);
    return status;
}

enum dj_status dj_exec_share_sources(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf packed;

    dj_buf_init(&packed);
    if (exec->rank == 0 && dj_sources_pack(&exec->sources, &packed) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the list of files");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &packed, err);
    }
    if (status == DJ_OK && exec->rank != 0) {
        status = dj_sources_unpack(dj_buf_str(&packed), &exec->sources, err);
    }
    dj_buf_release(&packed);
    return dj_comm_agree(exec->comm, status, err);
}

/* Tells every rank which files were spooled, by whichever rank that was. */
static void share_spools(struct dj_exec *exec)
{
    int64_t *spooled = dj_xcalloc(exec->sources.count, sizeof(*spooled));

    for (size_t i = 0; i < exec->sources.count; i++) {
        spooled[i] = exec->sources.files[i].spool_path != NULL;
    }
    dj_comm_max(exec->comm, spooled, exec->sources.count);
    for (size_t i = 0; i < exec->sources.count; i++) {
        struct dj_source_file *file = &exec->sources.files[i];

        if (spooled[i] != 0 && file->spool_path == NULL) {
            file->spool_path = dj_spool_path(exec->paths.partitions_dir, i);
        }
    }
    dj_xfree(spooled);
}

/* Tells every rank what the scans found out about files. */
static enum dj_status share_layouts(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_buf mine, all;

    dj_buf_init(&mine);
    dj_buf_init(&all);
    if (dj_sources_pack_layouts(&exec->sources, &mine) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "out of memory for the layouts of files");
    }
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        status = dj_comm_gather(exec->comm, dj_buf_str(&mine), &all, NULL, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_broadcast(exec->comm, &all, err);
    }
    if (status == DJ_OK) {
        status = dj_sources_take_layouts(dj_buf_str(&all), &exec->sources, err);
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&mine);
    dj_buf_release(&all);
    return status;
}

/* fingerprint 0: that of the sources. */
static enum dj_status write_map(struct dj_exec *exec, struct dj_str gathered,
                                const char *path, uint64_t fingerprint,
                                struct dj_error *err)
{
    struct dj_partitions *partitions = &exec->root->partitions;
    struct dj_partition item;
    char text[DJ_HASH64_TEXT];

    for (size_t at = 0; at < gathered.len; at += sizeof(item)) {
        memcpy(&item, gathered.ptr + at, sizeof(item));
        if (dj_partitions_add(partitions, &item) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "out of memory for the partition map");
        }
    }
    dj_partitions_number(partitions);
    if (fingerprint == 0) {
        DJ_TRY(dj_exec_validate(exec, partitions, err));
        DJ_TRY(dj_exec_mix(exec, partitions, err));
        fingerprint = dj_sources_fingerprint(&exec->sources);
    }
    dj_hash64_text(fingerprint, text);
    return dj_mapping_write(path, &exec->sources, partitions,
                            &(struct dj_mapping_info){
                                .max_rows = exec->root->cut.max_rows,
                                .max_bytes = exec->root->cut.max_bytes,
                                .created = dj_clock_now(),
                                .fingerprint = text,
                            },
                            err);
}

/* How many ranks share a node's memory, when they are spread evenly. */
static int ranks_a_node(const struct dj_exec *exec)
{
    const char *nodes = exec->root->nodes;
    int count = 1;

    for (const char *p = nodes == NULL ? "" : nodes; *p != '\0'; p++) {
        count += *p == ',';
    }
    return (exec->size + count - 1) / count;
}

/* Rank 0: sizes of partitions, and why. */
static struct dj_cut choose_cut(struct dj_exec *exec)
{
    struct dj_summary *summary = exec->root->summary;
    struct dj_cut cut = { exec->config->partition.size,
                          exec->config->partition.max_size_mb << 20 };
    struct dj_autosize sizes;

    if (exec->config->partition.auto_configure) {
        dj_autosize_choose(&exec->sources, exec->config, ranks_a_node(exec), &sizes);
        cut = (struct dj_cut){ sizes.size, sizes.max_size_mb << 20 };
        summary->modality = dj_xstrdup(dj_modality_name(sizes.modality));
        summary->sizing = dj_xcalloc(sizes.nreasons, sizeof(*summary->sizing));
        for (size_t i = 0; i < sizes.nreasons; i++) {
            dj_log(DJ_LOG_INFO, "partition.auto_configure: %s", sizes.reasons[i]);
            summary->sizing[summary->nsizing++] = dj_xstrdup(sizes.reasons[i]);
        }
    }
    return cut;
}

/* All ranks scan their share; rank 0 numbers the partitions and writes the map. */
enum dj_status dj_exec_cut(struct dj_exec *exec, const char *path, uint64_t fingerprint,
                           struct dj_error *err)
{
    struct dj_cut cut = { 0 };
    struct dj_partitions mine = { 0 };
    struct dj_buf gathered;
    enum dj_status status;

    if (exec->rank == 0) {
        if (exec->root->cut.max_rows == 0) { /* rows that a stage writes are cut alike */
            exec->root->cut = choose_cut(exec);
        }
        cut = exec->root->cut;
    }
    dj_comm_max(exec->comm, &cut.max_rows, 1); /* the others have zero */
    dj_comm_max(exec->comm, &cut.max_bytes, 1);
    dj_buf_init(&gathered);
    status = dj_partitions_scan(&exec->sources, cut, exec->rank, exec->size,
                                exec->paths.partitions_dir, &mine, err);
    status = dj_comm_agree(exec->comm, status, err);
    if (status == DJ_OK) {
        share_spools(exec);
        status = share_layouts(exec, err);
    }
    if (status == DJ_OK) {
        status = dj_comm_gather(
            exec->comm,
            (struct dj_str){ (const char *)mine.items, mine.count * sizeof(*mine.items) },
            &gathered, NULL, err);
    }
    if (status == DJ_OK) {
        if (exec->rank == 0) {
            status = write_map(exec, dj_buf_str(&gathered), path, fingerprint, err);
        }
        status = dj_comm_agree(exec->comm, status, err);
    }
    dj_buf_release(&gathered);
    dj_partitions_release(&mine);
    return status;
}

uint64_t dj_map_digest(const struct dj_partitions *partitions)
{
    return dj_hash64((struct dj_str){ (const char *)partitions->items,
                                      partitions->count * sizeof(*partitions->items) });
}

static enum dj_status finish_root(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_exec_root *root = exec->root;
    char fingerprint[DJ_HASH64_TEXT];

    dj_hash64_text(dj_sources_fingerprint(&exec->sources), fingerprint);
    dj_xfree(root->summary->dataset_fingerprint);
    root->summary->dataset_fingerprint = dj_xstrdup(fingerprint);
    root->summary->partition_size = root->cut.max_rows;
    root->summary->partition_max_size_mb = root->cut.max_bytes >> 20;
    root->summary->partitions_total = (int64_t)root->partitions.count;
    root->last_commit = root->last_merge = root->last_set = dj_clock_monotonic();
    exec->map_digest = dj_map_digest(&root->partitions);
    return dj_places_choose(exec, err);
}

enum dj_status dj_exec_map(struct dj_exec *exec, struct dj_error *err)
{
    const bool stored =
        exec->rank == 0 && exec->resuming && dj_fs_exists(exec->paths.dataset_mapping);
    enum dj_status status = DJ_OK;

    if (exec->rank == 0) {
        status = find_sources(exec, stored, err);
    }
    DJ_TRY(dj_comm_agree(exec->comm, status, err));
    DJ_TRY(dj_exec_share_sources(exec, err));
    for (size_t i = 0; i < exec->sources.count; i++) {
        struct dj_source_file *file = &exec->sources.files[i];

        file->mapped = exec->config->intermediate_storage.arrow_memory_mapping;
        exec->lines_vary = exec->lines_vary || file->format == DJ_SOURCE_PARQUET ||
                           file->format == DJ_SOURCE_ARROW_FILE;
    }
    dj_xfree(exec->sources.selection);
    exec->sources.selection = dj_selection_path(exec->paths.dataset_mapping);
    if (!dj_comm_any(exec->comm, stored)) {
        DJ_TRY(dj_exec_cut(exec, exec->paths.dataset_mapping, 0, err));
    }
    if (exec->rank == 0) {
        status = finish_root(exec, err);
    }
    return dj_comm_agree(exec->comm, status, err);
}
