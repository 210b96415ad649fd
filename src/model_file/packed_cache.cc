#include "model_file/packed_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/atomic_file.h"
#include "model_file/byte_sum.h"
#include "model_file/packed_header.h"
#include "model_file/packed_writer.h"
#include "model_file/pread_file.h"

namespace tenfold {

namespace {

constexpr std::string_view kExtension = ".packed";
constexpr std::string_view kPackedAsideMark = ".packed.tmp-";  // in the names of files that are being written
constexpr std::uint64_t kFreeShare = 20;                       // a twentieth of the disk stays free

std::string message_of(int error) { return std::generic_category().message(error); }

int open_to_read(int folder, const std::string& path) {
  return ::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

// Whether nobody else can have written it or can write to it.
bool is_ours(const struct stat& info) {
  return info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}
bool is_our_file(const struct stat& info) { return S_ISREG(info.st_mode) && is_ours(info); }

// Makes every missing folder of the path.
Status make_folders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return io_error("cache folder ", printable(part, 1024), ": cannot create: ", message_of(errno));
    }
    if (slash == std::string::npos) return {};
  }
}

std::int64_t nanoseconds(const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

struct FoundFile {
  std::string name;
  std::uint64_t n_bytes;
  std::int64_t used_ns;
};

// The folder's files whose names contain `mark`, the one used last first.
std::vector<FoundFile> files_with(const Folder& folder, std::string_view mark) {
  std::vector<FoundFile> found;
  for (const std::string& name : folder.names()) {
    const bool complete = mark == kExtension;
    if (complete ? !name.ends_with(mark) : name.find(mark) == std::string::npos) continue;
    struct stat info{};
    if (::fstatat(folder.descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
      continue;
    found.push_back({name, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim)});
  }
  std::sort(found.begin(), found.end(), [](const FoundFile& a, const FoundFile& b) {
    return a.used_ns != b.used_ns ? a.used_ns > b.used_ns : a.name < b.name;
  });
  return found;
}

bool same_blobs(std::span<const SummedBlob> stored, std::span<const PackedBlob> expected) {
  return std::equal(stored.begin(), stored.end(), expected.begin(), expected.end(),
                    [](const SummedBlob& a, const PackedBlob& b) { return a.blob == b; });
}

Status expect_inside(std::span<const PackedBlob> blobs, std::uint64_t payload_bytes) {
  std::uint64_t end = 0;
  for (const PackedBlob& blob : blobs) {
    if (blob.offset < end || blob.offset > payload_bytes || blob.n_bytes > payload_bytes - blob.offset) {
      return invalid_argument("packed blob: expected inside bytes ", end, "…", payload_bytes, ", found ", blob.n_bytes,
                              " at ", blob.offset);
    }
    end = blob.offset + blob.n_bytes;
  }
  return {};
}

}  // namespace

PackedFile::PackedFile(PackedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), payload_offset_(other.payload_offset_) {}

PackedFile& PackedFile::operator=(PackedFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(payload_offset_, other.payload_offset_);
  return *this;
}

PackedFile::~PackedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status PackedFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  TENFOLD_DCHECK(descriptor_ >= 0);
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t n_read, pread_fully(descriptor_, payload_offset_ + offset, out));
  if (n_read == out.size()) return {};
  return corrupt_data("packed weights: expected ", out.size(), " bytes at ", offset, ", found ", n_read);
}

Result<std::string> PackedCache::default_folder() {
  for (const auto& [variable, below] :
       {std::pair("XDG_CACHE_HOME", "/tenfold/packed"), std::pair("HOME", "/.cache/tenfold/packed")}) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody here sets variables
    if (value != nullptr && value[0] == '/') return cat(value, below);
  }
  return not_found("cache folder: expected XDG_CACHE_HOME or HOME to name one, found neither");
}

Result<PackedCache> PackedCache::open(std::string folder, std::uint64_t max_bytes) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  if (folder.empty()) return invalid_argument("cache folder: expected a path, found an empty string");
  TENFOLD_RETURN_IF_ERROR(make_folders(folder));
  Result<std::shared_ptr<const Folder>> opened = Folder::open(folder);
  struct stat info{};
  if (opened.ok() && ::fstat((*opened)->descriptor(), &info) != 0) {
    return io_error("cache folder ", printable(folder, 1024), ": cannot stat: ", message_of(errno));
  }
  if (!opened.ok() || !is_ours(info)) {
    return failed_precondition("cache folder ", printable(folder, 1024),
                               ": expected a folder of this user that nobody else may write to");
  }
  remove_abandoned(**opened, kExtension);
  return PackedCache(std::move(opened).value(), std::move(folder), max_bytes);
}

