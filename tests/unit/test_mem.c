/* Buffers and arenas. */
#include "djtest.h"

static void a_buffer_grows_and_keeps_its_bytes(void)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    for (int i = 0; i < 10000; i++) {
        DJ_CHECK_OK(dj_buf_putc(&buf, (char)('a' + i % 26)));
    }
    DJ_CHECK_INT(buf.len, 10000);
    for (int i = 0; i < 10000; i++) {
        DJ_CHECK(buf.ptr[i] == 'a' + i % 26);
    }
    /* Scanners may load vectors that begin inside and end behind the buffer. */
    memset(buf.ptr + buf.cap, 0, DJ_PADDING);
    dj_buf_reset(&buf);
    DJ_CHECK_OK(dj_buf_printf(&buf, "%d %s", 7, "partitions"));
    DJ_CHECK_STR(dj_buf_str(&buf), "7 partitions");
    dj_buf_release(&buf);
}

static void an_impossible_size_is_refused(void)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    DJ_CHECK_STATUS(dj_buf_reserve(&buf, SIZE_MAX), DJ_NOMEM);
    DJ_CHECK_STATUS(dj_buf_reserve(&buf, SIZE_MAX / 2), DJ_NOMEM);
    DJ_CHECK_OK(dj_buf_append(&buf, DJ_STR("still works")));
    DJ_CHECK(dj_size_mul(SIZE_MAX / 2, 3) == SIZE_MAX);
    dj_buf_release(&buf);
}

static void an_arena_hands_out_aligned_separate_bytes(void)
{
    struct dj_arena *arena = dj_arena_new(1024);
    char *pieces[200];

    for (size_t i = 0; i < 200; i++) {
        pieces[i] = dj_arena_alloc(arena, i);
        DJ_CHECK(pieces[i] != NULL);
        DJ_CHECK((uintptr_t)pieces[i] % 16 == 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i; k++) {
            DJ_CHECK(pieces[i][k] == (char)i);
        }
    }
    dj_arena_free(arena);
}

static void a_large_request_gets_its_own_block(void)
{
    struct dj_arena *arena = dj_arena_new(1024);
    char *big = dj_arena_alloc(arena, 5 << 20);

    DJ_CHECK(big != NULL);
    memset(big, 1, 5 << 20);
    DJ_CHECK(dj_arena_used(arena) >= 5 << 20);
    dj_arena_reset(arena);
    DJ_CHECK_INT(dj_arena_used(arena), 0);
    DJ_CHECK(dj_arena_alloc(arena, SIZE_MAX - 100) == NULL);
    dj_arena_free(arena);
}

static void the_newest_allocation_can_shrink_and_grow(void)
{
    struct dj_arena *arena = dj_arena_new(1024);
    char *first = dj_arena_alloc(arena, 512);
    char *second;

    DJ_CHECK(dj_arena_resize_last(arena, first, 16));
    second = dj_arena_alloc(arena, 16);
    DJ_CHECK(second == first + 16);
    DJ_CHECK(!dj_arena_resize_last(arena, first, 8)); /* no longer the newest */
    DJ_CHECK(dj_arena_resize_last(arena, second, 900));
    DJ_CHECK(!dj_arena_resize_last(arena, second, 5000));
    dj_arena_free(arena);
}

static void a_mark_takes_everything_back_that_came_later(void)
{
    struct dj_arena *arena = dj_arena_new(256);
    struct dj_arena_mark mark;
    size_t used;

    (void)dj_arena_alloc(arena, 100);
    mark = dj_arena_mark(arena);
    used = dj_arena_used(arena);
    for (int i = 0; i < 50; i++) {
        DJ_CHECK(dj_arena_alloc(arena, 200) != NULL);
    }
    dj_arena_rollback(arena, mark);
    DJ_CHECK_INT(dj_arena_used(arena), used);
    DJ_CHECK_STR(dj_arena_copy(arena, DJ_STR("again")), "again");
    dj_arena_free(arena);
}

static void strings_compare_by_bytes(void)
{
    DJ_CHECK(dj_str_compare(DJ_STR("a"), DJ_STR("b")) < 0);
    DJ_CHECK(dj_str_compare(DJ_STR("ab"), DJ_STR("a")) > 0);
    DJ_CHECK(dj_str_compare(DJ_STR(""), DJ_STR("")) == 0);
    DJ_CHECK(dj_str_compare(DJ_STR("\x80"), DJ_STR("z")) > 0);
}

int main(void)
{
    DJ_TEST(a_buffer_grows_and_keeps_its_bytes);
    DJ_TEST(an_impossible_size_is_refused);
    DJ_TEST(an_arena_hands_out_aligned_separate_bytes);
    DJ_TEST(a_large_request_gets_its_own_block);
    DJ_TEST(the_newest_allocation_can_shrink_and_grow);
    DJ_TEST(a_mark_takes_everything_back_that_came_later);
    DJ_TEST(strings_compare_by_bytes);
    return 0;
}
