#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "base/cat.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/gguf/malformed_cases_testing.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kTwo31 = std::uint64_t{1} << 31;
constexpr std::uint64_t kTwo32 = std::uint64_t{1} << 32;
constexpr std::uint64_t kTwo62 = std::uint64_t{1} << 62;
constexpr std::uint64_t kTwo63 = std::uint64_t{1} << 63;
constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

class Cases {
 public:
  explicit Cases(std::vector<MalformedCase>& cases) : cases_(cases) {}
  void add(std::string name, MalformedAt at, std::string bytes) {
    cases_.push_back({std::move(name), at, {{"model.gguf", std::move(bytes)}}});
  }
  void add(std::string name, MalformedAt at, const RawGguf& file) { add(std::move(name), at, serialize(file)); }

 private:
  std::vector<MalformedCase>& cases_;
};

std::uint64_t value_at(const std::string& bytes, const RawField& field) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + field.position, field.width);
  return value;
}

// What a forged number means for the file. Small numbers can be innocent: a shorter string may end where the next key
// could begin, a smaller tensor leaves a gap.
MalformedAt where_noticed(const RawField& field, std::uint64_t value) {
  switch (field.kind) {
    case RawField::kDim: return value >= kTwo31 - 1 || value == 0 ? MalformedAt::kFile : MalformedAt::kModel;
    case RawField::kDimCount: return value > 4 || value == 0 ? MalformedAt::kFile : MalformedAt::kModel;
    case RawField::kCount: return value > 1 ? MalformedAt::kFile : MalformedAt::kModel;
    case RawField::kLength: return value > 1 ? MalformedAt::kFile : MalformedAt::kNowhere;
    case RawField::kOffset: return value >= kTwo31 - 1 ? MalformedAt::kFile : MalformedAt::kNowhere;
    case RawField::kValueType:
    case RawField::kTensorType: return MalformedAt::kNowhere;
  }
  return MalformedAt::kNowhere;
}

// Every count, length, dimension and offset, one after the other, set to the numbers at which programs stumble.
void add_forged_numbers(Cases& cases) {
  std::vector<RawField> fields;
  const std::string good = serialize(tiny_gguf(), &fields);
  for (const RawField& field : fields) {
    if (field.kind == RawField::kValueType || field.kind == RawField::kTensorType) continue;
    for (const std::uint64_t value :
         {std::uint64_t{0}, std::uint64_t{1}, kTwo31 - 1, kTwo31, kTwo32 - 1, kTwo63 - 1, kLargest}) {
      if (field.width == 4 && value >= kTwo32) continue;
      if (value == value_at(good, field)) continue;
      cases.add(cat(field.what, " = ", value), where_noticed(field, value), patched(good, field, value));
    }
  }
}

void add_forged_types(Cases& cases) {
  std::vector<RawField> fields;
  const std::string good = serialize(tiny_gguf(), &fields);
  for (const RawField& field : fields) {
    const std::uint64_t old = value_at(good, field);
    if (field.kind == RawField::kValueType) {
      for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{8}, std::uint64_t{9},
                                        std::uint64_t{12}, std::uint64_t{13}, kTwo31, kTwo32 - 1}) {
        if (value == old) continue;
        const MalformedAt at = value > 12 ? MalformedAt::kFile : MalformedAt::kNowhere;
        cases.add(cat(field.what, " = ", value), at, patched(good, field, value));
      }
    } else if (field.kind == RawField::kTensorType) {
      // Numbers that nobody has given out, types without a kernel, types of other sizes.
      for (const std::uint64_t value : {std::uint64_t{4}, std::uint64_t{1000}, kTwo31, kTwo32 - 1, std::uint64_t{16},
                                        std::uint64_t{26}, std::uint64_t{39}}) {
        cases.add(cat(field.what, " = ", value), MalformedAt::kModel, patched(good, field, value));
      }
    }
  }
}

void add_truncations(Cases& cases) {
  const std::string good = serialize(tiny_gguf());
  for (std::size_t n = 0; n < good.size(); n += 97) {
    cases.add(cat("cut to ", n, " bytes"), MalformedAt::kFile, good.substr(0, n));
  }
}

