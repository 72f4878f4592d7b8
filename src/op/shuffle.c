/*
 * numpy's shuffle: for i from the last element to the second one, i and a random element
 * up to i change places. What stands at i then stays there. Only where the wanted
 * elements are is kept: in an array while they are among the places they started from, in
 * a table otherwise. Random numbers are PCG64's (O'Neill, "PCG", 2014), seeded by numpy's
 * SeedSequence.
 */
#include "dj/shuffle.h"

enum { POOL = 4, STATE_WORDS = 8 };

__extension__ typedef unsigned __int128 wide;

struct random {
    wide state, step;
    uint32_t upper; /* half of the last number, if it is left over */
    bool left_over;
};

/* --- random numbers -------------------------------------------------------------------
 */

static uint32_t hash_word(uint32_t word, uint32_t *factor, uint32_t times)
{
    word ^= *factor;
    *factor *= times;
    word *= *factor;
    return word ^ word >> 16;
}

static uint32_t mix_words(uint32_t x, uint32_t y)
{
    const uint32_t mixed = 0xca01f9dd * x - 0x4973f715 * y;

    return mixed ^ mixed >> 16;
}

/* SeedSequence(seed).generate_state */
static void spread_seed(uint64_t seed, uint32_t words[STATE_WORDS])
{
    uint32_t pool[POOL] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t factor = 0x43b0d7e5;

    for (size_t i = 0; i < POOL; i++) {
        pool[i] = hash_word(pool[i], &factor, 0x931e8875);
    }
    for (size_t from = 0; from < POOL; from++) {
        for (size_t to = 0; to < POOL; to++) {
            if (from != to) {
                pool[to] =
                    mix_words(pool[to], hash_word(pool[from], &factor, 0x931e8875));
            }
        }
    }
    factor = 0x8b51f9dd;
    for (size_t i = 0; i < STATE_WORDS; i++) {
        words[i] = hash_word(pool[i % POOL], &factor, 0x58f38ded);
    }
}

static void step(struct random *random)
{
    const wide times = (wide)0x2360ed051fc65da4 << 64 | 0x4385df649fccf645;

    random->state = random->state * times + random->step;
}

static void seed_random(struct random *random, uint64_t seed)
{
    uint32_t w[STATE_WORDS];
    wide start;

    spread_seed(seed, w);
    start = (wide)((uint64_t)w[1] << 32 | w[0]) << 64 | ((uint64_t)w[3] << 32 | w[2]);
    random->step =
        (wide)((uint64_t)w[5] << 32 | w[4]) << 64 | ((uint64_t)w[7] << 32 | w[6]);
    random->step = random->step << 1 | 1;
    random->state = 0;
    random->upper = 0;
    random->left_over = false;
    step(random);
    random->state += start;
    step(random);
}

static uint64_t draw64(struct random *random)
{
    uint64_t folded;
    unsigned turn;

    step(random);
    folded = (uint64_t)(random->state >> 64) ^ (uint64_t)random->state;
    turn = (unsigned)(random->state >> 122);
    return folded >> turn | folded << (-turn & 63);
}

static uint32_t draw32(struct random *random)
{
    uint64_t both;

    if (random->left_over) {
        random->left_over = false;
        return random->upper;
    }
    both = draw64(random);
    random->upper = (uint32_t)(both >> 32);
    random->left_over = true;
    return (uint32_t)both;
}

/* From 0 to most, both included, which is at least 1. */
static uint64_t draw_up_to(struct random *random, uint64_t most)
{
    const uint64_t mask = UINT64_MAX >> __builtin_clzll(most);
    uint64_t value;

    do {
        value = most <= UINT32_MAX ? draw32(random) & mask : draw64(random) & mask;
    } while (value > most);
    return value;
}

/* --- where elements are ---------------------------------------------------------------
 */

enum { NOBODY = 0, LEAST_SLOTS = 64 };

/* An element, counted from 1, that is at a place outside its piece. */
struct slot {
    uint64_t place;
    uint32_t element; /* NOBODY: the slot is free, or who was here has gone */
    bool used;
};

struct piece {
    uint64_t first;
    size_t n;
    struct dj_buf inside; /* uint32_t: elements at the places from first on */
    struct dj_buf table;  /* struct slot */
    size_t nslots;        /* a power of two */
    size_t nused;
};

