# shellcheck shell=bash
# Helpers for tests that hurt jobs: many small jobs side by side, each in a folder of its
# own, all compared with one that nobody disturbed. Source it instead of job.sh.
# shellcheck source=tests/job.sh
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"

# What ranks that are killed leave behind must go with the test, not stay in /dev/shm. A
# job has its own folder for it: launchers that share one take it away from each other.
launch_from() {
  mkdir "$1/ompi"
  export OMPI_MCA_btl_vader_backing_directory=$1/ompi OMPI_MCA_orte_tmpdir_base=$1/ompi
}
launch_from "$work"

# Jobs at a time: more than cores, as most of the time is waiting.
jobs_at_once=${DJ_JOBS:-$((2 * $(nproc) + 1))}

# A run that takes this many seconds hangs.
patience=120

# shellcheck disable=SC2034 # tests go through it
strategies=(disabled every_partition every_op every_n_ops manual auto)

# strategy NAME: sets $words, what chooses it on the command line.
strategy() {
  words=(--checkpoint.strategy "$1")
  case $1 in
    every_n_ops) words+=(--checkpoint.n_ops 3) ;;
    manual) words+=(--checkpoint.op_names "words_num_filter,special_characters_filter") ;;
  esac
}

# undisturbed ROWS: makes in.jsonl, r.yaml and, by one run, want, what every job has to give.
undisturbed() {
  rows "$1" >in.jsonl
  sed -i -e "$(($1 / 2))s/\$/ garbage/" -e "$(($1 / 3))s/\"text\"/\"txet\"/" in.jsonl
  recipe r.yaml
  want_read=$1
  wanted
}

# undisturbed_global ROWS: as many rows, of which a fifth come again, half of them changed a
# little, and operators that compare the rows of all ranks, in the folder global.
undisturbed_global() {
  mkdir global
  cd global
  rows $(($1 * 4 / 5)) | awk '{ print; seen[NR] = $0 }
    NR % 8 == 0 { print seen[NR / 2] }
    NR % 8 == 4 { sub(/"text": "/, "&so ", seen[NR / 4]); print seen[NR / 4] }' >in.jsonl
  sed -i "$(($1 / 2))s/\$/ garbage/" in.jsonl
  recipe r.yaml
  sed -i -e '/whitespace_normalization_mapper/a\  - document_deduplicator:' \
    -e '/alphanumeric_filter/i\  - document_minhash_deduplicator:\n      window_size: 3\n      num_permutations: 2048\n      num_bands: 256\n      num_rows_per_band: 8' \
    -e '/average_line_length_filter/i\  - topk_specified_field_selector:\n      field_key: meta.n\n      top_ratio: 0.8' \
    r.yaml
  # So little memory that records go through files.
  printf 'global_ops:\n  memory_mb: 1\n' >>r.yaml
  wanted
  cd "$work"
}

# wanted: what r.yaml gives goes to want; right compares with it.
wanted() {
  expect 0 ranks 0 --config r.yaml --job_id base
  mkdir want
  mv out.jsonl out_stats.jsonl outputs/base/rejected/rejected.jsonl \
    outputs/base/rejected/reasons.jsonl want
  rm -rf outputs
}

# enter FOLDER [global]: a fresh folder for one job, and into it.
want=$work/want
enter() {
  { mkdir "$work/$1" && cd "$work/$1"; } || fail "no folder $1" # as set -e may be off
  launch_from "$work/$1"
  want=$work/${2:-.}/want
  ln -s "../${2:-.}/in.jsonl" "../${2:-.}/r.yaml" .
}

# leave FOLDER: it was right.
leave() {
  cd "$work"
  rm -rf "${work:?}/$1"
}

# attempt RANKS ARGS...: one run that must come to an end; its exit code is in $code,
# what it says in ./out and ./err. A crash of the program's own is a failure.
code=0
attempt() {
  local n=$1
  shift
  code=0
  if [ "$n" -eq 0 ]; then
    timeout -k 5 $patience "$DJ_BIN" "$@" >out 2>err </dev/null || code=$?
  else
    timeout -k 5 $patience mpirun -n "$n" "$DJ_BIN" "$@" >out 2>err </dev/null || code=$?
  fi
  sane
}

sane() {
  case $code in
    124) fail "it hangs: $(tail -n 3 err)" ;;
    132 | 134 | 135 | 136 | 139)
      cat err >&2
      fail "it crashed with exit code $code"
      ;;
  esac
}

# Ranks that a job is resumed with, one after the other; most of them cheap to start.
resume_ranks=(0 2 0 3 0 1 0 4)

# finish_job JOB FROM ARGS...: runs until exit code 0, at most five times; FROM says
# where in resume_ranks it begins. $resumes tells how often.
resumes=0
finish_job() {
  local job=$1 from=$2
  shift 2
  resumes=0
  while :; do
    attempt "${resume_ranks[(from + resumes) % ${#resume_ranks[@]}]}" --config r.yaml \
      --job_id "$job" "$@"
    resumes=$((resumes + 1))
    [ $code -eq 0 ] && break
    [ $resumes -lt 5 ] || {
      cat out err >&2
      fail "no end after $resumes runs (exit code $code)"
    }
  done
}

# right JOB: the job in this folder gave what the undisturbed one did, lost nothing,
# doubled nothing, and left nothing behind.
right() {
  local summary=outputs/$1/job_summary.json events=outputs/$1/event_logs
  same out.jsonl "$want"/out.jsonl
  same out_stats.jsonl "$want"/out_stats.jsonl
  same "outputs/$1/rejected/rejected.jsonl" "$want"/rejected.jsonl
  same "outputs/$1/rejected/reasons.jsonl" "$want"/reasons.jsonl
  says "$summary" '"status": "completed"'
  says "$summary" '"balanced": true'
  says "$summary" "\"read\": $want_read"
  equal "$(find . -name '*.tmp' | wc -l)" 0 "no temporary file is left"
  equal "$(find "$events" -type f -printf '%f\n' | sort | tr '\n' ' ')" \
    "events.jsonl events.log " "the events of all runs are merged"
  equal "$(wc -l <"$events/events.jsonl")" "$(wc -l <"$events/events.log")" \
    "a readable line an event"
  missing "outputs/$1/results"
  missing "outputs/$1/job.lock"
}

# each_line FUNCTION: calls FUNCTION with the words of each line of its input, in a
# process of its own, some at a time. After one that fails no more are begun.
each_line() {
  local running=0 failed=0 line
  while [ $failed -eq 0 ] && read -r line; do
    if [ $running -ge "$jobs_at_once" ]; then
      wait -n || failed=1
      running=$((running - 1))
    fi
    # shellcheck disable=SC2086 # several words
    ("$1" $line) &
    running=$((running + 1))
  done
  while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
  done
  return $failed
}
