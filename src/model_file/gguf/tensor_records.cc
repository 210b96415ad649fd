#include "model_file/gguf/tensor_records.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "base/contracts.h"
#include "base/error.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

// One less than what ggml gives a name, for its ending zero.
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::uint32_t kMaxDims = 4;
// Length of an empty name, n_dims, one dimension, type, offset.
constexpr std::uint64_t kMinRecordBytes = 8 + 4 + 8 + 4 + 8;
constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

std::string shape_text(const GgufTensor& tensor) {
  std::string text = "[";
  for (int i = 0; i < tensor.n_dims; ++i) text += cat(i == 0 ? "" : ", ", tensor.dims[static_cast<std::size_t>(i)]);
  return text + "]";
}

Status check_name_size(std::uint64_t n_bytes) {
  if (n_bytes >= 1 && n_bytes <= kMaxNameBytes) return {};
  return corrupt_data("expected a name of 1…", kMaxNameBytes, " bytes, found ", n_bytes);
}

Status check_name(std::string_view name) {
  TENFOLD_RETURN_IF_ERROR(check_name_size(name.size()));
  if (!is_valid_utf8(name) || name.find('\0') != std::string_view::npos) {
    return corrupt_data("expected a name in UTF-8 without a zero byte, found \"", printable(name), "\"");
  }
  return {};
}

// Elements of all dimensions together; never zero, below 2^63.
Result<std::uint64_t> checked_elements(const GgufTensor& tensor) {
  std::uint64_t product = 1;
  for (const std::uint64_t dim : tensor.dims) {
    if (dim == 0) return corrupt_data("expected dimensions of at least 1, found ", shape_text(tensor));
    if (__builtin_mul_overflow(product, dim, &product) || product > kMaxSize) {
      return corrupt_data("expected less than 2^63 elements, found shape ", shape_text(tensor));
    }
  }
  return product;
}

Status read_name(HeaderReader& reader, std::string& name) {
  std::uint64_t length = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read_length(length));
  TENFOLD_RETURN_IF_ERROR(check_name_size(length));
  return reader.read_text(name, length);
}

Status read_record(HeaderReader& reader, GgufTensor& tensor) {
  std::uint32_t n_dims = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(n_dims));
  if (n_dims < 1 || n_dims > kMaxDims) return corrupt_data("expected 1…", kMaxDims, " dimensions, found ", n_dims);
  tensor.n_dims = static_cast<int>(n_dims);
  tensor.dims = {1, 1, 1, 1};
  for (std::uint32_t i = 0; i < n_dims; ++i) TENFOLD_RETURN_IF_ERROR(reader.read(tensor.dims[i]));
  TENFOLD_RETURN_IF_ERROR(reader.read(tensor.ggml_type));
  return reader.read(tensor.offset);
}

}  // namespace

std::optional<GgmlBlock> ggml_block(std::uint32_t ggml_type) noexcept {
  if (const auto type = dtype_from_ggml_id(ggml_type)) {
    const DTypeTraits& traits = dtype_traits(*type);
    return GgmlBlock{traits.block_elems, traits.block_bytes};
  }
  switch (ggml_type) {
    case 9: return GgmlBlock{32, 36};     // Q8_1
    case 15: return GgmlBlock{256, 292};  // Q8_K
    case 16: return GgmlBlock{256, 66};   // IQ2_XXS
    case 17: return GgmlBlock{256, 74};   // IQ2_XS
    case 18: return GgmlBlock{256, 98};   // IQ3_XXS
    case 19: return GgmlBlock{256, 50};   // IQ1_S
    case 21: return GgmlBlock{256, 110};  // IQ3_S
    case 22: return GgmlBlock{256, 82};   // IQ2_S
    case 24: return GgmlBlock{1, 1};      // I8
    case 25: return GgmlBlock{1, 2};      // I16
    case 26: return GgmlBlock{1, 4};      // I32
    case 27: return GgmlBlock{1, 8};      // I64
    case 28: return GgmlBlock{1, 8};      // F64
    case 29: return GgmlBlock{256, 56};   // IQ1_M
    case 34: return GgmlBlock{256, 54};   // TQ1_0
    case 35: return GgmlBlock{256, 66};   // TQ2_0
    case 39: return GgmlBlock{32, 17};    // MXFP4
    case 40: return GgmlBlock{64, 36};    // NVFP4
    case 41: return GgmlBlock{128, 18};   // Q1_0
    default: return std::nullopt;
  }
}

