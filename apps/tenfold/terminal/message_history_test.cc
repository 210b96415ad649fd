#include "message_history.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tenfold::cli {
namespace {

using Messages = std::vector<std::string>;

class MessageHistoryTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file() {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  void write_file(const std::string& text) {
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream(path_) << text;
  }
  mode_t mode() {
    struct stat status = {};
    return stat(path_.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "message_history_test";
  std::filesystem::path path_ = folder_ / "deep" / "history";
};

TEST_F(MessageHistoryTest, IsThereAtTheNextStart) {
  const Messages messages = {"one", "two\nlines", "back\\slash \\n", "日本"};
  {
    MessageHistory history(path_);
    for (const std::string& message : messages) history.add(message);
  }
  EXPECT_EQ(MessageHistory(path_).messages(), messages);
}

TEST_F(MessageHistoryTest, IsForItsOwnerAlone) {
  MessageHistory(path_).add("one");
  EXPECT_EQ(mode(), 0600u);
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  MessageHistory(path_).add("two");
  EXPECT_EQ(mode(), 0600u);
}

TEST_F(MessageHistoryTest, KeepsNoSecretsAndNoRepetitions) {
  MessageHistory history(path_);
  history.add("one");
  history.add("one");
  history.add("");
  history.add(" secret");
  history.add(std::string(MessageHistory::kMaxMessageBytes + 1, 'x'));
  EXPECT_EQ(history.messages().size(), 3u);
  EXPECT_EQ(file(), "one\n");
}

TEST_F(MessageHistoryTest, TwoProgramsAddToOneFile) {
  MessageHistory one(path_);
  MessageHistory two(path_);
  one.add("a");
  two.add("b");
  one.add("c");
  EXPECT_EQ(MessageHistory(path_).messages(), (Messages{"a", "b", "c"}));
}

TEST_F(MessageHistoryTest, StaysSmall) {
  std::string text;
  for (std::size_t i = 0; i <= MessageHistory::kMaxMessages; ++i) text += "message " + std::to_string(i) + "\n";
  write_file(text);
  EXPECT_EQ(MessageHistory(path_).messages().size(), MessageHistory::kMaxMessages);
  EXPECT_LT(std::filesystem::file_size(path_), text.size());
  EXPECT_EQ(MessageHistory(path_).messages().back(), "message 1000");
  EXPECT_EQ(mode(), 0600u);
}

TEST_F(MessageHistoryTest, AHugeFileIsReadFromItsEnd) {
  write_file(std::string(3 * MessageHistory::kMaxFileBytes, 'x') + "\nlast\n");
  EXPECT_EQ(MessageHistory(path_).messages(), Messages{"last"});
  EXPECT_EQ(file(), "last\n");
}

TEST_F(MessageHistoryTest, WhatIsNoFileIsLeftAlone) {
  std::filesystem::create_directories(path_.parent_path());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  MessageHistory history(path_);
  history.add("one");
  EXPECT_EQ(history.messages(), Messages{"one"});
}

TEST_F(MessageHistoryTest, WorksWithoutAFile) {
  MessageHistory nowhere("");
  nowhere.add("one");
  EXPECT_EQ(nowhere.messages(), Messages{"one"});
  MessageHistory forbidden("/proc/nothing/history");
  forbidden.add("one");
  EXPECT_EQ(forbidden.messages(), Messages{"one"});
}

TEST(DefaultHistoryPath, FollowsTheEnvironment) {
  setenv("HOME", "/home/ada", 1);
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(default_history_path(), "/home/ada/.local/state/tenfold/history");
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(default_history_path(), "/state/tenfold/history");
  setenv("XDG_STATE_HOME", "relative", 1);
  unsetenv("HOME");
  EXPECT_EQ(default_history_path(), "");
}

}  // namespace
}  // namespace tenfold::cli
