#!/usr/bin/env bash
# The way of the README: the program writes the job script, and sbatch takes it.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 1000
dj-mpi sbatch --config recipe.yaml --nodes 2 --ntasks-per-node 2 --time 00:10:00 >job.sbatch
submit job.sbatch --job_id corpus1
ends "$job" COMPLETED
right corpus1
rm out.jsonl
dj-mpi sbatch --config recipe.yaml --ntasks 2 --partition high --launcher mpirun >mpirun.sbatch
submit <mpirun.sbatch
ends "$job" COMPLETED
right "slurm-$job"
says "outputs/slurm-$job/job_summary.json" '"launcher": "mpirun"'
