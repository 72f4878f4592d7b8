#!/usr/bin/env bash
# Operators of users' own libraries, which custom_operator_paths names, do what built-in
# ones do: on any ranks, in words, after kills; and what is wrong with a library is said
# before anything is written.
# ranks: 4
# labels: asan
# timeout: 400
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }
sources=$here/support/custom
build=$(cd "$(dirname "$DJ_BIN")/.." && pwd)

# built FILE.so SOURCE.c FLAGS...: as docs/custom-operators.md says.
built() {
  # shellcheck disable=SC2046 # several words
  cc -shared -O2 $("$DJ_BIN" --cflags) -o "$1" "$sources/$2" "${@:3}"
}

# --- it works: built against the build folder ------------------------------------------

mkdir lib
built lib/my.so my_operators.c -std=c11 -Wall -Wextra -Wpedantic -Werror
rows 600 >in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
custom_operator_paths: lib/my.so
process:
  - whitespace_normalization_mapper:
  - my_vowels_filter:
      min_ratio: 0.1
  - my_shout_mapper:
      mark: "?!"
  - my_start_deduplicator:
YAML

# The same by other means: from what the first operator, which is built in, leaves.
sed -e '/custom/d' -e '/my_/,$d' -e 's/out.jsonl/plain.jsonl/' r.yaml >plain.yaml
expect 0 ranks 0 --config plain.yaml --job_id plain
cat >want.py <<'PY'
import json
seen = set()
ratios = []
for line in open("plain.jsonl", encoding="utf-8"):
    sample = json.loads(line)
    text = sample["text"].encode()
    ratio = sum(c in b"aeiouAEIOU" for c in text) / len(text) if text else 0.0
    text = bytes(c - 32 if 97 <= c <= 122 else c for c in text) + b"?!"
    if round(ratio, 10) < 0.1 or text[:24] in seen:
        continue
    seen.add(text[:24])
    ratios.append(round(ratio, 10))
    sample["text"] = text.decode()
    print(json.dumps(sample))
stats = [json.loads(line) for line in open("out_stats.jsonl")]
assert [round(s["__dj__stats__"]["vowel_ratio"], 10) for s in stats] == ratios, stats[:3]
PY
cat >same.py <<'PY'
import json, sys
a, b = ([json.loads(line) for line in open(name, encoding="utf-8")] for name in sys.argv[1:])
assert a == b and len(a) > 80, (len(a), len(b))
PY
for n in 0 1 2 4; do
  context="$n ranks"
  expect 0 ranks "$n" --config r.yaml --job_id "ranks$n" --partition.size 50
  expect 0 python3 want.py
  mv out want.jsonl
  expect 0 python3 same.py want.jsonl out.jsonl
  [ -e first.jsonl ] || cp out.jsonl first.jsonl
  same out.jsonl first.jsonl
  rm out.jsonl out_stats.jsonl
done
says outputs/ranks4/job_summary.json '"name": "my_vowels_filter"'
context=

# The tracer shows what they did; verdicts about rows that are not there hurt nobody.
expect 0 ranks 2 --config r.yaml --job_id traced --partition.size 50 --open_tracer
equal "$(grep -c '"dup2": {' outputs/traced/trace/duplicate-my_start_deduplicator.jsonl)" 10 "pairs"
says outputs/traced/trace/sample_trace-my_shout_mapper.jsonl '?!"'
built norow.so my_operators.c -DNO_ROW
expect 0 ranks 2 --config r.yaml --job_id norow --partition.size 50 --open_tracer \
  --custom_operator_paths norow.so
says outputs/norow/job_summary.json '"balanced": true'
rm out.jsonl out_stats.jsonl

# An operator that Data-Juicer has and dj-mpi lacks can be had so.
built foreign.so broken.c -DMISTAKE=14
expect 0 "$DJ_BIN" validate --config plain.yaml --custom_operator_paths foreign.so \
  --process '[video_aspect_ratio_filter: {size: 3}]'

# The example of the manual.
# shellcheck disable=SC2016 # quotes of Markdown
sed -n '/^```c$/,/^```$/p' "$here/../docs/custom-operators.md" | sed '/^```/d' >example.c
# shellcheck disable=SC2046
cc -shared -O2 -Wall -Wextra -Werror $("$DJ_BIN" --cflags) -o example.so example.c
sed -e 's|lib/my.so|example.so|; s/my_vowels/vowels/; /my_shout/,$d' r.yaml >example.yaml
expect 0 ranks 0 --config example.yaml --job_id example
silent_about out_stats.jsonl '{}'
says out_stats.jsonl '"vowel_ratio"'
rm out.jsonl out_stats.jsonl

