/*
 * Sizes of partitions by modality, as Data-Juicer's design has them: a default and a most
 * for each, long texts and dear operators make partitions smaller, many samples make them
 * larger. What the design leaves out is the memory of a rank: a partition and what is
 * derived from it must fit.
 */
#include "dj/autosize.h"

#include "dj/limits.h"
#include "dj/mem.h"
#include "dj/text.h"
#include "dj/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const struct {
    const char *name;
    int64_t size, most; /* samples */
    int64_t most_mb;
    double memory; /* what a sample takes while it is worked on, to one of text */
} modalities[DJ_MODALITY_COUNT] = {
    [DJ_MODALITY_TEXT] = { "text", 200, 1000, 32, 1 },
    [DJ_MODALITY_IMAGE] = { "image", 50, 200, 128, 5 },
    [DJ_MODALITY_AUDIO] = { "audio", 30, 100, 256, 8 },
    [DJ_MODALITY_VIDEO] = { "video", 10, 50, 512, 20 },
    [DJ_MODALITY_MULTIMODAL] = { "multimodal", 20, 100, 256, 10 },
};

enum {
    LEAST_SIZE = 10,
    HELD_COPIES = 4, /* a partition's lines, texts, what operators derive, its result */
    MEMORY_SHARE = 2 /* half of the memory is for partitions */
};

/* What one operator adds to the factor by which a sample's work grows. */
static const double cost_factors[] = {
    [DJ_COST_LOW] = 0.02, [DJ_COST_MEDIUM] = 0.1, [DJ_COST_HIGH] = 0.25
};

const char *dj_modality_name(enum dj_modality modality)
{
    return modalities[modality].name;
}

DJ_PRINTF(2, 3) static void because(struct dj_autosize *sizes, const char *fmt, ...)
{
    va_list args;

    if (sizes->nreasons < DJ_AUTOSIZE_REASONS) {
        va_start(args, fmt);
        (void)vsnprintf(sizes->reasons[sizes->nreasons++], DJ_AUTOSIZE_REASON, fmt, args);
        va_end(args);
    }
}

static enum dj_modality most_votes(const struct dj_autosize_facts *facts, int64_t *seen)
{
    enum dj_modality winner = DJ_MODALITY_TEXT;

    *seen = 0;
    for (int i = 0; i < DJ_MODALITY_COUNT; i++) {
        *seen += facts->votes[i];
        if (facts->votes[i] > facts->votes[winner]) {
            winner = (enum dj_modality)i;
        }
    }
    return winner;
}

/* Smaller for long texts, larger for short ones. */
static double length_factor(double chars)
{
    if (chars > 10000) {
        return 0.3;
    }
    if (chars > 5000) {
        return 0.6;
    }
    if (chars > 1000) {
        return 0.8;
    }
    return chars < 100 ? 1.5 : 1;
}

static double count_factor(double samples)
{
    if (samples > 1e6) {
        return 1.5;
    }
    if (samples > 1e5) {
        return 1.2;
    }
    return samples < 1000 ? 0.7 : 1;
}

static double pipeline_factor(const struct dj_autosize_facts *facts)
{
    double factor = 1;

    for (int i = 0; i < 3; i++) {
        factor += (double)facts->noperators[i] * cost_factors[i];
    }
    return factor;
}

static int64_t bounded(double value, int64_t least, int64_t most)
{
    if (value <= (double)least) {
        return least;
    }
    return value >= (double)most ? most : (int64_t)value;
}

void dj_autosize_from(const struct dj_autosize_facts *facts, struct dj_autosize *sizes)
{
    int64_t seen;
    const enum dj_modality modality = most_votes(facts, &seen);
    const double cost = pipeline_factor(facts);
    const double length = length_factor(facts->text_chars);
    const double count = count_factor(facts->samples);
    const double room =
        (double)facts->memory / MEMORY_SHARE / HELD_COPIES / modalities[modality].memory;
    const int64_t most = modalities[modality].most;
    int64_t fits;

    sizes->nreasons = 0;
    sizes->modality = modality;
    because(sizes,
            "modality %s: %lld of %lld samples looked at; %lld samples, at most %lld",
            modalities[modality].name, (long long)facts->votes[modality], (long long)seen,
            (long long)modalities[modality].size, (long long)most);
    because(sizes, "texts of %.0f characters on average: times %.1f", facts->text_chars,
            length);
    because(sizes, "about %.0f samples in all: times %.1f", facts->samples, count);
    because(
        sizes,
        "operators: %lld of low, %lld of medium and %lld of high cost: divided by %.2f",
        (long long)facts->noperators[DJ_COST_LOW],
        (long long)facts->noperators[DJ_COST_MEDIUM],
        (long long)facts->noperators[DJ_COST_HIGH], cost);
    sizes->size = bounded((double)modalities[modality].size * length * count / cost,
                          LEAST_SIZE, most);
    sizes->max_size_mb = bounded(room / (1 << 20), 1, modalities[modality].most_mb);
    fits = bounded(room / (facts->row_bytes < 1 ? 1 : facts->row_bytes), 1, INT64_MAX);
    if (fits < sizes->size) {
        sizes->size = fits;
        because(
            sizes,
            "memory: %.0f MiB a rank hold %lld samples of %.0f bytes, times %.0f while "
            "worked on",
            (double)facts->memory / (1 << 20), (long long)fits, facts->row_bytes,
            HELD_COPIES * modalities[modality].memory);
    } else {
        because(sizes, "memory: %.0f MiB a rank, so at most %lld MiB in a partition",
                (double)facts->memory / (1 << 20), (long long)sizes->max_size_mb);
    }
    because(sizes, "chosen: partitions of %lld samples and %lld MiB",
            (long long)sizes->size, (long long)sizes->max_size_mb);
}

