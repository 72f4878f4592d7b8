#!/usr/bin/env bash
# What settings change that no other test of whole jobs is about: each key has an effect.
# ranks: 2
# timeout: 240
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 120 >in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
process:
  - text_length_filter: {min_len: 50}
YAML
n=0
# job SETTINGS...: runs a job of its own without a launcher; its folder is in $dir.
job() {
  n=$((n + 1))
  dir=outputs/job$n
  expect 0 ranks 0 --config r.yaml --job_id job$n "$@"
}
there() {
  checks=$((checks + 1))
  [ -e "$1" ] || fail "$1 is not there"
}

# Names and folders.
job --project_name mine
says $dir/job_summary.json '"project_name": "mine"'
expect 0 ranks 0 --config r.yaml --job_id here --work_dir work --event_log_dir logs --checkpoint_dir sets \
  --checkpoint.strategy every_partition
there work/here/job_summary.json
there logs/here/event_logs/events.jsonl
there sets/here/checkpoint_000001.json
missing work/here/event_logs

# Input.
mkdir folder
head -n 30 in.jsonl >folder/a.jsonl
tail -n +31 in.jsonl | gzip >folder/b.jsonl.gz
job --dataset_path folder
cp out.jsonl all.jsonl
job --dataset_path folder --suffixes .jsonl
equal "$(grep -c . out.jsonl)" "$(head -n "$(grep -c . out.jsonl)" all.jsonl | grep -c .)" "lines of one file"
checks=$((checks + 1))
! cmp -s out.jsonl all.jsonl || fail "suffixes changes nothing"
sed 's/"text"/"body"/' in.jsonl >body.jsonl
job --dataset_path body.jsonl --text_keys body
same <(sed 's/"body"/"text"/' out.jsonl) all.jsonl
job --dataset_path body.jsonl
equal "$(wc -c <out.jsonl)" 0 "samples without the text key"

# The result.
job --export_path out.data --export_type jsonl
same out.data all.jsonl
cat >dedup.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
process: [document_deduplicator: {}]
YAML
expect 0 ranks 0 --config dedup.yaml --job_id without
silent_about out.jsonl __dj__hash
expect 0 ranks 0 --config dedup.yaml --job_id with --keep_hashes_in_res_ds true
says out.jsonl __dj__hash

# What a sample holds.
echo '{"text": "", "pictures": ["a"], "films": ["b"]}' >media.jsonl
media() { # MODALITY SETTINGS...
  local want=$1
  shift
  job --dataset_path media.jsonl --partition.auto_configure true "$@"
  says $dir/job_summary.json "\"modality\": \"$want\""
}
media text
media image --image_key pictures
media video --video_key films
media audio --audio_key films
media multimodal --image_key pictures --video_key films
token() { # MODALITY TEXT SETTINGS...
  echo "{\"text\": \"$2\"}" >token.jsonl
  local want=$1
  shift 2
  job --dataset_path token.jsonl --partition.auto_configure true "$@"
  says $dir/job_summary.json "\"modality\": \"$want\""
}
token text '<i>'
token image '<i>' --image_special_token '<i>'
token audio '<i>' --audio_special_token '<i>'
token video '<i>' --video_special_token '<i>'
token multimodal '<i><e>' --video_special_token '<i>'
token video '<i><e>' --video_special_token '<i>' --eoc_special_token '<e>'

# Partitions, and sets.
job --partition.size 7
says $dir/job_summary.json '"total": 18,'
job --checkpoint.strategy every_partition --checkpoint.enabled false
missing $dir/checkpoints/checkpoint_000001.json
job --checkpoint.strategy every_partition
there $dir/checkpoints/checkpoint_000001.json

