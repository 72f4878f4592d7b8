/*
 * What the files of the Arrow plugin share. They are the only C++ of the program and
 * the only code that sees the Arrow library; no exception leaves them.
 */
#ifndef DJ_ARROW_PLUGIN_H
#define DJ_ARROW_PLUGIN_H

#include "dj/arrow.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <memory>
#include <string>
#include <vector>

/* Runs body, which gives an arrow::Status; what went wrong goes to why. */
void dj_arrow_say(char *why, const std::string &text);

template <typename Body> bool dj_arrow_guarded(char *why, Body body)
{
    try {
        const arrow::Status status = body();

        if (status.ok()) {
            return true;
        }
        dj_arrow_say(why, status.message());
    } catch (const std::exception &caught) {
        dj_arrow_say(why, caught.what());
    } catch (...) {
        dj_arrow_say(why, "something unknown went wrong in the Arrow library");
    }
    return false;
}

/* A copy that the caller frees. */
arrow::Status dj_arrow_give(const void *bytes, int64_t size, char **copy,
                            int64_t *length);

struct dj_arrow_file {
    virtual ~dj_arrow_file() = default;
    virtual std::shared_ptr<arrow::Schema> schema() = 0;
    virtual int64_t groups() const = 0;
    virtual arrow::Status group(int64_t index, struct dj_arrow_group *group) = 0;
    /* All batches of a group, from some row at or before first, which is *begin. */
    virtual arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
    open(int64_t group, int64_t first, int64_t batch_rows,
         const std::vector<std::string> &columns, int64_t *begin) = 0;
};

arrow::Status dj_arrow_open_parquet(const char *path, struct dj_arrow_file **file);
arrow::Status dj_arrow_open_ipc(const char *path, bool map, struct dj_arrow_file **file);

/* Puts the functions of a file of the plugin into the table. */
void dj_arrow_fill_read(struct dj_arrow_api *api);
void dj_arrow_fill_write(struct dj_arrow_api *api);
void dj_arrow_fill_footer(struct dj_arrow_api *api);
void dj_arrow_fill_group(struct dj_arrow_api *api);

#endif
