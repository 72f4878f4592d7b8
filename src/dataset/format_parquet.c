/*
 * Parquet files, and Arrow files alike. A partition is a row group, or a stretch of the
 * rows of one when it is larger than a partition may be; the cut is made from what the
 * footer says alone. Offset is the group and skip the first row in it. Stretches of one
 * group that are read one after the other go on with the same decoding.
 */
#include "dataset/arrow_json.h"
#include "dataset/format.h"
#include "dataset/parquet_columns.h"

#include "dj/log.h"

#include "dj/hash.h"

enum {
    BATCH_BYTES = 1 << 20, /* of rows that are decoded at a time, about */
    BATCH_ROWS = 4096,
    FIELD_BYTES = 6 /* of a field of a line, beside its name and value */
};

struct reading {
    const struct dj_arrow_api *api;
    const struct dj_source_file *file; /* that is open, or NULL */
    struct dj_arrow_file *open;
    struct ArrowSchema schema;
    const char *const *texts; /* that wanted was chosen by */
    struct dj_wanted wanted;
    struct dj_arrow_rows *rows; /* of one group, or NULL */
    int64_t group;
    struct ArrowArray batch; /* rows that were decoded, if it has a release */
    int64_t row;             /* of the group: what batch begins with */
    int64_t at;              /* row of batch that comes next */
    struct dj_partition partition;
    int64_t left; /* rows of it */
};

static enum dj_status damaged(const struct dj_source_file *file, const char *what,
                              const char *why, struct dj_error *err)
{
    return dj_fail(err, DJ_DATA, "%s: %s as %s: %s", file->path, what,
                   file->format == DJ_SOURCE_PARQUET ? "Parquet" : "Arrow IPC", why);
}

static enum dj_status open_file(const struct dj_arrow_api *api,
                                const struct dj_source_file *file,
                                struct dj_arrow_file **open, struct ArrowSchema *schema,
                                struct dj_error *err)
{
    char why[DJ_ARROW_WHY] = "";
    const bool opened = file->format == DJ_SOURCE_PARQUET
                            ? api->parquet_open(file->path, open, why)
                            : api->ipc_open(file->path, file->mapped, open, why);
    enum dj_status status;

    if (!opened) {
        return damaged(file, "cannot be read", why, err);
    }
    if (file->mapped && file->format == DJ_SOURCE_ARROW_FILE) {
        dj_log(DJ_LOG_DEBUG, "%s is mapped into memory", file->path);
    }
    if (!api->file_schema(*open, schema, why)) {
        api->file_close(*open);
        return damaged(file, "has no columns that can be read", why, err);
    }
    status = dj_arrow_check(schema, err);
    if (status != DJ_OK) {
        schema->release(schema);
        api->file_close(*open);
        return dj_error_prefix(err, "%s: ", file->path);
    }
    return DJ_OK;
}

/* --- the scan ----------------------------------------------------------------------- */

/* Of a line, beside its values. */
static int64_t line_bytes(const struct ArrowSchema *schema)
{
    int64_t bytes = FIELD_BYTES;

    for (int64_t i = 0; i < schema->n_children; i++) {
        const char *name = schema->children[i]->name;

        bytes += FIELD_BYTES + dj_i64_from_size(name == NULL ? 0 : strlen(name));
    }
    return bytes;
}

static uint64_t digest_of(const struct dj_arrow_group *group, int64_t first, int64_t rows)
{
    const uint64_t parts[] = { group->digest, (uint64_t)first, (uint64_t)rows };

    return dj_hash64((struct dj_str){ (const char *)parts, sizeof(parts) });
}

/* Partitions of one row group. */
static enum dj_status cut_group(const struct dj_arrow_group *group, int64_t index,
                                int64_t overhead, struct dj_cut cut, size_t file,
                                struct dj_partitions *partitions)
{
    const int64_t a_row = group->rows == 0 ? 0 : group->bytes / group->rows + overhead;
    int64_t most = cut.max_rows > 0 ? cut.max_rows : group->rows;

