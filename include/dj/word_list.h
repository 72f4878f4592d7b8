/*
 * Lists of words in files, as Data-Juicer keeps them: every *.json file of a folder
 * whose name has the kind in it ("stopwords") is an object that gives each language its
 * words; several files are taken together.
 */
#ifndef DJ_WORD_LIST_H
#define DJ_WORD_LIST_H

#include <stdint.h>

#include "dj/text.h"

struct dj_word_list;

/*
 * Loads the words of one language; "all" is that of all languages unless a file has an
 * "all" of its own. folder NULL is Data-Juicer's cache: $DATA_JUICER_ASSETS_CACHE, else
 * $DATA_JUICER_CACHE_HOME/assets, else $CACHE_HOME/data_juicer/assets, else
 * ~/.cache/data_juicer/assets. A missing list is DJ_CONFIG and says what is looked for
 * where; option is the parameter that names another folder.
 */
enum dj_status dj_word_list_load(const char *folder, const char *kind, const char *lang,
                                 const char *option, struct dj_word_list **list,
                                 struct dj_error *err) DJ_MUST_CHECK;
void dj_word_list_free(struct dj_word_list *list);

bool dj_word_list_has(const struct dj_word_list *list, struct dj_str word);

/*
 * How many of the runs of n words (n at least 1), joined by join, are in the list.
 * scratch is the caller's and keeps its memory from call to call.
 */
enum dj_status dj_word_list_count_runs(const struct dj_word_list *list,
                                       const struct dj_words *words, size_t n,
                                       struct dj_str join, struct dj_buf *scratch,
                                       size_t *count) DJ_MUST_CHECK;

/* The same for the same words, whatever files and order they came in. */
uint64_t dj_word_list_hash(const struct dj_word_list *list);

#endif
