#!/usr/bin/env bash
# The script in docs/checkpoint-format.md reads a set as the program does, and h5ls lists
# it.
#   ckpt_script.sh TEST_CKPT
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=cmake/mpi-env.sh
. "$root/cmake/mpi-env.sh"
program=$1
for python in python3 /usr/bin/python3 ""; do
  if [ -n "$python" ] && "$python" -c 'import h5py' 2>/dev/null; then break; fi
done
if [ -z "$python" ] || ! command -v zstd >/dev/null; then
  echo "skipped: h5py or zstd is missing (Debian: python3-h5py, zstd)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk '/^```$/ {inside = 0} inside; /^```python$/ {inside = 1}' \
  "$root/docs/checkpoint-format.md" >"$folder/look.py"
lines=$(wc -l <"$folder/look.py")
if [ "$lines" -lt 5 ] || [ "$lines" -gt 12 ]; then
  echo "the script in docs/checkpoint-format.md has $lines lines" >&2
  exit 1
fi
for ranks in 1 3; do
  sets=$folder/sets-$ranks
  mkdir "$sets"
  mpirun -n "$ranks" "$program" write "$sets"
  "$program" print "$sets" >"$folder/expected"
  "$python" "$folder/look.py" "$sets" 3 >"$folder/seen" 2>"$folder/said"
  cmp "$folder/expected" "$folder/seen"
  printf 'operators 1 to 2\noperators 3 to 3\n' | cmp - "$folder/said"
  if command -v h5ls >/dev/null; then
    h5ls "$sets/checkpoint_000003.h5" | tr -s ' ' >"$folder/listed"
    printf 'data Dataset {%s}\nindex Dataset {36}\n' \
      "$("$python" -c 'import h5py, sys; print(h5py.File(sys.argv[1], "r").attrs["data_bytes"])' \
        "$sets/checkpoint_000003.h5")" | cmp - "$folder/listed"
  fi
  echo "written by $ranks: h5py sees the same"
done
