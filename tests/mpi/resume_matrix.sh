#!/usr/bin/env bash
# Stopped on so many ranks, resumed on so many others, under every checkpoint strategy:
# the same bytes. usage: resume_matrix.sh [--long]: every pair of numbers of ranks;
# otherwise each number with each strategy once before the stop and once after it.
# ranks: 8
# timeout: 600
# shellcheck source=tests/crash.sh
. "$(dirname "$0")/../crash.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

numbers=(1 2 3 4 7 8)
shifts=1
[ "${1:-}" != --long ] || shifts=${#numbers[@]}
undisturbed 400
# Up to eight ranks a job.
jobs_at_once=2
touch resumed

# Ways to be stopped at different moments: while the first partitions are read, between
# operators, while results are written. Rank 0 always has something to do.
stops=(source.read:nth=2:term op.process:nth=9:usr1 op.process:nth=20:usr2
  source.read:nth=3:usr1 result.write:nth=1:term op.process:nth=35:term)

# resume STRATEGY BEFORE AFTER TURN
resume() {
  local stop=${stops[$4 % ${#stops[@]}]} words
  context="$1, stopped on $2 ranks by $stop, resumed on $3"
  enter "$1.$2.$3"
  strategy "$1"
  DJ_FAULT=${stop/:/:rank=0:} attempt "$2" --config r.yaml --job_id j \
    --partition.size 10 "${words[@]}"
  equal "$code" 75 "exit code of the run that was stopped"
  missing out.jsonl
  attempt "$3" --config r.yaml --job_id j "${words[@]}"
  equal "$code" 0 "exit code of the run that went on"
  right j
  leave "$1.$2.$3"
  echo "$1 $2 $3" >>"$work/resumed"
}

turn=0
for ((shift = 0; shift < shifts; shift++)); do
  for strategy in "${!strategies[@]}"; do
    for i in "${!numbers[@]}"; do
      # Over all strategies each number comes after each other one.
      after=$(((i + strategy + shift) % ${#numbers[@]}))
      echo "${strategies[strategy]} ${numbers[i]} ${numbers[after]} $((turn++))"
    done
  done
done | each_line resume || exit 1

checks=$(wc -l <resumed)
echo "$(cut -d' ' -f1 resumed | sort -u | wc -l) strategies," \
  "$(cut -d' ' -f2,3 resumed | sort -u | wc -l) pairs of numbers of ranks, $checks jobs"
