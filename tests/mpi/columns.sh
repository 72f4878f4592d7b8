#!/usr/bin/env bash
# Columns of Parquet input that a stage does not look at are not read there, and nothing in
# the result tells; and a folder of all kinds of files is the samples that are in them.
# ranks: 2
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
python=${DJ_ARROW_PYTHON:-}
[ -n "$python" ] || { echo "skipped: no Python with pyarrow (cmake/install-deps.sh --arrow)"; exit 77; }

rows 400 >rows.jsonl
"$python" - <<'PY'
import json, pyarrow as pa, pyarrow.parquet as pq
texts = [json.loads(line)["text"] for line in open("rows.jsonl", encoding="utf-8")]
texts = [text if i % 5 else texts[0] for i, text in enumerate(texts)]
def write(name, first, end, **options):
    pq.write_table(pa.table({
        "id": pa.array(range(first, end), pa.int32()),
        "text": texts[first:end],
        "vector": pa.array([[i / 3, -i / 7] * 8 for i in range(first, end)], pa.list_(pa.float32())),
        "tag": ["tag %d" % (i % 3) for i in range(first, end)],
        "blob": [bytes([i % 256] * 9) for i in range(first, end)],
    }), name, **options)
write("wide.parquet", 0, 400, row_group_size=90)
for i in range(5):
    write("part%d.parquet" % i, 80 * i, 80 * i + 80)
PY
cat >copy.yaml <<'YAML'
dataset_path: wide.parquet
export_path: wide.jsonl
process: []
YAML
expect 0 ranks 0 --config copy.yaml --job_id copy
equal "$(wc -l <wide.jsonl)" 400 "samples"
expect 0 "$DJ_BIN" inspect wide.parquet
says out "  vector: list<float>"
says out "  blob: binary"
cat >r.yaml <<'YAML'
dataset_path: wide.parquet
export_path: out.jsonl
process:
  - whitespace_normalization_mapper:
  - document_deduplicator:
  - text_length_filter: {min_len: 60}
  - document_minhash_deduplicator:
  - words_num_filter: {min_num: 5}
YAML
expect 0 ranks 0 --config r.yaml --job_id lines --dataset_path wide.jsonl
cp out.jsonl want.jsonl
try() { # RANKS JOB ARGS...
  local n=$1 job=$2
  shift 2
  rm -f out.jsonl
  expect 0 ranks "$n" --config r.yaml --job_id "$job" "$@"
  context=$job
  same out.jsonl want.jsonl
  context=
}
try 0 one
try 2 two --partition.size 33
try 2 every --partition.size 50 --checkpoint.strategy every_op
try 0 kept --intermediate_storage.preserve_intermediate_data true --intermediate_storage.format jsonl
says outputs/kept/intermediate/partition_000000/op_000_whitespace_normalization_mapper.jsonl '"vector": ['
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  DJ_FAULT=op.process:nth=7:kill ranks 0 --config r.yaml --job_id killed --partition.size 50 \
    --checkpoint.strategy every_op >out 2>err || true
  try 2 killed --partition.size 50 --checkpoint.strategy every_op
fi
# The vectors are read in the last stage alone: a page of them that is damaged does no harm
# before it.
"$python" - <<'PY'
import pyarrow.parquet as pq
column = pq.ParquetFile("wide.parquet").metadata.row_group(2).column(2)
data = bytearray(open("wide.parquet", "rb").read())
start = column.dictionary_page_offset or column.data_page_offset
data[start + 30:start + column.total_compressed_size] = bytes(column.total_compressed_size - 30)
open("damaged.parquet", "wb").write(data)
PY
expect 3 ranks 0 --config r.yaml --job_id damaged --dataset_path damaged.parquet --max_retries 0
says err "document_minhash_deduplicator: "
says err "row group 2"

# One folder, six kinds of files, the same samples in their order.
mkdir folder
for i in 0 1 2 3 4; do "$DJ_BIN" --config copy.yaml --job_id "p$i" --dataset_path "part$i.parquet" --export_path "part$i.jsonl" >/dev/null 2>&1; done
cp part0.parquet folder/a.parquet
cp part1.jsonl folder/b.jsonl
gzip -c part2.jsonl >folder/c.jsonl.gz
"$DJ_BIN" --config copy.yaml --job_id z --dataset_path part3.jsonl --export_path folder/d.jsonl.zst >/dev/null 2>&1
"$DJ_BIN" --config copy.yaml --job_id j --dataset_path part4.jsonl --export_path folder/e.json >/dev/null 2>&1
expect 0 ranks 2 --config r.yaml --job_id folder --dataset_path folder
same <(sed 's/.*"text": /"text": /; s/, "vector.*//' out.jsonl) <(sed 's/.*"text": /"text": /; s/, "vector.*//' want.jsonl)
