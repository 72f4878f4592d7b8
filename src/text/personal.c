/*
 * What personal data and secrets look like. Most texts have nothing of most kinds; the
 * tests that find that out are much faster than the patterns. In them a byte from 0x80
 * stands for whatever the pattern may want there: \d, \s, letters of both cases.
 */
#include "dj/personal.h"

#include "text/personal_private.h"

/* --- can a pattern match at all? --------------------------------------------------- */

static bool is_high(char c)
{
    return (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || is_high(c);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* White space of one byte. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

static bool has(struct dj_str text, struct dj_str part)
{
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* True when good() says so of some place with this byte. */
static bool some(struct dj_str text, char byte,
                 bool (*good)(struct dj_str text, const char *p))
{
    const char *const end = text.ptr + text.len;
    const char *p = text.ptr;

    while ((p = memchr(p, byte, (size_t)(end - p))) != NULL) {
        if (good(text, p)) {
            return true;
        }
        p++;
    }
    return false;
}

/* The byte so far behind or before p, or NUL. */
static char at(struct dj_str text, const char *p, ptrdiff_t away)
{
    const ptrdiff_t place = p - text.ptr + away;

    return place >= 0 && place < (ptrdiff_t)text.len ? text.ptr[place] : '\0';
}

static bool may_be_pem(struct dj_str text)
{
    return has(text, DJ_STR("-----BEGIN "));
}

static bool may_be_jwt(struct dj_str text)
{
    return has(text, DJ_STR("eyJ"));
}

static bool may_be_url(struct dj_str text)
{
    return has(text, DJ_STR("://"));
}

static bool dot_in_number(struct dj_str text, const char *p)
{
    return is_digit(at(text, p, -1)) && is_digit(at(text, p, 1));
}

static bool may_be_ipv4(struct dj_str text)
{
    return some(text, '.', dot_in_number);
}

static bool bracket_of_ipv6(struct dj_str text, const char *p)
{
    const char c = at(text, p, 1);

    return is_hex(c) || c == ':' || c == '.';
}

static bool may_be_ipv6(struct dj_str text)
{
    return some(text, '[', bracket_of_ipv6);
}

static bool sign_in_mac(struct dj_str text, const char *p)
{
    const char next = at(text, p, 3);

    return (next == ':' || next == '-') && is_hex(at(text, p, -1)) &&
           is_hex(at(text, p, -2)) && is_hex(at(text, p, 1)) && is_hex(at(text, p, 2));
}

static bool may_be_mac(struct dj_str text)
{
    return some(text, ':', sign_in_mac) || some(text, '-', sign_in_mac);
}

/* What may stand before a path: nothing, white space, or one of a few signs. */
static bool may_precede_path(struct dj_str text, const char *p)
{
    const char c = at(text, p, -1);

    return p == text.ptr || is_high(c) || is_blank(c) || strchr("\"'([=", c) != NULL;
}

static bool slash_of_path(struct dj_str text, const char *p)
{
    static const char *const folders[] = { "User", "home", "tmp",         "etc",
                                           "var",  "opt",  "Applications" };
    const size_t left = text.len - (size_t)(p + 1 - text.ptr);

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const size_t len = strlen(folders[i]);

        if (left >= len && memcmp(p + 1, folders[i], len) == 0) {
            return may_precede_path(text, p);
        }
    }
    return false;
}

static bool may_be_unix_path(struct dj_str text)
{
    return some(text, '/', slash_of_path);
}

static bool may_be_windows_path(struct dj_str text)
{
    return has(text, DJ_STR(":\\"));
}

static bool slash_of_unc_path(struct dj_str text, const char *p)
{
    return at(text, p, 1) == '\\' && may_precede_path(text, p);
}

static bool may_be_unc_path(struct dj_str text)
{
    return some(text, '\\', slash_of_unc_path);
}

/* The end of what stands before the white space that ends at p. */
static const char *before_blanks(struct dj_str text, const char *p)
{
    while (p > text.ptr) {
        const char *begin = dj_previous_char(p);
        const char *next = begin;

        if ((dj_char_class(dj_utf8_next(&next)) & DJ_CHAR_SPACE) == 0) {
            break;
        }
        p = begin;
    }
    return p;
}

/*
 * The word ends at p, in any case. Of all letters only k, s and i have a character that
 * is not ASCII in the place of their other case; any such is taken for one here.
 */
static bool has_word(struct dj_str text, const char *p, const char *word)
{
    for (size_t i = strlen(word); i > 0; i--) {
        const char c = word[i - 1];

        if (p == text.ptr) {
            return false;
        }
        p = dj_previous_char(p);
        if ((*p | 0x20) != (c | 0x20) &&
            !(is_high(*p) && (c == 'k' || c == 's' || c == 'i'))) {
            return false;
        }
    }
    return true;
}

/* One of the words, ended by NULL, stands before the sign at p. */
static bool follows(struct dj_str text, const char *p, const char *const *words)
{
    p = before_blanks(text, p);
    while (*words != NULL && !has_word(text, p, *words)) {
        words++;
    }
    return *words != NULL;
}

static bool sign_of_secret(struct dj_str text, const char *p)
{
    static const char *const words[] = {
        "key",  "secret",        "password",   "passwd", "token",
        "auth", "authorization", "credential", NULL,
    };

    return follows(text, p, words);
}

static bool may_be_secret(struct dj_str text)
{
    return some(text, ':', sign_of_secret) || some(text, '=', sign_of_secret);
}

static bool sign_of_id(struct dj_str text, const char *p)
{
    static const char *const words[] = {
        "session_id", "session-id", "sessionid",  "user_id",   "user-id",
        "userid",     "request_id", "request-id", "requestid", "trace_id",
        "trace-id",   "traceid",    NULL,
    };

    return follows(text, p, words);
}

static bool may_be_id(struct dj_str text)
{
    return some(text, ':', sign_of_id) || some(text, '=', sign_of_id);
}

static bool sign_of_channel(struct dj_str text, const char *p)
{
    static const char *const words[] = { "channel", NULL };

    return follows(text, p, words);
}

static bool may_be_channel(struct dj_str text)
{
    return some(text, ':', sign_of_channel) || some(text, '=', sign_of_channel) ||
           some(text, '\xef', sign_of_channel); /* begins the full-width colon */
}

static bool line_of_open_id(struct dj_str text, const char *p)
{
    const char before = (char)(at(text, p, -1) | 0x20);

    for (ptrdiff_t i = 1; i <= 16; i++) { /* both forms have as many at least */
        const char c = at(text, p, i);

        if (!dj_is_ascii_letter((unsigned char)c) && !(c >= '0' && c <= '9') &&
            c != '_' && c != '-') {
            return false;
        }
    }
    return before == 'u' || before == 'd';
}

static bool may_be_open_id(struct dj_str text)
{
    return some(text, '_', line_of_open_id);
}

/* So many digits stand from p on. */
static bool are_digits(struct dj_str text, const char *p, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        if (!is_digit(at(text, p, i))) {
            return false;
        }
        if (is_high(at(text, p, i))) {
            return true; /* nobody has counted how many digits these are */
        }
    }
    return true;
}

static bool first_of_mobile(struct dj_str text, const char *p)
{
    const char c = at(text, p, 1);

    return c >= '3' && c <= '9' && are_digits(text, p + 2, 9);
}

static bool may_be_mobile(struct dj_str text)
{
    return some(text, '1', first_of_mobile);
}

static bool plus_of_phone(struct dj_str text, const char *p)
{
    return is_digit(at(text, p, 1));
}

static bool may_be_phone(struct dj_str text)
{
    return some(text, '+', plus_of_phone);
}

static bool digit_of_year(struct dj_str text, const char *p)
{
    const char c = at(text, p, 1);

    return (c == '9' || c == '0') && is_digit(at(text, p, -1)) &&
           are_digits(text, p + 2, 9);
}

static bool may_be_id_card(struct dj_str text)
{
    return some(text, '1', digit_of_year) || some(text, '2', digit_of_year);
}

static bool may_be_email(struct dj_str text)
{
    return memchr(text.ptr, '@', text.len) != NULL;
}

/* --- patterns ---------------------------------------------------------------------- */

#define PATH_BEFORE "(^|[\\s\"'(\\[=])"
#define PATH_INSIDE "[^\\s\"')\\]]*"
#define BYTE "(?:25[0-5]|2[0-4]\\d|[01]?\\d\\d?)"

static const struct dj_personal_form forms[] = {
    [DJ_PERSONAL_PEM] = {
        .may = may_be_pem,
        .pattern = "-----BEGIN [A-Z0-9 -]+-----[\\s\\S]*?-----END [A-Z0-9 -]+-----",
    },
    [DJ_PERSONAL_JWT] = {
        .may = may_be_jwt,
        .pattern = "\\beyJ[A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]+\\b",
    },
    [DJ_PERSONAL_URL] = {
        .may = may_be_url,
        .pattern = "https?://[^\\s\"'<>]+",
    },
    [DJ_PERSONAL_IPV4] = {
        .may = may_be_ipv4,
        .pattern = "(?<![0-9.])(?:" BYTE "\\.){3}" BYTE "(?![0-9])",
    },
    [DJ_PERSONAL_IPV6] = {
        .may = may_be_ipv6,
        .pattern = "\\[[0-9a-fA-F:.]{3,}\\](?::\\d{1,5})?\\b",
    },
    [DJ_PERSONAL_MAC] = {
        .may = may_be_mac,
        .pattern = "(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\\b",
    },
    [DJ_PERSONAL_UNIX_PATH] = {
        .may = may_be_unix_path,
        .keeps_first = true,
        .pattern = PATH_BEFORE "(/(?:Users?|home|tmp|etc|var|opt|Applications)" PATH_INSIDE
                               "(?:/" PATH_INSIDE ")*)",
    },
    [DJ_PERSONAL_WINDOWS_PATH] = {
        .may = may_be_windows_path,
        .keeps_first = true,
        .pattern = PATH_BEFORE "([A-Za-z]:\\\\" PATH_INSIDE "(?:\\\\" PATH_INSIDE ")*)",
    },
    [DJ_PERSONAL_UNC_PATH] = {
        .may = may_be_unc_path,
        .keeps_first = true,
        .pattern = PATH_BEFORE "(\\\\\\\\[^\\s\"')\\]]+)",
    },
    [DJ_PERSONAL_EMAIL] = {
        .may = may_be_email,
        .sub = dj_personal_sub_emails,
        .pattern = "[a-zA-Z0-9][\\w.+-]*@[\\w.-]+\\.(?:[a-zA-Z]{2,}|\\w{2,})",
    },
    [DJ_PERSONAL_SECRET] = {
        .may = may_be_secret,
        .keeps_first = true,
        .flags = DJ_REGEX_IGNORECASE,
        .pattern = "(\\b(?:api[_-]?key|apikey|secret|password|passwd|token|auth"
                   "|authorization|credential|license[_-]?key)\\s*[:=]\\s*[\"']?)"
                   "([^\\s\"',}\\]]+)",
    },
    [DJ_PERSONAL_ID] = {
        .may = may_be_id,
        .keeps_first = true,
        .flags = DJ_REGEX_IGNORECASE,
        .pattern = "\\b(session[_-]?id|user[_-]?id|request[_-]?id|trace[_-]?id)"
                   "\\s*[:=]\\s*[\"']?[\\w.-]+",
    },
    [DJ_PERSONAL_CHANNEL] = {
        .may = may_be_channel,
        .keeps_first = true,
        .flags = DJ_REGEX_IGNORECASE,
        .pattern = "(\\bchannel\\s*[:=]\\s*[\"']?|当前的\\s*channel\\s*[:：]\\s*)"
                   "(feishu|dingtalk|wecom|wechat_work|email|mail"
                   "|飞书|钉钉|企业微信|邮箱)\\b",
    },
    [DJ_PERSONAL_FEISHU_ID] = {
        .may = may_be_open_id,
        .flags = DJ_REGEX_IGNORECASE,
        .pattern = "\\bou_[0-9a-f]{32}\\b",
    },
    [DJ_PERSONAL_PLATFORM_ID] = {
        .may = may_be_open_id,
        .pattern = "\\b(ou_|u_|uid_)[0-9a-zA-Z_-]{16,64}\\b",
    },
    [DJ_PERSONAL_MOBILE] = {
        .may = may_be_mobile,
        .pattern = "\\b1[3-9]\\d{9}\\b",
    },
    [DJ_PERSONAL_PHONE] = {
        .may = may_be_phone,
        .pattern = "\\+\\d{1,4}[-.\\s]?\\d{6,14}\\b",
    },
    [DJ_PERSONAL_ID_CARD] = {
        .may = may_be_id_card,
        .pattern = "\\b[1-9]\\d{5}(?:19|20)\\d{2}(?:0[1-9]|1[0-2])"
                   "(?:0[1-9]|[12]\\d|3[01])\\d{3}[\\dXx]\\b",
    },
};

const struct dj_personal_form *dj_personal_form(enum dj_personal what)
{
    return &forms[what];
}
