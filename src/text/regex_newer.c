/*
 * What the regex module (2026.11.19) knows of characters that PCRE2 10.42 does not: those
 * newer than Unicode 14.0, and a few older ones with new properties. A property of a
 * pattern is written with those that belong to it; a PCRE2 that knows them is not wrong
 * to have them twice. Two characters that left a category (U+0295, U+1171E) stay in it.
 */
#include "text/regex_private.h"

#include <stdio.h>

/* Names of scripts; those behind the first OLD_SCRIPTS are new as a whole. */
enum { OLD_SCRIPTS = 25, SCRIPTS = 41 };
static const char *const scripts[SCRIPTS] = {
    " ARMENIAN ARMN ",
    " HEBR HEBREW ",
    " ARAB ARABIC ",
    " ORIYA ORYA ",
    " TELU TELUGU ",
    " KANNADA KNDA ",
    " LAO LAOO ",
    " INHERITED QAAI ZINH ",
    " BALI BALINESE ",
    " CYRILLIC CYRL ",
    " COMMON ZYYY ",
    " LATIN LATN ",
    " KHOJ KHOJKI ",
    " MYANMAR MYMR ",
    " DEVA DEVANAGARI ",
    " SHARADA SHRD ",
    " BENG BENGALI ",
    " CUNEIFORM XSUX ",
    " EGYP EGYPTIANHIEROGLYPHS ",
    " HAN HANI ",
    " TANG TANGUT ",
    " KHITANSMALLSCRIPT KITS ",
    " HIRA HIRAGANA ",
    " KANA KATAKANA ",
    " GREEK GREK ",
    " TODHRI TODR ",
    " SIDETIC SIDT ",
    " GARA GARAY ",
    " TULUTIGALARI TUTG ",
    " SUNU SUNUWAR ",
    " TOLONGSIKI TOLS ",
    " KAWI ",
    " PCUN PROTOCUNEIFORM ",
    " GUKH GURUNGKHEMA ",
    " KIRATRAI KRAI ",
    " BERF BERIAERFE ",
    " JURC JURCHEN ",
    " NAGM NAGMUNDARI ",
    " OLONAL ONAO ",
    " TAIYO TAYO ",
    " SEAL ",
};

