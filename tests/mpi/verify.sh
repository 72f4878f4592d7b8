#!/usr/bin/env bash
# dj-mpi verify: what a job has on disk is whole, or what is not is named, down to the
# partition; --forget makes the next run do damaged partitions again.
# ranks: 3
# timeout: 400
# shellcheck source=tests/crash.sh
. "$(dirname "$0")/../crash.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }
# Leaks are looked for where they are this test's: the sanitizer's tracer dies now and then
# beside the threads of MPI.
all_checks=${ASAN_OPTIONS:-}
export ASAN_OPTIONS=$all_checks:detect_leaks=0
undisturbed 120
partitions=(--partition.size 10)

# verify CODE ARGS...
verify() {
  local want=$1
  shift
  ASAN_OPTIONS=$all_checks expect "$want" "$DJ_BIN" verify "$@"
}

# whole: no line about damage.
whole() {
  checks=$((checks + 1))
  ! grep -q '^damaged' out || { cat out >&2; fail "something is damaged"; }
}

# stopped JOB STRATEGY RANKS WORDS...: a job that was stopped twice, the second time on RANKS.
stopped() {
  local job=$1 words ranks=$3
  strategy "$2"
  shift 3
  words+=("${partitions[@]}" "$@")
  DJ_FAULT=source.read:nth=4:usr1 attempt 0 --config r.yaml --job_id "$job" "${words[@]}"
  equal $code 75 "exit code of a run that was stopped"
  DJ_FAULT=source.read:rank=0:nth=2:usr1 attempt "$ranks" --config r.yaml --job_id "$job" "${words[@]}"
  equal $code 75 "exit code of the second run"
}

