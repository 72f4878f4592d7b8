# shellcheck shell=bash
# Helpers for tests that run whole jobs. Source it; DJ_BIN names the program.
# Each test has a fresh folder as its current one, which goes when it ends.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cmake/mpi-env.sh
. "$here/../cmake/mpi-env.sh"
: "${DJ_BIN:?DJ_BIN must name the program}"
checks=0
work=$(mktemp -d "${TMPDIR:-/tmp}/dj-test.XXXXXX")
cd "$work"
finish() {
  local status=$?
  cd /
  if [ $status -eq 0 ]; then
    rm -rf "$work"
    echo "passed: $checks checks"
  else
    echo "failed after $checks checks; left behind: $work" >&2
  fi
  exit $status
}
trap finish EXIT

# shellcheck disable=SC2034 # tests set it
context=
fail() { echo "FAILED: ${context:+$context: }$*" >&2; exit 1; }

# ranks N ARGS...: runs the program on N ranks; 0 means without a launcher.
ranks() {
  local n=$1
  shift
  if [ "$n" -eq 0 ]; then
    "$DJ_BIN" "$@"
  else
    mpirun -n "$n" "$DJ_BIN" "$@"
  fi
}

# expect CODE COMMAND...: the exit code is CODE; output goes to ./out and ./err.
expect() {
  local code=$1 got=0
  shift
  "$@" >out 2>err || got=$?
  checks=$((checks + 1))
  if [ "$got" -ne "$code" ]; then
    cat out err >&2
    fail "exit code $got instead of $code: $*"
  fi
}

# says FILE TEXT: the file contains the text.
says() {
  checks=$((checks + 1))
  grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "$1 does not say: $2"; }
}

silent_about() {
  checks=$((checks + 1))
  ! grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "$1 says: $2"; }
}

same() {
  checks=$((checks + 1))
  cmp -s "$1" "$2" || fail "$1 and $2 differ: $(cmp "$1" "$2" 2>&1 || true)"
}

equal() {
  checks=$((checks + 1))
  [ "$1" = "$2" ] || fail "\"$1\" is not \"$2\" ($3)"
}

missing() {
  checks=$((checks + 1))
  [ ! -e "$1" ] || fail "$1 is there"
}

# The fourteen operators, ranges such that each drops something.
all_operators() {
  cat <<'YAML'
process:
  - clean_links_mapper:
  - clean_email_mapper:
      repl: <EMAIL>
  - clean_ip_mapper:
  - fix_unicode_mapper:
  - punctuation_normalization_mapper:
  - whitespace_normalization_mapper:
  - text_length_filter:
      min_len: 20
  - words_num_filter:
      min_num: 5
  - alphanumeric_filter:
      min_ratio: 0.3
  - average_line_length_filter:
      min_len: 4
  - maximum_line_length_filter:
      min_len: 15
  - special_characters_filter:
      max_ratio: 0.45
  - character_repetition_filter:
      rep_len: 10
      max_ratio: 0.2
  - word_repetition_filter:
      rep_len: 5
      max_ratio: 0.4
YAML
}

# recipe FILE: a recipe with the fourteen operators over in.jsonl to out.jsonl.
recipe() {
  {
    echo "project_name: test"
    echo "dataset_path: in.jsonl"
    echo "export_path: out.jsonl"
    all_operators
  } >"$1"
}

rows() { "$here/support/make_rows.sh" "$1"; }
