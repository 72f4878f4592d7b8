#!/usr/bin/env bash
# dj-mpi report: one page that tells what a job did, with the figures of its summary, for
# jobs in any state; nothing in it is markup that came from outside.
# ranks: 2
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 1200 >in.jsonl
sed -i -e '$s/$/ garbage/' -e '7s/"text"/"txet"/' in.jsonl
recipe r.yaml
page() { python3 "$here/support/check_report.py" "$@" || fail "the page is not what it should be"; }

expect 0 ranks 2 --config r.yaml --job_id job --partition.size 100 --checkpoint.strategy every_op
expect 0 "$DJ_BIN" report job
says out "Job job is complete: "
says out "report.html"
page report.html outputs/job/job_summary.json
says report.html "<svg"
says report.html "text key &#39;text&#39; is missing"
says report.html "byte N: "
says report.html "clean_links_mapper:"
expect 0 "$DJ_BIN" report job --json
python3 - out outputs/job/job_summary.json outputs/job/event_logs/events.jsonl <<'P'
import json, sys
report, summary = (json.load(open(name)) for name in sys.argv[1:3])
events = [json.loads(line) for line in open(sys.argv[3])]
done = [e for e in events if e["event_type"] == "partition_complete"]
saves = [e for e in events if e["event_type"] == "checkpoint_save"]
assert report["status"] == "completed" and report["missing"] == [], report["missing"]
for key in ("read", "kept", "filtered", "rejected", "rejected_at_load"):
    assert report["ledger"][key] == summary["ledger"][key], key
over_time = report["over_time"]
assert sum(r["partitions"] for r in over_time["ranks"]) == len(done)
assert abs(sum(p["samples"] for p in over_time["pieces"]) - sum(e["input_rows"] for e in done)) < 1e-6
assert len(report["checkpoints"]["newest"]) == len(saves) == summary["checkpoints"]["sets"]
assert report["slowest_partitions"][0]["seconds"] == max(e["duration"] for e in done)
assert report["slowest_partitions"][0]["file"] == "in.jsonl"
assert sum(r["samples"] for r in report["rejected_samples"]) == summary["ledger"]["rejected"] == 2
assert report["recipe"] == open("r.yaml").read()
assert report["events"] == len(events) - 1
P

# It is written over, another file is not.
expect 0 "$DJ_BIN" report job --output report.html
echo mine >notes.html
expect 2 "$DJ_BIN" report job -o notes.html
says err "is no report of dj-mpi"
equal "$(cat notes.html)" mine "the file that was there"
expect 2 "$DJ_BIN" report job -o outputs
expect 2 "$DJ_BIN" report job --json -o x.html
expect 2 "$DJ_BIN" report nojob
expect 0 "$DJ_BIN" report job -o -
page out outputs/job/job_summary.json

# Text that would be markup is text, wherever it comes from.
hostile='<script>alert("1 & 2")</script>'
mkdir "<b>in"
cp in.jsonl "<b>in/<img src=x>.jsonl"
cat >'<i>&amp;.yaml' <<YAML
project_name: '$hostile'
dataset_path: "<b>in/<img src=x>.jsonl"
export_path: '<u>out.jsonl'
process:
  - clean_email_mapper:
      repl: '$hostile'
  - text_length_filter: {min_len: 20}
YAML
expect 0 ranks 2 --config '<i>&amp;.yaml' --job_id hostile
expect 0 "$DJ_BIN" report hostile -o hostile.html
page hostile.html outputs/hostile/job_summary.json
says hostile.html '&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;'
says hostile.html '&lt;img src=x&gt;.jsonl'
says hostile.html '&lt;i&gt;&amp;amp;.yaml'
silent_about hostile.html '<script'
silent_about hostile.html '<img'

# Damaged and missing files are told, and the rest is there.
cp outputs/job/job_summary.json summary
head -c 500 summary >outputs/job/job_summary.json
printf '\xff\x01<b>no event\n' >>outputs/job/event_logs/events.jsonl
expect 0 "$DJ_BIN" report job
page report.html
says report.html "job_summary.json cannot be used"
says report.html "1 lines of the event log are no events"
says report.html ">1,200<"
sed 's/"kept": [0-9]*/"kept": 1/' summary >outputs/job/job_summary.json
expect 0 "$DJ_BIN" report job
says report.html "was changed since it was written"
cp summary outputs/job/job_summary.json
rm -r outputs/job/event_logs outputs/job/r.yaml outputs/job/rejected
expect 0 "$DJ_BIN" report job
page report.html outputs/job/job_summary.json
says report.html "There are no events to draw"
says report.html "the recipe is not there"
says report.html "event_logs is no folder"

[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "the rest needs a build that injects faults"; exit 0; }

# A partition that fails.
code=0
DJ_FAULT=source.read:nth=3:fail ranks 0 --config r.yaml --job_id part --partition.size 300 --fault_tolerance.max_retries 0 >out 2>err || code=$?
equal $code 3 "exit code"
expect 0 "$DJ_BIN" report part
says out "except for partitions that failed"
page report.html outputs/part/job_summary.json
equal "$(grep -A1 '<h2>Failed partitions' report.html | grep -c None || true)" 0 "failed partitions are named"
rm -f out.jsonl

# Killed, while it runs again, and complete.
code=0
DJ_FAULT=op.process:rank=0:nth=100:kill ranks 2 --config r.yaml --job_id kill --partition.size 50 >out 2>err || code=$?
[ $code -ne 0 ] || fail "the fault did not kill"
expect 0 "$DJ_BIN" report kill
says out "is dead"
page report.html
says report.html "<td>killed</td>"
says report.html "How to resume"
says report.html "Counted by the events so far"
expect 0 "$DJ_BIN" report kill --json
says out '"figures_by": "events"'
DJ_FAULT=op.process:rank=0:nth=30:nap ranks 2 --config r.yaml --job_id kill --partition.size 50 >run.out 2>&1 &
run=$!
until grep -q '"attempt": 2' outputs/kill/job_summary.json; do sleep 0.02; done
expect 0 "$DJ_BIN" report kill -o - --work_dir outputs
page out
wait $run
expect 0 "$DJ_BIN" report kill
page report.html outputs/kill/job_summary.json
