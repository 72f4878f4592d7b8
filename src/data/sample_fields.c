/* The fields of the line that is being read, and a key that comes twice among them. */
#include "data/batch_private.h"

#include "dj/hash.h"

/* Up to so many fields are compared one by one. */
enum { FEW_FIELDS = 16 };

static void put_slot(struct dj_batch *batch, size_t place)
{
    size_t i = batch->fields[place].hash & (batch->nkey_slots - 1);

    while (batch->key_slots[i] != 0) {
        i = (i + 1) & (batch->nkey_slots - 1);
    }
    batch->key_slots[i] = (uint32_t)(place + 1);
}

/* Makes an empty table for twice as many fields as there are and enters them. */
static void rebuild_slots(struct dj_batch *batch)
{
    batch->nkey_slots = 4 * FEW_FIELDS;
    while (batch->nkey_slots < 4 * batch->nfields) {
        batch->nkey_slots *= 2;
    }
    if (batch->nkey_slots > batch->key_slot_cap) {
        batch->key_slot_cap = batch->nkey_slots;
        batch->key_slots = dj_xrealloc(
            batch->key_slots, dj_size_mul(batch->key_slot_cap, sizeof(uint32_t)));
    }
    memset(batch->key_slots, 0, batch->nkey_slots * sizeof(uint32_t));
    for (size_t i = 0; i < batch->nfields; i++) {
        batch->fields[i].hash = dj_hash64(batch->fields[i].key);
        put_slot(batch, i);
    }
}

static bool known_by_table(const struct dj_batch *batch, struct dj_str key, uint64_t hash)
{
    size_t i = hash & (batch->nkey_slots - 1);

    for (; batch->key_slots[i] != 0; i = (i + 1) & (batch->nkey_slots - 1)) {
        const struct field *field = &batch->fields[batch->key_slots[i] - 1];

        if (field->hash == hash && dj_str_equal(field->key, key)) {
            return true;
        }
    }
    return false;
}

static bool known_by_list(struct dj_batch *batch, struct dj_str key)
{
    const unsigned first = key.len == 0 ? 0 : (unsigned char)key.ptr[0];
    const unsigned last = key.len == 0 ? 0 : (unsigned char)key.ptr[key.len - 1];
    const uint64_t bit = (uint64_t)1 << ((key.len * 7 + first + 3 * last) % 64);

    if ((batch->seen & bit) == 0) {
        batch->seen |= bit;
        return false;
    }
    for (size_t i = 0; i < batch->nfields; i++) {
        if (dj_str_equal(batch->fields[i].key, key)) {
            return true;
        }
    }
    return false;
}

bool dj_add_field(struct dj_batch *batch, const struct field *field)
{
    const bool few = batch->nfields < FEW_FIELDS;
    uint64_t hash = 0;

    if (!few) {
        if (batch->nfields == FEW_FIELDS || 2 * batch->nfields > batch->nkey_slots) {
            rebuild_slots(batch);
        }
        hash = dj_hash64(field->key);
    }
    if (few ? known_by_list(batch, field->key)
            : known_by_table(batch, field->key, hash)) {
        return false;
    }
    if (batch->nfields == batch->field_cap) {
        batch->field_cap = 2 * batch->field_cap + FEW_FIELDS;
        batch->fields =
            dj_xrealloc(batch->fields, dj_size_mul(batch->field_cap, sizeof(*field)));
    }
    batch->fields[batch->nfields] = *field;
    batch->fields[batch->nfields++].hash = hash;
    if (!few) {
        put_slot(batch, batch->nfields - 1);
    }
    return true;
}
