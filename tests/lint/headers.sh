#!/usr/bin/env bash
# Every public header compiles alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
for header in include/dj/*.h; do
  if ! echo "#include \"dj/$(basename "$header")\"" |
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -x c -fsyntax-only -; then
    echo "$header does not compile alone"
    bad=1
  fi
done
[ $bad -eq 0 ] && echo "headers: each compiles alone"
exit $bad