/* --- what the samples hold ---------------------------------------------------------- */

struct looking {
    const struct dj_config *config;
    struct dj_autosize_facts *facts;
    double chars;
    int64_t samples;
    struct dj_arena *arena;
};

/* The member that a text key names: "a.b" is b of a unless a field is called "a.b". */
static const struct dj_node *find_text(const struct dj_node *sample, const char *key)
{
    const struct dj_node *node = dj_node_get(sample, key);
    const char *dot = strchr(key, '.');

    if (node == NULL && dot != NULL) {
        char *head = dj_xstrndup(key, (size_t)(dot - key));

        node = find_text(dj_node_get(sample, head), dot + 1);
        dj_xfree(head);
    }
    return node;
}

/* Takes the token out of the text's count; true when it is there. */
static bool has_token(struct dj_str text, const char *token, size_t *left)
{
    const size_t len = strlen(token);
    bool found = false;

    while (len > 0 && text.len >= len) {
        const char *at = memmem(text.ptr, text.len, token, len);

        if (at == NULL) {
            break;
        }
        found = true;
        *left -= len;
        text.len -= (size_t)(at - text.ptr) + len;
        text.ptr = at + len;
    }
    return found;
}

static void look_at_sample(void *context, struct dj_str line)
{
    struct looking *looking = context;
    const struct dj_config *config = looking->config;
    const char *const keys[] = { config->image_key, config->audio_key,
                                 config->video_key };
    const char *const tokens[] = { config->image_special_token,
                                   config->audio_special_token,
                                   config->video_special_token };
    bool has[DJ_MODALITY_COUNT] = { false };
    struct dj_node *sample = NULL;
    int kinds = 0;
    int kind = DJ_MODALITY_TEXT;

    dj_arena_reset(looking->arena);
    if (dj_node_parse(line, looking->arena, &sample) != DJ_OK ||
        !dj_node_is(sample, DJ_NODE_OBJECT)) {
        return;
    }
    for (size_t i = 0; i < config->text_keys.count; i++) {
        const struct dj_node *node = find_text(sample, config->text_keys.items[i]);

        if (dj_node_is(node, DJ_NODE_STRING)) {
            size_t left = node->text.len;

            looking->chars += (double)dj_utf8_length(node->text);
            for (int m = 0; m < 3; m++) {
                has[m + 1] = has_token(node->text, tokens[m], &left) || has[m + 1];
            }
            (void)has_token(node->text, config->eoc_special_token, &left);
            has[DJ_MODALITY_TEXT] = has[DJ_MODALITY_TEXT] || left > 0;
        }
    }
    for (int m = 0; m < 3; m++) {
        has[m + 1] = has[m + 1] || dj_node_true(dj_node_get(sample, keys[m]));
    }
    for (int m = 0; m < DJ_MODALITY_MULTIMODAL; m++) {
        kinds += has[m];
        kind = has[m] ? m : kind;
    }
    looking->facts->votes[kinds > 1 ? DJ_MODALITY_MULTIMODAL : kind]++;
    looking->samples++;
}

static int64_t memory_of_rank(int ranks)
{
    const int64_t limit = dj_limit_memory();
    const int64_t machine =
        (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);

    return (limit > 0 ? limit : machine) / (ranks < 1 ? 1 : ranks);
}

void dj_autosize_choose(const struct dj_sources *sources, const struct dj_config *config,
                        int ranks, struct dj_autosize *sizes)
{
    struct dj_autosize_facts facts = { .memory = memory_of_rank(ranks) };
    struct looking looking = { .config = config, .facts = &facts };

    *sizes = (struct dj_autosize){ .size = config->partition.size,
                                   .max_size_mb = config->partition.max_size_mb };
    looking.arena = dj_arena_new(64 << 10);
    dj_look_at(sources, config->partition.auto_configure ? look_at_sample : NULL,
               &looking, &sizes->look);
    dj_arena_free(looking.arena);
    sizes->samples = dj_look_rows(&sizes->look, sources);
    if (!config->partition.auto_configure) {
        return;
    }
    for (size_t i = 0; i < config->recipe.count; i++) {
        facts.noperators[config->recipe.ops[i].op->cost]++;
    }
    facts.row_bytes = sizes->look.row_bytes;
    facts.samples = sizes->samples;
    facts.text_chars = looking.samples > 0 ? looking.chars / (double)looking.samples : 0;
    dj_autosize_from(&facts, sizes);
}
