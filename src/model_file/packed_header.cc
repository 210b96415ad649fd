#include "model_file/packed_header.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "model_file/byte_sum.h"
#include "model_file/pread_file.h"

namespace tenfold {

namespace {

constexpr std::array<char, 8> kMagic = {'T', 'F', 'P', 'A', 'C', 'K', '0', '1'};
constexpr std::uint64_t kPayloadAlignment = std::uint64_t{64} << 10;  // the largest page of any machine we know
constexpr std::uint64_t kMaxPackedHeaderBytes = std::uint64_t{64} << 20;

struct Fixed {
  std::array<char, 8> magic;
  std::uint32_t header_bytes;
  std::uint32_t key_bytes;
  std::uint64_t payload_offset;
  std::uint64_t payload_bytes;
  std::uint64_t n_blobs;
  std::uint64_t sum;
};
static_assert(sizeof(Fixed) == 48);
static_assert(sizeof(SummedBlob) == 24);

std::uint64_t align_up(std::uint64_t n) { return (n + kPayloadAlignment - 1) / kPayloadAlignment * kPayloadAlignment; }

// Of all that is before the sum and all that is behind it.
std::uint64_t header_sum(std::span<const std::byte> bytes) {
  return byte_sum(bytes.subspan(sizeof(Fixed)), byte_sum(bytes.first(offsetof(Fixed, sum))));
}

Status read_whole(int descriptor, std::span<std::byte> out) {
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t done, pread_fully(descriptor, 0, out));
  if (done == out.size()) return {};
  return corrupt_data("expected ", out.size(), " bytes, found ", done);
}

Status check_fixed(const Fixed& fixed, std::uint64_t file_bytes) {
  if (fixed.magic != kMagic) return corrupt_data("expected the mark of packed weights at the start");
  if (fixed.header_bytes < sizeof(Fixed) || fixed.header_bytes > kMaxPackedHeaderBytes ||
      fixed.header_bytes > file_bytes) {
    return corrupt_data("header: expected ", sizeof(Fixed), "…", kMaxPackedHeaderBytes, " bytes, found ",
                        fixed.header_bytes);
  }
  const std::uint64_t left = fixed.header_bytes - sizeof(Fixed);
  if (fixed.key_bytes > left || fixed.n_blobs != (left - fixed.key_bytes) / sizeof(SummedBlob) ||
      (left - fixed.key_bytes) % sizeof(SummedBlob) != 0) {
    return corrupt_data("header: expected key and table to fill ", left, " bytes, found ", fixed.key_bytes, " and ",
                        fixed.n_blobs, " entries");
  }
  if (fixed.payload_offset != align_up(fixed.header_bytes) || fixed.payload_offset > file_bytes ||
      fixed.payload_bytes != file_bytes - fixed.payload_offset) {
    return corrupt_data("expected ", fixed.payload_bytes, " bytes from byte ", fixed.payload_offset,
                        ", found a file of ", file_bytes);
  }
  return {};
}

}  // namespace

std::string packed_file_stem(const std::string& key) {
  const auto bytes = std::as_bytes(std::span(key));
  std::string text;
  for (const std::uint64_t half : {byte_sum(bytes, 1), byte_sum(bytes, 2)}) {
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[half >> shift & 15];
  }
  return text;
}

std::vector<std::byte> write_packed_header(PackedHeader& header) {
  const std::size_t table_bytes = header.blobs.size() * sizeof(SummedBlob);
  std::vector<std::byte> bytes(sizeof(Fixed) + header.key.size() + table_bytes);
  header.payload_offset = align_up(bytes.size());
  Fixed fixed{kMagic,
              static_cast<std::uint32_t>(bytes.size()),
              static_cast<std::uint32_t>(header.key.size()),
              header.payload_offset,
              header.payload_bytes,
              header.blobs.size(),
              0};
  std::memcpy(bytes.data() + sizeof(Fixed), header.key.data(), header.key.size());
  if (table_bytes > 0) {
    std::memcpy(bytes.data() + sizeof(Fixed) + header.key.size(), header.blobs.data(), table_bytes);
  }
  std::memcpy(bytes.data(), &fixed, sizeof(fixed));
  fixed.sum = header_sum(bytes);
  std::memcpy(bytes.data(), &fixed, sizeof(fixed));
  return bytes;
}

Result<PackedHeader> read_packed_header(int descriptor, std::uint64_t file_bytes) {
  Fixed fixed;
  TENFOLD_RETURN_IF_ERROR(read_whole(descriptor, std::as_writable_bytes(std::span(&fixed, 1))));
  TENFOLD_RETURN_IF_ERROR(check_fixed(fixed, file_bytes));
  std::vector<std::byte> bytes(fixed.header_bytes);
  TENFOLD_RETURN_IF_ERROR(read_whole(descriptor, bytes));
  if (const std::uint64_t sum = header_sum(bytes); sum != fixed.sum) {
    return corrupt_data("header: expected the sum ", fixed.sum, ", found ", sum);
  }
  PackedHeader header;
  header.payload_offset = fixed.payload_offset;
  header.payload_bytes = fixed.payload_bytes;
  header.key.assign(reinterpret_cast<const char*>(bytes.data()) + sizeof(Fixed), fixed.key_bytes);
  header.blobs.resize(fixed.n_blobs);
  if (!header.blobs.empty()) {
    std::memcpy(header.blobs.data(), bytes.data() + sizeof(Fixed) + fixed.key_bytes,
                header.blobs.size() * sizeof(SummedBlob));
  }
  return header;
}

}  // namespace tenfold
