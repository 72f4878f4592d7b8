/* The list of input files as bytes, its fingerprint, and its end. */
#include "dataset/source_private.h"

#include "dj/hash.h"

/* What has a fixed size; the texts follow. */
struct packed {
    int64_t path_len, name_len, spool_len, layout_len; /* -1: no spool, no layout */
    int64_t entry, format, codec, size;
    double mtime;
};

void dj_source_release(struct dj_source_file *file)
{
    dj_xfree(file->path);
    dj_xfree(file->name);
    dj_xfree(file->spool_path);
    dj_xfree(file->layout);
}

void dj_sources_release(struct dj_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        dj_source_release(&sources->files[i]);
    }
    dj_xfree(sources->files);
    dj_xfree(sources->selection);
    *sources = (struct dj_sources){ 0 };
}

struct dj_source_file *dj_sources_add(struct dj_sources *sources)
{
    struct dj_source_file *file;

    if ((sources->count & (sources->count - 1)) == 0) { /* full at each power of two */
        const size_t cap = sources->count == 0 ? 1 : 2 * sources->count;

        sources->files =
            dj_xrealloc(sources->files, dj_size_mul(cap, sizeof(*sources->files)));
    }
    file = &sources->files[sources->count++];
    *file = (struct dj_source_file){ 0 };
    return file;
}

enum dj_status dj_sources_pack(const struct dj_sources *sources, struct dj_buf *out)
{
    for (size_t i = 0; i < sources->count; i++) {
        const struct dj_source_file *file = &sources->files[i];
        const struct dj_str path = dj_str_from(file->path);
        const struct dj_str name = dj_str_from(file->name);
        const struct dj_str spool = dj_str_from(file->spool_path);
        const struct dj_str layout = dj_str_from(file->layout);
        const struct packed packed = {
            .path_len = (int64_t)path.len,
            .name_len = (int64_t)name.len,
            .spool_len = file->spool_path == NULL ? -1 : (int64_t)spool.len,
            .layout_len = file->layout == NULL ? -1 : (int64_t)layout.len,
            .entry = file->entry,
            .format = (int64_t)file->format,
            .codec = (int64_t)file->codec,
            .size = file->size,
            .mtime = file->mtime,
        };

        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ (const char *)&packed, sizeof(packed) }));
        DJ_TRY(dj_buf_append(out, path));
        DJ_TRY(dj_buf_append(out, name));
        DJ_TRY(dj_buf_append(out, spool));
        DJ_TRY(dj_buf_append(out, layout));
    }
    return DJ_OK;
}

/* The next len bytes as a new string; NULL when there are not so many. */
static char *take_text(struct dj_str *rest, int64_t len)
{
    char *text;

    if (len < 0 || (uint64_t)len > rest->len) {
        return NULL;
    }
    text = dj_xstrndup(rest->ptr, (size_t)len);
    rest->ptr += len;
    rest->len -= (size_t)len;
    return text;
}

static bool unpack_file(struct dj_str *rest, struct dj_source_file *file)
{
    struct packed packed;

    if (rest->len < sizeof(packed)) {
        return false;
    }
    memcpy(&packed, rest->ptr, sizeof(packed));
    rest->ptr += sizeof(packed);
    rest->len -= sizeof(packed);
    file->path = take_text(rest, packed.path_len);
    file->name = take_text(rest, packed.name_len);
    file->spool_path = take_text(rest, packed.spool_len);
    file->layout = take_text(rest, packed.layout_len);
    file->entry = packed.entry;
    file->format = (enum dj_source_format)packed.format;
    file->codec = (enum dj_codec)packed.codec;
    file->size = packed.size;
    file->mtime = packed.mtime;
    return file->path != NULL && file->name != NULL &&
           (packed.spool_len < 0) == (file->spool_path == NULL) &&
           (packed.layout_len < 0) == (file->layout == NULL) && packed.codec >= 0 &&
           packed.codec < DJ_CODEC_COUNT && packed.format >= 0 &&
           packed.format < DJ_SOURCE_COUNT;
}

enum dj_status dj_sources_unpack(struct dj_str bytes, struct dj_sources *sources,
                                 struct dj_error *err)
{
    struct dj_str rest = bytes;

    *sources = (struct dj_sources){ 0 };
    while (rest.len > 0) {
        if (!unpack_file(&rest, dj_sources_add(sources))) {
            dj_sources_release(sources);
            return dj_fail(err, DJ_INTERNAL, "the list of input files came in damaged");
        }
    }
    return DJ_OK;
}

enum dj_status dj_sources_pack_layouts(const struct dj_sources *sources,
                                       struct dj_buf *out)
{
    for (size_t i = 0; i < sources->count; i++) {
        const char *layout = sources->files[i].layout;
        const int64_t head[2] = { (int64_t)i,
                                  layout == NULL ? 0 : (int64_t)strlen(layout) };

        if (layout != NULL) {
            DJ_TRY(
                dj_buf_append(out, (struct dj_str){ (const char *)head, sizeof(head) }));
            DJ_TRY(dj_buf_append(out, dj_str_from(layout)));
        }
    }
    return DJ_OK;
}

enum dj_status dj_sources_take_layouts(struct dj_str bytes, struct dj_sources *sources,
                                       struct dj_error *err)
{
    int64_t head[2];

    while (bytes.len > 0) {
        char *layout = NULL;

        if (bytes.len >= sizeof(head)) {
            memcpy(head, bytes.ptr, sizeof(head));
            bytes.ptr += sizeof(head);
            bytes.len -= sizeof(head);
            layout = take_text(&bytes, head[1]);
        }
        if (layout == NULL || head[0] < 0 || (size_t)head[0] >= sources->count) {
            dj_xfree(layout);
            return dj_fail(err, DJ_INTERNAL, "what a scan found out came in damaged");
        }
        dj_xfree(sources->files[head[0]].layout);
        sources->files[head[0]].layout = layout;
    }
    return DJ_OK;
}

uint64_t dj_sources_fingerprint(const struct dj_sources *sources)
{
    struct dj_hasher *hasher = dj_hasher_new();
    uint64_t value;

    for (size_t i = 0; i < sources->count; i++) {
        const struct dj_source_file *file = &sources->files[i];

        /* With its NUL, so that names do not run together. */
        dj_hasher_add(hasher, (struct dj_str){ file->name, strlen(file->name) + 1 });
        dj_hasher_add(hasher,
                      (struct dj_str){ (const char *)&file->size, sizeof(file->size) });
        dj_hasher_add(hasher,
                      (struct dj_str){ (const char *)&file->mtime, sizeof(file->mtime) });
    }
    value = dj_hasher_value(hasher);
    dj_hasher_free(hasher);
    return value;
}
