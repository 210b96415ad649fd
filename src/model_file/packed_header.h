// The beginning of a file of the PackedCache. Little-endian:
//
//   magic[8]  u32 header_bytes  u32 key_bytes  u64 payload_offset  u64 payload_bytes  u64 n_blobs  u64 sum
//   key[key_bytes]   n_blobs × (u64 offset, u64 n_bytes, u64 sum)
//
// header_bytes counts all of that. Sums are XXH3, 64 bits; the header's is that of key and table, seeded with that of
// what stands before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model_file/packed_cache.h"
#include "tenfold/status.h"

namespace tenfold {

struct SummedBlob {
  PackedBlob blob;
  std::uint64_t sum;
};

struct PackedHeader {
  std::string key;
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_bytes = 0;
  std::vector<SummedBlob> blobs;
};

// The header's bytes, and payload_offset filled in.
std::vector<std::byte> write_packed_header(PackedHeader& header);

// Reads and checks the header of a file of file_bytes bytes; moves the descriptor's place.
// Errors: kCorruptData saying what was expected; kIoError.
Result<PackedHeader> read_packed_header(int descriptor, std::uint64_t file_bytes);

// 32 hexadecimal digits that stand for the key.
std::string packed_file_stem(const std::string& key);

}  // namespace tenfold
