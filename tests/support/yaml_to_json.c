/*
 * Prints YAML files as JSON, as dj-mpi reads them: a line a file, null and its message on
 * standard error for one that is no YAML.
 */
#include <stdio.h>

#include "dj/fs.h"
#include "dj/yaml.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct dj_yaml *yaml = NULL;
        struct dj_error err;
        struct dj_buf text;

        dj_buf_init(&text);
        if (dj_fs_read(argv[i], &text, &err) != DJ_OK ||
            dj_yaml_parse(dj_buf_str(&text), argv[i], &yaml, &err) != DJ_OK) {
            (void)fprintf(stderr, "%s\n", err.text);
            (void)puts("null");
        } else {
            dj_buf_reset(&text);
            if (dj_yaml_to_json(dj_yaml_root(yaml), &text) != DJ_OK) {
                return 1;
            }
            (void)printf("%.*s\n", (int)text.len, text.ptr);
        }
        dj_yaml_free(yaml);
        dj_buf_release(&text);
    }
    return 0;
}