// Dimensions whose product, bytes or padded bytes pass 2^63 or 2^64.
void add_wrapping_shapes(Cases& cases) {
  const std::vector<std::vector<std::uint64_t>> shapes = {
      {kTwo32, kTwo32},
      {kTwo32, kTwo31},
      {kTwo62, 4},
      {kTwo62, 2},
      {kTwo63},
      {kLargest - 31},
      {kTwo62},
      {std::uint64_t{1} << 61},
      {32, kTwo62 / 8},
      {32, kTwo63 / 32},
      {1, kTwo63, 2},
      {1 << 16, 1 << 16, 1 << 16, 1 << 16},
      {kTwo62 - 32},
      {32, kLargest},
      {32, 32, kTwo32, 1 << 22},
      {(kLargest - 15) / 4},
      {32, (kLargest - 7) / 34},
      {kTwo63 - 32},
  };
  for (const auto& shape : shapes) {
    for (const std::uint32_t type : {0u, 1u, 8u}) {
      RawGguf file = tiny_gguf();
      file.tensor("blk.0.attn_q.weight").dims = shape;
      file.tensor("blk.0.attn_q.weight").type = type;
      std::string text;
      for (const std::uint64_t dim : shape) text += cat(" ", dim);
      cases.add(cat("type ", type, " of shape", text), MalformedAt::kFile, file);
    }
  }
  RawGguf file = tiny_gguf();
  file.tensor("blk.0.attn_q.weight").dims = {32, 1, 1, 1, 32};
  cases.add("five dimensions", MalformedAt::kFile, file);
  file.tensor("blk.0.attn_q.weight").dims = {};
  cases.add("no dimension", MalformedAt::kFile, file);
}

void add_uneven_rows(Cases& cases) {
  for (const auto& [type, row] : {std::pair(2u, 16u),
                                  {3u, 33u},
                                  {6u, 31u},
                                  {7u, 48u},
                                  {8u, 1u},
                                  {10u, 32u},
                                  {12u, 128u},
                                  {14u, 255u},
                                  {20u, 33u},
                                  {23u, 32u},
                                  {16u, 32u},
                                  {41u, 32u}}) {
    RawGguf file = tiny_gguf();
    file.tensor("blk.0.attn_q.weight").type = type;
    file.tensor("blk.0.attn_q.weight").dims = {row, 2};
    cases.add(cat("rows of ", row, " for type ", type), MalformedAt::kFile, file);
  }
}

void add_bad_offsets(Cases& cases) {
  const RawGguf good = tiny_gguf();
  for (std::size_t i = 0; i < good.tensors.size(); ++i) {
    for (const std::uint64_t offset :
         {std::uint64_t{1}, std::uint64_t{31}, kTwo63, kLargest - 31, kLargest, std::uint64_t{1} << 20}) {
      RawGguf file = good;
      file.tensors[i].offset = offset;
      cases.add(cat("tensor ", i, " at offset ", offset), MalformedAt::kFile, file);
    }
    // Onto the tensor before, or onto the one behind.
    RawGguf file = good;
    file.tensors[i].offset = i == 0 ? 32 : 0;
    cases.add(cat("tensor ", i, " over another"), MalformedAt::kFile, file);
  }
}

void add_alignments(Cases& cases) {
  for (const std::uint32_t alignment : {0u, 3u, 24u, 33u, 1u << 21, 1u << 31, 0xffffffffu}) {
    RawGguf file = tiny_gguf();
    cases.add(cat("alignment ", alignment), MalformedAt::kFile, file.set("general.alignment", u32_value(alignment)));
  }
  // Powers of two that the data does not keep to, and finer ones that it happens to keep to.
  for (const std::uint32_t alignment : {64u, 4096u, 1u << 20}) {
    RawGguf file = tiny_gguf();
    cases.add(cat("alignment ", alignment), MalformedAt::kFile, file.set("general.alignment", u32_value(alignment)));
  }
  for (const std::uint32_t alignment : {1u, 2u, 8u}) {
    RawGguf file = tiny_gguf();
    cases.add(cat("alignment ", alignment), MalformedAt::kNowhere, file.set("general.alignment", u32_value(alignment)));
  }
  for (const std::string& value : {u64_value(32), i32_value(32), f32_value(32), string_value("32"), i32s_value({32})}) {
    RawGguf file = tiny_gguf();
    cases.add(cat("alignment of value type ", static_cast<int>(value[0])), MalformedAt::kFile,
              file.set("general.alignment", value));
  }
}

