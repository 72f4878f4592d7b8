/*
 * Regular expressions: \p{..} and [:..:] of the regex module. The names are those
 * of the module, not PCRE2's, which has other meanings for some (L& and scripts).
 * Digits, words, blanks, punctuation, general categories (but those of what is not
 * assigned) and scripts hold what the module's version of Unicode has, and so do
 * Alphabetic, Lowercase, Uppercase and Emoji; the other properties are up to PCRE2's.
 */
#include "text/regex_private.h"

enum { NAME_MAX_ = 48 };

/* Names are compared without case, blanks, "_" and "-"; here they are in capitals. */
struct property {
    const char *name;
    const char *items; /* what stands for it inside of brackets */
};

/* General categories come before scripts, and those before the others. */
static const struct property categories[] = {
    { "C", "\\p{C}" },
    { "OTHER", "\\p{C}" },
    { "CC", "\\p{Cc}" },
    { "CONTROL", "\\p{Cc}" },
    { "CNTRL", "\\p{Cc}" },
    { "CF", "\\p{Cf}" },
    { "FORMAT", "\\p{Cf}" },
    { "CN", "\\p{Cn}" },
    { "UNASSIGNED", "\\p{Cn}" },
    { "ASSIGNED", "\\P{Cn}" },
    { "CO", "\\p{Co}" },
    { "PRIVATEUSE", "\\p{Co}" },
    { "L", "\\p{L}" },
    { "L&", "\\p{L}" },
    { "LETTER", "\\p{L}" },
    { "LC", "\\p{L&}" },
    { "CASEDLETTER", "\\p{L&}" },
    { "LL", "\\p{Ll}" },
    { "LOWERCASELETTER", "\\p{Ll}" },
    { "LM", "\\p{Lm}" },
    { "MODIFIERLETTER", "\\p{Lm}" },
    { "LO", "\\p{Lo}" },
    { "OTHERLETTER", "\\p{Lo}" },
    { "LT", "\\p{Lt}" },
    { "TITLECASELETTER", "\\p{Lt}" },
    { "LU", "\\p{Lu}" },
    { "UPPERCASELETTER", "\\p{Lu}" },
    { "M", "\\p{M}" },
    { "MARK", "\\p{M}" },
    { "COMBININGMARK", "\\p{M}" },
    { "MC", "\\p{Mc}" },
    { "SPACINGMARK", "\\p{Mc}" },
    { "ME", "\\p{Me}" },
    { "ENCLOSINGMARK", "\\p{Me}" },
    { "MN", "\\p{Mn}" },
    { "NONSPACINGMARK", "\\p{Mn}" },
    { "N", "\\p{N}" },
    { "NUMBER", "\\p{N}" },
    { "NL", "\\p{Nl}" },
    { "LETTERNUMBER", "\\p{Nl}" },
    { "NO", "\\p{No}" },
    { "OTHERNUMBER", "\\p{No}" },
    { "PC", "\\p{Pc}" },
    { "CONNECTORPUNCTUATION", "\\p{Pc}" },
    { "PD", "\\p{Pd}" },
    { "DASHPUNCTUATION", "\\p{Pd}" },
    { "PE", "\\p{Pe}" },
    { "CLOSEPUNCTUATION", "\\p{Pe}" },
    { "PF", "\\p{Pf}" },
    { "FINALPUNCTUATION", "\\p{Pf}" },
    { "PI", "\\p{Pi}" },
    { "INITIALPUNCTUATION", "\\p{Pi}" },
    { "PO", "\\p{Po}" },
    { "OTHERPUNCTUATION", "\\p{Po}" },
    { "PS", "\\p{Ps}" },
    { "OPENPUNCTUATION", "\\p{Ps}" },
    { "S", "\\p{S}" },
    { "SYMBOL", "\\p{S}" },
    { "SC", "\\p{Sc}" },
    { "CURRENCYSYMBOL", "\\p{Sc}" },
    { "SK", "\\p{Sk}" },
    { "MODIFIERSYMBOL", "\\p{Sk}" },
    { "SM", "\\p{Sm}" },
    { "MATHSYMBOL", "\\p{Sm}" },
    { "SO", "\\p{So}" },
    { "OTHERSYMBOL", "\\p{So}" },
    { "Z", "\\p{Z}" },
    { "SEPARATOR", "\\p{Z}" },
    { "ZL", "\\p{Zl}" },
    { "LINESEPARATOR", "\\p{Zl}" },
    { "ZP", "\\p{Zp}" },
    { "PARAGRAPHSEPARATOR", "\\p{Zp}" },
    { "ZS", "\\p{Zs}" },
    { "SPACESEPARATOR", "\\p{Zs}" },
};

