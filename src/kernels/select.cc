#include "kernels/select.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "base/error.h"
#include "kernels/scalar/scalar_table.h"
#include "platform/cpu_features.h"
#if defined(__x86_64__)
#include "kernels/avx2/avx2_table.h"
#include "kernels/avx512/avx512_table.h"
#include "kernels/avx_vnni/avx_vnni_table.h"
#elif defined(__aarch64__)
#include "kernels/neon/neon_tables.h"
#endif

namespace tenfold::kernels {

namespace {

// Without memory of its own: it is made where memory may be short.
class Runnable {
 public:
  Runnable() noexcept {
    [[maybe_unused]] const CpuFeatures& cpu = cpu_features();
    add(true, scalar::scalar_table());
#if defined(__x86_64__)
    add(cpu.avx2, avx2::avx2_table());
    add(cpu.avx_vnni, avx_vnni::avx_vnni_table());
    add(cpu.avx512_vnni, avx512::avx512_table());
#elif defined(__aarch64__)
    add(cpu.neon, neon::neon_table(neon::Variant::kPlain));
    add(cpu.neon_dotprod, neon::neon_table(neon::Variant::kDotprod));
    add(cpu.neon_i8mm, neon::neon_table(neon::Variant::kI8mm));
#endif
  }

  // Slowest first.
  [[nodiscard]] std::span<const KernelTable* const> tables() const noexcept { return std::span(tables_).first(n_); }

 private:
  void add(bool can_run, const KernelTable& table) noexcept {
    if (can_run) tables_[n_++] = &table;
  }

  std::array<const KernelTable*, 4> tables_{};
  std::size_t n_ = 0;
};

}  // namespace

int prefetch_bytes() noexcept {
  static const int bytes = [] {
    constexpr int kOnIntel = 4096, kOnOlderAmd = 2048, kMost = 65536;
    if (const char* forced = std::getenv("TENFOLD_PREFETCH_BYTES")) return std::clamp(std::atoi(forced), 0, kMost);
    if (cpu_features().is_intel) return kOnIntel;
    return cpu_features().avx512_vnni ? 0 : kOnOlderAmd;  // AMD's with AVX-512 are Zen 4 and later
  }();
  return bytes;
}

std::span<const KernelTable* const> runnable_kernels() noexcept {
  static const Runnable all;
  return all.tables();
}

Result<const KernelTable*> find_kernels(std::string_view isa) {
  const std::span<const KernelTable* const> all = runnable_kernels();
  if (isa.empty() || (isa == "neon" && cpu_features().neon)) return all.back();
  std::string known;
  for (const KernelTable* table : all) {
    if (isa == table->isa) return table;
    known += cat(known.empty() ? "" : ", ", table->isa);
  }
  return unsupported("instruction set: expected one of ", known, ", found ", printable(isa));
}

Result<const KernelTable*> select_kernels() {
  static const Result<const KernelTable*> selected = [] {
    const char* forced = std::getenv("TENFOLD_FORCE_ISA");
    if (forced == nullptr) return find_kernels("");
    Result<const KernelTable*> found = find_kernels(forced);
    return found.ok() ? found : Result<const KernelTable*>(found.status().with_context("TENFOLD_FORCE_ISA"));
  }();
  return selected;
}

}  // namespace tenfold::kernels
