#!/usr/bin/env bash
# A stop request on any rank: all ranks stop together, what is finished is kept, exit 75,
# and the same command goes on.
# ranks: 3
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 4000 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base
cp out.jsonl want.jsonl

stopped() {
  rm -f out.jsonl
  code=0
  DJ_FAULT="source.read:rank=$3:nth=4:$2" ranks "$1" --config r.yaml --job_id "$4" --partition.size 50 >out 2>err || code=$?
  equal $code 75 "exit code after $2 on rank $3 of $1"
  missing out.jsonl
  says "outputs/$4/job_summary.json" '"status": "stopped"'
  says out "--job_id $4"
  done=$(grep -c '"event_type": "partition_complete"' "outputs/$4/event_logs/events.jsonl")
  expect 0 ranks 2 --config r.yaml --job_id "$4"
  same out.jsonl want.jsonl
  # What was finished was not done again: 80 partitions in all.
  equal "$(grep -c '"event_type": "partition_complete"' "outputs/$4/event_logs/events.jsonl")" 80 "$done were finished before"
}
stopped 0 term 0 self
stopped 3 usr1 1 one
stopped 3 usr2 0 root
