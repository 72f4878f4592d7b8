/*
 * Arrow IPC that is read: files, and streams (what Hugging Face datasets keep), whose
 * batches are found by going through them once.
 */
#include "arrow/plugin.h"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/byte_size.h>

#include <cstring>

namespace
{

/* Columns by name, in the order of the schema; no names: all. */
std::vector<int> indices_of(const arrow::Schema &schema,
                            const std::vector<std::string> &names)
{
    std::vector<int> indices;

    for (int i = 0; i < schema.num_fields(); i++) {
        for (const auto &name : names) {
            if (schema.field(i)->name() == name) {
                indices.push_back(i);
                break;
            }
        }
    }
    return indices;
}

/* The type with bytes where it has strings. */
std::shared_ptr<arrow::DataType>
without_text(const std::shared_ptr<arrow::DataType> &type)
{
    arrow::FieldVector fields;

    for (const auto &field : type->fields()) {
        fields.push_back(field->WithType(without_text(field->type())));
    }
    switch (type->id()) {
    case arrow::Type::STRING:
        return arrow::binary();
    case arrow::Type::LARGE_STRING:
        return arrow::large_binary();
    case arrow::Type::LIST:
        return arrow::list(fields[0]);
    case arrow::Type::LARGE_LIST:
        return arrow::large_list(fields[0]);
    case arrow::Type::STRUCT:
        return arrow::struct_(fields);
    default:
        return type;
    }
}

/*
 * Offsets and indices are as the file has them, and a damaged one would lead anywhere. A
 * string that is no UTF-8 is no damage here: it costs its sample, later.
 */
arrow::Status check(const arrow::RecordBatch &batch)
{
    for (const auto &column : batch.columns()) {
        const arrow::Status status = column->ValidateFull();

        if (!status.ok()) {
            const auto bytes = column->View(without_text(column->type()));

            if (!bytes.ok() || !(*bytes)->ValidateFull().ok()) {
                return status;
            }
        }
    }
    return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
reader_of(std::shared_ptr<arrow::RecordBatch> batch,
          const std::vector<std::string> &columns)
{
    ARROW_RETURN_NOT_OK(check(*batch));
    if (!columns.empty()) {
        ARROW_ASSIGN_OR_RAISE(
            batch, batch->SelectColumns(indices_of(*batch->schema(), columns)));
    }
    return arrow::RecordBatchReader::Make({ batch });
}

arrow::Result<struct dj_arrow_group> measure(const arrow::RecordBatch &batch,
                                             uint64_t place)
{
    ARROW_RETURN_NOT_OK(batch.Validate());
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(batch));
    uint64_t digest = place * 0x9e3779b97f4a7c15U;

    digest = (digest ^ static_cast<uint64_t>(batch.num_rows())) * 0xff51afd7ed558ccdU;
    digest = (digest ^ static_cast<uint64_t>(bytes)) * 0xc4ceb9fe1a85ec53U;
    return dj_arrow_group{ batch.num_rows(), bytes, digest ^ digest >> 29 };
}

struct ipc_file : dj_arrow_file {
    std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader;
    uint64_t size; /* stored bytes */

    std::shared_ptr<arrow::Schema> schema() override
    {
        return reader->schema();
    }

    int64_t groups() const override
    {
        return reader->num_record_batches();
    }

    arrow::Status group(int64_t index, struct dj_arrow_group *group) override
    {
        ARROW_ASSIGN_OR_RAISE(auto batch,
                              reader->ReadRecordBatch(static_cast<int>(index)));
        ARROW_ASSIGN_OR_RAISE(*group,
                              measure(*batch, size + static_cast<uint64_t>(index)));
        return arrow::Status::OK();
    }

    arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
    open(int64_t group, int64_t first, int64_t batch_rows,
         const std::vector<std::string> &columns, int64_t *begin) override
    {
        (void)first;
        (void)batch_rows;
        *begin = 0;
        ARROW_ASSIGN_OR_RAISE(auto batch,
                              reader->ReadRecordBatch(static_cast<int>(group)));
        return reader_of(batch, columns);
    }
};

struct ipc_stream : dj_arrow_file {
    std::shared_ptr<arrow::io::RandomAccessFile> source;
    std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader;
    std::vector<dj_arrow_group> found;
    int64_t next = 0; /* batch that reader gives next */
    uint64_t size;

    std::shared_ptr<arrow::Schema> schema() override
    {
        return reader->schema();
    }

    int64_t groups() const override
    {
        return static_cast<int64_t>(found.size());
    }

    arrow::Status group(int64_t index, struct dj_arrow_group *group) override
    {
        *group = found[static_cast<size_t>(index)];
        return arrow::Status::OK();
    }

    arrow::Status rewind()
    {
        arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();

        options.use_threads = false;
        options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
        ARROW_RETURN_NOT_OK(source->Seek(0));
        ARROW_ASSIGN_OR_RAISE(
            reader, arrow::ipc::RecordBatchStreamReader::Open(source.get(), options));
        next = 0;
        return arrow::Status::OK();
    }

    arrow::Status go_through()
    {
        std::shared_ptr<arrow::RecordBatch> batch;

        ARROW_RETURN_NOT_OK(rewind());
        for (;;) {
            ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
            if (!batch) {
                return rewind();
            }
            ARROW_ASSIGN_OR_RAISE(auto group, measure(*batch, size + found.size()));
            found.push_back(group);
        }
    }

    arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>
    open(int64_t group, int64_t first, int64_t batch_rows,
         const std::vector<std::string> &columns, int64_t *begin) override
    {
        std::shared_ptr<arrow::RecordBatch> batch;

        (void)first;
        (void)batch_rows;
        *begin = 0;
        if (group < next) {
            ARROW_RETURN_NOT_OK(rewind());
        }
        for (; next <= group; next++) {
            ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
            if (!batch) {
                return arrow::Status::Invalid("the stream ends before batch ", group);
            }
        }
        return reader_of(batch, columns);
    }
};

arrow::Result<bool> is_file(arrow::io::RandomAccessFile &source)
{
    char magic[6];

    ARROW_ASSIGN_OR_RAISE(const int64_t got, source.ReadAt(0, sizeof(magic), magic));
    return got == sizeof(magic) && std::memcmp(magic, "ARROW1", sizeof(magic)) == 0;
}

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_source(const char *path,
                                                                        bool map)
{
    if (map) {
        return arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ);
    }
    return arrow::io::ReadableFile::Open(path);
}

} // namespace

arrow::Status dj_arrow_open_ipc(const char *path, bool map, struct dj_arrow_file **file)
{
    arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();

    options.use_threads = false;
    options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    ARROW_ASSIGN_OR_RAISE(auto source, open_source(path, map));
    ARROW_ASSIGN_OR_RAISE(const int64_t size, source->GetSize());
    ARROW_ASSIGN_OR_RAISE(const bool whole, is_file(*source));
    if (whole) {
        auto opened = std::make_unique<ipc_file>();

        opened->size = static_cast<uint64_t>(size);
        ARROW_ASSIGN_OR_RAISE(opened->reader,
                              arrow::ipc::RecordBatchFileReader::Open(source, options));
        *file = opened.release();
    } else {
        auto opened = std::make_unique<ipc_stream>();

        opened->size = static_cast<uint64_t>(size);
        opened->source = source;
        ARROW_RETURN_NOT_OK(opened->go_through());
        *file = opened.release();
    }
    return arrow::Status::OK();
}
