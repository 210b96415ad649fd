#include "model_file/gguf/gguf_header.h"

#include <concepts>
#include <type_traits>
#include <variant>

#include "model_file/gguf/value_type.h"

namespace tenfold {

namespace {

template <typename T>
  requires std::is_arithmetic_v<T>
void append(std::string& bytes, T value) {
  static_assert(sizeof(bool) == 1);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append(std::string& bytes, const std::string& text) {
  append(bytes, static_cast<std::uint64_t>(text.size()));
  bytes += text;
}

void append(std::string& bytes, const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) {
    append(bytes, static_cast<std::uint32_t>(element_type(*scalar)));
    std::visit([&bytes](const auto& item) { append(bytes, item); }, *scalar);
    return;
  }
  const auto& array = std::get<GgufArray>(value);
  append(bytes, static_cast<std::uint32_t>(GgufType::kArray));
  append(bytes, static_cast<std::uint32_t>(element_type(array)));
  std::visit(
      [&bytes]<typename T>(const std::vector<T>& items) {
        append(bytes, static_cast<std::uint64_t>(items.size()));
        for (const T& item : items) append(bytes, item);
      },
      array);
}

void append(std::string& bytes, const GgufTensor& tensor) {
  append(bytes, tensor.name);
  append(bytes, static_cast<std::uint32_t>(tensor.n_dims));
  for (int i = 0; i < tensor.n_dims; ++i) append(bytes, tensor.dims[static_cast<std::size_t>(i)]);
  append(bytes, tensor.ggml_type);
  append(bytes, tensor.offset);
}

}  // namespace

void KeyBytes::add(const GgufEntry& entry) {
  append(bytes_, entry.key);
  append(bytes_, entry.value);
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
  return sizeof(std::uint64_t) + tensor.name.size() + sizeof(std::uint32_t) +
         static_cast<std::uint64_t>(tensor.n_dims) * sizeof(std::uint64_t) + sizeof(tensor.ggml_type) +
         sizeof(tensor.offset);
}

}  // namespace tenfold
