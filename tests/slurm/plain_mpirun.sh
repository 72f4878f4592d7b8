#!/usr/bin/env bash
# The same through mpirun, from the line that the script's comment names.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 1000
sed 's/^launch=.*/launch=mpirun/' "$scripts/dj-mpi.sbatch" >job.sbatch
submit --ntasks-per-node=2 --nodes=2 job.sbatch
ends "$job" COMPLETED
right "slurm-$job"
says "outputs/slurm-$job/job_summary.json" '"launcher": "mpirun"'
says "outputs/slurm-$job/job_summary.json" '"ranks": 4'
