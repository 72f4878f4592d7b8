#!/usr/bin/env bash
# The export as Parquet: all values and types, the same bytes for any number of ranks,
# also after a kill; samples whose types operators change; shards; verify.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
python=${DJ_ARROW_PYTHON:-python3}
if ! "$python" -c "import pyarrow.parquet" 2>/dev/null; then
  echo "skipped: $python has no pyarrow (cmake/install-deps.sh --arrow)"
  exit 77
fi
pq() { "$python" "$here/support/parquet.py" "$@"; }

# A file with every type comes through an empty list of operators as it was.
pq all-types types.parquet 60
cat >types.yaml <<'YAML'
dataset_path: types.parquet
export_path: types_out.parquet
process: []
YAML
expect 0 ranks 2 --config types.yaml --job_id types --partition.size 7
expect 0 pq same types.parquet types_out.parquet

# Lines with fields that come late, are missing, or have several kinds.
"$python" - >in.jsonl <<'PYTHON'
import json, random
random.seed(7)
for i in range(4000):
    row = {"id": i, "text": f"line {i} é\n\"q\" " + "lorem ipsum " * random.randint(1, 90),
           "score": random.random() if i % 3 else i, "meta": {"tags": [str(k) for k in range(i % 4)]}}
    if i % 7 == 0: row["none"] = None
    if i % 100 == 5: row["kind"] = random.choice([1, "a", [1], {"k": 2}, 2**70, True])
    if i % 50 == 2: row["big"] = 2**63 + i
    if i % 50 == 3: row["meta"]["deep"] = {"x": [1.5, None]}
    if i == 3999: row["late"] = "x"
    print(json.dumps(row, ensure_ascii=False))
PYTHON
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.parquet
partition: {max_size_mb: 1}
process: []
YAML
expect 0 ranks 0 --config r.yaml --job_id one
mv out.parquet want.parquet
expect 0 pq lines want.parquet in.jsonl
expect 0 pq readable want.parquet
equal "$("$python" -c "import pyarrow.parquet as p; print(p.ParquetFile('want.parquet').num_row_groups)")" 3 "row groups"
for n in 2 3; do
  expect 0 ranks $n --config r.yaml --job_id "ranks$n" --partition.size $((n == 2 ? 7 : 1000))
  same out.parquet want.parquet
done
# And back: the lines of a Parquet export have what it has.
expect 0 ranks 2 --config r.yaml --job_id back --dataset_path want.parquet --export_path back.jsonl
expect 0 pq lines want.parquet back.jsonl

# Compression, shards, statistics.
for codec in zstd gzip none; do
  expect 0 ranks 0 --config r.yaml --job_id $codec --export_compression $codec --export_path $codec.parquet
  expect 0 pq same want.parquet $codec.parquet
done
expect 0 ranks 3 --config r.yaml --job_id shards --export_shard_size 1000000 --export_path parts/out.parquet
equal "$(find parts -name 'out-0*-of-03.parquet' | wc -l)" 3 "number of shards"
expect 0 "$DJ_BIN" verify shards
cat >stats.yaml <<'YAML'
dataset_path: want.parquet
export_path: stats.parquet
keep_stats_in_res_ds: true
process:
  - text_length_filter: {min_len: 100}
YAML
expect 0 ranks 3 --config stats.yaml --job_id stats
says stats_stats.jsonl '{"__dj__stats__": {"text_len": '
pq schema stats.parquet >fields
says fields "__dj__stats__: struct<text_len: int64>"
says fields "big: uint64"

# A mark tells of fields of several kinds: they stay what they are.
expect 0 ranks 0 --config types.yaml --job_id again --dataset_path want.parquet --export_path again.parquet
expect 0 pq same want.parquet again.parquet

# An operator that adds fields, and texts where numbers were; the others stay as they are.
"$python" - <<'PYTHON'
import datetime, pyarrow as pa, pyarrow.parquet as pq
figure = "\\begin{figure}\\includegraphics{a.png}\\caption{C}\\label{f}\\end{figure}"
pq.write_table(pa.table({"text": [figure] * 30, "n": pa.array(range(30), pa.int32()),
                         "day": [datetime.date(2024, 5, 6)] * 30}), "tex.parquet")
PYTHON
expect 0 ranks 2 --config types.yaml --job_id tex --dataset_path tex.parquet --export_path figures.parquet \
  --process '[{latex_figure_context_extractor_mapper: {caption_key: n}}]'
pq schema figures.parquet >fields
says fields "n: string"
says fields "day: date32[day]"
says fields "label: string"

# Files whose types differ: the types of all lines together.
"$python" - <<'PYTHON'
import pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({"text": ["a"], "n": pa.array([1], pa.int32()), "only": [1.5]}), "p1.parquet")
pq.write_table(pa.table({"text": ["b"], "n": ["x"]}), "p2.parquet")
PYTHON
expect 0 ranks 0 --config types.yaml --job_id two --dataset_path 'p?.parquet' --export_path two.parquet
pq schema two.parquet >fields
printf '%s\n' "text: string" "n: string" "only: double" >want_fields
same fields want_fields

# No samples at all.
expect 0 ranks 0 --config types.yaml --job_id empty --dataset_path p1.parquet --export_path none.parquet \
  --process '[{text_length_filter: {min_len: 1000}}]'
equal "$("$python" -c "import pyarrow.parquet as p; print(p.read_table('none.parquet').num_rows)")" 0 "rows"

# Damage is found.
expect 0 "$DJ_BIN" verify ranks3
printf X | dd of=out.parquet bs=1 seek=5000 conv=notrunc status=none
expect 1 "$DJ_BIN" verify ranks3
says out "are not what was written"

# Killed while row groups are written, and between them and the end; then resumed.
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  for fault in export.convert:rank=1:nth=1:kill export.convert:rank=0:nth=3:kill export.rename:nth=1:kill \
    job.finish:kill export.convert:rank=0:nth=2:enospc export.convert:rank=1:nth=1:short; do
    rm -rf outputs/killed out.parquet
    DJ_FAULT=$fault ranks 2 --config r.yaml --job_id killed >out 2>err && fail "$fault: the run is not hurt"
    says err "injected at"
    expect 0 ranks 3 --config r.yaml --job_id killed
    same out.parquet want.parquet
    equal "$(find . -maxdepth 1 -name '.out.parquet*' | wc -l)" 0 "nothing is left beside the export"
  done
fi
