#!/usr/bin/env bash
# dj-mpi events: what happened to a job, in order, from all files it is in; filters; while
# the job runs; and the check that finds what was changed or is missing.
# ranks: 2
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 1200 >in.jsonl
sed -i '$s/$/ garbage/' in.jsonl
recipe r.yaml
log=outputs/job/event_logs

# count JOB FILTER...: how many events pass, by the program and by PYTHON's condition on e.
count() {
  local condition=$1
  shift
  expect 0 "$DJ_BIN" events job --json "$@"
  equal "$(wc -l <out)" "$(python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
print(sum(1 for e in events if eval(sys.argv[2])))' $log/events.jsonl "$condition")" "$*"
}

# A complete job.
expect 0 ranks 2 --config r.yaml --job_id job --partition.size 100 --checkpoint.strategy every_op
expect 0 "$DJ_BIN" events job
same out $log/events.log
expect 0 "$DJ_BIN" events job --json
same out $log/events.jsonl
count "e['event_type'] == 'partition_complete'" --type partition_complete
count "e['event_type'] in ('job_start', 'checkpoint_save')" --type job_start,checkpoint_save
count "e['rank'] == 1" --rank 1
count "e.get('partition_id') == 3" --partition 3
count "e.get('operation_name') == 'words_num_filter' and e['rank'] == 0" --op words_num_filter --rank 0
count "'mpirun' in json.dumps(e)" --grep mpirun
count "e['event_type'] == 'warning'" --level WARNING
count "True" --since 1d
count "False" --since 2100-01-01
middle=$(python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readlines()[100])["timestamp"])' $log/events.jsonl)
count "e['timestamp'] >= $middle" --since "$middle"
count "e['timestamp'] >= int($middle)" --since "$(date -u -d "@${middle%.*}" +%FT%TZ)"
count "e['timestamp'] >= int($middle)" --since "$(date -d "@${middle%.*}" '+%F %T')"
expect 0 "$DJ_BIN" events job --type partition_complete --last 3
grep ' partition_complete ' $log/events.log | tail -3 >want
same out want
expect 0 "$DJ_BIN" events job --follow --last 1
tail -1 $log/events.log >want
same out want
says err "does not run (any more): completed"
expect 2 "$DJ_BIN" events job --type partition_complte
says err "was partition_complete meant?"
expect 2 "$DJ_BIN" events job --level LOUD
says err "there are DEBUG, INFO, WARNING and ERROR"
expect 2 "$DJ_BIN" events job --since 5
says err "before now, or seconds since 1970"
expect 2 "$DJ_BIN" events job --check --last 3
expect 2 "$DJ_BIN" events nojob
expect 0 "$DJ_BIN" events job --check
says out "its event log is sound"
expect 0 "$DJ_BIN" events job --check --json
python3 - out outputs/job/job_summary.json <<'P'
import json, sys
check, summary = (json.load(open(name)) for name in sys.argv[1:])
assert check["sound"] and not any(c["skipped"] or c["wrong"] for c in check["checks"])
for key in ("read", "kept", "filtered", "rejected"):
    assert check["ledger"][key] == summary["ledger"][key], key
for mine, other in zip(check["operators"], summary["operators"], strict=True):
    for key in ("name", "rows_in", "rows_out", "dropped", "rejected"):
        assert mine[key] == other[key], (key, mine, other)
P

# A last line that is not whole is told, and no error.
cp $log/events.jsonl whole
head -c 150 whole >>$log/events.jsonl
expect 0 "$DJ_BIN" events job --check
says out "1 last lines are half-written"
expect 0 "$DJ_BIN" events job --json
same out whole
says err "1 half-written last lines were passed over"

# wrong WAY TEXT: after this damage the check names it.
wrong() {
  cp whole $log/events.jsonl
  python3 "$here/support/edit_events.py" "$1" $log/events.jsonl
  expect 1 "$DJ_BIN" events job --check
  says out "$2"
  expect 1 "$DJ_BIN" events job --check --json
  says out '"sound": false'
}
wrong no_complete "of rank"
says out "but nothing tells how that ended"
wrong counts "in is not"
wrong counts_balanced "by job_summary.json"
wrong twice "is there twice"
wrong order "older than an event"
wrong no_json "no JSON from here on"
wrong field "partition_id is missing"
wrong other_job "is an event of job"
cp whole $log/events.jsonl

# Events where the job was told to write them.
expect 0 ranks 2 --config r.yaml --job_id far --event_log_dir logs
expect 0 "$DJ_BIN" events far --check
says out "logs/far/event_logs"

# Rotated files are one log; when the oldest are gone the counts cannot be compared.
expect 0 ranks 2 --config r.yaml --job_id rot --partition.size 6 --event_logging.max_log_size_mb 1
[ -e outputs/rot/event_logs/events.jsonl.2 ] || fail "the log was not rotated"
expect 0 "$DJ_BIN" events rot --check
silent_about out skipped
expect 0 "$DJ_BIN" events rot
cat outputs/rot/event_logs/events.log.{5,4,3,2,1} outputs/rot/event_logs/events.log >want 2>/dev/null || true
same out want
rm "$(find outputs/rot/event_logs -name 'events.jsonl.?' | sort | tail -1)"
expect 0 "$DJ_BIN" events rot --check
says out "the oldest events were rotated away"
says out "skipped    ledger"

[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "the rest needs a build that injects faults"; exit 0; }

# Killed: what nobody has merged is shown, each line once, and stays so after a resumption.
rm -f out.jsonl
code=0
DJ_FAULT=op.process:rank=0:nth=100:kill ranks 2 --config r.yaml --job_id kill --partition.size 50 >out 2>err || code=$?
[ $code -ne 0 ] || fail "the fault did not kill"
ls outputs/kill/event_logs/events.rank*.part >/dev/null || fail "no rank has left its events"
expect 0 "$DJ_BIN" events kill --json
mv out killed
says killed partition_complete
python3 -c '
import json, sys
times = [json.loads(line)["timestamp"] for line in open("killed")]
assert times == sorted(times)'
part=$(find outputs/kill/event_logs -name 'events.rank00000.*.part' | sort | tail -1)
cp "$part" part
head -c 100 part >>"$part"
expect 0 "$DJ_BIN" events kill --check
says out "last lines are half-written"
says out "were at work when attempt 1 died"
expect 0 "$DJ_BIN" events kill --follow --last 2
says err "its run was killed"
expect 0 ranks 2 --config r.yaml --job_id kill --partition.size 50
expect 0 "$DJ_BIN" events kill --check
says out "attempt 1 died"
expect 0 "$DJ_BIN" events kill --json
# The same lines come first; files have headers, which are written by the merge.
sed '/"event log of dj-mpi"/d' killed | sort >want
sed -i '/"event log of dj-mpi"/d' out
sed "$(wc -l <want)q" out | sort >now
same now want
says out '"event_type": "job_restart"'

# While it runs: every line once, through merges and rotation, until it has ended.
rm -f out.jsonl
DJ_FAULT=op.process:rank=0:nth=100:nap ranks 2 --config r.yaml --job_id live --partition.size 4 --event_logging.max_log_size_mb 1 >run.out 2>&1 &
run=$!
while [ ! -e outputs/live/event_logs ] || [ ! -e outputs/live/job_summary.json ]; do sleep 0.02; done
expect 0 "$DJ_BIN" events live --follow --json
says err "does not run (any more): completed"
wait $run
cp out followed
expect 0 "$DJ_BIN" events live --json
sort followed >now
sort out >want
same now want
expect 0 "$DJ_BIN" events live --check
