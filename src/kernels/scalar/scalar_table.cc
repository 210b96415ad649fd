#include "kernels/scalar/scalar_table.h"

namespace tenfold::kernels::scalar {

const KernelTable& scalar_table() noexcept {
  static const KernelTable table = [] {
    KernelTable t{};
    t.isa = "scalar";
    add_weight_kernels(t);
    add_attention_kernels(t);
    add_row_kernels(t);
    return t;
  }();
  return table;
}

}  // namespace tenfold::kernels::scalar