    if (cut.max_bytes > 0 && a_row > 0 && cut.max_bytes / a_row < most) {
        most = cut.max_bytes / a_row > 0 ? cut.max_bytes / a_row : 1;
    }
    for (int64_t first = 0; first < group->rows; first += most) {
        const int64_t left = group->rows - first;
        const int64_t rows = left < most ? left : most;

        DJ_TRY(dj_partitions_add(partitions, &(struct dj_partition){
                                                 .id = -1,
                                                 .file = (int64_t)file,
                                                 .offset = index,
                                                 .skip = first,
                                                 .bytes = rows * a_row,
                                                 .rows = rows,
                                                 .lines = rows,
                                                 .digest = digest_of(group, first, rows),
                                             }));
    }
    return DJ_OK;
}

static enum dj_status cut_groups(const struct dj_arrow_api *api,
                                 const struct dj_source_file *file, size_t index,
                                 struct dj_arrow_file *open, int64_t overhead,
                                 struct dj_cut cut, struct dj_partitions *partitions,
                                 struct dj_error *err)
{
    char why[DJ_ARROW_WHY] = "";

    for (int64_t i = 0; i < api->file_groups(open); i++) {
        struct dj_arrow_group group;

        if (!api->file_group(open, i, &group, why)) {
            return damaged(file, "has a row group that cannot be read", why, err);
        }
        DJ_TRY(cut_group(&group, i, overhead, cut, index, partitions));
    }
    return DJ_OK;
}

/* The schema as it is, for an export that has the same types. Takes the schema. */
static enum dj_status note_schema(const struct dj_arrow_api *api,
                                  struct dj_source_file *file, struct ArrowSchema *schema,
                                  struct dj_error *err)
{
    char why[DJ_ARROW_WHY] = "";
    struct dj_buf layout;
    enum dj_status status = DJ_OK;
    char *bytes;
    int64_t size;

    if (!api->schema_pack(schema, &bytes, &size, why)) {
        return damaged(file, "has no columns that can be read", why, err);
    }
    dj_buf_init(&layout);
    if (dj_buf_append(&layout, DJ_STR("{\"arrow_schema\": ")) != DJ_OK ||
        dj_arrow_put_base64(&layout, (struct dj_str){ bytes, dj_size_from_i64(size) }) !=
            DJ_OK ||
        dj_buf_append(&layout, DJ_STR("}")) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory", file->path);
    } else {
        dj_xfree(file->layout);
        file->layout = dj_xstrndup(layout.ptr, layout.len);
    }
    dj_buf_release(&layout);
    dj_xfree(bytes);
    return status;
}

static enum dj_status scan(struct dj_sources *sources, size_t index, struct dj_cut cut,
                           const char *spool_dir, struct dj_partitions *partitions,
                           struct dj_error *err)
{
    struct dj_source_file *file = &sources->files[index];
    const struct dj_arrow_api *api;
    struct dj_arrow_file *open;
    struct ArrowSchema schema;
    enum dj_status status;

    (void)spool_dir;
    if (dj_arrow(&api, err) != DJ_OK) {
        return dj_error_prefix(err, "%s: ", file->path);
    }
    DJ_TRY(open_file(api, file, &open, &schema, err));
    status =
        cut_groups(api, file, index, open, line_bytes(&schema), cut, partitions, err);
    api->file_close(open);
    if (status != DJ_OK) {
        schema.release(&schema);
        return status;
    }
    return note_schema(api, file, &schema, err);
}

/* --- reading ------------------------------------------------------------------------ */

static void drop_batch(struct reading *reading)
{
    if (reading->batch.release != NULL) {
        reading->row += reading->batch.length;
        reading->batch.release(&reading->batch);
        reading->batch.release = NULL;
    }
    reading->at = 0;
}

static void close_rows(struct reading *reading)
{
    drop_batch(reading);
    if (reading->rows != NULL) {
        reading->api->rows_close(reading->rows);
        reading->rows = NULL;
    }
}

static void close_file(struct reading *reading)
{
    if (reading->file != NULL) {
        close_rows(reading);
        dj_wanted_release(&reading->wanted);
        reading->schema.release(&reading->schema);
        reading->api->file_close(reading->open);
        reading->file = NULL;
    }
}

static enum dj_status check_group(struct reading *reading, struct dj_error *err)
{
    const struct dj_partition *partition = &reading->partition;
    char why[DJ_ARROW_WHY] = "it has fewer row groups";
    struct dj_arrow_group group;

