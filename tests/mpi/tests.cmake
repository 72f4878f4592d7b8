# Whole jobs: tests/mpi/<name>.sh. A line "# ranks: N" tells how many processes a test
# starts at most, "# timeout: S" how long it may take, "# labels: a b" more labels,
# "# alone: yes" that it keeps all cores busy by itself.
# For sanitizer builds. Without intercept_tls_get_addr=0 the runtime of gcc 12 takes the words
# before some blocks of thread-local storage for a header that only old C libraries have,
# and its leak check at the end then reads where nothing is ("Tracer caught signal 11").
# That depends on where a block happens to lie (google/sanitizers, issue 1322).
set(sanitizers
  "ASAN_OPTIONS=fast_unwind_on_malloc=0:intercept_tls_get_addr=0"
  "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/lsan.supp:print_suppressions=0")
file(GLOB job_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sh)
foreach(script IN LISTS job_tests)
  get_filename_component(stem ${script} NAME_WE)
  set(labels mpi)
  set(timeout 240)
  set(processors 1)
  file(STRINGS ${script} marks REGEX "^# (ranks|timeout|labels|alone): ")
  foreach(mark IN LISTS marks)
    if(mark MATCHES "^# timeout: ([0-9]+)")
      set(timeout ${CMAKE_MATCH_1})
    elseif(mark MATCHES "^# alone: yes")
      set(processors 2)
    elseif(mark MATCHES "^# labels: (.+)")
      string(REPLACE " " ";" more "${CMAKE_MATCH_1}")
      list(APPEND labels ${more})
    endif()
  endforeach()
  add_test(NAME mpi/${stem} COMMAND bash ${script})
  set_tests_properties(mpi/${stem} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout}
    PROCESSORS ${processors} SKIP_RETURN_CODE 77
    ENVIRONMENT "DJ_BIN=$<TARGET_FILE:dj-mpi>;DJ_FAULTS=${DJ_FAULTS};DJ_ARROW_PYTHON=${DJ_ARROW_RUN_PYTHON};${sanitizers}")
endforeach()

# The communicator itself, on several numbers of ranks.
add_executable(test_comm ${CMAKE_CURRENT_LIST_DIR}/test_comm.c)
target_include_directories(test_comm PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_comm PRIVATE dj_comm dj_base dj_flags)
foreach(n IN ITEMS 1 2 3 4 8)
  add_test(NAME mpi/comm_${n} COMMAND bash -c
    ". ${PROJECT_SOURCE_DIR}/cmake/mpi-env.sh; mpirun -n ${n} $<TARGET_FILE:test_comm>")
  set_tests_properties(mpi/comm_${n} PROPERTIES LABELS "mpi;asan" TIMEOUT 60 PROCESSORS 2
    ENVIRONMENT "${sanitizers}")
endforeach()

# And the exchange on it.
foreach(part IN ITEMS exchange clusters)
  set(program test_${part}_ranks)
  add_executable(${program} ${CMAKE_CURRENT_LIST_DIR}/test_${part}.c)
  target_include_directories(${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${program} PRIVATE dj_exchange dj_comm dj_base dj_flags)
  foreach(n IN ITEMS 1 2 3 4 8)
    add_test(NAME mpi/${part}_${n} COMMAND bash -c
      ". ${PROJECT_SOURCE_DIR}/cmake/mpi-env.sh; mpirun -n ${n} $<TARGET_FILE:${program}>")
    set_tests_properties(mpi/${part}_${n} PROPERTIES LABELS "mpi;asan" TIMEOUT 300 PROCESSORS 2
      ENVIRONMENT "${sanitizers}")
  endforeach()
endforeach()

# What it costs, on many more ranks than there are cores.
add_executable(test_scaling ${CMAKE_CURRENT_LIST_DIR}/test_scaling.c)
target_include_directories(test_scaling PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
                                                ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(test_scaling PRIVATE dj_exchange dj_comm dj_base dj_flags m)
foreach(n IN ITEMS 1 2 8 32 64)
  add_test(NAME mpi/scaling_${n} COMMAND bash -c
    ". ${PROJECT_SOURCE_DIR}/cmake/mpi-env.sh; mpirun -n ${n} $<TARGET_FILE:test_scaling>")
  set_tests_properties(mpi/scaling_${n} PROPERTIES LABELS mpi TIMEOUT 300 PROCESSORS 2)
endforeach()

# Checkpoint sets, written by one number of ranks (0: without mpirun), read by others.
add_executable(test_ckpt ${CMAKE_CURRENT_LIST_DIR}/test_ckpt.c)
target_include_directories(test_ckpt PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
                                             ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(test_ckpt PRIVATE dj_checkpoint dj_comm dj_base dj_flags)
foreach(n IN ITEMS 0 1 2 3 4 8)
  add_test(NAME mpi/ckpt_${n} COMMAND bash ${PROJECT_SOURCE_DIR}/tests/support/ckpt_ranks.sh
    $<TARGET_FILE:test_ckpt> ${n} 0 1 2 3 4 8)
  set_tests_properties(mpi/ckpt_${n} PROPERTIES LABELS "mpi;asan" TIMEOUT 240 PROCESSORS 2
    ENVIRONMENT "${sanitizers}")
endforeach()
add_test(NAME mpi/ckpt_large COMMAND bash -c
  ". ${PROJECT_SOURCE_DIR}/cmake/mpi-env.sh; d=$(mktemp -d); trap 'rm -rf $d' EXIT; mpirun -n 2 $<TARGET_FILE:test_ckpt> large $d")
set_tests_properties(mpi/ckpt_large PROPERTIES LABELS mpi TIMEOUT 120 PROCESSORS 2)
add_test(NAME mpi/ckpt_script COMMAND bash
  ${PROJECT_SOURCE_DIR}/tests/support/ckpt_script.sh $<TARGET_FILE:test_ckpt>)
set_tests_properties(mpi/ckpt_script PROPERTIES LABELS mpi TIMEOUT 60 PROCESSORS 2
  SKIP_RETURN_CODE 77)
add_library(no_room_told MODULE ${PROJECT_SOURCE_DIR}/tests/support/no_room_told.c)
target_link_libraries(no_room_told PRIVATE dj_flags)
add_test(NAME mpi/ckpt_full COMMAND bash ${PROJECT_SOURCE_DIR}/tests/support/ckpt_full.sh
  $<TARGET_FILE:test_ckpt> $<TARGET_FILE:no_room_told>)
set_tests_properties(mpi/ckpt_full PROPERTIES LABELS mpi TIMEOUT 60 PROCESSORS 2
  SKIP_RETURN_CODE 77)
