// What a table knows of each weight type, but for the products with 8-bit activations. armv8-a only.
#include "kernels/neon/mat_mul_f32.h"
#include "kernels/neon/neon_parts.h"
#include "kernels/neon/pack.h"

namespace tenfold::kernels::neon {

namespace {

template <DType kType>
size_t panel_bytes(int64_t k) noexcept {
  return bytes_of_panel<kType>(k);
}

template <Order kOrder, DType kType>
struct PanelOf : QuantizedPanel<kOrder, kType> {};
template <Order kOrder>
struct PanelOf<kOrder, DType::kF32> : FloatPanel<uint32_t, DType::kF32> {};
template <Order kOrder>
struct PanelOf<kOrder, DType::kF16> : FloatPanel<uint16_t, DType::kF16> {};
template <Order kOrder>
struct PanelOf<kOrder, DType::kBF16> : FloatPanel<uint16_t, DType::kBF16> {};

template <Order kOrder, int kType = 0>
void fill(WeightKernels (&weights)[kNumDTypes]) {
  if constexpr (kType < kNumDTypes) {
    constexpr auto kDType = static_cast<DType>(kType);
    using Panel = PanelOf<kOrder, kDType>;
    weights[kType] = {panel_bytes<kDType>,         Panel::pack, Panel::unpack, row_to_f32<kOrder, kDType>,
                      mat_mul_f32<kOrder, kDType>, nullptr};
    fill<kOrder, kType + 1>(weights);
  }
}

}  // namespace

void fill_weights_in_quads(WeightKernels (&weights)[kNumDTypes]) noexcept { fill<Order::kQuads>(weights); }
void fill_weights_in_pairs(WeightKernels (&weights)[kNumDTypes]) noexcept { fill<Order::kPairs>(weights); }

}  // namespace tenfold::kernels::neon
