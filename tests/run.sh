#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: with the sanitizers first, then
# the whole suite. Arguments go to the last ctest, e.g. tests/run.sh -L unit.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake/install-deps.sh --arrow || cmake/install-deps.sh # without Parquet its tests are skipped
# shellcheck source=cmake/mpi-env.sh
. cmake/mpi-env.sh

build() {
  cmake --preset "$@" >"build/$1.log" 2>&1 || { tail -n 30 "build/$1.log"; exit 1; }
  cmake --build --preset "$1" >"build/$1.log" 2>&1 || { tail -n 60 "build/$1.log"; exit 1; }
  echo "built: $1"
}

mkdir -p build
build dev
if [ $# -eq 0 ]; then
  build release -DDJ_WERROR=ON
  build asan
  ctest --preset asan -L "unit|asan" -j "$(nproc)" --output-on-failure
fi
exec ctest --preset dev -j "$(nproc)" --output-on-failure "$@"
