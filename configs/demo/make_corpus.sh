#!/usr/bin/env bash
# Makes a JSONL corpus out of text that is on this machine: manual pages, package
# documentation, licences, headers. Usage: make_corpus.sh FILE [MEGABYTES]
# One sample is a stretch of about 2.5 kB of one file: {"text": ..., "meta": {...}}.
set -euo pipefail
out=${1:?usage: make_corpus.sh FILE [MEGABYTES]}
bytes=$((${2:-20} * 1000000))
export LC_ALL=C

# Text files in an order that is mixed but always the same, each led by a line that
# begins with a byte 1 and has its name.
texts() {
  find /usr/share/man /usr/share/doc /usr/share/common-licenses /usr/share/perl \
    /usr/include /usr/lib/python3 /usr/lib/python3.* \
    -type f \( -name '*.[1-8].gz' -o -name '*.txt' -o -name '*.txt.gz' -o -name copyright \
    -o -name 'README*' -o -name 'NEWS*' -o -name 'changelog*' -o -name 'GPL-*' \
    -o -name '*.html' -o -name '*.pod' -o -name '*.h' -o -name '*.py' \) \
    -size +1k -size -400k 2>/dev/null | sort | sort -R --random-source=<(yes dj-mpi) |
    while IFS= read -r file; do
      printf '\001%s\n' "$file"
      case $file in
        *.gz) gzip -dc "$file" 2>/dev/null || true ;;
        *) cat "$file" 2>/dev/null || true ;;
      esac
      echo
    done
}

to_json() {
  awk -v limit="$bytes" '
    function flush_sample() {
      if (length(text) > 0) {
        line = "{\"text\": \"" text "\", \"meta\": {\"source\": \"" name "\", \"part\": " part++ "}}"
        print line
        written += length(line) + 1
        text = ""
        if (written >= limit) exit
      }
    }
    /^\001/ { flush_sample(); name = substr($0, 2); gsub(/[\\"]/, "_", name); part = 0; next }
    {
      gsub(/\\/, "\\\\\\\\")
      gsub(/"/, "\\\"")
      gsub(/\t/, "\\t")
      gsub(/\r/, "\\r")
      gsub(/[\001-\037\177]/, " ")
      text = text $0 "\\n"
      if (length(text) > 2500) flush_sample()
    }
    END { if (written < limit) flush_sample() }'
}

mkdir -p "$(dirname "$out")"
{ texts || true; } | to_json >"$out.tmp" || true
mv "$out.tmp" "$out"
