# The Arrow plugin, which lies beside dj-mpi in the build folder and in lib/dj-mpi when
# installed. An installed Arrow library is found by the path it had when this was built;
# that of a wheel is installed with the plugin, for the wheel may be a part of the build.
if(NOT DJ_ARROW_VERSION)
  return()
endif()

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cc)
add_library(dj_arrow MODULE ${sources})
set_target_properties(dj_arrow PROPERTIES
  CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS ON
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
  INSTALL_RPATH_USE_LINK_PATH ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
target_include_directories(dj_arrow PRIVATE ${PROJECT_SOURCE_DIR}/include
                                            ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(dj_arrow PRIVATE _GNU_SOURCE)
target_compile_options(dj_arrow PRIVATE -Wall -Wextra -Wno-deprecated-declarations)
if(DJ_WERROR)
  target_compile_options(dj_arrow PRIVATE -Werror)
endif()
target_link_libraries(dj_arrow PRIVATE dj_arrow_library)

include(GNUInstallDirs)
install(TARGETS dj_arrow LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/dj-mpi)
if(DJ_ARROW_FILES)
  set_target_properties(dj_arrow PROPERTIES INSTALL_RPATH "$ORIGIN"
    INSTALL_RPATH_USE_LINK_PATH OFF)
  install(FILES ${DJ_ARROW_FILES} DESTINATION ${CMAKE_INSTALL_LIBDIR}/dj-mpi)
endif()
