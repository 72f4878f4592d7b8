/*
 * libFuzzer target: a recipe and words of the command line. Parts: the file (none is
 * given when it is empty), then the words. What is taken is printed and compared.
 */
#include "fuzz/fuzz.h"

#include "dj/config.h"

#include <sys/mman.h>
#include <unistd.h>

enum { WORDS_MAX = 64 };

/* A file that is nowhere; its path. */
static int recipe_file(struct dj_str bytes, char path[32])
{
    const int fd = memfd_create("recipe", 0);

    must(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len, "a file");
    (void)snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

static void identity(const struct dj_config_doc *doc, struct dj_buf *out)
{
    dj_buf_reset(out);
    must(dj_config_identity(doc, NULL, out) == DJ_OK, "memory");
}

/* What was taken can be shown, and is the same as itself. */
static void look_at(const struct dj_config_doc *doc, struct dj_buf *first)
{
    struct dj_buf out;
    bool same = false;

    dj_buf_init(&out);
    must(dj_config_print(doc, false, &out) == DJ_OK &&
             dj_config_print(doc, true, &out) == DJ_OK,
         "memory");
    dj_buf_reset(&out);
    identity(doc, first);
    must(dj_config_compare(dj_buf_str(first), dj_buf_str(first), &out, &same) == DJ_OK &&
             same && out.len == 0,
         "a configuration equals itself");
    must(dj_config_same_settings(dj_buf_str(first), dj_buf_str(first)),
         "and its settings do");
    for (size_t i = 0; i < dj_config_note_count(doc); i++) {
        must(dj_config_note_at(doc, i)->text[0] != '\0', "a note says something");
    }
    for (const struct dj_param *param = dj_config_params(); param->name != NULL;
         param++) {
        char place[DJ_CONFIG_PLACE];

        dj_config_place(doc, param->name, place);
    }
    dj_buf_release(&out);
}

static void load(const struct dj_config_args *args)
{
    struct dj_config_doc *doc, *again;
    struct dj_buf first, second;
    struct dj_error err;

    dj_buf_init(&first);
    dj_buf_init(&second);
    if (dj_config_load(args, &doc, &err) != DJ_OK) {
        must(err.status == DJ_CONFIG || err.status == DJ_USAGE, "a fault of the request");
        must(err.text[0] != '\0' && doc == NULL, "a refusal says why");
    } else {
        look_at(doc, &first);
        must(dj_config_load(args, &again, &err) == DJ_OK,
             "what was taken is taken again");
        identity(again, &second);
        must(dj_str_equal(dj_buf_str(&first), dj_buf_str(&second)), "in the same way");
        dj_config_free(again);
        dj_config_free(doc);
    }
    dj_buf_release(&first);
    dj_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dj_str rest = { (const char *)data, size };
    const struct dj_str file = next_part(&rest);
    char path[32];
    const int fd = file.len == 0 ? -1 : recipe_file(file, path);
    char *argv[WORDS_MAX + 3] = { NULL };
    struct dj_config_args args = { 0, argv };

    if (fd >= 0) {
        argv[args.argc++] = dj_xstrdup("--config");
        argv[args.argc++] = dj_xstrdup(path);
    }
    while (rest.len > 0 && args.argc < WORDS_MAX + 2) {
        const struct dj_str word = next_part(&rest);

        argv[args.argc++] = dj_xstrndup(word.ptr, word.len);
    }
    load(&args);
    for (int i = 0; i < args.argc; i++) {
        dj_xfree(argv[i]);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return 0;
}
