#include "tensor/dtype.h"

#include <array>
#include <limits>

#include "base/contracts.h"

namespace tenfold {

namespace {

// In the order of DType.
constexpr std::array<DTypeTraits, kNumDTypes> kTraits = {{
    {"f32", 0, 1, 4},
    {"f16", 1, 1, 2},
    {"bf16", 30, 1, 2},
    {"q4_0", 2, 32, 18},
    {"q4_1", 3, 32, 20},
    {"q5_0", 6, 32, 22},
    {"q5_1", 7, 32, 24},
    {"q8_0", 8, 32, 34},
    {"q2_k", 10, 256, 84},
    {"q3_k", 11, 256, 110},
    {"q4_k", 12, 256, 144},
    {"q5_k", 13, 256, 176},
    {"q6_k", 14, 256, 210},
    {"iq4_nl", 20, 32, 18},
    {"iq4_xs", 23, 256, 136},
}};

// Index = GGUF number; empty = retired or never given out.
constexpr std::array<std::string_view, 42> kGgmlNames = {
    "F32",   "F16",    "Q4_0",  "Q4_1", "",     "",        "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16",  "",       "",
    "",      "TQ1_0",  "TQ2_0", "",     "",     "",        "MXFP4",  "NVFP4",   "Q1_0",
};

}  // namespace

const DTypeTraits& dtype_traits(DType type) noexcept {
  TENFOLD_DCHECK(static_cast<std::size_t>(type) < kTraits.size());
  return kTraits[static_cast<std::size_t>(type)];
}

std::optional<DType> dtype_from_ggml_id(std::uint32_t ggml_id) noexcept {
  for (std::size_t i = 0; i < kTraits.size(); ++i) {
    if (kTraits[i].ggml_id == ggml_id) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::string_view ggml_type_name(std::uint32_t ggml_id) noexcept {
  return ggml_id < kGgmlNames.size() ? kGgmlNames[ggml_id] : std::string_view();
}

std::size_t row_bytes(DType type, std::int64_t n) noexcept {
  const DTypeTraits& t = dtype_traits(type);
  TENFOLD_DCHECK(n >= 0 && n % t.block_elems == 0);
  TENFOLD_DCHECK(n / t.block_elems <= std::numeric_limits<std::int64_t>::max() / t.block_bytes);
  return static_cast<std::size_t>(n / t.block_elems) * t.block_bytes;
}

std::optional<DType> dtype_from_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kTraits.size(); ++i) {
    if (name == kTraits[i].name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace tenfold
