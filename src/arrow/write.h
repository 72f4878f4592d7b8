/* Properties of what the plugin writes. */
#ifndef DJ_ARROW_WRITE_H
#define DJ_ARROW_WRITE_H

#include "arrow/plugin.h"

#include <arrow/io/api.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

/* columns: the schema of the file; those named in plain get no dictionary pages. */
std::shared_ptr<parquet::WriterProperties>
dj_arrow_properties(enum dj_arrow_compression compression, const char *const *plain,
                    int64_t nplain);

arrow::Result<std::unique_ptr<parquet::arrow::FileWriter>>
dj_arrow_parquet_writer(const arrow::Schema &schema,
                        const std::shared_ptr<arrow::io::OutputStream> &sink,
                        const std::shared_ptr<parquet::WriterProperties> &properties);

/* One row group. */
arrow::Status dj_arrow_write_group(parquet::arrow::FileWriter &writer,
                                   const std::shared_ptr<arrow::RecordBatch> &batch);

#endif
