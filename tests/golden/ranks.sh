#!/usr/bin/env bash
# A mistake that every rank finds before MPI is up is printed by the first rank alone,
# whichever launcher numbered the ranks; all of them exit with 2. What another rank alone
# finds it prints when it was not ended meanwhile. usage: ranks.sh PROGRAM
set -euo pipefail
program=$1
unset OMPI_COMM_WORLD_RANK OMPI_COMM_WORLD_LOCAL_RANK PMIX_RANK PMI_RANK SLURM_PROCID SLURM_LOCALID
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

# soon WANTED ENVIRONMENT...: and how many before the launcher would have ended it
soon() {
  local wanted=$1 lines
  shift
  env "$@" timeout 0.5 "$program" --config not_there.yaml >"$printed" 2>&1 || true
  lines=$(wc -l <"$printed")
  if [ "$lines" -ne "$wanted" ]; then
    echo "with $*: $lines lines within half a second instead of $wanted"
    bad=1
  fi
}

tell 1 NOTHING=1
tell 1 OMPI_COMM_WORLD_RANK=0
tell 1 SLURM_PROCID=2 OMPI_COMM_WORLD_RANK=0
soon 1 OMPI_COMM_WORLD_RANK=0
soon 0 OMPI_COMM_WORLD_RANK=1
soon 0 PMIX_RANK=3
soon 0 SLURM_PROCID=2
tell 1 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_LOCAL_RANK=1
tell 1 SLURM_PROCID=2 SLURM_LOCALID=0
grep -q 'error: rank 2 on .*not_there.yaml' "$printed" || { cat "$printed"; bad=1; }
tell 0 SLURM_PROCID=3 SLURM_LOCALID=1 # one of a node speaks for all
[ $bad -eq 0 ] && echo "ranks: one speaks"
exit $bad
