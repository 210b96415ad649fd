// PackedCache: packed weights kept on disk, so that the next start reads them instead of packing again.
//
// A folder of files, one for each model and way of packing. A file is opaque bytes (the payload) under a key that names
// all that they depend on; whoever packs decides what both mean. The folder and its files must belong to this user and
// be writable by nobody else, for what is read from here is trusted: opening checks the sums of header and table, not
// of the payload, which verify() does. The folder is held open, so nobody can put another in its place.
//
// Files appear complete or not at all; what killed processes left is removed when the cache is opened. Those not used
// for longest are removed when the folder grows past its bound, in which files that are being written count.
// Thread-safe, among processes too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model_file/folder.h"
#include "tenfold/status.h"

namespace tenfold {

// A run of bytes of the payload that has a sum of its own: a packed tensor.
struct PackedBlob {
  std::uint64_t offset;
  std::uint64_t n_bytes;

  friend bool operator==(const PackedBlob&, const PackedBlob&) = default;
};

// A file of the cache, open. Owns its descriptor; move-only, and what was moved from is not read.
class PackedFile {
 public:
  PackedFile(PackedFile&& other) noexcept;
  PackedFile& operator=(PackedFile&& other) noexcept;
  ~PackedFile();

  // Fills `out` from byte `offset` of the payload on; thread-safe.
  // Errors: kCorruptData if the file ends before; kIoError.
  [[nodiscard]] Status read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  friend class PackedCache;
  PackedFile(int descriptor, std::uint64_t payload_offset) : descriptor_(descriptor), payload_offset_(payload_offset) {}

  int descriptor_ = -1;
  std::uint64_t payload_offset_ = 0;
};

// What a listing says of a file.
struct PackedEntry {
  std::string path;
  std::string key;  // empty if the header is damaged
  std::uint64_t n_bytes = 0;
  std::int64_t used_s = 0;  // when it was last opened, seconds since 1970
};

class PackedWriter;

class PackedCache {
 public:
  // Makes the folder (for this user alone) if it is missing.
  //   max_bytes: bound of all files together; the newest file is kept even if it alone is larger
  // Errors: kFailedPrecondition if the folder belongs to, or may be written by, somebody else; kIoError.
  static Result<PackedCache> open(std::string folder, std::uint64_t max_bytes);
  // $XDG_CACHE_HOME/tenfold/packed, else ~/.cache/tenfold/packed. Errors: kNotFound if neither variable is set.
  static Result<std::string> default_folder();

  [[nodiscard]] const std::string& folder() const noexcept { return path_; }

  // The file that was stored under this key with these blobs; marks it as used. None if there is none; one that is
  // damaged or of another layout is removed.
  std::optional<PackedFile> find(const std::string& key, std::span<const PackedBlob> blobs) const;

  // Stores the payload, piece by piece as the writer is told to; blobs lie inside it, in order, without overlap; what
  // is between them is not summed. Payload and cache must outlive the writer. Errors: kInvalidArgument for other blobs.
  Result<std::unique_ptr<PackedWriter>> begin_store(const std::string& key, std::span<const PackedBlob> blobs,
                                                    std::span<const std::byte> payload) const;

  // Every file, the one used last first.
  [[nodiscard]] std::vector<PackedEntry> list() const;
  // Reads the whole file and compares all sums. Errors: kCorruptData saying where; kIoError.
  static Status verify(const std::string& path);

 private:
  friend class PackedWriter;
  PackedCache(std::shared_ptr<const Folder> folder, std::string path, std::uint64_t max_bytes)
      : folder_(std::move(folder)), path_(std::move(path)), max_bytes_(max_bytes) {}

  static std::string name_of(const std::string& key);
  Status expect_room(std::uint64_t n_bytes) const;
  void remove_old(const std::string& kept) const;

  std::shared_ptr<const Folder> folder_;
  std::string path_;
  std::uint64_t max_bytes_;
};

}  // namespace tenfold
