#!/usr/bin/env bash
# The tracer: the files that Data-Juicer's has, the first entries in the order of the
# dataset, the same bytes for any number of ranks, partition size and strategy, and after
# kills; and what op_list_to_trace, trace_num and trace_keys change in them.
# ranks: 3
# timeout: 300
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 200 >in.jsonl
rows 90 | sed 's/"id": /"id": 1000/' >>in.jsonl
cat >r.yaml <<'YAML'
project_name: test
dataset_path: in.jsonl
export_path: out.jsonl
open_tracer: true
trace_num: 7
trace_keys: [id, nothing]
process:
  - clean_links_mapper:
  - text_length_filter:
      min_len: 100
  - whitespace_normalization_mapper:
  - document_deduplicator:
  - text_chunk_mapper:
      max_len: 200
  - words_num_filter:
      min_num: 10
  - document_minhash_deduplicator:
      window_size: 2
  - random_selector:
      select_num: 60
  - clean_email_mapper:
  - alphanumeric_filter:
      min_ratio: 0.75
  - clean_links_mapper:
      pattern: the
YAML

expect 0 ranks 0 --config r.yaml --job_id base --checkpoint.strategy disabled
says out "outputs/base/trace"
missing outputs/base/results
mv outputs/base/trace want
# Of the deduplicators pairs, of selectors nothing, of mappers of one name a file together.
equal "$(cd want && echo *)" "duplicate-document_deduplicator.jsonl $(
  )duplicate-document_minhash_deduplicator.jsonl sample_trace-alphanumeric_filter.jsonl $(
  )sample_trace-clean_email_mapper.jsonl sample_trace-clean_links_mapper.jsonl $(
  )sample_trace-text_chunk_mapper.jsonl sample_trace-text_length_filter.jsonl $(
  )sample_trace-whitespace_normalization_mapper.jsonl sample_trace-words_num_filter.jsonl" "files"
links=sample_trace-clean_links_mapper.jsonl
for file in want/*; do
  [ "$(wc -l <"$file")" -le 7 ] || [ "${file##*/}" = $links ] ||
    fail "$file has more than trace_num lines"
done
equal "$(wc -l <want/$links)" 14 "lines of two mappers"
equal "$(wc -l <want/sample_trace-text_length_filter.jsonl)" 7 "dropped samples"
says want/sample_trace-text_length_filter.jsonl '"__dj__stats__": {"text_len": '
equal "$(wc -l <want/duplicate-document_deduplicator.jsonl)" 7 "pairs"
sed -E 's/.*"dup1": \{"id": [0-9]+, ("text": .*), "meta".*"dup2": .*"id": [0-9]+, ("text": .*), "meta".*/\1\n\2/' \
  want/duplicate-document_deduplicator.jsonl >texts
equal "$(uniq -c texts | awk '{print $1}' | sort -u)" 2 "texts of a pair"
says want/sample_trace-clean_email_mapper.jsonl '"nothing": null, "original_text": "'

# compare JOB: its trace is the one that is wanted.
compare() {
  checks=$((checks + 1))
  diff -r want "outputs/$1/trace" >difference || { head -c 2000 difference >&2; fail "another trace"; }
}
for job in disabled-1-3 disabled-3-70 auto-3-20 every_op-1-20 every_op-3-3; do
  IFS=- read -r strategy n size <<<"$job"
  context=$job
  expect 0 ranks "$n" --config r.yaml --job_id "$job" --partition.size "$size" \
    --checkpoint.strategy "$strategy"
  compare "$job"
done
expect 0 ranks 0 verify every_op-3-3

context="settings"
expect 0 ranks 3 --config r.yaml --job_id few --trace_num 2 --partition.size 30
for file in want/*; do
  head -2 "$file" >first
  [ "${file##*/}" != $links ] || sed -n '8,9p' "$file" >>first
  same first "outputs/few/trace/${file##*/}"
