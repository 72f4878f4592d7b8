#!/usr/bin/env bash
# Hurt at each fault point by each action, on the first rank and on another, under every
# checkpoint strategy, and resumed with other numbers of ranks: the export is that of an
# undisturbed run, byte for byte, nothing is lost or doubled.
# usage: crash_sweep.sh [--long]: every action on every way and under every strategy,
# all of four ranks, and more passages of each point.
# ranks: 4
# timeout: 900
# alone: yes
# shellcheck source=tests/crash.sh
. "$(dirname "$0")/../crash.sh"
[ "${DJ_FAULTS:-OFF}" = ON ] || { echo "skipped: this build injects no faults"; exit 77; }

long=false
ranks=2
places=(rank=0:nth=1 rank=1:nth=2)
memory=(5 11 23 47 95)
if [ "${1:-}" = --long ]; then
  long=true
  ranks=4
  places=(rank={0..3}:nth={1,2,5})
  memory=({1..150})
fi
# Most time goes by in waiting for launchers.
jobs_at_once=$((4 * $(nproc)))
undisturbed 300
undisturbed_global 300
page=$("$DJ_BIN" docs faults)
mapfile -t actions < <(sed -n 's/^ *action \([a-z0-9]*\): .*/\1/p' <<<"$page")
# Those at which most is tried come first.
points=$(sed -n 's/^ *point \([a-z.]*\) \([a-z]*\): .*/\1 \2/p' <<<"$page" | sort)
touch struck passed_over

# Why an action makes no sense where such a thing goes on; nothing if it does.
unfit() {
  case $1:$2 in
    reads:enospc | works:enospc) echo "nothing is written there" ;;
    reads:short | works:short | names:short) echo "no bytes are written there" ;;
    works:eio) echo "no file is used there" ;;
    reads:nomem | names:nomem) echo "no memory is asked for there" ;;
  esac
}

# A run that is hurt at a point and never ends by itself is killed as soon as it was.
attempt_and_kill() {
  local n=$1 pid since=$SECONDS
  local -a launcher=()
  [ "$n" -eq 0 ] || launcher=(mpirun -n "$n")
  shift
  code=0
  : >err
  setsid "${launcher[@]}" "$DJ_BIN" "$@" >out 2>err </dev/null &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! grep -q "^dj-mpi: injected at $struck" err; do
    [ $((SECONDS - since)) -lt $patience ] || fail "it hangs before it is hurt"
    sleep 0.05
  done
  # shellcheck disable=SC2046 # several processes
  kill -KILL $(pgrep -P $pid) $pid 2>/dev/null || true
  wait $pid 2>/dev/null || code=$?
  sane
}

# An export that is there after a run that was hurt is the right one, complete.
unharmed() {
  if [ -e out.jsonl ] && [ $code -ne 3 ]; then
    same out.jsonl "$want/out.jsonl"
  fi
  case $1 in # these come before the export has its name
    scan | map.write | source.read | op.* | result.* | ckpt.* | exchange.* | export.write)
      [ $code -eq 0 ] || [ $code -eq 3 ] || missing out.jsonl
      ;;
  esac
}

# The exit codes that a run may end with when this was done to it.
fits() {
  case $1:$code in
    kill:137 | stall:* | stop:0 | nap:0) ;;
    term:75 | usr1:75 | usr2:75 | term:0 | usr1:0 | usr2:0) ;;
    fail:[013] | nomem:[013] | enospc:[013] | eio:[013] | short:[013]) ;;
    *) cat err >&2; fail "exit code $code after $1" ;;
  esac
}

# Ways on which a point is reached: by a first run, by one that is stopping, by a second one;
# and with global operators by a first run, and by one that goes on behind such an operator.
ways=(plain stopped resumed staged later)
kind_of() { case $1 in staged | later) echo global ;; *) echo . ;; esac }

# hurt POINT PLACE ACTION STRATEGY WAY: one run is hurt, then the job is finished.
hurt() {
  local point=$1 place=$2 action=$3 way=$5 before="" run=attempt n=$ranks words
  local -a base
  strategy "$4"
  base=(--config r.yaml --job_id j --partition.size 9 --checkpoint.keep_last 1 "${words[@]}")
  struck="$point: $action"
  [ "$action" != stall ] || run=attempt_and_kill
  # Every other time what happens to the first rank happens to the only one. Kills find out
  # where points are reached, and some are on several ranks only.
  $long || [[ $action = kill || $place != rank=0* ]] || [ $((number % 2)) -eq 0 ] || n=0
  case $way in
    stopped) before="source.read:rank=0:nth=3:usr1," ;;
    resumed) DJ_FAULT=op.process:rank=0:nth=30:usr1 attempt $n "${base[@]}" ;;
    later) DJ_FAULT=exchange.round:rank=0:nth=$((number % 9 + 1)):usr1 attempt $n "${base[@]}" ;;
  esac
  DJ_FAULT=$before$point:$place:$action $run $n "${base[@]}"
  grep -q "^dj-mpi: injected at $struck" err || return 1
  [ "$way:$code" = stopped:75 ] || fits "$action"
  unharmed "$point"
  finish_job j "$number" --checkpoint.keep_last 1 "${words[@]}"
  right j
  echo "$point $place $action $4 $way $resumes" >>"$work/struck"
}

