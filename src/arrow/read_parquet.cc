/*
 * Parquet files that are read. Columns are read page by page through buffers of their
 * own, never a whole column of a group at once: groups of gigabytes are common, for
 * writers' defaults count a group's rows and not its bytes.
 */
#include "arrow/stretch.h"

#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/size_statistics.h>
#include <parquet/statistics.h>
#include <parquet/xxhasher.h>

#include <algorithm>

namespace
{

constexpr int64_t kColumnBuffer = 256 << 10;

/* Texts behind a dictionary take more room decoded than the footer's sum says. */
int64_t decoded_bytes(const parquet::ColumnChunkMetaData &column)
{
    const auto sizes = column.size_statistics();
    const int64_t stored = column.total_uncompressed_size();

    if (sizes == nullptr || !sizes->unencoded_byte_array_data_bytes) {
        return stored;
    }
    return std::max(stored, *sizes->unencoded_byte_array_data_bytes);
}

void describe(const parquet::ColumnChunkMetaData &column, std::string *text)
{
    const auto statistics = column.encoded_statistics();

    for (const int64_t number :
         { column.num_values(), column.data_page_offset(),
           column.has_dictionary_page() ? column.dictionary_page_offset() : -1,
           column.total_compressed_size(), column.total_uncompressed_size() }) {
        *text += std::to_string(number) + " ";
    }
    if (statistics != nullptr) {
        *text += std::to_string(statistics->null_count) + " " + statistics->min() + " " +
                 statistics->max();
    }
}

struct parquet_file : dj_arrow_file {
    std::unique_ptr<parquet::arrow::FileReader> reader;
    std::shared_ptr<arrow::Schema> columns;

    std::shared_ptr<arrow::Schema> schema() override
    {
        return columns;
    }

    int64_t groups() const override
    {
        return reader->num_row_groups();
    }

    arrow::Status group(int64_t index, struct dj_arrow_group *group) override
    {
        const auto meta =
            reader->parquet_reader()->metadata()->RowGroup(static_cast<int>(index));
        std::string text = std::to_string(meta->num_rows()) + " ";

        *group = { meta->num_rows(), 0, 0 };
        for (int i = 0; i < meta->num_columns(); i++) {
            const auto column = meta->ColumnChunk(i);

            group->bytes += decoded_bytes(*column);
            describe(*column, &text);
        }
        const parquet::ByteArray bytes(text);
        group->digest = parquet::XxHasher().Hash(&bytes);
        return arrow::Status::OK();
    }

    arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
    open(int64_t group, int64_t first, int64_t batch_rows,
         const std::vector<std::string> &wanted, int64_t *begin) override
    {
        std::vector<int> fields;
        const auto &all = reader->manifest().schema_fields;

        *begin = first;
        for (size_t i = 0; i < all.size(); i++) {
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                            all[i].field->name()) != wanted.end()) {
                fields.push_back(static_cast<int>(i));
            }
        }
        return dj_arrow_stretch(*reader, static_cast<int>(group), first, batch_rows,
                                fields);
    }
};

} // namespace

arrow::Status dj_arrow_open_parquet(const char *path, struct dj_arrow_file **file)
{
    auto opened = std::make_unique<parquet_file>();
    parquet::ReaderProperties properties;
    parquet::ArrowReaderProperties arrow_properties(false);
    parquet::arrow::FileReaderBuilder builder;

    properties.enable_buffered_stream();
    properties.set_buffer_size(kColumnBuffer);
    properties.set_page_checksum_verification(true);
    arrow_properties.set_pre_buffer(false);
    ARROW_ASSIGN_OR_RAISE(auto source, arrow::io::ReadableFile::Open(path));
    ARROW_RETURN_NOT_OK(builder.Open(source, properties));
    builder.properties(arrow_properties);
    ARROW_RETURN_NOT_OK(builder.Build(&opened->reader));
    ARROW_RETURN_NOT_OK(opened->reader->GetSchema(&opened->columns));
    *file = opened.release();
    return arrow::Status::OK();
}
