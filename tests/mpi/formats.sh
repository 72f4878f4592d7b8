#!/usr/bin/env bash
# The same samples as JSONL, JSON, CSV, TSV, texts, compressed and in a folder of all.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
command -v zstd >/dev/null || { echo "skipped: zstd is missing"; exit 77; }
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }

cat >make.py <<'PY'
import csv, json, os
rows = [{"text": f'Sample {i}: "quotes", a comma, {chr(233)}\nand a line {"x" * (i % 40)}',
         "n": i, "f": i + 0.5, "b": i % 2 == 0} for i in range(120)]
one = json.dumps
with open("in.jsonl", "w") as f:
    f.writelines(one(r) + "\n" for r in rows)
with open("flat.json", "w") as f:
    f.write(one(rows))
with open("pretty.json", "w") as f:
    f.write(json.dumps(rows, indent=2))
def table(path, some, separator=","):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, delimiter=separator)
        w.writerow(some[0])
        w.writerows(r.values() for r in some)
table("in.csv", rows)
table("in.tsv", rows, "\t")
os.makedirs("folder")
table("folder/a.csv", rows[:30])
with open("folder/b.json", "w") as f:
    f.write(json.dumps(rows[30:60], indent=1))
with open("folder/c.jsonl", "w") as f:
    f.writelines(one(r) + "\n" for r in rows[60:90])
table("folder/d.tsv", rows[90:], "\t")
open("folder/README.md", "w").write("about the data")
os.makedirs("texts")
with open("texts.jsonl", "w") as f:
    for i, r in enumerate(rows):
        open(f"texts/{i:03}.{'md' if i % 2 else 'txt'}", "w").write(r["text"])
        f.write(one({"text": r["text"]}) + "\n")
PY
python3 make.py
cat >equal.py <<'PY'
import json, sys
a, b = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
sys.exit(a != b)
PY
gzip -k in.csv pretty.json
zstd -q flat.json in.tsv folder/b.json
zstd -q in.jsonl -o in2.jsonl.zst
rm folder/b.json
gzip texts/005.md
mv texts/005.md.gz texts/005.md.GZ
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
process:
  - text_length_filter:
      min_len: 50
  - whitespace_normalization_mapper:
YAML
expect 0 ranks 0 --config r.yaml --job_id want
mv out.jsonl want.jsonl
expect 0 ranks 0 --config r.yaml --job_id want_texts --dataset_path texts.jsonl
mv out.jsonl want_texts.jsonl

jobs=0
# try WANTED RANKS SIZE INPUT
try() {
  rm -f out.jsonl
  jobs=$((jobs + 1))
  context="$4 on $2 ranks"
  expect 0 ranks "$2" --config r.yaml --job_id "j$jobs" --dataset_path "$4" \
    --partition.size "$3"
  expect 0 python3 equal.py "$1" out.jsonl
  context=
}
for input in flat.json pretty.json in.csv in.tsv in.csv.gz pretty.json.gz flat.json.zst \
  in.tsv.zst in2.jsonl.zst folder; do
  try want.jsonl 0 7 "$input"
done
try want.jsonl 3 7 folder
try want.jsonl 3 1 in.csv.gz
try want.jsonl 3 1000 pretty.json
try want_texts.jsonl 3 7 texts
try want_texts.jsonl 1 1000 texts
expect 0 ranks 1 verify j14

# A mixture: the choice is that of the seed, in the order of the input.
cat >mix.yaml <<'YAML'
dataset:
  max_sample_num: 400
  configs:
    - {type: local, path: in.csv, weight: 0.25}
    - {type: local, path: texts, weight: 0.05}
    - {type: local, path: pretty.json.gz, weight: 0.7}
export_path: out.jsonl
process:
  - text_length_filter:
      min_len: 1
YAML
expect 0 ranks 0 --config mix.yaml --job_id mix
mv out.jsonl mixed.jsonl
equal "$(wc -l <mixed.jsonl)" 400 "samples of the mixture"
equal "$(sort mixed.jsonl | uniq -c | awk '$1 > 1' | wc -l)" 120 "samples that come again"
expect 0 ranks 3 --config mix.yaml --job_id mix3 --partition.size 7
same out.jsonl mixed.jsonl
expect 0 ranks 0 verify mix3