static const struct property binaries[] = {
    { "ALPHA", "\\p{Alphabetic}" },
    { "ALPHABETIC", "\\p{Alphabetic}" },
    { "ALNUM", "\\p{Alphabetic}\\p{Nd}" },
    { "ALPHANUMERIC", "\\p{Alphabetic}\\p{Nd}" },
    { "POSIXALNUM", "\\p{Alphabetic}0-9" },
    { "XDIGIT", "\\p{Nd}\\p{Hex_Digit}" },
    { "HEX", "\\p{Hex_Digit}" },
    { "HEXDIGIT", "\\p{Hex_Digit}" },
    { "UPPER", "\\p{Uppercase}" },
    { "UPPERCASE", "\\p{Uppercase}" },
    { "LOWER", "\\p{Lowercase}" },
    { "LOWERCASE", "\\p{Lowercase}" },
    { "CASED", "\\p{Cased}" },
    { "CASEIGNORABLE", "\\p{Case_Ignorable}" },
    { "CI", "\\p{Case_Ignorable}" },
    { "GRAPH", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}" },
    { "PRINT", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}" },
    { "EMOJI", "\\p{Emoji}" },
    { "EMOJIPRESENTATION", "\\p{Emoji_Presentation}" },
    { "EPRES", "\\p{Emoji_Presentation}" },
    { "EMOJIMODIFIER", "\\p{Emoji_Modifier}" },
    { "EMOD", "\\p{Emoji_Modifier}" },
    { "EMOJIMODIFIERBASE", "\\p{Emoji_Modifier_Base}" },
    { "EBASE", "\\p{Emoji_Modifier_Base}" },
    { "EMOJICOMPONENT", "\\p{Emoji_Component}" },
    { "ECOMP", "\\p{Emoji_Component}" },
    { "IDEOGRAPHIC", "\\p{Ideographic}" },
    { "IDEO", "\\p{Ideographic}" },
    { "UNIFIEDIDEOGRAPH", "\\p{Unified_Ideograph}" },
    { "UIDEO", "\\p{Unified_Ideograph}" },
    { "RADICAL", "\\p{Radical}" },
    { "DASH", "\\p{Dash}" },
    { "MATH", "\\p{Math}" },
    { "QUOTATIONMARK", "\\p{Quotation_Mark}" },
    { "QMARK", "\\p{Quotation_Mark}" },
    { "SOFTDOTTED", "\\p{Soft_Dotted}" },
    { "VARIATIONSELECTOR", "\\p{Variation_Selector}" },
    { "JOINCONTROL", "\\p{Join_Control}" },
    { "REGIONALINDICATOR", "\\p{Regional_Indicator}" },
    { "BIDICONTROL", "\\p{Bidi_Control}" },
    { "NONCHARACTERCODEPOINT", "\\p{Noncharacter_Code_Point}" },
    { "PATTERNWHITESPACE", "\\p{Pattern_White_Space}" },
    { "PATTERNSYNTAX", "\\p{Pattern_Syntax}" },
    { "IDSTART", "\\p{ID_Start}" },
    { "XIDSTART", "\\p{XID_Start}" },
};

/* Those that the project's own tables know. */
static const struct {
    const char *name;
    enum dj_rx_class kind;
} classes[] = {
    { "WORD", DJ_RX_WORD },         { "DIGIT", DJ_RX_DIGIT },
    { "ND", DJ_RX_DIGIT },          { "DECIMALNUMBER", DJ_RX_DIGIT },
    { "SPACE", DJ_RX_SPACE },       { "WHITESPACE", DJ_RX_SPACE },
    { "WSPACE", DJ_RX_SPACE },      { "BLANK", DJ_RX_BLANK },
    { "HORIZSPACE", DJ_RX_BLANK },  { "P", DJ_RX_PUNCT },
    { "P&", DJ_RX_PUNCT },          { "PUNCT", DJ_RX_PUNCT },
    { "PUNCTUATION", DJ_RX_PUNCT },
};

/* Capitals, without blanks, "_" and "-". False when it cannot be a name. */
static bool standard_name(struct dj_str text, char out[NAME_MAX_])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];

        if (c == ' ' || c == '_' || c == '-') {
            continue;
        }
        if (len + 1 >= NAME_MAX_ || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                      (c >= 'a' && c <= 'z') || c == '&')) {
            return false;
        }
        out[len++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    out[len] = '\0';
    return len > 0;
}

static const char *find(const struct property *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].items;
        }
    }
    return NULL;
}

#define FIND(list, name) find(list, sizeof(list) / sizeof((list)[0]), name)

/*
 * What is not assigned is less than PCRE2 takes for it, so that its opposite is written.
 * That cannot be done among other items of a set; false then.
 */
