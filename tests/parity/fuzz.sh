#!/usr/bin/env bash
# Random texts of many scripts through Data-Juicer and through dj-mpi: nothing may differ.
# usage: fuzz.sh [--long] [--seed N] [OPERATOR...]
# --long takes 20,000 texts for each operator, else 200. DJ_PYTHON names a Python that has
# py-data-juicer (skipped without it), DJ_PARITY the program parity, DJ_BIN dj-mpi.
# What differs is printed with its input and stays in the folder that is named at the end.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${DJ_PYTHON:-}" ]; then
  echo "skipped: DJ_PYTHON names no Python with py-data-juicer"
  exit 77
fi
: "${DJ_PARITY:?DJ_PARITY must name the program parity}" "${DJ_BIN:?DJ_BIN must name dj-mpi}"
count=200
seed=1
while [ $# -gt 0 ]; do
  case $1 in
    --long) count=20000; shift ;;
    --count) count=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || mapfile -t ops < <("$DJ_BIN" ops | awk '{ print $1 }')
[ $# -eq 0 ] || ops=("$@")

work=$(mktemp -d "${TMPDIR:-/tmp}/dj-fuzz.XXXXXX")
"$DJ_PYTHON" "$here/fuzz.py" --out "$work" --count "$count" --seed "$seed" "${ops[@]}"
failed=0
for op in "${ops[@]}"; do
  [ -e "$work/cases/$op.json" ] || continue
  if DJ_PARITY_DIR=$work "$DJ_PARITY" "$op" >"$work/result" &&
    grep -q "^$op: " "$work/result"; then
    rm "$work/cases/$op.json"
  else
    head -c 20000 "$work/result"
    failed=$((failed + 1))
  fi
done
if [ $failed -gt 0 ]; then
  echo "$failed operators differ; their cases are in $work/cases"
  exit 1
fi
rm -rf "$work"
echo "${#ops[@]} operators: no difference in $count texts each"