/* flags: A(lphabetic), C(ased), E(moji), L(owercase). script: from 1, 0 is none. */
static const struct {
    uint32_t lo, hi;
    char category[3], flags[5];
    unsigned char script;
} newer[] = {
    /* clang-format off */
    {0x295,0x295,"Lo","",0}, {0x363,0x36f,"","A",0}, {0x558,0x558,"Lm","CL",1},
    {0x58b,0x58c,"Lm","CL",1}, {0x5c8,0x5c9,"Mn","A",2}, {0x88f,0x88f,"Lo","",3},
    {0x897,0x897,"Mn","A",3}, {0xb53,0xb54,"Mn","",4}, {0xc04,0xc04,"","A",0},
    {0xc5c,0xc5c,"Lo","",5}, {0xcdc,0xcdc,"Lo","",6}, {0xcf3,0xcf3,"Mc","A",6},
    {0xece,0xece,"Mn","",7}, {0xf82,0xf83,"","A",0}, {0x10fc,0x10fc,"","CL",0},
    {0x1acf,0x1af0,"Mn","",8}, {0x1b4e,0x1b4f,"Po","",9}, {0x1b7f,0x1b7f,"Po","",9},
    {0x1c89,0x1c89,"Lu","",10}, {0x1c8a,0x1c8a,"Ll","",10}, {0x1dd3,0x1de6,"","A",0},
    {0x208f,0x208f,"Lm","",11}, {0x209d,0x209f,"Lm","CL",12},
    {0x20c1,0x20c4,"Sc","",11}, {0x2427,0x2429,"So","",11}, {0x2b96,0x2b96,"So","",11},
    {0x2e60,0x2e61,"Po","",11}, {0x2e62,0x2e62,"Ps","",11}, {0x2e63,0x2e63,"Pe","",11},
    {0x2ffc,0x2fff,"So","",11}, {0x31e4,0x31e5,"So","",11}, {0x31ef,0x31ef,"So","",11},
    {0xa7cb,0xa7cc,"Lu","",12}, {0xa7cd,0xa7cd,"Ll","",12}, {0xa7ce,0xa7ce,"Lu","",12},
    {0xa7cf,0xa7cf,"Ll","",12}, {0xa7d2,0xa7d2,"Lu","",12}, {0xa7d4,0xa7d4,"Lu","",12},
    {0xa7da,0xa7da,"Lu","",12}, {0xa7db,0xa7db,"Ll","",12}, {0xa7dc,0xa7dd,"Lu","",12},
    {0xa7e2,0xa7e2,"Lu","",12}, {0xa7f1,0xa7f1,"Lm","CL",12}, {0xa7f2,0xa7f4,"","CL",0},
    {0xab69,0xab69,"","CL",0}, {0xab6c,0xab6d,"Lu","",12}, {0xfbc3,0xfbd2,"So","",3},
    {0xfd90,0xfd91,"So","",3}, {0xfdc8,0xfdce,"So","",3}, {0x105c0,0x105f3,"Lo","",26},
    {0x107bb,0x107bf,"Lm","CL",12}, {0x10940,0x10959,"Lo","",27},
    {0x10d40,0x10d49,"Nd","",28}, {0x10d4a,0x10d4d,"Lo","",28},
    {0x10d4e,0x10d4e,"Lm","",28}, {0x10d4f,0x10d4f,"Lo","",28},
    {0x10d50,0x10d65,"Lu","",28}, {0x10d69,0x10d69,"Mn","A",28},
    {0x10d6a,0x10d6d,"Mn","",28}, {0x10d6e,0x10d6e,"Pd","",28},
    {0x10d6f,0x10d6f,"Lm","",28}, {0x10d70,0x10d85,"Ll","",28},
    {0x10d8e,0x10d8f,"Sm","",28}, {0x10ec2,0x10ec4,"Lo","",3},
    {0x10ec5,0x10ec5,"Lm","",3}, {0x10ec6,0x10ec7,"Lo","",3},
    {0x10ec9,0x10eca,"Sk","",3}, {0x10ecb,0x10ecd,"Mn","A",3},
    {0x10ece,0x10ecf,"Mn","",3}, {0x10ed0,0x10ed0,"Po","",3},
    {0x10ed1,0x10ed8,"So","",3}, {0x10ed9,0x10eee,"Lo","",3},
    {0x10ef0,0x10ef2,"Mn","",3}, {0x10ef3,0x10ef3,"Mn","A",3},
    {0x10ef4,0x10ef4,"Mn","",3}, {0x10ef5,0x10ef5,"Mn","A",3},
    {0x10ef6,0x10ef6,"Mn","",3}, {0x10ef7,0x10ef8,"Mn","A",3},
    {0x10ef9,0x10ef9,"Mn","",3}, {0x10efa,0x10efc,"Mn","A",3},
    {0x10efd,0x10eff,"Mn","",3}, {0x11080,0x11081,"","A",0},
    {0x1123f,0x11240,"Lo","",13}, {0x11241,0x11241,"Mn","A",13},
    {0x11380,0x11389,"Lo","",29}, {0x1138b,0x1138b,"Lo","",29},
    {0x1138e,0x1138e,"Lo","",29}, {0x11390,0x113b5,"Lo","",29},
    {0x113b7,0x113b7,"Lo","",29}, {0x113b8,0x113ba,"Mc","A",29},
    {0x113bb,0x113c0,"Mn","A",29}, {0x113c2,0x113c2,"Mc","A",29},
    {0x113c5,0x113c5,"Mc","A",29}, {0x113c7,0x113ca,"Mc","A",29},
    {0x113cc,0x113cd,"Mc","A",29}, {0x113ce,0x113ce,"Mn","",29},
    {0x113cf,0x113cf,"Mc","",29}, {0x113d0,0x113d0,"Mn","",29},
    {0x113d1,0x113d1,"Lo","",29}, {0x113d2,0x113d2,"Mn","",29},
    {0x113d3,0x113d3,"Lo","",29}, {0x113d4,0x113d5,"Po","",29},
    {0x113d7,0x113d8,"Po","",29}, {0x113e1,0x113e2,"Mn","",29},
    {0x116d0,0x116e3,"Nd","",14}, {0x1171e,0x1171e,"Mc","",0},
    {0x11b00,0x11b09,"Po","",15}, {0x11b0a,0x11b0a,"Lo","",15},
    {0x11b60,0x11b60,"Mn","A",16}, {0x11b61,0x11b61,"Mc","A",16},
    {0x11b62,0x11b64,"Mn","A",16}, {0x11b65,0x11b65,"Mc","A",16},
    {0x11b66,0x11b66,"Mn","A",16}, {0x11b67,0x11b67,"Mc","A",16},
    {0x11bc0,0x11be0,"Lo","",30}, {0x11be1,0x11be1,"Po","",30},
    {0x11bf0,0x11bf9,"Nd","",30}, {0x11db0,0x11dd8,"Lo","",31},
    {0x11dd9,0x11dd9,"Lm","",31}, {0x11dda,0x11ddb,"Lo","",31},
    {0x11de0,0x11de9,"Nd","",31}, {0x11df0,0x11df0,"Mn","A",17},
    {0x11df1,0x11df1,"Lo","",17}, {0x11f00,0x11f01,"Mn","A",32},
    {0x11f02,0x11f02,"Lo","",32}, {0x11f03,0x11f03,"Mc","A",32},
    {0x11f04,0x11f10,"Lo","",32}, {0x11f12,0x11f33,"Lo","",32},
    {0x11f34,0x11f35,"Mc","A",32}, {0x11f36,0x11f3a,"Mn","A",32},
    {0x11f3e,0x11f3f,"Mc","A",32}, {0x11f40,0x11f40,"Mn","A",32},
    {0x11f41,0x11f41,"Mc","",32}, {0x11f42,0x11f42,"Mn","",32},
    {0x11f43,0x11f4f,"Po","",32}, {0x11f50,0x11f59,"Nd","",32},
    {0x11f5a,0x11f5a,"Mn","",32}, {0x1246f,0x1246f,"Nl","",18},
    {0x12475,0x1247f,"Nl","",18}, {0x12550,0x125a7,"Nl","",18},
    {0x125a8,0x1264b,"Nl","",33}, {0x1264c,0x12686,"Nl","",18},
    {0x1342f,0x1342f,"Lo","",19}, {0x13439,0x1343f,"Cf","",19},
    {0x13440,0x13440,"Mn","",19}, {0x13441,0x13446,"Lo","",19},
    {0x13447,0x13455,"Mn","",19}, {0x13460,0x143fa,"Lo","",19},
    {0x16100,0x1611d,"Lo","",34}, {0x1611e,0x16129,"Mn","A",34},
    {0x1612a,0x1612c,"Mc","A",34}, {0x1612d,0x1612e,"Mn","A",34},
    {0x1612f,0x1612f,"Mn","",34}, {0x16130,0x16139,"Nd","",34},
    {0x16d40,0x16d42,"Lm","",35}, {0x16d43,0x16d6a,"Lo","",35},
    {0x16d6b,0x16d6c,"Lm","",35}, {0x16d6d,0x16d6f,"Po","",35},
    {0x16d70,0x16d79,"Nd","",35}, {0x16ea0,0x16eb8,"Lu","",36},
    {0x16ebb,0x16ed3,"Ll","",36}, {0x16ff2,0x16ff3,"Lm","",20},
    {0x16ff4,0x16ff6,"Nl","",20}, {0x187f8,0x187ff,"Lo","",21},
    {0x18cd6,0x18cda,"Lo","",22}, {0x18cff,0x18cff,"Lo","",22},
    {0x18d09,0x18d20,"Lo","",21}, {0x18d80,0x18df2,"Lo","",21},
    {0x18e00,0x19191,"Lo","",37}, {0x191a0,0x191d2,"Lo","",37},
    {0x1b123,0x1b123,"Lo","",23}, {0x1b124,0x1b128,"Lo","",24},
    {0x1b132,0x1b132,"Lo","",23}, {0x1b155,0x1b155,"Lo","",24},
    {0x1b168,0x1b168,"Lo","",24}, {0x1cc00,0x1ccef,"So","",11},
    {0x1ccf0,0x1ccf9,"Nd","",11}, {0x1ccfa,0x1ccfc,"So","",11},
    {0x1cd00,0x1ceb3,"So","",11}, {0x1ceba,0x1ced0,"So","",11},
    {0x1ced2,0x1ced4,"So","",11}, {0x1cedd,0x1cedf,"Sm","",11},
    {0x1cee0,0x1ceef,"So","",11}, {0x1cef0,0x1cefd,"Sm","",11},
    {0x1d127,0x1d128,"Mn","",8}, {0x1d1eb,0x1d1ff,"So","",11},
    {0x1d250,0x1d252,"Mc","",11}, {0x1d253,0x1d25a,"So","",11},
    {0x1d25b,0x1d25c,"Mn","",8}, {0x1d25d,0x1d25e,"So","",11},
    {0x1d25f,0x1d25f,"Mc","",11}, {0x1d260,0x1d27f,"So","",11},
    {0x1d280,0x1d281,"Mc","",11}, {0x1d2c0,0x1d2d3,"No","",11},
    {0x1d6a6,0x1d6a6,"Ll","",11}, {0x1db00,0x1db1c,"Sm","",11},
    {0x1df1f,0x1df3f,"Ll","",12}, {0x1df40,0x1df40,"Lu","",12},
    {0x1df41,0x1df47,"Ll","",12}, {0x1df48,0x1df48,"Lu","",12},
    {0x1df49,0x1df49,"Ll","",12}, {0x1df4a,0x1df4a,"Lu","",12},
    {0x1df4b,0x1df4c,"Ll","",12}, {0x1df4d,0x1df4d,"Lu","",12},
    {0x1df4e,0x1df50,"Ll","",12}, {0x1df51,0x1df51,"Lu","",12},
    {0x1df52,0x1df67,"Ll","",12}, {0x1df68,0x1df68,"Lu","",12},
    {0x1df69,0x1df69,"Ll","",12}, {0x1df6a,0x1df6a,"Lu","",12},
    {0x1df6b,0x1df6b,"Ll","",12}, {0x1df6c,0x1df6c,"Lu","",12},
    {0x1df6d,0x1df6d,"Ll","",12}, {0x1df6e,0x1df6e,"Lu","",12},
    {0x1df6f,0x1df71,"Ll","",12}, {0x1df72,0x1df72,"Lu","",12},
    {0x1df73,0x1df73,"Ll","",12}, {0x1df74,0x1df74,"Lu","",12},
    {0x1df75,0x1df75,"Ll","",12}, {0x1df76,0x1df76,"Lu","",12},
    {0x1df77,0x1df77,"Ll","",12}, {0x1df78,0x1df78,"Lu","",12},
    {0x1df79,0x1df79,"Ll","",12}, {0x1df7a,0x1df7a,"Lu","",12},
    {0x1df7b,0x1df7b,"Ll","",12}, {0x1df7c,0x1df7c,"Lu","",12},
    {0x1df7d,0x1df7d,"Ll","",12}, {0x1df7e,0x1df7e,"Lu","",12},
    {0x1df7f,0x1df7f,"Ll","",12}, {0x1df80,0x1df81,"Lo","",12},
    {0x1df90,0x1df96,"Ll","",12}, {0x1dfcd,0x1dff2,"Lm","CL",12},
    {0x1dff3,0x1dff4,"Lm","CL",25}, {0x1dff5,0x1dfff,"Lm","CL",12},
    {0x1e030,0x1e06d,"Lm","CL",10}, {0x1e08f,0x1e08f,"Mn","A",10},
    {0x1e4d0,0x1e4ea,"Lo","",38}, {0x1e4eb,0x1e4eb,"Lm","",38},
    {0x1e4ec,0x1e4ef,"Mn","",38}, {0x1e4f0,0x1e4f9,"Nd","",38},
    {0x1e5d0,0x1e5ed,"Lo","",39}, {0x1e5ee,0x1e5ef,"Mn","",39},
    {0x1e5f0,0x1e5f0,"Lo","",39}, {0x1e5f1,0x1e5fa,"Nd","",39},
    {0x1e5ff,0x1e5ff,"Po","",39}, {0x1e6c0,0x1e6de,"Lo","",40},
    {0x1e6e0,0x1e6e2,"Lo","",40}, {0x1e6e3,0x1e6e3,"Mn","A",40},
    {0x1e6e4,0x1e6e5,"Lo","",40}, {0x1e6e6,0x1e6e6,"Mn","A",40},
    {0x1e6e7,0x1e6ed,"Lo","",40}, {0x1e6ee,0x1e6ef,"Mn","A",40},
    {0x1e6f0,0x1e6f4,"Lo","",40}, {0x1e6f5,0x1e6f5,"Mn","A",40},
    {0x1e6fe,0x1e6fe,"Lo","",40}, {0x1e6ff,0x1e6ff,"Lm","",40},
    {0x1f1ae,0x1f1ae,"So","",11}, {0x1f6d8,0x1f6d9,"So","E",11},
    {0x1f6dc,0x1f6dc,"So","E",11}, {0x1f774,0x1f77f,"So","",11},
    {0x1f7d9,0x1f7db,"So","",11}, {0x1f7f1,0x1f7ff,"So","",11},
    {0x1f8b2,0x1f8bb,"So","",11}, {0x1f8c0,0x1f8c1,"So","",11},
    {0x1f8d0,0x1f8d8,"Sm","",11}, {0x1fa54,0x1fa57,"So","",11},
    {0x1fa75,0x1fa77,"So","E",11}, {0x1fa87,0x1fa8f,"So","E",11},
    {0x1faad,0x1faaf,"So","E",11}, {0x1fabb,0x1fabf,"So","E",11},
    {0x1fac6,0x1fac6,"So","E",11}, {0x1fac8,0x1fac8,"So","E",11},
    {0x1facc,0x1facf,"So","E",11}, {0x1fada,0x1fadd,"So","E",11},
    {0x1fadf,0x1fadf,"So","E",11}, {0x1fae8,0x1faeb,"So","E",11},
    {0x1faef,0x1faef,"So","E",11}, {0x1faf7,0x1fafa,"So","E",11},
    {0x1fbcb,0x1fbef,"So","",11}, {0x1fbfa,0x1fbfa,"So","",11},
    {0x2b739,0x2b73f,"Lo","",20}, {0x2b81e,0x2b81e,"Lo","",20},
    {0x2cea2,0x2cead,"Lo","",20}, {0x2ebf0,0x2ee5d,"Lo","",20},
    {0x31350,0x33479,"Lo","",20}, {0x3d000,0x3fc3f,"Lo","",41},
    /* clang-format on */
};

