/*
 * From finished partitions to their place in the export. Partitions that a rank does
 * one after the other form a run, whose data are one piece. A run waits in memory
 * until its place is known; nothing is written twice that need not be.
 */
#include "exec/exec_private.h"

#include "dj/fs.h"

/*
 * So much may wait in memory. More waits only behind a partition that takes many
 * times longer than others; then the oldest runs go to results/ and are copied later.
 */
enum { HOLD_BYTES = 32 << 20, SPARE_BUFFERS = 4 };

/* One run: partitions first, first + 1, …, their records one behind the other. */
struct run {
    int64_t first;
    size_t count;
    size_t record; /* offset of the first record in exec->records */
    bool placed;
    int64_t offset; /* its place in the export; -1: results/ */
    struct dj_buf data;
};

struct dj_places {
    struct dj_growing *growing; /* NULL: everything goes to results/ */
    struct run now;             /* its data are in exec->streams[DJ_RESULT_DATA] */
    struct run *runs;           /* that wait, in order */
    size_t nruns, cap;
    size_t held; /* bytes of these */
    struct dj_buf spare[SPARE_BUFFERS];
    size_t nspare;
    struct dj_finished *finished; /* not yet told to rank 0 */
    size_t nfinished, finished_cap;
};

void dj_places_free(struct dj_places *places)
{
    if (places == NULL) {
        return;
    }
    dj_growing_close(places->growing);
    for (size_t i = 0; i < places->nruns; i++) {
        dj_buf_release(&places->runs[i].data);
    }
    for (size_t i = 0; i < places->nspare; i++) {
        dj_buf_release(&places->spare[i]);
    }
    dj_xfree(places->runs);
    dj_xfree(places->finished);
    dj_xfree(places);
}

/* Each generation has its own name: what a record says of another one is lost. */
static char *path_of(const struct dj_exec *exec, int64_t generation)
{
    char *absolute, *folder, *path;

    if (exec->config->export_shard_size > 0 || exec->plan.ordered ||
        (exec->stage != NULL && !exec->stage->last)) {
        return NULL;
    }
    absolute = dj_fs_absolute(exec->config->export_path);
    folder = dj_fs_dirname(absolute);
    path = dj_xprintf("%s/.%s.%s.%04lld.tmp", folder, dj_fs_basename(absolute),
                      exec->job_id, (long long)generation);
    dj_xfree(folder);
    dj_xfree(absolute);
    return path;
}

char *dj_places_path(const struct dj_exec *exec)
{
    return path_of(exec, exec->generation);
}

enum dj_status dj_places_choose(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    exec->generation = exec->attempt;
    for (int64_t old = exec->attempt - 1; old > 0 && status == DJ_OK; old--) {
        char *path = path_of(exec, old);

        if (path != NULL && dj_fs_exists(path)) {
            if (exec->generation == exec->attempt && exec->resuming) {
                exec->generation = old;
            } else {
                status = dj_fs_remove(path, err);
            }
        }
        dj_xfree(path);
    }
    return status;
}

/* A new file's name is on disk before any record speaks of what is in it. */
static enum dj_status open_growing(struct dj_exec *exec, const char *path,
                                   struct dj_error *err)
{
    char *folder;
    enum dj_status status = dj_growing_open(path, &exec->places->growing, err);

    if (status == DJ_OK && exec->rank == 0) {
        folder = dj_fs_dirname(path);
        status = dj_fs_sync_dir(folder, err);
        dj_xfree(folder);
    }
    return status;
}

enum dj_status dj_places_open(struct dj_exec *exec, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    char *path;

    dj_comm_max(exec->comm, &exec->generation, 1); /* rank 0 knows it */
    dj_places_free(exec->places);
    exec->places = dj_xmalloc(sizeof(*exec->places));
    path = dj_places_path(exec);
    if (path != NULL) {
        status = open_growing(exec, path, err);
        dj_xfree(path);
    }
    return dj_comm_agree(exec->comm, status, err);
}

bool dj_places_growing(const struct dj_exec *exec)
{
    return exec->places->growing != NULL;
}

size_t dj_places_begun(const struct dj_exec *exec)
{
    return exec->places->growing == NULL ? 0 : exec->streams[DJ_RESULT_DATA].len;
}

