#!/usr/bin/env bash
# dj-mpi sbatch gives slurm/dj-mpi.sbatch with the asked lines on top, and refuses what
# could not be submitted. usage: sbatch.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/dj-golden.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
ln -s "$program" "$scratch/dj-mpi"
export PATH=$scratch:$PATH
recipe=tests/golden/pages/recipe.yaml
bad=0

# lines WHAT WANTED: differences to the file, without the comment on top.
lines() {
  local got
  got=$(diff <(grep -v '^# [^-]' slurm/dj-mpi.sbatch) <(grep -v '^# [^-]' "$scratch/script") |
    grep '^[<>]' || true)
  [ "$got" = "$2" ] || { diff <(echo "$2") <(echo "$got") || true; echo "differs: $1"; bad=1; }
  bash -n "$scratch/script" || bad=1
}
# refused WORDS...: with exit code 2, and nothing printed.
refused() {
  local code=0
  dj-mpi sbatch "$@" >"$scratch/script" 2>"$scratch/err" || code=$?
  if [ $code -ne 2 ] || [ -s "$scratch/script" ]; then
    echo "not refused ($code): $*"
    bad=1
  fi
}

dj-mpi sbatch --config $recipe >"$scratch/script" 2>"$scratch/err"
lines "nothing asked" "< recipe=recipe.yaml
> recipe=$recipe"
dj-mpi sbatch --config=$recipe --nodes 2 --ntasks=5 --time 1-00 --partition=gpu --job_id x \
  --max_restarts 3 --launcher=mpirun --partition.size 30 >"$scratch/script" 2>"$scratch/err"
lines "all asked" "< #SBATCH --nodes=1
< #SBATCH --ntasks-per-node=8
< #SBATCH --time=04:00:00
> #SBATCH --nodes=2
> #SBATCH --ntasks=5
> #SBATCH --time=1-00
< recipe=recipe.yaml
< launch=\"srun --mpi=pmix\" # or: launch=mpirun
< max_restarts=20
> #SBATCH --partition=gpu
> recipe=$recipe
> launch=mpirun
> max_restarts=3
> set -- --job_id x --partition.size 30 \"\$@\""
PATH=${PATH#*:} "$program" sbatch --config $recipe >"$scratch/script" 2>"$scratch/err"
grep -qF "\$launch $program --config" "$scratch/script" || { echo "not by its path"; bad=1; }

refused
refused --config not_there.yaml
refused --config $recipe --nodes
refused --config $recipe --time "1 day"
refused --config $recipe --launcher ssh
refused --config $recipe --max_restarts many
refused --config $recipe --job_id a/b
refused --config $recipe --no_such_key 1
[ $bad -eq 0 ] && echo "sbatch: as the file"
exit $bad
