#include "model_file/packed_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "model_file/packed_writer.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

namespace fs = std::filesystem;

const std::string kKey = "model one, packed for tests";

std::vector<std::byte> payload_of(std::size_t n, unsigned seed = 1) {
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 256 + seed);
  return bytes;
}

const std::vector<PackedBlob> kBlobs = {{0, 1000}, {1024, 2000}, {3100, 4}};
constexpr std::size_t kPayload = 4000;

PackedCache open_cache(const TempFolder& folder, std::uint64_t max_bytes = std::uint64_t{1} << 30) {
  auto cache = PackedCache::open(folder.path("cache"), max_bytes);
  EXPECT_TRUE(cache.ok()) << cache.status().to_string();
  return std::move(cache).value();
}

std::string only_file(const PackedCache& cache) {
  const auto entries = cache.list();
  EXPECT_EQ(entries.size(), 1U);
  return entries.empty() ? "" : entries.front().path;
}

void overwrite(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// All of it at once. on_progress: gets 0…1 before each step; false stops. May be null.
Status store(const PackedCache& cache, const std::string& key, std::span<const PackedBlob> blobs,
             std::span<const std::byte> payload, const std::function<bool(double)>& on_progress) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<PackedWriter> writer, cache.begin_store(key, blobs, payload));
  for (bool done = false; !done;) {
    if (on_progress && !on_progress(writer->fraction())) return cancelled("storing was stopped");
    TENFOLD_ASSIGN_OR_RETURN(done, writer->step());
  }
  return {};
}

TEST(PackedCache, SumsOfPiecesAreThoseOfTheWhole) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  const std::vector<std::byte> payload = payload_of(std::size_t{5} << 20);
  const std::vector<PackedBlob> blobs = {{0, 7}, {7, 0}, {64, (std::size_t{4} << 20) + 3}};
  ASSERT_TRUE(store(cache, kKey, blobs, payload, nullptr).ok());
  EXPECT_TRUE(PackedCache::verify(only_file(cache)).ok());
}

TEST(PackedCache, GivesBackWhatWasStored) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  const std::vector<std::byte> payload = payload_of(kPayload);
  EXPECT_FALSE(cache.find(kKey, kBlobs).has_value());
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload, nullptr).ok());
  const auto file = cache.find(kKey, kBlobs);
  ASSERT_TRUE(file.has_value());
  std::vector<std::byte> read(kPayload);
  ASSERT_TRUE(file->read(0, read).ok());
  EXPECT_EQ(read, payload);
  EXPECT_TRUE(PackedCache::verify(only_file(cache)).ok());
  EXPECT_EQ(cache.list().front().key, kKey);
}

TEST(PackedCache, AFileThatShrinksIsAnError) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  const auto file = cache.find(kKey, kBlobs);
  ASSERT_TRUE(file.has_value());
  const std::string path = only_file(cache);
  overwrite(path, contents(path).substr(0, contents(path).size() - 1));
  std::vector<std::byte> read(kPayload);
  EXPECT_EQ(file->read(0, read).code(), StatusCode::kCorruptData);
}

TEST(PackedCache, OtherKeysAndLayoutsAreNotFound) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  EXPECT_FALSE(cache.find(kKey + "?", kBlobs).has_value());
  EXPECT_TRUE(cache.find(kKey, kBlobs).has_value());
  EXPECT_FALSE(cache.find(kKey, std::vector<PackedBlob>{{0, 1000}, {1024, 2000}}).has_value());
  EXPECT_TRUE(cache.list().empty()) << "a file of another layout is of no use to anybody";
}

TEST(PackedCache, ADamagedHeaderIsNotFound) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  const std::string path = only_file(cache);
  const std::string good = contents(path);
  const std::size_t header_bytes = 48 + kKey.size() + kBlobs.size() * 24;
  for (std::size_t at = 0; at < header_bytes; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    overwrite(path, bad);
    EXPECT_FALSE(cache.find(kKey, kBlobs).has_value()) << "byte " << at;
    EXPECT_FALSE(fs::exists(path)) << "byte " << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{47}, header_bytes, good.size() - 1}) {
    overwrite(path, good.substr(0, size));
    EXPECT_FALSE(cache.find(kKey, kBlobs).has_value()) << size << " bytes";
  }
  overwrite(path, good + "x");
  EXPECT_FALSE(cache.find(kKey, kBlobs).has_value());
  overwrite(path, good);
  EXPECT_TRUE(cache.find(kKey, kBlobs).has_value());
}

TEST(PackedCache, VerifyFindsADamagedPayload) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  const std::string path = only_file(cache);
  std::string bytes = contents(path);
  char& byte = bytes[bytes.size() - kPayload + 1500];
  byte = static_cast<char>(byte ^ 1);
  overwrite(path, bytes);
  const Status status = PackedCache::verify(path);
  EXPECT_EQ(status.code(), StatusCode::kCorruptData);
  EXPECT_NE(status.message().find("the bytes at 1024 are not those that were stored"), std::string_view::npos)
      << status.to_string();
}

