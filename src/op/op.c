/* The table of operators, the names of their kinds, and the range test of filters. */
#include "dj/op.h"

#include "op/op_table.h"

const char *dj_op_kind_name(enum dj_op_kind kind)
{
    switch (kind) {
    case DJ_OP_MAPPER:
        return "mapper";
    case DJ_OP_FILTER:
        return "filter";
    case DJ_OP_DEDUPLICATOR:
        return "deduplicator";
    case DJ_OP_SELECTOR:
        return "selector";
    case DJ_OP_GROUPER:
        return "grouper";
    }
    return "operator";
}

bool dj_op_in_range(const struct dj_op_common *common, struct dj_number value,
                    struct dj_range range)
{
    const bool reversed = common->reversed_range;
    /* Data-Juicer flips the flags first, so a reversed range keeps its own ends. */
    const bool min_closed = common->min_closed_interval != reversed;
    const bool max_closed = common->max_closed_interval != reversed;
    bool inside = true;

    if (range.min.kind != DJ_NUMBER_NONE) {
        const int order = dj_number_compare(value, range.min);

        inside = order == 1 || (min_closed && order == 0);
    }
    if (inside && range.max.kind != DJ_NUMBER_NONE) {
        const int order = dj_number_compare(value, range.max);

        inside = order == -1 || (max_closed && order == 0);
    }
    return inside != reversed;
}

const char *dj_op_stat(const struct dj_op *op, const void *conf, size_t index)
{
    size_t count = 0;

    while (op->stats != NULL && op->stats[count] != NULL) {
        if (count == index) {
            return op->stats[index];
        }
        count++;
    }
    if (index != count || op->stat_param == NULL) {
        return NULL;
    }
    return *(const char *const *)((const char *)conf +
                                  dj_param_find(op->params, op->stat_param)->offset);
}

/* --- the table ------------------------------------------------------------------------
 */

/* A copy of the table with what libraries have added; NULL: they have added nothing. */
static const struct dj_op **grown;

static const struct dj_op *const *table(void)
{
    return grown == NULL ? dj_op_table : grown;
}

size_t dj_op_count(void)
{
    size_t count = 0;

    while (table()[count] != NULL) {
        count++;
    }
    return count;
}

const struct dj_op *dj_op_at(size_t index)
{
    return index < dj_op_count() ? table()[index] : NULL;
}

const struct dj_op *dj_op_find(const char *name)
{
    size_t first = 0;
    size_t end = dj_op_count();

    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const int order = strcmp(name, table()[middle]->name);

        if (order == 0) {
            return table()[middle];
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return NULL;
}

void dj_op_table_add(const struct dj_op *op)
{
    const size_t count = dj_op_count();
    const struct dj_op **larger = dj_xcalloc(count + 2, sizeof(*larger));
    size_t place = 0;

    while (place < count && strcmp(table()[place]->name, op->name) < 0) {
        place++;
    }
    memcpy(larger, table(), place * sizeof(*larger));
    larger[place] = op;
    memcpy(larger + place + 1, table() + place, (count - place) * sizeof(*larger));
    dj_xfree(grown);
    grown = larger;
}
