// The JSON of safetensors: a file's header and a checkpoint's index. Pure functions of their text, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/safetensors/safetensors_file.h"

namespace tenfold {

inline constexpr std::uint64_t kMaxSafetensorsTensors = std::uint64_t{1} << 20;
inline constexpr std::size_t kMaxSafetensorsShards = 1024;

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> metadata;
  std::vector<SafetensorsTensor> tensors;  // offsets relative to the data
};

// data_bytes: how many bytes follow the header in the file.
// Errors: kCorruptData, kResourceExhausted; the caller adds the file's name.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view text, std::uint64_t data_bytes);

struct SafetensorsIndex {
  struct Entry {
    std::string name;   // of a tensor
    std::size_t shard;  // index into shards
  };
  std::vector<Entry> entries;
  std::vector<std::string> shards;  // file names in the index's folder, each once
};

// Errors: kCorruptData (a shard's name that is more than a name included), kResourceExhausted.
Result<SafetensorsIndex> parse_safetensors_index(std::string_view text);

}  // namespace tenfold
