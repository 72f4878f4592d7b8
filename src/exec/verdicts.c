/* The record of verdicts: written once, sealed, read back whole. */
#include "exec/verdicts.h"

#include "dj/fs.h"
#include "dj/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { RECORD_VERSION = 1, FIELDS = 5 };

void dj_verdicts_release(struct dj_verdict_list *verdicts)
{
    dj_xfree(verdicts->items);
    *verdicts = (struct dj_verdict_list){ NULL, 0 };
}

size_t dj_verdicts_of(const struct dj_verdict_list *verdicts, int64_t partition,
                      const struct dj_verdict_extent **first)
{
    size_t low = 0;
    size_t width = verdicts->count;
    size_t n = 0;

    while (width > 0) {
        const size_t half = width / 2;

        if (verdicts->items[low + half].partition < partition) {
            low += half + 1;
            width -= half + 1;
        } else {
            width = half;
        }
    }
    *first = verdicts->items + low;
    while (low + n < verdicts->count && verdicts->items[low + n].partition == partition) {
        n++;
    }
    return n;
}

char *dj_verdicts_path(const char *stage_dir, int64_t file)
{
    return dj_xprintf("%s/verdicts_r%05" PRId64 ".bin", stage_dir, file);
}

char *dj_verdicts_record_path(const char *stage_dir)
{
    return dj_xprintf("%s/verdicts.json", stage_dir);
}

/* One line a partition, so that reading it is not more than a loop. */
static enum dj_status text_of(const struct dj_verdicts_head *head,
                              const struct dj_verdict_list *verdicts, struct dj_buf *out)
{
    char map[DJ_HASH64_TEXT], hash[DJ_HASH64_TEXT];

    dj_hash64_text(head->map_digest, map);
    dj_hash64_text(head->ops_hash, hash);
    DJ_TRY(dj_buf_printf(out,
                         "{\"version\": %d, \"map\": \"%s\", \"operators\": \"%s\", "
                         "\"fields\": [\"partition\", \"file\", \"first\", \"count\", "
                         "\"digest\"], \"partitions\": [\n",
                         RECORD_VERSION, map, hash));
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct dj_verdict_extent *extent = &verdicts->items[i];

        dj_hash64_text(extent->digest, hash);
        DJ_TRY(dj_buf_printf(
            out, "[%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ", \"%s\"],\n",
            extent->partition, extent->file, extent->first, extent->count, hash));
    }
    DJ_TRY(dj_buf_append(out, DJ_STR("null],\n")));
    return dj_seal(out);
}

enum dj_status dj_verdicts_write(const char *stage_dir,
                                 const struct dj_verdicts_head *head,
                                 const struct dj_verdict_list *verdicts,
                                 struct dj_error *err)
{
    char *path = dj_verdicts_record_path(stage_dir);
    enum dj_status status;
    struct dj_buf text;

    dj_buf_init(&text);
    status = text_of(head, verdicts, &text);
    if (status != DJ_OK) {
        (void)dj_fail(err, status, "%s: out of memory", path);
    } else {
        status = dj_fs_replace(path, dj_buf_str(&text), err);
    }
    dj_buf_release(&text);
    dj_xfree(path);
    return status;
}

/* A file that is shorter than the record says was lost with its disk. */
static bool is_there(const char *stage_dir, const struct dj_verdict_extent *extent)
{
    char *path = dj_verdicts_path(stage_dir, extent->file);
    struct stat info;
    const bool there =
        stat(path, &info) == 0 &&
        (extent->first + extent->count) * (int64_t)sizeof(struct dj_note) <=
            (int64_t)info.st_size;

    dj_xfree(path);
    return there;
}

static bool is_of(const struct dj_verdicts_head *head, struct dj_str line)
{
    char map[DJ_HASH64_TEXT], hash[DJ_HASH64_TEXT];

    dj_hash64_text(head->map_digest, map);
    dj_hash64_text(head->ops_hash, hash);
    return memmem(line.ptr, line.len, map, strlen(map)) != NULL &&
           memmem(line.ptr, line.len, hash, strlen(hash)) != NULL;
}

/* text is NUL-terminated and its seal holds. */
static bool take(struct dj_str text, const char *stage_dir,
                 const struct dj_verdicts_head *head, struct dj_verdict_list *verdicts)
{
    const char *line = text.ptr;
    const char *end = memchr(line, '\n', text.len);
    size_t cap = 0;

    if (end == NULL || !is_of(head, (struct dj_str){ line, (size_t)(end - line) })) {
        return false;
    }
    for (line = end + 1; *line == '['; line = strchr(line, '\n') + 1) {
        struct dj_verdict_extent extent;

        if (sscanf(line,
                   "[%" SCNd64 ", %" SCNd64 ", %" SCNd64 ", %" SCNd64 ", \"%" SCNx64,
                   &extent.partition, &extent.file, &extent.first, &extent.count,
                   &extent.digest) != FIELDS ||
            !is_there(stage_dir, &extent)) {
            return false;
        }
        if (verdicts->count == cap) {
            cap = cap == 0 ? 64 : 2 * cap;
            verdicts->items = dj_xrealloc(verdicts->items, cap * sizeof(extent));
        }
        verdicts->items[verdicts->count++] = extent;
    }
    return true;
}

enum dj_status dj_verdicts_read(const char *stage_dir,
                                const struct dj_verdicts_head *head,
                                struct dj_verdict_list *verdicts, bool *found,
                                struct dj_error *err)
{
    char *path = dj_verdicts_record_path(stage_dir);
    enum dj_status status = DJ_OK;
    const char *ended;
    struct dj_buf text;

    *found = false;
    dj_buf_init(&text);
    if (dj_fs_exists(path)) {
        status = dj_fs_read(path, &text, err);
    }
    if (status == DJ_OK && dj_buf_cstr(&text, &ended) != DJ_OK) {
        status = dj_fail(err, DJ_NOMEM, "%s: out of memory", path);
    }
    if (status == DJ_OK && text.len > 0 && dj_seal_holds(dj_buf_str(&text))) {
        *found = take(dj_buf_str(&text), stage_dir, head, verdicts);
    }
    if (!*found) {
        dj_verdicts_release(verdicts);
    }
    dj_buf_release(&text);
    dj_xfree(path);
    return status;
}
