#!/usr/bin/env bash
# Killed at each point at which a job can be hurt, on each rank, and resumed with another
# number of ranks: the export is that of an undisturbed run, nothing is lost or doubled.
# ranks: 4
# timeout: 600
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 1500 >in.jsonl
sed -i -e '700s/$/ garbage/' in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base
mkdir want
cp out.jsonl out_stats.jsonl outputs/base/rejected/*.jsonl want

resume_and_compare() {
  local job=$1 code tries=0
  while :; do
    code=0
    ranks "$((tries % 3 + 1))" --config r.yaml --job_id "$job" >out 2>err || code=$?
    [ $code -eq 0 ] && break
    tries=$((tries + 1))
    [ $tries -lt 4 ] || { cat out err >&2; fail "$job does not come to an end (exit code $code)"; }
  done
  same out.jsonl want/out.jsonl
  same out_stats.jsonl want/out_stats.jsonl
  same "outputs/$job/rejected/rejected.jsonl" want/rejected.jsonl
  same "outputs/$job/rejected/reasons.jsonl" want/reasons.jsonl
  says "outputs/$job/job_summary.json" '"balanced": true'
  says "outputs/$job/job_summary.json" '"read": 1500'
  equal "$(find . -name '*.tmp' | wc -l)" 0 "no temporary file is left"
}

n=0
for action in kill fail term; do
  for point in scan map.write source.read op.process result.write comm.agree event.append \
    event.merge summary.write export.write export.rename job.finish; do
    for where in rank=0:nth=1 rank=1:nth=2; do
      n=$((n + 1))
      rm -f out.jsonl out_stats.jsonl
      context="$point:$where:$action"
      code=0
      DJ_FAULT=$point:$where:$action ranks 2 --config r.yaml --job_id "job$n" --partition.size 100 >out 2>err || code=$?
      case $point in # these come before the export has its name
        scan | map.write | source.read | op.process | result.write | export.write)
          [ $code -eq 0 ] || [ $code -eq 3 ] || missing out.jsonl ;;
      esac
      resume_and_compare "job$n"
    done
  done
done
