/* Rows of open files, batch by batch, whatever kind of file it is. */
#include "arrow/plugin.h"

struct dj_arrow_rows {
    std::shared_ptr<arrow::RecordBatchReader> reader;
    std::shared_ptr<arrow::RecordBatch> batch; /* the one at hand, or none */
    int64_t at;                                /* its next row */
    int64_t skip;                              /* rows to pass over first */
    int64_t left;                              /* rows to give, -1: all */
    int64_t batch_rows;
};

static bool parquet_open(const char *path, struct dj_arrow_file **file, char *why)
{
    return dj_arrow_guarded(why, [&] { return dj_arrow_open_parquet(path, file); });
}

static bool ipc_open(const char *path, bool map, struct dj_arrow_file **file, char *why)
{
    return dj_arrow_guarded(why, [&] { return dj_arrow_open_ipc(path, map, file); });
}

static void file_close(struct dj_arrow_file *file)
{
    char why[DJ_ARROW_WHY];

    (void)dj_arrow_guarded(why, [&] {
        delete file;
        return arrow::Status::OK();
    });
}

static bool file_schema(struct dj_arrow_file *file, struct ArrowSchema *schema, char *why)
{
    return dj_arrow_guarded(why,
                            [&] { return arrow::ExportSchema(*file->schema(), schema); });
}

static int64_t file_groups(const struct dj_arrow_file *file)
{
    return file->groups();
}

static bool file_group(struct dj_arrow_file *file, int64_t index,
                       struct dj_arrow_group *group, char *why)
{
    return dj_arrow_guarded(why, [&] { return file->group(index, group); });
}

static bool rows_open(struct dj_arrow_file *file, int64_t group, int64_t first,
                      int64_t count, int64_t batch_rows, const char *const *columns,
                      int64_t ncolumns, struct dj_arrow_rows **rows, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        const std::vector<std::string> names(columns, columns + ncolumns);
        int64_t begin = 0;
        const int64_t most = batch_rows > 0 ? batch_rows : 1;

        if (group < 0 || group >= file->groups()) {
            return arrow::Status::IndexError("there is no row group ", group);
        }
        ARROW_ASSIGN_OR_RAISE(auto reader, file->open(group, first, most, names, &begin));
        *rows = new dj_arrow_rows{ reader, nullptr, 0, first - begin, count, most };
        return arrow::Status::OK();
    });
}

static bool rows_next(struct dj_arrow_rows *rows, struct ArrowArray *batch, char *why)
{
    batch->release = nullptr;
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        while (rows->left != 0) {
            int64_t here = rows->batch ? rows->batch->num_rows() - rows->at : 0;

            if (here == 0) {
                rows->at = 0;
                rows->batch = nullptr;
                ARROW_RETURN_NOT_OK(rows->reader->ReadNext(&rows->batch));
                if (!rows->batch) {
                    rows->left = 0;
                }
            } else if (rows->skip > 0) {
                here = here < rows->skip ? here : rows->skip;
                rows->at += here;
                rows->skip -= here;
            } else {
                here = here < rows->batch_rows ? here : rows->batch_rows;
                here = rows->left >= 0 && here > rows->left ? rows->left : here;
                rows->left -= rows->left > 0 ? here : 0;
                rows->at += here;
                return arrow::ExportRecordBatch(
                    *rows->batch->Slice(rows->at - here, here), batch);
            }
        }
        return arrow::Status::OK();
    });
}

static void rows_close(struct dj_arrow_rows *rows)
{
    char why[DJ_ARROW_WHY];

    (void)dj_arrow_guarded(why, [&] {
        delete rows;
        return arrow::Status::OK();
    });
}

void dj_arrow_fill_read(struct dj_arrow_api *api)
{
    api->parquet_open = parquet_open;
    api->ipc_open = ipc_open;
    api->file_close = file_close;
    api->file_schema = file_schema;
    api->file_groups = file_groups;
    api->file_group = file_group;
    api->rows_open = rows_open;
    api->rows_next = rows_next;
    api->rows_close = rows_close;
}