# --- and in words ----------------------------------------------------------------------

expect 0 "$DJ_BIN" ops --config r.yaml
says out "my_shout_mapper                          mapper"
says out "text_length_filter"
expect 0 "$DJ_BIN" ops my_vowels_filter --custom_operator_paths lib
says out "from $PWD/lib/my.so"
says out "records in __dj__stats__: vowel_ratio"
says out "smallest share of vowels to keep"
expect 0 "$DJ_BIN" ops --custom-operator-paths=lib/my.so --json
says out '"library": "'"$PWD"'/lib/my.so"'
expect 0 "$DJ_BIN" schema --config r.yaml
says out '/operators/my_shout_mapper"'
says out 'smallest share of vowels to keep'
expect 0 "$DJ_BIN" schema
silent_about out my_shout_mapper
expect 0 "$DJ_BIN" validate --config r.yaml
says out "4 operators"
expect 0 "$DJ_BIN" plan --config r.yaml
says out "my_start_deduplicator"
expect 0 "$DJ_BIN" --config r.yaml --print_config --my_vowels_filter.max_ratio 0.5
says out "max_ratio: 0.5"
says out "custom_operator_paths: [\"lib/my.so\"]"
expect 0 "$DJ_BIN" inspect ranks2 --line 3
says out "my_shout_mapper"
says out "?!"
expect 2 "$DJ_BIN" validate --config r.yaml --my_vowels_filter.max_ratio much
says err "--my_vowels_filter.max_ratio: \"much\""
sed 's/min_ratio: 0.1/min_ration: 0.1/' r.yaml >slip.yaml
expect 2 "$DJ_BIN" validate --config slip.yaml
says err "slip.yaml:7:7: my_vowels_filter has no parameter min_ration; was min_ratio meant?"
sed 's/my_vowels_filter/my_vowel_filter/' r.yaml >slip.yaml
expect 2 "$DJ_BIN" validate --config slip.yaml
says err "slip.yaml:6:5: there is no operator my_vowel_filter; was my_vowels_filter meant?"
expect 0 "$DJ_BIN" validate --config r.yaml --custom_operator_paths '[lib/my.so, lib, ./lib/my.so]'

# --- against an installed one -----------------------------------------------------------

if command -v cmake >/dev/null; then
  expect 0 cmake --install "$build" --prefix "$PWD/prefix"
  # shellcheck disable=SC2046
  cc -shared -O2 $(prefix/bin/dj-mpi --cflags) -o installed.so "$sources/my_operators.c"
  equal "$(prefix/bin/dj-mpi --cflags)" "-I$PWD/prefix/include -fPIC" "where headers are"
  expect 0 prefix/bin/dj-mpi ops my_shout_mapper --custom_operator_paths installed.so
  if command -v pkg-config >/dev/null; then
    flags=$(PKG_CONFIG_PATH=prefix/share/pkgconfig pkg-config --cflags dj-mpi)
    # shellcheck disable=SC2086
    cc -shared -O2 $flags -o packaged.so "$sources/my_operators.c"
    same packaged.so installed.so
  fi
  expect 0 prefix/bin/dj-mpi --config r.yaml --custom_operator_paths installed.so --job_id installed
  same out.jsonl first.jsonl
  cp prefix/bin/dj-mpi alone
  expect 2 ./alone --cflags
  says err "install all of dj-mpi"
  rm -r prefix
fi

# --- what is wrong with a library ------------------------------------------------------

# refused LIBRARY TEXT
refused() {
  sed "s|lib/my.so|[lib/my.so, $1]|" r.yaml >bad.yaml
  expect 2 ranks 0 --config bad.yaml --job_id bad
  says err "bad.yaml:3:36: custom_operator_paths: "
  says err "$2"
  silent_about err "there is no operator"
  missing outputs/bad
}
refused nowhere.so "there is no file or folder nowhere.so"
mkdir empty
refused empty "there is no shared library (*.so) in the folder empty"
refused /dev/null "/dev/null is no file"
touch mine.py
refused mine.py "mine.py is Python"
echo "no library" >text.so
refused text.so "it cannot be opened"
built other.so my_operators.c -DOTHER
refused other.so "operator my_shout_mapper: $PWD/lib/my.so has one of this name"
mistakes=("" "parameter size: its field lies outside of the struct"
  "parameter size: help is missing" "parameter size: another parameter has this name"
  "parameter size: choices (ended by NULL) do not have the default"
  "operator Broken Mapper: a name has small letters"
  "operator clean_email_mapper: dj-mpi has one of this name"
  "operator broken_mapper: version is missing" "operator broken_mapper: process is missing"
  "a deduplicator, selector or grouper needs global" "params and conf_size belong together"
  "end its source with DJ_OP_LIBRARY" "it has two operators broken_mapper"
  "undefined symbol: dj_no_such_function")
