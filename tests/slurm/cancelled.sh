#!/usr/bin/env bash
# scancel ends a job for good; the same job_id, submitted by hand, goes on.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
touch slow
submit --ntasks-per-node=2 --nodes=2 "$scripts/dj-mpi.sbatch"
id=slurm-$job
busy "$job" "$id"
scancel "$job"
ends "$job" CANCELLED
equal "$(restarts "$job")" 0 "a cancelled job is not requeued"
rm slow
submit --ntasks-per-node=2 --nodes=3 "$scripts/dj-mpi.sbatch" --job_id "$id"
ends "$job" COMPLETED
right "$id"
equal "$(attempts "$id")" 2 "attempts"
