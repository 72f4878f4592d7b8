/*
 * Arenas: allocation by moving a pointer, freeing all at once. Blocks of the
 * ordinary size are kept for the next batch (reuse keeps them in cache); a
 * request that is larger gets a block of its own that goes with the reset.
 */
#include "dj/fault.h"
#include "dj/mem.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 16, HUGE_PAGE = 2 << 20 };

struct block {
    struct block *prev; /* the block that was in use before this one */
    size_t size;        /* usable bytes of data */
    size_t used;
    bool own; /* made for one large request */
    _Alignas(ALIGNMENT) char data[];
};

struct dj_arena {
    size_t block_size;
    struct block *top;
    struct block *spare; /* kept ordinary blocks, linked by prev */
    size_t used_below;   /* bytes used in blocks under top */
    char *last;          /* newest allocation, for resize_last */
};

struct dj_arena *dj_arena_new(size_t block_size)
{
    struct dj_arena *arena = dj_xmalloc(sizeof(*arena));

    arena->block_size = block_size < 256 ? 256 : block_size;
    return arena;
}

static void free_list(struct block *block)
{
    while (block != NULL) {
        struct block *prev = block->prev;

        free(block);
        block = prev;
    }
}

void dj_arena_free(struct dj_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    free_list(arena->top);
    free_list(arena->spare);
    dj_xfree(arena);
}

static void pop(struct dj_arena *arena)
{
    struct block *block = arena->top;

    arena->top = block->prev;
    if (arena->top != NULL) {
        arena->used_below -= arena->top->used;
    }
    if (block->own) {
        free(block);
    } else {
        block->prev = arena->spare;
        arena->spare = block;
    }
}

void dj_arena_reset(struct dj_arena *arena)
{
    while (arena->top != NULL) {
        pop(arena);
    }
    arena->used_below = 0;
    arena->last = NULL;
}

static struct block *block_new(size_t size, bool own)
{
    const size_t total = sizeof(struct block) + size + DJ_PADDING;
    struct block *block;

    if (size > PTRDIFF_MAX / 2) {
        return NULL;
    }
    if (total >= HUGE_PAGE) {
        const size_t whole = (total + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

        block = aligned_alloc(HUGE_PAGE, whole);
        if (block != NULL) {
            (void)madvise(block, whole, MADV_HUGEPAGE);
        }
    } else {
        block = malloc(total);
    }
    if (block != NULL) {
        block->size = size;
        block->used = 0;
        block->own = own;
    }
    return block;
}

static bool push(struct dj_arena *arena, size_t size)
{
    const bool own = size > arena->block_size;
    struct block *block = NULL;
    struct dj_error err;

    if (!own && arena->spare != NULL) {
        block = arena->spare;
        arena->spare = block->prev;
        block->used = 0;
    } else {
        if (dj_fault_at(DJ_FAULT_MEM_GROW, &err) != DJ_OK) {
            return false;
        }
        block = block_new(own ? size : arena->block_size, own);
    }
    if (block == NULL) {
        return false;
    }
    if (arena->top != NULL) {
        arena->used_below += arena->top->used;
    }
    block->prev = arena->top;
    arena->top = block;
    return true;
}

void *dj_arena_alloc(struct dj_arena *arena, size_t size)
{
    const size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

    if (rounded < size) {
        return NULL;
    }
    if (arena->top == NULL || arena->top->size - arena->top->used < rounded) {
        if (!push(arena, rounded)) {
            return NULL;
        }
    }
    arena->last = arena->top->data + arena->top->used;
    arena->top->used += rounded;
    return arena->last;
}

bool dj_arena_resize_last(struct dj_arena *arena, void *ptr, size_t new_size)
{
    const size_t rounded = (new_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    size_t start;

    if (ptr == NULL || ptr != arena->last || rounded < new_size) {
        return false;
    }
    start = (size_t)(arena->last - arena->top->data);
    if (rounded > arena->top->size - start) {
        return false;
    }
    arena->top->used = start + rounded;
    return true;
}

struct dj_str dj_arena_copy(struct dj_arena *arena, struct dj_str bytes)
{
    char *copy = dj_arena_alloc(arena, bytes.len);

    if (copy != NULL && bytes.len > 0) {
        memcpy(copy, bytes.ptr, bytes.len);
    }
    return (struct dj_str){ copy, copy == NULL ? 0 : bytes.len };
}

struct dj_arena_mark dj_arena_mark(const struct dj_arena *arena)
{
    return (struct dj_arena_mark){ arena->top,
                                   arena->top == NULL ? 0 : arena->top->used };
}

void dj_arena_rollback(struct dj_arena *arena, struct dj_arena_mark mark)
{
    while (arena->top != mark.block) {
        pop(arena);
    }
    if (arena->top != NULL) {
        arena->top->used = mark.used;
    }
    arena->last = NULL;
}

bool dj_arena_has(const struct dj_arena *arena, const void *ptr)
{
    for (const struct block *block = arena->top; block != NULL; block = block->prev) {
        const uintptr_t begin = (uintptr_t)block->data;

        if ((uintptr_t)ptr >= begin && (uintptr_t)ptr < begin + block->size) {
            return true;
        }
    }
    return false;
}

size_t dj_arena_used(const struct dj_arena *arena)
{
    return arena->used_below + (arena->top == NULL ? 0 : arena->top->used);
}
