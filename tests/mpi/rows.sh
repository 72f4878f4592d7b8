#!/usr/bin/env bash
# Operators that make several samples of one, one behind the other: the same bytes for any
# number of ranks, partition size and strategy, and after kills between and in parts.
# ranks: 3
# timeout: 600
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 300 >in.jsonl
sed -i -e '100s/$/ garbage/' in.jsonl
# Of the second cut no end is found where a chunk begins with these words: such chunks are
# set aside, the others of their line go on.
cat >r.yaml <<'YAML'
project_name: test
dataset_path: in.jsonl
export_path: out.jsonl
keep_stats_in_res_ds: true
process:
  - text_length_filter:
      min_len: 20
  - text_chunk_mapper:
      split_pattern: '\n'
  - whitespace_normalization_mapper:
  - words_num_filter:
      min_num: 3
  - text_chunk_mapper:
      max_len: 80
      overlap_len: 5
      split_pattern: '^(?=brown|quick)'
  - clean_links_mapper:
  - document_deduplicator:
      lowercase: true
  - alphanumeric_filter:
      min_ratio: 0.75
  - text_chunk_mapper:
      split_pattern: ' over '
  - document_deduplicator:
  - special_characters_filter:
      max_ratio: 0.22
  - fix_unicode_mapper:
YAML

expect 0 ranks 0 --config r.yaml --job_id base --checkpoint.strategy disabled
cp out out.base
mkdir want
cp out.jsonl out_stats.jsonl outputs/base/rejected/*.jsonl want
says out.base "  derived "
says outputs/base/job_summary.json '"balanced": true'
says outputs/base/job_summary.json '"read": 300'
says want/reasons.jsonl '"part": '
says want/reasons.jsonl '"operator": "text_chunk_mapper", "operator_idx": 4, "reason": "split_pattern matches nothing'
equal "$(wc -l <want/rejected.jsonl)" "$(wc -l <want/reasons.jsonl)" "a line and a reason each"
equal "$(wc -l <want/out.jsonl)" "$(wc -l <want/out_stats.jsonl)" "a line of statistics a kept sample"
sed 's/.*"id": \([0-9]*\).*/\1/' want/out.jsonl >ids
sort -n -c ids || fail "chunks do not stand where their line stood"
[ "$(uniq -d ids | wc -l)" -gt 20 ] || fail "few lines have several chunks"

compare() {
  same out.jsonl want/out.jsonl
  same out_stats.jsonl want/out_stats.jsonl
  same "outputs/$1/rejected/rejected.jsonl" want/rejected.jsonl
  same "outputs/$1/rejected/reasons.jsonl" want/reasons.jsonl
  says "outputs/$1/job_summary.json" '"balanced": true'
  rm out.jsonl out_stats.jsonl
}
for strategy in disabled auto every_partition every_op every_n_ops; do
  for n in 1 2 3; do
    for size in 1 50; do
      job=$strategy-$n-$size
      context=$job
      expect 0 ranks $n --config r.yaml --job_id "$job" --partition.size $size \
        --checkpoint.strategy $strategy --checkpoint.n_ops 3
      compare "$job"
    done
  done
done

# Partitions of several batches: notes name rows by their place among all of these.
context="several batches"
rows 3000 >big.jsonl
expect 0 ranks 0 --config r.yaml --dataset_path big.jsonl --job_id small --partition.size 30
mv out.jsonl big-small.jsonl
expect 0 ranks 2 --config r.yaml --dataset_path big.jsonl --job_id large --partition.size 10000
same out.jsonl big-small.jsonl
rm out.jsonl out_stats.jsonl
context=

# Rows that are whole samples of their own.
context="figures"
LC_ALL=C awk 'BEGIN { for (i = 0; i < 60; i++) {
  t = "Intro cites \\\\ref{f" i "}.\\n\\nAnd \\\\cref{g" i ",s} too.\\n\\n"
  for (k = 0; k < i % 4; k++)
    t = t "\\\\begin{figure}\\\\includegraphics{" k ".png}\\\\caption{a \\u00e9}\\\\label{f" i + k "}\\\\end{figure}\\n\\n"
  if (i % 3 == 0)
    t = t "\\\\begin{figure}\\\\subfloat[a]{\\\\includegraphics{x}}\\\\subfloat{\\\\includegraphics{y}}\\\\label{g" i "}\\\\end{figure}"
  printf "{\"text\": \"%s\", \"id\": %d}\n", t, i } }' >tex.jsonl
cat >tex.yaml <<'YAML'
dataset_path: tex.jsonl
export_path: out.jsonl
process:
  - text_length_filter:
  - latex_figure_context_extractor_mapper:
  - text_chunk_mapper:
      text_key: caption
      split_pattern: ' '
  - words_num_filter:
      text_key: parent_label
      max_num: 0
      min_num: 0
YAML
expect 0 ranks 0 --config tex.yaml --job_id tex --checkpoint.strategy disabled
mv out.jsonl tex-want.jsonl
says tex-want.jsonl '"caption": "é", "images": ["2.png"], "label": "f5", "citing_paragraphs": [], "parent_caption": "", "parent_label": ""'
for n in 1 3; do
  for size in 1 50; do
    expect 0 ranks $n --config tex.yaml --job_id "tex-$n-$size" --partition.size $size \
      --checkpoint.strategy every_op
    same out.jsonl tex-want.jsonl
    rm out.jsonl
  done
done
context=

[ "${DJ_FAULTS:-OFF}" = ON ] || exit 0
stopped=0 resumed=0
for strategy in every_op every_n_ops auto; do
  for where in op.process:rank=0:nth=4 op.process:rank=1:nth=9 op.process:rank=0:nth=26 \
    op.process:rank=1:nth=31 result.write:rank=0:nth=1; do
    for action in kill term; do
      job=$strategy-${where//[:=]/-}-$action
      context=$job
      code=0
      DJ_FAULT=$where:$action ranks 2 --config r.yaml --job_id "$job" --partition.size 50 \
        --checkpoint.strategy $strategy --checkpoint.n_ops 4 >out 2>err || code=$?
      [ $code -eq 0 ] || stopped=$((stopped + 1)) # a rank may have little to do
      expect 0 ranks 3 --config r.yaml --job_id "$job" --checkpoint.strategy $strategy
      ! grep -q partition_resume "outputs/$job/event_logs/events.log" || resumed=$((resumed + 1))
      compare "$job"
    done
  done
done
[ $stopped -ge 15 ] || fail "only $stopped jobs were stopped"
[ $resumed -ge 5 ] || fail "only $resumed jobs went on from a set"
