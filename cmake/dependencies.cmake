# Finds every library that dj-mpi links, and says which Debian package has a
# missing one. cmake/install-deps.sh installs them all.

find_package(PkgConfig)
if(NOT PkgConfig_FOUND)
  message(FATAL_ERROR "pkg-config is missing: apt-get install pkg-config")
endif()

function(dj_need name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR
      "${module} is missing: apt-get install ${package} (or cmake/install-deps.sh)")
  endif()
  set(${name}_VERSION ${${name}_VERSION} PARENT_SCOPE)
endfunction()

dj_need(YAML yaml-0.1 libyaml-dev)
dj_need(CJSON libcjson libcjson-dev)
dj_need(ZSTD libzstd libzstd-dev)
dj_need(XXHASH libxxhash libxxhash-dev)
dj_need(PCRE2 libpcre2-8 libpcre2-dev)
dj_need(UTF8PROC libutf8proc libutf8proc-dev)
dj_need(ZLIB zlib zlib1g-dev)

# The library's choice of vector code when it runs; not every build of it has that.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::XXHASH)
check_symbol_exists(XXH3_64bits_dispatch xxh_x86dispatch.h DJ_HAVE_XXH_DISPATCH)
unset(CMAKE_REQUIRED_LIBRARIES)

# One operator, latex_merge_tex_mapper, needs it, and says so where it is missing.
pkg_check_modules(ARCHIVE QUIET IMPORTED_TARGET libarchive)

find_package(MPI COMPONENTS C)
if(NOT MPI_C_FOUND)
  message(FATAL_ERROR
    "MPI is missing: apt-get install openmpi-bin libopenmpi-dev (or cmake/install-deps.sh)")
endif()

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 COMPONENTS C)
if(NOT HDF5_FOUND OR NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR
    "parallel HDF5 is missing: apt-get install libhdf5-openmpi-dev (or cmake/install-deps.sh)")
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
