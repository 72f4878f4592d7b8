#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: with the sanitizers first, then
# the whole suite. Arguments go to the last ctest, e.g. tests/run.sh -L unit.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake/install-deps.sh --arrow || cmake/install-deps.sh # without Parquet its tests are skipped
# shellcheck source=cmake/mpi-env.sh
. cmake/mpi-env.sh

build() {
  cmake --preset "$1" >"build/$1.log" 2>&1 || { tail -n 30 "build/$1.log"; exit 1; }
  cmake --build --preset "$1" >"build/$1.log" 2>&1 || { tail -n 60 "build/$1.log"; exit 1; }
  echo "built: $1"
}

mkdir -p build
build dev
if [ $# -eq 0 ]; then
  build release
  build asan
  # Twice when need be: LeakSanitizer itself can fall over threads of MPI that are about
  # to end ("Tracer caught signal 11"). The suite below has no such second chance.
  ctest --preset asan -L "unit|asan" -j "$(nproc)" --output-on-failure --repeat until-pass:2
fi
exec ctest --preset dev -j "$(nproc)" --output-on-failure "$@"