# flip FILE OFFSET: changes one bit.
flip() {
  local byte
  byte=$(od -An -v -tu1 -j"$2" -N1 "$1")
  # shellcheck disable=SC2059 # an escape
  printf "\\x$(printf %02x $((byte ^ 1 << $2 % 8)))" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# found_everywhere JOB FILE SAYS: a change anywhere in FILE is found and named with SAYS.
found_everywhere() {
  local job=$1 file=$2 size at
  size=$(stat -c %s "$file")
  cp "$file" kept
  for at in 0 $((size / 7)) $((size / 2)) $((size * 4 / 5)) $((size - 1)); do
    context="$file, byte $at of $size"
    flip "$file" "$at"
    verify 1 "$job"
    grep '^damaged' out >damage || fail "no line about it"
    says damage "$3"
    says out "job $job: "
    cat kept >"$file"
  done
  context="$file, cut"
  truncate -s $((size - 1)) "$file"
  verify 1 "$job"
  says out "$3"
  cat kept >"$file"
  context=
  verify 0 "$job"
}

# --- jobs in which nothing is wrong ----------------------------------------------------

enter sound
expect 0 ranks 2 --config r.yaml --job_id complete "${partitions[@]}"
verify 0 complete
says out "job complete: all is as it was written"
says out "12 partitions"
whole
verify 0 complete --work_dir outputs
verify 0 complete --config r.yaml
verify 0 complete --json
says out '"sound": true'
for strategy in "${strategies[@]}"; do
  context=$strategy
  stopped "$strategy" "$strategy" 2
  verify 0 "$strategy"
  whole
  [ "$strategy" = disabled ] || says out "checkpoint_000001: job $strategy"
done
context=

# Samples in another order: their bytes are not looked for partition by partition.
sed 's/^process:/&\n  - random_selector:\n      select_num: 40/' r.yaml >selected.yaml
expect 0 ranks 2 --config selected.yaml --job_id selected "${partitions[@]}" --export_path selected.jsonl
verify 0 selected
whole
says out "only the sizes could be checked"
truncate -s -1 selected.jsonl
verify 1 selected

# Exit code 2: nothing can be said.
verify 2
says err "of which job? dj-mpi verify ID"
verify 2 nobody
says err "there is no job nobody"
verify 2 ../x
verify 2 complete elsewhere
says err '"elsewhere" is not expected here'
verify 2 complete --work_dir
mkdir outputs/empty
verify 2 empty
says err "the job has not begun"

# A job that was moved is still itself; its export is where it was.
mkdir other
mv outputs/every_op other/every_op
verify 0 every_op --work_dir=other
says out "checkpoint_000001: job every_op"
leave sound

# --- damage in each kind of file -------------------------------------------------------

enter complete
expect 0 ranks 0 --config r.yaml --job_id j "${partitions[@]}"
found_everywhere j outputs/j/job_summary.json job_summary.json
found_everywhere j outputs/j/metadata/identity.json metadata/identity.json
found_everywhere j outputs/j/metadata/dataset_mapping.json metadata/dataset_mapping.json
found_everywhere j outputs/j/metadata/final_mapping_report.json \
  metadata/final_mapping_report.json
found_everywhere j out.jsonl "out.jsonl: "
found_everywhere j out_stats.jsonl "out_stats.jsonl: "
found_everywhere j outputs/j/rejected/rejected.jsonl "rejected/rejected.jsonl: "
found_everywhere j outputs/j/rejected/reasons.jsonl "rejected/reasons.jsonl: "
flip out.jsonl 5
verify 1 j
says out "out.jsonl: partition 0, data: bytes 0 to "
says out "job j: 1 damaged"
verify 1 j --json
says out '"first_partition": 0'
says out '"damaged": 1'
rm out.jsonl
verify 1 j
says out "out.jsonl: missing"
rm outputs/j/metadata/dataset_mapping.json outputs/j/metadata/final_mapping_report.json
verify 1 j
says out "metadata/dataset_mapping.json: missing"
leave complete

# Rows of one partition in two shards; a damaged partition is told by its number all the
# same, and neighbours that are damaged in one line.
enter shards
expect 0 ranks 2 --config r.yaml --job_id j "${partitions[@]}" --export_shard_size 8000
shards=(out-*-of-*.jsonl)
shard=${shards[1]}
verify 0 j
says out "${shards[0]} and the other shards"
flip "$shard" 100
verify 1 j
says out "job j: 1 damaged"
grep -Eq "^damaged +.*: partition [1-9][0-9]*, data: " out || fail "the partition is not named"
truncate -s 0 "$shard"
verify 1 j
says out "$shard: is 0 bytes long instead of"
grep -Eq "^damaged +.*: partitions [0-9]+ to [0-9]+, data: " out || fail "no range of partitions"
leave shards

# Records, and what they name; each is forgotten, and the job comes to its right end.
# forgotten SAYS: what was done to this folder's job is found, forgotten, and done again.
forgotten() {
  verify 1 j
  says out "$1"
  says out "with --forget it does them again"
  cp -a outputs/j/results before
  verify 0 j --forget
  says out "$1"
  says out "the next run does it again"
  verify 0 j
  finish_job j 1 "${partitions[@]}"
  right j
  verify 0 j
}

for what in record_flipped record_missing data stats two; do
  context=$what
  enter $what
  stopped j disabled 2
  [ -e outputs/j/results/commit_000002.json ] || fail "one record only"
  growing=$(find . -maxdepth 1 -name '.out.jsonl.j.*.tmp')
  case $what in
    record_flipped)
      flip outputs/j/results/commit_000001.json 700
      # A run does not use it either.
      attempt 0 --config r.yaml --job_id j "${partitions[@]}"
      equal $code 2 "exit code of a run with a damaged record"
      says err "dj-mpi verify JOB --forget"
      forgotten "results/commit_000001.json: damaged" ;;
    record_missing)
      rm outputs/j/results/commit_000001.json
      forgotten "results/commit_000001.json: missing" ;;
    data)
      flip "$growing" 3
      forgotten "partition 0, data: bytes 0 to " ;;
    stats)
      flip outputs/j/results/a0001_r00000_stats.jsonl.part 3
      forgotten "partition 0, stats: bytes 0 to " ;;
    two)
      flip outputs/j/results/a0001_r00000_stats.jsonl.part 3
      flip "$growing" 3
      flip "$growing" $(($(stat -c %s "$growing") - 2))
      verify 1 j
      says out "job j: 3 damaged"
      forgotten "partition 0, stats: bytes 0 to " ;;
  esac
  leave $what
