# slurm/dj-mpi.sbatch as a string, so that "dj-mpi sbatch" and the file say the same.
set(script_file ${PROJECT_SOURCE_DIR}/slurm/dj-mpi.sbatch)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script_file})
file(READ ${script_file} script_text)
string(REPLACE "\\" "\\\\" script_text "${script_text}")
string(REPLACE "\"" "\\\"" script_text "${script_text}")
string(REPLACE "\n" "\\n\"\n    \"" script_text "${script_text}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/sbatch_script.c.in cli/sbatch_script.c @ONLY)
target_sources(dj_cli PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/cli/sbatch_script.c)
