// The vectors of the instruction set that a file is compiled for, and products of whole numbers with them, under the
// names that the headers of this folder are written in.
//
// Which set that is the build says (isa_sources in ../CMakeLists.txt): the compiler's own macros tell what it may use,
// and -march lets it use more than a file is meant for.
#pragma once

#if defined(TENFOLD_ISA_AVX512)
#include "kernels/avx512/simd.h"
#elif defined(TENFOLD_ISA_AVX_VNNI)
#include "kernels/avx_vnni/dot.h"
#elif defined(TENFOLD_ISA_AVX2)
#include "kernels/avx2/dot.h"
#else
#error "expected TENFOLD_ISA_AVX2, TENFOLD_ISA_AVX_VNNI or TENFOLD_ISA_AVX512: src/kernels/CMakeLists.txt defines them"
#endif
