// For tests only: random data, repeatable, and with blocks of every type.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "kernels/kernel_table.h"
#include "kernels/scalar/codes.h"
#include "tensor/half.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint64_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545F4914F6CDD1DU;
  }
  int below(int n) { return static_cast<int>((bits() >> 33) % static_cast<std::uint64_t>(n)); }
  float uniform(float low, float high) { return low + (high - low) * static_cast<float>(bits() >> 40) * 0x1p-24F; }

 private:
  std::uint64_t state_;
};

// Bytes that start on a cache line, so that sanitizers see any access past their end.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size, unsigned char fill = 0)
      : size_(size), data_(static_cast<unsigned char*>(::operator new(size == 0 ? 1 : size, std::align_val_t{64}))) {
    std::memset(data_.get(), fill, size);
  }
  unsigned char* data() { return data_.get(); }
  const unsigned char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(unsigned char* p) const { ::operator delete(p, std::align_val_t{64}); }
  };
  std::size_t size_;
  std::unique_ptr<unsigned char, Free> data_;
};

// Where the F16 scales of a block lie.
inline std::vector<std::size_t> half_offsets(DType type) {
  switch (type) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16: return {};
    case DType::kQ4_0:
    case DType::kQ5_0:
    case DType::kQ8_0:
    case DType::kIQ4_NL:
    case DType::kIQ4_XS: return {0};
    case DType::kQ4_1:
    case DType::kQ5_1:
    case DType::kQ4_K:
    case DType::kQ5_K: return {0, 2};
    case DType::kQ2_K: return {offsetof(BlockQ2_K, d), offsetof(BlockQ2_K, dmin)};
    case DType::kQ3_K: return {offsetof(BlockQ3_K, d)};
    case DType::kQ6_K: return {offsetof(BlockQ6_K, d)};
  }
  return {};
}

// Rows of file blocks: any codes and sub-scales, scales and plain values of ordinary size and either sign.
inline std::vector<unsigned char> random_rows(DType type, int n_rows, std::int64_t k, Random& random) {
  std::vector<unsigned char> rows(row_bytes(type, k) * static_cast<std::size_t>(n_rows));
  if (!is_quantized(type)) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(n_rows * k); ++i) {
      const float value = random.uniform(-1, 1);
      const std::uint16_t half = type == DType::kF16 ? float_to_half(value) : float_to_bf16(value);
      if (type == DType::kF32) {
        std::memcpy(&rows[i * 4], &value, 4);
      } else {
        std::memcpy(&rows[i * 2], &half, 2);
      }
    }
    return rows;
  }
  for (unsigned char& byte : rows) byte = static_cast<unsigned char>(random.bits() >> 56);
  const std::size_t block_bytes = dtype_traits(type).block_bytes;
  for (std::size_t block = 0; block < rows.size(); block += block_bytes) {
    for (const std::size_t offset : half_offsets(type)) {
      const std::uint16_t half = float_to_half(random.uniform(-0.02F, 0.02F));
      std::memcpy(&rows[block + offset], &half, 2);
    }
  }
  return rows;
}

inline std::vector<float> random_floats(std::size_t n, float low, float high, Random& random) {
  std::vector<float> out(n);
  for (float& x : out) x = random.uniform(low, high);
  return out;
}

// A matrix as file rows and as panels of one table.
struct TestMatrix {
  TestMatrix(const KernelTable& table, DType dtype, int n_rows, std::int64_t elems,
             std::vector<unsigned char> file_rows)
      : type(dtype),
        n(n_rows),
        k(elems),
        kernels(&table.weights[static_cast<int>(dtype)]),
        n_panels((n_rows + table.panel_rows - 1) / table.panel_rows),
        rows(std::move(file_rows)),
        panels(kernels->panel_bytes(k) * static_cast<std::size_t>(n_panels), 0xA5) {
    for (int p = 0; p < n_panels; ++p) {
      const int first = p * table.panel_rows;
      const int count = n - first < table.panel_rows ? n - first : table.panel_rows;
      kernels->pack(rows.data() + row_bytes(type, k) * static_cast<std::size_t>(first), count, k,
                    panels.data() + kernels->panel_bytes(k) * static_cast<std::size_t>(p));
    }
  }

  DType type;
  int n;
  std::int64_t k;
  const WeightKernels* kernels;
  int n_panels;
  std::vector<unsigned char> rows;
  AlignedBytes panels;
};

inline std::vector<DType> all_types() {
  std::vector<DType> types;
  for (int i = 0; i < kNumDTypes; ++i) types.push_back(static_cast<DType>(i));
  return types;
}

inline std::vector<DType> quantized_types() {
  std::vector<DType> types;
  for (const DType type : all_types()) {
    if (is_quantized(type)) types.push_back(type);
  }
  return types;
}

// A name for a test about this type and table, of letters and digits as GoogleTest wants it.
inline std::string test_name(const KernelTable* table, DType type) {
  std::string name = cat(table->isa, "_", dtype_traits(type).name);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

}  // namespace tenfold::kernels
