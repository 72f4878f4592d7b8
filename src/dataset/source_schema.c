/* The columns that the scan of an input file has noted in its layout. */
#include "dj/columns.h"
#include "dj/json.h"

#include <stdlib.h>

static int digit64(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Returns how many bytes; -1: it is no base64. */
static int64_t decode64(const char *text, char *out)
{
    uint32_t bits = 0;
    int count = 0;
    int64_t len = 0;

    for (; *text != '\0' && *text != '='; text++) {
        const int digit = digit64(*text);

        if (digit < 0) {
            return -1;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (++count % 4 != 1) {
            out[len++] = (char)(bits >> (6 - 2 * ((count - 1) % 4)) & 0xff);
        }
    }
    return len;
}

static enum dj_status unpack(const struct dj_source_file *file, const char *text,
                             struct ArrowSchema *schema, struct dj_error *err)
{
    const struct dj_arrow_api *api;
    char why[DJ_ARROW_WHY] = "no base64";
    char *bytes = dj_xmalloc(strlen(text) + 1);
    const int64_t len = decode64(text, bytes);
    enum dj_status status = dj_arrow(&api, err);

    if (status == DJ_OK && (len < 0 || !api->schema_unpack(bytes, len, schema, why))) {
        schema->release = NULL;
        status = dj_fail(err, DJ_DATA, "%s: the columns in the partition map: %s",
                         file->name, why);
    }
    dj_xfree(bytes);
    return status;
}

enum dj_status dj_source_schema(const struct dj_source_file *file,
                                struct ArrowSchema *schema, struct dj_error *err)
{
    enum dj_status status = DJ_OK;
    struct dj_json *layout;
    const char *text;

    *schema = (struct ArrowSchema){ 0 };
    if (file->layout == NULL) {
        return DJ_OK;
    }
    DJ_TRY(dj_json_parse(dj_str_from(file->layout), file->name, &layout, err));
    text = dj_json_text(layout, "arrow_schema", NULL);
    if (text != NULL) {
        status = unpack(file, text, schema, err);
    }
    dj_json_free(layout);
    return status;
}
