#!/usr/bin/env bash
# What Parquet in and out costs beside pyarrow, which reads the same file and writes it
# with the same compression on one thread, in the same minutes. Prints; asserts nothing.
# Needs a release build and a Python with pyarrow.
#   tests/bench/parquet.sh [--megabytes N] [--rounds N]
# DJ_BIN, DJ_ARROW_PYTHON: the program, the Python; BENCH_DIR: where the files lie.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
megabytes=100
rounds=3
while [ $# -gt 0 ]; do
  case $1 in
    --megabytes) megabytes=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    *) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;;
  esac
  shift
done
dj=${DJ_BIN:-$root/build/release/src/dj-mpi}
python=${DJ_ARROW_PYTHON:-python3}
[ -x "$dj" ] || { echo "no $dj: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
"$python" -c "import pyarrow" || { echo "$python has no pyarrow" >&2; exit 1; }
folder=${BENCH_DIR:-$(mktemp -d)}
mkdir -p "$folder"
[ -n "${BENCH_DIR:-}" ] || trap 'rm -rf "$folder"' EXIT

cat >"$folder/copy.py" <<'PY'
import sys
import pyarrow as pa, pyarrow.parquet as pq
pa.set_cpu_count(1); pa.set_io_thread_count(1)
codec, source, target = sys.argv[1:]
level = 3 if codec == "zstd" else None
table = pq.ParquetFile(source, memory_map=False)
with pq.ParquetWriter(target, table.schema_arrow, compression=codec, compression_level=level) as out:
    for group in range(table.num_row_groups):
        out.write_table(table.read_row_group(group, use_threads=False))
PY
printf 'dataset_path: x\nexport_path: x\nprocess: []\n' >"$folder/none.yaml"

# timed FILE COMMAND...: appends "cpu wall peak-MiB" to the file.
timed() {
  local file=$1
  shift
  rm -rf "$folder/run"
  "$python" - "$file" "$@" <<'PY'
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "a") as file:
    print(f"{usage.ru_utime + usage.ru_stime:.3f} {wall:.3f} {usage.ru_maxrss / 1024:.0f}", file=file)
PY
}
job() {
  timed "$1" "$dj" --config "$folder/none.yaml" --dataset_path "$2" --export_path "$folder/run/$3" \
    --export_compression "$4" --work_dir "$folder/run" --progress.interval 0
}
least() { sort -g "$1" | head -n 1; }

[ -e "$folder/corpus.jsonl" ] || "$root/configs/demo/make_corpus.sh" "$folder/corpus.jsonl" "$megabytes"
for codec in zstd snappy; do
  job "$folder/$codec.made" "$folder/corpus.jsonl" "corpus.parquet" "$codec"
  mv "$folder/run/corpus.parquet" "$folder/$codec.parquet"
  rm -f "$folder/ours" "$folder/theirs"
  for _ in $(seq "$rounds"); do
    mkdir -p "$folder/run"
    timed "$folder/theirs" "$python" "$folder/copy.py" $codec "$folder/$codec.parquet" "$folder/theirs.parquet"
    job "$folder/ours" "$folder/$codec.parquet" out.parquet $codec
  done
  read -r ours _ peak <<<"$(least "$folder/ours")"
  read -r theirs _ _ <<<"$(least "$folder/theirs")"
  read -r made _ _ <<<"$(least "$folder/$codec.made")"
  awk -v codec=$codec -v ours="$ours" -v theirs="$theirs" -v peak="$peak" -v made="$made" 'BEGIN {
    printf "%-7s Parquet to Parquet: %.2f s of CPU, pyarrow %.2f s: %.2f of it; peak %d MiB; JSON lines to Parquet: %.2f s\n",
      codec, ours, theirs, ours / theirs, peak, made }'
done

# Memory does not grow with the input.
for _ in 1 2 3 4; do cat "$folder/corpus.jsonl"; done >"$folder/four.jsonl"
rm -f "$folder/four"
job "$folder/four" "$folder/four.jsonl" out.parquet zstd
read -r _ _ one <"$folder/zstd.made"
read -r _ _ four <"$folder/four"
echo "peak of JSON lines to Parquet: $one MiB, of four times the input $four MiB"
