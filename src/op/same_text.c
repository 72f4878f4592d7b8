/*
 * Equal texts: a record with the MD5 of every text, which is 128 bits; of those that
 * meet all but the first in the dataset are dropped.
 */
#include "dj/same_text.h"

#include "dj/charset.h"
#include "dj/digests.h"
#include "dj/text.h"

struct state {
    struct dj_charset *ignored; /* or NULL */
    struct dj_buf lower;
};

void dj_same_text_close(void *opened)
{
    struct state *state = opened;

    dj_charset_free(state->ignored);
    dj_buf_release(&state->lower);
    dj_xfree(state);
}

/* \s and \d of the regex module, and string.punctuation. */
static struct dj_charset *non_characters(void)
{
    enum { LAST_DIGIT = 0x1ffff, FILE_SEPARATOR = 0x1c, UNIT_SEPARATOR = 0x1f };
    struct dj_charset *set = dj_charset_new();

    for (uint32_t c = 0; c <= LAST_DIGIT; c++) {
        const unsigned class = dj_char_class(c);
        const bool blank =
            (class & DJ_CHAR_SPACE) != 0 && (c < FILE_SEPARATOR || c > UNIT_SEPARATOR);

        if (blank || (class & DJ_CHAR_REGEX_DIGIT) != 0) {
            dj_charset_add(set, c, c);
        }
    }
    dj_charset_add_text(set, DJ_STR("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
    return set;
}

enum dj_status dj_same_text_open(const struct dj_op_call *call, void **opened)
{
    const struct dj_same_text_conf *conf = call->conf;
    struct state *state = dj_xmalloc(sizeof(*state));

    state->ignored = conf->ignore_non_character ? non_characters() : NULL;
    dj_buf_init(&state->lower);
    *opened = state;
    return DJ_OK;
}

/* What is compared; lower case and what is left lie in the scratch arena. */
static enum dj_status reduce(const struct dj_op_call *call, struct dj_str *text)
{
    const struct dj_same_text_conf *conf = call->conf;
    struct state *state = call->state;

    if (conf->lowercase) {
        dj_buf_reset(&state->lower);
        DJ_TRY(dj_text_lower(*text, &state->lower));
        *text = dj_buf_str(&state->lower);
    }
    if (state->ignored != NULL) {
        char *room = dj_arena_alloc(call->scratch, text->len + DJ_PADDING);
        size_t len;

        if (room == NULL) {
            return DJ_NOMEM;
        }
        len = dj_charset_drop(state->ignored, *text, room);
        (void)dj_arena_resize_last(call->scratch, room, len);
        *text = (struct dj_str){ room, len };
    } else if (conf->lowercase) {
        *text = dj_arena_copy(call->scratch, *text);
        DJ_TRY(text->ptr == NULL ? DJ_NOMEM : DJ_OK);
    }
    *text = dj_text_strip(*text);
    return DJ_OK;
}

enum { PART = 256 };

/* Texts of some rows, whose digests are made together. */
struct part {
    size_t count;
    size_t rows[PART];
    struct dj_str texts[PART];
};

/* The MD5 as Data-Juicer spells it. */
static enum dj_status keep_hash(struct dj_batch *batch, size_t row,
                                struct dj_hash128 hash)
{
    enum { DIGITS = DJ_HASH64_TEXT - 1 };
    char json[1 + 2 * DIGITS + 1 + 1];

    json[0] = '"';
    dj_hash64_text(hash.hi, json + 1);
    dj_hash64_text(hash.lo, json + 1 + DIGITS);
    json[1 + 2 * DIGITS] = '"';
    return dj_batch_set_hash(batch, row, (struct dj_str){ json, 2 * DIGITS + 2 });
}

static enum dj_status note_part(const struct dj_op_call *call, struct dj_batch *batch,
                                struct part *part)
{
    struct dj_hash128 hashes[PART];
    const bool keep = dj_batch_keeps_hash(batch);

    dj_md5_many(part->texts, part->count, hashes);
    for (size_t i = 0; i < part->count; i++) {
        const struct dj_note note = { hashes[i].hi, hashes[i].lo, 0, 0 };

        DJ_TRY(keep ? keep_hash(batch, part->rows[i], hashes[i]) : DJ_OK);
        DJ_TRY(dj_batch_note(batch, part->rows[i], note, call->err));
    }
    part->count = 0;
    return DJ_OK;
}

enum dj_status dj_same_text_process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct dj_arena_mark mark = dj_arena_mark(call->scratch);
    struct part part;

    part.count = 0;
    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_str *text = &part.texts[part.count];

        *text = dj_batch_text(batch, row);
        DJ_TRY(reduce(call, text));
        part.rows[part.count++] = row;
        if (part.count == PART) {
            DJ_TRY(note_part(call, batch, &part));
            dj_arena_rollback(call->scratch, mark);
        }
    }
    return note_part(call, batch, &part);
}

/* The row that a group keeps. */
struct first {
    uint64_t row;
};

static enum dj_status meet(const struct dj_op_call *call, void *state,
                           const struct dj_met *met, const struct dj_sink *out)
{
    struct first *first = state;
    struct dj_note verdict;

    if (met == NULL) {
        return DJ_OK;
    }
    if (met->first) {
        first->row = met->record.row;
        return DJ_OK;
    }
    verdict = (struct dj_note){ .lo = first->row, .row = met->record.row };
    return dj_sink_put(out, &verdict, call->err);
}

const struct dj_global dj_same_text_global = {
    .verdicts = DJ_VERDICT_ROWS,
    .records = "one of each sample",
    .state_size = sizeof(struct first),
    .rounds = { { DJ_MEET_BY_KEY, meet } },
};
