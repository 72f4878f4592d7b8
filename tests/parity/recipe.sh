#!/usr/bin/env bash
# Two published recipes through Data-Juicer and here: the same samples are left after each
# operator, and the kept texts are the same, on any number of ranks. Needs the folder with
# Data-Juicer's recorded results; skipped without it.
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
parity=${DJ_PARITY_DIR:-$here/../../shared/parity}
if [ ! -d "$parity/recipes" ]; then
  echo "skipped: no recorded results in $parity (DJ_PARITY_DIR names another folder)"
  exit 77
fi

gzip -dc "$parity/recipes/corpus-a.jsonl.gz" >corpus-a.jsonl
rows_out() { sed -n '/"operators"/,/\]/p' "outputs/$1/job_summary.json" | grep -o '"rows_out": [0-9]*' | grep -o '[0-9]*$'; }
# Texts alone: Data-Juicer's loader turns other fields, such as whole numbers beside
# fractions, into other types (docs/differences.md).
texts() { grep -o '"text": *"\([^"\\]\|\\.\)*"' | sed 's/^"text": */"text":/' | sha256sum; }

for recipe in pile-hackernews alpaca-cot-zh; do
  sed -e 's/corpus-a.jsonl.gz/corpus-a.jsonl/' -e 's/^export_path.*/export_path: out.jsonl/' \
    -e "s|flagged_words_dir: .*|flagged_words_dir: $parity/assets/words|" \
    "$parity/recipes/$recipe.yaml" >recipe.yaml
  left=$(grep -o '"left": [0-9]*' "$parity/recipes/$recipe.expected.json" | grep -o '[0-9]*$' | tr '\n' ' ')
  want=$(gzip -dc "$parity/recipes/$recipe.expected.jsonl.gz" | texts)
  for ranks in 0 3 8; do
    context="$recipe on $ranks ranks"
    expect 0 ranks $ranks --config recipe.yaml --job_id "$recipe-$ranks" --partition.size 100
    equal "$(rows_out "$recipe-$ranks" | tr '\n' ' ')" "$left" "samples after each operator"
    equal "$(texts <out.jsonl)" "$want" "the kept texts"
    sha256sum <out.jsonl >"sum-$ranks"
    rm out.jsonl
  done
  same sum-0 sum-3
  same sum-0 sum-8
done

# And compressed, as it is published.
cp "$parity/recipes/corpus-a.jsonl.gz" .
expect 0 ranks 2 --config recipe.yaml --job_id gz --dataset_path corpus-a.jsonl.gz
sha256sum <out.jsonl >sum-gz
same sum-0 sum-gz
