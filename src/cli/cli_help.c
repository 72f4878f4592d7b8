/* --help and --version. */
#include "cli/cli_private.h"
#include "dj/arrow.h"
#include "dj/comm.h"
#include "dj/version.h"

static const char help[] =
    "dj-mpi runs a Data-Juicer text recipe on MPI ranks, and goes on where it was when\n"
    "it was interrupted.\n"
    "\n"
    "usage: [mpirun -n N] dj-mpi --config FILE [--job_id ID] [--KEY VALUE]...\n"
    "       dj-mpi WORD ...\n"
    "\n"
    "  --config FILE    the recipe: dataset_path, export_path, process\n"
    "  --job_id ID      the job to start or to continue; without it a new one is made\n"
    "  --KEY VALUE      any setting, also as --KEY=VALUE: --partition.size 500; of an\n"
    "                   operator: --text_length_filter.min_len 20\n"
    "  --print_config   print every setting and where it came from; run nothing\n"
    "  --version        print the versions of this program and of MPI\n"
    "  --cflags         print what operators of your own are compiled with\n"
    "\n"
    "words, which need no launcher and start no job (each with --json); about recipes:\n"
    "  validate         check a recipe and its input: dj-mpi validate --config FILE\n"
    "  plan             show what a run would do: files, operators, partitions\n"
    "  sbatch           print a job script for Slurm: dj-mpi sbatch --config FILE\n"
    "                   [--nodes N --time T --partition P ...]\n"
    "  ops [NAME]       list the operators, or say all about one; with --config FILE or\n"
    "                   --custom_operator_paths PATH also those of your own\n"
    "  schema           print the JSON Schema of recipes, for editors\n"
    "  docs PAGE        print reference (all settings as a recipe) or settings (a page)\n"
    "\n"
    "about jobs in --work_dir DIR; that of one job --config FILE tells, too:\n"
    "  list             the jobs, newest first [--state running,failed,... --sort seen\n"
    "                   --limit N]\n"
    "  status ID        how far a job is, how it ended, and how to resume it\n"
    "  events ID        what happened, in order: --type, --level, --rank, --partition,\n"
    "                   --op, --since TIME|2h, --last N, --grep TEXT choose; --follow "
    "goes\n"
    "                   on while the job runs; --check looks for what is wrong or "
    "missing\n"
    "  report ID        write what a job did as one HTML page: -o FILE (report.html)\n"
    "  inspect ID|FILE  show partitions, sets and kept data of a job; with --line N, or\n"
    "                   --partition N --row N, one sample before and after each "
    "operator\n"
    "                   (or --op NAME); of a data file its columns and first samples\n"
    "  verify ID        check all that a job has on disk; with --forget the next run "
    "does\n"
    "                   damaged partitions again\n"
    "  stop ID          ask a running job to stop as SIGTERM does, from any node; with\n"
    "                   --after checkpoint not before one is written; --wait [SECONDS]\n"
    "                   until it has ended; --cancel takes the request back\n"
    "  clean [ID ...]   tell what ended jobs have left, and how much; delete it with "
    "--yes\n"
    "\n"
    "exit codes:\n"
    "   0  complete\n"
    "   1  the job failed\n"
    "   2  the command line, the configuration or the stored job is not acceptable\n"
    "   3  complete, except for partitions that failed for good\n"
    "  75  stopped early, and what was finished is saved: run again with the same "
    "job_id\n"
    "\n"
    "examples:\n"
    "  dj-mpi validate --config recipe.yaml\n"
    "  mpirun -n 8 dj-mpi --config recipe.yaml --job_id wiki1\n"
    "  srun --mpi=pmix -n 64 dj-mpi --config recipe.yaml --job_id wiki1 --debug\n";

int dj_cli_help(void)
{
    struct dj_buf text;

    dj_buf_init(&text);
    return dj_cli_print(dj_buf_append(&text, dj_str_from(help)), &text);
}

int dj_cli_version(void)
{
    struct dj_buf text;

    dj_buf_init(&text);
    return dj_cli_print(
        dj_buf_printf(&text, "dj-mpi %s (%s, %zu operators, Parquet: %s)\n", DJ_VERSION,
                      dj_comm_version(), dj_op_count(), dj_arrow_version()),
        &text);
}
