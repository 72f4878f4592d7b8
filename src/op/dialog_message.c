/* What is in one message of a dialog. */
#include "dj/dialog.h"
#include "dj/text.h"

/* The first that is true, else the second, as Python's "or" takes them. */
static const struct dj_node *either(const struct dj_node *a, const struct dj_node *b)
{
    return dj_node_true(a) ? a : b;
}

const struct dj_node *dj_message_calls(const struct dj_node *message)
{
    const struct dj_node *calls =
        either(dj_node_get(message, "tool_calls"), dj_node_get(message, "tool_use"));

    return dj_node_true(calls) ? calls : NULL;
}

const struct dj_node *dj_call_name(const struct dj_node *call)
{
    const struct dj_node *function =
        either(dj_node_get(call, "function"), dj_node_get(call, "function_call"));
    const struct dj_node *name =
        either(dj_node_get(function, "name"), dj_node_get(call, "name"));

    return dj_node_true(name) ? name : NULL;
}

/* --- contents ---------------------------------------------------------------------- */

/* Takes the blanks at both ends off what was appended from begin on. */
static void strip_from(struct dj_buf *out, size_t begin)
{
    struct dj_str all, rest;

    if (out->len == begin) {
        return;
    }
    all = (struct dj_str){ out->ptr + begin, out->len - begin };
    rest = dj_text_strip(all);
    if (rest.len < all.len) {
        memmove(out->ptr + begin, rest.ptr, rest.len);
        out->len = begin + rest.len;
    }
}

static bool is_empty_text(const struct dj_node *node)
{
    return node->kind == DJ_NODE_STRING && node->text.len == 0;
}

/* null or "" */
static bool is_nothing(const struct dj_node *node)
{
    return node == NULL || node->kind == DJ_NODE_NULL || is_empty_text(node);
}

/* The text in a part, however deep. */
static enum dj_status append_fragment(const struct dj_node *node, struct dj_buf *out)
{
    static const char *const keys[] = { "value", "text", "content" };
    const size_t begin = out->len;
    bool first = true;

    if (node == NULL || node->kind == DJ_NODE_NULL) {
        return DJ_OK;
    }
    if (node->kind == DJ_NODE_OBJECT) {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            const struct dj_node *inner = dj_node_get(node, keys[i]);

            if (!is_nothing(inner)) {
                return append_fragment(inner, out);
            }
        }
        return DJ_OK;
    }
    if (node->kind != DJ_NODE_LIST) {
        DJ_TRY(dj_node_str(node, out));
        strip_from(out, begin);
        return DJ_OK;
    }
    DJ_FOR_EACH_NODE (child, node) {
        if (!is_nothing(child)) {
            if (!first) {
                DJ_TRY(dj_buf_putc(out, '\n'));
            }
            first = false;
            DJ_TRY(append_fragment(child, out));
        }
    }
    strip_from(out, begin);
    return DJ_OK;
}

static bool is_type(const struct dj_node *type, const char *name)
{
    return dj_node_is(type, DJ_NODE_STRING) && dj_str_is(type->text, name);
}

/* The part of a block that is text or thinking; NULL: it has none. */
static const struct dj_node *block_part(const struct dj_node *block)
{
    const struct dj_node *type = dj_node_get(block, "type");
    const bool thinks = is_type(type, "thinking") || is_type(type, "reasoning");

    if (is_type(type, "text") || is_type(type, "input_text") ||
        (!thinks && dj_node_get(block, "text") != NULL)) {
        return dj_node_get(block, "text");
    }
    if (thinks || dj_node_get(block, "thinking") != NULL ||
        dj_node_get(block, "reasoning_content") != NULL) {
        return either(
            either(dj_node_get(block, "thinking"), dj_node_get(block, "reasoning")),
            dj_node_get(block, "reasoning_content"));
    }
    return NULL;
}

static enum dj_status append_blocks(const struct dj_node *blocks, struct dj_buf *out)
{
    const size_t begin = out->len;

    DJ_FOR_EACH_NODE (block, blocks) {
        const size_t before = out->len;

        if (block->kind != DJ_NODE_OBJECT && block->kind != DJ_NODE_STRING) {
            continue;
        }
        if (before > begin) {
            DJ_TRY(dj_buf_putc(out, '\n'));
        }
        DJ_TRY(append_fragment(block->kind == DJ_NODE_OBJECT ? block_part(block) : block,
                               out));
        if (out->len == before + (before > begin)) {
            out->len = before; /* an empty part has no line */
        }
    }
    strip_from(out, begin);
    return DJ_OK;
}

enum dj_status dj_content_text(const struct dj_node *content, struct dj_buf *out)
{
    return dj_node_is(content, DJ_NODE_LIST) ? append_blocks(content, out)
                                             : append_fragment(content, out);
}
