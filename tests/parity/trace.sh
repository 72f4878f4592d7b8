#!/usr/bin/env bash
# The files of the tracer beside those of Data-Juicer itself, entry by entry. DJ_PYTHON
# names a Python that has py-data-juicer (skipped without it), DJ_BIN dj-mpi.
if [ -z "${DJ_PYTHON:-}" ]; then
  echo "skipped: DJ_PYTHON names no Python with py-data-juicer"
  exit 77
fi
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

rows 150 >in.jsonl
rows 40 | sed 's/"id": /"id": 1000/' >>in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
open_tracer: true
trace_num: 12
trace_keys: [id, __dj__stats__, nothing]
process:
  - clean_links_mapper:
  - text_length_filter:
      min_len: 60
  - fix_unicode_mapper:
  - whitespace_normalization_mapper:
  - alphanumeric_filter:
      min_ratio: 0.75
  - document_deduplicator:
  - clean_links_mapper:
      pattern: fox
  - character_repetition_filter:
      max_ratio: 0.2
  - document_minhash_deduplicator:
      window_size: 2
  - remove_specific_chars_mapper:
      chars_to_remove: a
YAML
{
  cat r.yaml
  printf '%s\n' "export_path: $PWD/theirs/out.jsonl" "work_dir: $PWD/theirs" "np: 1" "use_cache: false"
} >theirs.yaml
expect 0 "$DJ_PYTHON" -m data_juicer.tools.process_data --config theirs.yaml
expect 0 ranks 2 --config r.yaml --export_path out.jsonl --job_id ours --partition.size 17
mv theirs/*/trace want

# Numbers are rounded there, hashes are not left here, and groups of one size have no order.
expect 0 "$DJ_PYTHON" - want outputs/ours/trace <<'PYTHON'
import json, os, sys

def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()
                if k not in ("__dj__hash", "__dj__simhash")}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(f"{value:.6g}")
    return value

def entries(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        lines = [json.dumps(plain(json.loads(line))) for line in file]
    return sorted(lines) if name.startswith("duplicate") else lines

theirs, ours = (sorted(os.listdir(folder)) for folder in sys.argv[1:3])
assert theirs == ours, (theirs, ours)
assert len(ours) >= 8, ours
for name in ours:
    for line, want in zip(entries(sys.argv[2], name), entries(sys.argv[1], name), strict=True):
        assert line == want, f"{name}:\n{line}\ninstead of\n{want}"
PYTHON
