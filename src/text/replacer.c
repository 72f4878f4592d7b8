/*
 * Replaces what a pattern finds, or what a scanner finds in its stead: the common part
 * of the operators that clean links and addresses.
 */
#include "dj/scan.h"

struct dj_replacer {
    struct dj_regex *regex;
    struct dj_template *tmpl;
    dj_scan_fn *scan; /* NULL: the regex searches */
    struct dj_buf out;
};

/* Data-Juicer takes r'..' and r".." off; as short a pattern as r' stays what it is. */
static char *unwrapped(const char *pattern)
{
    const size_t len = strlen(pattern);

    if (len > 2 && pattern[0] == 'r' && (pattern[1] == '\'' || pattern[1] == '"') &&
        pattern[len - 1] == pattern[1]) {
        return dj_xstrndup(pattern + 2, len - 3);
    }
    return dj_xstrdup(pattern);
}

/*
 * The scanner finds what the published pattern finds, and a template without a backslash
 * names none of its groups: then nobody needs the pattern, and compiling one with large
 * classes takes as long as cleaning megabytes.
 */
static bool needs_pattern(const struct dj_replacer_spec *spec)
{
    return spec->pattern != NULL || spec->scan == NULL || spec->repl == NULL ||
           strchr(spec->repl, '\\') != NULL;
}

static enum dj_status read_pattern(struct dj_replacer *replacer,
                                   const struct dj_replacer_spec *spec,
                                   struct dj_error *err)
{
    char *pattern =
        spec->pattern == NULL ? dj_xstrdup(spec->published) : unwrapped(spec->pattern);
    enum dj_status status =
        dj_regex_new(pattern, spec->flavor, spec->flags, &replacer->regex, err);

    dj_xfree(pattern);
    if (status != DJ_OK) {
        (void)dj_error_prefix(err, "%s.pattern: ", spec->op);
    }
    return status;
}

static enum dj_status prepare(struct dj_replacer *replacer,
                              const struct dj_replacer_spec *spec, struct dj_error *err)
{
    enum dj_status status;

    if (needs_pattern(spec)) {
        DJ_TRY(read_pattern(replacer, spec, err));
    }
    if (spec->repl == NULL) {
        return dj_fail(err, DJ_CONFIG, "%s.repl: null is no template", spec->op);
    }
    status = dj_template_new(spec->repl, replacer->regex, &replacer->tmpl, err);
    if (status != DJ_OK) {
        (void)dj_error_prefix(err, "%s.repl: ", spec->op);
        return status;
    }
    if (spec->pattern == NULL &&
        dj_template_top_group(replacer->tmpl) <= spec->scan_groups) {
        replacer->scan = spec->scan;
    }
    return DJ_OK;
}

enum dj_status dj_replacer_new(const struct dj_replacer_spec *spec,
                               struct dj_replacer **replacer, struct dj_error *err)
{
    struct dj_replacer *made = dj_xcalloc(1, sizeof(*made));
    enum dj_status status;

    dj_buf_init(&made->out);
    status = prepare(made, spec, err);
    if (status != DJ_OK) {
        dj_replacer_free(made);
        made = NULL;
    }
    *replacer = made;
    return status;
}

void dj_replacer_free(struct dj_replacer *replacer)
{
    if (replacer != NULL) {
        dj_regex_free(replacer->regex);
        dj_template_free(replacer->tmpl);
        dj_buf_release(&replacer->out);
        dj_xfree(replacer);
    }
}

static enum dj_status scan_all(struct dj_replacer *replacer, struct dj_str text,
                               bool *changed)
{
    struct dj_buf *out = &replacer->out;
    size_t bounds[DJ_SCAN_BOUNDS];
    size_t copied = 0;

    *changed = false;
    while (replacer->scan(text, copied, bounds)) {
        if (!*changed) {
            DJ_TRY(dj_buf_reserve(out, text.len));
        }
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ text.ptr + copied, bounds[0] - copied }));
        DJ_TRY(dj_template_fill(replacer->tmpl, bounds, text, out));
        copied = bounds[1];
        *changed = true;
    }
    if (*changed) {
        DJ_TRY(
            dj_buf_append(out, (struct dj_str){ text.ptr + copied, text.len - copied }));
    }
    return DJ_OK;
}

enum dj_status dj_replacer_run(struct dj_replacer *replacer, struct dj_str text,
                               bool *changed, struct dj_str *result, struct dj_error *err)
{
    enum dj_status status;

    dj_buf_reset(&replacer->out);
    if (replacer->scan != NULL) {
        status = scan_all(replacer, text, changed);
        if (status != DJ_OK) {
            return dj_fail(err, status, "no memory for a text of %zu bytes", text.len);
        }
    } else {
        DJ_TRY(dj_regex_sub(replacer->regex, replacer->tmpl, text, &replacer->out,
                            changed, err));
    }
    *result = dj_buf_str(&replacer->out);
    return DJ_OK;
}
