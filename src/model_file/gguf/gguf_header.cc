#include "model_file/gguf/gguf_header.h"

#include <concepts>
#include <type_traits>
#include <variant>

#include "base/contracts.h"
#include "model_file/gguf/value_type.h"
#include "platform/memory_guard.h"

namespace tenfold {

namespace {

template <typename T>
  requires std::is_arithmetic_v<T>
void append(std::string& bytes, T value) {
  static_assert(sizeof(bool) == 1);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append(std::string& bytes, std::string_view text) {
  append(bytes, static_cast<std::uint64_t>(text.size()));
  bytes += text;
}

void append_scalar(std::string& bytes, const GgufScalar& scalar) {
  append(bytes, static_cast<std::uint32_t>(element_type(scalar)));
  std::visit([&bytes](const auto& item) { append(bytes, item); }, scalar);
}

void append_array(std::string& bytes, const GgufArray& array) {
  append(bytes, static_cast<std::uint32_t>(GgufType::kArray));
  append(bytes, static_cast<std::uint32_t>(element_type(array)));
  std::visit(
      [&bytes]<typename T>(const std::vector<T>& items) {
        append(bytes, static_cast<std::uint64_t>(items.size()));
        for (const T& item : items) append(bytes, item);
      },
      array);
}

Status append_stored(std::string& bytes, const GgufStored& stored) {
  if (stored.shape == GgufStored::Shape::kArray) {
    append(bytes, static_cast<std::uint32_t>(GgufType::kArray));
    append(bytes, static_cast<std::uint32_t>(stored.type));
    append(bytes, stored.count);
  } else {
    append(bytes, static_cast<std::uint32_t>(GgufType::kString));
    append(bytes, stored.range.n_bytes);
  }
  TENFOLD_RETURN_IF_ERROR(expect_memory_for("a metadata value", stored.range.n_bytes));
  const std::size_t begin = bytes.size();
  bytes.resize(begin + static_cast<std::size_t>(stored.range.n_bytes));
  return stored.file->read(stored.range.offset, std::as_writable_bytes(std::span(bytes).subspan(begin)))
      .with_context(stored.file->name());
}

void append(std::string& bytes, const GgufTensor& tensor) {
  TENFOLD_DCHECK(tensor.n_dims >= 1 && tensor.n_dims <= 4);
  append(bytes, std::string_view(tensor.name));
  append(bytes, static_cast<std::uint32_t>(tensor.n_dims));
  for (int i = 0; i < tensor.n_dims; ++i) append(bytes, tensor.dims[static_cast<std::size_t>(i)]);
  append(bytes, tensor.ggml_type);
  append(bytes, tensor.offset);
}

}  // namespace

Status KeyBytes::add(const GgufEntry& entry) {
  append(bytes_, std::string_view(entry.key));
  ++count_;
  if (const auto* stored = std::get_if<GgufStored>(&entry.value)) return append_stored(bytes_, *stored);
  if (const auto* array = std::get_if<GgufArray>(&entry.value)) {
    append_array(bytes_, *array);
  } else {
    append_scalar(bytes_, std::get<GgufScalar>(entry.value));
  }
  return {};
}

void KeyBytes::add(std::string_view key, const GgufScalar& value) {
  append(bytes_, key);
  append_scalar(bytes_, value);
  ++count_;
}

std::string header_bytes(int version, const KeyBytes& keys, std::span<const GgufTensor> tensors) {
  std::string bytes(kGgufMagic);
  append(bytes, static_cast<std::uint32_t>(version));
  append(bytes, static_cast<std::uint64_t>(tensors.size()));
  append(bytes, keys.count());
  bytes += keys.bytes();
  for (const GgufTensor& tensor : tensors) append(bytes, tensor);
  return bytes;
}

std::uint64_t record_bytes(const GgufTensor& tensor) noexcept {
  TENFOLD_DCHECK(tensor.n_dims >= 1 && tensor.n_dims <= 4);
  return sizeof(std::uint64_t) + tensor.name.size() + sizeof(std::uint32_t) +
         static_cast<std::uint64_t>(tensor.n_dims) * sizeof(std::uint64_t) + sizeof(tensor.ggml_type) +
         sizeof(tensor.offset);
}

}  // namespace tenfold
