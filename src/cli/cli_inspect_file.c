/* dj-mpi inspect FILE: the format, the columns and the first samples of a data file. */
#include <inttypes.h>

#include "cli/cli_inspect.h"
#include "dj/arrow.h"
#include "dj/columns.h"
#include "dj/json.h"
#include "dj/look.h"

/* Samples that columns are told from. */
enum { LOOKED_AT = 1000, COUNTED_BYTES = 1 << 30 };

struct looking {
    struct dj_buf samples; /* the first ones, as lines */
    int64_t want, shown, seen;
    struct dj_guess *guess;
};

static void take_line(void *context, struct dj_str line)
{
    struct looking *looking = context;
    struct dj_error ignored;

    if (looking->shown < looking->want &&
        dj_buf_append(&looking->samples, line) == DJ_OK &&
        dj_buf_putc(&looking->samples, '\n') == DJ_OK) {
        looking->shown++;
    }
    if (looking->seen < LOOKED_AT &&
        dj_guess_add(looking->guess, line, &ignored) == DJ_OK) { /* it is a sample */
        looking->seen++;
    }
}

/* Samples of the file; *about: it is a guess, for to count them takes too long. */
static enum dj_status count_rows(struct dj_sources *sources, const struct dj_look *look,
                                 int64_t *rows, bool *about, struct dj_error *err)
{
    const struct dj_source_file *file = &sources->files[0];
    const struct dj_cut cut = { .max_rows = 1000, .max_bytes = 16 << 20 };
    struct dj_partitions partitions = { 0 };

    *rows = (int64_t)dj_look_file_rows(look, file);
    *about = file->codec != DJ_CODEC_NONE || file->size > COUNTED_BYTES;
    if (*about) {
        return DJ_OK;
    }
    DJ_TRY(dj_partitions_scan(sources, cut, 0, 1, NULL, &partitions, err));
    *rows = 0;
    for (size_t i = 0; i < partitions.count; i++) {
        *rows += partitions.items[i].rows;
    }
    dj_partitions_release(&partitions);
    return DJ_OK;
}

/* All that is told of a file. */
struct found {
    const struct dj_source_file *file;
    int64_t rows;
    bool about;
    const struct ArrowSchema *schema;
    bool stored; /* the schema is the file's own */
    const struct looking *looking;
};

/*
 * A type for people, by the names of pyarrow. Formats:
 * https://arrow.apache.org/docs/format/CDataInterface.html
 */
static const struct {
    const char *format, *name;
} type_names[] = {
    { "n", "null" },           { "b", "bool" },           { "c", "int8" },
    { "C", "uint8" },          { "s", "int16" },          { "S", "uint16" },
    { "i", "int32" },          { "I", "uint32" },         { "l", "int64" },
    { "L", "uint64" },         { "e", "halffloat" },      { "f", "float" },
    { "g", "double" },         { "u", "string" },         { "U", "large_string" },
    { "z", "binary" },         { "Z", "large_binary" },   { "tdD", "date32" },
    { "tdm", "date64" },       { "tts", "time32[s]" },    { "ttm", "time32[ms]" },
    { "ttu", "time64[us]" },   { "ttn", "time64[ns]" },   { "tDs", "duration[s]" },
    { "tDm", "duration[ms]" }, { "tDu", "duration[us]" }, { "tDn", "duration[ns]" },
};

/* What has a parameter in its format: decimals, timestamps, bytes of a fixed length. */
static enum dj_status other_type_text(const char *format, struct dj_buf *out)
{
    static const char *const units[] = { "tss:", "s",  "tsm:", "ms",
                                         "tsu:", "us", "tsn:", "ns" };

    if (strncmp(format, "d:", 2) == 0) {
        return dj_buf_printf(out, "decimal(%s)", format + 2);
    }
    if (strncmp(format, "w:", 2) == 0) {
        return dj_buf_printf(out, "binary[%s]", format + 2);
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i += 2) {
        if (strncmp(format, units[i], 4) == 0) {
            return dj_buf_printf(out, "timestamp[%s%s%s]", units[i + 1],
                                 format[4] == '\0' ? "" : ", ", format + 4);
        }
    }
    return dj_buf_append(out, dj_str_from(format));
}

static enum dj_status type_text(const struct ArrowSchema *schema, struct dj_buf *out)
{
    if (schema->dictionary != NULL) {
        return type_text(schema->dictionary, out);
    }
    if (dj_schema_is_json(schema)) {
        return dj_buf_append(out, DJ_STR("json"));
    }
    if (schema->format[0] == '+') {
        const bool names = schema->format[1] == 's';

        DJ_TRY(dj_buf_append(out, dj_str_from(names                      ? "struct<"
                                              : schema->format[1] == 'm' ? "map<"
                                                                         : "list<")));
        for (int64_t i = 0; i < schema->n_children; i++) {
            DJ_TRY(dj_buf_printf(out, "%s%s%s", i > 0 ? ", " : "",
                                 names ? schema->children[i]->name : "",
                                 names ? ": " : ""));
            DJ_TRY(type_text(schema->children[i], out));
        }
        return dj_buf_putc(out, '>');
    }
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (strcmp(type_names[i].format, schema->format) == 0) {
            return dj_buf_append(out, dj_str_from(type_names[i].name));
        }
    }
    return other_type_text(schema->format, out);
}

