# What the program prints, compared with files: messages of mistakes, help, listings.
foreach(folder IN ITEMS mistakes pages)
  add_test(NAME golden/${folder} COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/run.sh
           $<TARGET_FILE:dj-mpi> ${folder})
  set_tests_properties(golden/${folder} PROPERTIES LABELS unit TIMEOUT 120)
endforeach()
add_test(NAME golden/fresh COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/fresh.sh
         $<TARGET_FILE:dj-mpi>)
set_tests_properties(golden/fresh PROPERTIES LABELS unit TIMEOUT 60)
add_test(NAME golden/sbatch COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/sbatch.sh
         $<TARGET_FILE:dj-mpi>)
set_tests_properties(golden/sbatch PROPERTIES LABELS unit TIMEOUT 60)
add_test(NAME golden/ranks COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/ranks.sh
         $<TARGET_FILE:dj-mpi>)
set_tests_properties(golden/ranks PROPERTIES LABELS unit TIMEOUT 60)

# The schema of recipes, against recipes that are accepted and refused.
find_program(DJ_PYTHON3 python3)
if(DJ_PYTHON3)
  add_executable(yaml_to_json ${PROJECT_SOURCE_DIR}/tests/support/yaml_to_json.c)
  target_link_libraries(yaml_to_json PRIVATE dj_base dj_flags)
  add_test(NAME golden/schema COMMAND ${DJ_PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/schema.py
           $<TARGET_FILE:dj-mpi> $<TARGET_FILE:yaml_to_json>)
  set_tests_properties(golden/schema PROPERTIES LABELS unit TIMEOUT 60)
endif()