TEST(PackedCache, ForgetsWhatWasNotUsedForLongest) {
  const TempFolder folder;
  const PackedCache unbounded = open_cache(folder);
  for (const char* key : {"a", "b", "c"})
    ASSERT_TRUE(store(unbounded, key, kBlobs, payload_of(kPayload), nullptr).ok());
  const std::uint64_t file_bytes = unbounded.list().front().n_bytes;
  for (const PackedEntry& entry : unbounded.list()) {  // a was used first, long ago
    const utimbuf used{1000 + entry.key[0], 1000 + entry.key[0]};
    ASSERT_EQ(::utime(entry.path.c_str(), &used), 0);
  }
  EXPECT_TRUE(unbounded.find("a", kBlobs).has_value());  // now b is the one not used for longest
  EXPECT_EQ(unbounded.list().front().key, "a");
  const PackedCache bounded = open_cache(folder, 3 * file_bytes);
  ASSERT_TRUE(store(bounded, "d", kBlobs, payload_of(kPayload), nullptr).ok());
  std::vector<std::string> keys;
  for (const PackedEntry& entry : bounded.list()) keys.push_back(entry.key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "c", "d"}));
}

TEST(PackedCache, KeepsTheNewestWhateverItsSize) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder, 1);
  ASSERT_TRUE(store(cache, "a", kBlobs, payload_of(kPayload), nullptr).ok());
  ASSERT_TRUE(store(cache, "b", kBlobs, payload_of(kPayload), nullptr).ok());
  EXPECT_FALSE(cache.find("a", kBlobs).has_value());
  EXPECT_TRUE(cache.find("b", kBlobs).has_value());
}

TEST(PackedCache, ACancelledStoreLeavesNothing) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  // At the first question, and at every later one.
  for (int n_yes = 0;; ++n_yes) {
    int n_asked = 0;
    const Status status = store(cache, kKey, kBlobs, payload_of(kPayload), [&](double) { return n_asked++ < n_yes; });
    if (n_asked <= n_yes) break;
    EXPECT_EQ(status.code(), StatusCode::kCancelled) << n_yes;
    EXPECT_TRUE(fs::is_empty(cache.folder())) << n_yes;
  }
  EXPECT_TRUE(cache.find(kKey, kBlobs).has_value());
}

TEST(PackedCache, SweepsWhatACrashLeftBehindWhenOpened) {
  const TempFolder folder;
  open_cache(folder);
  const std::string abandoned = folder.write("cache/0123.packed.tmp-1-1", "half a model");
  const std::string written = folder.write("cache/4567.packed.tmp-2-1", "still being written");
  const int held = ::open(written.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  open_cache(folder);
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_TRUE(fs::exists(written));
  ::close(held);
}

TEST(PackedCache, WhatIsBeingWrittenCountsInTheBound) {
  const TempFolder folder;
  const PackedCache unbounded = open_cache(folder);
  for (const char* key : {"a", "b"}) ASSERT_TRUE(store(unbounded, key, kBlobs, payload_of(kPayload), nullptr).ok());
  const std::uint64_t file_bytes = unbounded.list().front().n_bytes;
  const std::string written = folder.write("cache/4567.packed.tmp-2-1", std::string(file_bytes, 'x'));
  const int held = ::open(written.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  const PackedCache bounded = open_cache(folder, 3 * file_bytes);
  ASSERT_TRUE(store(bounded, "c", kBlobs, payload_of(kPayload), nullptr).ok());
  EXPECT_EQ(bounded.list().size(), 2U);
  ::close(held);
}

TEST(PackedCache, TrustsNoFileThatOthersMayWriteTo) {
  const TempFolder folder;
  const mode_t before = ::umask(0);
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  ::umask(before);
  const std::string path = only_file(cache);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_TRUE(cache.find(kKey, kBlobs).has_value());
  ASSERT_EQ(::chmod(path.c_str(), 0620), 0);
  EXPECT_FALSE(cache.find(kKey, kBlobs).has_value());
  ASSERT_EQ(::chmod(path.c_str(), 0602), 0);
  EXPECT_FALSE(cache.find(kKey, kBlobs).has_value());
}

TEST(PackedCache, TrustsNoFolderThatOthersWriteTo) {
  const TempFolder folder;
  const std::string open_to_all = folder.path("shared");
  fs::create_directory(open_to_all);
  ASSERT_EQ(::chmod(open_to_all.c_str(), 0777), 0);
  EXPECT_EQ(PackedCache::open(open_to_all, 1).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(PackedCache::open(folder.write("file", ""), 1).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(PackedCache::open("", 1).status().code(), StatusCode::kInvalidArgument);
}

TEST(PackedCache, FollowsNoLink) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  ASSERT_TRUE(store(cache, kKey, kBlobs, payload_of(kPayload), nullptr).ok());
  const std::string path = only_file(cache);
  fs::rename(path, folder.path("elsewhere"));
  fs::create_symlink(folder.path("elsewhere"), path);
  EXPECT_FALSE(cache.find(kKey, kBlobs).has_value());
}

TEST(PackedCache, RefusesBlobsThatDoNotFit) {
  const TempFolder folder;
  const PackedCache cache = open_cache(folder);
  const auto code = [&](const std::vector<PackedBlob>& blobs) {
    return store(cache, kKey, blobs, payload_of(100), nullptr).code();
  };
  EXPECT_EQ(code({{0, 101}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{101, 0}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{0, 50}, {49, 2}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{1, ~std::uint64_t{0}}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({}), StatusCode::kOk);
}

}  // namespace
}  // namespace tenfold
