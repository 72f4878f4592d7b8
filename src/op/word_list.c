/*
 * Word lists: the files of a folder are read, the words of one language go into an open
 * hash table. A table is at most half full, so that a word that is in no list, which is
 * the common case, is settled with one or two looks.
 */
#include "dj/word_list.h"

#include "dj/fs.h"
#include "dj/hash.h"
#include "dj/json.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64, WORDS_BLOCK = 64 << 10, LANGS_SHOWN = 512 };

struct dj_word_list {
    struct dj_arena *arena;
    struct dj_str *slots; /* ptr NULL: free */
    size_t nslots;        /* a power of two */
    size_t count;
    size_t longest; /* bytes of the longest word */
    uint64_t hash;
};

/* What is looked for, and what was found so far. */
struct search {
    const char *folder;
    const char *kind;
    const char *lang;
    const char *option;
    struct dj_word_list *own;        /* words under lang */
    struct dj_word_list *everything; /* words under any name, when lang is "all" */
    bool any;                        /* a language was found at all */
    bool found;                      /* lang itself was */
    struct dj_buf langs;             /* names, for the message */
};

/* --- the table --------------------------------------------------------------------- */

static struct dj_word_list *new_list(void)
{
    struct dj_word_list *list = dj_xmalloc(sizeof(*list));

    list->arena = dj_arena_new(WORDS_BLOCK);
    list->nslots = FIRST_SLOTS;
    list->slots = dj_xcalloc(list->nslots, sizeof(*list->slots));
    return list;
}

void dj_word_list_free(struct dj_word_list *list)
{
    if (list != NULL) {
        dj_arena_free(list->arena);
        dj_xfree(list->slots);
        dj_xfree(list);
    }
}

/* The word's slot, or the free one where it belongs. */
static struct dj_str *slot_of(const struct dj_word_list *list, struct dj_str word,
                              uint64_t hash)
{
    size_t i = (size_t)hash & (list->nslots - 1);

    while (list->slots[i].ptr != NULL && !dj_str_equal(list->slots[i], word)) {
        i = (i + 1) & (list->nslots - 1);
    }
    return &list->slots[i];
}

static void grow(struct dj_word_list *list)
{
    struct dj_str *old = list->slots;
    const size_t before = list->nslots;

    list->nslots *= 2;
    list->slots = dj_xcalloc(list->nslots, sizeof(*list->slots));
    for (size_t i = 0; i < before; i++) {
        if (old[i].ptr != NULL) {
            *slot_of(list, old[i], dj_hash64(old[i])) = old[i];
        }
    }
    dj_xfree(old);
}

static enum dj_status add(struct dj_word_list *list, struct dj_str word)
{
    const uint64_t hash = dj_hash64(word);
    struct dj_str *slot = slot_of(list, word, hash);

    if (slot->ptr != NULL) {
        return DJ_OK;
    }
    *slot = dj_arena_copy(list->arena, word);
    if (slot->ptr == NULL) {
        return DJ_NOMEM;
    }
    list->count++;
    list->hash += hash; /* in any order the same */
    list->longest = word.len > list->longest ? word.len : list->longest;
    if (2 * list->count > list->nslots) {
        grow(list);
    }
    return DJ_OK;
}

bool dj_word_list_has(const struct dj_word_list *list, struct dj_str word)
{
    return word.len <= list->longest && slot_of(list, word, dj_hash64(word))->ptr != NULL;
}

uint64_t dj_word_list_hash(const struct dj_word_list *list)
{
    return list->hash ^ list->count;
}

/* --- runs of words ----------------------------------------------------------------- */

/* Bytes of n words with join between them, or SIZE_MAX. */
static size_t run_length(const struct dj_str *words, size_t n, struct dj_str join)
{
    size_t len = dj_size_mul(join.len, n - 1);

    for (size_t i = 0; i < n && len != SIZE_MAX; i++) {
        len = words[i].len > SIZE_MAX - len ? SIZE_MAX : len + words[i].len;
    }
    return len;
}

static enum dj_status put_run(const struct dj_str *words, size_t n, struct dj_str join,
                              struct dj_buf *out)
{
    dj_buf_reset(out);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            DJ_TRY(dj_buf_append(out, join));
        }
        DJ_TRY(dj_buf_append(out, words[i]));
    }
    return DJ_OK;
}

enum dj_status dj_word_list_count_runs(const struct dj_word_list *list,
                                       const struct dj_words *words, size_t n,
                                       struct dj_str join, struct dj_buf *scratch,
                                       size_t *count)
{
    *count = 0;
    /* No word is empty: a run of more words than that is longer than any of the list. */
    if (n > list->longest) {
        return DJ_OK;
    }
    for (size_t i = 0; i + n <= words->count; i++) {
        if (run_length(words->items + i, n, join) <= list->longest) {
            DJ_TRY(put_run(words->items + i, n, join, scratch));
            *count += dj_word_list_has(list, dj_buf_str(scratch));
        }
    }
    return DJ_OK;
}

/* --- files ------------------------------------------------------------------------- */

static enum dj_status add_words(const struct dj_json *words, const char *path,
                                const char *lang, struct dj_word_list *list,
                                struct dj_error *err)
{
    if (!dj_json_is_array(words)) {
        return dj_fail(err, DJ_CONFIG, "%s: \"%s\" is not a list of words", path, lang);
    }
    for (size_t i = 0; i < dj_json_count(words); i++) {
        const char *word = dj_json_as_text(dj_json_at(words, i), NULL);

        if (word == NULL) {
            return dj_fail(err, DJ_CONFIG, "%s: \"%s\": entry %zu is not a text", path,
                           lang, i + 1);
        }
        if (add(list, dj_str_from(word)) != DJ_OK) {
            return dj_fail(err, DJ_NOMEM, "%s: out of memory for its words", path);
        }
    }
    return DJ_OK;
}

