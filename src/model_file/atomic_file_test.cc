#include "model_file/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <utility>

#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

Result<std::unique_ptr<AtomicFile>> create(const std::string& path) {
  return AtomicFile::create(path, FileAccess::kEverybody);
}

// One whose file aside has a name, as on file systems that know no other.
Result<std::unique_ptr<AtomicFile>> create_named(const TempFolder& folder, const std::string& name) {
  return AtomicFile::create(*Folder::open(folder.folder()), name, FileAccess::kEverybody, AsideName::kNeeded);
}

long n_files(const TempFolder& folder) {
  const std::filesystem::directory_iterator files(folder.folder());
  return std::distance(begin(files), end(files));
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TempFolder folder;
  const std::string path = folder.write("out.gguf", "old");
  auto file = create(path);
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
    auto file = create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->write(bytes_of("new")).ok());
    auto named = create_named(folder, "out.gguf");
    ASSERT_TRUE(named.ok());
    ASSERT_TRUE((*named)->write(bytes_of("new")).ok());
    EXPECT_GE(n_files(folder), 2);
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(n_files(folder), 1);
}

TEST(AtomicFile, AClosedFileCanOnlyBeCommitted) {
  const TempFolder folder;
  const std::string path = folder.path("out.gguf");
  {
    auto dropped = create(path);
    ASSERT_TRUE(dropped.ok() && (*dropped)->close().ok());
  }
  EXPECT_EQ(n_files(folder), 0);
  auto file = create(path);
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
  auto first = create(path);
  auto second = create(path);
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
  EXPECT_EQ(create(folder.path("no/such/out")).status().code(), StatusCode::kNotFound);
  std::filesystem::create_directory(folder.path("sub"));
  for (const std::string& path : {folder.path("."), folder.path("sub/")}) {
    const Status status = create(path).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << path;
    EXPECT_NE(status.message().find("expected a file to write, found a folder"), std::string_view::npos);
  }
  auto file = create(folder.path("taken"));
  ASSERT_TRUE(file.ok());
  std::filesystem::create_directory(folder.path("taken"));  // since then
  const Status status = (*file)->commit();
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_NE(status.message().find("taken: cannot rename"), std::string_view::npos);
}

// A disk that is full, played by a limit on the size of files.
TEST(AtomicFile, AFullDiskIsAnErrorAndLeavesNothing) {
  const TempFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  Status written;
  Status committed;
  {
    auto file = create(folder.path("out"));
    ASSERT_TRUE(file.ok());
    written = (*file)->write(bytes_of(std::string(3 << 20, 'x')));
    committed = (*file)->commit();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(written.code(), StatusCode::kIoError);
  EXPECT_EQ(committed.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(n_files(folder), 0);
}

TEST(AtomicFile, ANamedOneAppearsLikeAnyOther) {
  const TempFolder folder;
  auto file = create_named(folder, "out");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write(bytes_of("new")).ok());
  EXPECT_FALSE(std::filesystem::exists(folder.path("out")));
  ASSERT_TRUE((*file)->commit().ok());
  EXPECT_EQ(contents(folder.path("out")), "new");
  EXPECT_EQ(n_files(folder), 1);
}

// Played by a process that is killed: it has no chance to clean up.
TEST(AtomicFile, TheNextOneRemovesWhatAKilledProcessLeft) {
  const TempFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto named = create_named(folder, "out");
    auto unnamed = create(folder.path("out"));
    if (!named.ok() || !unnamed.ok()) ::_exit(1);
    (void)(*named)->write(bytes_of(std::string(2 << 20, 'x')));
    (void)(*unnamed)->write(bytes_of(std::string(2 << 20, 'x')));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_GE(n_files(folder), 1);  // the named one
  auto alive = create_named(folder, "out");
  ASSERT_TRUE(alive.ok());
  EXPECT_EQ(n_files(folder), 1);
  const auto another = create(folder.path("out"));
  EXPECT_TRUE((*alive)->commit().ok()) << "whoever is alive keeps what it writes";
}

TEST(AtomicFile, NobodyElseMayWriteToIt) {
  const TempFolder folder;
  const mode_t before = ::umask(0);
  for (const auto& [access, mode] : {std::pair(FileAccess::kOwner, 0600U), std::pair(FileAccess::kEverybody, 0644U)}) {
    for (const AsideName aside : {AsideName::kAvoided, AsideName::kNeeded}) {
      auto file = AtomicFile::create(*Folder::open(folder.folder()), "out", access, aside);
      ASSERT_TRUE(file.ok() && (*file)->commit().ok());
      struct stat info{};
      ASSERT_EQ(::stat(folder.path("out").c_str(), &info), 0);
      EXPECT_EQ(info.st_mode & 0777U, mode);
    }
  }
  ::umask(before);
}

TEST(AtomicFile, ALinkInItsPlaceIsReplacedNotFollowed) {
  const TempFolder folder;
  const std::string target = folder.write("target", "precious");
  std::filesystem::create_symlink(target, folder.path("out"));
  auto file = create(folder.path("out"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write(bytes_of("new")).ok());
  ASSERT_TRUE((*file)->commit().ok());
  EXPECT_EQ(contents(target), "precious");
  EXPECT_EQ(contents(folder.path("out")), "new");
}

TEST(AtomicFile, OnlyAFileOfTheSameKindMayBeReplaced) {
  const TempFolder folder;
  const auto code = [](const std::string& path) { return expect_same_kind(path, "GGUF", "a GGUF file").code(); };
  EXPECT_EQ(code(folder.path("missing")), StatusCode::kOk);
  EXPECT_EQ(code(folder.write("empty", "")), StatusCode::kOk);
  EXPECT_EQ(code(folder.write("old.gguf", "GGUF and more")), StatusCode::kOk);
  EXPECT_EQ(code(folder.write("model.safetensors", "\x40 {")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder.write("short", "GG")), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/dev/null"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(folder.folder()), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tenfold
