/* Opens the Arrow plugin, wherever it lies, when something first needs it. */
#include "dj/arrow.h"

#include "dj/fs.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#define PLUGIN "libdj_arrow.so"

const char *dj_arrow_remedy(void)
{
    return "run cmake/install-deps.sh --arrow (or install Arrow C++ with Parquet) and "
           "build dj-mpi again";
}

/* The first of the usual places that has the plugin; returns new, NULL: none has. */
static char *find_plugin(void)
{
    static const char *const places[] = { "", "../lib/dj-mpi/", "../lib64/dj-mpi/",
                                          "../lib/x86_64-linux-gnu/dj-mpi/",
                                          "../lib/aarch64-linux-gnu/dj-mpi/" };
    const char *named = getenv("DJ_ARROW_PLUGIN");
    char *path = NULL;
    char *folder;

    if (named != NULL && named[0] != '\0') {
        return dj_xstrdup(named);
    }
    folder = dj_fs_program_folder();
    for (size_t i = 0; folder != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        path = dj_xprintf("%s/%s%s", folder, places[i], PLUGIN);
        if (access(path, R_OK) == 0) {
            break;
        }
        dj_xfree(path);
        path = NULL;
    }
    dj_xfree(folder);
    return path;
}

#ifdef DJ_ARROW_VERSION
static const bool is_built = true;
static const char version[] = "Arrow " DJ_ARROW_VERSION;
#else
static const bool is_built = false;
static const char version[] = "none";
#endif

static enum dj_status open_plugin(const char *path, const struct dj_arrow_api **api,
                                  struct dj_error *err)
{
    const struct dj_arrow_api *(*plugin)(void);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "dj_arrow_plugin");

    if (symbol == NULL) {
        const char *cause = dlerror();

        return dj_fail(err, DJ_UNSUPPORTED,
                       "the plugin for Parquet and Arrow files cannot be opened: %s; %s",
                       cause == NULL ? path : cause, dj_arrow_remedy());
    }
    memcpy(&plugin, &symbol, sizeof(symbol)); /* ISO C has no such cast */
    if (plugin()->abi != DJ_ARROW_ABI) {
        return dj_fail(err, DJ_UNSUPPORTED,
                       "%s is of another version of dj-mpi: build and install both "
                       "together",
                       path);
    }
    *api = plugin();
    return DJ_OK;
}

enum dj_status dj_arrow(const struct dj_arrow_api **api, struct dj_error *err)
{
    static const struct dj_arrow_api *opened;
    enum dj_status status = DJ_OK;

    if (opened == NULL) {
        char *path = find_plugin();

        status =
            path != NULL ? open_plugin(path, &opened, err)
            : is_built
                ? dj_fail(err, DJ_UNSUPPORTED,
                          "the plugin for Parquet and Arrow files, " PLUGIN
                          ", is neither beside dj-mpi nor in ../lib/dj-mpi: install "
                          "all of dj-mpi, or name it in DJ_ARROW_PLUGIN")
                : dj_fail(err, DJ_UNSUPPORTED,
                          "this dj-mpi was built without Parquet and Arrow files: %s",
                          dj_arrow_remedy());
        dj_xfree(path);
    }
    *api = opened;
    return status;
}

const char *dj_arrow_version(void)
{
    return version;
}
