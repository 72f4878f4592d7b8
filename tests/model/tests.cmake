# How finished work is kept, as a model: all its states are walked through. Fast in any
# build, as it is optimised always.
add_executable(test_model ${CMAKE_CURRENT_LIST_DIR}/test_model.c
                          ${CMAKE_CURRENT_LIST_DIR}/protocol.c
                          ${CMAKE_CURRENT_LIST_DIR}/resume.c
                          ${CMAKE_CURRENT_LIST_DIR}/things.c
                          ${CMAKE_CURRENT_LIST_DIR}/disk.c)
target_include_directories(test_model PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_model PRIVATE dj_flags)
target_compile_options(test_model PRIVATE -O2)
add_test(NAME model/commit COMMAND test_model)
set_tests_properties(model/commit PROPERTIES LABELS model TIMEOUT 300)
