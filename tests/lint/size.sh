#!/usr/bin/env bash
# Files stay small enough to hold in the head: at most 500 lines of code. Data tables
# (named *_table.*) and generated code do not count.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
while read -r lines file; do
  case $file in
    *_table.[ch] | *_tables.[ch]) continue ;;
  esac
  if [ "$lines" -gt 500 ]; then
    echo "$file has $lines lines: does it do one thing?"
    bad=1
  fi
done < <(find src include -name '*.[ch]' -exec wc -l {} + | grep -v ' total$')

# An operator is one file and one case file.
for file in src/ops/*/*.c; do
  case_file=tests/${file#src/}
  case_file=${case_file%.c}.yaml
  if [ ! -e "$case_file" ]; then
    echo "$file has no $case_file"
    bad=1
  fi
done
[ $bad -eq 0 ] && echo "size: all files are small, all operators have cases"
exit $bad
