# All fuzz targets, a while each, in a build of their own; skipped where clang is missing.
add_test(NAME fuzz/targets COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/run.sh)
set_tests_properties(fuzz/targets PROPERTIES LABELS fuzz TIMEOUT 900 PROCESSORS 2
  SKIP_RETURN_CODE 77)
