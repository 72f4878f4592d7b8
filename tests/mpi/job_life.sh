#!/usr/bin/env bash
# A job's life: its folders, its lock, its summary, its second start, its changes.
# ranks: 2
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 500 >in.jsonl
recipe r.yaml
expect 0 ranks 2 --config r.yaml --job_id one --partition.size 100
for name in job_summary.json metadata/dataset_mapping.json metadata/final_mapping_report.json \
  event_logs/events.jsonl event_logs/events.log; do
  checks=$((checks + 1))
  [ -s "outputs/one/$name" ] || fail "no outputs/one/$name"
done
says outputs/one/job_summary.json '"status": "completed"'
says outputs/one/job_summary.json '"balanced": true'
says outputs/one/job_summary.json '"read": 500'
says outputs/one/metadata/final_mapping_report.json '"total_partitions": 5'
says outputs/one/event_logs/events.jsonl '"event_type": "job_start"'
says outputs/one/event_logs/events.jsonl '"event_type": "partition_complete"'
says outputs/one/event_logs/events.jsonl '"event_type": "op_complete"'
says outputs/one/event_logs/events.jsonl '"event_type": "performance_metric"'
says outputs/one/event_logs/events.jsonl '"event_type": "resource_usage"'
says outputs/one/event_logs/events.jsonl '"event_type": "job_complete"'
equal "$(grep -c '"event_type": "partition_start"' outputs/one/event_logs/events.jsonl)" 5 "a start a partition"

# The events are JSON, each line: the program itself reads them.
printf 'dataset_path: outputs/one/event_logs/events.jsonl\nexport_path: events.jsonl\nprocess: []\n' >events.yaml
expect 0 ranks 0 --config events.yaml --job_id events
says outputs/events/job_summary.json '"rejected": 0'

# Complete: the same command does nothing.
cp out.jsonl first.jsonl
expect 0 ranks 2 --config r.yaml --job_id one
says err "complete already"
same out.jsonl first.jsonl

# Another recipe under the same id is refused with the difference.
sed 's/min_len: 20/min_len: 21/' r.yaml >changed.yaml
expect 2 ranks 2 --config changed.yaml --job_id one
says err "text_length_filter"
says err "min_len"
# And so is another dataset.
rows 501 >more.jsonl
expect 2 ranks 0 --config r.yaml --job_id one --dataset_path more.jsonl
says err "dataset_path"

# And other words in the lists that an operator reads.
mkdir words
echo '{"en": ["the", "a"]}' >words/stopwords.json
printf '%s\n' 'dataset_path: in.jsonl' 'export_path: words.jsonl' 'process:' \
  '  - stopwords_filter: {stopwords_dir: words, min_ratio: 0}' >words.yaml
expect 0 ranks 2 --config words.yaml --job_id words
echo '{"en": ["a", "the"]}' >words/stopwords.json
expect 0 ranks 2 --config words.yaml --job_id words
says err "complete already"
echo '{"en": ["an", "the"]}' >words/stopwords.json
expect 2 ranks 2 --config words.yaml --job_id words
says err "stopwords_filter data from files"

# A job id that is none, an export path that is a folder.
expect 2 ranks 0 --config r.yaml --job_id 'a/b'
says err "job_id"
mkdir folder.jsonl
expect 2 ranks 0 --config r.yaml --job_id two --export_path folder.jsonl
says err "folder"

# Without an id one is made.
expect 0 ranks 0 --config r.yaml --work_dir made
equal "$(find made -mindepth 1 -maxdepth 1 -name '20*_r_??????' | wc -l)" 1 "date, time, name, six digits"

# Logs and jobs may lie elsewhere.
expect 0 ranks 2 --config r.yaml --job_id far --event_log_dir logs
says logs/far/event_logs/events.log "job"

# Two at once: the second is told who holds the job.
rows 20000 >in.jsonl
DJ_FAULT=job.finish:stall "$DJ_BIN" --config r.yaml --job_id held >/dev/null 2>&1 &
pid=$!
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  for _ in $(seq 400); do [ -e outputs/held/job.lock ] && break; sleep 0.05; done
  expect 2 ranks 0 --config r.yaml --job_id held
  says err "$pid"
  kill -KILL $pid
  wait $pid || true
  # Its owner is dead: the lock is taken over.
  expect 0 ranks 2 --config r.yaml --job_id held
  says outputs/held/job_summary.json '"killed"'
else
  wait $pid
fi
