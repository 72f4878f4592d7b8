/*
 * CSV and TSV: the first row has the names, each other one is a sample. As in Data-Juicer
 * (pandas) a column has one type, that of all its cells: whole numbers, numbers, truth
 * values, else texts. A missing value is an absent key. A row with too many or too few
 * cells is set aside; pandas gives up on the file, or makes up what is missing.
 */
#include "dataset/csv_row.h"
#include "dataset/record.h"

#include "dj/json.h"

#include <stdio.h>

struct column {
    char *name;
    struct dj_buf key; /* "name":, as JSON */
    unsigned kinds;    /* that all its cells may be so far */
    bool seen;
};

struct table {
    char separator;
    struct column *columns;
    size_t count;
    struct dj_csv_row row;
    struct dj_buf scratch;
    bool at_start; /* the first row is still to come */
    bool header;   /* the row that was found is the first one */
    bool mark;     /* bytes of a byte order mark may come */
};

static const struct {
    const char *name;
    unsigned kinds;
} types[] = { { "string", 0 },
              { "int", DJ_CELL_INT },
              { "float", DJ_CELL_FLOAT },
              { "bool", DJ_CELL_BOOL } };

enum { NTYPES = sizeof(types) / sizeof(types[0]) };

static const char *type_of(const struct column *column)
{
    const unsigned kinds = column->kinds;

    if (!column->seen) {
        return "string";
    }
    if ((kinds & (DJ_CELL_INT | DJ_CELL_UINT)) != 0) {
        return "int";
    }
    if ((kinds & DJ_CELL_FLOAT) != 0 && (kinds & DJ_CELL_WHOLE) == 0 &&
        (kinds & (DJ_CELL_SMALL | DJ_CELL_UNSIGNED)) != 0) {
        return "float";
    }
    return (kinds & DJ_CELL_BOOL) != 0 ? "bool" : "string";
}

/* Takes the name over. */
static void add_column(struct table *table, char *name, unsigned kinds)
{
    struct column *column;

    table->columns = dj_xrealloc(table->columns,
                                 dj_size_mul(table->count + 1, sizeof(*table->columns)));
    column = &table->columns[table->count++];
    *column = (struct column){ .name = name, .kinds = kinds };
    dj_buf_init(&column->key);
    /* Control structures end the program without memory: a key that lacks is none. */
    if (dj_json_quote_any(&column->key, dj_str_from(name)) != DJ_OK ||
        dj_buf_append(&column->key, DJ_STR(": ")) != DJ_OK) {
        dj_buf_reset(&column->key);
    }
}

static void drop_columns(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        dj_xfree(table->columns[i].name);
        dj_buf_release(&table->columns[i].key);
    }
    dj_xfree(table->columns);
    table->columns = NULL;
    table->count = 0;
}

static void take_layout(struct table *table, const char *layout)
{
    const struct dj_json *columns;
    struct dj_error ignored;
    struct dj_json *doc;

    if (dj_json_parse(dj_str_from(layout), "layout", &doc, &ignored) != DJ_OK) {
        return; /* the digest and the rows will tell */
    }
    columns = dj_json_get(doc, "columns");
    for (size_t i = 0; i < dj_json_count(columns); i++) {
        const struct dj_json *column = dj_json_at(columns, i);
        const char *type = dj_json_text(column, "type", "");
        int t = 0;

        while (t < NTYPES && strcmp(type, types[t].name) != 0) {
            t++;
        }
        add_column(table, dj_xstrdup(dj_json_text(column, "name", "")),
                   t < NTYPES ? types[t].kinds : 0);
    }
    dj_json_free(doc);
}

static void *table_open(const struct dj_source_file *file)
{
    struct table *table = dj_xcalloc(1, sizeof(*table));

    table->separator = file->format == DJ_SOURCE_TSV ? '\t' : ',';
    dj_buf_init(&table->scratch);
    if (file->layout != NULL) {
        take_layout(table, file->layout);
    }
    return table;
}

static void table_close(void *state)
{
    struct table *table = state;

    drop_columns(table);
    dj_csv_row_release(&table->row);
    dj_buf_release(&table->scratch);
    dj_xfree(table);
}

static void table_begin(void *state, bool at_start)
{
    struct table *table = state;

    table->at_start = table->mark = at_start;
}

