#!/usr/bin/env bash
# Writes all expected output anew, and the files that are made from the tables. Read the
# difference like code before it is committed. usage: update.sh [PROGRAM]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=$(realpath "${1:-$root/build/dev/src/dj-mpi}")
"$program" docs reference >"$root/configs/reference.yaml"
"$program" docs settings >"$root/docs/settings.md"
"$program" docs operators >"$root/docs/operators.md"
"$program" docs events >"$root/docs/events.md"
for folder in mistakes pages; do
  "$here/run.sh" "$program" "$folder" --update
done
