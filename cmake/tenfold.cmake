# How every target of the project is made: one set of flags, one function for libraries, one for tests.

# A logit may not depend on the compiler's mood: no contraction of a*b+c, FMA only where the source says so.
add_library(tenfold_flags INTERFACE)
target_compile_options(tenfold_flags INTERFACE -Wall -Wextra -Werror -ffp-contract=off -fvisibility=hidden)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tenfold_flags INTERFACE -Wthread-safety)  # what is guarded by which lock: base/thread_annotations.h
endif()
target_include_directories(tenfold_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
if(TENFOLD_DCHECKS)
  target_compile_definitions(tenfold_flags INTERFACE TENFOLD_DCHECKS=1)
endif()
find_package(Threads REQUIRED)
target_link_libraries(tenfold_flags INTERFACE Threads::Threads)

if(TENFOLD_SANITIZE)
  add_compile_options(-fsanitize=${TENFOLD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TENFOLD_SANITIZE})
  add_compile_definitions(TENFOLD_SANITIZED=1)  # for tests that lack of memory would end inside the sanitizer
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # A C program that links the sanitized library needs the C++ part of the sanitizers' own.
    add_link_options("$<$<LINK_LANGUAGE:C>:-fsanitize-link-c++-runtime;-lstdc++>")
  endif()
endif()

if(TENFOLD_TESTS)
  # Tests' own files are optimised little: they compile in two thirds of the time, and the work is done in the libraries.
  # What sanitizers put into them takes the optimiser twice as long again, so there they are not optimised at all.
  set(TENFOLD_TEST_OPTIONS -O1)
  if(TENFOLD_SANITIZE)
    set(TENFOLD_TEST_OPTIONS -O0)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # A precompiled header without the time at which it was made, so that ccache knows it again.
    list(APPEND TENFOLD_TEST_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 believes that short strings are copied beyond their end, and says so once the header is precompiled.
    list(APPEND TENFOLD_TEST_OPTIONS -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  endif()

  # From source, so that one rule serves native, sanitized and cross builds.
  add_subdirectory(/usr/src/googletest googletest EXCLUDE_FROM_ALL)
  target_compile_options(gtest PRIVATE -w -O1)

  # GoogleTest's header, compiled once: reading it anew takes a third of the time of each test file. What a precompiled header
  # was made with its users need too, so it belongs to a program made like theirs.
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/test_header.cc CONTENT "int main() {}\n")
  add_executable(test_header EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/test_header.cc)
  target_link_libraries(test_header PRIVATE tenfold_flags GTest::gtest_main)
  target_compile_options(test_header PRIVATE ${TENFOLD_TEST_OPTIONS})
  target_precompile_headers(test_header PRIVATE <gtest/gtest.h>)
endif()

# Where CMAKE_UNITY_BUILD is on, the files of a library or a test are compiled in batches: half the time for a whole
# build, more for one changed file, and nobody notices an include that is missing. Presets for whole builds have it on,
# those for working on a file off. Names local to a file have to differ within a folder, but for files that stay APART.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)

# tenfold_library(x SOURCES a.cc … DEPS tenfold_base …): the static library tenfold_x of the folder src/x. The global property
# TENFOLD_LIBRARIES lists all of them.
#   APART a.cc …: of the sources, those that share local names with others by design.
function(tenfold_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;APART" ${ARGN})
  set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(tenfold_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(tenfold_${name} PUBLIC tenfold_flags ${ARG_DEPS})
  set_property(GLOBAL APPEND PROPERTY TENFOLD_LIBRARIES tenfold_${name})
endfunction()

# tenfold_testing(x SOURCES a_testing.cc … DEPS tenfold_x …): the library tenfold_x_testing, of what the tests of src/x share
# among themselves and with those of other folders. Headers alone need no SOURCES. No part of the product may link it; it is
# built when a test does.
function(tenfold_testing name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(library tenfold_${name}_testing)
  if(TENFOLD_TESTS)
    list(APPEND ARG_DEPS GTest::gtest)
  endif()
  if(ARG_SOURCES)
    add_library(${library} STATIC EXCLUDE_FROM_ALL ${ARG_SOURCES})
    target_compile_definitions(${library} PRIVATE TENFOLD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${library} PUBLIC tenfold_flags ${ARG_DEPS})
  else()
    add_library(${library} INTERFACE)
    target_link_libraries(${library} INTERFACE tenfold_flags ${ARG_DEPS})
  endif()
endfunction()

# tenfold_test(x SOURCES a_test.cc … DEPS tenfold_x …): the GoogleTest program x_test, run by ctest as one test.
#   SECONDS n: about what it takes under sanitizers, for the long ones: ctest begins with them, so that the rest fills the
#   other cores meanwhile.
function(tenfold_test name)
  if(NOT TENFOLD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "SECONDS" "SOURCES;DEPS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE tenfold_flags ${ARG_DEPS} GTest::gtest_main)
  target_compile_options(${name}_test PRIVATE ${TENFOLD_TEST_OPTIONS})
  target_precompile_headers(${name}_test REUSE_FROM test_header)
  target_compile_definitions(${name}_test PRIVATE TENFOLD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name}_test COMMAND ${name}_test)
  set_tests_properties(${name}_test PROPERTIES TIMEOUT 900)
  if(ARG_SECONDS)
    set_tests_properties(${name}_test PROPERTIES COST ${ARG_SECONDS})
  endif()
endfunction()

# tenfold_fuzz_target(x SOURCES x_fuzz.cc DEPS …): the libFuzzer program x_fuzz.
function(tenfold_fuzz_target name)
  if(NOT TENFOLD_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name}_fuzz ${ARG_SOURCES})
  target_link_libraries(${name}_fuzz PRIVATE tenfold_flags ${ARG_DEPS})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
