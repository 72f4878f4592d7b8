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
