# The NEON kernels, included by ../CMakeLists.txt. All are armv8-a but the products of 8-bit codes, of which each variant
# has its own files and flags.
set(neon_sources
  neon/activations.cc neon/attention.cc neon/mat_mul_dotprod.cc neon/mat_mul_i8mm.cc neon/mat_mul_plain.cc
  neon/neon_tables.cc neon/rows.cc neon/weights.cc)
set(neon_peak_sources neon/dot_peak_dotprod.cc neon/dot_peak_i8mm.cc neon/dot_peak_plain.cc)
set_source_files_properties(neon/dot_peak_dotprod.cc neon/mat_mul_dotprod.cc
  PROPERTIES COMPILE_OPTIONS "-march=armv8.2-a+dotprod")
set_source_files_properties(neon/dot_peak_i8mm.cc neon/mat_mul_i8mm.cc
  PROPERTIES COMPILE_OPTIONS "-march=armv8.2-a+dotprod+i8mm")
# GCC 12 was seen to fold functions of the x86 kernels that are alike but not equal; these are built the same way. Its first
# scheduling moves loads so far up that the sums of a tile go to the stack and back. Among smmla it gains more than it loses.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set_property(SOURCE ${neon_sources} ${neon_peak_sources} APPEND PROPERTY COMPILE_OPTIONS -fno-ipa-icf)
  set(unscheduled ${neon_sources} ${neon_peak_sources})
  list(REMOVE_ITEM unscheduled neon/dot_peak_i8mm.cc neon/mat_mul_i8mm.cc)
  set_property(SOURCE ${unscheduled} APPEND PROPERTY COMPILE_OPTIONS -fno-schedule-insns)
endif()
