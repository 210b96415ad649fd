# What `cmake --install` puts into a prefix: the public headers, libtenfold.so for C and whoever can call C, libtenfold_cpp.a
# for C++, the program, and what CMake (find_package(tenfold)) and pkg-config need to find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# All libraries of ours that `target` needs, itself included.
function(tenfold_closure target result)
  set(found ${target})
  get_target_property(needed ${target} LINK_LIBRARIES)
  foreach(library ${needed})
    if(library MATCHES "^tenfold_" AND NOT library STREQUAL tenfold_flags)
      tenfold_closure(${library} below)
      list(APPEND found ${below})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# The folders' libraries as one archive.
tenfold_closure(tenfold_c_api folders)
list(TRANSFORM folders REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(tenfold_static STATIC ${objects})
set_target_properties(tenfold_static PROPERTIES OUTPUT_NAME tenfold_cpp EXPORT_NAME tenfold_cpp LINKER_LANGUAGE CXX)
target_compile_features(tenfold_static INTERFACE cxx_std_20)
get_property(image_libraries GLOBAL PROPERTY TENFOLD_IMAGE_LIBRARIES)
target_link_libraries(tenfold_static INTERFACE Threads::Threads ${image_libraries})
set_target_properties(tenfold_shared PROPERTIES EXPORT_NAME tenfold)

install(TARGETS tenfold_shared tenfold_static EXPORT tenfold
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/tenfold DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tenfold NAMESPACE tenfold:: FILE tenfold-targets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenfold)

configure_package_config_file(cmake/tenfold-config.cmake.in ${CMAKE_BINARY_DIR}/tenfold-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenfold)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/tenfold-config-version.cmake COMPATIBILITY SameMinorVersion)
# Relative, so that the prefix can be moved.
file(RELATIVE_PATH TENFOLD_PC_TO_INCLUDE /${CMAKE_INSTALL_LIBDIR}/pkgconfig /${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/tenfold.pc.in ${CMAKE_BINARY_DIR}/tenfold.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/tenfold-config.cmake ${CMAKE_BINARY_DIR}/tenfold-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenfold)
install(FILES ${CMAKE_BINARY_DIR}/tenfold.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET tenfold)
  install(TARGETS tenfold RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
