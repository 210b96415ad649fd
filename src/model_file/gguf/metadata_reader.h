// The key-value part of one GGUF file.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "model_file/gguf/gguf_file.h"
#include "model_file/header_reader.h"

namespace tenfold {

inline constexpr std::uint64_t kMaxGgufKeys = 65536;
inline constexpr std::string_view kAlignmentKey = "general.alignment";

// Reads numbers and short texts, and goes past arrays and long texts, which say where in `file` they lie; `reader`
// reads that file. Errors: kCorruptData for whatever breaks the format (type numbers, keys, lengths, duplicates, a
// well-known key of another type); kResourceExhausted past a limit.
Result<GgufMetadata> read_metadata(HeaderReader& reader, const std::shared_ptr<const PreadFile>& file,
                                   std::uint64_t count);

// What the reader demands of the key and value of an entry, and the writer of its caller.
Status check_key(std::string_view key);
Status check_known_type(const GgufEntry& entry);

// general.alignment, or 32 when it is absent.
// Errors: kCorruptData unless a power of two of at most 1 MiB.
Result<std::uint64_t> alignment_of(const GgufMetadata& metadata);

}  // namespace tenfold
