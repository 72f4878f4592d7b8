/*
 * latex_merge_tex_mapper: the text becomes the .tex files of the archive (.zip, .tar,
 * .tar.gz, .tgz) whose path the sample has under compressed_file_key, in the order of the
 * archive. Relative paths count from the folder where dj-mpi was started, so the archives
 * must be there on every node. The one operator that opens files.
 *
 * As in Data-Juicer an archive that is missing, damaged or of another kind gives an empty
 * text and no error; max_total_size ends the work on an archive at the first member that
 * would pass it, even if smaller ones follow; names must end in .tex in small letters,
 * those of archives may be in any. Unlike there, a tar with a damaged header behind its
 * first members gives an empty text, not these members; and of members with one name in a
 * zip each gives its own bytes, not the last one's.
 */
#include "dj/archive.h"
#include "dj/op.h"
#include "dj/tree.h"

#include <strings.h>

struct conf {
    const char *compressed_file_key;
    const char *separator;
    int64_t max_file_size;
    int64_t max_total_size;
};

static const struct dj_param params[] = {
    DJ_PARAM_TEXT_(struct conf, compressed_file_key, "compressed_file",
                   "field with the path of the archive"),
    DJ_PARAM_TEXT_(struct conf, separator, "\n\n", "what stands between two files"),
    {
        .name = "max_file_size",
        .type = DJ_PARAM_INT,
        .offset = DJ_FIELD(struct conf, max_file_size, int64_t),
        .preset.i = 50 << 20,
        .max = INT64_MAX,
        .flags = DJ_PARAM_NULLABLE,
        .help = "bytes of a file that is taken at most; 0 and null: any",
    },
    {
        .name = "max_total_size",
        .type = DJ_PARAM_INT,
        .offset = DJ_FIELD(struct conf, max_total_size, int64_t),
        .preset.i = 100 << 20,
        .max = INT64_MAX,
        .flags = DJ_PARAM_NULLABLE,
        .help = "bytes of all files of an archive at most; 0 and null: any",
    },
    DJ_PARAM_END,
};

struct state {
    struct dj_buf raw;  /* one file */
    struct dj_buf text; /* all of them */
};

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state;

    if (!dj_archive_is_built_in()) {
        return dj_fail(call->err, DJ_CONFIG, "archives cannot be read: %s",
                       dj_archive_remedy());
    }
    if (conf->compressed_file_key == NULL || conf->separator == NULL) {
        return dj_fail(call->err, DJ_CONFIG, "%s: null is no text",
                       conf->separator == NULL ? "separator" : "compressed_file_key");
    }
    state = dj_xmalloc(sizeof(*state));
    dj_buf_init(&state->raw);
    dj_buf_init(&state->text);
    *opened = state;
    return DJ_OK;
}

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_buf_release(&state->raw);
    dj_buf_release(&state->text);
    dj_xfree(state);
}

/* --- UTF-8 with faults ------------------------------------------------------------- */

/*
 * Bytes at p that one U+FFFD stands for: as many as could begin a character, at least
 * one (Python's errors="replace").
 */
static size_t bad_bytes(const unsigned char *p, size_t left)
{
    unsigned low = 0x80, high = 0xbf;
    size_t need, len = 1;

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 1;
    }
    need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    switch (p[0]) {
    case 0xe0:
        low = 0xa0;
        break;
    case 0xed:
        high = 0x9f;
        break;
    case 0xf0:
        low = 0x90;
        break;
    case 0xf4:
        high = 0x8f;
        break;
    default:
        break;
    }
    while (len < need && len < left && p[len] >= low && p[len] <= high) {
        low = 0x80;
        high = 0xbf;
        len++;
    }
    return len;
}

static enum dj_status append_decoded(struct dj_str bytes, struct dj_buf *out)
{
    size_t bad;

    while (!dj_utf8_valid(bytes, &bad)) {
        DJ_TRY(dj_buf_append(out, (struct dj_str){ bytes.ptr, bad }));
        DJ_TRY(dj_buf_append(out, DJ_STR("\xef\xbf\xbd")));
        bad += bad_bytes((const unsigned char *)bytes.ptr + bad, bytes.len - bad);
        bytes.ptr += bad;
        bytes.len -= bad;
    }
    return dj_buf_append(out, bytes);
}

