#!/usr/bin/env bash
# One byte of what a stopped job left behind is changed, or the end of a file is missing:
# the job is refused with a message, or ends with the right export; never a wrong one,
# never a crash. usage: bit_flips.sh [--long] [FILE]: every byte and every length, of files
# with that name; otherwise a share of them, other ones each day.
# ranks: 1
# timeout: 900
# shellcheck source=tests/crash.sh
. "$(dirname "$0")/../crash.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

share=2400 # changes that are tried
if [ "${1:-}" = --long ]; then
  share=0
  shift
fi
only=${1:-*}
day=$(($(date +%s) / 86400))
undisturbed 48
cat want/out.jsonl want/out_stats.jsonl want/rejected.jsonl want/reasons.jsonl >want/all
touch outcomes wrong

# left NAME STRATEGY STOPS...: a job that was stopped so often, in a folder of its own.
left() {
  local name=$1 stop words
  strategy "$2"
  shift 2
  enter "$name"
  for stop in "$@"; do
    code=0
    DJ_FAULT=$stop:usr1 ranks 0 --config r.yaml --job_id j --partition.size 8 \
      "${words[@]}" >out 2>err || code=$?
    equal $code 75 "exit code of a run that was stopped"
  done
  rm -f out err
  cd "$work"
}
left records every_partition source.read:nth=2 source.read:nth=2
left layers every_op op.process:nth=9 op.process:nth=12

# outcome: what the run in this folder came to.
outcome() {
  local good=true
  cat out.jsonl out_stats.jsonl outputs/j/rejected/rejected.jsonl \
    outputs/j/rejected/reasons.jsonl >all 2>/dev/null || true
  case $code:$1 in
    0:*) cmp -s all ../want/all || good=false ;;
    2:* | 1:*/job_summary.json:*) # a summary that is no JSON fails the run
      [ -s err ] || good=false
      [ ! -e out.jsonl ] || cmp -s out.jsonl ../want/out.jsonl || good=false
      ;;
    *) good=false ;;
  esac
  echo "$code" >>"$work/outcomes"
  $good || echo "$1: exit code $code, $(head -n 1 err)" >>"$work/wrong"
}

# harm WORKER JOB FILE KIND OFFSETS...: one run for each offset.
harm() {
  local folder=worker.$1 job=$2 file=$3 kind=$4 at words=()
  local -a bytes
  shift 4
  { mkdir -p "$work/$folder" && cd "$work/$folder"; } || fail "no folder $folder"
  case $job in
    records) strategy every_partition ;;
    layers) strategy every_op ;;
  esac
  mapfile -t bytes < <(od -An -v -tu1 -w1 "../$job/$file")
  for at in "$@"; do
    find . -mindepth 1 -delete
    cp -a "../$job/." .
    if [ "$kind" = cut ]; then
      truncate -s "$at" "$file"
    else
      # shellcheck disable=SC2059 # an escape
      printf "\\x$(printf %02x $((bytes[at] ^ 1 << at % 8)))" |
        dd of="$file" bs=1 seek="$at" conv=notrunc status=none
    fi
    code=0
    timeout 20 "$DJ_BIN" --config r.yaml --job_id j "${words[@]}" >out 2>err </dev/null || code=$?
    outcome "$job, $file: $kind at $at"
  done
  echo "$kind ${file##*/} $#" >>"$work/tried"
  cd "$work"
  rm -rf "${work:?}/$folder"
}

# targets JOB: files that are harmed.
targets() { (cd "$1" && find outputs/j -name "$only" -a \( -name '*.json' -o -name '*.h5' \) | sort); }

# All that can be done to the files, in portions.
portions() {
  local number=0 step=1 all=0 job file kind size at far
  local -a files offsets
  for job in records layers; do
    mapfile -t files < <(targets $job)
    for file in "${files[@]}"; do
      all=$((all + $(stat -c %s "$job/$file") * 5 / 4))
    done
  done
  [ "$share" -eq 0 ] || step=$((all / share + 1))
  for job in records layers; do
    mapfile -t files < <(targets $job)
    for file in "${files[@]}"; do
      size=$(stat -c %s "$job/$file")
      for kind in flip cut; do
        far=$step
        [ $kind = flip ] || far=$((4 * step)) # fewer lengths than bytes
        mapfile -t offsets < <(seq $((day % step)) $far $((size - 1)))
        for ((at = 0; at < ${#offsets[@]}; at += 40)); do
          echo "$number $job $file $kind ${offsets[*]:at:40}"
          number=$((number + 1))
        done
      done
    done
  done
}

portions | each_line harm || exit 1
sort tried | awk '{ n[$1 " " $2] += $3 } END { for (i in n) print "  " n[i], i }' | sort -k3
sort outcomes | uniq -c | awk '{ print "  exit code " $2 ": " $1 }'
checks=$(wc -l <outcomes)
echo "day $day, $checks changes, $(wc -l <wrong) of them with a wrong end"
[ ! -s wrong ] || { head -n 40 wrong >&2; fail "see above"; }
