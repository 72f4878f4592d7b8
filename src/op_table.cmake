# The operators: every file in src/ops/<kind>/ is one, and its stem is its name.
# The table that finds them is generated from the file names, sorted.
file(GLOB op_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ops/*/*.c)
set(op_externs "")
set(op_entries "")
set(op_names "")
foreach(file IN LISTS op_files)
  get_filename_component(stem ${file} NAME_WE)
  list(APPEND op_names ${stem})
endforeach()
list(SORT op_names COMPARE STRING)
foreach(stem IN LISTS op_names)
  string(APPEND op_externs "extern const struct dj_op dj_op_${stem};\n")
  string(APPEND op_entries "    &dj_op_${stem},\n")
endforeach()
configure_file(op/op_table.c.in op_table.c)

# Operators do not see the table, the table sees the operators: the two static
# libraries refer to each other, and the linker is told so.
add_library(dj_ops STATIC ${op_files} ${CMAKE_CURRENT_BINARY_DIR}/op_table.c)
target_include_directories(dj_ops PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(dj_ops PUBLIC dj_op PRIVATE dj_flags)
target_link_libraries(dj_op INTERFACE $<LINK_ONLY:dj_ops>)