std::string PackedCache::name_of(const std::string& key) { return cat(packed_file_stem(key), kExtension); }

std::optional<PackedFile> PackedCache::find(const std::string& key, std::span<const PackedBlob> blobs) const {
  const std::string name = name_of(key);
  const int descriptor = open_to_read(folder_->descriptor(), name);
  if (descriptor < 0) return std::nullopt;
  PackedFile file(descriptor, 0);
  struct stat info{};
  if (::fstat(descriptor, &info) != 0 || !is_our_file(info)) return std::nullopt;
  const Result<PackedHeader> header = read_packed_header(descriptor, static_cast<std::uint64_t>(info.st_size));
  if (header.ok() && header->key != key) return std::nullopt;  // another model whose key has the same hash
  if (!header.ok() || !same_blobs(header->blobs, blobs)) {
    ::unlinkat(folder_->descriptor(), name.c_str(), 0);
    return std::nullopt;
  }
  file.payload_offset_ = header->payload_offset;
  ::futimens(descriptor, nullptr);  // used now; if that is refused, it is only forgotten sooner
  return file;
}

Status PackedCache::expect_room(std::uint64_t n_bytes) const {
  struct statvfs disk{};
  if (::fstatvfs(folder_->descriptor(), &disk) != 0) return {};  // then writing will tell
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t kept_bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize / kFreeShare;
  if (free_bytes >= kept_bytes && free_bytes - kept_bytes >= n_bytes) return {};
  return resource_exhausted("packed weights: expected ", n_bytes, " bytes of disk beside ", kept_bytes,
                            " that stay free, found ", free_bytes);
}

Result<std::unique_ptr<PackedWriter>> PackedCache::begin_store(const std::string& key,
                                                               std::span<const PackedBlob> blobs,
                                                               std::span<const std::byte> payload) const {
  TENFOLD_RETURN_IF_ERROR(expect_inside(blobs, payload.size()));
  PackedHeader header;
  header.key = key;
  header.payload_bytes = payload.size();
  for (const PackedBlob& blob : blobs) header.blobs.push_back({blob, 0});
  return std::make_unique<PackedWriter>(*this, std::move(header), payload);
}

void PackedCache::remove_old(const std::string& kept) const {
  std::uint64_t total = 0;
  for (const FoundFile& file : files_with(*folder_, kPackedAsideMark)) total += file.n_bytes;
  const std::vector<FoundFile> files = files_with(*folder_, kExtension);
  for (const FoundFile& file : files) {
    if (file.name == kept) total += file.n_bytes;
  }
  for (const FoundFile& file : files) {
    if (file.name == kept) continue;
    total += file.n_bytes;
    if (total > max_bytes_) ::unlinkat(folder_->descriptor(), file.name.c_str(), 0);
  }
}

std::vector<PackedEntry> PackedCache::list() const {
  std::vector<PackedEntry> entries;
  for (const FoundFile& file : files_with(*folder_, kExtension)) {
    PackedEntry entry{cat(path_, "/", file.name), "", file.n_bytes, file.used_ns / 1'000'000'000};
    const PackedFile packed(open_to_read(folder_->descriptor(), file.name), 0);
    if (packed.descriptor_ >= 0) {
      Result<PackedHeader> header = read_packed_header(packed.descriptor_, file.n_bytes);
      if (header.ok()) entry.key = std::move(header->key);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status PackedCache::verify(const std::string& path) {
  const std::string name = printable_base_name(path);
  PackedFile file(open_to_read(AT_FDCWD, path), 0);
  struct stat info{};
  if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &info) != 0) {
    return io_error(name, ": cannot open: ", message_of(errno));
  }
  TENFOLD_ASSIGN_OR_RETURN(const PackedHeader header,
                           read_packed_header(file.descriptor_, static_cast<std::uint64_t>(info.st_size)));
  file.payload_offset_ = header.payload_offset;
  std::vector<std::byte> bytes;
  for (const SummedBlob& entry : header.blobs) {
    if (entry.blob.offset > header.payload_bytes || entry.blob.n_bytes > header.payload_bytes - entry.blob.offset) {
      return corrupt_data(name, ": expected blobs inside ", header.payload_bytes, " bytes, found ", entry.blob.n_bytes,
                          " at ", entry.blob.offset);
    }
    bytes.resize(entry.blob.n_bytes);
    TENFOLD_RETURN_IF_ERROR(file.read(entry.blob.offset, bytes).with_context(name));
    if (byte_sum(bytes) != entry.sum) {
      return corrupt_data(name, ": the bytes at ", entry.blob.offset, " are not those that were stored");
    }
  }
  return {};
}

}  // namespace tenfold
