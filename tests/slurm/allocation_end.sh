#!/usr/bin/env bash
# Without any signal: Slurm is asked when the allocation ends, and the job stops in time.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 8000
touch slow
submit --time=1 --ntasks-per-node=2 --nodes=2 --output=end.out \
  --wrap 'unset SLURM_JOB_END_TIME; exec srun --mpi=pmix dj-mpi --config recipe.yaml --job_id end'
ends "$job" FAILED
equal "$(exit_code "$job")" 75:0 "exit code"
says end.out "stopped by the end of the Slurm allocation"
rm slow
submit --ntasks-per-node=2 --nodes=3 --output=rest.out \
  --wrap 'exec mpirun dj-mpi --config recipe.yaml --job_id end'
ends "$job" COMPLETED
right end