/* --- archives ---------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
    const size_t len = strlen(text), want = strlen(end);

    return len >= want && strcmp(text + len - want, end) == 0;
}

static bool ends_in_any_case(const char *text, const char *end)
{
    const size_t len = strlen(text), want = strlen(end);

    return len >= want && strcasecmp(text + len - want, end) == 0;
}

static bool find_kind(const char *path, enum dj_archive_kind *kind)
{
    *kind = DJ_ARCHIVE_ZIP;
    if (ends_in_any_case(path, ".zip")) {
        return true;
    }
    *kind = DJ_ARCHIVE_TAR;
    return ends_in_any_case(path, ".tar") || ends_in_any_case(path, ".tar.gz") ||
           ends_in_any_case(path, ".tgz");
}

static bool exceeds(int64_t size, int64_t most)
{
    return most > 0 && size > most;
}

/* The bytes of a member to state->raw; *over: there are too many. */
static enum dj_status read_member(const struct dj_op_call *call,
                                  struct dj_archive *archive, bool *over)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    size_t limit = SIZE_MAX;

    if (conf->max_file_size > 0 && conf->max_file_size < INT64_MAX) {
        limit = dj_size_from_i64(conf->max_file_size + 1);
    }
    dj_buf_reset(&state->raw);
    DJ_TRY(dj_archive_read(archive, limit, &state->raw, call->err));
    *over = exceeds(dj_i64_from_size(state->raw.len), conf->max_file_size);
    return DJ_OK;
}

/* All that is wanted of the archive to state->text. */
static enum dj_status merge(const struct dj_op_call *call, struct dj_archive *archive)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;
    struct dj_archive_member member;
    bool first = true, more = true;
    int64_t total = 0;

    for (;;) {
        bool over;

        DJ_TRY(dj_archive_next(archive, &member, &more, call->err));
        if (!more) {
            return DJ_OK;
        }
        if (!member.is_file || !ends_in(member.name, ".tex") ||
            exceeds(member.size, conf->max_file_size)) {
            continue;
        }
        if (member.size > 0 && exceeds(total + member.size, conf->max_total_size)) {
            return DJ_OK;
        }
        DJ_TRY(read_member(call, archive, &over));
        if (over) {
            continue;
        }
        total += dj_i64_from_size(state->raw.len);
        if (exceeds(total, conf->max_total_size)) {
            return DJ_OK;
        }
        if (!first) {
            DJ_TRY(dj_buf_append(&state->text, dj_str_from(conf->separator)));
        }
        first = false;
        DJ_TRY(append_decoded(dj_buf_str(&state->raw), &state->text));
    }
}

/* The text of an archive to state->text: nothing when something is wrong with it. */
static enum dj_status merge_path(const struct dj_op_call *call, const char *path)
{
    struct state *state = call->state;
    struct dj_archive *archive;
    enum dj_archive_kind kind;
    enum dj_status status;

    dj_buf_reset(&state->text);
    if (!find_kind(path, &kind)) {
        return DJ_OK;
    }
    status = dj_archive_open(path, kind, &archive, call->err);
    if (status == DJ_OK) {
        status = merge(call, archive);
        dj_archive_close(archive);
    }
    if (status == DJ_NOMEM) {
        return dj_fail(call->err, DJ_NOMEM, "%s: no memory for its text", path);
    }
    if (status != DJ_OK) {
        dj_buf_reset(&state->text);
        call->err->status = DJ_OK;
    }
    return DJ_OK;
}

/* The path in the sample, NUL-terminated; NULL: the row was rejected. */
static enum dj_status find_path(const struct dj_op_call *call, struct dj_batch *batch,
                                size_t row, const char **path)
{
    const struct conf *conf = call->conf;
    const struct dj_node *node;
    struct dj_node *root;
    struct dj_str sample, text;
    char *copy;

    *path = NULL;
    DJ_TRY(dj_batch_sample(batch, row, &sample));
    DJ_TRY(dj_node_read(sample, call->scratch, &root));
    node = dj_node_get(root, conf->compressed_file_key);
    if (!dj_node_is(node, DJ_NODE_STRING)) {
        dj_batch_reject(batch, row, "%s '%s'",
                        node == NULL ? "there is no field" : "no text is in the field",
                        conf->compressed_file_key);
        return DJ_OK;
    }
    text = node->text;
    copy = dj_arena_alloc(call->scratch, text.len + 1);
    if (copy == NULL) {
        return DJ_NOMEM;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len) {
        copy[0] = '\0'; /* no file has such a name */
    }
    *path = copy;
    return DJ_OK;
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    struct state *state = call->state;

    DJ_FOR_EACH_ROW (row, batch) {
        const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
        const char *path;

        DJ_TRY(find_path(call, batch, row, &path));
        if (path != NULL) {
            DJ_TRY(merge_path(call, path));
            DJ_TRY(dj_batch_set_text(batch, row, dj_buf_str(&state->text)));
        }
        dj_arena_rollback(call->scratch, mark);
    }
    return DJ_OK;
}

const struct dj_op dj_op_latex_merge_tex_mapper = {
    .name = "latex_merge_tex_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Make the text of the .tex files in an archive",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_SETS_TEXT,
    .cost = DJ_COST_HIGH,
    .open = open_op,
    .close = close_op,
    .process = process,
};
