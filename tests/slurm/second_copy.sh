#!/usr/bin/env bash
# A second copy of a job that runs is refused and told who has it; the first goes on.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
touch slow
submit --ntasks-per-node=1 --nodes=2 "$scripts/dj-mpi.sbatch" --job_id both
first=$job
busy "$job" both
submit --ntasks-per-node=1 --nodes=1 --output=second.out "$scripts/dj-mpi.sbatch" --job_id both
ends "$job" FAILED
equal "$(exit_code "$job")" 2:0 "exit code of the second"
says second.out "(Slurm job $first)"
equal "$(restarts "$job")" 0 "a refused job is not requeued"
equal "$(state "$first")" RUNNING "the first"
rm slow
scancel -b -s USR1 "$first" # it does not have to sleep any more
ends "$first" COMPLETED
right both
