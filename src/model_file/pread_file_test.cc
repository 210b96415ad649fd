#include "model_file/pread_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/cat.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

template <std::size_t N>
std::string text_of(const std::array<std::byte, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

TEST(PreadFile, ReadsAnyRange) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("a.bin", "0123456789"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size(), 10u);
  EXPECT_EQ(file->name(), "a.bin");
  std::array<std::byte, 4> out{};
  ASSERT_TRUE(file->read(3, out).ok());
  EXPECT_EQ(text_of(out), "3456");
  ASSERT_TRUE(file->read_within({2, 5}, 1, out, "t").ok());
  EXPECT_EQ(text_of(out), "3456");
  EXPECT_TRUE(file->read(10, std::span<std::byte>()).ok());
}

TEST(PreadFile, APartOfAnOpenFileIsAFileOfItsOwn) {
  const TempFolder folder;
  const int descriptor = ::open(folder.write("package", "0123456789").c_str(), O_RDONLY);
  const auto file = PreadFile::open(FileSlice{descriptor, 2, 5});
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ(::lseek(descriptor, 0, SEEK_CUR), 0);
  EXPECT_EQ(PreadFile::open(FileSlice{descriptor, 2, 9}).status().message(),
            cat("descriptor ", descriptor, ": expected a part within the file's 10 bytes, found 9 bytes at byte 2"));
  for (const FileSlice wrong : {FileSlice{descriptor, 2, 0}, FileSlice{descriptor, 11, 1},
                                FileSlice{descriptor, 1, ~std::uint64_t{0}}, FileSlice{-1, 0, 1}}) {
    EXPECT_EQ(PreadFile::open(wrong).status().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_NE(PreadFile::open(FileSlice{descriptor, 0, 10})->identity(), file->identity());
  ::close(descriptor);
  EXPECT_EQ(file->size(), 5u);
  std::array<std::byte, 4> out{};
  ASSERT_TRUE(file->read(1, out).ok()) << "it has a descriptor of its own";
  EXPECT_EQ(text_of(out), "3456");
  EXPECT_EQ(file->read(2, out).code(), StatusCode::kCorruptData) << "what follows is not its own";
  EXPECT_TRUE(file->expect_unchanged().ok());
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  EXPECT_EQ(PreadFile::open(FileSlice{pipe[0], 0, 1}).status().code(), StatusCode::kInvalidArgument);
  for (const int end : pipe) ::close(end);
}

TEST(PreadFile, SaysWhatIsMissingAtTheEnd) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("a.bin", "0123456789"));
  ASSERT_TRUE(file.ok());
  std::array<std::byte, 4> out{};
  const Status status = file->read(8, out);
  EXPECT_EQ(status.code(), StatusCode::kCorruptData);
  EXPECT_EQ(status.message(),
            "expected 4 bytes at byte 8, found the end after 2 (the file had 10 bytes when it was opened)");
}

