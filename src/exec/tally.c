/* Tallies as JSON: seven numbers an operator, one operator behind the other. */
#include "exec/exec_private.h"

enum { FIELDS = 7 };

void dj_tally_write(struct dj_jsonw *w, const struct dj_op_tally *tally, size_t count)
{
    dj_jsonw_open(w, '[');
    for (size_t i = 0; i < count; i++) {
        dj_jsonw_int(w, tally[i].rows_in);
        dj_jsonw_int(w, tally[i].rows_out);
        dj_jsonw_int(w, tally[i].dropped);
        dj_jsonw_int(w, tally[i].rejected);
        dj_jsonw_int(w, tally[i].derived);
        dj_jsonw_int(w, tally[i].bytes_in);
        dj_jsonw_double(w, tally[i].seconds);
    }
    dj_jsonw_close(w, ']');
}

static double number_at(const struct dj_json *array, size_t index)
{
    return dj_json_as_number(dj_json_at(array, index), 0);
}

bool dj_tally_read(const struct dj_json *array, struct dj_op_tally *tally, size_t count)
{
    if (dj_json_count(array) != FIELDS * count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t at = FIELDS * i;

        tally[i] = (struct dj_op_tally){
            .rows_in = (int64_t)number_at(array, at),
            .rows_out = (int64_t)number_at(array, at + 1),
            .dropped = (int64_t)number_at(array, at + 2),
            .rejected = (int64_t)number_at(array, at + 3),
            .derived = (int64_t)number_at(array, at + 4),
            .bytes_in = (int64_t)number_at(array, at + 5),
            .seconds = number_at(array, at + 6),
        };
    }
    return true;
}
