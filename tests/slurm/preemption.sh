#!/usr/bin/env bash
# A job of a higher partition takes the nodes; the preempted one is requeued and goes on.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
sed 's/^launch=.*/launch=mpirun/' "$scripts/dj-mpi.sbatch" >mpirun.sbatch
for script in "$scripts/dj-mpi.sbatch" mpirun.sbatch; do
  context=$script
  rm -f out.jsonl
  touch slow
  submit --exclusive --ntasks-per-node=2 --nodes=3 "$script"
  id=slurm-$job low=$job
  busy "$low" "$id"
  submit --exclusive --nodes=3 --partition=high --output=high.out --wrap 'sleep 1'
  high=$job job=$low
  soon "$low" restarted "$low" 1
  rm slow
  ends "$high" COMPLETED
  ends "$low" COMPLETED
  right "$id"
  equal "$(attempts "$id")" 2 "attempts"
  says "outputs/$id/job_summary.json" "stopped by SIGUSR1"
  says "outputs/$id/job_summary.json" '"slurm_restart_count": 1'
  says "outputs/$id/job_summary.json" '"nodes": "n1,n2,n3"'
  says "outputs/$id/job_summary.json" '"lost_core_hours": '
done
