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
constexpr int64_t kKept = 64 << 10;

/*
 * Keeps what is written, but for the magic at the beginning. The pages of a column come
 * in one buffer, which is kept itself: a copy of it would be most of the memory of a
 * group.
 */
class Sink : public arrow::io::OutputStream
{
  public:
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

    arrow::Status Write(const void *data, int64_t size) override
    {
        const int64_t skip = std::min(size, std::max<int64_t>(0, kMagic - position_));

        if (pieces_.empty() || pieces_.back().buffer) {
            pieces_.emplace_back();
        }
        pieces_.back().bytes.append(static_cast<const char *>(data) + skip,
                                    static_cast<size_t>(size - skip));
        position_ += size;
        return arrow::Status::OK();
    }

    arrow::Status Write(const std::shared_ptr<arrow::Buffer> &data) override
    {
        if (data->size() < kKept || position_ < kMagic) {
            return Write(data->data(), data->size());
        }
        pieces_.push_back({ data, std::string() });
        position_ += data->size();
        return arrow::Status::OK();
    }

    int64_t length() const
    {
        return std::max<int64_t>(0, position_ - kMagic);
    }

    /* The first bytes of what is kept; borrowed. */
    void give(int64_t bytes, std::vector<struct dj_str> *parts) const
    {
        for (const auto &piece : pieces_) {
            const struct dj_str whole = piece.whole();
            const size_t size = std::min(whole.len, static_cast<size_t>(bytes));

            if (size > 0) {
                parts->push_back({ whole.ptr, size });
            }
            bytes -= static_cast<int64_t>(size);
        }
    }

    std::string end(int64_t bytes) const
    {
        std::string found;

        for (auto piece = pieces_.rbegin();
             piece != pieces_.rend() && static_cast<int64_t>(found.size()) < bytes;
             ++piece) {
            const struct dj_str whole = piece->whole();
            const size_t size =
                std::min(whole.len, static_cast<size_t>(bytes) - found.size());

            found.insert(0, whole.ptr + (whole.len - size), size);
        }
        return found;
    }

  private:
    struct kept {
        std::shared_ptr<arrow::Buffer> buffer; /* or else the bytes */
        std::string bytes;

        struct dj_str whole() const
        {
            return buffer ? dj_str{ reinterpret_cast<const char *>(buffer->data()),
                                    static_cast<size_t>(buffer->size()) }
                          : dj_str{ bytes.data(), bytes.size() };
        }
    };

    std::vector<kept> pieces_;
    int64_t position_ = 0;
    bool closed_ = false;
};

/* Bytes of the footer with what stands behind it. */
arrow::Result<int64_t> footer_size(const Sink &file)
{
    const std::string end = file.end(kTail);
    const auto *tail = reinterpret_cast<const uint8_t *>(end.data());
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
    std::vector<struct dj_str> body; /* once it has ended */
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

static bool group_end(struct dj_arrow_group_writer *group, const struct dj_str **body,
                      int64_t *nbody, char **meta, int64_t *meta_size, char *why)
{
    *body = nullptr;
    *nbody = 0;
    *meta = nullptr;
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(group->writer->Close());
        ARROW_ASSIGN_OR_RAISE(const int64_t footer, footer_size(*group->sink));

        ARROW_RETURN_NOT_OK(
            dj_arrow_give(group->sink->end(footer).data(), footer, meta, meta_size));
        group->sink->give(group->sink->length() - footer, &group->body);
        *body = group->body.data();
        *nbody = static_cast<int64_t>(group->body.size());
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

static bool join(const struct dj_str *parts, int64_t nparts, char **body,
                 int64_t *body_size, char *why)
{
    return dj_arrow_guarded(why, [&] {
        std::string whole;

        for (int64_t i = 0; i < nparts; i++) {
            whole.append(parts[i].ptr, parts[i].len);
        }
        return dj_arrow_give(whole.data(), static_cast<int64_t>(whole.size()), body,
                             body_size);
    });
}

static bool group_make(struct ArrowSchema *schema, struct ArrowArray *batch,
                       enum dj_arrow_compression compression, const char *const *plain,
                       int64_t nplain, char **body, int64_t *body_size, char **meta,
                       int64_t *meta_size, char *why)
{
    struct dj_arrow_group_writer *group = nullptr;
    const struct dj_str *parts;
    int64_t nparts;
    bool good;

    *body = nullptr;
    *meta = nullptr;
    if (!group_begin(schema, compression, plain, nplain, &group, why)) {
        batch->release(batch); /* it is taken in any case */
        return false;
    }
    good = group_add(group, batch, why) &&
           group_end(group, &parts, &nparts, meta, meta_size, why) &&
           join(parts, nparts, body, body_size, why);
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
