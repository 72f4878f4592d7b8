/* Which columns a reader needs; see parquet_columns.h. */
#include "dataset/parquet_columns.h"

/* Deeper columns are read: the decoder of samples has its limit. */
enum { PLAIN_DEPTH = 8 };

/* Nothing in the column can be wrong: no strings in it, and not deep. */
static bool is_harmless(const struct ArrowSchema *column, int depth)
{
    static const char *const strings[] = { "u", "U", "vu" };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (strcmp(column->format, strings[i]) == 0) {
            return false;
        }
    }
    if (depth > PLAIN_DEPTH ||
        (column->dictionary != NULL && !is_harmless(column->dictionary, depth + 1))) {
        return false;
    }
    for (int64_t i = 0; i < column->n_children; i++) {
        if (!is_harmless(column->children[i], depth + 1)) {
            return false;
        }
    }
    return true;
}

/* The column is, or has in it, what a text key may mean. */
static bool is_named(const char *column, const char *const *texts, size_t ntexts)
{
    const size_t len = strlen(column);

    for (size_t i = 0; i < ntexts; i++) {
        if (strncmp(texts[i], column, len) == 0 &&
            (texts[i][len] == '\0' || texts[i][len] == '.')) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct ArrowSchema *column, const char *const *texts,
                      size_t ntexts)
{
    return strncmp(column->name, "__dj__", strlen("__dj__")) == 0 ||
           is_named(column->name, texts, ntexts) || !is_harmless(column, 0);
}

static bool has_name_twice(const struct ArrowSchema *file)
{
    for (int64_t i = 0; i < file->n_children; i++) {
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(file->children[i]->name, file->children[k]->name) == 0) {
                return true;
            }
        }
    }
    return false;
}

void dj_wanted_choose(const struct ArrowSchema *file, const char *const *texts,
                      size_t ntexts, struct dj_wanted *wanted)
{
    const size_t count = dj_size_from_i64(file->n_children);

    *wanted = (struct dj_wanted){ .shape = *file };
    if (texts == NULL || count == 0 || has_name_twice(file)) {
        return;
    }
    wanted->names = dj_xcalloc(count, sizeof(*wanted->names));
    wanted->children = dj_xcalloc(count, sizeof(*wanted->children));
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(file->children[i], texts, ntexts)) {
            wanted->names[wanted->count] = file->children[i]->name;
            wanted->children[wanted->count++] = file->children[i];
        }
    }
    if (wanted->count == 0 || wanted->count == file->n_children) {
        wanted->count = 0; /* of no column there are no rows either */
        return;
    }
    wanted->shape.n_children = wanted->count;
    wanted->shape.children = wanted->children;
}

void dj_wanted_release(struct dj_wanted *wanted)
{
    dj_xfree((void *)wanted->names);
    dj_xfree((void *)wanted->children);
    *wanted = (struct dj_wanted){ 0 };
}
