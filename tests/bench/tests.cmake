# Not a test: tests/bench/run.sh subtracts what this program costs.
add_executable(bench_empty_mpi ${CMAKE_CURRENT_LIST_DIR}/empty_mpi.c)
target_link_libraries(bench_empty_mpi PRIVATE dj_comm dj_base dj_flags)
