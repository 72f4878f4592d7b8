/* Lines are read as rows of a table in every way that there is. */
#include "djtest.h"

#include "dj/cells.h"
#include "text/text_private.h"

enum { LONGEST = 120, SHOWN = (1 << DJ_CELLS_MAX) - 1 };

static uint32_t gaps(const char *text)
{
    char line[LONGEST + DJ_PADDING];
    const struct dj_str str = { line, strlen(text) };
    uint32_t bits;

    /* What lies behind the line must not be taken for part of it. */
    memset(line, ' ', sizeof(line));
    memcpy(line, text, str.len);
    bits = dj_cells_gaps(str) & SHOWN;
    DJ_CHECK_INT(dj_cells_gaps_plain(str) & SHOWN, bits);
    return bits;
}

static void blanks_and_tabs_part_cells(void)
{
    DJ_CHECK_INT(gaps(""), 0);
    DJ_CHECK_INT(gaps(" "), 0);
    DJ_CHECK_INT(gaps("a"), 1 << 0);
    DJ_CHECK_INT(gaps("a b"), 1 << 1);
    DJ_CHECK_INT(gaps("a b\tc"), 1 << 2);
    DJ_CHECK_INT(gaps("a  b"), 0);
    DJ_CHECK_INT(gaps("a \tb"), 0);
    DJ_CHECK_INT(gaps(" a b"), 0);
    DJ_CHECK_INT(gaps("a b "), 0);
    DJ_CHECK_INT(gaps("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"), 1 << 19);
    DJ_CHECK_INT(gaps("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"), 0);
}

static void other_white_space_is_in_no_cell(void)
{
    DJ_CHECK_INT(gaps("a\rb"), 0);
    DJ_CHECK_INT(gaps("a\vb"), 0);
    DJ_CHECK_INT(gaps("a b\f"), 0);
    DJ_CHECK_INT(gaps("a\xc2\x85"), 0);
    DJ_CHECK_INT(gaps("a\xc2\xa0 b"), 0);
    DJ_CHECK_INT(gaps("\xe1\x9a\x80"), 0);
    DJ_CHECK_INT(gaps("\xe2\x80\xa8"), 0);
    DJ_CHECK_INT(gaps("\xe3\x80\x80"), 0);
    /* Controls that only str takes for blanks, and letters that begin like blanks. */
    DJ_CHECK_INT(gaps("a\x1c\x1f b\x0e"), 1 << 1);
    DJ_CHECK_INT(gaps("\xc2\xb5 \xe1\x9a\x81 \xe2\x80\x8b \xe3\x80\x81"), 1 << 3);
}

static void bars_may_part_cells(void)
{
    DJ_CHECK_INT(gaps("a|b"), 1 << 0 | 1 << 1);
    DJ_CHECK_INT(gaps("|a|b|"), 1 << 0 | 1 << 1);
    DJ_CHECK_INT(gaps("a||b"), 1 << 0 | 1 << 1);
    DJ_CHECK_INT(gaps("a|||b"), 1 << 0 | 1 << 1 | 1 << 2);
    DJ_CHECK_INT(gaps("|||"), 1 << 0 | 1 << 1);
    DJ_CHECK_INT(gaps("|"), 1 << 0);
    DJ_CHECK_INT(gaps("a | b"), 1 << 2);
    DJ_CHECK_INT(gaps("a| b|c"), 1 << 1 | 1 << 2);
    DJ_CHECK_INT(gaps("|a b|"), 1 << 1);
    DJ_CHECK_INT(gaps("a b|c|d e"), 1 << 2 | 1 << 3 | 1 << 4);
    DJ_CHECK_INT(
        gaps("1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25"), SHOWN);
}

/* Every way to cut the line, one character after the other. */
static void cut(struct dj_str line, size_t pos, unsigned ngaps, bool filled,
                uint32_t *bits)
{
    if (pos == line.len) {
        *bits |= filled && ngaps < DJ_CELLS_MAX ? (uint32_t)1 << ngaps : 0;
        return;
    }
    if (strchr(" \t|", line.ptr[pos]) != NULL && filled) {
        cut(line, pos + 1, ngaps + 1, false, bits);
    }
    if (strchr(" \t\r", line.ptr[pos]) == NULL) {
        cut(line, pos + 1, ngaps, true, bits);
    }
}

static void random_lines_are_read_in_every_way(void)
{
    uint32_t state = 13;

    for (int round = 0; round < 20000; round++) {
        char line[LONGEST + 1];
        const size_t len = (state >> 9) % 90;
        const uint32_t bars = 1 + (state >> 20) % 30;
        size_t nbars = 0;
        uint32_t want = 0;

        for (size_t i = 0; i < len; i++) {
            state = state * 1664525 + 1013904223;
            line[i] = "abcdefgh ijklm\tn"[state >> 28];
            if ((state >> 8) % bars == 0 && nbars < 10) {
                line[i] = '|';
                nbars++;
            } else if ((line[i] == ' ' || line[i] == '\t') && i > 0 &&
                       line[i - 1] <= ' ' && (state >> 6) % 64 != 0) {
                line[i] = 'x';
            }
        }
        line[len] = '\0';
        cut(dj_str_from(line), 0, 0, false, &want);
        DJ_CHECK_INT(gaps(line), want);
        state = state * 1664525 + 1013904223;
    }
}

int main(void)
{
    DJ_TEST(blanks_and_tabs_part_cells);
    DJ_TEST(other_white_space_is_in_no_cell);
    DJ_TEST(bars_may_part_cells);
    DJ_TEST(random_lines_are_read_in_every_way);
    return 0;
}
