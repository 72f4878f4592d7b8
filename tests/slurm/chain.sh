#!/usr/bin/env bash
# Several submissions of one job, each after the end of the one before, without requeue.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 4000
cp "$scripts"/dj-mpi.sbatch "$scripts"/dj-mpi-chain.sh .
sed -i -e 's/^links=.*/links=3/' dj-mpi-chain.sh
sed -i -e 's/^#SBATCH --nodes=1/#SBATCH --nodes=2/' -e 's/-node=8/-node=2/' dj-mpi.sbatch
touch slow
./dj-mpi-chain.sh --job_id chained >submitted
mapfile -t links < <(sed 's/.*: //' submitted)
equal ${#links[@]} 3 "links of the chain"
job=${links[0]}
busy "$job" chained
equal "$(state "${links[1]}")" PENDING "the second waits"
scancel -b -s USR1 "$job"
ends "$job" FAILED
equal "$(exit_code "$job")" 75:0 "exit code of the first"
rm -f slow
ends "${links[1]}" COMPLETED
right chained
ends "${links[2]}" COMPLETED
says "dj-mpi-${links[2]}.out" "complete already"
equal "$(attempts chained)" 2 "attempts"
