#!/usr/bin/env bash
# Checkpoint sets as users meet them: which strategy writes how many, what a resumed run
# says, a deleted folder, a changed recipe, a set on request, and the time limit.
# ranks: 3
# timeout: 240
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 600 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base --checkpoint.strategy disabled
missing outputs/base/checkpoints/checkpoint_000001.h5
mv out.jsonl want.jsonl

saves() { grep -c '"event_type": "checkpoint_save"' "outputs/$1/event_logs/events.jsonl" || true; }

# One wave: a set a part.
count() {
  context="$2 sets with ${*:3}"
  expect 0 ranks 2 --config r.yaml --job_id "$1" --partition.size 50 --checkpoint.strategy "${@:3}"
  same out.jsonl want.jsonl
  equal "$(saves "$1")" "$2" "sets"
  says "outputs/$1/job_summary.json" "\"sets\": $2"
  rm out.jsonl
}
count op 14 every_op
count n 5 every_n_ops --checkpoint.n_ops 3
count manual 3 manual --checkpoint.op_names '[clean_ip_mapper,words_num_filter]'
count partition 1 every_partition
count none 0 disabled
# With ten operators done and the rest to do again: keep_last sets stay restorable.
[ -e outputs/op/checkpoints/checkpoint_000014.json ] || fail "the newest set is there"
[ -e outputs/op/checkpoints/checkpoint_000013.json ] || fail "and the one before"
missing outputs/op/checkpoints/checkpoint_000012.json

# Any rank count, another strategy, another partition size: a resumed run says what it has.
context="resume"
for strategy in every_op every_partition auto disabled; do
  job=stop-$strategy
  DJ_FAULT=op.process:rank=1:nth=20:term expect 75 ranks 2 --config r.yaml --job_id "$job" \
    --partition.size 20 --checkpoint.strategy $strategy
  says out "--job_id $job"
  expect 0 ranks 3 --config r.yaml --job_id "$job" --partition.size 77 --checkpoint.strategy every_n_ops \
    --checkpoint.n_ops 5
  says err "partition.size and partition.max_size_mb are those the job began with"
  same out.jsonl want.jsonl
  says "outputs/$job/job_summary.json" '"balanced": true'
  rm out.jsonl
done
says outputs/stop-every_op/event_logs/events.log "partition_resume"

# In its first second a job under auto puts layers off; a stop makes them all.
context="layers that were put off"
DJ_FAULT=op.process:rank=1:nth=20:term expect 75 ranks 2 --config r.yaml --job_id owed --partition.size 20
finished=$(grep -c '"event_type": "partition_complete"' outputs/owed/event_logs/events.jsonl)
says outputs/owed/event_logs/events.jsonl "\"layers\": $finished,"
cat r.yaml - >longer.yaml <<<'  - text_length_filter: {min_len: 0}'
expect 0 ranks 0 --config longer.yaml --job_id longer
mv out.jsonl want-longer.jsonl
expect 0 ranks 3 --config longer.yaml --job_id owed --checkpoint.reuse true
says err "the newest set holds the state of $finished partitions"
equal "$(grep -c '"event_type": "partition_resume"' outputs/owed/event_logs/events.jsonl)" "$finished" "resumed"
same out.jsonl want-longer.jsonl
rm out.jsonl

context="deleted folder"
DJ_FAULT=op.process:nth=100:term expect 75 ranks 0 --config r.yaml --job_id gone \
  --partition.size 50 --checkpoint.strategy every_op
rm -r outputs/gone/checkpoints
expect 0 ranks 2 --config r.yaml --job_id gone --checkpoint.strategy every_op
says err "the job starts over"
same out.jsonl want.jsonl
rm out.jsonl

context="a folder of its own"
expect 0 ranks 0 --config r.yaml --job_id far --checkpoint.strategy every_partition \
  --checkpoint_dir sets
[ -e sets/far/checkpoint_000001.h5 ] || fail "the set is not in checkpoint_dir"
rm out.jsonl

# The end of the recipe changes: refused, or taken over from the set before the change.
context="changed recipe"
head -n -3 r.yaml >short.yaml # word_repetition_filter and its two parameters
silent_about short.yaml word_repetition_filter
expect 0 ranks 0 --config short.yaml --job_id short
mv out.jsonl want-short.jsonl
expect 2 ranks 2 --config short.yaml --job_id op
says err "word_repetition_filter is gone"
says err "--checkpoint.reuse true"
expect 0 ranks 3 --config short.yaml --job_id op --checkpoint.reuse true
same out.jsonl want-short.jsonl
equal "$(grep -c '"event_id": "op_complete_2_' outputs/op/event_logs/events.jsonl || true)" 0 "no operator runs again"
expect 0 ranks 2 --config r.yaml --job_id op --checkpoint.reuse true
same out.jsonl want.jsonl
expect 2 ranks 0 --config r.yaml --job_id op --text_keys '[other]' --checkpoint.reuse true
rm out.jsonl

context="a set on request"
DJ_FAULT=op.process:rank=1:nth=40:usr2 expect 0 ranks 2 --config r.yaml --job_id ask --partition.size 20 \
  --checkpoint.on_sigusr2 continue
same out.jsonl want.jsonl
equal "$(saves ask)" 1 "one set was asked for"
rm out.jsonl

# Nobody takes a partition that is in work away: a stop comes between two batches.
context="time limit"
rows 20000 >long.jsonl
expect 0 ranks 0 --config r.yaml --dataset_path long.jsonl --job_id longbase
mv out.jsonl want-long.jsonl
DJ_FAULT=source.read:rank=0:nth=4:stop expect 75 ranks 2 --config r.yaml --dataset_path long.jsonl --job_id limit \
  --time_limit 2 --partition.size 20
says out "the time limit"
expect 0 ranks 2 --config r.yaml --dataset_path long.jsonl --job_id limit
same out.jsonl want-long.jsonl

context="a set that cannot be written"
rm out.jsonl
DJ_FAULT=ckpt.write:rank=1:nth=2:enospc,ckpt.record:rank=0:nth=4:eio expect 0 ranks 2 --config r.yaml \
  --job_id full --partition.size 50 --checkpoint.strategy every_op
same out.jsonl want.jsonl
says err "no checkpoint set:"
says outputs/full/event_logs/events.log "the one before stands, the job goes on"
