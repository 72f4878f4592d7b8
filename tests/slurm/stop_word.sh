#!/usr/bin/env bash
# dj-mpi stop, from a host that is none of the job's nodes: the job saves what is finished
# and is not requeued; submitted again, it goes on.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
touch slow
submit --ntasks-per-node=2 --nodes=2 "$scripts/dj-mpi.sbatch"
id=slurm-$job
busy "$job" "$id"
expect 0 dj-mpi status "$id"
says out "job $id: running"
says out "(Slurm job $job)"
expect 0 dj-mpi stop "$id" --wait $patience
says out "job $id: stopped; stopped by dj-mpi stop ("
rm slow
ends "$job" FAILED
equal "$(exit_code "$job")" 75:0 "exit code"
equal "$(restarts "$job")" 0 "a job that was told to stop is not requeued"
says "outputs/$id/job_summary.json" '"status": "stopped"'
submit --ntasks-per-node=2 --nodes=3 "$scripts/dj-mpi.sbatch" --job_id "$id"
ends "$job" COMPLETED
right "$id"
equal "$(attempts "$id")" 2 "attempts"
