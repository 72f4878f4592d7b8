# The cases of the operators: every ops/<kind>/<name>.yaml is one test.
add_executable(op_cases ${CMAKE_CURRENT_SOURCE_DIR}/op_cases.c
                        ${CMAKE_CURRENT_SOURCE_DIR}/support/op_run.c
                        ${CMAKE_CURRENT_SOURCE_DIR}/support/global_run.c
                        ${CMAKE_CURRENT_SOURCE_DIR}/support/value.c)
target_include_directories(op_cases PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(op_cases PRIVATE dj_op dj_ops dj_flags m)

file(GLOB op_case_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
     ${CMAKE_CURRENT_SOURCE_DIR}/ops/*/*.yaml)
foreach(file IN LISTS op_case_files)
  get_filename_component(stem ${file} NAME_WE)
  add_test(NAME ops/${stem} COMMAND op_cases ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set_tests_properties(ops/${stem} PROPERTIES LABELS unit TIMEOUT 60)
endforeach()
if(NOT ARCHIVE_FOUND)
  set_tests_properties(ops/latex_merge_tex_mapper PROPERTIES DISABLED TRUE)
endif()
