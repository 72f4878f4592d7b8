#!/usr/bin/env bash
# Parquet and Arrow files give the same as the JSON lines that they stand for, on any
# number of ranks, cut in any way, after a kill, and beside damage.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
python=${DJ_ARROW_PYTHON:-}
[ -n "$python" ] || { echo "skipped: no Python with pyarrow (cmake/install-deps.sh --arrow)"; exit 77; }
"$python" "$here/support/parquet_rows.py" 500

# No operator: every value comes through in its form. Then the same texts as from JSON.
cat >pass.yaml <<'YAML'
dataset_path: types.parquet
export_path: out.jsonl
process:
  - text_length_filter: {min_len: 0}
YAML
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id json --dataset_path types.jsonl
cp out.jsonl want.jsonl

# try RANKS JOB RECIPE WANTED ARGS...
try() {
  local n=$1 job=$2 recipe=$3 wanted=$4
  shift 4
  context=$job
  rm -f out.jsonl
  expect 0 ranks "$n" --config "$recipe" --job_id "$job" "$@"
  same out.jsonl "$wanted"
  context=
}
try 1 all pass.yaml types.jsonl
try 3 all3 pass.yaml types.jsonl --partition.size 40
try 2 ipc pass.yaml types.jsonl --dataset_path types.arrow --partition.size 30
try 3 stream pass.yaml types.jsonl --dataset_path stream.arrow
try 1 cut1 r.yaml want.jsonl --dataset_path types.parquet --partition.size 7
try 3 cut3 r.yaml want.jsonl --dataset_path types.parquet --partition.size 61

# One group that is larger than a partition may be.
"$python" - <<'PY'
import json, pyarrow as pa, pyarrow.parquet as pq
texts = [f"{i} " * (9000 + i % 7) for i in range(100)]
pq.write_table(pa.table({"text": texts}), "big.parquet", use_dictionary=False)
with open("big.jsonl", "w", encoding="utf-8") as f:
    f.writelines(json.dumps({"text": text}) + "\n" for text in texts)
PY
try 3 big pass.yaml big.jsonl --dataset_path big.parquet --partition.max_size_mb 1

# Pages of many rows and of few, in one group.
"$python" - <<'PY'
import json, pyarrow as pa, pyarrow.parquet as pq
texts = [str(i) * (1 if i % 400 < 300 else 3000) for i in range(1600)]
pq.write_table(pa.table({"id": range(1600), "text": texts}), "pages.parquet", use_dictionary=False,
               data_page_size=4000, write_batch_size=1)
with open("pages.jsonl", "w", encoding="utf-8") as f:
    f.writelines(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))
PY
try 3 pages pass.yaml pages.jsonl --dataset_path pages.parquet --partition.size 170

# Row groups are borders, and large ones are cut at sizes that the footer tells.
"$python" - outputs/all3 outputs/big <<'PY'
import json, sys
def rows(job):
    with open(f"{job}/metadata/dataset_mapping.json", encoding="utf-8") as f:
        return [p["sample_count"] for p in json.load(f)["partitions"]]
whole, big = map(rows, sys.argv[1:])
assert whole == [40, 40, 40, 30] * 3 + [40, 10], whole
assert sum(big) == 100 and 30 < max(big) <= 60, big
PY
checks=$((checks + 1))

# A sample at fault is set aside with its row as its line.
"$python" - <<'PY'
import pyarrow as pa, pyarrow.parquet as pq
texts = pa.array(["good", None, "bad \udcff".encode("utf-8", "surrogateescape"), "fine"], pa.binary())
pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 4, texts.buffers()), "n": [1, 2, 3, 4]}),
               "fault.parquet", store_schema=False)
PY
expect 0 ranks 2 --config pass.yaml --job_id fault --dataset_path fault.parquet --partition.size 2
printf '{"text": "good", "n": 1}\n{"text": "fine", "n": 4}\n' >good.jsonl
same out.jsonl good.jsonl
cat outputs/fault/rejected/* >set-aside
says set-aside '"line": 2'
says set-aside '"line": 3'

# Killed while it reads, a job goes on and gives the same.
if [ "$DJ_FAULTS" = ON ]; then
  rm -f out.jsonl
  DJ_FAULT=source.read:rank=1:nth=9:kill expect 137 ranks 3 --config r.yaml --job_id killed \
    --dataset_path types.parquet --partition.size 11
  try 2 killed r.yaml want.jsonl --dataset_path types.parquet --partition.size 11
fi

# Damage: of a file as a whole it is an error that names it; of a page it costs the
# partitions that need the page.
head -c 30000 types.parquet >cut.parquet
echo "this is no Parquet file" >text.parquet
for file in cut text; do
  rm -f out.jsonl
  expect 1 ranks 2 --config pass.yaml --job_id $file --dataset_path $file.parquet
  says err "$file.parquet: cannot be read as Parquet"
  missing out.jsonl
done
"$python" - <<'PY'
import pyarrow.parquet as pq
column = pq.ParquetFile("types.parquet").metadata.row_group(1).column(0)
with open("types.parquet", "rb") as f:
    data = bytearray(f.read())
at = column.data_page_offset + 40
data[at:at + 200] = bytes(200)
with open("page.parquet", "wb") as f:
    f.write(data)
PY
expect 3 ranks 3 --config pass.yaml --job_id page --dataset_path page.parquet --max_retries 1
says err "page.parquet: row group 1"
{ head -n 150 types.jsonl; tail -n +301 types.jsonl; } >rest.jsonl
same out.jsonl rest.jsonl

# Without the library.
rm -f out.jsonl
DJ_ARROW_PLUGIN=/nowhere/libdj_arrow.so expect 2 ranks 2 --config pass.yaml --job_id without
says err "install-deps.sh --arrow"
missing out.jsonl
