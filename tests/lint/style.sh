#!/usr/bin/env bash
# Formatting, shell scripts and spelling; skipped (77) where the tools are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in clang-format-16 shellcheck codespell; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is missing (cmake/install-deps.sh --lint)"
    exit 77
  fi
done
bad=0
find src include tests \( -name '*.[ch]' -o -name '*.cc' \) ! -name '*_table.[ch]' ! -name '*_tables.[ch]' -print0 |
  xargs -0 clang-format-16 --dry-run -Werror || bad=1
find . -path ./build -prune -o \( -name '*.sh' -o -name '*.sbatch' \) -print0 |
  xargs -0 shellcheck -x || bad=1
shellcheck -x .ci/run || bad=1
codespell --quiet-level=35 --ignore-words=tests/lint/spelling.txt \
  --skip='*_table.[ch],*_tables.[ch]' \
  README.md CHANGELOG.md CONTRIBUTING.md docs include src/*/*.c src/ops/*/*.c || bad=1
[ $bad -eq 0 ] && echo "style: clean"
exit $bad
