/*
 * text_chunk_mapper: cuts a text into chunks, each of which becomes a sample with all
 * else that the sample has. With split_pattern alone the text is cut at its matches, as
 * re.split() does: what groups catch is a chunk too, blank chunks go, and a text without
 * any other chunk gives no sample. With max_len alone windows of so many characters
 * follow each other; the last one may lie within the one before. With both, a text that
 * is too long is cut at the last match in its first max_len characters, else behind
 * these, and so is what is left; blank chunks go but for the last, which stays as it is.
 *
 * Data-Juicer gives up after about a thousand chunks of a text in the third way, and
 * never ends where the pattern matches nothing at the beginning. Here the first is no
 * limit and the second sets the sample aside, as do chunks with 64 MiB more than the
 * text.
 */
#include "dj/op.h"
#include "dj/regex.h"

enum { GROWTH_MAX = 64 << 20 };

struct conf {
    int64_t max_len; /* 0: none */
    const char *split_pattern;
    int64_t overlap_len;
    const char *tokenizer;
};

static const struct dj_param params[] = {
    {
        .name = "max_len",
        .type = DJ_PARAM_INT,
        .offset = DJ_FIELD(struct conf, max_len, int64_t),
        .min = 1,
        .max = INT64_MAX,
        .flags = DJ_PARAM_NULLABLE,
        .help = "most characters of a chunk; null: any",
    },
    DJ_PARAM_TEXT_(struct conf, split_pattern, "\\n\\n",
                   "regular expression where a text is cut; null: anywhere"),
    DJ_PARAM_INT_(
        struct conf, overlap_len, 0, 0, INT64_MAX,
        "characters that a chunk repeats of the one before, where max_len cut it"),
    {
        .name = "tokenizer",
        .type = DJ_PARAM_TEXT,
        .offset = DJ_FIELD(struct conf, tokenizer, const char *),
        .flags = DJ_PARAM_NULLABLE | DJ_PARAM_NOT_YET,
        .why = "tokenizers",
        .help = "count its tokens, not characters",
    },
    DJ_PARAM_NO_EFFECT_("trust_remote_code", "there are no tokenizers"),
    DJ_PARAM_END,
};

struct state {
    struct dj_regex *pattern; /* or NULL */
    struct dj_buf chunks;     /* struct dj_str, parts of the row's text */
    size_t bytes;             /* of all of them */
};

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_regex_free(state->pattern);
    dj_buf_release(&state->chunks);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    struct state *state;

    if (conf->max_len == 0 && conf->split_pattern == NULL) {
        return dj_fail(
            call->err, DJ_CONFIG,
            "max_len and split_pattern are both null: nothing says where to cut");
    }
    if (conf->max_len > 0 && conf->overlap_len >= conf->max_len) {
        return dj_fail(call->err, DJ_CONFIG,
                       "overlap_len must be less than max_len, or chunks never end");
    }
    state = dj_xmalloc(sizeof(*state));
    dj_buf_init(&state->chunks);
    if (conf->split_pattern != NULL) {
        const enum dj_status status =
            dj_regex_new(conf->split_pattern, DJ_REGEX_RE, 0, &state->pattern, call->err);

        if (status != DJ_OK) {
            close_op(state);
            return dj_error_prefix(call->err, "split_pattern: ");
        }
    }
    *opened = state;
    return DJ_OK;
}

/* --- chunks --------------------------------------------------------------------------
 */

static struct dj_str part(struct dj_str text, size_t begin, size_t end)
{
    return (struct dj_str){ text.ptr + begin, end - begin };
}

static bool is_blank(struct dj_str text)
{
    return dj_text_strip(text).len == 0;
}

static enum dj_status add(struct state *state, struct dj_str chunk)
{
    state->bytes += chunk.len;
    return dj_buf_append(&state->chunks,
                         (struct dj_str){ (const char *)&chunk, sizeof(chunk) });
}

static enum dj_status add_unless_blank(struct state *state, struct dj_str chunk)
{
    return is_blank(chunk) ? DJ_OK : add(state, chunk);
}

static enum dj_status split(struct state *state, struct dj_str text, struct dj_error *err)
{
    const size_t groups = dj_regex_groups(state->pattern);
    size_t from = 0, start, end;
    bool found;

    dj_regex_begin(state->pattern, text);
    for (;;) {
        DJ_TRY(dj_regex_next(state->pattern, &found, &start, &end, err));
        if (!found) {
            return add_unless_blank(state, part(text, from, text.len));
        }
        DJ_TRY(add_unless_blank(state, part(text, from, start)));
        from = end;
        for (size_t group = 1; group <= groups; group++) {
            if (dj_regex_group(state->pattern, group, &start, &end)) {
                DJ_TRY(add_unless_blank(state, part(text, start, end)));
            }
        }
    }
}

