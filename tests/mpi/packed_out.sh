#!/usr/bin/env bash
# The export as compressed lines and as a JSON array: what the lines are, the same bytes for
# any number of ranks, also in shards, without samples, and after a kill; verify.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
command -v zstd >/dev/null || { echo "skipped: zstd is missing"; exit 77; }
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }

python3 - >in.jsonl <<'PY'
import json
for i in range(9000):
    print(json.dumps({"id": i, "text": f"line {i} {chr(233)}\n" + "lorem ipsum " * (i % 60)}))
PY
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
partition: {max_size_mb: 1}
process:
  - text_length_filter:
      min_len: 30
YAML
expect 0 ranks 0 --config r.yaml --job_id lines
lines() { # FILE: its samples, a line each
  case "$1" in
  *.zst) zstd -dcq "$1" ;;
  *.gz) gzip -dc "$1" ;;
  *.json) python3 -c 'import json, sys
for row in json.load(open(sys.argv[1])): print(json.dumps(row))' "$1" ;;
  esac
}
for suffix in jsonl.zst jsonl.gz json; do
  context=$suffix
  expect 0 ranks 0 --config r.yaml --job_id "$suffix" --export_path "one.$suffix"
  lines "one.$suffix" >got
  same got out.jsonl
  [ -e one_stats.jsonl ] || fail "no one_stats.jsonl"
  same one_stats.jsonl out_stats.jsonl
  expect 0 ranks 3 --config r.yaml --job_id "three.$suffix" --export_path "three.$suffix" \
    --partition.size 70
  same "three.$suffix" "one.$suffix"
  expect 0 ranks 0 verify "three.$suffix"

  expect 0 ranks 2 --config r.yaml --job_id "shards.$suffix" --export_path "s.$suffix" \
    --export_shard_size 900000
  for shard in s-*."$suffix"; do lines "$shard"; done >got
  same got out.jsonl
  equal "$(echo s-*."$suffix" | wc -w)" 4 "shards"

  # What was written can be read, and no samples are a file too.
  expect 0 ranks 2 --config r.yaml --job_id "back.$suffix" --dataset_path "one.$suffix" \
    --export_path back.jsonl
  same back.jsonl out.jsonl
  expect 0 ranks 2 --config r.yaml --job_id "none.$suffix" --export_path "none.$suffix" \
    --text_length_filter.min_len 100000
  lines "none.$suffix" >got
  equal "$(wc -c <got)" 0 "bytes without samples"

  if [ "${DJ_FAULTS:-OFF}" = ON ]; then
    expect 137 env DJ_FAULT=export.convert:nth=2:kill "$DJ_BIN" --config r.yaml \
      --job_id "killed.$suffix" --export_path "killed.$suffix"
    missing "killed.$suffix"
    expect 0 ranks 2 --config r.yaml --job_id "killed.$suffix" --export_path "killed.$suffix"
    same "killed.$suffix" "one.$suffix"
  fi
done