std::string printable_ggml_type(std::uint32_t ggml_type) {
  const std::string_view name = ggml_type_name(ggml_type);
  return name.empty() ? cat("type ", ggml_type) : cat(name, " (", ggml_type, ")");
}

Result<DType> GgufTensor::dtype() const {
  if (const auto type = dtype_from_ggml_id(ggml_type)) return *type;
  return unsupported("tensor ", printable(name), ": expected a type that Tenfold computes with (F32, F16, BF16, Q4_0, ",
                     "Q4_1, Q5_0, Q5_1, Q8_0, Q2_K…Q6_K, IQ4_NL, IQ4_XS), found ", printable_ggml_type(ggml_type));
}

Status check_record(GgufTensor& tensor) {
  TENFOLD_RETURN_IF_ERROR(check_name(tensor.name));
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t n_elements, checked_elements(tensor));
  tensor.n_bytes = 0;
  const auto block = ggml_block(tensor.ggml_type);
  if (!block) return {};
  if (tensor.dims[0] % block->elems != 0) {
    return corrupt_data("expected rows of a multiple of ", block->elems, " elements for ",
                        printable_ggml_type(tensor.ggml_type), ", found shape ", shape_text(tensor));
  }
  if (__builtin_mul_overflow(n_elements / block->elems, std::uint64_t{block->bytes}, &tensor.n_bytes) ||
      tensor.n_bytes > kMaxSize) {
    return corrupt_data("expected less than 2^63 bytes, found shape ", shape_text(tensor), " of ",
                        printable_ggml_type(tensor.ggml_type));
  }
  return {};
}

Result<std::vector<GgufTensor>> read_tensor_records(HeaderReader& reader, std::uint64_t count) {
  TENFOLD_RETURN_IF_ERROR(reader.check_room(count, kMinRecordBytes).with_context("tensor records"));
  if (count > kMaxGgufTensors) {
    return resource_exhausted("expected at most ", kMaxGgufTensors, " tensors, found ", count);
  }
  std::vector<GgufTensor> tensors(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    GgufTensor& tensor = tensors[i];
    Status status = read_name(reader, tensor.name);
    if (!status.ok()) return status.with_context(cat("tensor number ", i));
    status = read_record(reader, tensor);
    if (status.ok()) status = check_record(tensor);
    if (!status.ok()) return status.with_context(cat("tensor number ", i, " (", printable(tensor.name), ")"));
  }
  return tensors;
}

Status place_tensors(std::vector<GgufTensor>& tensors, FileRange data, std::uint64_t alignment) {
  TENFOLD_DCHECK(std::has_single_bit(alignment));
  for (GgufTensor& tensor : tensors) {
    if (tensor.offset % alignment != 0) {
      return corrupt_data("tensor ", printable(tensor.name), ": expected an offset that is a multiple of ", alignment,
                          ", found ", tensor.offset);
    }
    if (tensor.offset > data.n_bytes || tensor.n_bytes > data.n_bytes - tensor.offset) {
      return corrupt_data("tensor ", printable(tensor.name), ": expected ", tensor.n_bytes, " bytes at offset ",
                          tensor.offset, ", found data of ", data.n_bytes, " bytes");
    }
    tensor.offset += data.offset;
  }
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(tensors[a].offset, a) < std::pair(tensors[b].offset, b);
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const GgufTensor& before = tensors[order[i - 1]];
    const GgufTensor& after = tensors[order[i]];
    // No tensor is empty; a size of 0 is one that Tenfold does not know, and still takes its first byte.
    if (after.offset - before.offset < std::max<std::uint64_t>(before.n_bytes, 1)) {
      return corrupt_data("tensor ", printable(after.name), ": expected data behind that of ", printable(before.name),
                          ", which ends at byte ", before.offset + before.n_bytes, ", found byte ", after.offset);
    }
  }
  return {};
}

}  // namespace tenfold
