#!/usr/bin/env bash
# The end of the time limit comes near: USR1, a set, exit code 75, requeue, completion.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 8000
touch slow
# Slurm looks at limits every half minute: the signal comes within the first.
submit --time=1 --signal=B:USR1@55 --ntasks-per-node=2 --nodes=2 "$scripts/dj-mpi.sbatch" \
  --checkpoint.strategy every_op
id=slurm-$job
soon "$job" stopped "$id"
rm slow
ends "$job" COMPLETED
right "$id"
equal "$(restarts "$job")" 1 "restarts"
equal "$(attempts "$id")" 2 "attempts"
says "outputs/$id/job_summary.json" "stopped by SIGUSR1"
says "outputs/$id/event_logs/events.jsonl" '"event_type": "checkpoint_save"'
