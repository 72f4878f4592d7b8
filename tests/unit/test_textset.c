/* A set knows the texts that were added since it was emptied, and no others. */
#include "djtest.h"

#include "dj/textset.h"

static bool add(struct dj_textset *set, const char *text)
{
    char *room = dj_textset_room(set, strlen(text));

    DJ_CHECK(room != NULL);
    memcpy(room, text, strlen(text));
    return dj_textset_add(set, strlen(text));
}

static void texts_are_added_once(void)
{
    struct dj_textset *set = dj_textset_new();

    for (int round = 0; round < 3; round++) {
        DJ_CHECK(add(set, "a"));
        DJ_CHECK(!add(set, "a"));
        DJ_CHECK(add(set, "ab"));
        DJ_CHECK(add(set, ""));
        DJ_CHECK(add(set, "b"));
        DJ_CHECK(!add(set, ""));
        DJ_CHECK(!add(set, "ab"));
        DJ_CHECK(!add(set, "a"));
        dj_textset_reset(set);
    }
    dj_textset_free(set);
    dj_textset_free(NULL);
}

static void a_text_may_be_shorter_than_its_room(void)
{
    struct dj_textset *set = dj_textset_new();
    char *room = dj_textset_room(set, 1000);

    memset(room, 'x', 1000 + DJ_PADDING);
    DJ_CHECK(dj_textset_add(set, 2));
    DJ_CHECK(!add(set, "xx"));
    DJ_CHECK(add(set, "xxx"));
    dj_textset_free(set);
}

static void many_texts_are_told_apart(void)
{
    enum { TEXTS = 20000 };
    struct dj_textset *set = dj_textset_new();
    char text[16];

    for (int round = 0; round < 2; round++) {
        for (int again = 0; again < 2; again++) {
            for (int i = 0; i < TEXTS; i++) {
                (void)snprintf(text, sizeof(text), "%d", i);
                DJ_CHECK(add(set, text) == (again == 0));
            }
        }
        dj_textset_reset(set);
    }
    dj_textset_free(set);
}

int main(void)
{
    DJ_TEST(texts_are_added_once);
    DJ_TEST(a_text_may_be_shorter_than_its_room);
    DJ_TEST(many_texts_are_told_apart);
    return 0;
}
