#!/usr/bin/env bash
# The demo, from nothing: installs what is missing, builds, makes a corpus out of text on
# this machine, starts the job on 4 ranks, kills it between two operators, resumes it, and shows
# the summary and the last events. Options: --ranks N, --megabytes N, --dir FOLDER.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
ranks=4
megabytes=200
dir=$root/demo-run
while [ $# -gt 0 ]; do
  case $1 in
    --ranks) ranks=$2 ;;
    --megabytes) megabytes=$2 ;;
    --dir) dir=$2 ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

say() { printf '\n== %s\n' "$*"; }

"$root/cmake/install-deps.sh"
# shellcheck source=cmake/mpi-env.sh
. "$root/cmake/mpi-env.sh"

say "building"
mkdir -p "$root/build"
(cd "$root" && cmake --preset release && cmake --build --preset release) \
  >"$root/build/release.log" 2>&1 || { tail -n 40 "$root/build/release.log"; exit 1; }
dj=$root/build/release/src/dj-mpi
"$dj" --version

corpus=$dir/corpus-$megabytes.jsonl
if [ ! -e "$corpus" ]; then
  say "making a corpus of up to $megabytes MB from the text on this machine"
  "$root/configs/demo/make_corpus.sh" "$corpus" "$megabytes"
fi
ls -lh "$corpus"

job=demo_$(date +%Y%m%d_%H%M%S)
run=(mpirun -n "$ranks" "$dj" --config "$root/configs/demo/all_operators.yaml"
  --dataset_path "$corpus" --export_path "$dir/clean.jsonl" --work_dir "$dir/jobs"
  --checkpoint.strategy every_op --job_id "$job")

say "starting the job, and killing all of it (kill -9) after its fourth checkpoint set"
"${run[@]}" &
pid=$!
for _ in $(seq 3000); do
  [ -e "$dir/jobs/$job/checkpoints/checkpoint_000004.json" ] && break
  sleep 0.01
done
pkill -KILL -f -- "--job_id $job" || true
wait $pid 2>/dev/null || echo "the job is gone (exit code $?)"

say "resuming it: the same command again"
"${run[@]}"
say "operators that ran in the first run and in the second"
for attempt in 1 2; do
  echo "run $attempt: $(cat "$dir/jobs/$job/event_logs"/events.jsonl* |
    grep "\"event_id\": \"op_complete_${attempt}_" | grep -o '"operation_name": "[a-z_]*"' |
    sort -u | wc -l) of 14 operators"
done

say "the same command once more"
"${run[@]}"

say "the last events"
tail -n 5 "$dir/jobs/$job/event_logs/events.log"
say "the first kept sample"
head -n 1 "$dir/clean.jsonl" | cut -c 1-300