    if (partition->offset < reading->api->file_groups(reading->open) &&
        reading->api->file_group(reading->open, partition->offset, &group, why) &&
        digest_of(&group, partition->skip, partition->rows) == partition->digest) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_DATA,
                   "%s: changed since it was cut into partitions: row group %lld is not "
                   "what it was; put the file back as it was, or start a new job",
                   reading->file->path, (long long)partition->offset);
}

/* Rows from the partition's first one on; decoding that has come so far goes on. */
static enum dj_status start_rows(struct reading *reading, struct dj_error *err)
{
    const struct dj_partition *partition = &reading->partition;
    const int64_t a_row = partition->bytes / partition->rows + 1;
    const int64_t fit = BATCH_BYTES / a_row + 1;
    char why[DJ_ARROW_WHY] = "";

    if (reading->rows != NULL && reading->group == partition->offset &&
        reading->row + reading->at == partition->skip) {
        return DJ_OK;
    }
    close_rows(reading);
    if (!reading->api->rows_open(reading->open, partition->offset, partition->skip, -1,
                                 fit < BATCH_ROWS ? fit : BATCH_ROWS,
                                 reading->wanted.names, reading->wanted.count,
                                 &reading->rows, why)) {
        reading->rows = NULL;
        return damaged(reading->file, "cannot be read", why, err);
    }
    reading->group = partition->offset;
    reading->row = partition->skip;
    return DJ_OK;
}

static enum dj_status start(void **state, const struct dj_sources *sources,
                            const struct dj_partition *partition, struct dj_error *err)
{
    const struct dj_source_file *file = &sources->files[partition->file];
    struct reading *reading = *state;
    enum dj_status status;

    if (reading == NULL) {
        reading = dj_xcalloc(1, sizeof(*reading));
        *state = reading;
        DJ_TRY(dj_arrow(&reading->api, err));
    }
    if (reading->file != file) {
        close_file(reading);
        DJ_TRY(open_file(reading->api, file, &reading->open, &reading->schema, err));
        reading->file = file;
        reading->texts = sources->texts;
        dj_wanted_choose(&reading->schema, sources->texts, sources->ntexts,
                         &reading->wanted);
    } else if (reading->texts != sources->texts) {
        close_rows(reading);
        dj_wanted_release(&reading->wanted);
        reading->texts = sources->texts;
        dj_wanted_choose(&reading->schema, sources->texts, sources->ntexts,
                         &reading->wanted);
    }
    reading->partition = *partition;
    reading->left = partition->rows;
    status = check_group(reading, err);
    if (status == DJ_OK) {
        status = start_rows(reading, err);
    }
    if (status != DJ_OK) {
        close_file(reading);
    }
    return status;
}

static enum dj_status load(struct reading *reading, struct dj_error *err)
{
    char why[DJ_ARROW_WHY] = "it has fewer rows than its footer says";

    drop_batch(reading);
    if (!reading->api->rows_next(reading->rows, &reading->batch, why)) {
        reading->batch.release = NULL;
    }
    if (reading->batch.release != NULL) {
        return DJ_OK;
    }
    return dj_fail(err, DJ_DATA, "%s: row group %lld, rows from %lld on: %s",
                   reading->file->path, (long long)reading->group,
                   (long long)reading->row, why);
}

static enum dj_status next(void *state, size_t want, struct dj_buf *lines,
                           struct dj_error *err)
{
    struct reading *reading = state;
    const size_t before = lines->len;

    while (reading->left > 0 && lines->len - before < want) {
        if (reading->batch.release == NULL || reading->at == reading->batch.length) {
            const enum dj_status status = load(reading, err);

            if (status != DJ_OK) {
                close_file(reading);
                return status;
            }
        }
        if (reading->at == reading->batch.length) {
            continue;
        }
        if (dj_arrow_to_json(&reading->wanted.shape, &reading->batch, reading->at,
                             lines) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory for a row",
                           reading->file->path);
        }
        reading->at++;
        reading->left--;
    }
    return DJ_OK;
}

static void close_reading(void *state)
{
    struct reading *reading = state;

    if (reading != NULL) {
        close_file(reading);
        dj_xfree(reading);
    }
}

const struct dj_format dj_format_parquet = {
    .name = "parquet",
    .scan = scan,
    .start = start,
    .next = next,
    .close = close_reading,
};

const struct dj_format dj_format_arrow = {
    .name = "arrow",
    .scan = scan,
    .start = start,
    .next = next,
    .close = close_reading,
};