done
context=

# What a run finds out by itself is told, and needs no help.
enter lost
stopped j disabled 0
rm outputs/j/results/a0001_r00000_stats.jsonl.part
verify 1 j
says out "partition 0, stats: its bytes end at "
says out "which is not there; the next run does it anew"
silent_about out "--forget"
find . -maxdepth 1 -name '.out.jsonl.j.*.tmp' -delete
verify 0 j
says out "finished partitions were in a growing export that is gone"
finish_job j 0 "${partitions[@]}"
right j
leave lost

# A map that is damaged is refused by a run; without it the dataset is cut again.
enter map
stopped j disabled 0
map=outputs/j/metadata/dataset_mapping.json
found_everywhere j $map metadata/dataset_mapping.json
found_everywhere j outputs/j/results/commit_000001.json results/commit_000001.json
flip $map 200
attempt 0 --config r.yaml --job_id j "${partitions[@]}"
equal $code 2 "exit code of a run with a damaged map"
says err "delete it to have the dataset cut again"
rm $map
verify 1 j
says out "metadata/dataset_mapping.json: missing"
finish_job j 0 "${partitions[@]}"
right j
leave map

# Decoded copies of compressed input.
enter spool
for _ in $(seq 80); do cat in.jsonl; done | gzip -c >many.jsonl.gz
words=(--dataset_path many.jsonl.gz --partition.max_size_mb 1 --checkpoint.strategy disabled)
DJ_FAULT=source.read:nth=2:usr1 attempt 0 --config r.yaml --job_id j "${words[@]}"
equal $code 75 "exit code of a run that was stopped"
verify 0 j
says out "partitions in decoded files"
spool=$(find outputs/j/partitions -name '*.jsonl')
flip "$spool" 2000000
verify 1 j
says out "partitions/$(basename "$spool"): partition "
says out "job j: 1 damaged"
rm outputs/j/metadata/dataset_mapping.json
attempt 0 --config r.yaml --job_id j "${words[@]}"
equal $code 0 "exit code of a run that decodes again"
verify 0 j
leave spool

# An identity that is damaged is refused as such.
enter identity
stopped j disabled 0
flip outputs/j/metadata/identity.json 30
attempt 0 --config r.yaml --job_id j "${partitions[@]}"
equal $code 2 "exit code of a run with a damaged identity"
says err "metadata/identity.json: damaged"
leave identity

# Checkpoint sets, of every strategy.
for strategy in every_partition every_op every_n_ops manual auto; do
  context=$strategy
  enter sets
  stopped j "$strategy" 2
  set=$(find outputs/j/checkpoints -name '*.h5' | sort | tail -n 1)
  found_everywhere j "${set%.h5}.json" "$(basename "${set%.h5}"): cannot be used"
  found_everywhere j "$set" "$(basename "${set%.h5}"): "
  context=$strategy
  rm outputs/j/checkpoints/*
  verify 1 j
  says out "sets that were written none is in"
  leave sets
done
context=

# While a run holds the job nothing is forgotten.
enter locked
stopped j disabled 0
flip outputs/j/results/commit_000001.json 700
DJ_FAULT=source.read:nth=2:stall "$DJ_BIN" --config r.yaml --job_id k "${partitions[@]}" >/dev/null 2>&1 &
run=$!
until [ -e outputs/k/metadata/dataset_mapping.json ]; do sleep 0.05; done
verify 0 k
says out "job.lock: there: a run is at work"
verify 2 k --forget
says err "held by process"
kill -9 $run
wait $run 2>/dev/null || true
verify 0 k --forget
leave locked
