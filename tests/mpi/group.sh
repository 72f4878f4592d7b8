#!/usr/bin/env bash
# Groupers, and operators behind a selector: rows that a stage writes as a dataset. The same
# bytes for any number of ranks, partition size and strategy, and after kills anywhere.
# ranks: 8
# timeout: 200
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 150 >first.jsonl
{
  cat first.jsonl
  awk 'NR % 3 == 0' first.jsonl
} >in.jsonl
sed -i '50s/$/ garbage/' in.jsonl
awk 'NR % 9 == 0 && NR != 50 { sub(/^\{/, "{\"part\": " NR ", ") } { print }' in.jsonl >i && mv i in.jsonl
total=$(wc -l <in.jsonl)
{
  printf 'dataset_path: in.jsonl\nexport_path: out.jsonl\nopen_tracer: true\ntrace_num: 20\nprocess:\n'
  cat <<'YAML'
  - whitespace_normalization_mapper:
  - text_length_filter: {min_len: 20}
  - key_value_grouper: {group_by_keys: [meta.n]}
  - naive_reverse_grouper: {batch_meta_export_path: aside/meta.jsonl}
YAML
} >pair.yaml
{
  cat pair.yaml
  cat <<'YAML'
  - document_deduplicator:
  - random_selector: {select_num: 130}
  - text_chunk_mapper: {max_len: 300}
  - alphanumeric_filter: {min_ratio: 0.6}
  - naive_grouper:
YAML
} >r.yaml

expect 0 ranks 0 --config r.yaml --job_id base --checkpoint.strategy disabled
mv out.jsonl want.jsonl
mv out_stats.jsonl want_stats.jsonl
equal "$(wc -l <want.jsonl)" 1 "samples of a naive_grouper"
says outputs/base/job_summary.json '"balanced": true'
says outputs/base/job_summary.json "\"read\": $total"
says outputs/base/rejected/reasons.jsonl '"line": 50'
[ -f aside/meta.jsonl ] || fail "no file of batch meta"
[ -s outputs/base/trace/duplicate-document_deduplicator.jsonl ] || fail "no duplicates in the trace"
[ -s outputs/base/trace/sample_trace-text_chunk_mapper.jsonl ] || fail "no chunks in the trace"

runs=0
check() {
  same out.jsonl want.jsonl
  same out_stats.jsonl want_stats.jsonl
  same "outputs/$1/rejected/reasons.jsonl" outputs/base/rejected/reasons.jsonl
  diff -r "outputs/$1/trace" outputs/base/trace >&2 || fail "another trace"
  says "outputs/$1/job_summary.json" '"balanced": true'
  missing "outputs/$1/results"
  rm out.jsonl
}
for way in "1 7 every_op" "2 1000 disabled" "3 5 auto" "8 13 every_op"; do
  read -r n size strategy <<<"$way"
  context="$n ranks, size $size, $strategy"
  runs=$((runs + 1))
  expect 0 ranks "$n" --config r.yaml --job_id "j$runs" --partition.size "$size" \
    --checkpoint.strategy "$strategy" --global_ops.memory_mb $((n == 8 ? 1 : 64))
  expect 0 "$DJ_BIN" verify "j$runs"
  check "j$runs"
done

# Grouped and taken apart again: group by group, and otherwise as it was.
context="a grouper and its reverse"
expect 0 ranks 3 --config pair.yaml --job_id pair --partition.size 11
sort out.jsonl >got
sed '/key_value_grouper/d; /naive_reverse/d' pair.yaml >none.yaml
expect 0 ranks 1 --config none.yaml --job_id none
sort out.jsonl >want
grep -v '"part"' got >got.plain || true
grep -v '"part"' want >want.plain || true
equal "$(wc -l <got)" "$(wc -l <want)" "samples"

# Samples of lists from the dataset itself, with something aside.
context="batch meta"
cat >lists.jsonl <<'JSON'
{"text": ["a", "b"], "__dj__batch_meta__": {"n":1,"é": "\u00e9"}}
{"text": ["c"], "id": [1]}
{"text": "no list"}
{"text": [], "__dj__batch_meta__": [2]}
{"text": ["d"], "__dj__batch_meta__": null}
JSON
printf 'dataset_path: lists.jsonl\nexport_path: out.jsonl\nprocess:\n' >l.yaml
printf '  - naive_reverse_grouper: {batch_meta_export_path: aside/l.jsonl}\n' >>l.yaml
printf '  - text_length_filter: {min_len: 1}\n' >>l.yaml
expect 0 ranks 2 --config l.yaml --job_id lists --partition.size 1
equal "$(cat out.jsonl)" '{"text": "a"}
{"text": "b"}
{"text": "c", "id": 1}
{"text": "d"}' "samples of lists"
equal "$(cat aside/l.jsonl)" '{"n": 1, "é": "é"}
[2]
null' "batch meta"
says outputs/lists/rejected/reasons.jsonl 'the field \"text\" is no list'

# Shards behind a selector are those of the one file.
context="shards"
printf 'dataset_path: in.jsonl\nexport_path: s.jsonl\nprocess:\n  - random_selector: {select_num: 90}\n' >s.yaml
expect 0 ranks 2 --config s.yaml --job_id s1 --partition.size 9
mv s.jsonl whole
expect 0 ranks 3 --config s.yaml --job_id s2 --partition.size 7 --export_shard_size 10000
cat s-*.jsonl >shards
same shards whole

echo "$runs undisturbed runs"
[ "${DJ_FAULTS:-OFF}" = ON ] || exit 0

# Killed, stopped and failed in each stage, and while rows are written.
for fault in source.read:rank=0:nth=12:term op.process:rank=0:nth=110:kill exchange.round:rank=1:nth=3:kill \
  rows.commit:nth=1:kill rows.commit:nth=2:fail map.write:nth=4:kill export.rename:nth=2:kill \
  result.commit:nth=5:kill export.rename:nth=5:kill; do
  runs=$((runs + 1))
  strategy=$([ $((runs % 2)) -eq 0 ] && echo every_op || echo disabled)
  context="$strategy, $fault"
  code=0
  DJ_FAULT=$fault ranks 2 --config r.yaml --job_id "j$runs" --partition.size 10 \
    --checkpoint.strategy "$strategy" >out 2>err || code=$?
  if [ $code -ne 0 ]; then
    expect 0 ranks $((runs % 3 + 1)) --config r.yaml --job_id "j$runs"
  fi
  check "j$runs"
done

# A partition of such rows that failed for good: nothing is exported.
context="failed partition"
DJ_FAULT=source.read:rank=0:nth=55:fail expect 3 ranks 1 --config r.yaml --job_id part --partition.size 10 \
  --fault_tolerance.max_retries 0
missing out.jsonl
expect 0 ranks 2 --config r.yaml --job_id part
check part
echo "$runs runs in all"
