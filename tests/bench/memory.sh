#!/usr/bin/env bash
# What a rank holds when rows of all ranks are compared: the same rows on more and more
# ranks, and as many rows a rank while there are more and more in all. Prints lines of the
# tables of docs/scaling.md; asserts nothing. Needs a release build.
#   tests/bench/memory.sh [ROWS], of a rank: 500000
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=cmake/mpi-env.sh
. "$root/cmake/mpi-env.sh"
dj=${DJ_BIN:-$root/build/release/src/dj-mpi}
[ -x "$dj" ] || { echo "no $dj: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
rows=${1:-500000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

corpus() {
  LC_ALL=C awk -v rows="$1" 'BEGIN {
    srand(1)
    for (i = 0; i < rows; i++) {
      text = "row " int(rand() * rows * 5)
      for (word = 0; word < 7; word++) text = text " w" int(rand() * 1000)
      printf "{\"text\": \"%s\"}\n", text
    }
  }' >"$work/in.jsonl"
}

# measure RANKS OPERATOR ROWS: a line of the table, in MB.
measure() {
  printf 'dataset_path: %s\nexport_path: %s\nwork_dir: %s\nprocess:\n  - %s:\n' "$work/in.jsonl" \
    "$work/out.jsonl" "$work/run" "$2" >"$work/r.yaml"
  rm -rf "$work/run" "$work"/out*
  mpirun -n "$1" "$dj" --config "$work/r.yaml" --job_id j --progress.interval 0 >/dev/null 2>"$work/err" ||
    { cat "$work/err" >&2; exit 1; }
  sed -n 's/.*"peak_resident_kb": \([0-9]*\).*"rank": \([0-9]*\).*/\2 \1/p' "$work/run/j/event_logs/events.jsonl" |
    awk -v ranks="$1" -v all="$3" -v op="$2" -v held="$(grep -o '"peak_memory": [0-9]*' "$work/run/j/event_logs/events.jsonl" | grep -o '[0-9]*$' | sort -n | tail -n 1)" '
      $2 > peak[$1] { peak[$1] = $2 }
      END {
        for (rank in peak) { sum += peak[rank]; if (peak[rank] > most) most = peak[rank] }
        printf "| %s | %d | %d | %d | %.0f | %.0f | %.0f |\n", op, ranks, all, all / ranks, sum / ranks / 1000,
          most / 1000, held / 1e6
      }'
}

echo "| operator | ranks | rows | rows a rank | MB resident, mean | MB resident, most | MB of these in the exchange, most |"
for op in document_deduplicator document_minhash_deduplicator; do
  per_rank=$rows
  [ $op = document_deduplicator ] || per_rank=$((rows / 20))
  corpus $((per_rank * 4))
  for ranks in 1 2 4 8; do measure $ranks $op $((per_rank * 4)); done
  for ranks in 1 2 4 8; do
    corpus $((per_rank * ranks))
    measure $ranks $op $((per_rank * ranks))
  done
done
