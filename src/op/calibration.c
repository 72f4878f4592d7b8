/* Calibration files: read once, kept as a tree. */
#include "dj/calibration.h"

#include "dj/fs.h"
#include "dj/hash.h"

#include <stdlib.h>

struct dj_calibration {
    struct dj_arena *arena;
    const struct dj_node *preset; /* NULL: there is none */
    const struct dj_node *models;
    uint64_t hash;
};

static enum dj_status parse(struct dj_calibration *calibration, const char *path,
                            const struct dj_buf *bytes, struct dj_error *err)
{
    struct dj_node *root;

    if (dj_node_parse(dj_buf_str(bytes), calibration->arena, &root) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: no memory for the thresholds", path);
    }
    if (!dj_node_is(root, DJ_NODE_OBJECT)) {
        return dj_fail(err, DJ_CONFIG, "%s: a JSON object with thresholds is expected",
                       path);
    }
    calibration->preset = dj_node_get(root, "default");
    calibration->models = dj_node_get(root, "by_request_model");
    calibration->hash = dj_hash64(dj_buf_str(bytes));
    return DJ_OK;
}

static char *expanded(const char *path)
{
    const char *home = getenv("HOME");

    return strncmp(path, "~/", 2) == 0 && home != NULL ? dj_fs_join(home, path + 2)
                                                       : dj_xstrdup(path);
}

enum dj_status dj_calibration_load(const char *path, struct dj_calibration **loaded,
                                   struct dj_error *err)
{
    struct dj_calibration *calibration = dj_xcalloc(1, sizeof(*calibration));
    char *file = expanded(path);
    enum dj_status status = DJ_OK;
    struct dj_buf bytes;

    *loaded = NULL;
    dj_buf_init(&bytes);
    calibration->arena = dj_arena_new(4096);
    if (dj_fs_read(file, &bytes, err) != DJ_OK) {
        status = dj_error_prefix(err, "thresholds: ");
        status = status == DJ_NOMEM ? status : DJ_CONFIG;
        err->status = status;
    } else {
        status = parse(calibration, file, &bytes, err);
    }
    dj_buf_release(&bytes);
    dj_xfree(file);
    if (status != DJ_OK) {
        dj_calibration_free(calibration);
        return status;
    }
    *loaded = calibration;
    return DJ_OK;
}

void dj_calibration_free(struct dj_calibration *calibration)
{
    if (calibration != NULL) {
        dj_arena_free(calibration->arena);
        dj_xfree(calibration);
    }
}

/* The last member of that name. */
static const struct dj_node *member(const struct dj_node *object, struct dj_str name)
{
    const struct dj_node *found = NULL;

    if (dj_node_is(object, DJ_NODE_OBJECT)) {
        DJ_FOR_EACH_NODE (node, object) {
            found = dj_str_equal(node->key, name) ? node : found;
        }
    }
    return found;
}

const struct dj_node *dj_calibration_get(const struct dj_calibration *calibration,
                                         struct dj_str model, const char *name)
{
    const struct dj_node *found = NULL;

    if (calibration == NULL) {
        return NULL;
    }
    if (model.len > 0) {
        found = dj_node_get(member(calibration->models, model), name);
    }
    if (found == NULL) {
        found = dj_node_get(calibration->preset, name);
    }
    return dj_node_is(found, DJ_NODE_NULL) ? NULL : found;
}

uint64_t dj_calibration_hash(const struct dj_calibration *calibration)
{
    return calibration->hash;
}
