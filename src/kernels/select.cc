#include "kernels/select.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

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

struct Runnable {
  std::vector<std::string_view> names;  // what TENFOLD_FORCE_ISA calls them, slowest first
  std::vector<const KernelTable*> tables;

  void add(bool can_run, std::string_view name, const KernelTable& table) {
    if (!can_run) return;
    names.push_back(name);
    tables.push_back(&table);
  }
};

Runnable find_runnable() {
  [[maybe_unused]] const CpuFeatures& cpu = cpu_features();
  Runnable all;
  all.add(true, "scalar", scalar::scalar_table());
#if defined(__x86_64__)
  all.add(cpu.avx2, "avx2", avx2::avx2_table());
  all.add(cpu.avx_vnni, "avx_vnni", avx_vnni::avx_vnni_table());
  all.add(cpu.avx512_vnni, "avx512", avx512::avx512_table());
#elif defined(__aarch64__)
  all.add(cpu.neon, "neon+none", neon::neon_table(neon::Variant::kPlain));
  all.add(cpu.neon_dotprod, "neon+dotprod", neon::neon_table(neon::Variant::kDotprod));
  all.add(cpu.neon_i8mm, "neon+i8mm", neon::neon_table(neon::Variant::kI8mm));
#endif
  return all;
}

const Runnable& runnable() {
  static const Runnable all = find_runnable();
  return all;
}

}  // namespace

int prefetch_bytes() noexcept {
  static const int bytes = [] {
    constexpr int kOnIntel = 4096, kMost = 65536;
    if (const char* forced = std::getenv("TENFOLD_PREFETCH_BYTES")) return std::clamp(std::atoi(forced), 0, kMost);
    return cpu_features().is_intel ? kOnIntel : 0;
  }();
  return bytes;
}

std::span<const KernelTable* const> runnable_kernels() noexcept { return runnable().tables; }

Result<const KernelTable*> find_kernels(std::string_view isa) {
  const Runnable& all = runnable();
  if (isa.empty() || (isa == "neon" && cpu_features().neon)) return all.tables.back();
  std::string known;
  for (std::size_t i = 0; i < all.names.size(); ++i) {
    if (isa == all.names[i]) return all.tables[i];
    known += cat(i == 0 ? "" : ", ", all.names[i]);
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
