/* Which form an export has, and whether it can be written here. */
#include "exec/convert.h"

const struct dj_convert_form *dj_convert_form_of(const struct dj_config *config)
{
    switch (dj_config_export_form(config)) {
    case DJ_FORM_PARQUET:
        return &dj_convert_parquet;
    case DJ_FORM_JSON:
        return &dj_convert_array;
    case DJ_FORM_JSONL_ZSTD:
        return &dj_convert_zstd;
    case DJ_FORM_JSONL_GZIP:
        return &dj_convert_gzip;
    case DJ_FORM_JSONL:
        break;
    }
    return NULL;
}

enum dj_status dj_convert_possible(const struct dj_exec *exec, struct dj_error *err)
{
    const struct dj_arrow_api *api;

    if (dj_convert_form_of(exec->config) != &dj_convert_parquet) {
        return DJ_OK;
    }
    return dj_arrow(&api, err) == DJ_OK ? DJ_OK : dj_error_prefix(err, "export_path: ");
}