void add_bad_names(Cases& cases) {
  using namespace std::string_literals;
  const std::pair<const char*, std::string> names[] = {{"empty", ""},
                                                       {"of 64 bytes", std::string(64, 'n')},
                                                       {"of 70,000 bytes", std::string(70000, 'n')},
                                                       {"with a zero byte", "blk\0.x"s},
                                                       {"that is not UTF-8", "blk.\xff\xfe"},
                                                       {"with a surrogate", "blk.\xed\xa0\x80"}};
  for (const auto& [what, name] : names) {
    RawGguf file = tiny_gguf();
    file.tensors[3].name = name;
    cases.add(cat("a tensor name ", what), MalformedAt::kFile, file);
    file = tiny_gguf();
    file.entries[3].key = name;
    const bool fine = name.size() == 64;  // keys may be longer than tensor names
    cases.add(cat("a key ", what), fine ? MalformedAt::kModel : MalformedAt::kFile, file);
  }
  for (std::size_t i = 1; i < 11; ++i) {
    RawGguf file = tiny_gguf();
    file.tensors[i].name = file.tensors[i - 1].name;
    cases.add(cat("tensor ", i, " named like the one before"), MalformedAt::kFile, file);
    file = tiny_gguf();
    file.entries[i].key = file.entries[i + 2].key;
    cases.add(cat("key ", i, " like another"), MalformedAt::kFile, file);
  }
  // Tens of thousands of equal names: comparing each with each would take minutes.
  RawGguf file = tiny_gguf();
  for (int i = 0; i < 40000; ++i) file.tensors.push_back({cat("x", i / 2), {1}, 24, "x", {}});
  cases.add("twenty thousand names twice", MalformedAt::kFile, file);
}

void add_nested_arrays(Cases& cases) {
  ByteString nested;
  nested.put<std::uint32_t>(9);
  for (int depth = 0; depth < 2000; ++depth) nested.put<std::uint32_t>(9).put<std::uint64_t>(1);
  RawGguf file = tiny_gguf();
  cases.add("arrays in arrays, 2000 deep", MalformedAt::kFile, file.set("deep", nested.str()));
  for (const std::uint32_t type : {0u, 5u, 7u, 8u, 9u, 12u}) {
    for (const std::uint64_t count : {std::uint64_t{1} << 30, std::uint64_t{1} << 60, kTwo63, kTwo62 + 1, kLargest}) {
      file = tiny_gguf();
      file.set("general.tags", ByteString().put<std::uint32_t>(9).put(type).put(count).str());
      cases.add(cat("an array of ", count, " of type ", type), MalformedAt::kFile, file);
    }
  }
  for (const int byte : {2, 255}) {
    file = tiny_gguf();
    file.set("general.flag", ByteString().put<std::uint32_t>(7).put(static_cast<std::uint8_t>(byte)).str());
    cases.add(cat("a bool of ", byte), MalformedAt::kFile, file);
    file.set("general.flag", ByteString()
                                 .put<std::uint32_t>(9)
                                 .put<std::uint32_t>(7)
                                 .put<std::uint64_t>(1)
                                 .put(static_cast<std::uint8_t>(byte))
                                 .str());
    cases.add(cat("an array with a bool of ", byte), MalformedAt::kFile, file);
  }
}

void add_other_files(Cases& cases) {
  using namespace std::string_literals;
  cases.add("empty file", MalformedAt::kFile, std::string());
  cases.add("a PNG", MalformedAt::kFile, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01"s);
  cases.add("a text", MalformedAt::kFile, "version https://example.invalid/spec/v1\nsize 12345\n"s);
  cases.add("zeros", MalformedAt::kFile, std::string(100000, '\0'));
  cases.add("ones", MalformedAt::kFile, std::string(100000, '\xff'));
  cases.add("GGUF and zeros", MalformedAt::kFile, "GGUF"s + std::string(100000, '\0'));
  cases.add("GGUF and ones", MalformedAt::kFile, "GGUF"s + std::string(100000, '\xff'));
  for (const char* magic : {"GGML", "ggjt", "FUGG", "GGUf", "lmgg"}) {
    RawGguf file = tiny_gguf();
    file.magic = magic;
    cases.add(cat("magic ", magic), MalformedAt::kFile, file);
  }
  // 0x03000000: version 3 of a big-endian file.
  for (const std::uint32_t version : {0u, 1u, 4u, 0x7fffffffu, 0xffffffffu, 0x03000000u, 0x02000000u, 0x00030000u}) {
    RawGguf file = tiny_gguf();
    file.version = version;
    cases.add(cat("version ", version), MalformedAt::kFile, file);
  }
}

}  // namespace

void add_malformed_structure(std::vector<MalformedCase>& list) {
  Cases cases(list);
  add_forged_numbers(cases);
  add_forged_types(cases);
  add_truncations(cases);
  add_wrapping_shapes(cases);
  add_uneven_rows(cases);
  add_bad_offsets(cases);
  add_alignments(cases);
  add_bad_names(cases);
  add_nested_arrays(cases);
  add_other_files(cases);
}

}  // namespace tenfold
