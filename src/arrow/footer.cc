/*
 * Parquet files put together of row groups that were made alone (group.cc): the footer of
 * each is taken apart and entered, with the places moved, into the footer of all.
 */
#include "arrow/write.h"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/size_statistics.h>
#include <parquet/statistics.h>

#include <cstring>
#include <map>

namespace
{

constexpr int64_t kMagic = 4; /* "PAR1" */

/* A whole Parquet file in memory. */
arrow::Result<std::shared_ptr<arrow::Buffer>>
make_file(const std::shared_ptr<arrow::Schema> &schema,
          const std::shared_ptr<arrow::RecordBatch> &batch,
          const std::shared_ptr<parquet::WriterProperties> &properties)
{
    ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
    ARROW_ASSIGN_OR_RAISE(auto writer,
                          dj_arrow_parquet_writer(*schema, sink, properties));
    if (batch) {
        ARROW_RETURN_NOT_OK(dj_arrow_write_group(*writer, batch));
    }
    ARROW_RETURN_NOT_OK(writer->Close());
    return sink->Finish();
}

void copy_column(const parquet::ColumnChunkMetaData &from, int64_t shift,
                 parquet::ColumnChunkMetaDataBuilder *to)
{
    const auto statistics = from.encoded_statistics();
    const auto sizes = from.size_statistics();
    const bool has_dictionary = from.has_dictionary_page();
    std::map<parquet::Encoding::type, int32_t> dictionary_pages;
    std::map<parquet::Encoding::type, int32_t> data_pages;
    bool plain = false;

    for (const auto &stats : from.encoding_stats()) {
        if (stats.page_type == parquet::PageType::DICTIONARY_PAGE) {
            dictionary_pages[stats.encoding] += stats.count;
        } else {
            data_pages[stats.encoding] += stats.count;
            plain = plain || stats.encoding == parquet::Encoding::PLAIN;
        }
    }
    if (statistics != nullptr) {
        to->SetStatistics(*statistics);
    }
    if (sizes != nullptr) {
        to->SetSizeStatistics(*sizes);
    }
    to->Finish(from.num_values(),
               has_dictionary ? from.dictionary_page_offset() + shift : 0, -1,
               from.data_page_offset() + shift, from.total_compressed_size(),
               from.total_uncompressed_size(), has_dictionary, has_dictionary && plain,
               dictionary_pages, data_pages);
}

} // namespace

struct dj_arrow_footer {
    std::shared_ptr<parquet::WriterProperties> properties;
    std::shared_ptr<parquet::FileMetaData> none; /* of a file without groups */
    std::unique_ptr<parquet::FileMetaDataBuilder> builder;
};

static bool footer_begin(struct ArrowSchema *schema,
                         enum dj_arrow_compression compression, const char *const *plain,
                         int64_t nplain, struct dj_arrow_footer **footer, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        auto begun = std::make_unique<dj_arrow_footer>();

        begun->properties = dj_arrow_properties(compression, plain, nplain);
        ARROW_ASSIGN_OR_RAISE(auto taken, arrow::ImportSchema(schema));
        ARROW_ASSIGN_OR_RAISE(auto file, make_file(taken, nullptr, begun->properties));
        begun->none =
            parquet::ReadMetaData(std::make_shared<arrow::io::BufferReader>(file));
        begun->builder =
            parquet::FileMetaDataBuilder::Make(begun->none->schema(), begun->properties);
        *footer = begun.release();
        return arrow::Status::OK();
    });
}

static bool footer_add(struct dj_arrow_footer *footer, const char *meta,
                       int64_t meta_size, int64_t offset, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        const auto read = parquet::ReadMetaData(
            std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
                reinterpret_cast<const uint8_t *>(meta), meta_size)));

        if (!read->schema()->Equals(*footer->none->schema())) {
            return arrow::Status::Invalid("a row group has another schema than the file");
        }
        for (int g = 0; g < read->num_row_groups(); g++) {
            const auto group = read->RowGroup(g);
            auto *to = footer->builder->AppendRowGroup();

            to->set_num_rows(group->num_rows());
            for (int i = 0; i < group->num_columns(); i++) {
                copy_column(*group->ColumnChunk(i), offset - kMagic,
                            to->NextColumnChunk());
            }
            to->Finish(group->total_byte_size());
        }
        return arrow::Status::OK();
    });
}

static bool footer_end(struct dj_arrow_footer *footer, char **bytes, int64_t *size,
                       char *why)
{
    *bytes = nullptr;
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        const auto all = footer->builder->Finish(footer->none->key_value_metadata());

        ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
        ARROW_RETURN_NOT_OK(parquet::arrow::WriteFileMetaData(*all, sink.get()));
        ARROW_ASSIGN_OR_RAISE(auto written, sink->Finish());
        return dj_arrow_give(written->data(), written->size(), bytes, size);
    });
}

static void footer_close(struct dj_arrow_footer *footer)
{
    char why[DJ_ARROW_WHY];

    (void)dj_arrow_guarded(why, [&] {
        delete footer;
        return arrow::Status::OK();
    });
}

void dj_arrow_fill_footer(struct dj_arrow_api *api)
{
    api->footer_begin = footer_begin;
    api->footer_add = footer_add;
    api->footer_end = footer_end;
    api->footer_close = footer_close;
}
