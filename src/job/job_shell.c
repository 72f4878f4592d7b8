/* Words for a POSIX shell: the command that resumes a job must survive being pasted. */
#include "dj/job.h"

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("_@%+=:,./-", byte) != NULL);
}

enum dj_status dj_shell_quote(struct dj_buf *out, const char *arg)
{
    size_t plain = 0;

    while (is_plain(arg[plain])) {
        plain++;
    }
    if (plain > 0 && arg[plain] == '\0') {
        return dj_buf_append(out, (struct dj_str){ arg, plain });
    }
    DJ_TRY(dj_buf_putc(out, '\''));
    while (*arg != '\0') {
        const size_t len = strcspn(arg, "'");

        DJ_TRY(dj_buf_append(out, (struct dj_str){ arg, len }));
        arg += len;
        if (*arg == '\'') { /* ends the quotes, a quote by itself, begins them again */
            DJ_TRY(dj_buf_append(out, DJ_STR("'\\''")));
            arg++;
        }
    }
    return dj_buf_putc(out, '\'');
}
