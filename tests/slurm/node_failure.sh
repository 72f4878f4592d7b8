#!/usr/bin/env bash
# A node fails. First slurmd dies: Slurm notices when it has not answered for a while, and
# requeues the job on the nodes that are left. Then a whole node is gone from one moment to
# the next, with its ranks, and the administrator says so.
# shellcheck disable=SC2034 # cluster.sh uses it
slurmd_timeout=10
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
for kind in slurmd node; do
  context=$kind
  rm -f out.jsonl
  touch slow
  submit --nodelist=n1 --ntasks-per-node=2 --nodes=2 "$scripts/dj-mpi.sbatch"
  id=slurm-$job
  busy "$job" "$id"
  other=$(squeue -h -j "$job" -o %N)
  case $other in *2]) other=n2 ;; *) other=n3 ;; esac
  if [ $kind = slurmd ]; then
    kill -KILL "$(pgrep -f "^slurmd .*-N $other\$")"
    soon "$job" restarted "$job" 1
  fi
  crash_node "$other"
  [ $kind = slurmd ] || scontrol update NodeName="$other" State=DOWN Reason="no answer"
  soon "$job" restarted "$job" 1
  rm slow
  start_node "$other"
  ends "$job" COMPLETED
  right "$id"
  equal "$(attempts "$id")" 2 "attempts"
done
