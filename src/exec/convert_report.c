/* What is left to do and to say when an export in another form is in its place. */
#include "exec/convert.h"

#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/log.h"

void dj_convert_clean_up(const struct dj_exec *exec)
{
    char *growing = dj_places_path(exec);
    struct dj_error err;

    if (growing != NULL && dj_convert_form_of(exec->config) != NULL &&
        dj_fs_remove(growing, &err) != DJ_OK) {
        dj_log(DJ_LOG_WARNING, "cleaning up: %s", err.text);
    }
    dj_xfree(growing);
}

enum dj_status dj_convert_report(const struct dj_convert_pieces *pieces,
                                 struct dj_buf *out)
{
    if (pieces->count == 0) {
        return DJ_OK;
    }
    DJ_TRY(dj_buf_append(out, DJ_STR("  \"export_pieces\": [\n")));
    for (size_t i = 0; i < pieces->count; i++) {
        const struct dj_convert_piece *piece = &pieces->items[i];
        char digest[DJ_HASH64_TEXT];

        dj_hash64_text(piece->digest, digest);
        DJ_TRY(dj_buf_printf(out,
                             "    {\"file\": %lld, \"offset\": %lld, \"bytes\": %lld, "
                             "\"digest\": \"%s\"}%s\n",
                             (long long)piece->file, (long long)piece->offset,
                             (long long)piece->bytes, digest,
                             i + 1 < pieces->count ? "," : ""));
    }
    return dj_buf_append(out, DJ_STR("  ],\n"));
}
