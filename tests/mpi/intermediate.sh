#!/usr/bin/env bash
# intermediate/: what each operator left of each partition, the same for any number of
# ranks, strategy and kill; and what of it stays.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
command -v zstd >/dev/null || { echo "skipped: zstd is missing"; exit 77; }

rows 300 >in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
partition: {size: 100}
intermediate_storage:
  preserve_intermediate_data: true
  format: jsonl
process:
  - clean_links_mapper:
  - text_length_filter: {min_len: 20}
  - document_deduplicator:
  - words_num_filter: {min_num: 2}
YAML
expect 0 ranks 0 --config r.yaml --job_id base
base=outputs/base/intermediate
checks=$((checks + 1))
[ "$(find $base -type f | wc -l)" -eq 12 ] || fail "$(find $base) has not 12 files"
same <(cat $base/partition_00000{0,1,2}/op_003_words_num_filter.jsonl | sed 's/, "__dj__stats__.*/}/') out.jsonl
says $base/partition_000001/op_001_text_length_filter.jsonl '"text_len": '
silent_about $base/partition_000001/op_000_clean_links_mapper.jsonl '"text_len": '

same_tree() {
  checks=$((checks + 1))
  diff -r "outputs/$1/intermediate" $base >differences || { cat differences; fail "intermediate data of $1 differ"; }
}
expect 0 ranks 3 --config r.yaml --job_id three
same_tree three
expect 0 ranks 2 --config r.yaml --job_id every --checkpoint.strategy every_op
same_tree every
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  DJ_FAULT=op.process:nth=9:kill ranks 0 --config r.yaml --job_id killed >out 2>err || true
  says outputs/killed/job_summary.json '"running"'
  expect 0 ranks 2 --config r.yaml --job_id killed
  same_tree killed
fi

# The forms, and what each key changes.
expect 0 ranks 0 --config r.yaml --job_id zst --intermediate_storage.compression zstd
same <(zstd -dcq outputs/zst/intermediate/partition_000000/op_003_words_num_filter.jsonl.zst) \
  $base/partition_000000/op_003_words_num_filter.jsonl
expect 0 ranks 0 --config r.yaml --job_id gz --intermediate_storage.compression gzip
same <(gzip -dc outputs/gz/intermediate/partition_000000/op_003_words_num_filter.jsonl.gz) \
  $base/partition_000000/op_003_words_num_filter.jsonl
expect 0 ranks 0 --config r.yaml --job_id off --intermediate_storage.preserve_intermediate_data false
there_is_no() {
  checks=$((checks + 1))
  [ -z "$(find "$1" -type f 2>/dev/null)" ] || fail "$1 is still there"
}
there_is_no outputs/off/intermediate

# What stays at the end.
expect 0 ranks 0 --config r.yaml --job_id success --intermediate_storage.cleanup_on_success true
there_is_no outputs/success/intermediate
expect 0 ranks 0 --config r.yaml --job_id all --intermediate_storage.retention_policy cleanup_all
there_is_no outputs/all/intermediate
there_is_no outputs/all/checkpoints
expect 0 ranks 0 --config r.yaml --job_id days --intermediate_storage.max_retention_days 0
there_is_no outputs/days/intermediate/partition_000000
there_is_no outputs/base/results
expect 0 ranks 0 --config r.yaml --job_id temp --intermediate_storage.cleanup_temp_files false
checks=$((checks + 1))
[ -n "$(find outputs/temp/results -type f)" ] || fail "results/ is not there"

# Of a job with a partition that failed, only that partition's.
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  sed '/document_dedup/,$d' r.yaml >two.yaml
  DJ_FAULT=op.process:nth=5:fail expect 3 ranks 0 --config two.yaml --job_id failed --skip_op_error false \
    --checkpoint.strategy every_op --fault_tolerance.max_retries 0 \
    --intermediate_storage.retention_policy keep_failed_only
  equal "$(ls outputs/failed/intermediate)" partition_000001 "what stays of a partial job"
fi

# dj-mpi clean: says first, deletes when told.
expect 0 "$DJ_BIN" clean
says out "could go; nothing is deleted without --yes"
says out "results: only a running job needs it"
silent_about out intermediate
[ -d outputs/temp/results ] || fail "clean deleted without being told"
expect 0 "$DJ_BIN" clean --yes
there_is_no outputs/temp/results
expect 0 "$DJ_BIN" clean --max_retention_days 0 --yes base
there_is_no $base/partition_000000
[ -d outputs/three/intermediate/partition_000000 ] || fail "clean took another job too"
expect 0 "$DJ_BIN" clean --retention_policy keep_failed_only --json
says out '"job_id": "three"'
says out 'partition_000001'
expect 0 ranks 0 --config r.yaml --job_id three
expect 2 "$DJ_BIN" clean --retention_policy some
expect 2 "$DJ_BIN" clean nothing