static enum dj_status cut_windows(const struct conf *conf, struct state *state,
                                  struct dj_str text)
{
    const size_t step = (size_t)(conf->max_len - conf->overlap_len);
    const size_t most = text.len + GROWTH_MAX;

    if (dj_utf8_offset(text, (size_t)conf->max_len) == text.len) {
        return add(state, text);
    }
    while (text.len > 0 && state->bytes <= most) {
        const size_t end = dj_utf8_offset(text, (size_t)conf->max_len);

        DJ_TRY(add(state, part(text, 0, end)));
        text = part(text, dj_utf8_offset(text, step), text.len);
    }
    return DJ_OK;
}

/* The last match in the text. */
static enum dj_status find_last(struct state *state, struct dj_str text, bool *any,
                                size_t *start, size_t *end, struct dj_error *err)
{
    bool found = true;

    *any = false;
    dj_regex_begin(state->pattern, text);
    while (found) {
        DJ_TRY(dj_regex_next(state->pattern, &found, start, end, err));
        *any = *any || found;
    }
    return DJ_OK;
}

static enum dj_status cut_at_matches(const struct conf *conf, struct state *state,
                                     struct dj_str text, struct dj_error *err)
{
    const size_t step = (size_t)(conf->max_len - conf->overlap_len);
    const size_t most = text.len + GROWTH_MAX;

    while (state->bytes <= most) {
        const size_t first = dj_utf8_offset(text, (size_t)conf->max_len);
        size_t start = first, end;
        bool found;

        if (first == text.len) {
            break;
        }
        DJ_TRY(find_last(state, part(text, 0, first), &found, &start, &end, err));
        if (!found) {
            end = dj_utf8_offset(text, step);
        } else if (end == 0) {
            return dj_fail(
                err, DJ_OP,
                "split_pattern matches nothing at the beginning of what is left");
        }
        DJ_TRY(add_unless_blank(state, part(text, 0, start)));
        text = part(text, end, text.len);
    }
    return add(state, text);
}

static enum dj_status cut(const struct dj_op_call *call, struct dj_str text)
{
    const struct conf *conf = call->conf;
    struct state *state = call->state;

    dj_buf_reset(&state->chunks);
    state->bytes = 0;
    if (conf->max_len == 0) {
        DJ_TRY(split(state, text, call->err));
    } else if (state->pattern == NULL) {
        DJ_TRY(cut_windows(conf, state, text));
    } else {
        DJ_TRY(cut_at_matches(conf, state, text, call->err));
    }
    if (state->bytes > text.len + GROWTH_MAX) {
        return dj_fail(call->err, DJ_OP, "its chunks are 64 MiB longer than the text");
    }
    return DJ_OK;
}

/* --- rows -----------------------------------------------------------------------------
 */

static enum dj_status put(const struct dj_op_call *call, struct dj_batch *batch,
                          size_t row)
{
    const struct state *state = call->state;
    const size_t count = state->chunks.len / sizeof(struct dj_str);
    /* Buffers begin at addresses for anything. */
    const struct dj_str *chunks = (const void *)state->chunks.ptr;

    if (count == 0) {
        dj_batch_dissolve(batch, row);
        return DJ_OK;
    }
    for (size_t i = 1; i < count; i++) {
        size_t copy;

        if (dj_batch_copy(batch, row, &copy) != DJ_OK) {
            return dj_fail(call->err, DJ_OP, "a text gives too many chunks");
        }
        DJ_TRY(dj_batch_set_text(batch, copy, chunks[i]));
    }
    return dj_batch_set_text(batch, row, chunks[0]);
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    DJ_FOR_EACH_ROW (row, batch) {
        const enum dj_status status = cut(call, dj_batch_text(batch, row));

        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", call->err->text);
            continue;
        }
        DJ_TRY(status);
        DJ_TRY(put(call, batch, row));
    }
    return DJ_OK;
}

const struct dj_op dj_op_text_chunk_mapper = {
    .name = "text_chunk_mapper",
    .kind = DJ_OP_MAPPER,
    .version = 1,
    .summary = "Cut a text into chunks, each a sample of its own",
    .params = params,
    .conf_size = sizeof(struct conf),
    .flags = DJ_OP_MAKES_ROWS,
    .cost = DJ_COST_MEDIUM,
    .open = open_op,
    .close = close_op,
    .process = process,
};
