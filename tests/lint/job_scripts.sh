#!/usr/bin/env bash
# What the job scripts do is the same in all of them; only their tops differ. All lines for
# sbatch stand before the first command, behind which Slurm would not see them.
set -euo pipefail
cd "$(dirname "$0")/../../slurm"
bad=0
middle() { sed -n '/^# The launcher passes/,/^code=/p' "$1"; }
end() { sed -n '/^# 75: stopped early/,$p' "$1"; }
for script in *.sbatch; do
  diff <(middle dj-mpi.sbatch) <(middle "$script") || bad=1
  diff <(end dj-mpi.sbatch) <(end "$script") || bad=1
  if sed '1,/^[^#]/d' "$script" | grep -n '^#SBATCH'; then
    echo "$script: a line for sbatch stands behind a command"
    bad=1
  fi
done
[ $bad -eq 0 ] && echo "job scripts: one way of going on"
exit $bad
