#!/usr/bin/env bash
# Refuses functions that are unsafe, or that one file alone may call.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0

# refuse PATTERN WHY [file where it is allowed (regex)]
refuse() {
  local found
  found=$(grep -rnE "$1" src include --include='*.[ch]' |
    grep -vE '^[^:]+:[0-9]+: *(/?\*|//)' | grep -vE "${3:-^$}" || true)
  if [ -n "$found" ]; then
    echo "$2:"
    echo "$found"
    bad=1
  fi
}

refuse '\b(sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|atof|system|alloca)\(' 'unsafe function'
refuse '\b(localtime|gmtime|asctime|ctime)\(' 'not safe with threads: use the _r form'
refuse '[^_a-z](malloc|calloc|realloc|free|aligned_alloc)\(' 'memory comes from dj/mem.h' '^src/(base|text/gen_)'
refuse '[^_a-z.>]rename\(' 'final names are given by base/fs.c' '^src/base/fs\.c'
refuse '\bfopen\(' 'files are written by base/fs.c' '^src/text/gen_'
refuse '\bMPI_[A-Z]' 'MPI is called by the communicator alone' '^src/(comm/comm_mpi|checkpoint/store_hdf5)\.c|^include/dj/comm\.h'
refuse '\bH5[A-Z][a-z]' 'HDF5 is called by the checkpoint store alone' '^src/checkpoint/(store_hdf5\.c|hdf5_format\.[ch])'
refuse '[^_a-z.>](exit|abort)\(' 'only base and main end the program' '^src/(base/|main\.c|text/gen_)'
refuse '\b(TODO|FIXME|XXX)\b' 'unfinished'

[ $bad -eq 0 ] && echo "banned: nothing found"
exit $bad
