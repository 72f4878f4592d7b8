# Arrow and Parquet, which may be missing: an installed Arrow C++ (Spack, conda, EasyBuild,
# Arrow's own packages), else the library inside a pyarrow wheel. Sets DJ_ARROW_VERSION
# (empty: there is none) and makes the target dj_arrow_library.

option(DJ_ARROW "Read and write Parquet and Arrow files where the Arrow library is found" ON)
set(DJ_ARROW_PYTHON "" CACHE FILEPATH
    "A Python that has pyarrow (default: what cmake/install-deps.sh --arrow made, else python3)")
set(DJ_ARROW_VERSION "")
set(DJ_ARROW_OLDEST 24)
set(DJ_ARROW_RUN_PYTHON "") # for tests
set(DJ_ARROW_FILES "")      # of a wheel, installed beside the plugin

function(dj_arrow_from_wheel python)
  execute_process(
    COMMAND ${python} -c "import pyarrow as p, os
d = p.get_library_dirs()[0]
major = p.__version__.split('.')[0]
print(p.__version__, p.get_include(), *[os.path.join(d, f'lib{n}.so.{major}00') for n in ('arrow', 'parquet')], sep=';')"
    OUTPUT_VARIABLE said ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    return()
  endif()
  list(GET said 0 version)
  if(version VERSION_LESS DJ_ARROW_OLDEST)
    message(STATUS "pyarrow ${version} of ${python} is too old for Parquet (${DJ_ARROW_OLDEST})")
    return()
  endif()
  list(GET said 1 include)
  list(GET said 2 arrow)
  list(GET said 3 parquet)
  if(NOT EXISTS ${arrow} OR NOT EXISTS ${parquet} OR NOT EXISTS ${include}/parquet/api/reader.h)
    return()
  endif()
  add_library(dj_arrow_library INTERFACE)
  target_include_directories(dj_arrow_library SYSTEM INTERFACE ${include})
  target_link_libraries(dj_arrow_library INTERFACE ${parquet} ${arrow})
  set(DJ_ARROW_FILES ${arrow} ${parquet} PARENT_SCOPE)
  set(DJ_ARROW_VERSION ${version} PARENT_SCOPE)
  set(DJ_ARROW_RUN_PYTHON ${python} PARENT_SCOPE)
endfunction()

if(DJ_ARROW)
  find_package(Arrow CONFIG QUIET)
  find_package(Parquet CONFIG QUIET)
  if(ARROW_VERSION VERSION_LESS DJ_ARROW_OLDEST AND TARGET Arrow::arrow_shared)
    message(STATUS "Arrow ${ARROW_VERSION} is too old for Parquet (${DJ_ARROW_OLDEST})")
  elseif(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared)
    add_library(dj_arrow_library INTERFACE)
    target_link_libraries(dj_arrow_library INTERFACE Parquet::parquet_shared Arrow::arrow_shared)
    set(DJ_ARROW_VERSION ${ARROW_VERSION})
  endif()
  foreach(python IN ITEMS "${DJ_ARROW_PYTHON}" "$ENV{DJ_ARROW_VENV}/bin/python"
                          "${PROJECT_SOURCE_DIR}/build/arrow-venv/bin/python" python3)
    if(DJ_ARROW_VERSION STREQUAL "" AND NOT python STREQUAL "")
      dj_arrow_from_wheel(${python})
    endif()
  endforeach()
endif()

if(DJ_ARROW_VERSION)
  include(CheckLanguage)
  check_language(CXX)
  if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
  else()
    message(WARNING "Arrow ${DJ_ARROW_VERSION} is there, but no C++ compiler: built without Parquet")
    set(DJ_ARROW_VERSION "")
  endif()
endif()