/* --- runs ------------------------------------------------------------------------ */

static void tell_finished(struct dj_places *places, const struct dj_part_result *result)
{
    if (places->nfinished == places->finished_cap) {
        places->finished_cap = places->finished_cap == 0 ? 64 : 2 * places->finished_cap;
        places->finished = dj_xrealloc(places->finished,
                                       places->finished_cap * sizeof(*places->finished));
    }
    places->finished[places->nfinished++] = (struct dj_finished){
        .id = result->id,
        .bytes =
            result->state == DJ_PART_DONE ? result->extents[DJ_RESULT_DATA].bytes : -1,
    };
}

size_t dj_places_finished(struct dj_exec *exec, struct dj_finished *out, size_t max)
{
    struct dj_places *places = exec->places;
    const size_t count = places->nfinished < max ? places->nfinished : max;

    if (count > 0) {
        memcpy(out, places->finished, count * sizeof(*out));
        places->nfinished -= count;
        memmove(places->finished, places->finished + count,
                places->nfinished * sizeof(*out));
    }
    return count;
}

size_t dj_places_untold(const struct dj_exec *exec)
{
    return exec->places->nfinished;
}

enum dj_status dj_places_add(struct dj_exec *exec, const struct dj_part_result *result,
                             struct dj_error *err)
{
    struct dj_places *places = exec->places;
    struct run *now = &places->now;

    tell_finished(places, result);
    if (places->growing == NULL) {
        return DJ_OK;
    }
    if (result->state != DJ_PART_DONE) {
        return DJ_OK;
    }
    if (now->count > 0 && now->first + (int64_t)now->count != result->id) {
        return dj_fail(err, DJ_INTERNAL, "partition %lld does not continue its run",
                       (long long)result->id);
    }
    if (now->count == 0) {
        now->first = result->id;
        now->record = exec->records.len - dj_record_size(exec);
    }
    now->count++;
    return DJ_OK;
}

/* Says in the records of a run where its data are. */
static void patch_records(struct dj_exec *exec, const struct run *run, int64_t segment,
                          int64_t offset)
{
    const size_t size = dj_record_size(exec);

    for (size_t i = 0; i < run->count; i++) {
        struct dj_part_result *result =
            (void *)(exec->records.ptr + run->record + i * size);
        struct dj_extent *extent = &result->extents[DJ_RESULT_DATA];

        extent->segment = segment;
        extent->offset = offset;
        offset += extent->bytes;
    }
}

/* Takes a run out of those that wait; its buffer is kept for another one. */
static void forget(struct dj_places *places, size_t index)
{
    struct run *run = &places->runs[index];

    places->held -= run->data.len;
    dj_buf_reset(&run->data);
    if (places->nspare < SPARE_BUFFERS && run->data.cap <= HOLD_BYTES) {
        places->spare[places->nspare++] = run->data;
    } else {
        dj_buf_release(&run->data);
    }
    places->nruns--;
    memmove(run, run + 1, (places->nruns - index) * sizeof(*run));
}

/* The oldest run goes to results/. */
static enum dj_status spill(struct dj_exec *exec, size_t index, struct dj_error *err)
{
    struct run *run = &exec->places->runs[index];
    struct dj_extent extents[DJ_RESULT_STREAMS];

    DJ_TRY(dj_results_write(exec->results, DJ_RESULT_DATA, dj_buf_str(&run->data), err));
    DJ_TRY(dj_results_end(exec->results, extents, err));
    patch_records(exec, run, extents[DJ_RESULT_DATA].segment,
                  extents[DJ_RESULT_DATA].offset);
    forget(exec->places, index);
    return DJ_OK;
}

enum dj_status dj_places_end_run(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_places *places = exec->places;
    struct dj_buf *data = &exec->streams[DJ_RESULT_DATA];

    if (places->now.count == 0) {
        return DJ_OK;
    }
    if (places->nruns == places->cap) {
        places->cap = places->cap == 0 ? 8 : 2 * places->cap;
        places->runs = dj_xrealloc(places->runs, places->cap * sizeof(*places->runs));
    }
    places->now.data = *data;
    places->held += data->len;
    places->runs[places->nruns++] = places->now;
    places->now = (struct run){ 0 };
    if (places->nspare > 0) {
        *data = places->spare[--places->nspare];
    } else {
        dj_buf_init(data);
    }
    while (places->held > HOLD_BYTES && places->nruns > 1) {
        DJ_TRY(spill(exec, 0, err));
    }
    return DJ_OK;
}

