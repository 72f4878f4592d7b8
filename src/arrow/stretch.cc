/*
 * Reads rows of a row group from any row on. What lies before the first one is passed
 * over by whole pages where a page's header tells how many rows it holds, without even
 * decompressing it: a rank that gets a stretch from the middle of a large group must not
 * pay for all that other ranks read. The library has no such reading, but lets pages be
 * left out below its columns; what is left to pass over then differs from column to
 * column, so columns are read one by one and put together here.
 */
#include "arrow/stretch.h"

#include <parquet/arrow/schema.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>

namespace
{

/* How far into the group reading has come by leaving out pages, for each column. */
using passed_rows = std::shared_ptr<std::vector<int64_t>>;

/* The group, but for pages that end before row first. */
struct late_group : parquet::RowGroupReader::Contents {
    std::shared_ptr<parquet::RowGroupReader> whole;
    parquet::ReaderProperties reader_properties;
    std::vector<bool> may_pass; /* each column's pages */
    passed_rows passed;
    int64_t first;

    std::unique_ptr<parquet::PageReader> GetColumnPageReader(int i) override
    {
        auto pages = whole->GetColumnPageReader(i);
        const bool flat = metadata()->schema()->Column(i)->max_repetition_level() == 0;

        if (may_pass[static_cast<size_t>(i)]) {
            pages->set_data_page_filter(
                [at = passed, i, flat, until = first,
                 over = false](const parquet::DataPageStats &page) mutable {
                    int64_t &row = (*at)[static_cast<size_t>(i)];
                    const int64_t rows = flat            ? page.num_values
                                         : page.num_rows ? *page.num_rows
                                                         : INT64_MAX;

                    /* One row before first is always read, which tells that this is over.
                     */
                    over = over || rows >= until - row;
                    row += over ? 0 : rows;
                    return !over;
                });
        }
        return pages;
    }

    const parquet::RowGroupMetaData *metadata() const override
    {
        return whole->metadata();
    }

    const parquet::ReaderProperties *properties() const override
    {
        return &reader_properties;
    }
};

/* A file of that group alone. */
struct file_of_group : parquet::ParquetFileReader::Contents {
    parquet::ParquetFileReader *whole;
    std::shared_ptr<parquet::FileMetaData> told; /* of the group; others point into it */
    int group;
    std::vector<bool> may_pass;
    passed_rows passed;
    int64_t first;

    void Close() override
    {
    }

    std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int) override
    {
        auto contents = std::make_unique<late_group>();

        contents->whole = whole->RowGroup(group);
        contents->may_pass = may_pass;
        contents->passed = passed;
        contents->first = first;
        return std::make_shared<parquet::RowGroupReader>(std::move(contents));
    }

    std::shared_ptr<parquet::FileMetaData> metadata() const override
    {
        return told;
    }

    std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override
    {
        return nullptr;
    }

    parquet::BloomFilterReader &GetBloomFilterReader() override
    {
        return whole->GetBloomFilterReader();
    }
};

/* The only column of the file below a field, or -1: pages of several do not end alike. */
int only_leaf(const parquet::arrow::SchemaField &field)
{
    if (field.is_leaf()) {
        return field.column_index;
    }
    return field.children.size() == 1 ? only_leaf(field.children[0]) : -1;
}

class stretch : public arrow::RecordBatchReader
{
  public:
    std::unique_ptr<parquet::arrow::FileReader> file;
    std::vector<std::unique_ptr<parquet::arrow::ColumnReader>> columns;
    std::shared_ptr<arrow::Schema> fields;
    std::shared_ptr<arrow::Table> table; /* of a batch, whose columns are in pieces */
    std::unique_ptr<arrow::TableBatchReader> pieces;
    int64_t left;
    int64_t batch_rows;

    std::shared_ptr<arrow::Schema> schema() const override
    {
        return fields;
    }

