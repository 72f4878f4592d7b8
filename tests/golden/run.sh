#!/usr/bin/env bash
# Runs the program in tests/golden/FOLDER and compares what it prints with NAME.txt:
#   mistakes   what users do wrong. NAME.yaml is checked with "validate"; other words of
#              a command line stand in NAME.args, one a line
#   pages      what the program says about itself: NAME.args
# usage: run.sh PROGRAM FOLDER [--update]
set -uo pipefail
program=$1
folder=$2
update=${3:-}
cd "$(dirname "$0")/$folder" || exit 1
cases=0
bad=0

# What a case prints: the command, standard error, standard output, the exit code.
play() {
  local name=$1 code=0
  local words=(validate --config "$name.yaml")
  [ -e "$name.args" ] && mapfile -t words <"$name.args"
  echo "\$ dj-mpi${words[*]:+ ${words[*]}}"
  env -u OMPI_COMM_WORLD_RANK -u PMIX_RANK -u PMI_RANK -u SLURM_PROCID \
    "$program" "${words[@]}" 2>"$scratch/err" >"$scratch/out" || code=$?
  cat "$scratch/err" "$scratch/out" | sed "s|$PWD/||g"
  echo "exit code: $code"
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/dj-golden.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
for name in $(find . -maxdepth 1 \( -name '*.yaml' -o -name '*.args' \) -printf '%f\n' |
  sed 's/\.[a-z]*$//' | sort -u); do
  cases=$((cases + 1))
  play "$name" >"$scratch/now"
  if [ "$update" = --update ]; then
    cp "$scratch/now" "$name.txt"
  elif ! diff -u "$name.txt" "$scratch/now"; then
    bad=$((bad + 1))
  fi
done
for file in *.txt; do
  name=${file%.txt}
  if [ ! -e "$name.yaml" ] && [ ! -e "$name.args" ]; then
    echo "$folder/$file belongs to nothing"
    bad=$((bad + 1))
  fi
done
[ $bad -eq 0 ] || { echo "$bad of $cases differ; tests/golden/update.sh writes them anew"; exit 1; }
echo "$folder: $cases cases"
