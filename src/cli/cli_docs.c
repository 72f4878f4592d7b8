/* dj-mpi docs PAGE: the pages that are made from the tables; for the project's docs/. */
#include "cli/cli_private.h"
#include "dj/event.h"
#include "dj/fault.h"
#include "dj/global.h"

static enum dj_status operators_page(struct dj_buf *out)
{
    DJ_TRY(
        dj_buf_append(out, DJ_STR("# Operators\n\nMade from the registry by `dj-mpi docs "
                                  "operators`. Results are Data-Juicer's.\n")));
    for (size_t i = 0; i < dj_op_count(); i++) {
        const struct dj_op *op = dj_op_at(i);

        DJ_TRY(dj_buf_printf(out, "\n## %s\n\n%s (%s).\n", op->name, op->summary,
                             dj_op_kind_name(op->kind)));
        for (size_t s = 0; op->stats != NULL && op->stats[s] != NULL; s++) {
            DJ_TRY(dj_buf_printf(out, "Statistic: `%s`.\n", op->stats[s]));
        }
        if (op->stat_param != NULL) {
            DJ_TRY(dj_buf_printf(out, "Statistic: has the name that `%s` gives.\n",
                                 op->stat_param));
        }
        if (op->hash != NULL) {
            DJ_TRY(dj_buf_printf(out, "With `keep_hashes_in_res_ds`: `%s`.\n", op->hash));
        }
        if (op->global != NULL) {
            DJ_TRY(dj_buf_printf(out, "Records of %zu bytes: %s.\n",
                                 sizeof(struct dj_note), op->global->records));
        }
        if (op->params == NULL || op->params[0].name == NULL) {
            continue;
        }
        DJ_TRY(dj_buf_append(
            out, DJ_STR("\n| parameter | value | what it does |\n|---|---|---|\n")));
        for (const struct dj_param *p = op->params; p->name != NULL; p++) {
            DJ_TRY(dj_buf_printf(out, "| `%s` | ", p->name));
            DJ_TRY(dj_param_describe(p, out));
            DJ_TRY(dj_buf_printf(out, " | %s |\n", p->help));
        }
    }
    return DJ_OK;
}

static enum dj_status events_page(struct dj_buf *out)
{
    DJ_TRY(dj_buf_append(
        out,
        DJ_STR(
            "# Events\n\nMade from the list of event types by `dj-mpi docs events`. "
            "`event_logs/events.jsonl` has one\nJSON object a line, in time order: "
            "`event_type`, `timestamp` (seconds), `message`, `event_id`,\n`job_id`, "
            "`rank`, `host`, `process_id`, and what applies of `partition_id`, "
            "`operation_name`,\n`operation_idx`, `op_args`, `status`, `duration`, "
            "`input_rows`, `output_rows`, `error_message`,\n`error_type`, "
            "`retry_count`, `checkpoint_path`, `output_path`, `total_partitions`,\n"
            "`successful_partitions`, `failed_partitions`, `metadata`. "
            "`events.log` says the same for people.\n\n"
            "`dj-mpi events ID` reads all of it, rotated files (`events.jsonl.1` is "
            "the newest of them) and what\nranks have written and nobody has merged "
            "yet (`events.rank*.part`, which a kill leaves), as readable lines\nor, "
            "with `--json`, as they are. Filters: `--type NAME[,NAME]`, `--level "
            "WARNING` (and above), `--rank N`,\n`--partition N`, `--op NAME`, `--since` "
            "a time (`2026-01-31 12:34`, with `Z` for UTC) or a duration (`90s`,\n`2h`, "
            "`1d`), `--last N`, `--grep TEXT` (in the readable or the JSON line). "
            "`--follow` goes on until the job\nhas ended.\n\n"
            "`dj-mpi events ID --check` reads the log once and tells what is wrong (exit "
            "code 1): lines that are no\nevents or lack fields; the events of a rank by "
            "time and number, so that none is there twice or missing;\npartitions that "
            "were started and have no end, unless their rank died; samples: those read "
            "(and derived) are\nthose kept, filtered, deduplicated and rejected, by the "
            "events alone, for each operator and in total, and as\n`job_summary.json` "
            "has them. A half-written last line is told and no error. An event_id is "
            "`{type}_{attempt}_{rank}_{number}`;\nnumbers count the events of a rank "
            "in an attempt.\n\n"
            "| type | level | meaning |\n|---|---|---|\n")));
#define DJ_EVENT_ROW(name, text, level, sentence) \
    DJ_TRY(dj_buf_append(out, DJ_STR("| `" text "` | " #level " | " sentence " |\n")));
    DJ_EVENT_LIST(DJ_EVENT_ROW)
#undef DJ_EVENT_ROW
    return DJ_OK;
}

/* One thing a line, for scripts too. */
static enum dj_status faults_page(struct dj_buf *out)
{
    DJ_TRY(dj_buf_append(
        out,
        DJ_STR(
            "# Faults\n\nMade from the list of fault points by `dj-mpi docs faults`. A "
            "build with `DJ_FAULTS`\nobeys `DJ_FAULT=POINT[:rank=R][:nth=N]:ACTION`; "
            "others have no such points.\nA point is told with what goes on there "
            "(reads, writes, names, works).\n\n")));
#define DJ_FAULT_LINE(name, text, kind, place) \
    DJ_TRY(dj_buf_append(out, DJ_STR("    point " text " " #kind ": " place "\n")));
    DJ_FAULT_LIST(DJ_FAULT_LINE)
#undef DJ_FAULT_LINE
    DJ_TRY(dj_buf_putc(out, '\n'));
#define DJ_FAULT_LINE(name, text, what) \
    DJ_TRY(dj_buf_append(out, DJ_STR("    action " text ": " what "\n")));
    DJ_FAULT_ACTION_LIST(DJ_FAULT_LINE)
#undef DJ_FAULT_LINE
    return DJ_OK;
}

static const struct {
    const char *name;
    enum dj_status (*make)(struct dj_buf *out);
} pages[] = {
    { "reference", dj_config_reference },
    { "settings", dj_config_page },
    { "operators", operators_page },
    { "events", events_page },
    { "faults", faults_page },
};

int dj_cli_docs(struct dj_cli *cli)
{
    struct dj_buf text;

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (cli->argc == 1 && strcmp(cli->argv[0], pages[i].name) == 0) {
            dj_buf_init(&text);
            return dj_cli_print(pages[i].make(&text), &text);
        }
    }
    return dj_cli_usage(
        "docs prints one page: dj-mpi docs reference, settings, operators, "
        "events or faults");
}