TEST(PreadFile, AShrinkingFileIsAnError) {
  const TempFolder folder;
  const std::string path = folder.write("a.bin", std::string(100000, 'x'));
  const auto file = PreadFile::open(path);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(::truncate(path.c_str(), 10), 0);
  std::array<std::byte, 4> out{};
  EXPECT_TRUE(file->read(0, out).ok());
  EXPECT_EQ(file->read(50000, out).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(file->read(99998, out).code(), StatusCode::kCorruptData);  // nor was it there before
}

TEST(PreadFile, KnowsWhetherItsContentsAreStillThose) {
  constexpr std::time_t kLongAgo = 1'000'000'000;
  const TempFolder folder;
  const std::string path = folder.write("a.bin", "0123456789");
  const auto open_old = [&] {
    set_time_of_writing(path, kLongAgo);
    return std::move(PreadFile::open(path)).value();
  };
  const PreadFile read_only = open_old();
  EXPECT_TRUE(read_only.expect_unchanged().ok());

  const PreadFile overwritten = open_old();
  folder.write("a.bin", "0123456788");
  const Status status = overwritten.expect_unchanged();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(status.message().starts_with("a.bin: ")) << status.message();

  const PreadFile grown = open_old();
  folder.write("a.bin", "0123456789a");
  set_time_of_writing(path, kLongAgo);
  EXPECT_EQ(grown.expect_unchanged().code(), StatusCode::kFailedPrecondition);
}

TEST(PreadFile, AFileThatWasReplacedUnderItsNameIsStillThere) {
  const TempFolder folder;
  const std::string path = folder.write("a.bin", "0123456789"), other = folder.write("b.bin", "another");
  const auto file = PreadFile::open(path);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(::rename(other.c_str(), path.c_str()), 0);
  EXPECT_TRUE(file->expect_unchanged().ok());
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_TRUE(file->expect_unchanged().ok());
}

TEST(PreadFile, HoldsReadsToTheirRange) {
  const TempFolder folder;
  const auto file = PreadFile::open(folder.write("a.bin", "0123456789"));
  ASSERT_TRUE(file.ok());
  std::array<std::byte, 4> out{};
  for (const std::uint64_t begin : {std::uint64_t{2}, std::uint64_t{5}, std::uint64_t{6}, ~std::uint64_t{0}}) {
    const Status status = file->read_within({0, 5}, begin, out, "blk.0");
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << begin;
    EXPECT_NE(status.message().find("a.bin: tensor blk.0"), std::string_view::npos);
  }
}

TEST(PreadFile, RefusesWhatIsNoRegularFile) {
  const TempFolder folder;
  const auto directory = PreadFile::open(folder.folder());
  EXPECT_EQ(directory.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(directory.status().message().find("found a directory"), std::string_view::npos);
  EXPECT_EQ(PreadFile::open(folder.folder() + "/").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(PreadFile::open("/dev/null").status().code(), StatusCode::kInvalidArgument);

  // Opening a FIFO waits for a writer, unless one asks it not to.
  const std::string fifo = folder.path("fifo.gguf");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ::alarm(60);
  const auto opened = PreadFile::open(fifo);
  ::alarm(0);
  EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(opened.status().message().find("found a FIFO"), std::string_view::npos);
}

TEST(PreadFile, NamesAMissingFile) {
  const TempFolder folder;
  const auto missing = PreadFile::open(folder.path("no\nsuch.gguf"));
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(missing.status().message().starts_with("no\\x0asuch.gguf: no such file"));
  EXPECT_EQ(PreadFile::open(folder.write("a", "x") + "/b").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(PreadFile::open("").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(PreadFile::open(std::string("a\0b", 3)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(PreadFile::open(std::string(100000, 'x')).status().code(), StatusCode::kIoError);
}

TEST(PreadFile, MovesItsDescriptor) {
  const TempFolder folder;
  auto first = PreadFile::open(folder.write("a.bin", "aaaa"));
  auto second = PreadFile::open(folder.write("b.bin", "bbbb"));
  ASSERT_TRUE(first.ok() && second.ok());
  PreadFile moved = std::move(*first);
  moved = std::move(*second);
  std::array<std::byte, 4> out{};
  ASSERT_TRUE(moved.read(0, out).ok());
  EXPECT_EQ(text_of(out), "bbbb");
  EXPECT_EQ(moved.name(), "b.bin");
}

TEST(PathParts, AreTakenApart) {
  EXPECT_EQ(printable_base_name("/a/b/c.gguf"), "c.gguf");
  EXPECT_EQ(printable_base_name("c.gguf"), "c.gguf");
  EXPECT_EQ(printable_base_name("/a/b/"), "b");
  EXPECT_EQ(printable_base_name("/"), "/");
  EXPECT_EQ(folder_of("/a/b/c.gguf"), "/a/b/");
  EXPECT_EQ(folder_of("c.gguf"), "");
}

}  // namespace
}  // namespace tenfold
