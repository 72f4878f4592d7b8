#!/usr/bin/env bash
# scontrol requeue, by the owner or the administrator: the same job goes on, also under
# mpirun, where ranks have a second or two to end.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
sed 's/^launch=.*/launch=mpirun/' "$scripts/dj-mpi.sbatch" >mpirun.sbatch
for script in "$scripts/dj-mpi.sbatch" mpirun.sbatch; do
  context=$script
  rm -f out.jsonl
  touch slow
  submit --ntasks-per-node=2 --nodes=2 "$script"
  id=slurm-$job
  busy "$job" "$id"
  scontrol requeue "$job"
  soon "$job" restarted "$job" 1
  rm slow
  ends "$job" COMPLETED
  right "$id"
  equal "$(attempts "$id")" 2 "attempts"
done