static enum dj_status file_text(const struct found *found, struct dj_buf *out)
{
    const struct dj_source_file *file = found->file;
    const struct ArrowSchema *schema = found->schema;
    const struct looking *looking = found->looking;
    char size[DJ_CLI_BYTES_TEXT];

    dj_cli_bytes(file->size, size);
    DJ_TRY(dj_buf_printf(out, "%s: %s%s%s, %s, %s%" PRId64 " samples\n", file->path,
                         dj_source_format_name(file->format),
                         file->codec == DJ_CODEC_NONE ? "" : ", ",
                         file->codec == DJ_CODEC_NONE ? "" : dj_codec_name(file->codec),
                         size, found->about ? "about " : "", found->rows));
    DJ_TRY(found->stored
               ? dj_buf_append(out, DJ_STR("columns:\n"))
               : dj_buf_printf(out, "columns of the first %" PRId64 " samples:\n",
                               looking->seen));
    for (int64_t i = 0; i < schema->n_children; i++) {
        DJ_TRY(dj_buf_printf(out, "  %s: ", schema->children[i]->name));
        DJ_TRY(type_text(schema->children[i], out));
        DJ_TRY(dj_buf_putc(out, '\n'));
    }
    return dj_buf_append(out, dj_buf_str(&looking->samples));
}

static enum dj_status file_json(const struct found *found, struct dj_buf *out)
{
    const struct dj_source_file *file = found->file;
    const struct ArrowSchema *schema = found->schema;
    const struct looking *looking = found->looking;
    struct dj_str rest = dj_buf_str(&looking->samples);
    struct dj_buf type;
    struct dj_jsonw w;
    struct dj_str line;
    int64_t number = 0;

    dj_buf_init(&type);
    dj_jsonw_init(&w, out, 2);
    dj_jsonw_open(&w, '{');
    dj_jsonw_kv_text(&w, "path", file->path);
    dj_jsonw_kv_text(&w, "format", dj_source_format_name(file->format));
    dj_jsonw_kv_text(&w, "codec", dj_codec_name(file->codec));
    dj_jsonw_kv_int(&w, "bytes", file->size);
    dj_jsonw_kv_int(&w, "samples", found->rows);
    dj_jsonw_kv_bool(&w, "samples_estimated", found->about);
    dj_jsonw_key(&w, "columns");
    dj_jsonw_open(&w, '{');
    for (int64_t i = 0; i < schema->n_children; i++) {
        dj_buf_reset(&type);
        if (type_text(schema->children[i], &type) != DJ_OK) {
            w.status = DJ_NOMEM;
        }
        dj_jsonw_kv_str(&w, schema->children[i]->name, dj_buf_str(&type));
    }
    dj_jsonw_close(&w, '}');
    dj_jsonw_key(&w, "first");
    dj_jsonw_open(&w, '[');
    while (dj_block_line(&rest, &line, &number)) {
        dj_jsonw_str(&w, line);
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    dj_buf_release(&type);
    return dj_jsonw_end(&w);
}

enum dj_status dj_inspect_file(const struct dj_inspect *inspect, const char *path,
                               struct dj_buf *out, struct dj_error *err)
{
    const struct dj_strs paths = { .count = 1, .items = &path };
    const struct dj_strs any_suffix = { 0 };
    struct looking looking = { .want = inspect->rows };
    struct found found = { .looking = &looking };
    struct ArrowSchema schema = { 0 };
    struct dj_sources sources;
    struct dj_look look;
    enum dj_status status;

    DJ_TRY(dj_sources_find(&paths, &any_suffix, &sources, err));
    looking.guess = dj_guess_new();
    dj_buf_init(&looking.samples);
    dj_look_at(&sources, take_line, &looking, &look);
    status = count_rows(&sources, &look, &found.rows, &found.about, err);
    found.stored = status == DJ_OK && sources.files[0].layout != NULL &&
                   dj_source_schema(&sources.files[0], &schema, err) == DJ_OK &&
                   schema.release != NULL;
    if (status == DJ_OK) {
        if (!found.stored) {
            dj_guess_schema(looking.guess, NULL, NULL, &schema);
        }
        found.file = &sources.files[0];
        found.schema = &schema;
        status = inspect->cli->json ? file_json(&found, out) : file_text(&found, out);
        dj_schema_release(&schema);
    }
    dj_buf_release(&looking.samples);
    dj_guess_free(looking.guess);
    dj_sources_release(&sources);
    return status;
}
