/*
 * Build-time generator: reads the range lists in src/text/tables and writes the C
 * file behind char_tables.h. Two-stage tables, 128 code points a block; equal blocks
 * are kept once. Usage: gen_tables <folder of the lists> <file to write>.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dj/text.h"

#include "text/char_tables.h"

enum {
    CODE_POINTS = 0x110000,
    BLOCK = DJ_TABLE_BLOCK,
    NBLOCKS = CODE_POINTS / BLOCK,
    MAX_DISTANCES = 200,
};

static uint16_t class_of[CODE_POINTS];
static uint16_t norm_of[CODE_POINTS];
static uint16_t case_of[CODE_POINTS];
static int32_t distances[MAX_DISTANCES] = { 0 };
static unsigned ndistances = 1; /* the first is 0: lower case is the same */

static const char *folder;
static FILE *out;

static _Noreturn void die(const char *fmt, ...) DJ_PRINTF(1, 2);

static _Noreturn void die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)fputs("gen_tables: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputs("\n", stderr);
    va_end(args);
    exit(1);
}

/* --- reading ------------------------------------------------------------------------ */

static unsigned distance_index(int32_t distance)
{
    unsigned i = 0;

    while (i < ndistances && distances[i] != distance) {
        i++;
    }
    if (i == MAX_DISTANCES) {
        die("too many distances between upper and lower case");
    }
    if (i == ndistances) {
        distances[ndistances++] = distance;
    }
    return i;
}

static void set_flag(uint16_t *entry, unsigned flag, const char *value)
{
    (void)value;
    *entry = (uint16_t)(*entry | flag);
}

static void set_number(uint16_t *entry, unsigned flag, const char *value)
{
    (void)flag;
    *entry = (uint16_t)(*entry | (unsigned)strtoul(value, NULL, 10));
}

static void set_distance(uint16_t *entry, unsigned flag, const char *value)
{
    const unsigned index = distance_index((int32_t)strtol(value, NULL, 10));

    (void)flag;
    *entry = (uint16_t)(*entry | index << DJ_CASE_SHIFT);
}

struct list {
    const char *name;
    uint16_t *table;
    void (*set)(uint16_t *entry, unsigned flag, const char *value);
    unsigned flag;
};

static const struct list lists[] = {
    { "alpha", class_of, set_flag, DJ_CHAR_ALPHA },
    { "alnum", class_of, set_flag, DJ_CHAR_ALNUM },
    { "space", class_of, set_flag, DJ_CHAR_SPACE },
    { "line_end", class_of, set_flag, DJ_CHAR_LINE_END },
    { "special", class_of, set_flag, DJ_CHAR_SPECIAL },
    { "regex_word", class_of, set_flag, DJ_CHAR_REGEX_WORD },
    { "regex_digit", class_of, set_flag, DJ_CHAR_REGEX_DIGIT },
    { "regex_punct", class_of, set_flag, DJ_CHAR_REGEX_PUNCT },
    { "cased", case_of, set_flag, DJ_CASE_CASED },
    { "ignorable", case_of, set_flag, DJ_CASE_IGNORABLE },
    { "unprintable", case_of, set_flag, DJ_CASE_UNPRINTABLE },
    { "lower", case_of, set_distance, 0 },
    { "combining", norm_of, set_number, 0 },
    { "nfc", norm_of, set_flag, DJ_NORM_NFC },
    { "nfd", norm_of, set_flag, DJ_NORM_NFD },
    { "nfkc", norm_of, set_flag, DJ_NORM_NFKC },
    { "nfkd", norm_of, set_flag, DJ_NORM_NFKD },
    { "backward", norm_of, set_flag, DJ_NORM_BACKWARD },
    { "forward", norm_of, set_flag, DJ_NORM_FORWARD },
    { "joins", norm_of, set_flag, DJ_NORM_JOINS },
    { "unassigned", norm_of, set_flag, DJ_NORM_UNASSIGNED },
};

/* "lo", "lo..hi" or "lo..hi/step", then a blank and a value where the list has one. */
static bool read_line(const struct list *list, const char *line)
{
    char *at;
    unsigned long lo = strtoul(line, &at, 16);
    unsigned long hi = lo;
    unsigned long step = 1;

    if (at == line) {
        return false;
    }
    if (strncmp(at, "..", 2) == 0) {
        hi = strtoul(at + 2, &at, 16);
    }
    if (*at == '/') {
        step = strtoul(at + 1, &at, 10);
    }
    if (hi < lo || hi >= CODE_POINTS || step == 0 ||
        (*at == ' ') != (list->set != set_flag) || strchr(" \n", *at) == NULL) {
        return false;
    }
    for (; lo <= hi; lo += step) {
        list->set(&list->table[lo], list->flag, at);
    }
    return true;
}

static void read_list(const struct list *list)
{
    char path[4096];
    char line[256];
    unsigned number = 0;
    FILE *in;

    (void)snprintf(path, sizeof(path), "%s/%s.txt", folder, list->name);
    in = fopen(path, "r");
    if (in == NULL) {
        die("cannot read %s", path);
    }
    while (fgets(line, sizeof(line), in) != NULL) {
        number++;
        if (line[0] != '#' && !read_line(list, line)) {
            die("%s:%u: not a range: %s", path, number, line);
        }
    }
    (void)fclose(in);
}