static void remember_lang(struct search *search, const char *lang)
{
    if (search->langs.len < LANGS_SHOWN) {
        /* Without memory the message names fewer. */
        (void)!dj_buf_printf(&search->langs, "%s%s", search->langs.len == 0 ? "" : ", ",
                             lang);
    }
}

static enum dj_status take_file(struct search *search, const char *path,
                                const struct dj_json *doc, struct dj_error *err)
{
    if (!dj_json_is_object(doc)) {
        return dj_fail(err, DJ_CONFIG,
                       "%s is no word list: it has to be an object that gives each "
                       "language a list of words",
                       path);
    }
    for (size_t i = 0; i < dj_json_count(doc); i++) {
        const char *lang = dj_json_key_at(doc, i);
        const bool wanted = strcmp(lang, search->lang) == 0;

        search->any = true;
        search->found = search->found || wanted;
        remember_lang(search, lang);
        if (wanted) {
            DJ_TRY(add_words(dj_json_at(doc, i), path, lang, search->own, err));
        }
        if (search->everything != NULL) {
            DJ_TRY(add_words(dj_json_at(doc, i), path, lang, search->everything, err));
        }
    }
    return DJ_OK;
}

/* Files of other names are none of ours. */
static bool is_list_file(const struct search *search, const char *name)
{
    const size_t len = strlen(name);

    return len >= 5 && strcmp(name + len - 5, ".json") == 0 &&
           strstr(name, search->kind) != NULL;
}

static enum dj_status read_files(struct search *search, DIR *folder, struct dj_error *err)
{
    const struct dirent *entry;
    enum dj_status status = DJ_OK;

    while (status == DJ_OK && (entry = readdir(folder)) != NULL) {
        struct dj_json *doc = NULL;
        char *path;

        if (!is_list_file(search, entry->d_name)) {
            continue;
        }
        path = dj_fs_join(search->folder, entry->d_name);
        status = dj_json_read(path, &doc, err);
        if (status == DJ_OK) {
            status = take_file(search, path, doc, err);
        } else if (status != DJ_NOMEM) {
            err->status = status = DJ_CONFIG;
        }
        dj_json_free(doc);
        dj_xfree(path);
    }
    return status;
}

static enum dj_status no_files(const struct search *search, const char *why,
                               struct dj_error *err)
{
    return dj_fail(err, DJ_CONFIG,
                   "%s: %s; copy Data-Juicer's %s.json there (nothing is downloaded "
                   "here), or name the folder that has it with %s",
                   search->folder, why, search->kind, search->option);
}

static enum dj_status read_folder(struct search *search, struct dj_error *err)
{
    DIR *folder = opendir(search->folder);
    enum dj_status status;
    char *why;

    if (folder == NULL) {
        return no_files(search,
                        errno == ENOENT ? "there is no such folder"
                                        : "the folder cannot be read",
                        err);
    }
    status = read_files(search, folder, err);
    (void)closedir(folder);
    if (status == DJ_OK && !search->any) {
        why = dj_xprintf("no file *%s*.json with words is in this folder", search->kind);
        status = no_files(search, why, err);
        dj_xfree(why);
    } else if (status == DJ_OK && !search->found && search->everything == NULL) {
        status = dj_fail(err, DJ_CONFIG,
                         "lang: the files *%s*.json in %s have no words for \"%s\"; they "
                         "have %.*s, and \"all\" is all of them",
                         search->kind, search->folder, search->lang,
                         (int)search->langs.len, search->langs.ptr);
    }
    return status;
}

/* --- public ------------------------------------------------------------------------ */

static char *home_path(const char *rest)
{
    const char *home = getenv("HOME");

    return dj_fs_join(home == NULL ? "/" : home, rest);
}

static char *expanded(const char *path)
{
    return path[0] == '~' && (path[1] == '/' || path[1] == '\0')
               ? home_path(path[1] == '\0' ? "." : path + 2)
               : dj_xstrdup(path);
}

/* A variable that is set counts even when it is empty, as in Python's os.getenv. */
static char *cache_folder(void)
{
    const char *assets = getenv("DATA_JUICER_ASSETS_CACHE");
    const char *data_juicer = getenv("DATA_JUICER_CACHE_HOME");
    const char *cache = getenv("CACHE_HOME");
    char *base, *folder;

    if (assets != NULL) {
        return dj_xstrdup(assets);
    }
    if (data_juicer != NULL) {
        base = expanded(data_juicer);
        folder = dj_fs_join(base, "assets");
    } else {
        base = expanded(cache == NULL ? "~/.cache" : cache);
        folder = dj_fs_join(base, "data_juicer/assets");
    }
    dj_xfree(base);
    return folder;
}

enum dj_status dj_word_list_load(const char *folder, const char *kind, const char *lang,
                                 const char *option, struct dj_word_list **list,
                                 struct dj_error *err)
{
    char *path = folder == NULL ? cache_folder() : dj_xstrdup(folder);
    struct search search = {
        .folder = path, .kind = kind, .lang = lang, .option = option, .own = new_list()
    };
    enum dj_status status;

    if (strcmp(lang, "all") == 0) {
        search.everything = new_list();
    }
    dj_buf_init(&search.langs);
    status = read_folder(&search, err);
    *list = NULL;
    if (status == DJ_OK) {
        struct dj_word_list **chosen = search.found ? &search.own : &search.everything;

        *list = *chosen;
        *chosen = NULL;
    }
    dj_word_list_free(search.own);
    dj_word_list_free(search.everything);
    dj_buf_release(&search.langs);
    dj_xfree(path);
    return status;
}
