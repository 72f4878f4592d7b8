#!/usr/bin/env bash
# partition.auto_configure: what samples hold decides, the reasons are told, and the result
# is the same as with any other sizes.
# ranks: 2
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

awk 'BEGIN { for (i = 0; i < 700; i++) printf "{\"text\": \"sample %d of plain text\"}\n", i }' >text.jsonl
awk 'BEGIN { for (i = 0; i < 700; i++) printf "{\"text\": \"<__dj__image> cat %d\", \"images\": [\"%d.jpg\"]}\n", i, i }' >both.jsonl
awk 'BEGIN { for (i = 0; i < 700; i++) printf "{\"text\": \"<__dj__video><|__dj__eoc|>\", \"n\": %d}\n", i }' >video.jsonl
awk 'BEGIN { for (i = 0; i < 700; i++) printf "{\"text\": \"\", \"sound\": [\"%d.wav\"]}\n", i }' >audio.jsonl
awk 'BEGIN { for (i = 0; i < 700; i++) printf "{\"text\": \"\", \"images\": [\"%d.jpg\"]}\n", i }' >image.jsonl
cat >r.yaml <<'YAML'
dataset_path: text.jsonl
export_path: out.jsonl
audio_key: sound
process:
  - text_length_filter: {min_len: 0}
YAML

check() { # FILE SIZE MODALITY
  expect 0 ranks 0 --config r.yaml --job_id "$1" --dataset_path "$1.jsonl" --export_path "$1.out.jsonl" \
    --partition.auto_configure true
  says err "auto_configure: modality $3"
  sed -n '/"partitions"/,/\]/p' "outputs/$1/job_summary.json" >part
  says part "\"size\": $2,"
  says part "\"modality\": \"$3\""
  says part "samples looked at"
}
check text 205 text
check both 20 multimodal
check video 10 video
check audio 30 audio
check image 51 image

# Two ranks, and other sizes: the same result.
expect 0 ranks 2 --config r.yaml --job_id two --dataset_path both.jsonl --export_path two.jsonl --partition.auto_configure true
same two.jsonl both.out.jsonl
expect 0 ranks 0 --config r.yaml --job_id plain --dataset_path both.jsonl --export_path plain.jsonl
same plain.jsonl both.out.jsonl
says outputs/plain/job_summary.json '"size": 1000,'
silent_about outputs/plain/job_summary.json '"modality"'

# The plan says the same without running.
expect 0 "$DJ_BIN" plan --config r.yaml --dataset_path video.jsonl --partition.auto_configure true
says out "at most 10 samples"
says out "modality video"
