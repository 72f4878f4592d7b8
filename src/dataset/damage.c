/* Damaged frames: found by the scan, kept in the layout, left out by every reader. */
#include "dataset/damage.h"

#include "dj/json.h"
#include "dj/log.h"

/* More of them, and the file is not damaged but something else. */
enum { MOST_GAPS = 1000 };

void dj_damage_release(struct dj_damage *damage)
{
    for (size_t i = 0; i < damage->count; i++) {
        dj_xfree(damage->gaps[i].text);
    }
    dj_xfree(damage->gaps);
    *damage = (struct dj_damage){ 0 };
}

/* The line before it ends here, and the line behind it begins anew. */
static char *text_for(int64_t begin, int64_t end)
{
    char *where = dj_xprintf("the zstd frame in bytes %lld to %lld", (long long)begin,
                             (long long)end - 1);
    char *text =
        dj_xprintf("\n" DJ_LINE_FAULT "%s of the file is damaged: its samples are "
                   "lost" DJ_LINE_FAULT_END "%s\n",
                   where, where);

    dj_xfree(where);
    return text;
}

void dj_damage_read(const struct dj_source_file *file, struct dj_damage *damage)
{
    const struct dj_json *list;
    struct dj_error ignored;
    struct dj_json *doc;

    *damage = (struct dj_damage){ 0 };
    if (file->layout == NULL || file->codec != DJ_CODEC_ZSTD ||
        file->format != DJ_SOURCE_JSONL ||
        dj_json_parse(dj_str_from(file->layout), "layout", &doc, &ignored) != DJ_OK) {
        return;
    }
    list = dj_json_get(doc, "damaged");
    damage->gaps = dj_xcalloc(dj_json_count(list) + 1, sizeof(*damage->gaps));
    for (size_t i = 0; i < dj_json_count(list); i++) {
        const struct dj_json *item = dj_json_at(list, i);
        const int64_t begin = dj_json_int(item, "begin", -1);
        const int64_t end = dj_json_int(item, "end", -1);

        if (begin >= 0 && end > begin) {
            damage->gaps[damage->count++] =
                (struct dj_stream_gap){ begin, end, text_for(begin, end) };
        }
    }
    dj_json_free(doc);
}

/* The gaps with one more, as a layout; new. */
static char *layout_with(const struct dj_damage *damage, int64_t begin, int64_t end)
{
    struct dj_buf out;
    struct dj_jsonw w;

    dj_buf_init(&out);
    dj_jsonw_init(&w, &out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "damaged");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i <= damage->count; i++) {
        const bool known = i < damage->count;

        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_int(&w, "begin", known ? damage->gaps[i].begin : begin);
        dj_jsonw_kv_int(&w, "end", known ? damage->gaps[i].end : end);
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_take(&w);
}

enum dj_status dj_damage_note(struct dj_source_file *file, int64_t offset,
                              struct dj_error *err)
{
    struct dj_damage damage;
    struct dj_error walk_err;
    int64_t end = 0;
    bool noted = false;

    if (file->codec != DJ_CODEC_ZSTD || err->status != DJ_DATA ||
        dj_zstd_frame_end(file->path, offset, &end, &walk_err) != DJ_OK ||
        (offset == 0 && end == file->size)) {
        return err->status;
    }
    dj_damage_read(file, &damage);
    if (damage.count < MOST_GAPS &&
        (damage.count == 0 || damage.gaps[damage.count - 1].end <= offset)) {
        char *layout = layout_with(&damage, offset, end);

        if (layout != NULL) {
            dj_xfree(file->layout);
            file->layout = layout;
            noted = true;
            dj_log(DJ_LOG_WARNING,
                   "%s; the samples in bytes %lld to %lld are lost, the job goes on with "
                   "those behind them",
                   err->text, (long long)offset, (long long)end - 1);
        }
    }
    dj_damage_release(&damage);
    return noted ? DJ_OK : err->status;
}
