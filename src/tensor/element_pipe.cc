#include "tensor/element_pipe.h"

#include "base/contracts.h"
#include "base/error.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {

Result<std::span<const std::byte>> ElementPipe::pass(DType from, std::span<const std::byte> elements) {
  const DTypeTraits& traits = dtype_traits(from);
  TENFOLD_DCHECK(elements.size() % traits.block_bytes == 0);
  if (from == to_ && !transform_) return elements;
  const std::size_t n = elements.size() / traits.block_bytes * traits.block_elems;
  numbers_.resize(n);
  dequantize_row(from, elements.data(), static_cast<std::int64_t>(n), numbers_.data());
  if (transform_) TENFOLD_RETURN_IF_ERROR(transform_(numbers_));
  if (from == to_ && how_ == Transforms::kLook) return elements;
  out_.resize(row_bytes(to_, static_cast<std::int64_t>(n)));
  TENFOLD_RETURN_IF_ERROR(quantize_row(to_, numbers_.data(), static_cast<std::int64_t>(n), out_.data()));
  return std::span<const std::byte>(out_);
}

}  // namespace tenfold