# A damaged row, element or file costs itself, and is told with its place.
printf 'text,n\ngood,1\nshort\n"two\nlines",3,4\n"open,5\n' >bad.csv
printf '[{"text": "good"}, {"text": "broken}, {"text": "good too"}]' >bad.json
mkdir bad
printf 'good' >bad/a.txt
printf 'no \xff' >bad/b.txt
cat >keep.yaml <<'YAML'
dataset_path: bad.csv
export_path: out.jsonl
process:
  - text_length_filter:
      min_len: 1
YAML
reasons() {
  expect 0 ranks "$1" --config keep.yaml --job_id "$2" --dataset_path "$3" --partition.size 1
  cat "outputs/$2/rejected/reasons.jsonl" >reasons
}
reasons 2 bad_csv bad.csv
equal "$(cat out.jsonl)" '{"text": "good", "n": 1}' "the rows that are good"
says reasons '"line": 3, "operator": null, "reason": "the row has 1 cell, the first row 2"'
says reasons '"line": 4, "operator": null, "reason": "the row has 3 cells, the first row 2"'
says reasons '"line": 6, "operator": null, "reason": "a quote that opens in this row is not'
reasons 2 bad_json bad.json
equal "$(wc -l <out.jsonl)" 2 "elements that are good"
says reasons '"line": 2, "operator": null, "reason": "what begins at byte 19 of the file is no'
reasons 2 bad_text bad
equal "$(cat out.jsonl)" '{"text": "good"}' "the file that is good"
says reasons '{"file": "b.txt", "line": 1, "operator": null, "reason": "byte 3: 0xff is not valid'
expect 0 ranks 0 verify bad_text

# A damaged frame costs its samples and the lines that it cuts.
split -b 3000 in.jsonl piece.
for piece in piece.*; do zstd -q --check -c "$piece"; done >frames.jsonl.zst
python3 - <<'PY'
data = bytearray(open("frames.jsonl.zst", "rb").read())
places = [i for i in range(len(data)) if data[i:i + 4] == b"\x28\xb5\x2f\xfd"]
data[places[2] + 100] ^= 0xff
open("bad.jsonl.zst", "wb").write(data)
PY
reasons 0 bad_frame bad.jsonl.zst
mv reasons want_reasons
mv out.jsonl want_frames.jsonl
equal "$(wc -l <want_reasons)" 3 "what a damaged frame costs"
says want_reasons 'of the file is damaged: its samples are lost'
reasons 3 bad_frame3 bad.jsonl.zst
same reasons want_reasons
same out.jsonl want_frames.jsonl

# Killed, then resumed: the same result.
if [ "${DJ_FAULTS:-}" = ON ]; then
  rm -f out.jsonl
  expect 137 env DJ_FAULT=source.read:nth=9:kill "$DJ_BIN" --config r.yaml --job_id k \
    --dataset_path in.csv --partition.size 7
  expect 0 ranks 2 --config r.yaml --job_id k --dataset_path in.csv
  expect 0 python3 equal.py want.jsonl out.jsonl
fi

# Validators look at the first samples of each dataset, before anything is done.
cat >chat.jsonl <<'JSON'
{"text": "a", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
{"text": "b", "messages": [{"role": "user", "content": "q"}, {"role": "robot", "content": "a"}]}
JSON
# validated CODE JOB VALIDATOR
validated() {
  expect "$1" ranks 2 --config keep.yaml --job_id "$2" --dataset_path chat.jsonl \
    --export_path chat_out.jsonl --validators "[{$3}]"
}
validated 1 v_roles "type: swift_messages"
says err "validators: swift_messages: chat.jsonl: sample 2: a message's role is not system"
missing chat_out.jsonl
validated 0 v_first "type: swift_messages, sample_size: 1"
validated 1 v_turns "type: swift_messages, max_turns: 1"
says err "sample 1: 2 messages, not 1 to 1"
validated 0 v_fields "type: required_fields, required_fields: [text, messages], field_types: {text: str}"
validated 1 v_missing "type: required_fields, required_fields: [lang]"
says err "the field 'lang' is missing in 2 of the first 2 samples"
validated 1 v_type "type: required_fields, required_fields: [text], field_types: {text: int}"
validated 1 v_chat "type: dj_conversation"
says err "'instruction' is missing"
validated 2 v_none "type: nothing"
says err "validators: type is required_fields"
