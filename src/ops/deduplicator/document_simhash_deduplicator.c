/*
 * document_simhash_deduplicator: of samples with nearly equal texts it keeps the first
 * one in the dataset. Texts are near duplicates when their SimHashes differ in at most
 * hamming_distance bits; near duplicates of near duplicates belong together. All texts
 * with fewer tokens than a shingle have the hash 0, as in Data-Juicer, so all but the
 * first of them are dropped. How the bits are divided to find pairs is chosen here:
 * num_blocks is only checked.
 *
 * First equal hashes meet, and one of each goes on, once for every mask of dj/simhash.h.
 * Then hashes meet that are equal under a mask. Of these each is compared with each; the
 * pairs that are close are joined in place, so that edges go on for a forest only. A pair
 * that meets under several masks counts under the first.
 */
#include "dj/global.h"
#include "dj/simhash.h"

#include <inttypes.h>
#include <stdio.h>

struct conf {
    int tokenization;
    int64_t window_size;
    bool lowercase;
    const char *ignore_pattern;
    int64_t num_blocks;
    int64_t hamming_distance;
};

static const char *const tokenizations[] = { "space", "punctuation", "character", NULL };

static const struct dj_param params[] = {
    DJ_PARAM_ENUM_(struct conf, tokenization, DJ_TOKENS_SPACE, tokenizations,
                   "where a text is cut into tokens"),
    DJ_PARAM_INT_(struct conf, window_size, 6, 1, INT32_MAX, "tokens of a shingle"),
    DJ_PARAM_BOOL_(struct conf, lowercase, true, "compare in lower case"),
    DJ_PARAM_TEXT_(struct conf, ignore_pattern, NULL,
                   "regular expression of what is taken out first"),
    DJ_PARAM_INT_(struct conf, num_blocks, 6, 1, 64,
                  "more than hamming_distance; without effect on the result"),
    DJ_PARAM_INT_(struct conf, hamming_distance, 4, 1, 63,
                  "bits that may differ between hashes of near duplicates"),
    DJ_PARAM_END,
};

struct state {
    struct dj_shingles *shingles;
    struct dj_simhash_masks masks;
};

static void close_op(void *opened)
{
    struct state *state = opened;

    dj_shingles_free(state->shingles);
    dj_xfree(state);
}

static enum dj_status open_op(const struct dj_op_call *call, void **opened)
{
    const struct conf *conf = call->conf;
    const struct dj_shingles_spec spec = {
        .tokens = (enum dj_tokens)conf->tokenization,
        .window = (size_t)conf->window_size,
        .lowercase = conf->lowercase,
        .ignore = conf->ignore_pattern,
    };
    struct dj_shingles *shingles;
    struct state *state;

    if (conf->num_blocks <= conf->hamming_distance) {
        return dj_fail(call->err, DJ_CONFIG,
                       "num_blocks is %lld, and has to be more than hamming_distance, "
                       "which is %lld",
                       (long long)conf->num_blocks, (long long)conf->hamming_distance);
    }
    if (dj_shingles_new(&spec, &shingles, call->err) != DJ_OK) {
        return dj_error_prefix(call->err, "ignore_pattern: ");
    }
    state = dj_xmalloc(sizeof(*state));
    state->shingles = shingles;
    dj_simhash_masks((unsigned)conf->hamming_distance, &state->masks);
    *opened = state;
    return DJ_OK;
}

/* The hash as Data-Juicer spells it, a number in a text. */
static enum dj_status keep_hash(struct dj_batch *batch, size_t row, uint64_t hash)
{
    char json[24];
    const int len = snprintf(json, sizeof(json), "\"%" PRIu64 "\"", hash);

    return dj_batch_set_hash(batch, row, (struct dj_str){ json, (size_t)len });
}

static enum dj_status process(const struct dj_op_call *call, struct dj_batch *batch)
{
    const struct state *state = call->state;
    const bool keep = dj_batch_keeps_hash(batch);

    DJ_FOR_EACH_ROW (row, batch) {
        struct dj_error err;
        enum dj_status status;
        uint64_t hash;
        size_t count;

        status = dj_shingles_of(state->shingles, dj_batch_text(batch, row), &count, &err);
        if (status == DJ_OP) {
            dj_batch_reject(batch, row, "%s", err.text);
            continue;
        }
        if (status != DJ_OK) {
            *call->err = err;
            return status;
        }
        hash = dj_simhash_of(state->shingles, count);
        DJ_TRY(keep ? keep_hash(batch, row, hash) : DJ_OK);
        DJ_TRY(dj_batch_note(batch, row, (struct dj_note){ .hi = hash }, call->err));
    }
    return DJ_OK;
}

/* --- equal hashes ----------------------------------------------------------------------
 */

/*
 * Records of the second round: hi is a mask's number, lo what it leaves of the hash,
 * value the hash; or a row that is joined to row value already, with a key of its own.
 */
enum { JOINED = DJ_SIMHASH_MASKS };