/* --- lead bytes --------------------------------------------------------------------- */

static bool plain_for(int lead, uint32_t c)
{
    const unsigned forms[] = {
        [DJ_LEAD_NFC] = DJ_NORM_NFC | DJ_NORM_BACKWARD | DJ_NORM_COMBINING,
        [DJ_LEAD_NFD] = DJ_NORM_NFD | DJ_NORM_COMBINING,
        [DJ_LEAD_NFKC] = DJ_NORM_NFKC | DJ_NORM_BACKWARD | DJ_NORM_COMBINING,
        [DJ_LEAD_NFKD] = DJ_NORM_NFKD | DJ_NORM_COMBINING,
    };
    const unsigned counted = DJ_CHAR_ALNUM | DJ_CHAR_SPECIAL | DJ_CHAR_LINE_END;

    switch (lead) {
    case DJ_LEAD_LOWER:
        return case_of[c] >> DJ_CASE_SHIFT == 0;
    case DJ_LEAD_ALNUM:
        return (class_of[c] & counted) == DJ_CHAR_ALNUM;
    default:
        return (norm_of[c] & forms[lead]) == 0;
    }
}

static uint8_t lead_flags[256]; /* bit per enum dj_lead */

static void find_lead_flags(void)
{
    memset(lead_flags, (1 << DJ_LEADS) - 1, sizeof(lead_flags));
    for (uint32_t c = 0x80; c < CODE_POINTS; c++) {
        char bytes[4];

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        (void)dj_utf8_put(bytes, c);
        for (int lead = 0; lead < DJ_LEADS; lead++) {
            if (!plain_for(lead, c)) {
                uint8_t *flags = &lead_flags[(unsigned char)bytes[0]];

                *flags = (uint8_t)(*flags & ~(1u << lead));
            }
        }
    }
}

/* --- writing ------------------------------------------------------------------------ */

static void write_numbers(const char *declaration, const int32_t *numbers, size_t count)
{
    (void)fprintf(out, "const %s = {", declaration);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s%" PRId32 ",", i % 16 == 0 ? "\n" : " ", numbers[i]);
    }
    (void)fputs("\n};\n\n", out);
}

static void write_table(const char *name, const char *type, const uint16_t *table)
{
    static int32_t numbers[CODE_POINTS];
    static int32_t index[NBLOCKS];
    static const uint16_t *blocks[NBLOCKS];
    char declaration[100];
    size_t count = 0;

    for (size_t block = 0; block < NBLOCKS; block++) {
        const uint16_t *entries = table + block * BLOCK;
        size_t same = 0;

        while (same < count &&
               memcmp(blocks[same], entries, BLOCK * sizeof(*entries)) != 0) {
            same++;
        }
        if (same == count) {
            blocks[count++] = entries;
        }
        index[block] = (int32_t)(same * BLOCK);
    }
    if (count * BLOCK > UINT16_MAX) {
        die("%s: too many different blocks for a 16-bit index", name);
    }
    for (size_t i = 0; i < count * BLOCK; i++) {
        numbers[i] = blocks[i / BLOCK][i % BLOCK];
    }
    (void)snprintf(declaration, sizeof(declaration), "uint16_t dj_%s_index[%d]", name,
                   NBLOCKS);
    write_numbers(declaration, index, NBLOCKS);
    (void)snprintf(declaration, sizeof(declaration), "%s dj_%s_blocks[]", type, name);
    write_numbers(declaration, numbers, count * BLOCK);
}

static void write_leads(void)
{
    int32_t flags[256];
    int32_t rows[DJ_LEADS * 16];

    for (int byte = 0; byte < 256; byte++) {
        flags[byte] = lead_flags[byte];
    }
    for (int lead = 0; lead < DJ_LEADS; lead++) {
        for (int low = 0; low < 16; low++) {
            int32_t row = DJ_ROW_OTHER;

            for (int high = 0; high < 4; high++) {
                row |= (lead_flags[0xc0 + high * 16 + low] >> lead & 1) << high;
            }
            rows[lead * 16 + low] = row;
        }
    }
    write_numbers("uint8_t dj_lead_flags[256]", flags, 256);
    write_numbers("uint8_t dj_lead_rows[DJ_LEADS * 16]", rows, (size_t)DJ_LEADS * 16);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        die("usage: gen_tables <folder of the lists> <file to write>");
    }
    folder = argv[1];
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        read_list(&lists[i]);
    }
    find_lead_flags();
    out = fopen(argv[2], "w");
    if (out == NULL) {
        die("cannot write %s", argv[2]);
    }
    (void)fputs("/* Made by gen_tables from the lists in src/text/tables. */\n"
                "#include \"text/char_tables.h\"\n\n",
                out);
    write_table("class", "uint8_t", class_of);
    write_table("norm", "uint16_t", norm_of);
    write_table("case", "uint16_t", case_of);
    write_numbers("int32_t dj_case_distances[]", distances, ndistances);
    write_leads();
    if (ferror(out) != 0 || fclose(out) != 0) {
        die("cannot write %s", argv[2]);
    }
    return 0;
}
