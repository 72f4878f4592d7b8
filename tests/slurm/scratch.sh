#!/usr/bin/env bash
# Event logs on the node, checkpoint sets on a file system that all share.
# shellcheck source=tests/slurm/cluster.sh
. "$(dirname "$0")/cluster.sh"

undisturbed 2000
touch slow
mkdir node
TMPDIR=$work/node submit --ntasks-per-node=2 "$scripts/dj-mpi-scratch.sbatch"
id=slurm-$job
logs=node/dj-mpi-$job/$id
finished() { grep -qs '"event_type": "partition_complete"' "$logs"/event_logs/*; }
soon "$job" finished
scancel -b -s USR1 "$job"
soon "$job" restarted "$job" 1
rm slow
ends "$job" COMPLETED
right "$id"
equal "$(ls -A node)" "" "nothing is left on the node"
equal "$(grep -c '"event_type": "job_\(re\)\?start"' "logs/$id/event_logs/events.jsonl")" 2 "runs in the log"
equal "$(find "checkpoints/$id" -name '*.h5' | wc -l)" 1 "the set of the first run"
