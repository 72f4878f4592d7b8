# The operators against Data-Juicer's recorded results, where these are at hand.
add_executable(parity ${CMAKE_CURRENT_SOURCE_DIR}/parity/parity.c
                      ${CMAKE_CURRENT_SOURCE_DIR}/parity/hashes.c
                      ${CMAKE_CURRENT_SOURCE_DIR}/support/op_run.c
                      ${CMAKE_CURRENT_SOURCE_DIR}/support/global_run.c
                      ${CMAKE_CURRENT_SOURCE_DIR}/support/value.c)
target_include_directories(parity PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(parity PRIVATE dj_op dj_ops dj_flags m)

add_test(NAME parity/ops COMMAND parity)
set_tests_properties(parity/ops PROPERTIES LABELS parity TIMEOUT 600 SKIP_RETURN_CODE 77
  ENVIRONMENT "DJ_SOURCE_DIR=${PROJECT_SOURCE_DIR};DJ_PARITY_DIR=${DJ_PARITY_DIR}")

add_test(NAME parity/recipe COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/recipe.sh)
set_tests_properties(parity/recipe PROPERTIES LABELS parity TIMEOUT 600 SKIP_RETURN_CODE 77
  ENVIRONMENT "DJ_BIN=$<TARGET_FILE:dj-mpi>")
if(DJ_PARITY_DIR)
  set_property(TEST parity/recipe APPEND PROPERTY ENVIRONMENT "DJ_PARITY_DIR=${DJ_PARITY_DIR}")
endif()

# And those of global operators as whole jobs on several ranks.
add_executable(parity_ranks ${CMAKE_CURRENT_SOURCE_DIR}/parity/ranks.c
                            ${CMAKE_CURRENT_SOURCE_DIR}/support/value.c)
target_include_directories(parity_ranks PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(parity_ranks PRIVATE dj_exec dj_ops dj_flags m)
foreach(n IN ITEMS 1 2 3 8)
  add_test(NAME parity/ranks_${n} COMMAND bash -c
    ". ${PROJECT_SOURCE_DIR}/cmake/mpi-env.sh; d=$(mktemp -d); trap 'rm -rf $d' EXIT; mpirun -n ${n} $<TARGET_FILE:parity_ranks> $d")
  set_tests_properties(parity/ranks_${n} PROPERTIES LABELS parity TIMEOUT 300 PROCESSORS 2
    SKIP_RETURN_CODE 77
    ENVIRONMENT "DJ_SOURCE_DIR=${PROJECT_SOURCE_DIR};DJ_PARITY_DIR=${DJ_PARITY_DIR}")
endforeach()

# Random texts through Data-Juicer itself, where DJ_PYTHON names a Python that has it.
add_test(NAME parity/fuzz COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/fuzz.sh)
set_tests_properties(parity/fuzz PROPERTIES LABELS parity TIMEOUT 1200 SKIP_RETURN_CODE 77
  ENVIRONMENT "DJ_BIN=$<TARGET_FILE:dj-mpi>;DJ_PARITY=$<TARGET_FILE:parity>")

# What the tracer of a whole job writes, in the same way.
add_test(NAME parity/trace COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/trace.sh)
set_tests_properties(parity/trace PROPERTIES LABELS parity TIMEOUT 300 SKIP_RETURN_CODE 77
  ENVIRONMENT "DJ_BIN=$<TARGET_FILE:dj-mpi>")
