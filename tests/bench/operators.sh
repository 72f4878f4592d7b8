#!/usr/bin/env bash
# What each operator costs: for every operator of the program a job with it alone, beside one
# without operators that runs right before it. CPU seconds, so that a busy machine says much
# the same. Prints, asserts nothing; needs a release build.
#   tests/bench/operators.sh [--rounds N] [--only NAME,…] [FILE.jsonl]
# Without a file: 100 MB of the demo corpus. Columns: MB of input a CPU second; time over that
# of the job without operators; instructions for a byte of input, where valgrind is installed;
# samples left. What scans a text and no more shall take at most twice the time of a copy.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dj=${DJ_BIN:-$root/build/release/src/dj-mpi}
rounds=3
only=
corpus=
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift ;;
    --only) only=,$2,; shift ;;
    -*) sed -n '2,8s/^# //p' "$0" >&2; exit 2 ;;
    *) corpus=$1 ;;
  esac
  shift
done
[ -x "$dj" ] || { echo "no $dj: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
BENCH_DIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
trap 'rm -rf "$BENCH_DIR"' EXIT
# shellcheck source=tests/bench/measure.sh
. "$root/tests/bench/measure.sh"
if [ -z "$corpus" ]; then
  corpus=$BENCH_DIR/corpus.jsonl
  "$root/configs/demo/make_corpus.sh" "$corpus" 100
fi
bytes=$(stat -c %s "$corpus")
mkdir "$BENCH_DIR/words"
echo '{"en": ["the", "of", "and", "to", "a", "in", "is", "for", "that", "it", "be", "or", "not", "with"]}' \
  >"$BENCH_DIR/words/stopwords.json"
echo '{"en": ["damn", "hell", "crap", "stupid", "idiot"]}' >"$BENCH_DIR/words/flagged_words.json"

# Parameters of operators that do nothing, or cannot run, with their defaults.
params() {
  case $1 in
    stopwords_filter) echo "{stopwords_dir: $BENCH_DIR/words, min_ratio: 0.05}" ;;
    flagged_words_filter) echo "{flagged_words_dir: $BENCH_DIR/words}" ;;
    general_field_filter) echo '{filter_condition: "meta.part >= 1"}' ;;
    specified_field_filter) echo '{field_key: meta.part, target_value: [0, 1, 2, 3]}' ;;
    specified_numeric_field_filter) echo '{field_key: meta.part, min_value: 1, max_value: 100}' ;;
    tags_specified_field_selector) echo '{field_key: meta.part, target_tags: [1, 2, 3]}' ;;
    topk_specified_field_selector) echo '{field_key: meta.part, top_ratio: 0.5}' ;;
    range_specified_field_selector) echo '{field_key: meta.part, lower_percentile: 0.1, upper_percentile: 0.9}' ;;
    frequency_specified_field_selector) echo '{field_key: meta.source, top_ratio: 0.5}' ;;
    random_selector) echo '{select_ratio: 0.5}' ;;
    replace_content_mapper) echo '{pattern: "[0-9]{4}-[0-9]{2}-[0-9]{2}", repl: "<DATE>"}' ;;
    remove_words_with_incorrect_substrings_mapper) echo '{substrings: [http, www, .com, href, //]}' ;;
    text_chunk_mapper) echo '{max_len: 1000}' ;;
    *) echo '{}' ;;
  esac
}

# Fields that the plain corpus lacks.
lacking() {
  case $1 in
    latex_merge_tex_mapper) echo "reads archives" ;;
    *_with_uid) echo "needs the field __dj__uid" ;;
    suffix_filter) echo "needs the name of the input file as a field" ;;
    *) return 1 ;;
  esac
}

# seconds NAME: CPU seconds of the job of NAME.yaml.
seconds() {
  rm -rf "$BENCH_DIR/run" "$BENCH_DIR"/out*
  bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>'"$BENCH_DIR/stderr" _ "$dj" --config "$BENCH_DIR/$1.yaml" \
    --progress.interval 0 2>"$BENCH_DIR/time" || { cat "$BENCH_DIR/stderr" >&2; return 1; }
  awk '{ print $1 + $2 }' "$BENCH_DIR/time"
}

recipe() {
  printf 'dataset_path: %s\nexport_path: %s\nwork_dir: %s\nprocess: %s\n' "$corpus" "$BENCH_DIR/out.jsonl" \
    "$BENCH_DIR/run" "$2" >"$BENCH_DIR/$1.yaml"
}

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

recipe copy '[]'
seconds copy >/dev/null
echo "corpus: $bytes bytes; median of $rounds rounds"
printf '%-46s %8s %11s %11s %8s\n' operator "MB/s" "time/copy's" "instr/byte" left
for op in $(if [ -z "$only" ]; then echo copy; fi; "$dj" ops | awk '{ print $1 }'); do
  [ -z "$only" ] || [[ $only == *,$op,* ]] || continue
  if why=$(lacking "$op"); then
    printf '%-46s (%s)\n' "$op" "$why"
    continue
  fi
  [ "$op" = copy ] || recipe "$op" "[{$op: $(params "$op")}]"
  : >"$BENCH_DIR/figures"
  for _ in $(seq "$rounds"); do
    beside=$(seconds copy)
    if taken=$(seconds "$op"); then echo "$taken $beside" >>"$BENCH_DIR/figures"; fi
  done
  [ -s "$BENCH_DIR/figures" ] || { printf '%-46s failed\n' "$op"; continue; }
  awk -v op="$op" -v bytes="$bytes" -v s="$(awk '{ print $1 }' "$BENCH_DIR/figures" | median)" \
    -v ratio="$(awk '{ print $1 / $2 }' "$BENCH_DIR/figures" | median)" \
    -v left="$(wc -l <"$BENCH_DIR/out.jsonl")" -v instructions="$(instructions_per_byte "$BENCH_DIR/$op.yaml" "$corpus")" \
    'BEGIN { printf "%-46s %8.0f %11.2f %11s %8d\n", op, bytes / s / 1e6, ratio, instructions, left }'
done
