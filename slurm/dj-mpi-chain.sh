#!/bin/bash
# For clusters that do not requeue: submits one job several times, each run waiting for the
# end of the one before and going on where it was. Runs that are left over when the job is
# complete see that, and end at once.
# Change the lines up to the ruler, then: ./dj-mpi-chain.sh [--KEY VALUE]...
links=5
script=dj-mpi.sbatch
job_id=chain-$(date +%Y%m%d-%H%M%S)
# ----------------------------------------------------------------------------------------
case " $* " in *" --job_id"*) ;; *) set -- "$@" --job_id "$job_id" ;; esac
previous=
for ((link = 0; link < links; link++)); do
  previous=$(sbatch --parsable --no-requeue ${previous:+"--dependency=afterany:$previous"} \
    "$script" "$@") || exit
  previous=${previous%%;*}
  echo "submitted: $previous"
done
