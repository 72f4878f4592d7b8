#!/usr/bin/env bash
# An array over recipes: each task is a job of its own, and one that is stopped is requeued
# without the others.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 600
mkdir recipes
for name in a b c; do sed "s/out.jsonl/$name.jsonl/" recipe.yaml >recipes/$name.yaml; done
touch slow
submit --array=0-3%2 --ntasks-per-node=2 "$scripts/dj-mpi-array.sbatch"
busy "${job}_1" "slurm-${job}_1"
# Once: scancel repeats it to a task that is about to be requeued.
timeout 2 scancel -b -s USR1 "${job}_1" || true
soon "${job}_1" stopped "slurm-${job}_1"
rm slow
over() { [ -z "$(squeue -h -j "$job")" ]; }
till $patience over || { tell_all "$job"; fail "the array does not end"; }
for task in 0 1 2; do
  equal "$(state "${job}_$task")" COMPLETED "task $task"
  says "outputs/slurm-${job}_$task/job_summary.json" '"status": "completed"'
  equal "$(attempts "slurm-${job}_$task")" $((1 + (task == 1))) "attempts of task $task"
done
for name in a b c; do same $name.jsonl want.jsonl; done
equal "$(state "${job}_3")" FAILED "a task without a recipe"
says "dj-mpi-${job}_3.out" "task 3: 3 recipes"
