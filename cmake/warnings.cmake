# Flags of our own targets. Other people's headers are system includes.
add_library(dj_flags INTERFACE)
target_compile_definitions(dj_flags INTERFACE _GNU_SOURCE)
target_compile_options(dj_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wformat=2 -Wvla)
if(DJ_WERROR)
  target_compile_options(dj_flags INTERFACE -Werror)
endif()
if(DJ_FAULTS)
  target_compile_definitions(dj_flags INTERFACE DJ_FAULTS)
endif()
