#include "model_file/gguf/gguf_value.h"

#include <algorithm>
#include <concepts>
#include <cstring>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/gguf/value_type.h"
#include "platform/memory_guard.h"

namespace tenfold {

namespace {

Status changed(const GgufStored& value) {
  return corrupt_data(value.file->name(), ": expected ", value.count, " elements of ", type_name(value.type),
                      " at byte ", value.range.offset, " as when it was opened, found others");
}

Status read_at(const GgufStored& value, std::uint64_t begin, std::span<std::byte> out) {
  if (begin > value.range.n_bytes || out.size() > value.range.n_bytes - begin) return changed(value);
  return value.file->read(value.range.offset + begin, out).with_context(value.file->name());
}

// The first n texts, each cut after max_bytes.
Result<std::vector<std::string>> read_strings(const GgufStored& array, std::uint64_t n, std::uint64_t max_bytes) {
  std::vector<std::string> texts;
  std::uint64_t at = 0;
  while (texts.size() < n) {
    std::uint64_t length = 0;
    TENFOLD_RETURN_IF_ERROR(read_at(array, at, std::as_writable_bytes(std::span(&length, 1))));
    at += sizeof(length);
    if (length > array.range.n_bytes - at) return changed(array);
    std::string text(static_cast<std::size_t>(std::min(length, max_bytes)), '\0');
    TENFOLD_RETURN_IF_ERROR(read_at(array, at, std::as_writable_bytes(std::span(text))));
    at += length;
    texts.push_back(std::move(text));
  }
  return texts;
}

template <typename T>
Result<std::vector<T>> read_numbers(const GgufStored& array, std::uint64_t n) {
  std::vector<T> items(static_cast<std::size_t>(n));
  TENFOLD_RETURN_IF_ERROR(read_at(array, 0, std::as_writable_bytes(std::span(items))));
  return items;
}

Result<std::vector<bool>> read_bools(const GgufStored& array, std::uint64_t n) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> bytes, read_numbers<std::uint8_t>(array, n));
  return std::vector<bool>(bytes.begin(), bytes.end());
}

Result<bool> same_bytes(const GgufStored& a, const GgufStored& b) {
  constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
  std::vector<std::byte> of_a, of_b;
  for (std::uint64_t at = 0; at < a.range.n_bytes; at += kPieceBytes) {
    of_a.resize(static_cast<std::size_t>(std::min(kPieceBytes, a.range.n_bytes - at)));
    of_b.resize(of_a.size());
    TENFOLD_RETURN_IF_ERROR(read_at(a, at, of_a));
    TENFOLD_RETURN_IF_ERROR(read_at(b, at, of_b));
    if (of_a != of_b) return false;
  }
  return true;
}

}  // namespace

Result<GgufTexts> read_texts(const GgufStored& array) {
  TENFOLD_DCHECK(array.shape == GgufStored::Shape::kArray && array.type == GgufType::kString);
  TENFOLD_RETURN_IF_ERROR(
      expect_memory_for("an array of texts", array.range.n_bytes + array.count * sizeof(std::string_view)));
  const auto n_bytes = static_cast<std::size_t>(array.range.n_bytes);
  const std::shared_ptr<char[]> bytes = std::make_shared_for_overwrite<char[]>(n_bytes);
  TENFOLD_RETURN_IF_ERROR(read_at(array, 0, std::as_writable_bytes(std::span(bytes.get(), n_bytes))));
  GgufTexts read{bytes, {}};
  read.texts.reserve(static_cast<std::size_t>(array.count));
  for (std::size_t at = 0; read.texts.size() < array.count;) {
    std::uint64_t length = 0;
    if (n_bytes - at < sizeof(length)) return changed(array);
    std::memcpy(&length, bytes.get() + at, sizeof(length));
    at += sizeof(length);
    if (length > n_bytes - at) return changed(array);
    read.texts.emplace_back(bytes.get() + at, static_cast<std::size_t>(length));
    at += static_cast<std::size_t>(length);
  }
  return read;
}

Result<GgufArray> read_beginning(const GgufStored& array, std::uint64_t n, std::uint64_t max_text_bytes) {
  TENFOLD_DCHECK(array.shape == GgufStored::Shape::kArray);
  n = std::min(n, array.count);
  GgufArray items;
  TENFOLD_RETURN_IF_ERROR(visit_scalar_type(static_cast<std::uint32_t>(array.type), [&]<typename T>(T) -> Status {
    if constexpr (std::same_as<T, std::string>) {
      TENFOLD_ASSIGN_OR_RETURN(items, read_strings(array, n, max_text_bytes));
    } else if constexpr (std::same_as<T, bool>) {
      TENFOLD_ASSIGN_OR_RETURN(items, read_bools(array, n));
    } else {
      TENFOLD_ASSIGN_OR_RETURN(items, read_numbers<T>(array, n));
    }
    return {};
  }));
  return items;
}

Result<GgufArray> read_array(const GgufStored& array) {
  TENFOLD_RETURN_IF_ERROR(
      expect_memory_for("a metadata array", array.range.n_bytes + array.count * sizeof(std::string)));
  return read_beginning(array, array.count, array.range.n_bytes);
}

Result<std::string> read_text(const GgufStored& text, std::uint64_t n) {
  TENFOLD_DCHECK(text.shape == GgufStored::Shape::kText);
  std::string read(static_cast<std::size_t>(std::min(n, text.range.n_bytes)), '\0');
  TENFOLD_RETURN_IF_ERROR(read_at(text, 0, std::as_writable_bytes(std::span(read))));
  return read;
}

Result<GgufValue> in_memory(const GgufValue& value) {
  const auto* const stored = std::get_if<GgufStored>(&value);
  if (stored == nullptr) return value;
  if (stored->shape == GgufStored::Shape::kText) {
    TENFOLD_ASSIGN_OR_RETURN(std::string text, read_text(*stored, stored->range.n_bytes));
    return GgufValue(GgufScalar(std::move(text)));
  }
  TENFOLD_ASSIGN_OR_RETURN(GgufArray array, read_array(*stored));
  return GgufValue(std::move(array));
}

Result<bool> same_value(const GgufValue& a, const GgufValue& b) {
  const auto* const stored_a = std::get_if<GgufStored>(&a);
  const auto* const stored_b = std::get_if<GgufStored>(&b);
  if (stored_a != nullptr && stored_b != nullptr) {
    return stored_a->shape == stored_b->shape && stored_a->type == stored_b->type &&
                   stored_a->count == stored_b->count && stored_a->range.n_bytes == stored_b->range.n_bytes
               ? same_bytes(*stored_a, *stored_b)
               : Result<bool>(false);
  }
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue value_a, in_memory(a));
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue value_b, in_memory(b));
  const auto* const array_a = std::get_if<GgufArray>(&value_a);
  const auto* const array_b = std::get_if<GgufArray>(&value_b);
  if (array_a != nullptr && array_b != nullptr) return *array_a == *array_b;
  const auto* const scalar_a = std::get_if<GgufScalar>(&value_a);
  const auto* const scalar_b = std::get_if<GgufScalar>(&value_b);
  return scalar_a != nullptr && scalar_b != nullptr && *scalar_a == *scalar_b;
}

}  // namespace tenfold
