#!/usr/bin/env bash
# keep_hashes_in_res_ds: samples keep the hashes that deduplicators compare, of the texts
# as they were there, the same for any number of ranks, strategy and kill.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

# Data-Juicer's values and places.
cat >in.jsonl <<'JSON'
{"text": "Hello World, a b c d e f g", "id": 1}
{"text": " hello World, a b c d e f g ", "id": 2}
{"text": "something else entirely that is here and there", "id": 3}
{"text": "", "id": 4}
JSON
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
keep_hashes_in_res_ds: true
process:
  - document_deduplicator: {lowercase: true}
YAML
expect 0 ranks 0 --config r.yaml --job_id document
same out.jsonl /dev/stdin <<'JSON'
{"text": "Hello World, a b c d e f g", "id": 1, "__dj__hash": "423ad4f7ea4eaa89e8bee55f2ccbb479"}
{"text": "something else entirely that is here and there", "id": 3, "__dj__hash": "ba64657dbf6801c3a7407fe7c0bcab92"}
{"text": "", "id": 4, "__dj__hash": "d41d8cd98f00b204e9800998ecf8427e"}
JSON
cp out.jsonl document.jsonl
expect 0 ranks 0 --config r.yaml --job_id ray --process '[{ray_document_deduplicator: {lowercase: true}}]'
same out.jsonl document.jsonl
expect 0 ranks 0 --config r.yaml --job_id off --keep_hashes_in_res_ds false
same out.jsonl <(sed 's/, "__dj__hash": "[^"]*"//' document.jsonl)
# Its own export for input: the hash is that of the text as it is, in its old place.
sed '1s/Hello/Good day/; s/"id": 1, \(.*\)}/\1, "id": 1}/' document.jsonl >again.jsonl
expect 0 ranks 0 --config r.yaml --job_id again --dataset_path again.jsonl
says out.jsonl '{"text": "Good day World, a b c d e f g", "__dj__hash": "38229942edf6b9a3d7802ef5c92f7692", "id": 1}'
same <(tail -n 2 out.jsonl) <(tail -n 2 document.jsonl)
expect 0 ranks 0 --config r.yaml --job_id simhash --process '[document_simhash_deduplicator: ]'
same out.jsonl /dev/stdin <<'JSON'
{"text": "Hello World, a b c d e f g", "id": 1, "__dj__simhash": "11772551439577023124"}
{"text": "something else entirely that is here and there", "id": 3, "__dj__simhash": "5439693954506282502"}
{"text": "", "id": 4, "__dj__simhash": "0"}
JSON
# Data-Juicer takes signatures and hashes of lines out of the samples itself.
for op in document_minhash_deduplicator document_line_deduplicator; do
  expect 0 ranks 0 --config r.yaml --job_id $op --process "[$op: ]"
  silent_about out.jsonl __dj__
done

# Hashes are part of a row's state: mappers behind, rows made of others, filters on
# either side, a second deduplicator, and the trace.
rows 300 >in.jsonl
cat >r.yaml <<'YAML'
dataset_path: in.jsonl
export_path: out.jsonl
keep_hashes_in_res_ds: true
keep_stats_in_res_ds: true
open_tracer: true
partition: {size: 60}
process:
  - text_length_filter: {min_len: 20}
  - document_deduplicator:
  - clean_links_mapper:
  - text_chunk_mapper: {max_len: 60}
  - document_simhash_deduplicator: {window_size: 3}
  - words_num_filter: {min_num: 2}
YAML
expect 0 ranks 0 --config r.yaml --job_id base
cp out.jsonl base.jsonl
cp -r outputs/base/trace trace
says base.jsonl '}, "__dj__hash": "'
says base.jsonl '", "__dj__simhash": "'
says trace/duplicate-document_simhash_deduplicator.jsonl '", "__dj__simhash": "'
agree() {
  same out.jsonl base.jsonl
  diff -r "outputs/$1/trace" trace >differences || { cat differences; fail "traces of $1 differ"; }
}
expect 0 ranks 3 --config r.yaml --job_id three
agree three
for n in 1 3; do
  expect 0 ranks $n --config r.yaml --job_id every$n --checkpoint.strategy every_op
  agree every$n
done
expect 0 ranks 0 --config r.yaml --job_id without --keep_hashes_in_res_ds false
same out.jsonl <(sed 's/, "__dj__hash": "[0-9a-f]*", "__dj__simhash": "[0-9]*"//' base.jsonl)
if [ "${DJ_FAULTS:-OFF}" = ON ]; then
  for at in 6 12 16; do
    DJ_FAULT=op.process:nth=$at:kill ranks 0 --config r.yaml --job_id killed$at \
      --checkpoint.strategy every_op >out 2>err || true
    says outputs/killed$at/job_summary.json '"running"'
    expect 0 ranks 2 --config r.yaml --job_id killed$at --checkpoint.strategy every_op
    agree killed$at
  done
fi

# A statistic of that name would be taken for it.
expect 2 ranks 0 --config r.yaml --job_id name \
  --process '[{specified_field_filter: {field_key: __dj__hash}}, document_deduplicator: ]'
says err "no statistic may be called '__dj__hash'"
