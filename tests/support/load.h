/*
 * For tests of the configuration: loads a recipe of a few lines from r.yaml in a
 * fresh folder, with words of a command line behind it.
 */
#ifndef DJ_TESTS_SUPPORT_LOAD_H
#define DJ_TESTS_SUPPORT_LOAD_H

#include <stdlib.h>
#include <unistd.h>

#include "dj/config.h"
#include "support/files.h"

/* Every recipe needs these. */
#define LOAD_PATHS "dataset_path: in.jsonl\nexport_path: out.jsonl\n"
#define LOAD_BASE LOAD_PATHS "process: []\n"

enum { LOAD_WORDS = 16 };

/*
 * words are divided by blanks; recipe NULL: no --config. The words that the result
 * borrows live until the next call.
 */
static inline enum dj_status load_try(const char *recipe, const char *words,
                                      struct dj_config_doc **doc, struct dj_error *err)
{
    static char *argv[LOAD_WORDS];
    static char *kept;
    struct dj_config_args args = { 0, argv };

    *doc = NULL;
    if (recipe != NULL) {
        dj_xfree(files_put(".", "r.yaml", dj_str_from(recipe)));
    }
    dj_xfree(kept);
    kept = dj_xprintf("%s%s", recipe == NULL ? "" : "--config r.yaml ", words);
    for (char *p = kept; *p != '\0' && args.argc < LOAD_WORDS;) {
        argv[args.argc++] = p;
        p += strcspn(p, " ");
        if (*p != '\0') {
            *p++ = '\0';
        }
    }
    return dj_config_load(&args, doc, err);
}

static inline struct dj_config_doc *load(const char *recipe, const char *words)
{
    struct dj_config_doc *doc;
    struct dj_error err;

    if (load_try(recipe, words, &doc, &err) != DJ_OK) {
        (void)fprintf(stderr, "  %s\n", err.text);
        DJ_CHECK(doc != NULL);
    }
    return doc;
}

/* The load fails, and the message has the part. */
static inline void load_fails(const char *recipe, const char *words, const char *part)
{
    struct dj_config_doc *doc;
    struct dj_error err;
    const enum dj_status status = load_try(recipe, words, &doc, &err);

    DJ_CHECK(status == DJ_CONFIG || status == DJ_USAGE);
    DJ_CHECK(doc == NULL);
    DJ_CHECK_CONTAINS(err.text, part);
}

static inline bool load_has_note(const struct dj_config_doc *doc, const char *part)
{
    for (size_t i = 0; i < dj_config_note_count(doc); i++) {
        if (strstr(dj_config_note_at(doc, i)->text, part) != NULL) {
            return true;
        }
    }
    return false;
}

/* Runs the tests of a program in a folder of its own. */
static inline char *load_begin(void)
{
    char *folder = files_fresh();

    DJ_CHECK_INT(chdir(folder), 0);
    return folder;
}

static inline void load_end(char *folder)
{
    struct dj_config_doc *doc;
    struct dj_error err;

    (void)load_try(NULL, "", &doc, &err); /* frees the words of the last call */
    DJ_CHECK_INT(chdir("/"), 0);
    files_drop(folder);
}

#endif
