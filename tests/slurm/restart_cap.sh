#!/usr/bin/env bash
# A job whose ranks are killed again and again is not requeued for ever.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 500
sed 's/^max_restarts=.*/max_restarts=2/' "$scripts/dj-mpi.sbatch" >job.sbatch
DJ_FAULT=source.read:rank=1:kill submit --ntasks-per-node=2 job.sbatch
ends "$job" FAILED
equal "$(restarts "$job")" 2 "restarts"
equal "$(exit_code "$job")" 137:0 "exit code"
says "dj-mpi-$job.out" "not requeued; to go on, submit this again with: --job_id slurm-$job"
missing out.jsonl
submit --ntasks-per-node=2 job.sbatch --job_id "slurm-$job"
ends "$job" COMPLETED
right slurm-$((job - 1))
