// The tensor records of one GGUF file, and where their data lies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "model_file/header_reader.h"

namespace tenfold {

// In all parts together. The largest mixtures of experts of today have some thousands.
inline constexpr std::uint64_t kMaxGgufTensors = std::uint64_t{1} << 17;

// How many elements and bytes one block of a ggml type has, for every type that anyone writes; empty for others.
struct GgmlBlock {
  std::uint16_t elems;
  std::uint16_t bytes;
};
std::optional<GgmlBlock> ggml_block(std::uint32_t ggml_type) noexcept;
// "Q4_0 (2)", or "type 77".
std::string printable_ggml_type(std::uint32_t ggml_type);

// Names, shapes and types as the file has them; offsets still relative to the data section; n_bytes computed.
// Errors: kCorruptData for names, shapes or sizes that no tensor can have; kResourceExhausted past a limit.
Result<std::vector<GgufTensor>> read_tensor_records(HeaderReader& reader, std::uint64_t count);

// What the reader demands of one record, and the writer of its caller: name, n_dims and dims. Sets n_bytes.
Status check_record(GgufTensor& tensor);

// Makes the offsets absolute. alignment: a power of two.
// Errors: kCorruptData if one is not aligned, if data passes the end of the file or overlaps.
Status place_tensors(std::vector<GgufTensor>& tensors, FileRange data, std::uint64_t alignment);

}  // namespace tenfold
