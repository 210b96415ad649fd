#include "kernels/select.h"

#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "kernels/scalar/scalar_table.h"

namespace tenfold::kernels {

namespace {

std::vector<const KernelTable*> find_runnable() { return {&scalar::scalar_table()}; }

}  // namespace

std::span<const KernelTable* const> runnable_kernels() noexcept {
  static const std::vector<const KernelTable*> tables = find_runnable();
  return tables;
}

Result<const KernelTable*> select_kernels() {
  const std::span<const KernelTable* const> tables = runnable_kernels();
  const char* forced = std::getenv("TENFOLD_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') return tables.back();
  std::string known;
  for (const KernelTable* table : tables) {
    if (std::string_view(forced) == table->isa) return table;
    known += cat(known.empty() ? "" : ", ", table->isa);
  }
  return unsupported("TENFOLD_FORCE_ISA: expected one of ", known, ", found ", printable(forced));
}

}  // namespace tenfold::kernels
