// The file of a saved session: its text, images, keys and values, and a note of the caller's. Little-endian:
//
//   magic[8]   u32 format  u32 n_tokens  u32 n_images  u32 n_blocks  u32 origin_bytes  u32 row_bytes
//              u64 n_image_tokens  u64 note_bytes  u64 kv_bytes      u64 sum
//   origin[origin_bytes]     what the rest depends on; the engine says what that is
//   note[note_bytes]
//   tokens[n_tokens]         i32
//   images[n_images]         u32 begin  u32 rows  u32 columns  u32 width  u32 height  u32 is_animation  u64 hash[2]
//   rows[rows · columns · row_bytes]   of each image: f32 in the place of embeddings
//   blocks[kv_bytes in all]            of the KV cache, as they lie there; the engine says how many bytes each has
//
// Each line but the first is a section with its u64 sum behind it. Sums are XXH3 with 64 bits, each seeded with the one
// before it, so that sections of two files, or in another order, are noticed. The file ends with the last one.
//
// Whoever opens a file gets sizes that fit each other and the file; sections are then read, or written, in their order
// and whole, into memory that the caller has room for. One caller at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/contracts.h"
#include "model_file/atomic_file.h"
#include "model_file/byte_sum.h"
#include "model_file/pread_file.h"
#include "tenfold/status.h"

namespace tenfold {

struct SessionSizes {
  static constexpr std::uint32_t kMaxTokens = 1 << 22;
  static constexpr std::uint32_t kMaxOriginBytes = 1 << 12;
  static constexpr std::uint64_t kMaxNoteBytes = std::uint64_t{64} << 20;
  static constexpr std::uint64_t kMaxBlocksAToken = 16;
  static constexpr std::uint64_t kMaxKvBytes = std::uint64_t{1} << 50;

  std::uint32_t n_tokens = 0;
  std::uint32_t n_images = 0;
  std::uint32_t n_blocks = 0;
  std::uint32_t origin_bytes = 0;
  std::uint32_t row_bytes = 0;
  std::uint64_t n_image_tokens = 0;  // of all images together
  std::uint64_t note_bytes = 0;
  std::uint64_t kv_bytes = 0;  // of all blocks together

  // Errors: kCorruptData naming what is out of bounds.
  [[nodiscard]] Status check() const;
  // Of the whole file; only of sizes that pass check().
  [[nodiscard]] std::uint64_t file_bytes() const noexcept;
};

// An entry of the section `images`.
struct SavedImage {
  std::uint32_t begin = 0;  // its first token
  std::uint32_t rows = 0, columns = 0;
  std::uint32_t width = 0, height = 0;
  std::uint32_t is_animation = 0;
  std::array<std::uint64_t, 2> hash = {};

  [[nodiscard]] std::uint64_t n_tokens() const noexcept { return std::uint64_t{rows} * columns; }
};

// Whether they lie one after the other within the tokens, and have as many as the sizes say. Errors: kCorruptData.
Status check_saved_images(std::span<const SavedImage> images, const SessionSizes& sizes);

class SessionFileReader {
 public:
  // Errors: those of PreadFile::open; kCorruptData if it is no saved session, or is damaged or cut off; kUnsupported
  // for another format. These and all below name the file.
  static Result<SessionFileReader> open(const std::string& path);

  [[nodiscard]] const SessionSizes& sizes() const noexcept { return sizes_; }
  [[nodiscard]] const std::string& name() const noexcept { return file_.name(); }

  // Fills `out` with the next section, which is as long. section: for the message. Errors: kCorruptData; kIoError.
  Status read(std::string_view section, std::span<std::byte> out);

 private:
  static constexpr std::uint64_t kHeaderBytes = 64;

  SessionFileReader(PreadFile file, const SessionSizes& sizes, std::uint64_t sum)
      : file_(std::move(file)), sizes_(sizes), sum_(sum) {}

  PreadFile file_;
  SessionSizes sizes_;
  std::uint64_t at_ = kHeaderBytes;
  std::uint64_t sum_;  // of the section before
};

class SessionFileWriter {
 public:
  // sizes: that pass check(). Errors: kInvalidArgument if another kind of file has that name; those of AtomicFile.
  static Result<std::unique_ptr<SessionFileWriter>> create(const std::string& path, const SessionSizes& sizes);

  // A whole section, or a piece of one that end_section() ends. Errors: those of AtomicFile::write.
  Status write_section(std::span<const std::byte> bytes);
  Status write_piece(std::span<const std::byte> bytes);
  Status end_section();
  // When all sections are there. Errors: those of AtomicFile::commit.
  Status commit();

 private:
  explicit SessionFileWriter(std::unique_ptr<AtomicFile> file) : file_(std::move(file)) {}
  Status begin(const SessionSizes& sizes);

  std::unique_ptr<AtomicFile> file_;
  ByteSum sum_;
  std::uint64_t n_left_ = 0;  // bytes that the sizes promise beyond those that were written
  [[no_unique_address]] OneCaller callers_;
};

}  // namespace tenfold
