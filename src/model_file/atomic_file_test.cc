#include "model_file/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "model_file/temp_folder.h"

namespace tenfold {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

long n_files(const TempFolder& folder) {
  const std::filesystem::directory_iterator files(folder.folder());
  return std::distance(begin(files), end(files));
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TempFolder folder;
  const std::string path = folder.write("out.gguf", "old");
  auto file = AtomicFile::create(path);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  std::string expected;
  for (int i = 0; i < 300; ++i) {  // small and large pieces, 3 MB
    const std::string piece(static_cast<std::size_t>(i % 100 == 99 ? 1 << 20 : i), static_cast<char>('a' + i % 26));
    ASSERT_TRUE((*file)->write(bytes_of(piece)).ok());
    expected += piece;
  }
  EXPECT_EQ(contents(path), "old");
  ASSERT_TRUE((*file)->commit().ok());
  EXPECT_TRUE(contents(path) == expected);
  EXPECT_EQ(n_files(folder), 1);
  EXPECT_EQ((*file)->commit().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ((*file)->write(bytes_of("x")).code(), StatusCode::kFailedPrecondition);
}

TEST(AtomicFile, LeavesNothingBehindWhenDropped) {
  const TempFolder folder;
  const std::string path = folder.write("out.gguf", "old");
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->write(bytes_of("new")).ok());
    EXPECT_EQ(n_files(folder), 2);
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(n_files(folder), 1);
}

TEST(AtomicFile, AClosedFileCanOnlyBeCommitted) {
  const TempFolder folder;
  const std::string path = folder.path("out.gguf");
  {
    auto dropped = AtomicFile::create(path);
    ASSERT_TRUE(dropped.ok() && (*dropped)->close().ok());
  }
  EXPECT_EQ(n_files(folder), 0);
  auto file = AtomicFile::create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write(bytes_of("new")).ok());
  ASSERT_TRUE((*file)->close().ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ((*file)->write(bytes_of("x")).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ((*file)->close().code(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE((*file)->commit().ok());
  EXPECT_EQ(contents(path), "new");
}

TEST(AtomicFile, RemovesAFileThatIsThere) {
  const TempFolder folder;
  const std::string path = folder.write("old.gguf", "old");
  EXPECT_TRUE(remove_file(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(remove_file(path).ok());
  std::filesystem::create_directory(path);
  EXPECT_EQ(remove_file(path).code(), StatusCode::kIoError);
}

TEST(AtomicFile, TwoWritersDoNotMeet) {
  const TempFolder folder;
  const std::string path = folder.path("out");
  auto first = AtomicFile::create(path);
  auto second = AtomicFile::create(path);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE((*first)->write(bytes_of("first")).ok());
  ASSERT_TRUE((*second)->write(bytes_of("second")).ok());
  ASSERT_TRUE((*second)->commit().ok());
  EXPECT_EQ(contents(path), "second");
  ASSERT_TRUE((*first)->commit().ok());
  EXPECT_EQ(contents(path), "first");
}

TEST(AtomicFile, SaysWhatItCannotDo) {
  const TempFolder folder;
  EXPECT_EQ(AtomicFile::create(folder.path("no/such/out")).status().code(), StatusCode::kNotFound);
  std::filesystem::create_directory(folder.path("taken"));
  auto file = AtomicFile::create(folder.path("taken"));
  ASSERT_TRUE(file.ok());
  const Status status = (*file)->commit();
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_NE(status.message().find("taken: cannot rename"), std::string_view::npos);
}

// A disk that is full, played by a limit on the size of files.
TEST(AtomicFile, AFullDiskIsAnErrorAndLeavesNothing) {
  const TempFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  Status written;
  Status committed;
  {
    auto file = AtomicFile::create(folder.path("out"));
    ASSERT_TRUE(file.ok());
    written = (*file)->write(bytes_of(std::string(3 << 20, 'x')));
    committed = (*file)->commit();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(written.code(), StatusCode::kIoError);
  EXPECT_EQ(committed.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(n_files(folder), 0);
}

}  // namespace
}  // namespace tenfold
