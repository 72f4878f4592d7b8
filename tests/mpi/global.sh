#!/usr/bin/env bash
# Recipes with operators that compare the rows of all ranks: the same bytes for any number
# of ranks, partition size and strategy, and after kills and stops anywhere.
# ranks: 8
# timeout: 400
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

# Every third row comes again, some of them a little changed, far from the first one.
rows 400 >first.jsonl
{
  cat first.jsonl
  awk 'NR % 3 == 0' first.jsonl
  awk 'NR % 7 == 0' first.jsonl | sed 's/"text": "/"text": "so /'
  awk 'NR % 5 == 0' first.jsonl | sed 's/"id": /"id": 9/'
} >in.jsonl
sed -i '50s/$/ garbage/' in.jsonl
total=$(wc -l <in.jsonl)
{
  printf 'dataset_path: in.jsonl\nexport_path: out.jsonl\nprocess:\n'
  all_operators | sed -n '2,8p'
  echo '  - document_deduplicator: {lowercase: true}'
  echo '  - text_length_filter: {min_len: 20}'
  echo '  - document_minhash_deduplicator: {window_size: 3}'
  echo '  - words_num_filter: {min_num: 5}'
} >r.yaml

expect 0 ranks 0 --config r.yaml --job_id base --checkpoint.strategy disabled
mv out.jsonl want.jsonl
says outputs/base/job_summary.json '"balanced": true'
says outputs/base/job_summary.json "\"read\": $total"
kept=$(wc -l <want.jsonl)
if [ "$kept" -ge 400 ] || [ "$kept" -le 50 ]; then fail "$kept rows are kept: nothing is compared"; fi

runs=0
for n in 1 2 8; do
  for size in 1 7 1000; do
    [ $size -eq 1 ] && [ $n -ne 2 ] && continue
    for strategy in disabled every_op; do
      [ $size -eq 7 ] && [ $strategy = disabled ] && continue
      context="$n ranks, size $size, $strategy"
      runs=$((runs + 1))
      expect 0 ranks $n --config r.yaml --job_id "j$runs" --partition.size $size \
        --checkpoint.strategy $strategy --global_ops.memory_mb $((n == 8 ? 1 : 64))
      same out.jsonl want.jsonl
      same "outputs/j$runs/rejected/reasons.jsonl" outputs/base/rejected/reasons.jsonl
      says "outputs/j$runs/job_summary.json" '"balanced": true'
      missing "outputs/j$runs/results"
      rm out.jsonl
    done
  done
done

# Selectors put samples in another order, or repeat them.
selectors=(
  "topk_specified_field_selector: {field_key: meta.n, topk: 40}"
  "random_selector: {}"
  "random_selector: {select_ratio: 0.4}"
  "random_selector: {select_num: 900}"
  "range_specified_field_selector: {field_key: id, lower_rank: 10, upper_rank: 60}"
  "frequency_specified_field_selector: {field_key: meta.n, topk: 50}"
)
for selector in "${selectors[@]}"; do
  context=$selector
  {
    printf 'dataset_path: in.jsonl\nexport_path: out.jsonl\nprocess:\n'
    printf '  - document_deduplicator:\n  - text_length_filter: {min_len: 20}\n  - %s\n' "$selector"
  } >s.yaml
  expect 0 ranks 0 --config s.yaml --job_id "s$runs-base"
  mv out.jsonl want-s.jsonl
  mv out_stats.jsonl want-s_stats.jsonl
  for n in 2 3; do
    runs=$((runs + 1))
    expect 0 ranks $n --config s.yaml --job_id "s$runs" --partition.size $((5 * n)) \
      --checkpoint.strategy every_op
    same out.jsonl want-s.jsonl
    same out_stats.jsonl want-s_stats.jsonl
    says "outputs/s$runs/job_summary.json" '"balanced": true'
    rm out.jsonl
  done
done

echo "$runs undisturbed runs"
[ "${DJ_FAULTS:-OFF}" = ON ] || exit 0

# Killed, stopped and failed in each stage and in the exchange.
for strategy in disabled every_op; do
  for fault in source.read:rank=0:nth=3:kill source.read:rank=1:nth=9:term op.process:rank=1:nth=60:kill \
    op.process:rank=0:nth=200:kill exchange.round:rank=1:nth=1:kill exchange.round:rank=0:nth=3:kill \
    exchange.round:rank=0:nth=5:fail result.write:rank=1:nth=30:kill result.commit:nth=2:kill \
    export.rename:rank=0:nth=1:kill; do
    context="$strategy, $fault"
    runs=$((runs + 1))
    code=0
    DJ_FAULT=$fault ranks 2 --config r.yaml --job_id "j$runs" --partition.size 10 \
      --checkpoint.strategy $strategy >out 2>err || code=$?
    if [ $code -ne 0 ]; then
      expect 0 ranks $((runs % 3 + 1)) --config r.yaml --job_id "j$runs"
    fi
    same out.jsonl want.jsonl
    says "outputs/j$runs/job_summary.json" '"balanced": true'
    rm out.jsonl
  done
done

# A partition that failed for good: rows may not be judged without it.
context="failed partition"
DJ_FAULT=source.read:rank=0:nth=2:fail expect 3 ranks 2 --config r.yaml --job_id part --partition.size 10 \
  --fault_tolerance.max_retries 0
says out "document_deduplicator needs the rows of all"
missing out.jsonl
expect 0 ranks 2 --config r.yaml --job_id part
same out.jsonl want.jsonl
echo "$runs runs in all"