/* Whether the property of this name, as PCRE2 spells it, holds the characters. */
static bool belongs(size_t i, struct dj_str property)
{
    static const struct {
        const char *property, *categories;
        char flag;
    } others[] = {
        { "L&", "Lu Ll Lt", 'C' },
        { "Cased", "Lu Ll Lt", 'C' },
        { "Uppercase", "Lu", 'U' },
        { "Lowercase", "Ll", 'L' },
        { "Alphabetic", "Lu Ll Lt Lm Lo Nl", 'A' },
        { "Emoji", "-", 'E' },
    };

    if ((property.len == 1 || property.len == 2) && newer[i].category[0] != '\0' &&
        memcmp(newer[i].category, property.ptr, property.len) == 0) {
        return true;
    }
    for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
        if (dj_str_is(property, others[k].property)) {
            const bool letters = property.ptr[0] == 'L' && property.len == 2;

            return (newer[i].category[0] != '\0' &&
                    strstr(others[k].categories, newer[i].category) != NULL) ||
                   (!letters && strchr(newer[i].flags, others[k].flag) != NULL);
        }
    }
    return false;
}

bool dj_rx_newer(const char *items, struct dj_rx_ranges *ranges)
{
    bool any = false;

    for (const char *p = items; (p = strstr(p, "\\p{")) != NULL; p++) {
        const struct dj_str property = { p + 3, strcspn(p + 3, "}") };

        for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
            if (belongs(i, property)) {
                dj_rx_ranges_add(ranges, newer[i].lo, newer[i].hi);
                any = true;
            }
        }
    }
    return any;
}

void dj_rx_newer_assigned(bool formats, struct dj_rx_ranges *ranges)
{
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++) {
        if (newer[i].category[0] != '\0' &&
            (formats || strcmp(newer[i].category, "Cf") != 0)) {
            dj_rx_ranges_add(ranges, newer[i].lo, newer[i].hi);
        }
    }
}

bool dj_rx_newer_script(const char *name, struct dj_rx_ranges *ranges, bool *whole)
{
    char word[64];
    size_t script = 0;

    (void)snprintf(word, sizeof(word), " %s ", name);
    while (script < SCRIPTS && strstr(scripts[script], word) == NULL) {
        script++;
    }
    *whole = script >= OLD_SCRIPTS && script < SCRIPTS;
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]) && script < SCRIPTS; i++) {
        if (newer[i].script == script + 1) {
            dj_rx_ranges_add(ranges, newer[i].lo, newer[i].hi);
        }
    }
    return script < SCRIPTS;
}
