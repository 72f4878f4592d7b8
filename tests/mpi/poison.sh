#!/usr/bin/env bash
# A sample that kills its process: after the allowed number of deaths its partition is
# run in child processes, the sample is set aside, and the rest is kept.
# ranks: 3
# timeout: 240
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 200 >in.jsonl
sed -i '40s/"text": "/"text": "POISON /; 150s/"text": "/"text": "POISON /' in.jsonl
recipe r.yaml
# What is to come out: the job without the two lines.
sed -e 40d -e 150d in.jsonl >clean.jsonl
expect 0 ranks 0 --config r.yaml --dataset_path clean.jsonl --job_id base
mv out.jsonl want.jsonl

for strategy in auto every_op; do
  for n in 0 3; do
    context="$strategy on $n ranks"
    job=p-$strategy-$n
    deaths=0
    while :; do
      code=0
      DJ_FAULT=op.sample:text=POISON:kill ranks $n --config r.yaml --job_id "$job" \
        --partition.size 10 --fault_tolerance.max_retries 1 \
        --checkpoint.strategy $strategy >out 2>err || code=$?
      [ $code -ne 0 ] || break
      deaths=$((deaths + 1))
      [ $deaths -le 6 ] || { cat err >&2; fail "no end after $deaths deaths"; }
    done
    [ $deaths -ge 2 ] || fail "set aside after $deaths deaths, before the allowed number"
    same out.jsonl want.jsonl
    equal "$(wc -l <"outputs/$job/rejected/rejected.jsonl")" 2 "two samples are set aside"
    says "outputs/$job/rejected/reasons.jsonl" '"line": 40, "operator": "clean_links_mapper"'
    says "outputs/$job/rejected/reasons.jsonl" '"line": 150, "operator": "clean_links_mapper"'
    says "outputs/$job/rejected/reasons.jsonl" "the process dies with this sample: Killed"
    says "outputs/$job/job_summary.json" '"balanced": true'
    says "outputs/$job/job_summary.json" '"read": 200'
    rm out.jsonl
  done
done

# Samples that may not be lost: the partition fails instead of the program.
context="skip_op_error false"
code=1
for _ in 1 2 3 4 5; do
  code=0
  DJ_FAULT=op.sample:text=POISON:kill ranks 0 --config r.yaml --job_id strict --partition.size 10 \
    --fault_tolerance.max_retries 0 --skip_op_error false >out 2>err || code=$?
  [ $code -ne 3 ] || break
done
equal $code 3 "exit code"
says out "its process dies with this sample"
