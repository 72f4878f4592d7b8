#!/usr/bin/env bash
# The job script as it is, through srun; its group may read what it leaves behind.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 1000
umask 027
submit --ntasks-per-node=2 --nodes=2 "$scripts/dj-mpi.sbatch" --checkpoint.strategy every_op
ends "$job" COMPLETED
right "slurm-$job"
says "outputs/slurm-$job/job_summary.json" '"launcher": "srun"'
says "outputs/slurm-$job/job_summary.json" '"ranks": 4'
says "outputs/slurm-$job/job_summary.json" '"nodes": "n1,n2"'
equal "$(find "outputs/slurm-$job" out.jsonl \( -type f ! -perm 640 \) -o \( -type d ! -perm 750 \))" \
  "" "files and folders that do not follow the umask"
for node in n1 n2; do
  says "outputs/slurm-$job/event_logs/events.jsonl" "\"host\": \"$node\""
done
