#!/usr/bin/env bash
# dj-mpi stop, list and status: a running job is asked to stop by a word, from outside, and
# all of them tell what is so.
# ranks: 4
# timeout: 600
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

rows 4000 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id base
cp out.jsonl want.jsonl
cp out_stats.jsonl want_stats.jsonl

# begin RANKS ID [WORD...]: a slow run in the background: each read takes a second.
begin() {
  local n=$1 id=$2
  shift 2
  rm -f out.jsonl out_stats.jsonl
  DJ_FAULT=source.read:nap ranks "$n" --config r.yaml --job_id "$id" "$@" >run.out 2>run.err &
  pid=$!
}

# until_there FILE TEXT: waits for it, at most a minute.
until_there() {
  for _ in $(seq 600); do
    grep -qsF -- "$2" "$1" && return
    sleep 0.1
  done
  fail "$1 never said: $2"
}

ended() {
  code=0
  wait $pid || code=$?
  equal $code "$1" "exit code of the run: $(cat run.err)"
}

# value FILE EXPRESSION: of a JSON document d.
value() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

same_results() {
  same out.jsonl want.jsonl
  same out_stats.jsonl want_stats.jsonl
}

# --- a running job, on 2 and on 4 ranks

for n in 2 4; do
  id=run$n
  begin $n $id --partition.size 50
  until_there outputs/$id/progress.json '"phase": "running operators"'
  expect 0 "$DJ_BIN" list --json
  equal "$(value out '[j["state"] for j in d["jobs"] if j["job_id"] == "'$id'"]')" "['running']" "list"
  expect 0 "$DJ_BIN" status $id
  says out "job $id: running (attempt 1, $n ranks)"
  says out "held by"
  says out "doing         running operators"
  expect 0 "$DJ_BIN" status $id --json
  equal "$(value out 'd["lock"]["alive"], d["progress"]["partitions_total"], d["ranks"]')" "(True, 80, $n)" "status"
  equal "$(value out 'd["stop_request"], d["attempts"][0]["status"]')" "(None, 'running')" "status"

  expect 0 "$DJ_BIN" stop $id --wait 100
  says out "job $id: stopped; stopped by dj-mpi stop ("
  ended 75
  says run.err "asks job $id to stop"
  missing out.jsonl
  missing outputs/$id/stop_request.json
  missing outputs/$id/progress.json
  equal "$(value outputs/$id/job_summary.json 'd["status"], d["attempts"][0]["reason"].startswith("stopped by dj-mpi stop (")')" "('stopped', True)" "summary"
  expect 0 "$DJ_BIN" status $id
  says out "job $id: stopped (attempt 1, $n ranks)"
  says out "--job_id $id"
  expect 2 "$DJ_BIN" stop $id
  says err "job $id does not run: it is stopped since"
  missing outputs/$id/stop_request.json

  done=$(value outputs/$id/job_summary.json 'd["partitions"]["done"]')
  [ "$done" -lt 80 ] || fail "all partitions were done before the stop"
  expect 0 ranks 2 --config r.yaml --job_id $id
  same_results
  # What was finished was not done again.
  equal "$(grep -c '"event_type": "partition_complete"' outputs/$id/event_logs/events.jsonl)" 80 "$done were finished before"
  expect 0 "$DJ_BIN" status $id --json
  equal "$(value out 'd["state"], d["share_done"], len(d["attempts"]), d["resumption_command"]')" "('complete', 1.0, 2, None)" "status"
  equal "$(value out 'd["ledger"]["read"], [o["name"] for o in d["operators"]][0]')" "(4000, 'clean_links_mapper')" "status"
done

# --- after the next checkpoint: sets are written after each operator

begin 2 after --partition.size 400 --checkpoint.strategy every_op
until_there outputs/after/job_summary.json '"running"'
expect 0 "$DJ_BIN" stop after --after checkpoint --json
equal "$(value out 'd["asked"], d["after"], d["ended"]')" "(True, 'checkpoint', False)" "stop"
until_there run.err "after the next checkpoint"
expect 0 "$DJ_BIN" status after
says out "when a checkpoint is written"
ended 75
equal "$(value outputs/after/job_summary.json 'd["checkpoints"]["sets"]')" 1 "the first set ended it"
expect 0 "$DJ_BIN" status after --json
equal "$(value out '[s["name"] for s in d["checkpoints"]["sets"]]')" "['checkpoint_000001']" "sets"
expect 0 ranks 4 --config r.yaml --job_id after
same_results

# --- a request is taken back, and the job goes on to its end

begin 2 back --partition.size 400
until_there outputs/back/job_summary.json '"running"'
expect 2 "$DJ_BIN" stop back --cancel
says err "nobody has asked job back to stop"
expect 0 "$DJ_BIN" stop back --after checkpoint
until_there run.err "asks job back to stop"
expect 0 "$DJ_BIN" stop back --cancel
ended 0
says run.err "the request to stop job back was taken back"
same_results

# --- who has no patience asks again

begin 2 again --partition.size 50
until_there outputs/again/job_summary.json '"running"'
expect 0 "$DJ_BIN" stop again --after checkpoint
until_there run.err "after the next checkpoint"
expect 0 "$DJ_BIN" stop again --wait=100
ended 75
expect 2 "$DJ_BIN" stop again --cancel
expect 0 ranks 2 --config r.yaml --job_id again
same_results

# --- a request that nobody took: the next run is not stopped by it, nor one that it names not

begin 2 left --partition.size 50
until_there outputs/left/progress.json '"phase": "running operators"'
kill -STOP "$(value outputs/left/job.lock 'd["process_id"]')" # so that nobody reads it
expect 0 "$DJ_BIN" stop left
kill -KILL "$(value outputs/left/job.lock 'd["process_id"]')"
wait $pid || true
says outputs/left/stop_request.json '"after": "now"'
expect 0 "$DJ_BIN" list --state dead --json
equal "$(value out '[(j["job_id"], "is gone" in j["remark"]) for j in d["jobs"]]')" "[('left', True)]" "list"
expect 0 "$DJ_BIN" status left
says out "job left: dead"
says out "1: killed"
says out "to resume"
expect 2 "$DJ_BIN" stop left
says err "job left does not run: process"
expect 0 ranks 2 --config r.yaml --job_id left
same_results
missing outputs/left/stop_request.json

# --- jobs that do not run, and what is no job

expect 2 "$DJ_BIN" stop base
says err "job base does not run: it is complete since"
for word in stop status; do
  expect 2 "$DJ_BIN" $word bass
  says err "was base meant?"
  expect 2 "$DJ_BIN" $word aft
  says err "was after meant?"
  expect 2 "$DJ_BIN" $word
  says err "of which job?"
done
expect 2 "$DJ_BIN" stop base --after lunch
expect 2 "$DJ_BIN" stop base --wait=soon
expect 2 "$DJ_BIN" list --state asleep
expect 2 "$DJ_BIN" list --work_dir nowhere

mkdir outputs/nojob
sed 's/"read": 4000/"read": 4001/' outputs/left/job_summary.json >changed
mv changed outputs/left/job_summary.json
head -c 300 outputs/back/job_summary.json >cut.json
mv cut.json outputs/back/job_summary.json
expect 0 "$DJ_BIN" list
silent_about out nojob
equal "$(sed -n '2,$p' out | cut -d' ' -f1 | sort | tr '\n' ' ')" "after again back base left run2 run4 " "all jobs"
says out "is damaged"
expect 0 "$DJ_BIN" list --json --state damaged,failed --sort id
equal "$(value out '[(j["job_id"], j["state"]) for j in d["jobs"]]')" "[('back', 'damaged'), ('left', 'damaged')]" "list"
expect 0 "$DJ_BIN" list --json --state complete --limit 2
equal "$(value out '[j["job_id"] for j in d["jobs"]]')" "['again', 'after']" "the newest first"
equal "$(value out 'd["count"], d["jobs"][0]["samples_read"], d["jobs"][0]["partitions_done"]')" "(5, 4000, 80)" "list"
expect 0 "$DJ_BIN" status left
says out "job left: damaged"
expect 0 "$DJ_BIN" status left --json
equal "$(value out 'd["state"], "damaged" in d["remark"]')" "('damaged', True)" "status"

# A job with a partition that fails, and one that could not begin.
DJ_FAULT=source.read:rank=0:nth=3:fail expect 3 ranks 0 --config r.yaml --job_id part --fault_tolerance.max_retries 0
expect 0 "$DJ_BIN" status part --json
equal "$(value out 'd["state"], len(d["failed_partitions"]), d["resumption_command"].endswith("--job_id part")')" "('partial', 1, True)" "status"
expect 0 "$DJ_BIN" status part
says out "to try the failed partitions again"
DJ_FAULT=map.write:fail expect 1 ranks 2 --config r.yaml --job_id bad
expect 0 "$DJ_BIN" status --config r.yaml --partition.size 50 --job_id bad
says out "job bad: failed"
expect 2 "$DJ_BIN" status --config r.yaml
says err "of which job?"
expect 0 "$DJ_BIN" status bad --config r.yaml
says out "job bad: failed"
expect 0 "$DJ_BIN" list --state partial,failed --sort state
equal "$(sed -n '2,$p' out | cut -d' ' -f1 | tr '\n' ' ')" "part bad " "by state"
