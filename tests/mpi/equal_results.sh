#!/usr/bin/env bash
# One answer: all operators, any number of ranks, any partition size, the same bytes.
# ranks: 64
# timeout: 300
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 3000 >in.jsonl
# Lines that are no samples, in places that partition borders cross.
sed -i -e '100s/$/ garbage/' -e '1500s/^/[/' -e '2999s/"text"/"txet"/' in.jsonl
recipe r.yaml

expect 0 ranks 0 --config r.yaml --job_id base
cp out.jsonl base.jsonl
cp out_stats.jsonl base_stats.jsonl
cp outputs/base/rejected/rejected.jsonl outputs/base/rejected/reasons.jsonl .
equal "$(wc -l <base.jsonl)" "$(wc -l <base_stats.jsonl)" "a line of statistics a kept sample"
equal "$(wc -l <rejected.jsonl)" 3 "three lines are no samples"

n=0
check() {
  n=$((n + 1))
  rm -f out.jsonl out_stats.jsonl
  expect 0 ranks "$1" --config r.yaml --job_id "job$n" "${@:2}"
  same out.jsonl base.jsonl
  same out_stats.jsonl base_stats.jsonl
  same "outputs/job$n/rejected/rejected.jsonl" rejected.jsonl
  same "outputs/job$n/rejected/reasons.jsonl" reasons.jsonl
  missing "outputs/job$n/results"
}
for ranks in 1 2 3 4 8 16; do
  for size in 7 100 1000; do
    check $ranks --partition.size $size
  done
done
check 1 --partition.size 1
check 4 --partition.size 1
check 16 --partition.size 1
check 64 --partition.size 100
check 3 --partition.size 100000 --partition.max_size_mb 1
