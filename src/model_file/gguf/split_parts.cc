// A model split over files NAME-00001-of-0000N.gguf, each with split.no (from 0) and split.count in its metadata.
#include <charconv>
#include <utility>

#include "base/error.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/gguf/tensor_records.h"

namespace tenfold {

namespace {

constexpr std::size_t kDigits = 5;

struct Split {
  std::uint64_t number = 0;  // from 0
  std::uint64_t count = 1;
};

Result<Split> split_of(const GgufMetadata& metadata) {
  if (!metadata.has(kSplitCountKey)) return Split{};
  Split split;
  TENFOLD_ASSIGN_OR_RETURN(split.count, metadata.unsigned_integer(kSplitCountKey));
  if (split.count <= 1) return Split{};
  if (split.count > kMaxGgufParts) {
    return resource_exhausted("key ", kSplitCountKey, ": expected at most ", kMaxGgufParts, " parts, found ",
                              split.count);
  }
  TENFOLD_ASSIGN_OR_RETURN(split.number, metadata.unsigned_integer(kSplitNumberKey));
  if (split.number >= split.count) {
    return corrupt_data("key ", kSplitNumberKey, ": expected a part below ", split.count, ", found ", split.number);
  }
  return split;
}

Status check_total(const std::vector<GgufPart>& parts) {
  std::uint64_t n_tensors = 0;
  for (const GgufPart& part : parts) n_tensors += part.tensors.size();
  const GgufPart& first = parts.front();
  if (!first.metadata.has(kSplitTensorsKey)) return {};
  const Result<std::uint64_t> expected = first.metadata.unsigned_integer(kSplitTensorsKey);
  if (!expected.ok()) return expected.status().with_context(first.file->name());
  if (*expected == n_tensors) return {};
  return corrupt_data(first.file->name(), ": key ", kSplitTensorsKey, ": expected ", *expected,
                      " tensors in all parts, found ", n_tensors);
}

// Metadata is the first part's alone. What a later part says besides would be ignored, and may change the model.
Status check_metadata(const GgufMetadata& first, const GgufPart& part) {
  for (const GgufEntry& entry : part.metadata.entries()) {
    if (entry.key.starts_with(kSplitPrefix) || entry.key.starts_with("general.")) continue;
    const GgufValue* value = first.find(entry.key);
    bool is_same = false;
    if (value != nullptr) {
      TENFOLD_ASSIGN_OR_RETURN(is_same, same_value(*value, entry.value));
    }
    if (is_same) continue;
    return corrupt_data(part.file->name(), ": key ", printable(entry.key),
                        ": expected what the first part says, found ",
                        value == nullptr ? "a key that it does not have" : "another value");
  }
  return {};
}

// `opened` is the part that the caller named; it is one of those returned.
Result<std::vector<GgufPart>> open_all(GgufPart opened, Split split, const std::string& prefix) {
  std::vector<GgufPart> parts;
  std::uint64_t header_bytes = opened.header_bytes;
  std::uint64_t n_tensors = 0;
  for (std::uint64_t i = 0; i < split.count; ++i) {
    if (i == split.number) {
      parts.push_back(std::move(opened));
    } else {
      TENFOLD_ASSIGN_OR_RETURN(GgufPart part,
                               open_part(part_path(prefix, i + 1, split.count), kMaxGgufHeaderBytes - header_bytes));
      const Result<Split> found = split_of(part.metadata);
      if (!found.ok()) return found.status().with_context(part.file->name());
      if (found->number != i || found->count != split.count) {
        return corrupt_data(part.file->name(), ": expected part ", i, " of ", split.count, " (", kSplitNumberKey, ", ",
                            kSplitCountKey, "), found part ", found->number, " of ", found->count);
      }
      header_bytes += part.header_bytes;
      parts.push_back(std::move(part));
    }
    if (i > 0) {
      TENFOLD_RETURN_IF_ERROR(check_metadata(parts.front().metadata, parts.back()));
      parts.back().metadata = GgufMetadata({});
    }
    n_tensors += parts.back().tensors.size();
    if (n_tensors > kMaxGgufTensors) {
      return resource_exhausted(parts.back().file->name(), ": expected at most ", kMaxGgufTensors,
                                " tensors in all parts, found more");
    }
    for (GgufTensor& tensor : parts.back().tensors) tensor.part = static_cast<int>(i);
  }
  return parts;
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string five_digits(std::uint64_t number) {
  const std::string digits = cat(number);
  return std::string(digits.size() < kDigits ? kDigits - digits.size() : 0, '0') + digits;
}

}  // namespace

std::optional<PartName> parse_part_name(std::string_view path) {
  constexpr std::string_view kPattern = "-00000-of-00000.gguf";
  if (path.size() <= kPattern.size()) return std::nullopt;
  const std::string_view prefix = path.substr(0, path.size() - kPattern.size());
  const std::string_view tail = path.substr(prefix.size());
  const auto number = parse_digits(tail.substr(1, kDigits));
  const auto count = parse_digits(tail.substr(10, kDigits));
  if (!number || !count) return std::nullopt;
  PartName name{std::string(prefix), *number, *count};
  if (part_path(name.prefix, name.number, name.count) != path) return std::nullopt;
  return name;
}

std::string part_path(std::string_view prefix, std::uint64_t number, std::uint64_t count) {
  return cat(prefix, "-", five_digits(number), "-of-", five_digits(count), ".gguf");
}

Result<std::vector<GgufPart>> open_parts(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(GgufPart part, open_part(path, kMaxGgufHeaderBytes));
  const Result<Split> split = split_of(part.metadata);
  if (!split.ok()) return split.status().with_context(part.file->name());
  std::vector<GgufPart> parts;
  if (split->count == 1) {
    parts.push_back(std::move(part));
    return parts;
  }
  const std::optional<PartName> name = parse_part_name(path);
  if (!name || name->number != split->number + 1 || name->count != split->count) {
    return corrupt_data(part.file->name(), ": expected a file name that ends in ",
                        part_path("", split->number + 1, split->count), ", as its metadata says");
  }
  TENFOLD_ASSIGN_OR_RETURN(parts, open_all(std::move(part), *split, name->prefix));
  TENFOLD_RETURN_IF_ERROR(check_total(parts));
  return parts;
}

Result<std::vector<GgufPart>> open_parts(const FileSlice& slice) {
  TENFOLD_ASSIGN_OR_RETURN(PreadFile opened, PreadFile::open(slice));
  TENFOLD_ASSIGN_OR_RETURN(GgufPart part, open_part(std::move(opened), kMaxGgufHeaderBytes));
  const Result<Split> split = split_of(part.metadata);
  if (!split.ok()) return split.status().with_context(part.file->name());
  if (split->count != 1) {
    return unsupported(part.file->name(), ": expected a whole model, found one part of ", split->count,
                       ", whose others are found by a path only");
  }
  std::vector<GgufPart> parts;
  parts.push_back(std::move(part));
  return parts;
}

}  // namespace tenfold
