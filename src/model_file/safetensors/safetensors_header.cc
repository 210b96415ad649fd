#include "model_file/safetensors/safetensors_header.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.h"
#include "model_file/name_order.h"
#include "model_file/safetensors/json_events.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxSafetensorsDims = 8;
constexpr std::size_t kMaxEntries = 65536;
constexpr std::string_view kMetadata = "__metadata__";

// Bits of one element, for the types that the format names.
std::optional<std::uint64_t> bits_of(std::string_view type) noexcept {
  static constexpr std::pair<std::string_view, std::uint64_t> kBits[] = {
      {"F32", 32}, {"BF16", 16},   {"F16", 16},        {"F64", 64},        {"I64", 64},    {"I32", 32},
      {"I16", 16}, {"I8", 8},      {"U64", 64},        {"U32", 32},        {"U16", 16},    {"U8", 8},
      {"BOOL", 8}, {"F8_E4M3", 8}, {"F8_E5M2", 8},     {"F8_E8M0", 8},     {"F6_E2M3", 6}, {"F6_E3M2", 6},
      {"F4", 4},   {"C64", 64},    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
  };
  for (const auto& [name, bits] : kBits) {
    if (name == type) return bits;
  }
  return std::nullopt;
}

std::string shape_text(const SafetensorsTensor& tensor) {
  std::string text = "[";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) text += cat(i == 0 ? "" : ", ", tensor.shape[i]);
  return text + "]";
}

// Computes n_elements and compares it with the bytes.
Status check_size(SafetensorsTensor& tensor) {
  const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0u) != tensor.shape.end();
  tensor.n_elements = empty ? 0 : 1;
  for (const std::uint64_t dim : tensor.shape) {
    if (!empty && __builtin_mul_overflow(tensor.n_elements, dim, &tensor.n_elements)) {
      return corrupt_data("expected less than 2^64 elements, found shape ", shape_text(tensor));
    }
  }
  const std::optional<std::uint64_t> bits = bits_of(tensor.type);
  if (!bits) return {};
  std::uint64_t n_bits = 0;
  if (__builtin_mul_overflow(tensor.n_elements, *bits, &n_bits) || n_bits % 8 != 0 || n_bits / 8 != tensor.n_bytes) {
    return corrupt_data("expected the bytes of shape ", shape_text(tensor), " of ", tensor.type, ", found ",
                        tensor.n_bytes, " bytes");
  }
  return {};
}

// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"key": "text", …}}
class HeaderForm final : public JsonEvents {
 public:
  explicit HeaderForm(std::uint64_t data_bytes) : data_bytes_(data_bytes) {}
  SafetensorsHeader take_header() { return std::move(header_); }

 private:
  enum class Where { kStart, kTop, kTensor, kShape, kOffsets, kMetadata, kEnd };

  Status unexpected(std::string_view found) const {
    switch (where_) {
      case Where::kTensor:
        return corrupt_data(subject(), "expected dtype (a string), shape and data_offsets (lists), each once, found ",
                            found);
      case Where::kShape:
      case Where::kOffsets:
        return corrupt_data(subject(), "expected a list of whole numbers as ", field_, ", found ", found);
      case Where::kMetadata: return corrupt_data(subject(), "expected strings, found ", found);
      default: return corrupt_data(subject(), "expected an object, found ", found);
    }
  }
  std::string subject() const { return name_.empty() ? "" : cat(printable(name_), ": "); }

  Status on_open(char bracket) override {
    if (where_ == Where::kStart && bracket == '{') return go(Where::kTop);
    if (where_ == Where::kTop && bracket == '{') return name_ == kMetadata ? begin_metadata() : begin_tensor();
    if (where_ == Where::kTensor && bracket == '[' && field_ == "shape") return go(Where::kShape);
    if (where_ == Where::kTensor && bracket == '[' && field_ == "data_offsets") return go(Where::kOffsets);
    return unexpected(bracket == '{' ? "an object" : "a list");
  }
  Status on_close() override {
    if (where_ == Where::kTop) return go(Where::kEnd);
    if (where_ == Where::kShape || where_ == Where::kOffsets) return go(Where::kTensor);
    if (where_ == Where::kTensor) TENFOLD_RETURN_IF_ERROR(end_tensor());
    return go(Where::kTop);
  }
  Status on_key(std::string& key) override {
    if (where_ == Where::kTop) {
      name_ = std::move(key);
      return name_.empty() ? corrupt_data("expected names, found an empty one") : Status();
    }
    if (where_ == Where::kMetadata) {
      if (header_.metadata.size() == kMaxEntries) {
        return resource_exhausted(kMetadata, ": expected at most ", kMaxEntries, " entries, found more");
      }
      header_.metadata.push_back({std::move(key), {}});
      return {};
    }
    field_ = std::move(key);
    bool* seen = field_ == "dtype" ? &has_type_ : field_ == "shape" ? &has_shape_ : &has_offsets_;
    if ((seen == &has_offsets_ && field_ != "data_offsets") || *seen) return unexpected(printable(field_));
    *seen = true;
    return {};
  }
  Status on_string(std::string& text) override {
    if (where_ == Where::kMetadata) {
      header_.metadata.back().value = std::move(text);
      return {};
    }
    if (where_ != Where::kTensor || field_ != "dtype") return unexpected("a string");
    header_.tensors.back().type = std::move(text);
    return {};
  }
  Status on_unsigned(std::uint64_t number) override {
    if (where_ == Where::kOffsets) {
      if (n_offsets_ == 2) return corrupt_data(subject(), "expected two data_offsets, found more");
      offsets_[n_offsets_++] = number;
      return {};
    }
    if (where_ != Where::kShape) return unexpected("a number");
    std::vector<std::uint64_t>& shape = header_.tensors.back().shape;
    if (shape.size() == kMaxSafetensorsDims) {
      return corrupt_data(subject(), "expected at most ", kMaxSafetensorsDims, " dimensions, found more");
    }
    shape.push_back(number);
    return {};
  }
  Status on_other(const char* what) override { return unexpected(what); }