done
expect 0 ranks 3 --config r.yaml --job_id zero --trace_num 0 --partition.size 30
equal "$(ls outputs/zero/trace)" "" "no entries, no files"
expect 0 ranks 2 --config r.yaml --job_id keys --trace_keys '[text]' --partition.size 30
says outputs/keys/trace/$links '{"text": "'
silent_about outputs/keys/trace/$links '"id"'
same want/sample_trace-text_length_filter.jsonl \
  outputs/keys/trace/sample_trace-text_length_filter.jsonl
expect 0 ranks 2 --config r.yaml --job_id list --partition.size 30 \
  --op_list_to_trace '[clean_email_mapper, document_minhash_deduplicator, no_such_op]'
equal "$(cd outputs/list/trace && echo *)" "duplicate-document_minhash_deduplicator.jsonl $(
  )sample_trace-clean_email_mapper.jsonl" "operators that are listed"
same want/sample_trace-clean_email_mapper.jsonl \
  outputs/list/trace/sample_trace-clean_email_mapper.jsonl
expect 0 ranks 2 --config r.yaml --job_id off --open_tracer false
missing outputs/off/trace

# Common lines: samples stay, so their texts are shown.
context="lines"
awk 'BEGIN { for (i = 0; i < 40; i++)
  printf "{\"text\": \"line %d\\nshared %d\\nboth\", \"id\": %d}\n", i, i / 10, i }' >lines.jsonl
cat >lines.yaml <<'YAML'
dataset_path: lines.jsonl
export_path: out.jsonl
open_tracer: true
process:
  - document_line_deduplicator:
      frequency_threshold: 3
  - document_simhash_deduplicator:
YAML
expect 0 ranks 3 --config lines.yaml --job_id lines --partition.size 7
{
  printf '{"dup1": "line 0\\nshared 0\\nboth", "dup2": "line 1\\nshared 0\\nboth"}\n'
  for i in 0 1 2 3; do
    printf '{"dup1": "line %s\\nshared %s\\nboth", "dup2": "line %s\\nshared %s\\nboth"}\n' \
      ${i}0 $i ${i}1 $i
  done | sed 's/line 0\([0-9]\)/line \1/g'
} >lines.want
same outputs/lines/trace/duplicate-document_line_deduplicator.jsonl lines.want
expect 0 ranks 1 --config lines.yaml --job_id lines1 --partition.size 100
same outputs/lines1/trace/duplicate-document_simhash_deduplicator.jsonl \
  outputs/lines/trace/duplicate-document_simhash_deduplicator.jsonl

[ "${DJ_FAULTS:-OFF}" = ON ] || exit 0
stopped=0 resumed=0
for kill in every_op:op.process:rank=0:nth=12 every_op:op.process:rank=0:nth=26 \
  auto:op.process:rank=1:nth=12 auto:exchange.round:rank=1:nth=3 \
  disabled:export.rename:rank=0:nth=4; do
  strategy=${kill%%:*}
  job=${kill//[:=]/-}
  context=$job
  code=0
  DJ_FAULT=${kill#*:}:kill ranks 2 --config r.yaml --job_id "$job" --partition.size 20 \
    --checkpoint.strategy "$strategy" >out 2>err || code=$?
  [ $code -eq 0 ] || stopped=$((stopped + 1)) # a rank may have little to do
  expect 0 ranks 3 --config r.yaml --job_id "$job" --checkpoint.strategy "$strategy"
  ! grep -q partition_resume "outputs/$job/event_logs/events.log" || resumed=$((resumed + 1))
  compare "$job"
done
[ $stopped -ge 4 ] || fail "only $stopped jobs were stopped"
[ $resumed -ge 1 ] || fail "no job went on from a set"

# A stopped one keeps what it has; with other entries it would be half and half.
context="another trace"
DJ_FAULT=op.process:nth=40:term expect 75 ranks 0 --config r.yaml --job_id other --partition.size 20
expect 2 ranks 0 --config r.yaml --job_id other --trace_num 3
says err trace_num
expect 0 ranks 0 verify other
expect 0 ranks 0 --config r.yaml --job_id other
compare other
