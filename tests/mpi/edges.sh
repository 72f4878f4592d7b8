#!/usr/bin/env bash
# What a line may hold, and what becomes of it: kept as it is, or set aside with file,
# line and reason.
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

cat >none.yaml <<'YAML'
dataset_path: in
export_path: out.jsonl
process:
  - whitespace_normalization_mapper:
YAML
mkdir in
{
  printf '\xef\xbb\xbf{"text": "a byte order mark stands before this"}\r\n'
  printf '\n   \t\r\n'
  printf '{"text": "big", "n": 123456789012345678901234567890, "f": 1e400, "neg": -0.0}\r\n'
  printf '{"x":1,"text":"tight" ,"y":[1,  2],"nan":NaN}\n'
  printf '{"text": "nul \\u0000 inside", "slash": "\\/"}\n'
  printf '{"text": "escaped \\u00e9 stays", "k\\u0065y": "\\ud83d\\ude00"}\n'
  printf '{"te\\u0078t": "the key is escaped"}\n'
  printf '{"text": "lone \\ud800 surrogate"}\n'
  printf '{"text": "bad utf-8 \xff\xfe"}\n'
  printf '{"text": "raw \x01 control"}\n'
  printf '{"text": "a", "text": "b"}\n'
  printf '{"text": "a"} {"text": "b"}\n'
  printf '{"text": 17}\n'
  printf '{"text": null}\n'
  printf '{"other": "no text"}\n'
  printf '["not", "an", "object"]\n'
  printf '{"text": "cut off\n'
  printf '{"text": "  changed\\there  ", "untouched": {"a":1.50,"b":"\\u00e9"}}\n'
  printf '{"text": "no line end follows"}'
} >in/a.jsonl

expect 0 ranks 0 --config none.yaml --job_id edges
cat >want.jsonl <<'JSON'
{"text": "a byte order mark stands before this"}
{"text": "big", "n": 123456789012345678901234567890, "f": 1e400, "neg": -0.0}
{"x":1,"text":"tight" ,"y":[1,  2],"nan":NaN}
{"text": "nul \u0000 inside", "slash": "\/"}
{"text": "escaped \u00e9 stays", "k\u0065y": "\ud83d\ude00"}
{"te\u0078t": "the key is escaped"}
{"text": "changed here", "untouched": {"a":1.50,"b":"\u00e9"}}
{"text": "no line end follows"}
JSON
same out.jsonl want.jsonl
reasons=outputs/edges/rejected/reasons.jsonl
equal "$(wc -l <$reasons)" 10 "ten lines are no samples"
says $reasons '"file": "a.jsonl", "line": 10, "operator": null'
for word in 'surrogate' 'UTF-8' 'control' 'twice' 'behind' 'number' 'null' 'missing' 'object' 'end'; do
  says $reasons "$word"
done
# What was set aside is as it was: it can be repaired and fed in again.
grep -a 'surrogate' outputs/edges/rejected/rejected.jsonl >one
printf '{"text": "lone \\ud800 surrogate"}\n' >want_one
same one want_one

# Samples read = kept + rejected, blank lines are none.
says outputs/edges/job_summary.json '"read": 18'
says outputs/edges/job_summary.json '"kept": 8'

# A line of 100 MB, and one with nothing but a text of 3 MB of escapes.
rm -rf in && mkdir in
{
  printf '{"text": "'
  head -c 100000000 /dev/zero | tr '\0' 'x'
  printf '\\t", "id": 1}\n{"id": 2, "text": "'
  head -c 1500000 /dev/zero | tr '\0' 'n' | sed 's/n/\\n/g'
  printf 'end"}\n'
} >in/big.jsonl
expect 0 ranks 0 --config none.yaml --job_id big
equal "$(wc -l <out.jsonl)" 2 "both are kept"
equal "$(head -n 1 out.jsonl | wc -c)" 100000022 "the long line lost its tab at the end"

# No samples at all.
rm -rf in && mkdir in && : >in/empty.jsonl
expect 0 ranks 0 --config none.yaml --job_id empty
equal "$(stat -c %s out.jsonl)" 0 "an empty export"
