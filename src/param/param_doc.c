/* Describing declared parameters: "whole number, 0 to 100, default 3". */
#include "dj/param.h"

#include "dj/json.h"

#include <stdio.h>

static const char *type_name(const struct dj_param *param)
{
    switch (param->type) {
    case DJ_PARAM_BOOL:
        return "true or false";
    case DJ_PARAM_INT:
        return "whole number";
    case DJ_PARAM_FLOAT:
    case DJ_PARAM_NUMBER:
        return "number";
    case DJ_PARAM_TEXT:
        return "text";
    case DJ_PARAM_TEXTS:
        return "text or list of texts";
    case DJ_PARAM_BYTES:
        return "bytes, also as 64MiB";
    case DJ_PARAM_ENUM:
        return "one of";
    default:
        return "any";
    }
}

static enum dj_status describe_range(const struct dj_param *param, struct dj_buf *out)
{
    if (param->min == 0 && param->max == 0) {
        if (param->fmin == 0 && param->fmax == 0) {
            return DJ_OK;
        }
        return dj_buf_printf(out, ", %g to %g", param->fmin, param->fmax);
    }
    if (param->max == INT64_MAX) {
        return param->min == INT64_MIN
                   ? DJ_OK
                   : dj_buf_printf(out, ", from %lld", (long long)param->min);
    }
    return dj_buf_printf(out, ", %lld to %lld", (long long)param->min,
                         (long long)param->max);
}

static enum dj_status describe_number(struct dj_number number, struct dj_buf *out)
{
    char text[DJ_JSON_DOUBLE_TEXT];
    size_t len;

    switch (number.kind) {
    case DJ_NUMBER_INT:
        return number.i == INT64_MAX ? dj_buf_append(out, DJ_STR("no bound"))
                                     : dj_buf_printf(out, "%lld", (long long)number.i);
    case DJ_NUMBER_FLOAT:
        len = dj_json_double(number.d, text);
        return dj_buf_append(out, (struct dj_str){ text, len });
    default:
        return dj_buf_append(out, DJ_STR("none"));
    }
}

static enum dj_status describe_default(const struct dj_param *param, struct dj_buf *out)
{
    DJ_TRY(dj_buf_append(out, DJ_STR(", default ")));
    switch (param->type) {
    case DJ_PARAM_BOOL:
        return dj_buf_printf(out, "%s", param->preset.i != 0 ? "true" : "false");
    case DJ_PARAM_INT:
    case DJ_PARAM_BYTES:
        return describe_number(DJ_INT(param->preset.i), out);
    case DJ_PARAM_FLOAT:
        return describe_number(DJ_FLOAT(param->preset.d), out);
    case DJ_PARAM_NUMBER:
        return describe_number(param->preset.n, out);
    case DJ_PARAM_ENUM:
        return dj_buf_printf(out, "%s", param->choices[param->preset.i]);
    case DJ_PARAM_TEXT:
    case DJ_PARAM_TEXTS:
        if (param->preset.s != NULL) {
            return dj_buf_printf(out, "\"%s\"", param->preset.s);
        }
        return dj_buf_append(out, DJ_STR("none"));
    default:
        return dj_buf_append(out, DJ_STR("none"));
    }
}

enum dj_status dj_param_describe(const struct dj_param *param, struct dj_buf *out)
{
    DJ_TRY(dj_buf_printf(out, "%s", type_name(param)));
    if (param->type == DJ_PARAM_ENUM) {
        for (int i = 0; param->choices[i] != NULL; i++) {
            DJ_TRY(dj_buf_printf(out, "%s%s", i == 0 ? " " : ", ", param->choices[i]));
        }
    }
    DJ_TRY(describe_range(param, out));
    if ((param->flags & DJ_PARAM_REQUIRED) != 0) {
        return dj_buf_append(out, DJ_STR(", required"));
    }
    return describe_default(param, out);
}
