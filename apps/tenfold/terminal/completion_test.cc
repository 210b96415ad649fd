#include "completion.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace tenfold::cli {
namespace {

constexpr std::array<std::string_view, 4> kCommands = {"/exit", "/help", "/image ", "/reset"};
using Names = std::vector<std::string>;

TEST(Completion, Commands) {
  EXPECT_EQ(complete("/re", kCommands).addition, "set");
  EXPECT_EQ(complete("/im", kCommands).addition, "age ");
  EXPECT_EQ(complete("/reset", kCommands).addition, "");
  EXPECT_EQ(complete("/", kCommands).candidates, (Names{"/exit", "/help", "/image ", "/reset"}));
  EXPECT_TRUE(complete("/nothing", kCommands).candidates.empty());
  EXPECT_TRUE(complete("re", kCommands).addition.empty()) << "a message, no command";
}

class FileCompletion : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "pictures");
    for (const char* name : {"photo one.jpg", "photo two.jpg", ".hidden", "größe.png", "grün.png"}) {
      std::ofstream(folder_ / name) << "x";
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Completion of(const std::string& name) { return complete("/image " + (folder_ / name).string(), kCommands); }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "completion_test";
};

TEST_F(FileCompletion, AddsWhatAllHaveInCommon) {
  const Completion photos = of("ph");
  EXPECT_EQ(photos.addition, "oto ");
  EXPECT_EQ(photos.candidates, (Names{"photo one.jpg", "photo two.jpg"}));
  EXPECT_EQ(of("photo o").addition, "ne.jpg");
  EXPECT_EQ(of("pi").addition, "ctures/") << "a folder goes on";
  EXPECT_EQ(of("g").addition, "r") << "no half of a character";
}

TEST_F(FileCompletion, HiddenFilesOnlyIfAskedFor) {
  EXPECT_EQ(of("").candidates.size(), 5u);
  EXPECT_EQ(of(".h").addition, "idden");
}

TEST_F(FileCompletion, NoFolderIsNoError) { EXPECT_EQ(of("nothing/x").addition, ""); }

}  // namespace
}  // namespace tenfold::cli
