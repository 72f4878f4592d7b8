#!/usr/bin/env bash
# Killed at random moments, any process of it, any number of times, and resumed with any
# number of ranks: nothing is lost, doubled or different.
# Half of the jobs have operators that compare the rows of all ranks.
# usage: random_kill.sh [--kills N] [--seed N]; prints a table of who was killed when.
# For a long run --kills 2000, with another seed each time.
# ranks: 4
# timeout: 900
# alone: yes
# shellcheck source=tests/crash.sh
. "$(dirname "$0")/../crash.sh"

kills=200
seed=20
while [ $# -gt 0 ]; do
  case $1 in
    --kills) kills=$2 ;;
    --seed) seed=$2 ;;
    *) fail "usage: random_kill.sh [--kills N] [--seed N]" ;;
  esac
  shift 2
done
undisturbed 1200
undisturbed_global 1200
touch killed

# dice N: a number from 0 to N - 1 in $roll. $RANDOM gives the same ones for a seed.
dice() { roll=$((RANDOM % $1)); }

# now_us: microseconds.
now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# The processes of the run that was begun as $pid.
ranks_of() { if [ "$n" -eq 0 ]; then echo "$pid"; else pgrep -P "$pid" || true; fi; }

# begin N ARGS...: starts a run in the background. In a session of its own: an mpirun that
# ends its ranks just after their birth signals the process group that they are in then.
begin() {
  n=$1
  shift
  touch begun
  if [ "$n" -eq 0 ]; then
    "$DJ_BIN" "$@" >out 2>err </dev/null &
  else
    setsid mpirun -n "$n" "$DJ_BIN" "$@" >out 2>err </dev/null &
  fi
  pid=$!
}

# Waits until the run has its lock: from then on it is at work.
at_work() {
  local since=$SECONDS
  while kill -0 "$pid" 2>/dev/null && ! [ outputs/j/job.lock -nt begun ]; do
    [ $((SECONDS - since)) -lt $patience ] || fail "it hangs at its beginning"
    sleep 0.004
  done
}

# end_ranks PID...: those of a run whose mpirun is gone end by themselves, or are ended.
# Until a process is gone altogether it has the lock of its job.
end_ranks() {
  local since=$SECONDS tries=0
  while [ $tries -lt 100 ] && kill -0 "$@"; do
    tries=$((tries + 1))
    sleep 0.02
  done
  kill -KILL "$@" || true
  while kill -0 "$@"; do
    [ $((SECONDS - since)) -lt $patience ] || return 1
    sleep 0.02
  done
} 2>/dev/null

# kill_run VICTIM: false when the run was over before.
kill_run() {
  kill -0 "$pid" 2>/dev/null && [ ${#all[@]} -ge "$n" ] || return 1
  case $1 in
    rank0) kill -KILL "${all[0]}" ;;
    rank)
      dice ${#all[@]}
      kill -KILL "${all[roll]}"
      ;;
    mpirun) kill -KILL "$pid" ;;
    all) kill -KILL "${all[@]}" "$pid" ;;
  esac 2>/dev/null
}

# measure RECIPE RANKS: how long a run works, in microseconds.
declare -A span=()
measure() {
  local since
  enter measured "${1/plain/.}"
  begin "$2" --config r.yaml --job_id m
  since=$(now_us)
  wait "$pid"
  span[$1.$2]=$(($(now_us) - since))
  leave measured
}

# One job that is disturbed a few times and then finished.
job() {
  local number=$1 folder=job.$1 rounds victim strategy size left soft recipe=plain
  local -a words all victims=(rank rank0 mpirun all) sizes=(7 9 20 61)
  RANDOM=$((seed * 1000003 + number))
  dice ${#strategies[@]}
  strategy=${strategies[roll]}
  strategy "$strategy"
  dice 4
  size=${sizes[roll]}
  dice 4
  rounds=$((roll + 1))
  dice 2
  [ "$roll" -eq 0 ] || recipe=global
  context="seed $seed, job $number ($recipe, $strategy, partitions of $size)"
  enter "$folder" "${recipe/plain/.}"
  while [ $rounds -gt 0 ]; do
    rounds=$((rounds - 1))
    dice 8 # most runs are cheap to start
    n=$((roll < 4 ? 0 : roll - 3))
    begin "$n" --config r.yaml --job_id j --partition.size "$size" "${words[@]}"
    dice 4
    soft=$roll
    dice 8 # one of eight dies while it starts; to be asked it has to be at work
    if [ "$roll" -ne 0 ] || [ "$soft" -eq 0 ]; then at_work; fi
    dice 1000
    left=$((roll * span[$recipe.$n] / 1000))
    sleep "$((left / 1000000)).$(printf '%06d' $((left % 1000000)))"
    dice 4
    victim=${victims[roll]}
    mapfile -t all < <(ranks_of)
    if [ "$soft" -eq 0 ]; then # asked to stop, so that there is something to lose
      kill -USR1 "${all[@]}" 2>/dev/null || true
    elif kill_run "$victim"; then
      [ "$n" -gt 0 ] || victim=all
      echo "$victim $strategy $n $recipe" >>"$work/killed"
    fi
    code=0
    wait "$pid" 2>/dev/null || code=$?
    [ "$n" -eq 0 ] || end_ranks "${all[@]}" || fail "a rank cannot be killed"
    sane
    case $code in
      0 | 75 | 137) ;;
      *) fail "exit code $code: $(tail -n 3 err)" ;;
    esac
  done
  finish_job j "$number" "${words[@]}"
  right j
  leave "$folder"
}

# worker FIRST: jobs until there were kills enough.
worker() {
  local number=$1
  while [ "$(wc -l <"$work/killed")" -lt "$kills" ]; do
    job "$number"
    echo >>"$work/finished"
    number=$((number + jobs_at_once))
  done
}

# table COLUMN TITLE: kills by who or what is in that column.
table() {
  printf '%-16s %s\n' "$2" kills
  cut -d' ' -f"$1" killed | sort | uniq -c | awk '{ printf "%-16s %d\n", $2, $1 }'
  echo
}

for n in 0 1 2 3 4; do
  measure plain "$n"
  measure global "$n"
done
echo "seed $seed"
touch finished
wrong=0
seq 0 $((jobs_at_once - 1)) | each_line worker || wrong=1
table 1 victim
table 2 strategy
table 3 ranks
table 4 recipe
checks=$(wc -l <finished)
echo "$(wc -l <killed) kills, $checks jobs: lost, doubled or different $wrong"
[ $wrong -eq 0 ] || fail "see above"
