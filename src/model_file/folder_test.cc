#include "model_file/folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

std::vector<std::string> names_in(const TempFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.folder())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Folder, SaysWhatIsNoFolder) {
  const TempFolder folder;
  EXPECT_EQ(Folder::open(folder.path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Folder::open(folder.write("file", "")).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(Folder::open("").ok());
}

TEST(Folder, StaysTheSameWhenItsPathNamesAnother) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path("one"));
  const auto open = Folder::open(folder.path("one"));
  ASSERT_TRUE(open.ok());
  std::filesystem::rename(folder.path("one"), folder.path("two"));
  std::filesystem::create_directory(folder.path("one"));
  folder.write("two/mine", "");
  const auto names = (*open)->names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "mine"), 1);
}

TEST(Abandoned, OnlyUnlockedFilesOfTheFormAreRemoved) {
  const TempFolder folder;
  for (const char* name : {"a.packed.tmp-12-0", "b.packed.tmp-3-44", "a.packed", "a.packed.tmp-", "a.packed.tmp-12",
                           "a.packed.tmp-12-x", "a.gguf.tmp-12-0", "a.packed.tmp--1"}) {
    folder.write(name, "x");
  }
  std::filesystem::create_symlink(folder.path("a.packed"), folder.path("link.packed.tmp-1-1"));
  const int held = ::open(folder.path("b.packed.tmp-3-44").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  const auto open = Folder::open(folder.folder());
  ASSERT_TRUE(open.ok());
  remove_abandoned(**open, ".packed");
  EXPECT_EQ(names_in(folder), (std::vector<std::string>{"a.gguf.tmp-12-0", "a.packed", "a.packed.tmp-",
                                                        "a.packed.tmp--1", "a.packed.tmp-12", "a.packed.tmp-12-x",
                                                        "b.packed.tmp-3-44", "link.packed.tmp-1-1"}));
  ::close(held);
  remove_abandoned(**open, ".packed");
  EXPECT_FALSE(std::filesystem::exists(folder.path("b.packed.tmp-3-44")));
}

}  // namespace
}  // namespace tenfold
