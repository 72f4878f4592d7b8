/* Whole files that are written: Parquet and Arrow IPC. */
#include "arrow/write.h"

#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/compression.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <unistd.h>

/* As the rest of the program compresses; what Arrow takes by default is level 1. */
enum { ZSTD_LEVEL = 3 };

std::shared_ptr<parquet::WriterProperties>
dj_arrow_properties(enum dj_arrow_compression compression, const char *const *plain,
                    int64_t nplain)
{
    parquet::WriterProperties::Builder builder;

    switch (compression) {
    case DJ_ARROW_SNAPPY:
        builder.compression(parquet::Compression::SNAPPY);
        break;
    case DJ_ARROW_GZIP:
        builder.compression(parquet::Compression::GZIP);
        break;
    case DJ_ARROW_ZSTD:
        builder.compression(parquet::Compression::ZSTD);
        builder.compression_level(ZSTD_LEVEL);
        break;
    case DJ_ARROW_NONE:
        builder.compression(parquet::Compression::UNCOMPRESSED);
        break;
    }
    for (int64_t i = 0; i < nplain; i++) {
        builder.disable_dictionary(plain[i]);
    }
    /*
     * An index of pages stands behind all groups and would have to be made anew when
     * groups are put together; checksums of pages cost next to nothing.
     */
    builder.disable_write_page_index();
    builder.enable_page_checksum();
    builder.max_row_group_length(std::numeric_limits<int64_t>::max());
    return builder.build();
}

arrow::Result<std::unique_ptr<parquet::arrow::FileWriter>>
dj_arrow_parquet_writer(const arrow::Schema &schema,
                        const std::shared_ptr<arrow::io::OutputStream> &sink,
                        const std::shared_ptr<parquet::WriterProperties> &properties)
{
    return parquet::arrow::FileWriter::Open(
        schema, arrow::default_memory_pool(), sink, properties,
        parquet::ArrowWriterProperties::Builder().store_schema()->build());
}

arrow::Status dj_arrow_write_group(parquet::arrow::FileWriter &writer,
                                   const std::shared_ptr<arrow::RecordBatch> &batch)
{
    ARROW_RETURN_NOT_OK(writer.NewRowGroup());
    for (const auto &column : batch->columns()) {
        ARROW_RETURN_NOT_OK(writer.WriteColumnChunk(*column));
    }
    return arrow::Status::OK();
}

struct dj_arrow_writer {
    std::shared_ptr<arrow::Schema> schema;
    std::shared_ptr<arrow::io::FileOutputStream> sink;
    std::unique_ptr<parquet::arrow::FileWriter> parquet; /* one of the two */
    std::shared_ptr<arrow::ipc::RecordBatchWriter> ipc;
};

static bool parquet_create(const char *path, struct ArrowSchema *schema,
                           enum dj_arrow_compression compression,
                           const char *const *plain, int64_t nplain,
                           struct dj_arrow_writer **writer, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        auto opened = std::make_unique<dj_arrow_writer>();

        ARROW_ASSIGN_OR_RAISE(opened->schema, arrow::ImportSchema(schema));
        ARROW_ASSIGN_OR_RAISE(opened->sink, arrow::io::FileOutputStream::Open(path));
        ARROW_ASSIGN_OR_RAISE(
            opened->parquet,
            dj_arrow_parquet_writer(*opened->schema, opened->sink,
                                    dj_arrow_properties(compression, plain, nplain)));
        *writer = opened.release();
        return arrow::Status::OK();
    });
}

/* IPC has no snappy and no gzip: lz4 and zstd do what they are chosen for. */
static arrow::Result<std::shared_ptr<arrow::util::Codec>>
codec_of(enum dj_arrow_compression compression)
{
    switch (compression) {
    case DJ_ARROW_SNAPPY:
        return arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME);
    case DJ_ARROW_GZIP:
    case DJ_ARROW_ZSTD:
        return arrow::util::Codec::Create(arrow::Compression::ZSTD, ZSTD_LEVEL);
    case DJ_ARROW_NONE:
        break;
    }
    return nullptr;
}

static bool ipc_create(const char *path, struct ArrowSchema *schema,
                       enum dj_arrow_compression compression,
                       struct dj_arrow_writer **writer, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        auto opened = std::make_unique<dj_arrow_writer>();
        arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();

        options.use_threads = false;
        ARROW_ASSIGN_OR_RAISE(opened->schema, arrow::ImportSchema(schema));
        ARROW_ASSIGN_OR_RAISE(options.codec, codec_of(compression));
        ARROW_ASSIGN_OR_RAISE(opened->sink, arrow::io::FileOutputStream::Open(path));
        ARROW_ASSIGN_OR_RAISE(opened->ipc, arrow::ipc::MakeFileWriter(
                                               opened->sink, opened->schema, options));
        *writer = opened.release();
        return arrow::Status::OK();
    });
}

static bool writer_add(struct dj_arrow_writer *writer, struct ArrowArray *batch,
                       char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto taken,
                              arrow::ImportRecordBatch(batch, writer->schema));
        return writer->ipc ? writer->ipc->WriteRecordBatch(*taken)
                           : dj_arrow_write_group(*writer->parquet, taken);
    });
}

static bool writer_finish(struct dj_arrow_writer *writer, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(writer->ipc ? writer->ipc->Close()
                                        : writer->parquet->Close());
        ARROW_RETURN_NOT_OK(writer->sink->Flush());
        if (fsync(writer->sink->file_descriptor()) != 0) {
            return arrow::Status::IOError(std::strerror(errno));
        }
        return writer->sink->Close();
    });
}

static void writer_close(struct dj_arrow_writer *writer)
{
    char why[DJ_ARROW_WHY];

    (void)dj_arrow_guarded(why, [&] {
        delete writer;
        return arrow::Status::OK();
    });
}

void dj_arrow_fill_write(struct dj_arrow_api *api)
{
    api->parquet_create = parquet_create;
    api->ipc_create = ipc_create;
    api->writer_add = writer_add;
    api->writer_finish = writer_finish;
    api->writer_close = writer_close;
}
