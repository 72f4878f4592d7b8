file(GLOB lint_scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sh)
foreach(script IN LISTS lint_scripts)
  get_filename_component(stem ${script} NAME_WE)
  add_test(NAME lint/${stem} COMMAND bash ${script})
  set_tests_properties(lint/${stem} PROPERTIES LABELS lint TIMEOUT 120 SKIP_RETURN_CODE 77
    ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endforeach()
