#!/usr/bin/env bash
# Each setting has a test, which docs/settings.md links to: the file is there and names the
# setting, and so does the table of the links.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() { echo "$1"; bad=1; }

keys=$(grep -o 'KEY[A-Z_]*("[a-z_0-9.]*"' src/config/config_keys.c | sed 's/.*"\(.*\)"/\1/')
while read -r key; do
  row=$(grep -F "| \`$key\`" docs/settings.md | head -n 1)
  test=$(sed -n 's/.*(\.\.\/\(tests\/[^)]*\)) |$/\1/p' <<<"$row")
  if [ -z "$test" ]; then
    complain "docs/settings.md: $key has no test (src/config/config_tests.c)"
  elif [ ! -e "$test" ]; then
    complain "docs/settings.md: $key: there is no $test"
  elif ! grep -qw -- "${key##*.}" "$test"; then
    complain "$test is said to test $key and does not name it"
  fi
done <<<"$keys"
exit $bad
