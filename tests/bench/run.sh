#!/usr/bin/env bash
# Speed, as ratios against a yardstick that runs in the same minutes on the same file:
# python3's json.loads + json.dumps. Prints; asserts nothing. Needs a release build.
#   tests/bench/run.sh [--megabytes N] [--rounds N] [--memory]
# BENCH_DIR: where corpus and results lie (default: a folder in /dev/shm when there is
# room, so that the disk is not what is measured). DJ_PYTHON: a Python in which
# py-data-juicer is installed, to run its default executor too, on 10 MB.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=cmake/mpi-env.sh
. "$root/cmake/mpi-env.sh"
megabytes=100
rounds=5
memory=0
while [ $# -gt 0 ]; do
  case $1 in
    --megabytes) megabytes=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --memory) memory=1 ;;
    *) sed -n '2,8s/^# //p' "$0" >&2; exit 2 ;;
  esac
  shift
done
dj=${DJ_BIN:-$root/build/release/src/dj-mpi}
[ -x "$dj" ] || { echo "no $dj: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
empty=$(dirname "$dj")/../tests/bench_empty_mpi
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}')
if [ -z "${BENCH_DIR:-}" ]; then
  if [ "${room:-0}" -gt $((megabytes * 8 + 4000 * memory)) ]; then
    BENCH_DIR=/dev/shm/dj-bench.$$
  else
    BENCH_DIR=$(mktemp -d)
  fi
fi
mkdir -p "$BENCH_DIR"
# shellcheck source=tests/bench/measure.sh
. "$root/tests/bench/measure.sh"
trap 'rm -rf "$BENCH_DIR/run"; [ -n "${BENCH_KEEP:-}" ] || rm -rf "$BENCH_DIR"' EXIT
corpus=$BENCH_DIR/corpus-$megabytes.jsonl
[ -e "$corpus" ] || "$root/configs/demo/make_corpus.sh" "$corpus" "$megabytes"
bytes=$(stat -c %s "$corpus")

cat >"$BENCH_DIR/yardstick.py" <<'PY'
import json, sys
for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
    json.dumps(json.loads(line), ensure_ascii=False)
PY
printf 'dataset_path: x\nexport_path: x\nprocess: []\n' >"$BENCH_DIR/none.yaml"

