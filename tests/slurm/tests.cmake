# Jobs on a private Slurm cluster, a cluster each: tests/slurm/<name>.sh, with the marks of
# tests/mpi. They are skipped where Slurm, root or namespaces are missing.
file(GLOB slurm_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sh)
list(FILTER slurm_tests EXCLUDE REGEX "/cluster\\.sh$")
foreach(script IN LISTS slurm_tests)
  get_filename_component(stem ${script} NAME_WE)
  set(timeout 500)
  file(STRINGS ${script} marks REGEX "^# timeout: ")
  if(marks MATCHES "^# timeout: ([0-9]+)")
    set(timeout ${CMAKE_MATCH_1})
  endif()
  add_test(NAME slurm/${stem} COMMAND bash ${script})
  set_tests_properties(slurm/${stem} PROPERTIES LABELS slurm TIMEOUT ${timeout}
    SKIP_RETURN_CODE 77
    ENVIRONMENT "DJ_BIN=$<TARGET_FILE:dj-mpi>;DJ_FAULTS=${DJ_FAULTS}")
endforeach()
