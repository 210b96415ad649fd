// A regular file, or a part of one, opened for reading at given offsets. Never mapped: a file that shrinks under us is
// an error, not a signal.
//
// Owns its descriptor; moves, does not copy, and what was moved from is not read. Reading is const and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tenfold/file_slice.h"
#include "tenfold/status.h"

struct stat;

namespace tenfold {

// A run of bytes in a file.
struct FileRange {
  std::uint64_t offset;
  std::uint64_t n_bytes;
};

class PreadFile {
 public:
  // Never waits: a FIFO or a device is refused, not opened for reading.
  // Errors: kNotFound; kInvalidArgument for anything but a regular file; kIoError. All name the file.
  static Result<PreadFile> open(const std::string& path);

  // A part of an open file as a file of its own; the descriptor is duplicated, and neither's position is used. Its name
  // is "descriptor 5". Errors: kInvalidArgument for no open descriptor, anything but a regular file, or a part that is
  // empty or not inside it; kIoError.
  static Result<PreadFile> open(const FileSlice& slice);

  PreadFile(PreadFile&& other) noexcept;
  PreadFile& operator=(PreadFile&& other) noexcept;
  ~PreadFile();

  [[nodiscard]] std::uint64_t size() const noexcept { return n_bytes_; }    // when it was opened
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // last part of the path, fit to print
  // Device, inode, size and time of the last change when it was opened, as text: other contents, other identity.
  [[nodiscard]] const std::string& identity() const noexcept { return identity_; }

  // Whether the contents are those of the file that was opened; asked after reading, it vouches for what was read.
  // Errors: kFailedPrecondition if somebody has written to the file; kIoError. Both name it.
  [[nodiscard]] Status expect_unchanged() const;

  // Fills `out` from `offset` on.
  // Errors: kCorruptData if the file ends before; kFailedPrecondition if it did not when it was opened; kIoError. The
  // caller adds the file's name.
  [[nodiscard]] Status read(std::uint64_t offset, std::span<std::byte> out) const;

  // Fills `out` from byte `begin` of `range`, which belongs to tensor `tensor` (for the message).
  // Errors: those of read(), and kInvalidArgument past the end of the range. All name the file and the tensor.
  [[nodiscard]] Status read_within(FileRange range, std::uint64_t begin, std::span<std::byte> out,
                                   std::string_view tensor) const;

 private:
  // What the file system says of the file.
  struct State {
    std::uint64_t size = 0;
    std::int64_t written_ns = 0;  // its contents
    std::int64_t changed_ns = 0;  // or its names, owner or mode
    std::uint64_t n_names = 0;
  };
  static State state_of(const struct stat& info);
  PreadFile(int descriptor, std::string name) noexcept;
  // Notes what the file is now. Errors: kInvalidArgument for anything but a regular file; kIoError.
  Status look();

  int descriptor_ = -1;
  State opened_;
  std::uint64_t begin_ = 0;  // of the part
  std::uint64_t n_bytes_ = 0;
  std::string name_;
  std::string identity_;
};

// Fills `out` from `offset` on, in as many reads as that takes. The bytes read: fewer only where the file ends.
// Errors: kIoError.
Result<std::size_t> pread_fully(int descriptor, std::uint64_t offset, std::span<std::byte> out);

// The last part of a path, fit for a message.
std::string printable_base_name(std::string_view path);
// Everything before it, with the slash; "" when the path has none.
std::string_view folder_of(std::string_view path) noexcept;

}  // namespace tenfold