# timed NAME COMMAND...: appends "cpu wall" to NAME's list of figures.
timed() {
  local name=$1
  shift
  rm -rf "$BENCH_DIR/run"
  /usr/bin/env bash -c 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>'"$BENCH_DIR/stderr" _ "$@" \
    2>"$BENCH_DIR/time" || { cat "$BENCH_DIR/stderr"; exit 1; }
  awk '{print $1 + $2, $3}' "$BENCH_DIR/time" >>"$BENCH_DIR/figures.$name"
}
job() {
  local n=$1 config=$2
  shift 2
  if [ "$n" -gt 0 ]; then set -- mpirun -n "$n" "$dj" --config "$config" "$@"; else set -- "$dj" --config "$config" "$@"; fi
  command=("$@" --dataset_path "$corpus" --export_path "$BENCH_DIR/run/out.jsonl" --work_dir "$BENCH_DIR/run" --progress.interval 0)
}
median() { awk -v c="$2" '{print $c}' "$BENCH_DIR/figures.$1" | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# Two processes that know nothing of each other, each on one half of the corpus: what the
# two cores of this machine can give at most.
split -n l/2 --additional-suffix=.jsonl "$corpus" "$BENCH_DIR/half-"
halves() {
  local half pids=()
  for half in aa ab; do
    "$dj" --config "$1" --dataset_path "$BENCH_DIR/half-$half.jsonl" --progress.interval 0 \
      --export_path "$BENCH_DIR/run/$half.jsonl" --work_dir "$BENCH_DIR/run/$half" &
    pids+=($!)
  done
  wait "${pids[@]}"
}
export -f halves
export dj BENCH_DIR

declare -A configs=([none]="$BENCH_DIR/none.yaml" [four]="$root/configs/demo/demo.yaml" [fourteen]="$root/configs/demo/all_operators.yaml")
rm -f "$BENCH_DIR"/figures.*
cat >"$BENCH_DIR/ten.jsonl" < <(head -n 10 "$corpus")
for _ in $(seq "$rounds"); do
  timed yardstick python3 "$BENCH_DIR/yardstick.py" "$corpus"
  for name in none four fourteen; do
    job 0 "${configs[$name]}"; timed "$name.0" "${command[@]}"
    job 1 "${configs[$name]}"; timed "$name.1" "${command[@]}"
    job 2 "${configs[$name]}"; timed "$name.2" "${command[@]}"
    timed "$name.h" halves "${configs[$name]}"
  done
  for strategy in disabled auto every_partition every_op; do
    for n in 0 2; do
      job $n "${configs[fourteen]}" --checkpoint.strategy $strategy --job_id sets
      timed "$strategy.$n" "${command[@]}"
      sed -n 's/.*"bytes": \([0-9]*\),/\1/p' <(grep -A 2 '"checkpoints": {' "$BENCH_DIR/run/sets/job_summary.json") \
        >"$BENCH_DIR/stored.$strategy"
    done
  done
  timed mpi.1 mpirun -n 1 "$empty"
  timed mpi.2 mpirun -n 2 "$empty"
  corpus_all=$corpus; corpus=$BENCH_DIR/ten.jsonl
  job 0 "${configs[four]}"; timed ten.0 "${command[@]}"
  job 2 "${configs[four]}"; timed ten.2 "${command[@]}"
  corpus=$corpus_all
done

ycpu=$(median yardstick 1); ywall=$(median yardstick 2)
echo "corpus: $bytes bytes; median of $rounds rounds; the yardstick is python3 json loads + dumps"
awk -v b="$bytes" -v c="$ycpu" -v w="$ywall" 'BEGIN {printf "yardstick      %7.1f MB/s (%.3f s CPU, %.3f s wall)\n", b / w / 1e6, c, w}'
echo "                     MB/s   CPU s  wall s   yardstick/dj-mpi: CPU   wall"
for name in none four fourteen; do
  for n in 0 1 2; do
    awk -v n="$n" -v name="$name" -v b="$bytes" -v c="$(median "$name.$n" 1)" -v w="$(median "$name.$n" 2)" \
      -v yc="$ycpu" -v yw="$ywall" 'BEGIN {
        who = n == 0 ? "no launcher" : "mpirun -n " n
        printf "%-9s %-11s %7.1f %7.3f %7.3f %21.2f %6.2f\n", name, who, b / w / 1e6, c, w, yc / c, yw / w}'
  done
done
for name in none four fourteen; do
  printf '%-9s %s instructions for a byte of input (valgrind, so AVX2; the start taken off)\n' "$name" \
    "$(instructions_per_byte "${configs[$name]}" "$corpus")"
done
echo "two ranks against one, wall time less that of an empty MPI program, median of pairs"
echo "(in brackets: two independent processes on halves against one, what the machine gives):"
pairs() { paste "$BENCH_DIR/figures.$1" "$BENCH_DIR/figures.$2" "$BENCH_DIR/figures.mpi.1" "$BENCH_DIR/figures.mpi.2" |
  awk -v less="$3" '{print ($2 - less * $6) / ($4 - less * $8)}' | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
for name in none four fourteen; do
  printf '%-9s %.2f times (%.2f)\n' "$name" "$(pairs "$name.1" "$name.2" 1)" "$(pairs "$name.0" "$name.h" 0)"
done
awk -v a="$(median ten.0 2)" -v b="$(median ten.2 2)" -v e="$(median mpi.2 2)" 'BEGIN {
  printf "ten lines: %.0f ms without a launcher; mpirun -n 2: %.0f ms above an empty MPI program (%.0f ms)\n", a * 1000, (b - e) * 1000, e * 1000}'

