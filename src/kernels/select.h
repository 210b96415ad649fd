// Which KernelTable runs here. Chosen once per process; thread-safe.
#pragma once

#include <span>
#include <string_view>

#include "kernels/kernel_table.h"
#include "tenfold/status.h"

namespace tenfold::kernels {

// The fastest table this processor can run, or the one that the environment variable TENFOLD_FORCE_ISA names
// ("scalar", "avx2", "avx_vnni", "avx512", "neon"; on Arm also "neon+none", "neon+dotprod", "neon+i8mm" to narrow the
// features). The variable is read by the first call. Errors: kUnsupported when the forced name is unknown or cannot run
// here; the message lists those that can.
Result<const KernelTable*> select_kernels();

// The same for a name given here; empty: the fastest.
Result<const KernelTable*> find_kernels(std::string_view isa);

// MatMulArgs::prefetch_bytes for this processor. Of one ascending stream the prefetchers of Zen 4 and later keep up by
// themselves, and an instruction for each line only costs; those of Zen 3 and Intel's fall behind. bench/prefetch
// measures it. The environment variable TENFOLD_PREFETCH_BYTES (0…65536) says otherwise; it is read by the first call.
int prefetch_bytes() noexcept;

// Every table that this processor can run, scalar first. For tests.
std::span<const KernelTable* const> runnable_kernels() noexcept;

}  // namespace tenfold::kernels
