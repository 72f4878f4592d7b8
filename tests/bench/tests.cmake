# Not a test: tests/bench/run.sh subtracts what this program costs.
add_executable(bench_empty_mpi ${CMAKE_CURRENT_LIST_DIR}/empty_mpi.c)
target_link_libraries(bench_empty_mpi PRIVATE dj_comm dj_base dj_flags)

# Nor is this: what layers cost, beside running the recipe.
add_executable(bench_layers ${CMAKE_CURRENT_LIST_DIR}/layers.c)
target_link_libraries(bench_layers PRIVATE dj_config dj_ops dj_op dj_data dj_base dj_flags)

# Nor this: a set of a checkpoint beside plain files of the same bytes.
add_executable(bench_ckpt_write ${CMAKE_CURRENT_LIST_DIR}/ckpt_write.c)
target_link_libraries(bench_ckpt_write PRIVATE dj_checkpoint dj_comm dj_base dj_flags)

# Nor this: MinHash signatures by kernel, on a JSONL file.
add_executable(bench_minhash ${CMAKE_CURRENT_LIST_DIR}/minhash.c)
target_include_directories(bench_minhash PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(bench_minhash PRIVATE dj_data dj_text dj_base dj_flags)

# Nor this: records through an exchange.
add_executable(bench_exchange ${CMAKE_CURRENT_LIST_DIR}/exchange.c)
target_include_directories(bench_exchange PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(bench_exchange PRIVATE dj_exchange dj_comm dj_base dj_flags)
