// One GGUF file by itself, opened and checked: a whole model, or one part of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "model_file/pread_file.h"

namespace tenfold {

// All headers of a model together. The largest vocabularies of today take 16 MiB.
inline constexpr std::uint64_t kMaxGgufHeaderBytes = std::uint64_t{128} << 20;
inline constexpr std::uint64_t kMaxGgufParts = 1024;

// What a part of many says of itself.
inline constexpr std::string_view kSplitPrefix = "split.";
inline constexpr std::string_view kSplitNumberKey = "split.no";  // from 0
inline constexpr std::string_view kSplitCountKey = "split.count";
inline constexpr std::string_view kSplitTensorsKey = "split.tensors.count";  // in all parts

struct GgufPart {
  std::shared_ptr<const PreadFile> file;
  int version;
  std::uint64_t alignment;
  std::uint64_t header_bytes;
  GgufMetadata metadata;
  std::vector<GgufTensor> tensors;
};

// Errors: as GgufFile::open.
Result<GgufPart> open_part(const std::string& path, std::uint64_t max_header_bytes);
Result<GgufPart> open_part(PreadFile opened, std::uint64_t max_header_bytes);

// `path` and, if its metadata calls it one part of many, the others beside it, in order; tensors know their part. Of
// the metadata only the first part's is kept. Errors: as GgufFile::open.
Result<std::vector<GgufPart>> open_parts(const std::string& path);
// The one part that a whole model is. Errors: also kUnsupported for one of many.
Result<std::vector<GgufPart>> open_parts(const FileSlice& slice);

// NAME-00002-of-00003.gguf taken apart.
struct PartName {
  std::string prefix;
  std::uint64_t number;  // from 1
  std::uint64_t count;
};
std::optional<PartName> parse_part_name(std::string_view path);
std::string part_path(std::string_view prefix, std::uint64_t number, std::uint64_t count);

}  // namespace tenfold
