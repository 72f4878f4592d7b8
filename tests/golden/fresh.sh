#!/usr/bin/env bash
# The files that are made from the tables are as the program makes them now, and the
# reference is a recipe that the program takes. usage: fresh.sh PROGRAM
set -euo pipefail
program=$1
cd "$(dirname "$0")/../.."
bad=0

# fresh FILE PAGE
fresh() {
  if ! "$program" docs "$2" | diff -u "$1" -; then
    echo "$1 is stale: tests/golden/update.sh makes it anew"
    bad=1
  fi
}

fresh configs/reference.yaml reference
fresh docs/settings.md settings
fresh docs/operators.md operators
fresh docs/events.md events
"$program" validate --config configs/reference.yaml \
  --dataset_path tests/golden/mistakes/in.jsonl >/dev/null || bad=1
[ $bad -eq 0 ] && echo "fresh: all pages"
exit $bad