# Events.
job --event_logging.enabled false
missing $dir/event_logs/events.jsonl
job --partition.size 1
there $dir/event_logs/events.jsonl
for _ in $(seq 40); do cat in.jsonl; done >many.jsonl
job --dataset_path many.jsonl --partition.size 2 --event_logging.max_log_size_mb 1 --event_logging.backup_count 2
there $dir/event_logs/events.jsonl.1
there $dir/event_logs/events.jsonl.2
missing $dir/event_logs/events.jsonl.3
usages() { cat $dir/event_logs/events.jsonl* | grep -c '"resource_usage"'; }
job --dataset_path many.jsonl --event_logging.resource_interval 0
few=$(usages)
job --dataset_path many.jsonl --event_logging.resource_interval 0.01
checks=$((checks + 1))
[ "$(usages)" -gt "$few" ] || fail "resource_interval changes nothing"
job --debug true
says err "debug"
job
silent_about err "debug"

if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  # A slow job: progress lines, and where an exchange puts its files.
  DJ_FAULT=op.process:nth=2:nap expect 0 ranks 0 --config r.yaml --job_id slow --partition.size 10 --progress.interval 0.1
  says err "%"
  DJ_FAULT=op.process:nth=2:nap expect 0 ranks 0 --config r.yaml --job_id quiet --partition.size 10 --progress.interval 0
  silent_about err "%"
  awk 'BEGIN { for (i = 0; i < 40000; i++) printf "{\"text\": \"%d\"}\n", i }' >short.jsonl
  expect 0 ranks 0 --config dedup.yaml --job_id spill --dataset_path short.jsonl --global_ops.memory_mb 1 \
    --global_ops.scratch_dir scratch
  there scratch
  # The interval of sets that auto chooses.
  interval() { # MTBF
    DJ_FAULT=op.process:nth=4:term expect 75 ranks 0 --config r.yaml --job_id "mtbf$1" --partition.size 10 --checkpoint.mtbf "$1"
    sed -n 's/.*"checkpoint_save".*"interval": \([0-9.]*\).*/\1/p' "outputs/mtbf$1/event_logs/events.jsonl"
  }
  short=$(interval 1)
  long=$(interval 1e9)
  checks=$((checks + 1))
  awk -v a="$short" -v b="$long" 'BEGIN { exit !(a != "" && b > a) }' || fail "mtbf: intervals $short and $long"
  expect 0 ranks 0 --config r.yaml --job_id mtbf1 --partition.size 10
fi

# Arrow files: batches, and mapping.
if "$DJ_BIN" --version | grep -q Arrow && [ -n "${DJ_ARROW_PYTHON:-}" ]; then
  batches() {
    "$DJ_ARROW_PYTHON" -c 'import sys, pyarrow as p; print(p.ipc.open_file(sys.argv[1]).num_record_batches)' \
      $dir/intermediate/partition_000000/op_000_text_length_filter.arrow
  }
  keep=(--intermediate_storage.preserve_intermediate_data true --intermediate_storage.format arrow)
  kept=$(wc -l <all.jsonl)
  job "${keep[@]}" --intermediate_storage.arrow_batch_size 10
  equal "$(batches)" $(((kept + 9) / 10)) "record batches of 10"
  job "${keep[@]}" --intermediate_storage.arrow_batch_size 10 --intermediate_storage.use_arrow_batches false
  equal "$(batches)" 1 "one record batch"
  arrow=$dir/intermediate/partition_000000/op_000_text_length_filter.arrow
  job --dataset_path "$arrow" --debug true --intermediate_storage.arrow_memory_mapping true
  says err "mapped into memory"
  job --dataset_path "$arrow" --debug true
  silent_about err "mapped into memory"
  job "${keep[@]}" --intermediate_storage.format parquet --intermediate_storage.compression zstd
  parquet=$dir/intermediate/partition_000000/op_000_text_length_filter.parquet
  equal "$("$DJ_ARROW_PYTHON" -c 'import sys, pyarrow.parquet as p; m = p.ParquetFile(sys.argv[1]).metadata
print(m.row_group(0).column(0).compression, m.num_rows)' "$parquet")" "ZSTD $kept" "a Parquet file of an operator"
fi
