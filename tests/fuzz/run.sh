#!/usr/bin/env bash
# Builds the fuzz targets and runs each over its corpus and what libFuzzer makes of it, as
# many side by side as there are cores. Fails on any finding: a crash, a leak, undefined
# behaviour, a check of the target, ten seconds or 2 GiB for an input of 4 KiB.
# usage: run.sh [--seconds N | --long] [--keep DIR] [TARGET...]
# N seconds a target (20; --long: 600). --keep: new inputs go to DIR/<target>, not away.
# What was found stays in build/fuzz/findings. DJ_FUZZ_BUILD names another build folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
seconds=20
keep=
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --long) seconds=600; shift ;;
    --keep) keep=$(realpath "$2"); shift 2 ;;
    -*) sed -n '/^# usage/,/^set/p' "$0" | grep '^#' >&2; exit 2 ;;
    *) break ;;
  esac
done

if ! command -v clang >/dev/null; then
  echo "skipped: clang is missing (cmake/install-deps.sh --fuzz)"
  exit 77
fi
build=${DJ_FUZZ_BUILD:-build/fuzz}
mkdir -p "$build"
log=$build/build.log
cmake --preset fuzz -B "$build" >"$log" 2>&1 || { tail -n 30 "$log"; exit 1; }
if grep -q '^-- no fuzz targets' "$log"; then
  echo "skipped: this clang has no libFuzzer (cmake/install-deps.sh --fuzz)"
  exit 77
fi
cmake --build "$build" --target fuzz >"$log" 2>&1 || { tail -n 60 "$log"; exit 1; }

targets=("$@")
if [ $# -eq 0 ]; then
  for file in "$here"/fuzz_*.c; do
    name=$(basename "$file" .c)
    targets+=("${name#fuzz_}")
  done
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/dj-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT

# fuzz TARGET: its findings, and the end of what it says about them.
fuzz() {
  local fresh=${keep:-$work}/$1 findings=$build/findings/$1
  rm -rf "$findings"
  mkdir -p "$fresh" "$findings"
  if "$build/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$findings/" \
    "$fresh" "$here/corpus/$1" >"$work/$1.log" 2>&1; then
    echo "$1: nothing found in $(grep -oP 'number_of_executed_units: \K.*' "$work/$1.log") runs"
  else
    echo "$1: found something"
    grep -v '^#' "$work/$1.log" | tail -n 60
    echo "again: $build/tests/fuzz/fuzz_$1 $(find "$findings" -type f | head -n 1)"
    return 1
  fi
}

bad=0
running=0
for target in "${targets[@]}"; do
  if [ "$running" -ge "$(nproc)" ]; then
    wait -n || bad=1
    running=$((running - 1))
  fi
  fuzz "$target" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || bad=1
  running=$((running - 1))
done
exit $bad
