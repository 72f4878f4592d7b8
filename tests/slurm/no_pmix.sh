#!/usr/bin/env bash
# srun without PMIx would run the job once a task: it is refused, once, with the remedy.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 500
for kind in none pmi2; do
  context=$kind
  sed "s/^launch=.*/launch='srun --mpi=$kind'/" "$scripts/dj-mpi.sbatch" >job.sbatch
  submit --ntasks-per-node=2 --nodes=2 --output=$kind.out job.sbatch
  ends "$job" FAILED
  equal "$(exit_code "$job")" 2:0 "exit code"
  says $kind.out "srun --mpi=pmix -n 4 dj-mpi"
  equal "$(grep -c 'do not know of each other' $kind.out)" 1 "said once"
  missing out.jsonl
  missing "outputs/slurm-$job"
done
