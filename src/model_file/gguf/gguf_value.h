// The values of a GGUF file's metadata, as the file types them. Plain data, thread-safe.
//
// What a file says of itself in numbers and short texts is read when it is opened. Arrays and long texts stay where
// they are, checked but not copied, until somebody asks for them: a vocabulary that nobody wants costs nothing, and
// neither does a hole that claims to be 16 million texts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/contracts.h"
#include "model_file/pread_file.h"
#include "tenfold/status.h"

namespace tenfold {

enum class GgufType : std::uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// Arrays of arrays are refused on reading.
using GgufScalar = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                                float, bool, std::string, std::uint64_t, std::int64_t, double>;
using GgufArray = std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
                               std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>,
                               std::vector<float>, std::vector<bool>, std::vector<std::string>,
                               std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>>;

// A value that lies in a file. Copies share the open file and keep it open.
struct GgufStored {
  enum class Shape { kArray, kText };

  Shape shape;
  GgufType type;        // of the elements; of a text kString
  std::uint64_t count;  // elements; 1 of a text
  FileRange range;      // the elements as they lie there, texts with their lengths before them; of a text its bytes
  std::shared_ptr<const PreadFile> file;
};

using GgufValue = std::variant<GgufScalar, GgufArray, GgufStored>;

struct GgufEntry {
  std::string key;
  GgufValue value;
};

// Texts in one piece of memory.
struct GgufTexts {
  std::shared_ptr<const char[]> bytes;  // what the views point into
  std::vector<std::string_view> texts;

  [[nodiscard]] std::size_t size() const noexcept { return texts.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {  // i: below size()
    TENFOLD_DCHECK(i < size());
    return texts[i];
  }
};

// A metadata array that is read has no more elements than this, eight times the largest vocabulary of today, and a text
// no more bytes.
inline constexpr std::uint64_t kMaxGgufElements = std::uint64_t{1} << 21;
inline constexpr std::uint64_t kMaxGgufTextBytes = std::uint64_t{4} << 20;

// The elements of an array. Errors: those of PreadFile::read; kCorruptData if the file has changed since it was opened;
// kResourceExhausted for more memory than is left.
Result<GgufTexts> read_texts(const GgufStored& array);  // of type kString
Result<GgufArray> read_array(const GgufStored& array);  // of any
// The first n of them, or as many as there are; texts are cut after max_text_bytes.
Result<GgufArray> read_beginning(const GgufStored& array, std::uint64_t n, std::uint64_t max_text_bytes);
// The first n bytes of a text, or as many as it has.
Result<std::string> read_text(const GgufStored& text, std::uint64_t n);

// The value itself where it lies in a file, else a copy.
Result<GgufValue> in_memory(const GgufValue& value);

// Whether two values are the same. Those that both lie in files are compared piece by piece.
Result<bool> same_value(const GgufValue& a, const GgufValue& b);

}  // namespace tenfold