struct equals {
    uint64_t first; /* row */
};

static enum dj_status meet_equal(const struct dj_op_call *call, struct equals *equals,
                                 const struct dj_met *met, const struct dj_sink *out)
{
    const struct state *state = call->state;
    const struct dj_note *record = &met->record;

    if (!met->first) {
        const struct dj_note joined = { JOINED, record->row, equals->first, record->row };

        return dj_sink_put(out, &joined, call->err);
    }
    equals->first = record->row;
    for (size_t i = 0; i < state->masks.count; i++) {
        const struct dj_note part = { i, record->hi & state->masks.masks[i], record->hi,
                                      record->row };

        DJ_TRY(dj_sink_put(out, &part, call->err));
    }
    return DJ_OK;
}

/* --- close hashes ----------------------------------------------------------------------
 */

/* A hash of the group that is equal under the mask. */
struct member {
    uint64_t hash;
    uint64_t row;
    size_t parent; /* place in the group, of the same cluster */
};

struct group {
    struct dj_buf members;
};

static size_t root_of(struct member *members, size_t at)
{
    while (members[at].parent != at) {
        members[at].parent = members[members[at].parent].parent;
        at = members[at].parent;
    }
    return at;
}

/* No earlier mask leaves these bits out. */
static bool meets_first(const struct dj_simhash_masks *masks, size_t mask,
                        uint64_t differing)
{
    for (size_t i = 0; i < mask; i++) {
        if ((masks->masks[i] & differing) == 0) {
            return false;
        }
    }
    return true;
}

/* Joins the newest member to all that are close to it. */
static enum dj_status join_newest(const struct dj_op_call *call, struct member *members,
                                  size_t newest, size_t mask, const struct dj_sink *out)
{
    const struct conf *conf = call->conf;
    const struct state *state = call->state;
    const uint64_t hash = members[newest].hash;

    for (size_t i = 0; i < newest; i++) {
        const uint64_t differing = members[i].hash ^ hash;

        if (__builtin_popcountll(differing) <= conf->hamming_distance &&
            meets_first(&state->masks, mask, differing)) {
            const size_t a = root_of(members, i);
            const size_t b = root_of(members, newest);
            const struct dj_note edge = { 0, members[i].row, 0, members[newest].row };

            if (a != b) {
                members[b].parent = a;
                DJ_TRY(dj_sink_put(out, &edge, call->err));
            }
        }
    }
    return DJ_OK;
}

static enum dj_status meet_close(const struct dj_op_call *call, struct group *group,
                                 const struct dj_met *met, const struct dj_sink *out)
{
    const struct dj_note *record = &met->record;
    struct member member = { record->value, record->row, 0 };

    if (record->hi == JOINED) {
        const struct dj_note edge = { 0, record->value, 0, record->row };

        return dj_sink_put(out, &edge, call->err);
    }
    if (met->first) {
        dj_buf_reset(&group->members);
    }
    member.parent = group->members.len / sizeof(member);
    if (dj_buf_append(&group->members, (struct dj_str){ (const void *)&member,
                                                        sizeof(member) }) != DJ_OK) {
        return dj_fail(call->err, DJ_NOMEM, "out of memory for hashes that are alike");
    }
    return join_newest(call, (void *)group->members.ptr, member.parent, record->hi, out);
}

/* --- rounds ----------------------------------------------------------------------------
 */

/* Either round uses its part. */
struct meeting {
    struct equals equals;
    struct group group;
};

static void release(void *state)
{
    struct meeting *meeting = state;

    dj_buf_release(&meeting->group.members);
}

static enum dj_status equal_round(const struct dj_op_call *call, void *state,
                                  const struct dj_met *met, const struct dj_sink *out)
{
    struct meeting *meeting = state;

    return met == NULL ? DJ_OK : meet_equal(call, &meeting->equals, met, out);
}

static enum dj_status close_round(const struct dj_op_call *call, void *state,
                                  const struct dj_met *met, const struct dj_sink *out)
{
    struct meeting *meeting = state;

    return met == NULL ? DJ_OK : meet_close(call, &meeting->group, met, out);
}

static const struct dj_global global = {
    .verdicts = DJ_VERDICT_EDGES,
    .records = "one of each sample; 15 with the defaults of each different hash; then an "
               "edge for each that is close to another one",
    .state_size = sizeof(struct meeting),
    .state_release = release,
    .rounds = { { DJ_MEET_BY_KEY, equal_round }, { DJ_MEET_BY_KEY, close_round } },
};

const struct dj_op dj_op_document_simhash_deduplicator = {
    .name = "document_simhash_deduplicator",
    .kind = DJ_OP_DEDUPLICATOR,
    .version = 1,
    .summary = "Keep the first of samples with nearly equal texts (SimHash)",
    .params = params,
    .conf_size = sizeof(struct conf),
    .hash = "__dj__simhash",
    .cost = DJ_COST_HIGH,
    .open = open_op,
    .close = close_op,
    .global = &global,
    .process = process,
};
