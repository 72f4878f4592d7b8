#!/usr/bin/env bash
# Preemption on a site that does not send the user's signal: SIGTERM and a time of grace.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

sed -i '/^SlurmctldParameters=/d' "$SLURM_CONF"
scontrol reconfigure
undisturbed 4000
touch slow
submit --exclusive --ntasks-per-node=2 --nodes=3 "$scripts/dj-mpi.sbatch"
id=slurm-$job low=$job
busy "$low" "$id"
submit --exclusive --nodes=3 --partition=high --output=high.out --wrap 'sleep 1'
soon "$low" restarted "$low" 1
rm slow
ends "$low" COMPLETED
right "$id"
equal "$(attempts "$id")" 2 "attempts"
says "outputs/$id/job_summary.json" "stopped by SIGTERM"
