# shellcheck shell=bash
# Sourced by the benchmarks: a job's instructions per byte of input, counted by valgrind,
# which a busy machine does not change.
: "${dj:?the program}" "${BENCH_DIR:?a folder}"

# counted CONFIG FILE: instructions of the job.
counted() {
  rm -rf "$BENCH_DIR/counted"
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dj" --config "$1" --dataset_path "$2" \
    --export_path "$BENCH_DIR/counted/out.jsonl" --work_dir "$BENCH_DIR/counted" --progress.interval 0 2>&1 |
    sed -n 's/^==.*Collected : \([0-9]*\).*/\1/p'
}

# instructions_per_byte CONFIG CORPUS: of a part of the corpus, less what a job of ten lines
# takes. A dash where valgrind is not installed.
instructions_per_byte() {
  local part=$BENCH_DIR/counted.jsonl few=$BENCH_DIR/counted-ten.jsonl
  if ! command -v valgrind >/dev/null; then
    echo -
    return
  fi
  head -c 3000000 "$2" | sed '$d' >"$part"
  head -n 10 "$part" >"$few"
  awk -v all="$(counted "$1" "$part")" -v start="$(counted "$1" "$few")" \
    -v bytes=$(($(stat -c %s "$part") - $(stat -c %s "$few"))) \
    'BEGIN { printf "%.1f\n", (all - start) / bytes }'
}