# try POINT PLACE ACTION STRATEGY WAY: false when no run comes by there.
number=0
try() {
  local folder="${1}.${2//[=:]/}.$number" good=true
  context="$1:$2:$3 ($4, $5)"
  enter "$folder" "$(kind_of "$5")"
  hurt "$@" || good=false
  leave "$folder"
  number=$((number + 1))
  $good
}

# sweep POINT KIND PLACE: kills there on all ways find out which of them lead there;
# the other actions take turns on these.
sweep() {
  local point=$1 kind=$2 place=$3 action strategy way why turn=0
  local -a reached=() kinds=("${strategies[@]}")
  # Without sets there is nothing to be hurt about them.
  [[ $point != ckpt.* ]] || kinds=("${strategies[@]:1}")
  number=$(cksum <<<"$point$place" | cut -c1-3)
  for way in "${ways[@]}"; do
    # The exchange is there for global operators only.
    [[ $point != exchange.* || $(kind_of "$way") = global ]] || continue
    for strategy in "${kinds[@]:number % ${#kinds[@]}}" "${kinds[@]:0:number % ${#kinds[@]}}"; do
      if try "$point" "$place" kill "$strategy" "$way"; then
        reached+=("$strategy $way")
        # Sets are what strategies differ in.
        $long || [[ $point == ckpt.* && $(kind_of "$way") = . ]] || break
      elif ! $long && [[ $point != ckpt.* && $point != result.commit ]]; then
        break
      fi
    done
  done
  if [ "${#reached[@]}" -eq 0 ]; then
    echo "$point $place: no run comes by there" >>"$work/passed_over"
    return
  fi
  for action in "${actions[@]}"; do
    why=$(unfit "$kind" "$action")
    if [ -n "$why" ]; then
      echo "$point $action: $why" >>"$work/passed_over"
    elif [ "$action" != kill ] && $long; then
      for way in "${reached[@]}"; do
        # shellcheck disable=SC2086 # two words
        try "$point" "$place" "$action" $way || true
      done
    elif [ "$action" != kill ]; then
      # Which rank does what is not the same each time: another way, then.
      for why in "${reached[@]}"; do
        turn=$((turn + 1))
        # shellcheck disable=SC2086 # two words
        ! try "$point" "$place" "$action" ${reached[turn % ${#reached[@]}]} || break
      done
    fi
  done
}

# The n-th piece of memory is refused, in one rank, without a launcher.
starve() {
  context="mem.grow:nth=$1:nomem"
  enter "memory.$1"
  DJ_FAULT=mem.grow:nth=$1:nomem attempt 0 --config r.yaml --job_id j --partition.size 9
  if grep -q '^dj-mpi: injected' err; then
    finish_job j 0
    right j
    echo "mem.grow rank=0:nth=$1 nomem auto alone $resumes" >>"$work/struck"
  fi
  leave "memory.$1"
}

# A kill costs at most the wave that was at work: 4,096 partitions a rank. Operators
# begin on partitions of waves that are in a set once and never again.
waves() {
  local rows=9000 fault began kills=0
  context="waves of every_partition"
  mkdir waves
  cd waves
  seq $rows | sed 's/.*/{"text": "line & of many"}/' >in.jsonl
  printf '%s\n' 'dataset_path: in.jsonl' 'export_path: out.jsonl' 'process:' \
    '  - text_length_filter:' '      min_len: 3' >r.yaml
  for fault in source.read:nth=6000:kill ckpt.write:nth=2:kill export.rename:kill; do
    DJ_FAULT=$fault attempt 0 --config r.yaml --job_id j --partition.size 1 \
      --checkpoint.strategy every_partition
    equal $code 137 "exit code of a killed run"
    kills=$((kills + 1))
  done
  attempt 0 --config r.yaml --job_id j --checkpoint.strategy every_partition
  equal $code 0 "exit code at the end"
  same out.jsonl in.jsonl
  began=$(grep -c '"event_type": "op_start"' outputs/j/event_logs/events.jsonl)
  [ "$began" -le $((rows + kills * 4096)) ] || fail "$began partitions of $rows were begun"
  cd "$work"
  echo "waves: $kills kills cost $((began - rows)) of $rows partitions," \
    "a wave is 4096"
}

waves
for place in "${places[@]}"; do
  while read -r point kind; do
    echo "$point $kind $place"
  done <<<"$points"
done | each_line sweep || exit 1
printf '%s\n' "${memory[@]}" | each_line starve || exit 1

# column N: how many different words the jobs have there.
column() { cut -d' ' -f"$1" struck | sort -u | wc -l; }
checks=$(wc -l <struck)
echo "passed over:"
sort -u passed_over | sed 's/^/  /'
echo "hurt: $(column 1) of $(wc -l <<<"$points") points, $(column 3) of ${#actions[@]}" \
  "actions, $(column 4) strategies, $checks jobs," \
  "$(awk '{ n += 1 + $6 + ($5 == "resumed" || $5 == "later") } END { print n }' struck) runs," \
  "at most $(awk '$6 > n { n = $6 } END { print n }' struck) to come to the end"
[ "$checks" -gt 200 ] || fail "only $checks jobs were hurt"
