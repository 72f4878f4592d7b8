#!/usr/bin/env bash
# What deduplicators cost: MinHash signatures by kernel beside Data-Juicer's own on the same
# texts, and whole jobs beside one that only copies. CPU seconds, so that a busy machine
# says the same. Then which copies that were planted in the corpus are found, and whether
# Data-Juicer keeps the same rows; fails when an exact copy stays, or rows differ. Needs a
# release build.
#   tests/bench/dedup.sh [FILE.jsonl]
# Without a file: 100 MB of the demo corpus. TMPDIR: should be in memory (/dev/shm, some GB),
# else a disk is measured. DJ_PYTHON: a Python with py-data-juicer; it takes
# some minutes then. SEED: of the copies.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dj=${DJ_BIN:-$root/build/release/src/dj-mpi}
kernels=$(dirname "$dj")/../tests/bench_minhash
[ -x "$dj" ] || { echo "no $dj: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=${1:-$work/corpus.jsonl}
[ -e "$corpus" ] || "$root/configs/demo/make_corpus.sh" "$corpus" 100

# The kernels and Data-Juicer get the same few samples.
head -c 5000000 "$corpus" | sed '$d' >"$work/part.jsonl"
echo "MinHash signatures of $(wc -l <"$work/part.jsonl") samples, MB of text a CPU second:"
"$kernels" "$work/part.jsonl" | tee "$work/kernels"
if [ -n "${DJ_PYTHON:-}" ]; then
  cat >"$work/minhash.py" <<'PY'
import json, sys, time
from data_juicer.ops import load_ops

op = load_ops([{"document_minhash_deduplicator": {}}])[0]
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8", errors="replace")]
start = time.process_time()
for text in texts:
    op.compute_hash({"text": text})
seconds = time.process_time() - start
print(sum(len(text.encode()) for text in texts) / seconds / 1e6)
PY
  theirs=$(OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$DJ_PYTHON" "$work/minhash.py" "$work/part.jsonl" 2>/dev/null | tail -n 1)
  awk -v theirs="$theirs" '$1 != "shingles" { ours = $2; name = $1 }
    END { printf "Data-Juicer %7.1f MB/s: %s is %.0f times as fast\n", theirs, name, ours / theirs }' "$work/kernels"
fi

echo "jobs on $(stat -c %s "$corpus") bytes without a launcher, median of three:"
for op in copy document_deduplicator document_line_deduplicator document_minhash_deduplicator document_simhash_deduplicator; do
  list="[{$op: {}}]"
  [ $op != copy ] || list="[]"
  printf 'dataset_path: %s\nexport_path: %s\nwork_dir: %s\nprocess: %s\n' "$corpus" "$work/out.jsonl" "$work/run" "$list" >"$work/$op.yaml"
  for _ in 1 2 3; do
    rm -rf "$work/run" "$work"/out*
    bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' _ "$dj" --config "$work/$op.yaml" --progress.interval 0 2>&1 |
      awk '{ print $1 + $2 }'
  done | sort -g | sed -n 2p >"$work/seconds"
  [ $op != copy ] || cp "$work/seconds" "$work/copy"
  awk -v op=$op -v copy="$(cat "$work/copy")" -v bytes="$(stat -c %s "$corpus")" -v left="$(wc -l <"$work/out.jsonl")" \
    '{ printf "%-30s %6.2f CPU s, %6.0f MB/s, %4.2f of the speed of a copy; %d samples left\n", op, $1, bytes / $1 / 1e6, copy / $1, left }' "$work/seconds"
done

# By the clock, less an MPI program that does nothing, one after the other so that both see
# the same machine; on so many rows that starting and ending a job do not matter. Copies of
# the corpus, each text with a number of its own in front.
# shellcheck source=cmake/mpi-env.sh
. "$root/cmake/mpi-env.sh"
empty=$(dirname "$dj")/../tests/bench_empty_mpi
larger() {
  for ((i = 0; i < $1; i++)); do sed "s/\"text\": *\"/&$i /" "$corpus"; done >"$work/larger.jsonl"
}
wall() {
  bash -c 'TIMEFORMAT=%R; time "$@" >/dev/null 2>&1' _ mpirun --bind-to core "$@" 2>&1
}
echo "two ranks against one by the clock, less an empty MPI program; median of ${PAIRS:-7} pairs"
for what in document_deduplicator:16 document_minhash_deduplicator:4; do
  op=${what%:*}
  larger "${what#*:}"
  for ((i = 0; i < ${PAIRS:-7}; i++)); do
    for n in 1 2; do
      rm -rf "$work/run" "$work"/out*
      echo "$(wall -n $n "$dj" --config "$work/$op.yaml" --dataset_path "$work/larger.jsonl" --job_id j --progress.interval 0) $(wall -n $n "$empty")"
    done | xargs
  done | awk '{ print ($1 - $2) / ($3 - $4), $1 - $2, $3 - $4 }' | sort -g >"$work/pairs"
  awk -v op="$op" -v mb="$(($(stat -c %s "$work/larger.jsonl") / 1000000))" '{ ratio[NR] = $1; one[NR] = $2; two[NR] = $3 }
    END { m = int((NR + 1) / 2); printf "%-30s %.2f times as fast (%.2f to %.2f), %d MB in %.2f and %.2f s\n", op, ratio[m], ratio[1], ratio[NR], mb, one[m], two[m] }' "$work/pairs"
  rm "$work/larger.jsonl"
done

python3 "$root/tests/bench/plant.py" "${SEED:-1}" <"$corpus" >"$work/planted.jsonl"
cat >"$work/kept.py" <<'PY'
import hashlib, json, sys
planted, left = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    kind = json.loads(line)["meta"]["kind"]
    planted[kind] = planted.get(kind, 0) + 1
digest = hashlib.sha256()
for line in open(sys.argv[2], encoding="utf-8"):
    row = json.loads(line)
    kind = row["meta"]["kind"]
    left[kind] = left.get(kind, 0) + 1
    digest.update(json.dumps([row["id"], row["text"], row["meta"]], sort_keys=True).encode() + b"\n")
print(sum(left.values()), "rows left of", sum(planted.values()), "digest", digest.hexdigest()[:16],
      "copies found: exact", planted["exact"] - left.get("exact", 0), "of", planted["exact"],
      "near", planted["near"] - left.get("near", 0), "of", planted["near"])
PY
wrong=0
for op in document_deduplicator document_minhash_deduplicator; do
  printf 'dataset_path: %s\nexport_path: %s\nwork_dir: %s\nnp: 1\nprocess:\n  - %s:\n' "$work/planted.jsonl" \
    "$work/out.jsonl" "$work/run" $op >"$work/planted.yaml"
  for who in dj-mpi Data-Juicer; do
    rm -rf "$work/run" "$work"/out*
    run=("$dj" --config "$work/planted.yaml" --progress.interval 0)
    if [ $who = Data-Juicer ]; then
      [ -n "${DJ_PYTHON:-}" ] || continue
      run=("$(dirname "$DJ_PYTHON")/dj-process" --config "$work/planted.yaml")
    fi
    bash -c 'TIMEFORMAT="%U %S %R"; time "$@" >'"$work/log"' 2>&1' _ "${run[@]}" 2>"$work/seconds"
    python3 "$work/kept.py" "$work/planted.jsonl" "$work/out.jsonl" >"$work/$who"
    printf '%s, %s: %s CPU s; %s\n' $op $who "$(awk '{ print $1 + $2 }' "$work/seconds")" "$(cat "$work/$who")"
  done
  awk '{ for (i = 1; i < NF; i++) if ($i == "exact" && $(i + 1) != $(i + 3)) exit 1 }' "$work/dj-mpi" || wrong=1
  if [ -n "${DJ_PYTHON:-}" ]; then cmp -s "$work/dj-mpi" "$work/Data-Juicer" || wrong=1; fi
done
[ $wrong -eq 0 ] || { echo "an exact copy is left, or Data-Juicer keeps other rows" >&2; exit 1; }
