message(STATUS "dj-mpi ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, faults ${DJ_FAULTS}")
message(STATUS "  compiler  ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
message(STATUS "  MPI       ${MPI_C_VERSION} (${MPI_C_COMPILER})")
message(STATUS "  HDF5      ${HDF5_VERSION} parallel")