static bool add_unassigned(struct dj_rx_parser *p, const char *items, bool negated,
                           struct dj_rx_set *set)
{
    const bool others = strcmp(items, "\\p{C}") == 0;
    struct dj_rx_ranges newer = { 0 };

    if (set->bracket || p->form == DJ_RX_ASCII ||
        !(others || strcmp(items, "\\p{Cn}") == 0)) {
        return false;
    }
    dj_rx_newer_assigned(!others, &newer);
    dj_rx_set_add(set, &newer, false, p->form);
    dj_rx_ranges_release(&newer);
    dj_rx_puts(&set->properties, others ? "\\P{C}" : "\\P{Cn}");
    set->negated = !negated;
    set->members++;
    return true;
}

/* An item of several parts cannot be negated inside of brackets, one can. */
static enum dj_status add_items(struct dj_rx_parser *p, const char *items, bool negated,
                                size_t at, struct dj_rx_set *set)
{
    const bool one = items[0] == '\\' && strchr(items + 1, '\\') == NULL &&
                     items[strlen(items) - 1] == '}';
    struct dj_rx_ranges newer = { 0 };
    bool more;

    if (add_unassigned(p, items, negated, set)) {
        return DJ_OK;
    }
    more = p->form != DJ_RX_ASCII && !(negated && set->bracket) &&
           dj_rx_newer(items, &newer);

    set->members++;
    dj_rx_set_add(set, &newer, false, p->form);
    dj_rx_ranges_release(&newer);
    if (!negated) {
        dj_rx_puts(&set->properties, items);
    } else if (one && !more) {
        dj_rx_puts(&set->properties, items[1] == 'p' ? "\\P" : "\\p");
        dj_rx_puts(&set->properties, items + 2);
    } else if (!set->bracket) {
        dj_rx_puts(&set->properties, items);
        set->negated = true;
    } else {
        return dj_rx_refuse(p, at, "this class cannot be negated inside of a set");
    }
    return DJ_OK;
}

/* Those that tell capitals from small letters mean all cased letters without case. */
static const char *without_case(struct dj_rx_parser *p, const char *items,
                                struct dj_rx_set *set)
{
    static const char *const letters[] = { "\\p{Lu}", "\\p{Ll}", "\\p{Lt}" };

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(items, letters[i]) == 0) {
            set->cased = true;
            return (p->flags & DJ_REGEX_IGNORECASE) != 0 ? "\\p{L&}" : items;
        }
    }
    if (strcmp(items, "\\p{Uppercase}") == 0 || strcmp(items, "\\p{Lowercase}") == 0) {
        set->cased = true;
        return (p->flags & DJ_REGEX_IGNORECASE) != 0 ? "\\p{Cased}" : items;
    }
    return items;
}

static enum dj_status add_script(struct dj_rx_parser *p, const char *prefix,
                                 const char *name, bool negated, size_t at,
                                 struct dj_rx_set *set)
{
    struct dj_rx_ranges newer = { 0 };
    bool whole = false;
    bool more = dj_rx_newer_script(name, &newer, &whole);

    if (whole && negated && set->bracket) {
        dj_rx_ranges_release(&newer);
        return dj_rx_refuse(p, at, "this class cannot be negated inside of a set");
    }
    more = more && p->form != DJ_RX_ASCII && !(negated && set->bracket);
    if (more) {
        dj_rx_set_add(set, &newer, false, p->form);
        set->negated = set->negated || negated;
        negated = false;
    }
    dj_rx_ranges_release(&newer);
    set->members++;
    if (!whole || !more) {
        dj_rx_puts(&set->properties, negated ? "\\P{" : "\\p{");
        dj_rx_puts(&set->properties, whole ? "" : prefix);
        dj_rx_puts(&set->properties, whole ? "Cs" : name); /* for ASCII: none */
        dj_rx_puts(&set->properties, "}");
    }
    return DJ_OK;
}

