#!/usr/bin/env bash
# A partition that fails is tried again while others go on; what fails for good is listed,
# and the next run does it and nothing else.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 300 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base
mv out.jsonl want.jsonl

events() { grep -c "$2" "outputs/$1/event_logs/events.jsonl" || true; }

for strategy in disabled auto every_partition every_op; do
  for n in 0 3; do
    context="$strategy on $n ranks"
    job=again-$strategy-$n
    DJ_FAULT=source.read:rank=0:nth=3:fail expect 0 ranks $n --config r.yaml --job_id "$job" \
      --partition.size 20 --checkpoint.strategy $strategy --fault_tolerance.retry_backoff fixed
    same out.jsonl want.jsonl
    says err "is tried again in 1 s (1 of 3)"
    equal "$(events "$job" '"status": "retry"')" 1 "one partition was tried again"
    equal "$(events "$job" '"event_type": "partition_complete"')" 15 "each is done once"
    says "outputs/$job/job_summary.json" '"balanced": true'
    rm out.jsonl
  done
done

# For good: exit 3, the rest is exported, the next run makes it whole.
for strategy in disabled every_partition every_op; do
  context="for good, $strategy"
  job=lost-$strategy
  DJ_FAULT=source.read:rank=0:nth=2:fail,source.read:rank=0:nth=3:eio expect 3 ranks 2 \
    --config r.yaml --job_id "$job" --partition.size 20 --checkpoint.strategy $strategy \
    --fault_tolerance.max_retries 0
  says "outputs/$job/job_summary.json" '"status": "partial"'
  says out "2 of 15 partitions failed"
  says out "--job_id $job"
  equal "$(events "$job" '"event_type": "partition_failed"')" 2 "two partitions failed"
  before=$(events "$job" '"event_type": "partition_complete"')
  equal "$before" 13 "the others are done"
  expect 0 ranks 3 --config r.yaml --job_id "$job"
  same out.jsonl want.jsonl
  equal "$(events "$job" '"event_type": "partition_complete"')" 15 "only what failed is done again"
  rm out.jsonl
done

# The pauses: one second, two, three; 1, 2, 4 would be exponential.
context=linear
DJ_FAULT=source.read:nth=1:fail,source.read:nth=16:fail,source.read:nth=17:fail expect 0 \
  ranks 0 --config r.yaml --job_id linear --partition.size 20 --fault_tolerance.retry_backoff linear
says err "in 1 s (1 of 3)"
says err "in 2 s (2 of 3)"
says err "in 3 s (3 of 3)"
same out.jsonl want.jsonl

# Without fault tolerance the first failure ends the run; it can be resumed.
context=off
rm out.jsonl
DJ_FAULT=source.read:nth=4:fail expect 1 ranks 0 --config r.yaml --job_id off --partition.size 20 \
  --fault_tolerance.enabled false
missing out.jsonl
expect 0 ranks 2 --config r.yaml --job_id off
same out.jsonl want.jsonl