static enum dj_record_step table_find(void *state, struct dj_str bytes, bool last,
                                      int64_t at, struct dj_record *record)
{
    struct table *table = state;
    size_t mark = 0;

    (void)at;
    if (bytes.len == 0) {
        return DJ_RECORD_END;
    }
    if (table->mark) {
        if (bytes.len < 3 && !last) {
            return DJ_RECORD_MORE;
        }
        mark = bytes.len >= 3 && memcmp(bytes.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        bytes.ptr += mark;
        bytes.len -= mark;
        if (bytes.len == 0) {
            if (!last) {
                return DJ_RECORD_MORE;
            }
            return DJ_RECORD_END;
        }
    }
    if (!dj_csv_row_read(&table->row, bytes, table->separator, last)) {
        return DJ_RECORD_MORE;
    }
    table->mark = false;
    table->header = table->at_start && !table->row.blank;
    table->at_start = table->at_start && table->row.blank;
    *record = (struct dj_record){
        .bytes = { bytes.ptr, table->row.end },
        .next = table->row.next + mark,
        .lines = table->row.lines,
        .row = !table->row.blank && !table->header,
    };
    return DJ_RECORD_FOUND;
}

static bool name_taken(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that no column before has, as pandas makes it: "a", "a.1"; "Unnamed: 2". */
static char *free_name(const struct table *table, char *name, size_t index)
{
    char *base = name;
    int more = 0;

    if (base[0] == '\0') {
        dj_xfree(base);
        base = dj_xprintf("Unnamed: %zu", index);
    }
    name = dj_xstrdup(base);
    while (name_taken(table, name)) {
        dj_xfree(name);
        name = dj_xprintf("%s.%d", base, ++more);
    }
    dj_xfree(base);
    return name;
}

static void take_header(struct table *table)
{
    for (size_t i = 0; i < table->row.count; i++) {
        struct dj_str text = { NULL, 0 };
        char *name;

        if (dj_cell_text(&table->row.cells[i], &table->scratch, &text) != DJ_OK) {
            text.len = 0;
        }
        name = text.len == 0 ? dj_xstrdup("") : dj_xstrndup(text.ptr, text.len);
        add_column(table, free_name(table, name, i), DJ_CELL_ANY);
    }
}

static void table_look(void *state, const struct dj_record *record)
{
    struct table *table = state;
    const struct dj_csv_row *row = &table->row;

    if (table->header) {
        take_header(table);
    }
    if (!record->row || row->unclosed || row->count != table->count) {
        return;
    }
    for (size_t i = 0; i < row->count; i++) {
        struct column *column = &table->columns[i];
        struct dj_str text;

        if ((column->kinds == 0 && column->seen) ||
            dj_cell_text(&row->cells[i], &table->scratch, &text) != DJ_OK ||
            dj_cell_missing(text)) {
            continue;
        }
        column->seen = true;
        column->kinds &= dj_cell_kinds(text);
    }
}

static char *table_layout(void *state)
{
    const struct table *table = state;
    struct dj_buf out;
    struct dj_jsonw w;

    dj_buf_init(&out);
    dj_jsonw_init(&w, &out, 0);
    dj_jsonw_open(&w, '{');
    dj_jsonw_key(&w, "columns");
    dj_jsonw_open(&w, '[');
    for (size_t i = 0; i < table->count; i++) {
        dj_jsonw_open(&w, '{');
        dj_jsonw_kv_text(&w, "name", table->columns[i].name);
        dj_jsonw_kv_text(&w, "type", type_of(&table->columns[i]));
        dj_jsonw_close(&w, '}');
    }
    dj_jsonw_close(&w, ']');
    dj_jsonw_close(&w, '}');
    return dj_jsonw_take(&w);
}

static enum dj_status write_value(const struct column *column, struct dj_str text,
                                  struct dj_buf *out, bool *missing)
{
    if ((column->kinds & (DJ_CELL_INT | DJ_CELL_FLOAT)) != 0) {
        return dj_cell_number(text, out, missing);
    }
    if ((column->kinds & DJ_CELL_BOOL) != 0) {
        return dj_buf_append(out, text.len == 4 ? DJ_STR("true") : DJ_STR("false"));
    }
    return dj_json_quote(out, text);
}

static enum dj_status write_cells(struct table *table, struct dj_buf *out)
{
    bool first = true;

    DJ_TRY(dj_buf_putc(out, '{'));
    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        const size_t before = out->len;
        struct dj_str text;
        bool missing;

        DJ_TRY(dj_cell_text(&table->row.cells[i], &table->scratch, &text));
        missing = dj_cell_missing(text);
        if (!missing) {
            DJ_TRY(dj_buf_append(out, first ? DJ_STR("") : DJ_STR(", ")));
            DJ_TRY(dj_buf_append(out, dj_buf_str(&column->key)));
            DJ_TRY(write_value(column, text, out, &missing));
        }
        if (missing) {
            out->len = before;
        } else {
            first = false;
        }
    }
    return dj_buf_putc(out, '}');
}

static enum dj_status table_write(void *state, const struct dj_record *record,
                                  struct dj_buf *out)
{
    struct table *table = state;
    const struct dj_csv_row *row = &table->row;
    char reason[128];

    if (!row->unclosed && row->count == table->count) {
        return write_cells(table, out);
    }
    if (row->unclosed) {
        (void)snprintf(reason, sizeof(reason),
                       "a quote that opens in this row is not closed");
    } else {
        (void)snprintf(reason, sizeof(reason),
                       "the row has %zu cell%s, the first row %zu", row->count,
                       row->count == 1 ? "" : "s", table->count);
    }
    return dj_record_put_fault(out, reason, record->bytes);
}

static const struct dj_record_kind kind = {
    .what = "line",
    .open = table_open,
    .close = table_close,
    .begin = table_begin,
    .find = table_find,
    .look = table_look,
    .layout = table_layout,
    .write = table_write,
};

static enum dj_status csv_scan(struct dj_sources *sources, size_t index,
                               struct dj_cut cut, const char *spool_dir,
                               struct dj_partitions *partitions, struct dj_error *err)
{
    return dj_records_scan(&kind, sources, index, cut, spool_dir, partitions, err);
}

static enum dj_status csv_start(void **state, const struct dj_sources *sources,
                                const struct dj_partition *partition,
                                struct dj_error *err)
{
    return dj_records_start(&kind, state, sources, partition, err);
}

const struct dj_format dj_format_csv = {
    .name = "csv",
    .scan = csv_scan,
    .start = csv_start,
    .next = dj_records_next,
    .close = dj_records_close,
};

const struct dj_format dj_format_tsv = {
    .name = "tsv",
    .scan = csv_scan,
    .start = csv_start,
    .next = dj_records_next,
    .close = dj_records_close,
};
