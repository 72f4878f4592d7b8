#!/usr/bin/env bash
# dj-mpi inspect: a job's partitions and sets, a sample before and after operators, and
# data files.
# ranks: 2
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

{
  echo '{"text": "see  http://a.b/c  now", "id": 1}'
  echo '{"text": "short", "id": 2}'
  echo 'no sample'
  echo '{"text": "words that are long enough to stay", "id": 4}'
} >in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
partition: {size: 2}
process:
  - clean_links_mapper: {repl: "<link>"}
  - text_length_filter: {min_len: 10}
  - document_deduplicator:
YAML
expect 0 ranks 2 --config r.yaml --job_id job --checkpoint.strategy every_op --text_length_filter.min_len 8
mkdir elsewhere
cp in.jsonl elsewhere/other.jsonl

expect 0 "$DJ_BIN" inspect job
says out "job job: completed, 2 of 4 samples kept"
says out "partitions: 2"
says out "checkpoint_0000"
expect 0 "$DJ_BIN" inspect job --json
says out '"partition_id": 1'

# From another folder, with what was given on the command line of the job.
cd elsewhere
expect 0 "$DJ_BIN" inspect job --work_dir ../outputs --line 1
says out "in.jsonl, line 1 (partition 0, row 0)"
says out "1. clean_links_mapper: changed"
says out '- {"text": "see  http://a.b/c  now", "id": 1}'
says out '+ {"text": "see  <link>  now", "id": 1}'
says out '2. text_length_filter: kept'
says out '"text_len": 16'
says out '3. document_deduplicator: compared in the run'
expect 0 "$DJ_BIN" inspect job --work_dir ../outputs --partition 0 --row 1
says out '2. text_length_filter: dropped'
says out '"text_len": 5'
silent_about out 'document_deduplicator'
expect 0 "$DJ_BIN" inspect job --work_dir ../outputs --line 3
says out 'set aside when it was read'
expect 0 "$DJ_BIN" inspect job --work_dir ../outputs --line 1 --op 2 --json
says out '"verdict": "kept"'
silent_about out clean_links_mapper
expect 2 "$DJ_BIN" inspect job --work_dir ../outputs --line 9
says err "no partition of the job holds that sample"
expect 2 "$DJ_BIN" inspect job --work_dir ../outputs --line 1 --op nothing
expect 2 "$DJ_BIN" inspect job --work_dir ../outputs --partition 7
says err "it has 2, from 0 on"

expect 0 "$DJ_BIN" inspect other.jsonl --rows 1
says out "other.jsonl: jsonl, "
says out "4 samples"
says out "  id: int64"
says out '{"text": "see  http://a.b/c  now", "id": 1}'
silent_about out '"id": 2'
gzip -k other.jsonl
expect 0 "$DJ_BIN" inspect other.jsonl.gz --json
says out '"codec": "gzip"'
expect 2 "$DJ_BIN" inspect nothing
