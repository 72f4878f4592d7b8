#!/usr/bin/env bash
# Commits on a disk that is full until something is deleted, on disks that tell how much
# room there is and on others.
#   ckpt_full.sh TEST_CKPT NO_ROOM_TOLD
set -euo pipefail
# shellcheck source=cmake/mpi-env.sh
. "$(dirname "$0")/../../cmake/mpi-env.sh"
if [ -z "${CKPT_FULL_INSIDE:-}" ]; then
  if ! unshare -rm mount -t tmpfs none /mnt 2>/dev/null; then
    echo "skipped: this user may not mount a tmpfs of its own"
    exit 77
  fi
  CKPT_FULL_INSIDE=1 exec unshare -rm "$0" "$@"
fi
program=$1
preload=$2
folder=$(mktemp -d)
trap 'rmdir "$folder"' EXIT

for ranks in 0 1 2 3 4; do
  for library in "" "$preload"; do
    mount -t tmpfs -o size=14m none "$folder"
    mkdir "$folder/sets"
    head -c 10M /dev/zero >"$folder/sets/filler"
    echo "ranks: $ranks, room is told: $([ -z "$library" ] && echo yes || echo no)"
    if [ "$ranks" -eq 0 ]; then
      LD_PRELOAD=$library "$program" full "$folder/sets"
    else
      mpirun -n "$ranks" -x LD_PRELOAD="$library" "$program" full "$folder/sets"
    fi
    umount "$folder"
  done
done