  Status go(Where where) {
    where_ = where;
    return {};
  }
  Status begin_metadata() {
    if (std::exchange(has_metadata_, true)) return corrupt_data(kMetadata, ": expected once, found twice");
    return go(Where::kMetadata);
  }
  Status begin_tensor() {
    if (header_.tensors.size() == kMaxSafetensorsTensors) {
      return resource_exhausted("expected at most ", kMaxSafetensorsTensors, " tensors, found more");
    }
    header_.tensors.push_back({name_, {}, {}, 0, 0, 0, 0});
    has_type_ = has_shape_ = has_offsets_ = false;
    n_offsets_ = 0;
    return go(Where::kTensor);
  }
  Status end_tensor() {
    SafetensorsTensor& tensor = header_.tensors.back();
    if (!has_type_ || !has_shape_ || n_offsets_ != 2) return unexpected("not all of them");
    const auto [begin, end] = offsets_;
    if (begin > end || end > data_bytes_) {
      return corrupt_data("tensor ", subject(), "expected data inside ", data_bytes_, " bytes, found data_offsets [",
                          begin, ", ", end, "]");
    }
    tensor.offset = begin;
    tensor.n_bytes = end - begin;
    return check_size(tensor).with_context(cat("tensor ", printable(tensor.name)));
  }

  const std::uint64_t data_bytes_;
  SafetensorsHeader header_;
  Where where_ = Where::kStart;
  std::string name_;   // key at the top
  std::string field_;  // key inside a tensor
  bool has_metadata_ = false;
  bool has_type_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
  std::uint64_t offsets_[2] = {};
  int n_offsets_ = 0;
};

// Every byte of the data belongs to exactly one tensor.
Status check_coverage(std::span<const SafetensorsTensor> tensors, std::uint64_t data_bytes) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(tensors[a].offset, tensors[a].n_bytes, a) < std::tuple(tensors[b].offset, tensors[b].n_bytes, b);
  });
  std::uint64_t end = 0;
  for (const std::uint32_t i : order) {
    if (tensors[i].offset != end) {
      return corrupt_data("tensor ", printable(tensors[i].name), ": expected data from byte ", end,
                          " on (no holes, no overlap), found ", tensors[i].offset);
    }
    end += tensors[i].n_bytes;
  }
  if (end == data_bytes) return {};
  return corrupt_data("expected ", end, " bytes of data, as the header says, found ", data_bytes);
}

}  // namespace

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "[";
  for (const std::uint64_t size : shape) text += cat(text.size() > 1 ? ", " : "", size);
  return text + "]";
}

Result<DType> SafetensorsTensor::dtype() const {
  if (type == "F32") return DType::kF32;
  if (type == "F16") return DType::kF16;
  if (type == "BF16") return DType::kBF16;
  return unsupported("tensor ", printable(name), ": expected F32, F16 or BF16, found ", printable(type));
}

Result<SafetensorsHeader> parse_safetensors_header(std::string_view text, std::uint64_t data_bytes) {
  HeaderForm form(data_bytes);
  TENFOLD_RETURN_IF_ERROR(form.parse(text));
  SafetensorsHeader header = form.take_header();
  const std::span<const SafetensorsEntry> metadata = header.metadata;
  const auto by_key = order_by_name(metadata, &SafetensorsEntry::key);
  if (const auto* twice = find_duplicate(metadata, std::span<const std::uint32_t>(by_key), &SafetensorsEntry::key)) {
    return corrupt_data(kMetadata, ": key ", printable(twice->key), ": expected once, found twice");
  }
  TENFOLD_RETURN_IF_ERROR(check_coverage(header.tensors, data_bytes));
  return header;
}

}  // namespace tenfold
