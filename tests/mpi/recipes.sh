#!/usr/bin/env bash
# The published recipes in configs/recipes: each says in its head what dj-mpi lacks, is refused
# for just that, and runs without it, which the summary says.
# timeout: 240
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

# Texts under the names that the recipes use, and the word lists where they are looked for.
rows 40 | sed -E 's/"text": ("([^"\\]|\\.)*")/"text": \1, "content": \1, "__dj__suffix__": ".py"/' >in.jsonl
equal "$(grep -c '"content": ' in.jsonl)" 40 "rows with a second text"
export HOME=$PWD
mkdir -p .cache/data_juicer
cp -r "$here/data/words" .cache/data_juicer/assets
"$DJ_BIN" ops | awk '{ print $1 }' | sort >known

ran=0
for recipe in "$here"/../configs/recipes/*.yaml; do
  name=$(basename "$recipe" .yaml)
  context=$name
  sed -n 's/^  - \([a-z_]*\):.*/\1/p' "$recipe" | sort -u | comm -23 - known >missing
  if [ -s missing ]; then
    equal "$(sed -n 's/^# Missing in dj-mpi: //p' "$recipe" | sed 's/, /\n/g' | sort)" "$(cat missing)" "its head"
    expect 2 "$DJ_BIN" validate --config "$recipe" --dataset_path in.jsonl
    # One line each, and one above them when they are several.
    equal "$(grep -c 'that dj-mpi does not have' err)" "$(wc -l <missing)" "problems"
    equal "$(wc -l <err)" "$(awk 'END { print (NR > 1 ? NR + 1 : 1) }' missing)" "lines about problems"
  else
    says "$recipe" "# Missing in dj-mpi: nothing"
    expect 0 "$DJ_BIN" validate --config "$recipe" --dataset_path in.jsonl
  fi
  expect 0 "$DJ_BIN" validate --config "$recipe" --dataset_path in.jsonl --skip_unsupported_ops true
  expect 0 ranks 0 --config "$recipe" --dataset_path in.jsonl --export_path "$name.jsonl" \
    --skip_unsupported_ops true --job_id "$name"
  summary=outputs/$name/job_summary.json
  sed -n '/"ledger"/,/}/p' "$summary" >ledger
  says ledger '"read": 40,'
  says ledger '"rejected": 0,'
  while read -r op; do
    says "$summary" "\"$op is left out, because"
  done <missing
  equal "$(grep -c 'is left out, because' "$summary" || true)" "$(wc -l <missing)" "operators left out"
  ran=$((ran + 1))
done
context=
[ "$ran" -ge 28 ] || fail "only $ran recipes"
