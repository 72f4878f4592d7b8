#!/usr/bin/env bash
# The same samples as one file, several, compressed in each way, and a mix of all.
# ranks: 3
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"
command -v zstd >/dev/null || { echo "skipped: zstd is missing"; exit 77; }

rows 2000 >in.jsonl
recipe r.yaml
expect 0 ranks 0 --config r.yaml --job_id plain
cp out.jsonl want.jsonl

try() {
  rm -f out.jsonl
  expect 0 ranks "$1" --config r.yaml --job_id "$2" --dataset_path "$3" --partition.size 130
  same out.jsonl want.jsonl
}
zstd -q in.jsonl -o one-frame.jsonl.zst
try 2 one_frame one-frame.jsonl.zst
split -l 90 in.jsonl piece.
for piece in piece.*; do zstd -q -c "$piece"; done >frames.jsonl.zst
try 3 frames frames.jsonl.zst
gzip -c in.jsonl >one.jsonl.gz
try 2 gzip one.jsonl.gz
for piece in piece.*; do gzip -c "$piece"; done >members.jsonl.gz
try 3 members members.jsonl.gz

# A folder in order of names, a glob, and a list.
mkdir -p folder/sub
head -n 500 in.jsonl >folder/a.jsonl
sed -n '501,900p' in.jsonl | zstd -q >folder/b.jsonl.zst
sed -n '901,1500p' in.jsonl | gzip >folder/c.jsonl.gz
sed -n '1501,2000p' in.jsonl >folder/sub/d.jsonl
echo "not a sample" >folder/README.md
try 3 folder folder
try 2 glob '["folder/*.jsonl*", "folder/sub/*.jsonl"]'
try 2 list "[folder/a.jsonl, folder/b.jsonl.zst, folder/c.jsonl.gz, folder/sub/d.jsonl]"

# Damaged input is an error that names file and place, and nothing gets a final name.
head -c 3000 one-frame.jsonl.zst >cut.jsonl.zst
rm -f out.jsonl
expect 1 ranks 2 --config r.yaml --job_id cut --dataset_path cut.jsonl.zst
says err cut.jsonl.zst
missing out.jsonl
head -c 3000 one.jsonl.gz >cut.jsonl.gz
expect 1 ranks 2 --config r.yaml --job_id cut2 --dataset_path cut.jsonl.gz
says err cut.jsonl.gz
missing out.jsonl