    arrow::Status read(size_t column, int64_t rows,
                       std::shared_ptr<arrow::ChunkedArray> *values)
    {
        ARROW_RETURN_NOT_OK(columns[column]->NextBatch(rows, values));
        if (!*values || (*values)->length() != rows) {
            return arrow::Status::Invalid("column \"",
                                          fields->field(static_cast<int>(column))->name(),
                                          "\" has fewer rows than the footer says");
        }
        return arrow::Status::OK();
    }

    /* To row first. leaf: the column's place in passed, or -1. */
    arrow::Status pass_over(size_t column, int leaf, const passed_rows &passed,
                            int64_t first)
    {
        std::shared_ptr<arrow::ChunkedArray> values;
        int64_t row = 0;

        if (first > 0) {
            ARROW_RETURN_NOT_OK(read(column, 1, &values));
            row = 1 + (leaf < 0 ? 0 : (*passed)[static_cast<size_t>(leaf)]);
        }
        while (row < first) {
            const int64_t rows = std::min(first - row, batch_rows);

            ARROW_RETURN_NOT_OK(read(column, rows, &values));
            row += rows;
        }
        return arrow::Status::OK();
    }

    arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch> *batch) override
    {
        const int64_t rows = std::min(left, batch_rows);

        *batch = nullptr;
        if (pieces) {
            ARROW_RETURN_NOT_OK(pieces->ReadNext(batch));
        }
        if (*batch || rows == 0) {
            return arrow::Status::OK();
        }
        std::vector<std::shared_ptr<arrow::ChunkedArray>> values(columns.size());
        for (size_t i = 0; i < columns.size(); i++) {
            ARROW_RETURN_NOT_OK(read(i, rows, &values[i]));
        }
        left -= rows;
        table = arrow::Table::Make(fields, values, rows);
        pieces = std::make_unique<arrow::TableBatchReader>(*table);
        return pieces->ReadNext(batch);
    }
};

} // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
dj_arrow_stretch(parquet::arrow::FileReader &file, int group, int64_t first,
                 int64_t batch_rows, const std::vector<int> &fields)
{
    const auto &manifest = file.manifest();
    const auto whole = file.parquet_reader()->metadata();
    const size_t leaves = static_cast<size_t>(whole->num_columns());
    auto made = std::make_shared<stretch>();
    auto contents = std::make_unique<file_of_group>();
    auto reader = std::make_unique<parquet::ParquetFileReader>();
    const passed_rows passed = std::make_shared<std::vector<int64_t>>(leaves, 0);
    const int64_t rows = whole->RowGroup(group)->num_rows();
    arrow::FieldVector chosen;

    contents->whole = file.parquet_reader();
    contents->group = group;
    contents->told = whole->Subset({ group });
    contents->first = std::min(first, rows);
    contents->passed = passed;
    contents->may_pass.assign(leaves, false);
    for (const int field : fields) {
        const int leaf = only_leaf(manifest.schema_fields[static_cast<size_t>(field)]);

        chosen.push_back(manifest.schema_fields[static_cast<size_t>(field)].field);
        if (leaf >= 0) {
            contents->may_pass[static_cast<size_t>(leaf)] = true;
        }
    }
    first = contents->first;
    made->fields = arrow::schema(chosen);
    made->left = rows - first;
    made->batch_rows = batch_rows;
    reader->Open(std::move(contents));
    ARROW_ASSIGN_OR_RAISE(made->file, parquet::arrow::FileReader::Make(
                                          arrow::default_memory_pool(), std::move(reader),
                                          file.properties()));
    for (const int field : fields) {
        std::unique_ptr<parquet::arrow::ColumnReader> column;

        ARROW_RETURN_NOT_OK(made->file->GetColumn(field, &column));
        made->columns.push_back(std::move(column));
        ARROW_RETURN_NOT_OK(
            made->pass_over(made->columns.size() - 1,
                            only_leaf(manifest.schema_fields[static_cast<size_t>(field)]),
                            passed, first));
    }
    return made;
}
