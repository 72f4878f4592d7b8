#!/usr/bin/env bash
# Sets that some number of ranks wrote, read by other numbers of ranks.
#   ckpt_ranks.sh TEST_CKPT WRITERS READERS...     0: without mpirun
set -euo pipefail
# shellcheck source=cmake/mpi-env.sh
. "$(dirname "$0")/../../cmake/mpi-env.sh"
program=$1
writers=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

run() {
  local ranks=$1
  shift
  if [ "$ranks" -eq 0 ]; then "$program" "$@"; else mpirun -n "$ranks" "$program" "$@"; fi
}

mkdir "$folder/sets"
run "$writers" write "$folder/sets"
for ranks in "$@"; do
  run "$ranks" read "$folder/sets"
  echo "written by $writers, read by $ranks: the same"
done