static enum dj_status make_table(size_t nslots, struct dj_buf *table)
{
    const size_t bytes = nslots * sizeof(struct slot);

    dj_buf_init(table);
    DJ_TRY(dj_buf_reserve(table, bytes));
    memset(table->ptr, 0, bytes);
    return DJ_OK;
}

static struct slot *find(const struct dj_buf *table, size_t nslots, uint64_t place)
{
    struct slot *slots = (void *)table->ptr;
    size_t at = (size_t)(place * 0x9e3779b97f4a7c15 >> 32) & (nslots - 1);

    while (slots[at].used && slots[at].place != place) {
        at = (at + 1) & (nslots - 1);
    }
    return &slots[at];
}

/* A new table, at least half of it free, for those who are before end. */
static enum dj_status renew_table(struct piece *piece, uint64_t end)
{
    const struct slot *old = (const void *)piece->table.ptr;
    size_t nslots = LEAST_SLOTS;
    struct dj_buf table;
    size_t left = 0;

    for (size_t i = 0; i < piece->nslots; i++) {
        left += old[i].element != NOBODY && old[i].place < end;
    }
    while (nslots < 4 * left) {
        nslots *= 2;
    }
    DJ_TRY(make_table(nslots, &table));
    for (size_t i = 0; i < piece->nslots; i++) {
        if (old[i].element != NOBODY && old[i].place < end) {
            *find(&table, nslots, old[i].place) = old[i];
        }
    }
    dj_buf_release(&piece->table);
    piece->table = table;
    piece->nslots = nslots;
    piece->nused = left;
    return DJ_OK;
}

static uint32_t who_is_at(const struct piece *piece, uint64_t place)
{
    const uint32_t *inside = (const void *)piece->inside.ptr;

    return place - piece->first < piece->n
               ? inside[place - piece->first]
               : find(&piece->table, piece->nslots, place)->element;
}

/* Places from end on are looked at no more. */
static enum dj_status put_at(struct piece *piece, uint64_t place, uint32_t element,
                             uint64_t end)
{
    uint32_t *inside = (void *)piece->inside.ptr;
    struct slot *slot;

    if (place - piece->first < piece->n) {
        inside[place - piece->first] = element;
        return DJ_OK;
    }
    slot = find(&piece->table, piece->nslots, place);
    if (!slot->used && element == NOBODY) {
        return DJ_OK;
    }
    piece->nused += !slot->used;
    *slot = (struct slot){ place, element, true };
    return 2 * piece->nused > piece->nslots ? renew_table(piece, end) : DJ_OK;
}

static enum dj_status run_steps(struct piece *piece, uint64_t seed, uint64_t count,
                                uint64_t *places)
{
    struct random random;

    seed_random(&random, seed);
    for (uint64_t i = count - 1; i > 0; i--) {
        const uint64_t other = draw_up_to(&random, i);
        const uint32_t stays = who_is_at(piece, other);
        const uint32_t moves = who_is_at(piece, i);

        if (stays != NOBODY) {
            places[stays - 1] = i;
        }
        if (other != i && (stays != NOBODY || moves != NOBODY)) {
            DJ_TRY(put_at(piece, other, moves, i));
        }
    }
    if (count > 0 && who_is_at(piece, 0) != NOBODY) {
        places[who_is_at(piece, 0) - 1] = 0;
    }
    return DJ_OK;
}

enum dj_status dj_shuffle_places(uint64_t seed, uint64_t count, uint64_t first, size_t n,
                                 uint64_t *places)
{
    struct piece piece = { .first = first, .n = n, .nslots = LEAST_SLOTS };
    enum dj_status status;
    uint32_t *inside;

    dj_buf_init(&piece.inside);
    status = make_table(LEAST_SLOTS, &piece.table);
    if (status == DJ_OK) {
        status = dj_buf_reserve(&piece.inside, n * sizeof(*inside));
    }
    if (status == DJ_OK) {
        inside = (void *)piece.inside.ptr;
        for (size_t i = 0; i < n; i++) {
            inside[i] = (uint32_t)i + 1;
        }
        status = run_steps(&piece, seed, count, places);
    }
    dj_buf_release(&piece.inside);
    dj_buf_release(&piece.table);
    return status;
}
