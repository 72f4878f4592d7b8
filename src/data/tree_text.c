/* JSON values as Python's str(), repr() and json.dumps() write them. */
#include "dj/tree.h"

#include "dj/json.h"
#include "dj/text.h"

#include <math.h>

static enum dj_status write_double(double value, bool json, struct dj_buf *out)
{
    char text[DJ_JSON_DOUBLE_TEXT];

    if (!json && isnan(value)) {
        return dj_buf_append(out, DJ_STR("nan"));
    }
    if (!json && isinf(value)) {
        return dj_buf_append(out, value < 0 ? DJ_STR("-inf") : DJ_STR("inf"));
    }
    return dj_buf_append(out, (struct dj_str){ text, dj_json_double(value, text) });
}

/* A character that repr() does not show as it is. */
static enum dj_status write_escape(uint32_t c, struct dj_buf *out)
{
    switch (c) {
    case '\t':
        return dj_buf_append(out, DJ_STR("\\t"));
    case '\n':
        return dj_buf_append(out, DJ_STR("\\n"));
    case '\r':
        return dj_buf_append(out, DJ_STR("\\r"));
    default:
        break;
    }
    if (c < 0x100) {
        return dj_buf_printf(out, "\\x%02x", (unsigned)c);
    }
    return c < 0x10000 ? dj_buf_printf(out, "\\u%04x", (unsigned)c)
                       : dj_buf_printf(out, "\\U%08x", (unsigned)c);
}

/* In single quotes, unless there are such in it and no double ones. */
static enum dj_status write_repr(struct dj_str text, struct dj_buf *out)
{
    const bool single = text.len > 0 && memchr(text.ptr, '\'', text.len) != NULL;
    const bool both = single && memchr(text.ptr, '"', text.len) != NULL;
    const char quote = single && !both ? '"' : '\'';
    const char *p = text.ptr;

    DJ_TRY(dj_buf_putc(out, quote));
    while (p < text.ptr + text.len) {
        const char *begin = p;
        const uint32_t c = dj_utf8_next(&p);

        if (c == (unsigned char)quote || c == '\\') {
            DJ_TRY(dj_buf_putc(out, '\\'));
            DJ_TRY(dj_buf_putc(out, (char)c));
        } else if (dj_char_printable(c)) {
            DJ_TRY(dj_buf_append(out, (struct dj_str){ begin, (size_t)(p - begin) }));
        } else {
            DJ_TRY(write_escape(c, out));
        }
    }
    return dj_buf_putc(out, quote);
}

static enum dj_status write_string(struct dj_str text, bool json, struct dj_buf *out)
{
    return json ? dj_json_quote(out, text) : write_repr(text, out);
}

static enum dj_status write_node(const struct dj_node *node, bool json,
                                 struct dj_buf *out)
{
    switch (node->kind) {
    case DJ_NODE_NULL:
        return dj_buf_append(out, json ? DJ_STR("null") : DJ_STR("None"));
    case DJ_NODE_BOOL:
        if (json) {
            return dj_buf_append(out, node->truth ? DJ_STR("true") : DJ_STR("false"));
        }
        return dj_buf_append(out, node->truth ? DJ_STR("True") : DJ_STR("False"));
    case DJ_NODE_INT:
        return dj_buf_printf(out, "%lld", (long long)node->integer);
    case DJ_NODE_FLOAT:
        return write_double(node->number, json, out);
    case DJ_NODE_STRING:
        return write_string(node->text, json, out);
    case DJ_NODE_LIST:
    case DJ_NODE_OBJECT:
        break;
    }
    DJ_TRY(dj_buf_putc(out, node->kind == DJ_NODE_LIST ? '[' : '{'));
    DJ_FOR_EACH_NODE (child, node) {
        if (child != node->first) {
            DJ_TRY(dj_buf_append(out, DJ_STR(", ")));
        }
        if (node->kind == DJ_NODE_OBJECT) {
            DJ_TRY(write_string(child->key, json, out));
            DJ_TRY(dj_buf_append(out, DJ_STR(": ")));
        }
        DJ_TRY(write_node(child, json, out));
    }
    return dj_buf_putc(out, node->kind == DJ_NODE_LIST ? ']' : '}');
}

enum dj_status dj_node_str(const struct dj_node *node, struct dj_buf *out)
{
    return node->kind == DJ_NODE_STRING ? dj_buf_append(out, node->text)
                                        : write_node(node, false, out);
}

enum dj_status dj_node_repr(const struct dj_node *node, struct dj_buf *out)
{
    return write_node(node, false, out);
}

enum dj_status dj_node_dumps(const struct dj_node *node, struct dj_buf *out)
{
    return write_node(node, true, out);
}
