/* --help and --version. */
#include "cli/cli_private.h"
#include "dj/comm.h"
#include "dj/version.h"

#include <stdio.h>

static const char help[] =
    "dj-mpi runs a Data-Juicer text recipe on MPI ranks, and goes on where it was after\n"
    "a preemption.\n"
    "\n"
    "usage: [mpirun -n N] dj-mpi --config FILE [--job_id ID] [--KEY VALUE]...\n"
    "       dj-mpi WORD ...\n"
    "\n"
    "  --config FILE     the recipe: dataset_path, export_path, process\n"
    "  --job_id ID       the job to start or to continue; without it one is made\n"
    "  --KEY VALUE       any setting, also as --KEY=VALUE: --partition.size 500\n"
    "  --print_config    every setting with its value and where it came from; runs "
    "nothing\n"
    "  --version         this program and its libraries\n"
    "\n"
    "words that need no launcher (each with --json):\n"
    "  ops [NAME]        the operators, or all about one\n"
    "  validate          checks a recipe: dj-mpi validate --config FILE\n"
    "  plan              what a run would do: files, operators, partitions\n"
    "\n"
    "exit codes: 0 complete; 1 failed; 2 command line, configuration or stored job are "
    "not\n"
    "acceptable; 3 complete except for partitions that failed for good; 75 stopped "
    "early\n"
    "after what is finished was saved: run again with the same job_id\n"
    "\n"
    "examples:\n"
    "  dj-mpi validate --config recipe.yaml\n"
    "  mpirun -n 8 dj-mpi --config recipe.yaml --job_id wiki1\n"
    "  srun --mpi=pmix -n 64 dj-mpi --config recipe.yaml --job_id wiki1 --partition.size "
    "5000\n";

void dj_cli_help(void)
{
    (void)fputs(help, stdout);
}

void dj_cli_version(void)
{
    (void)printf("dj-mpi %s (%s, %zu operators)\n", DJ_VERSION, dj_comm_version(),
                 dj_op_count());
}