echo "checkpoint strategies, fourteen operators: time over that with disabled (pairs of a round),"
echo "without a launcher and on two ranks, and bytes stored over bytes of input:"
over() { paste "$BENCH_DIR/figures.$1" "$BENCH_DIR/figures.$2" |
  awk -v c="$3" '{print $c / $(c + 2)}' | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
for strategy in auto every_partition every_op; do
  printf '%-16s CPU %.2f %.2f   wall %.2f %.2f   stored %s\n' $strategy \
    "$(over $strategy.0 disabled.0 1)" "$(over $strategy.2 disabled.2 1)" \
    "$(over $strategy.0 disabled.0 2)" "$(over $strategy.2 disabled.2 2)" \
    "$(awk -v b="$bytes" '{printf "%.3f", $1 / b}' "$BENCH_DIR/stored.$strategy")"
done
two=$(dirname "$dj")/../tests/bench_ckpt_write
[ ! -x "$two" ] || mpirun -n 2 "$two" "$BENCH_DIR" || true
exchange=$(dirname "$dj")/../tests/bench_exchange
for n in 1 2; do
  [ ! -x "$exchange" ] || mpirun -n "$n" "$exchange" 3000000 "$BENCH_DIR/spill" || true
done

if [ "$memory" -eq 1 ]; then
  echo "peak resident memory of a rank, fourteen operators:"
  for size in 20 200 1000; do
    part=$BENCH_DIR/memory.jsonl
    awk -v limit=$((size * 1000000)) '{ a[NR] = $0 } END { for (;;) for (i = 1; i <= NR; i++) {
      print a[i]; n += length(a[i]) + 1; if (n >= limit) exit } }' <(head -c 20000000 "$corpus" | sed '$d') >"$part"
    corpus_all=$corpus; corpus=$part
    job 0 "${configs[fourteen]}"
    rm -rf "$BENCH_DIR/run"
    "${command[@]}" >/dev/null 2>&1
    peak=$(grep -ho '"peak_resident_kb": [0-9]*' "$BENCH_DIR"/run/*/event_logs/events.jsonl | sort -t' ' -k2 -n | tail -1)
    echo "  $size MB: ${peak#*: } kB"
    corpus=$corpus_all
    rm -f "$part"
  done
fi

# A part will do: it takes minutes, and the start of either is in its figure. Bytes that are
# no UTF-8 would end Data-Juicer's job.
if [ -n "${DJ_PYTHON:-}" ]; then
  part=$BENCH_DIR/part.jsonl
  head -c 10000000 "$corpus" | sed '$d' | iconv -f UTF-8 -t UTF-8 -c >"$part" || true
  for name in four fourteen; do
    sed -e "s|^dataset_path:.*|dataset_path: $part|; s|^export_path:.*|export_path: $BENCH_DIR/run/dj.jsonl|; s|^work_dir:.*|work_dir: $BENCH_DIR/run/|" \
      "${configs[$name]}" >"$BENCH_DIR/dj-$name.yaml"
    echo "np: 1" >>"$BENCH_DIR/dj-$name.yaml"
    timed "dj-$name" "$(dirname "$DJ_PYTHON")/dj-process" --config "$BENCH_DIR/dj-$name.yaml"
    corpus_all=$corpus; corpus=$part
    for _ in 1 2 3; do job 0 "${configs[$name]}"; timed "part-$name" "${command[@]}"; done
    corpus=$corpus_all
    awk -v name="$name" -v b="$(stat -c %s "$part")" -v c="$(median "dj-$name" 1)" -v m="$(median "part-$name" 1)" \
      'BEGIN {printf "Data-Juicer, %s operators, %d bytes: %.1f s CPU, dj-mpi %.3f s: %.0f times\n", name, b, c, m, c / m}'
  done
fi
