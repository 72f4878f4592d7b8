#!/usr/bin/env bash
# A published recipe through Data-Juicer and here: the same samples are left after each
# operator. Needs the folder with Data-Juicer's recorded results; skipped without it.
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
parity=${DJ_PARITY_DIR:-$here/../../shared/parity}
if [ ! -d "$parity/recipes" ]; then
  echo "skipped: no recorded results in $parity (DJ_PARITY_DIR names another folder)"
  exit 77
fi

# Its last operator is a deduplicator, which is not there yet.
gzip -dc "$parity/recipes/corpus-a.jsonl.gz" >corpus-a.jsonl
sed -e '/document_simhash_deduplicator/,$d' -e 's/corpus-a.jsonl.gz/corpus-a.jsonl/' \
  -e 's/^export_path.*/export_path: hn.jsonl/' "$parity/recipes/pile-hackernews.yaml" >recipe.yaml
left() { grep -o '"left": [0-9]*' "$parity/recipes/pile-hackernews.expected.json" | grep -o '[0-9]*$' | sed '$d'; }
rows_out() { sed -n '/"operators"/,/\]/p' "outputs/$1/job_summary.json" | grep -o '"rows_out": [0-9]*' | grep -o '[0-9]*$'; }

for ranks in 0 3; do
  expect 0 ranks $ranks --config recipe.yaml --job_id "r$ranks" --partition.size 100
  equal "$(rows_out r$ranks | tr '\n' ' ')" "$(left | tr '\n' ' ')" "samples after each operator on $ranks ranks"
  sha256sum <hn.jsonl >"sum$ranks"
done
same sum0 sum3

# And compressed, as it is published.
sed -i 's/corpus-a.jsonl$/corpus-a.jsonl.gz/' recipe.yaml
cp "$parity/recipes/corpus-a.jsonl.gz" .
expect 0 ranks 2 --config recipe.yaml --job_id gz
sha256sum <hn.jsonl >sum2
same sum0 sum2
