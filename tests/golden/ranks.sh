#!/usr/bin/env bash
# A mistake that every rank finds before MPI is up is printed by the first rank alone,
# whichever launcher numbered the ranks; all of them exit with 2. usage: ranks.sh PROGRAM
set -euo pipefail
program=$1
unset OMPI_COMM_WORLD_RANK PMIX_RANK PMI_RANK SLURM_PROCID
bad=0
printed=$(mktemp "${TMPDIR:-/tmp}/dj-golden.XXXXXX")
trap 'rm -f "$printed"' EXIT

# tell WANTED ENVIRONMENT...: how many lines the program prints
tell() {
  local wanted=$1 code=0 lines
  shift
  env "$@" "$program" --config not_there.yaml >"$printed" 2>&1 || code=$?
  lines=$(wc -l <"$printed")
  if [ "$lines" -ne "$wanted" ] || [ "$code" -ne 2 ]; then
    echo "with $*: $lines lines instead of $wanted, exit code $code"
    bad=1
  fi
}

tell 1 NOTHING=1
tell 1 OMPI_COMM_WORLD_RANK=0
tell 0 OMPI_COMM_WORLD_RANK=1
tell 0 PMIX_RANK=3
tell 0 SLURM_PROCID=2
tell 1 SLURM_PROCID=2 OMPI_COMM_WORLD_RANK=0
[ $bad -eq 0 ] && echo "ranks: one speaks"
exit $bad
