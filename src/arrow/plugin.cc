/* The table of functions, schemas as bytes, and what all of the plugin needs. */
#include "arrow/plugin.h"

#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <arrow/util/thread_pool.h>

#include <cstdlib>
#include <cstring>

void dj_arrow_say(char *why, const std::string &text)
{
    size_t length = text.size() < DJ_ARROW_WHY - 1 ? text.size() : DJ_ARROW_WHY - 1;

    std::memcpy(why, text.data(), length);
    why[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        why[i] = why[i] == '\n' || why[i] == '\0' ? ' ' : why[i];
    }
    while (length > 0 && why[length - 1] == ' ') {
        why[--length] = '\0';
    }
}

arrow::Status dj_arrow_give(const void *bytes, int64_t size, char **copy, int64_t *length)
{
    *copy = static_cast<char *>(std::malloc(static_cast<size_t>(size) + 1));
    if (*copy == nullptr) {
        return arrow::Status::OutOfMemory("out of memory for ", size, " bytes");
    }
    std::memcpy(*copy, bytes, static_cast<size_t>(size));
    *length = size;
    return arrow::Status::OK();
}

static bool schema_pack(struct ArrowSchema *schema, char **bytes, int64_t *size,
                        char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto taken, arrow::ImportSchema(schema));
        ARROW_ASSIGN_OR_RAISE(auto packed, arrow::ipc::SerializeSchema(*taken));
        return dj_arrow_give(packed->data(), packed->size(), bytes, size);
    });
}

static bool schema_unpack(const char *bytes, int64_t size, struct ArrowSchema *schema,
                          char *why)
{
    return dj_arrow_guarded(why, [&]() -> arrow::Status {
        arrow::io::BufferReader in(std::make_shared<arrow::Buffer>(
            reinterpret_cast<const uint8_t *>(bytes), size));
        arrow::ipc::DictionaryMemo memo;

        ARROW_ASSIGN_OR_RAISE(auto read, arrow::ipc::ReadSchema(&in, &memo));
        return arrow::ExportSchema(*read, schema);
    });
}

/*
 * Ranks fill the cores of a node, so a rank's Arrow works with one thread of its own
 * where its functions insist on a pool.
 */
static void keep_to_one_thread()
{
    (void)arrow::SetCpuThreadPoolCapacity(1);
    (void)arrow::io::SetIOThreadPoolCapacity(1);
}

extern "C" __attribute__((visibility("default"))) const struct dj_arrow_api *
dj_arrow_plugin(void)
{
    static struct dj_arrow_api api;

    if (api.abi == 0) {
        keep_to_one_thread();
        api.schema_pack = schema_pack;
        api.schema_unpack = schema_unpack;
        dj_arrow_fill_read(&api);
        dj_arrow_fill_write(&api);
        dj_arrow_fill_footer(&api);
        dj_arrow_fill_group(&api);
        api.abi = DJ_ARROW_ABI;
    }
    return &api;
}