/* Classes that are a few ranges; the list ends with a range of nothing. */
static const struct {
    const char *name;
    struct dj_rx_range ranges[4];
} fixed[] = {
    { "ANY", { { 0, DJ_RX_MAX } } },
    { "ASCII", { { 0, 0x7f } } },
    { "POSIXDIGIT", { { '0', '9' } } },
    { "POSIXXDIGIT", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
    { "AHEX", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
    { "ASCIIHEXDIGIT", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
    { "POSIXPUNCT", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
};

/* False when the name is none of them. */
static bool add_fixed(struct dj_rx_parser *p, const char *name, bool negated,
                      struct dj_rx_set *set)
{
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        struct dj_rx_ranges members = { 0 };

        if (strcmp(fixed[i].name, name) != 0) {
            continue;
        }
        for (size_t k = 0; k < 4 && fixed[i].ranges[k].hi > 0; k++) {
            dj_rx_ranges_add(&members, fixed[i].ranges[k].lo, fixed[i].ranges[k].hi);
        }
        dj_rx_set_add(set, &members, negated, p->form);
        dj_rx_ranges_release(&members);
        set->members++;
        return true;
    }
    return false;
}

/* [:punct:] holds symbols too. For ASCII it is a list of ranges. */
static enum dj_status punctuation(struct dj_rx_parser *p, bool negated, size_t at,
                                  struct dj_rx_set *set)
{
    if (p->form == DJ_RX_ASCII || (p->flags & DJ_RX_ASCII_FLAG) != 0) {
        (void)add_fixed(p, "POSIXPUNCT", negated, set);
        return DJ_OK;
    }
    if (negated) {
        return dj_rx_refuse(p, at, "[:^punct:] is not supported, write [^[:punct:]]");
    }
    set->symbols = true;
    dj_rx_set_class(set, DJ_RX_PUNCT, false, dj_rx_style_of(p));
    dj_rx_puts(&set->properties, "\\p{S}");
    return DJ_OK;
}

static enum dj_status add_named(struct dj_rx_parser *p, const char *name, bool negated,
                                bool posix, size_t at, struct dj_rx_set *set)
{
    static const char *const own[] = { "ALNUM", "DIGIT", "XDIGIT" }; /* of [:..:] */
    char full[NAME_MAX_ + 8] = "";
    const char *items;

    if (posix && strcmp(name, "PUNCT") == 0) {
        return punctuation(p, negated, at, set);
    }
    for (size_t i = 0; i < 3; i++) {
        if (posix && strcmp(name, own[i]) == 0) {
            memcpy(full, "POSIX", 5);
        }
    }
    memcpy(full + strlen(full), name, strlen(name) + 1);
    name = full;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(classes[i].name, name) == 0) {
            dj_rx_set_class(set, classes[i].kind, negated, dj_rx_style_of(p));
            return DJ_OK;
        }
    }
    if (strcmp(name, "POSIXPUNCT") != 0 && add_fixed(p, name, negated, set)) {
        return DJ_OK;
    }
    if ((p->flags & DJ_RX_ASCII_FLAG) != 0) {
        return dj_rx_refuse(p, at, "this property is not supported with the flag a");
    }
    items = FIND(categories, name);
    if (items == NULL) {
        items = FIND(binaries, name);
    }
    if (items != NULL) {
        return add_items(p, without_case(p, items, set), negated, at, set);
    }
    return add_script(p, "sc:", name, negated, at, set);
}

/* gc=Lu, Script:Greek, scx=Han, and the same without the part before the sign. */
enum dj_status dj_rx_property(struct dj_rx_parser *p, struct dj_str text, bool negated,
                              bool posix, size_t at, struct dj_rx_set *set)
{
    char name[NAME_MAX_] = "";
    char kind[NAME_MAX_] = "";
    struct dj_str value = text;
    size_t sign = 0;

    if (!posix && value.len > 0 && value.ptr[0] == '^') {
        negated = !negated;
        value = (struct dj_str){ value.ptr + 1, value.len - 1 };
    }
    while (sign < value.len && value.ptr[sign] != '=' && value.ptr[sign] != ':') {
        sign++;
    }
    if (sign == value.len) {
        if (!standard_name(value, name)) {
            return dj_rx_refuse(p, at, "unknown property");
        }
        if (FIND(categories, name) == NULL && FIND(binaries, name) == NULL &&
            strncmp(name, "IS", 2) == 0 && name[2] != '\0') {
            return add_named(p, name + 2, negated, posix, at, set);
        }
        return add_named(p, name, negated, posix, at, set);
    }
    if (!standard_name((struct dj_str){ value.ptr, sign }, kind) ||
        !standard_name((struct dj_str){ value.ptr + sign + 1, value.len - sign - 1 },
                       name)) {
        return dj_rx_refuse(p, at, "unknown property");
    }
    if (strcmp(kind, "GC") == 0 || strcmp(kind, "GENERALCATEGORY") == 0) {
        const bool own = strcmp(name, "ND") == 0 || strcmp(name, "P") == 0;

        if (!own && FIND(categories, name) == NULL) {
            return dj_rx_refuse(p, at, "unknown property value");
        }
        return add_named(p, name, negated, false, at, set);
    }
    if (strcmp(kind, "SCRIPT") == 0 || strcmp(kind, "SC") == 0) {
        return add_script(p, "sc:", name, negated, at, set);
    }
    if (strcmp(kind, "SCRIPTEXTENSIONS") == 0 || strcmp(kind, "SCX") == 0) {
        return add_script(p, "scx:", name, negated, at, set);
    }
    return dj_rx_refuse(p, at, "properties of this kind are not supported");
}
