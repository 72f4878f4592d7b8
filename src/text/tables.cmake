# Tables of the text module, made by a generator from the range lists.
file(GLOB dj_table_lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/tables/*.txt)
set(dj_table_source ${CMAKE_CURRENT_BINARY_DIR}/char_tables.c)

add_executable(dj_gen_tables ${CMAKE_CURRENT_LIST_DIR}/gen_tables.c)
target_include_directories(dj_gen_tables PRIVATE ${PROJECT_SOURCE_DIR}/include
                                                 ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(dj_gen_tables PRIVATE dj_flags)

add_custom_command(
  OUTPUT ${dj_table_source}
  COMMAND dj_gen_tables ${CMAKE_CURRENT_LIST_DIR}/tables ${dj_table_source}
  DEPENDS dj_gen_tables ${dj_table_lists}
  COMMENT "Making the character tables"
  VERBATIM)

# The generator lies among the sources of the module but is no part of it.
get_target_property(dj_text_sources dj_text SOURCES)
list(FILTER dj_text_sources EXCLUDE REGEX "/gen_tables\\.c$")
set_target_properties(dj_text PROPERTIES SOURCES "${dj_text_sources};${dj_table_source}")
