/*
 * Row groups that are made alone, batch by batch: a group is written as a file of its
 * own, whose pages are the body and whose footer is told to the rank that puts all
 * together.
 */
#include "arrow/write.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace
{

constexpr int64_t kMagic = 4; /* "PAR1" */
constexpr int64_t kTail = 8;  /* length of the footer, and "PAR1" */

/* Keeps what is written, but for the magic at the beginning, in memory of malloc's. */
class Sink : public arrow::io::OutputStream
{
  public:
    ~Sink() override
    {
        std::free(bytes_);
    }

    arrow::Status Close() override
    {
        closed_ = true;
        return arrow::Status::OK();
    }

    bool closed() const override
    {
        return closed_;
    }

    arrow::Result<int64_t> Tell() const override
    {
        return position_;
    }

    using arrow::io::OutputStream::Write;

    arrow::Status Write(const void *data, int64_t size) override
    {
        const int64_t skip = std::min(size, std::max<int64_t>(0, kMagic - position_));
        const int64_t more = size - skip;

        if (length_ + more > room_) {
            const int64_t room = std::max(length_ + more, 2 * room_);
            char *grown =
                static_cast<char *>(std::realloc(bytes_, static_cast<size_t>(room)));

            if (grown == nullptr) {
                return arrow::Status::OutOfMemory("out of memory for a row group");
            }
            bytes_ = grown;
            room_ = room;
        }
        std::memcpy(bytes_ + length_, static_cast<const char *>(data) + skip,
                    static_cast<size_t>(more));
        length_ += more;
        position_ += size;
        return arrow::Status::OK();
    }

    const char *bytes() const
    {
        return bytes_;
    }

    int64_t length() const
    {
        return length_;
    }

    char *release()
    {
        char *given = bytes_;

        bytes_ = nullptr;
        length_ = room_ = 0;
        return given;
    }

  private:
    char *bytes_ = nullptr;
    int64_t length_ = 0;
    int64_t room_ = 1 << 20;
    int64_t position_ = 0;
    bool closed_ = false;

  public:
    Sink()
    {
        bytes_ = static_cast<char *>(std::malloc(static_cast<size_t>(room_)));
        room_ = bytes_ == nullptr ? 0 : room_;
    }
};

/* Bytes of the footer with what stands behind it. */
arrow::Result<int64_t> footer_size(const Sink &file)
{
    const auto *tail =
        reinterpret_cast<const uint8_t *>(file.bytes() + file.length() - kTail);
    const uint32_t length =
        static_cast<uint32_t>(tail[0]) | static_cast<uint32_t>(tail[1]) << 8 |
        static_cast<uint32_t>(tail[2]) << 16 | static_cast<uint32_t>(tail[3]) << 24;

    if (static_cast<int64_t>(length) + kTail > file.length()) {
        return arrow::Status::Invalid("a row group's footer has no place in it");
    }
    return static_cast<int64_t>(length) + kTail;
}

} // namespace

struct dj_arrow_group_writer {
    std::shared_ptr<arrow::Schema> schema;
    std::shared_ptr<Sink> sink;
    std::unique_ptr<parquet::arrow::FileWriter> writer;
};

static bool group_begin(struct ArrowSchema *schema, enum dj_arrow_compression compression,
                        const char *const *plain, int64_t nplain,
                        struct dj_arrow_group_writer **group, char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        auto begun = std::make_unique<dj_arrow_group_writer>();

        ARROW_ASSIGN_OR_RAISE(begun->schema, arrow::ImportSchema(schema));
        begun->sink = std::make_shared<Sink>();
        ARROW_ASSIGN_OR_RAISE(
            begun->writer,
            dj_arrow_parquet_writer(*begun->schema, begun->sink,
                                    dj_arrow_properties(compression, plain, nplain)));
        ARROW_RETURN_NOT_OK(begun->writer->NewBufferedRowGroup());
        *group = begun.release();
        return arrow::Status::OK();
    });
}

static bool group_add(struct dj_arrow_group_writer *group, struct ArrowArray *batch,
                      char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto taken, arrow::ImportRecordBatch(batch, group->schema));
        return group->writer->WriteRecordBatch(*taken);
    });
}

static bool group_end(struct dj_arrow_group_writer *group, char **body,
                      int64_t *body_size, char **meta, int64_t *meta_size, char *why)
{
    *body = nullptr;
    *meta = nullptr;
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(group->writer->Close());
        ARROW_ASSIGN_OR_RAISE(const int64_t footer, footer_size(*group->sink));
        const int64_t pages = group->sink->length() - footer;

        ARROW_RETURN_NOT_OK(
            dj_arrow_give(group->sink->bytes() + pages, footer, meta, meta_size));
        *body = group->sink->release();
        *body_size = pages;
        return arrow::Status::OK();
    });
}

static void group_close(struct dj_arrow_group_writer *group)
{
    char why[DJ_ARROW_WHY];

    (void)dj_arrow_guarded(why, [&] {
        delete group;
        return arrow::Status::OK();
    });
}

static bool group_make(struct ArrowSchema *schema, struct ArrowArray *batch,
                       enum dj_arrow_compression compression, const char *const *plain,
                       int64_t nplain, char **body, int64_t *body_size, char **meta,
                       int64_t *meta_size, char *why)
{
    struct dj_arrow_group_writer *group = nullptr;
    bool good;

    *body = nullptr;
    *meta = nullptr;
    if (!group_begin(schema, compression, plain, nplain, &group, why)) {
        batch->release(batch); /* it is taken in any case */
        return false;
    }
    good = group_add(group, batch, why) &&
           group_end(group, body, body_size, meta, meta_size, why);
    group_close(group);
    return good;
}

void dj_arrow_fill_group(struct dj_arrow_api *api)
{
    api->group_begin = group_begin;
    api->group_add = group_add;
    api->group_end = group_end;
    api->group_close = group_close;
    api->group_make = group_make;
}
