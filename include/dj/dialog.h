/*
 * Dialogs of agents: a list of messages (of OpenAI's, Anthropic's or a similar format) as
 * pairs of a query and all that answers it, as Data-Juicer folds them.
 */
#ifndef DJ_DIALOG_H
#define DJ_DIALOG_H

#include "dj/tree.h"

/* --- messages ---------------------------------------------------------------------- */

/* The tool calls of a message: tool_calls, else tool_use; NULL when there are none. */
const struct dj_node *dj_message_calls(const struct dj_node *message);

/* The name of the tool in a call; NULL: it has none. */
const struct dj_node *dj_call_name(const struct dj_node *call);

/* Appends the text of a message's content: a text, blocks, thinking, nested parts. */
enum dj_status dj_content_text(const struct dj_node *content,
                               struct dj_buf *out) DJ_MUST_CHECK;

/* --- dialogs ----------------------------------------------------------------------- */

/* Characters of which a text may have so many, else it loses its middle; 0: any. */
struct dj_dialog_limits {
    bool include_system; /* in the next query */
    int64_t tool_chars, response_chars, query_chars;
    double head_ratio; /* of what stays, the share of the beginning */
};

struct dj_dialog;
struct dj_dialog *dj_dialog_new(const struct dj_dialog_limits *limits);
void dj_dialog_free(struct dj_dialog *dialog);

/*
 * Folds the messages (NULL: there are none); what was folded before is gone. A message
 * that Data-Juicer raises for is told in *fault, which is NULL else.
 */
enum dj_status dj_dialog_read(struct dj_dialog *dialog, const struct dj_node *messages,
                              const char **fault) DJ_MUST_CHECK;
/* Takes the first text among choices for the last response. */
enum dj_status dj_dialog_answer(struct dj_dialog *dialog, const struct dj_node *choices,
                                const char **fault) DJ_MUST_CHECK;

/* Of the last pair; borrowed until the next dialog. */
struct dj_str dj_dialog_query(const struct dj_dialog *dialog);
struct dj_str dj_dialog_response(const struct dj_dialog *dialog);

size_t dj_dialog_turns(const struct dj_dialog *dialog);
bool dj_dialog_is_shortened(const struct dj_dialog *dialog);
/* Places among the messages, from 0; -1: there is none. */
int64_t dj_dialog_last_user(const struct dj_dialog *dialog);
int64_t dj_dialog_last_assistant(const struct dj_dialog *dialog);

/* Appends "label: text" of all that is not empty, an empty line between two. */
enum dj_status dj_dialog_flatten(const struct dj_dialog *dialog, const char *user,
                                 const char *assistant, struct dj_buf *out) DJ_MUST_CHECK;
/* Appends the pairs, [["query", "response"]]. */
enum dj_status dj_dialog_json(const struct dj_dialog *dialog,
                              struct dj_buf *out) DJ_MUST_CHECK;

#endif
