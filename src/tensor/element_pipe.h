// ElementPipe: elements of one type on their way to another: de-quantised, looked at or changed, quantised. What every
// loop that rewrites weights has in common: converting, recoding, packing.
//
// Keeps its buffers from piece to piece; one caller at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

class ElementPipe {
 public:
  // Gets the numbers of a piece, and may change them.
  using Transform = std::function<Status(std::span<float>)>;
  enum class Transforms { kLook, kChange };

  // to: what leaves the pipe.
  explicit ElementPipe(DType to) : to_(to) {}
  // kLook: the transform leaves the numbers alone, so that elements that have their type already stay what they are.
  ElementPipe(DType to, Transform transform, Transforms how) : to_(to), transform_(std::move(transform)), how_(how) {}

  [[nodiscard]] DType to() const noexcept { return to_; }

  // elements: of type `from`, whole blocks of both types; may be what the call before gave. The result holds until the
  // next call.
  // Errors: kUnsupported unless can_quantize(to); the transform's.
  Result<std::span<const std::byte>> pass(DType from, std::span<const std::byte> elements);

 private:
  DType to_;
  Transform transform_;  // may be null
  Transforms how_ = Transforms::kLook;
  std::vector<float> numbers_;
  std::vector<std::byte> out_;
};

}  // namespace tenfold