for mistake in "${!mistakes[@]}"; do
  context="mistake $mistake"
  built "broken$mistake.so" broken.c "-DMISTAKE=$mistake"
  [ "$mistake" = 0 ] || refused "broken$mistake.so" "${mistakes[$mistake]}"
done
context=
expect 0 "$DJ_BIN" validate --config r.yaml --custom_operator_paths '[lib/my.so, broken0.so]'

# Other headers, another number.
mkdir -p headers/dj
cp -L "$build"/include/dj/*.h headers/dj/
sed -i 's/UINT64_C(0x.*)/UINT64_C(0x123)/' headers/dj/op_library.h
cc -shared -fPIC -Iheaders -o old.so "$sources/my_operators.c"
refused old.so "old.so: it was built with the headers of another version of dj-mpi: build it again"

# Only the library: what else is wrong with the recipe is no matter to ops.
expect 2 "$DJ_BIN" ops --custom_operator_paths nowhere.so
says err "--custom_operator_paths: there is no file or folder nowhere.so"
printf 'custom_operator_paths: [lib]\n' >short.yaml
expect 0 "$DJ_BIN" ops my_shout_mapper --config short.yaml

# --- it is part of what a job is --------------------------------------------------------

if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  for n in 0 2; do
    context="killed on $n ranks"
    DJ_FAULT=op.process:rank=0:nth=30:kill ranks "$n" --config r.yaml --job_id "killed$n" \
      --partition.size 50 --checkpoint.strategy every_op >out 2>err && fail "it was not killed"
    expect 0 ranks "$n" --config r.yaml --job_id "killed$n" --partition.size 50 \
      --checkpoint.strategy every_op
    same out.jsonl first.jsonl
  done
  context=
  DJ_FAULT=op.process:nth=30:term expect 75 ranks 0 --config r.yaml --job_id changed \
    --partition.size 50
  cp lib/my.so kept.so
  built lib/my.so my_operators.c -DOTHER
  expect 2 ranks 0 --config r.yaml --job_id changed --partition.size 50
  says err "job changed was started with another configuration:"
  grep -qE 'process\[2\] my_shout_mapper library: "[0-9a-f]{16}" was "[0-9a-f]{16}"' err ||
    fail "the difference is not told"
  DJ_FAULT=op.process:nth=30:term expect 75 ranks 0 --config r.yaml --job_id reused \
    --partition.size 50 --checkpoint.strategy every_op --custom_operator_paths kept.so
  expect 0 ranks 0 --config r.yaml --job_id reused --partition.size 50 --checkpoint.reuse true
  says err "the operators of job reused have changed"
  same out.jsonl first.jsonl
  mv kept.so lib/moved.so
  rm lib/my.so
  expect 0 ranks 0 --config r.yaml --job_id changed --partition.size 50 \
    --custom_operator_paths lib/moved.so
  same out.jsonl first.jsonl
  mv lib/moved.so lib/my.so
fi

# Nodes with different libraries under one name.
mkdir -p node1 node2
cp lib/my.so node1/node.so
built node2/node.so my_operators.c -DOTHER
sed "s|dataset_path: |&$PWD/|; s|export_path: |&$PWD/|; s|lib/my.so|node.so|" r.yaml >nodes.yaml
expect 2 mpirun -n 1 -wdir "$PWD/node1" "$DJ_BIN" --config "$PWD/nodes.yaml" --work_dir "$PWD/outputs" \
  --job_id nodes : -n 1 -wdir "$PWD/node2" "$DJ_BIN" --config "$PWD/nodes.yaml" \
  --work_dir "$PWD/outputs" --job_id nodes
says err "the libraries of custom_operator_paths are not the same on all nodes"
missing outputs/nodes