/* --- places ------------------------------------------------------------------------ */

size_t dj_places_asks(const struct dj_exec *exec, int64_t *ids, size_t max)
{
    const struct dj_places *places = exec->places;
    size_t count = 0;

    for (size_t i = 0; i < places->nruns && count < max; i++) {
        if (!places->runs[i].placed) {
            ids[count++] = places->runs[i].first;
        }
    }
    return count;
}

void dj_places_tell(struct dj_exec *exec, struct dj_place_answer answer)
{
    struct dj_places *places = exec->places;

    for (size_t i = 0; i < places->nruns; i++) {
        struct run *run = &places->runs[i];

        if (run->first == answer.id) {
            run->placed = true;
            run->offset = answer.offset;
            return;
        }
    }
}

enum dj_status dj_places_settle(struct dj_exec *exec, struct dj_error *err)
{
    struct dj_places *places = exec->places;

    for (size_t i = 0; i < places->nruns;) {
        const struct run *run = &places->runs[i];

        if (!run->placed) {
            i++;
        } else if (run->offset < 0) {
            DJ_TRY(spill(exec, i, err));
        } else {
            DJ_TRY(dj_growing_put(places->growing, run->offset, dj_buf_str(&run->data),
                                  err));
            patch_records(exec, run, DJ_SEGMENT_GROWING, run->offset);
            forget(places, i);
        }
    }
    return DJ_OK;
}

/* Rank 0: the answers to what all ranks asked, in the same order. */
static void answer_all(struct dj_claims *claims, struct dj_buf *asked)
{
    for (size_t at = 0; at < asked->len; at += sizeof(struct dj_place_answer)) {
        struct dj_place_answer answer;

        memcpy(&answer, asked->ptr + at, sizeof(answer));
        answer.offset = dj_claims_place(claims, answer.id);
        memcpy(asked->ptr + at, &answer, sizeof(answer));
    }
}

enum dj_status dj_places_settle_all(struct dj_exec *exec, enum dj_status status,
                                    struct dj_error *err)
{
    const size_t count = status == DJ_OK ? exec->places->nruns : 0;
    struct dj_place_answer *asks = dj_xcalloc(count, sizeof(*asks));
    size_t *sizes = dj_xcalloc((size_t)exec->size, sizeof(*sizes));
    struct dj_buf asked, answers;
    enum dj_status comm_status;
    struct dj_error comm_err;

    dj_buf_init(&asked);
    dj_buf_init(&answers);
    for (size_t i = 0; i < count; i++) {
        asks[i].id = exec->places->runs[i].first;
    }
    comm_status = dj_comm_gather(
        exec->comm, (struct dj_str){ (const char *)asks, count * sizeof(*asks) }, &asked,
        sizes, &comm_err);
    if (comm_status == DJ_OK) {
        if (exec->root != NULL) {
            answer_all(exec->root->claims, &asked);
        }
        comm_status =
            dj_comm_scatter(exec->comm, dj_buf_str(&asked), sizes, &answers, &comm_err);
    }
    for (size_t i = 0; comm_status == DJ_OK && i < count; i++) {
        struct dj_place_answer answer;

        memcpy(&answer, answers.ptr + i * sizeof(answer), sizeof(answer));
        dj_places_tell(exec, answer);
    }
    if (comm_status == DJ_OK && status == DJ_OK) {
        status = dj_places_settle(exec, err);
    }
    dj_buf_release(&answers);
    dj_buf_release(&asked);
    dj_xfree(sizes);
    dj_xfree(asks);
    if (status == DJ_OK && comm_status != DJ_OK) {
        *err = comm_err;
        status = comm_status;
    }
    return status;
}

enum dj_status dj_places_sync(struct dj_exec *exec, struct dj_error *err)
{
    return exec->places->growing == NULL ? DJ_OK
                                         : dj_growing_sync(exec->places->growing, err);
}
