#!/usr/bin/env bash
# Shards, statistics in the samples, and the stats file.
# ranks: 4
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 1200 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base
cp out.jsonl want.jsonl
silent_about out.jsonl __dj__stats__
says out_stats.jsonl '{"__dj__stats__": {"text_len": '

kept=$(wc -l <want.jsonl)
expect 0 ranks 4 --config r.yaml --job_id shards --export_shard_size 200000 --export_path parts/out.jsonl --partition.size 77
count=$(find parts -name 'out-*-of-*.jsonl' | wc -l)
equal "$count" "$(($(stat -c %s want.jsonl) / 200000 + 1))" "number of shards"
cat parts/out-*.jsonl >joined.jsonl
same joined.jsonl want.jsonl
first=$(find parts -name 'out-*.jsonl' | sort | head -n 1)
equal "$(wc -l <"$first")" "$(((kept + count - 1) / count))" "rows are spread evenly"

expect 0 ranks 3 --config r.yaml --job_id stats --keep_stats_in_res_ds true
says out.jsonl '"__dj__stats__": {"text_len": '
equal "$(wc -l <out.jsonl)" "$kept" "the same samples"
# Fed in again, the statistics are there already and give the same verdicts.
mv out.jsonl again.jsonl
sed -e 's/in.jsonl/again.jsonl/' -e '/_mapper:/d' -e '/repl:/d' r.yaml >filters.yaml
expect 0 ranks 2 --config filters.yaml --job_id again
equal "$(wc -l <out.jsonl)" "$kept" "nothing is dropped the second time"

# Other text keys, nested ones too.
cat >nested.jsonl <<'JSON'
{"data": {"body": "see http://example.com now", "n": 1.50}, "title": "http://a.example/ x"}
{"data": {"body": 5}, "title": "ok"}
{"data": {"other": "x"}, "title": "ok"}
JSON
cat >nested.yaml <<'YAML'
dataset_path: nested.jsonl
export_path: nested_out.jsonl
text_keys: data.body
process:
  - clean_links_mapper:
  - clean_links_mapper:
      text_key: title
YAML
expect 0 ranks 2 --config nested.yaml --job_id nested
printf '%s\n' '{"data": {"body": "see  now", "n": 1.50}, "title": " x"}' >want_nested
same nested_out.jsonl want_nested
equal "$(wc -l <outputs/nested/rejected/reasons.jsonl)" 2 "two samples have no such text"
