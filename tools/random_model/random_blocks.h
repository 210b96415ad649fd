// Random weights of any type, the same for the same seed: any codes and sub-scales, block scales such that the weights
// have the size that is asked for. One caller at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/dtype.h"

namespace tenfold::random_model {

class RandomBlocks {
 public:
  explicit RandomBlocks(std::uint64_t seed);

  // Fills `out`, whole blocks of `type`, with weights of mean about 0 and root mean square about `rms`.
  void fill(DType type, float rms, std::span<std::byte> out);
  // Weights of an RMS norm: around 1.
  void fill_norm(std::span<std::byte> out);

 private:
  std::uint64_t bits();
  float uniform(float low, float high);
  void fill_plain(DType type, float low, float high, std::span<std::byte> out);
  void fill_codes(std::span<std::byte> out);
  void set_scales(DType type, float d, std::span<std::byte> block);
  float unit_rms(DType type);

  std::uint64_t state_;
  std::array<float, kNumDTypes> unit_rms_{};  // root mean square of weights whose block scale is 1; 0: not known yet
};

}  // namespace tenfold::random_model
