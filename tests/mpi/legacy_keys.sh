#!/usr/bin/env bash
# Each older name of a setting gives what the key itself gives, and something else than the
# default; the key wins over the older name, also with a value that Python takes for nothing.
# labels: asan
# shellcheck source=tests/job.sh
. "$(dirname "$0")/../job.sh"

# A value that is not the default, by what the page of settings says of the key.
other_value() {
  case $1 in
    *"default true"*) echo false ;;
    *"default false"*) echo true ;;
    *"default \"exponential\""*) echo linear ;;
    *"default \"parquet\""*) echo jsonl ;;
    *"whole number"*) echo 4 ;;
    *"text or null"*) echo some ;;
    *) fail "no value for $1" ;;
  esac
}

base='dataset_path: in.jsonl\nexport_path: out.jsonl\nprocess: []\n'
# value KEY RECIPE: what the setting is, as JSON.
value() {
  expect 0 "$DJ_BIN" --print_config --json --config "$2"
  tr -d '\n' <out | sed 's/},/},\n/g' | grep -F "\"$1\": {" | sed 's/.*"value": //; s/,.*//; s/ *}.*//'
}
# nested KEY VALUE: as YAML.
nested() {
  case $1 in
    *.*) printf '%s:\n  %s: %s\n' "${1%%.*}" "${1#*.}" "$2" ;;
    *) printf '%s: %s\n' "$1" "$2" ;;
  esac
}

echo '{"text": "a"}' >in.jsonl
expect 0 "$DJ_BIN" docs settings
grep '(older: ' out >page
# shellcheck disable=SC2059 # the format is above
printf "$base" >default.yaml
pairs=0
while IFS= read -r line; do
  key=$(cut -d '`' -f 2 <<<"$line")
  new=$(other_value "$line")
  # shellcheck disable=SC2059
  { printf "$base"; nested "$key" "$new"; } >key.yaml
  want=$(value "$key" key.yaml)
  [ "$want" != "$(value "$key" default.yaml)" ] || fail "$key: $new changes nothing"
  while IFS= read -r older; do
    # shellcheck disable=SC2059
    { printf "$base"; nested "$older" "$new"; } >older.yaml
    equal "$(value "$key" older.yaml)" "$want" "$older for $key"
    # Both: the key wins, whatever its value is.
    old=$(value "$key" default.yaml)
    [ "$old" != null ] || continue
    if [ "${key%%.*}" = "${older%%.*}" ]; then
      # shellcheck disable=SC2059
      { printf "$base"; nested "$key" "$old"; nested "$older" "$new" | sed 1d; } >both.yaml
    else
      # shellcheck disable=SC2059
      { printf "$base"; nested "$older" "$new"; nested "$key" "$old"; } >both.yaml
    fi
    equal "$(value "$key" both.yaml)" "$old" "$key beside $older"
    pairs=$((pairs + 1))
  done < <(grep -o '(older: [^)]*' <<<"$line" | cut -c 9- | tr ',' '\n' | tr -d '` ')
done <page
[ "$pairs" -ge 13 ] || fail "only $pairs older names were tried"

# And whole jobs, key by key: the same files.
rows 60 >in.jsonl
cat >flat.yaml <<'YAML'
dataset_path: in.jsonl
export_path: flat.jsonl
partition_size: 7
max_partition_size_mb: 1
storage_format: jsonl
preserve_intermediate_data: true
enable_fault_tolerance: false
max_retries: 1
retry_backoff: fixed
process: [text_length_filter: {min_len: 50}]
YAML
cat >nested.yaml <<'YAML'
dataset_path: in.jsonl
export_path: nested.jsonl
partition: {size: 7, max_size_mb: 1}
intermediate_storage: {format: jsonl, preserve_intermediate_data: true}
fault_tolerance: {enabled: false, max_retries: 1, retry_backoff: fixed}
process: [text_length_filter: {min_len: 50}]
YAML
expect 0 ranks 0 --config flat.yaml --job_id flat
expect 0 ranks 0 --config nested.yaml --job_id nested
same flat.jsonl nested.jsonl
expect 0 diff -r outputs/flat/intermediate outputs/nested/intermediate
equal "$(find outputs/flat/intermediate -type f | wc -l)" 9 "files kept"
