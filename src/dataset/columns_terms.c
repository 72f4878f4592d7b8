/*
 * Dictionaries: values are told apart by their JSON text, as the same value always comes
 * as the same text.
 */
#include "dataset/columns_private.h"

#include "dj/hash.h"

static void grow_slots(struct dj_column_terms *terms)
{
    terms->nslots = terms->nslots == 0 ? 64 : 2 * terms->nslots;
    dj_xfree(terms->slots);
    terms->slots = dj_xcalloc(terms->nslots, sizeof(*terms->slots));
    for (size_t i = 0; i < terms->count; i++) {
        size_t at = terms->items[i].hash & (terms->nslots - 1);

        while (terms->slots[at] != 0) {
            at = (at + 1) & (terms->nslots - 1);
        }
        terms->slots[at] = (uint32_t)i + 1;
    }
}

/* The slot of the text, free when it is new. */
static uint32_t *find_slot(struct dj_column_terms *terms, struct dj_str text,
                           uint64_t hash)
{
    size_t at;

    if (2 * (terms->count + 1) > terms->nslots) {
        grow_slots(terms);
    }
    for (at = hash & (terms->nslots - 1); terms->slots[at] != 0;
         at = (at + 1) & (terms->nslots - 1)) {
        const struct dj_column_term *term = &terms->items[terms->slots[at] - 1];
        const struct dj_str known = { terms->texts.ptr + term->at, term->len };

        if (term->hash == hash && dj_str_equal(known, text)) {
            break;
        }
    }
    return &terms->slots[at];
}

static bool add_term(struct dj_value *value, struct dj_column *column, struct dj_str text,
                     uint64_t hash)
{
    struct dj_column_terms *terms = &column->terms;

    if (dj_column_put(value, &column->children[0], text.ptr) == NULL) {
        return false;
    }
    if (terms->count == terms->cap) {
        terms->cap = terms->cap == 0 ? 16 : 2 * terms->cap;
        terms->items = dj_xrealloc(terms->items, terms->cap * sizeof(*terms->items));
    }
    terms->items[terms->count++] = (struct dj_column_term){
        .hash = hash,
        .at = terms->texts.len,
        .len = text.len,
    };
    if (dj_buf_append(&terms->texts, text) != DJ_OK) {
        value->result = DJ_VALUE_NOMEM;
        return false;
    }
    return true;
}

const char *dj_column_put_term(struct dj_value *value, struct dj_column *column,
                               const char *p)
{
    const char *end = dj_scan_value(&value->scan, p);
    const struct dj_str text = { p, end == NULL ? 0 : (size_t)(end - p) };
    uint64_t hash;
    uint32_t *slot;

    if (end == NULL) {
        return dj_value_fail(value, DJ_VALUE_SYNTAX);
    }
    hash = dj_hash64(text);
    slot = find_slot(&column->terms, text, hash);
    if (*slot == 0) {
        *slot = (uint32_t)column->terms.count + 1;
        if (!add_term(value, column, text, hash)) {
            *slot = 0;
            return NULL;
        }
    }
    return dj_column_put_whole(value, column, (int64_t)*slot - 1) ? end : NULL;
}
