#include "model_file/gguf/gguf_bytes_testing.h"

#include <algorithm>

#include "base/cat.h"

namespace tenfold {

namespace {

constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kArray = 9;

template <typename T>
std::string value_of(std::uint32_t type, T value) {
  return ByteString().put(type).put(value).str();
}

template <typename T>
std::string array_of(std::uint32_t type, const std::vector<T>& values) {
  ByteString bytes;
  bytes.put(kArray).put(type).put<std::uint64_t>(values.size());
  for (const T& value : values) bytes.put(value);
  return bytes.str();
}

std::uint32_t u32_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// Notes where the numbers of a file lie while it is put together.
class FieldNotes {
 public:
  explicit FieldNotes(std::vector<RawField>* fields) : fields_(fields) {}
  void add(RawField::Kind kind, std::size_t position, std::size_t width, std::string what) {
    if (fields_ != nullptr) fields_->push_back({kind, position, width, std::move(what)});
  }
  // The numbers inside a value that begins at `at` with its type.
  void add_value(const RawEntry& entry, std::size_t at) {
    add(RawField::kValueType, at, 4, cat("type of ", entry.key));
    const std::uint32_t type = u32_at(entry.value, 0);
    if (type == kString) add(RawField::kLength, at + 4, 8, cat("length of ", entry.key));
    if (type != kArray) return;
    add(RawField::kValueType, at + 4, 4, cat("element type of ", entry.key));
    add(RawField::kLength, at + 8, 8, cat("count of ", entry.key));
    if (u32_at(entry.value, 4) == kString) add(RawField::kLength, at + 16, 8, cat("length of first ", entry.key));
  }

 private:
  std::vector<RawField>* fields_;
};

void put_tensor(ByteString& bytes, const RawTensor& tensor, std::uint64_t offset, FieldNotes& notes) {
  notes.add(RawField::kLength, bytes.str().size(), 8, cat("length of name ", tensor.name));
  bytes.put_string(tensor.name);
  notes.add(RawField::kDimCount, bytes.str().size(), 4, cat("n_dims of ", tensor.name));
  bytes.put(static_cast<std::uint32_t>(tensor.dims.size()));
  for (std::size_t i = 0; i < tensor.dims.size(); ++i) {
    notes.add(RawField::kDim, bytes.str().size(), 8, cat("dimension ", i, " of ", tensor.name));
    bytes.put(tensor.dims[i]);
  }
  notes.add(RawField::kTensorType, bytes.str().size(), 4, cat("type of ", tensor.name));
  bytes.put(tensor.type);
  notes.add(RawField::kOffset, bytes.str().size(), 8, cat("offset of ", tensor.name));
  bytes.put(offset);
}

std::size_t aligned(std::size_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

std::string u16_value(std::uint16_t value) { return value_of(2, value); }
std::string u32_value(std::uint32_t value) { return value_of(4, value); }
std::string i32_value(std::int32_t value) { return value_of(5, value); }
std::string u64_value(std::uint64_t value) { return value_of(10, value); }
std::string f32_value(float value) { return value_of(6, value); }
std::string string_value(std::string_view value) { return ByteString().put(kString).put_string(value).str(); }
std::string i32s_value(const std::vector<std::int32_t>& values) { return array_of(5, values); }
std::string f32s_value(const std::vector<float>& values) { return array_of(6, values); }
std::string strings_value(const std::vector<std::string>& values) {
  ByteString bytes;
  bytes.put(kArray).put(kString).put<std::uint64_t>(values.size());
  for (const std::string& value : values) bytes.put_string(value);
  return bytes.str();
}

RawEntry& RawGguf::entry(std::string_view key) {
  return *std::find_if(entries.begin(), entries.end(), [&](const RawEntry& entry) { return entry.key == key; });
}

RawTensor& RawGguf::tensor(std::string_view name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const RawTensor& tensor) { return tensor.name == name; });
}

RawGguf& RawGguf::set(std::string_view key, std::string value) {
  for (RawEntry& entry : entries) {
    if (entry.key == key) {
      entry.value = std::move(value);
      return *this;
    }
  }
  entries.push_back({std::string(key), std::move(value)});
  return *this;
}

RawGguf& RawGguf::erase(std::string_view key) {
  std::erase_if(entries, [&](const RawEntry& entry) { return entry.key == key; });
  return *this;
}

std::string serialize(const RawGguf& file, std::vector<RawField>* fields) {
  FieldNotes notes(fields);
  ByteString bytes;
  bytes.put_raw(file.magic).put(file.version);
  notes.add(RawField::kCount, bytes.str().size(), 8, "tensor count");
  bytes.put<std::uint64_t>(file.tensors.size());
  notes.add(RawField::kCount, bytes.str().size(), 8, "key count");
  bytes.put<std::uint64_t>(file.entries.size());
  for (const RawEntry& entry : file.entries) {
    notes.add(RawField::kLength, bytes.str().size(), 8, cat("length of key ", entry.key));
    bytes.put_string(entry.key);
    notes.add_value(entry, bytes.str().size());
    bytes.put_raw(entry.value);
  }
  std::string data;
  for (const RawTensor& tensor : file.tensors) {
    data.resize(aligned(data.size(), file.alignment));
    put_tensor(bytes, tensor, tensor.offset.value_or(data.size()), notes);
    data += tensor.data;
  }
  std::string out = bytes.str();
  if (!file.tensors.empty()) out.resize(aligned(out.size(), file.alignment));
  return out + data;
}

std::string patched(std::string bytes, const RawField& field, std::uint64_t value) {
  std::memcpy(bytes.data() + field.position, &value, field.width);
  return bytes;
}

}  // namespace tenfold
