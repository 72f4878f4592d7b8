/* Rows of one row group of a Parquet file, from any row on. */
#ifndef DJ_ARROW_STRETCH_H
#define DJ_ARROW_STRETCH_H

#include "arrow/plugin.h"

#include <parquet/arrow/reader.h>

/* fields: places of the top-level columns wanted, in order. file outlives the reader. */
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
dj_arrow_stretch(parquet::arrow::FileReader &file, int group, int64_t first,
                 int64_t batch_rows, const std::vector<int> &fields);

#endif
