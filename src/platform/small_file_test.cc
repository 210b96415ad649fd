#include "platform/small_file.h"

#include <gtest/gtest.h>

#include "platform/fake_system_testing.h"

namespace tenfold {
namespace {

TEST(SmallFile, ReadsWholeFilesUpToALimit) {
  const FakeSystem system;
  system.write("/a", "one\ntwo\n");
  system.write("/empty", "");
  system.write("/huge", std::string(1 << 20, 'x'));
  EXPECT_EQ(read_small_file(system.root() + "/a"), "one\ntwo\n");
  EXPECT_EQ(read_small_file(system.root() + "/empty"), "");
  EXPECT_EQ(read_small_file(system.root() + "/huge")->size(), 64U << 10);
  EXPECT_EQ(read_small_file(system.root() + "/absent"), std::nullopt);
  EXPECT_EQ(read_small_file(system.root()), std::nullopt);  // a directory
}

TEST(SmallFile, ParsesNumbers) {
  EXPECT_EQ(parse_u64("0"), 0U);
  EXPECT_EQ(parse_u64("18446744073709551615"), ~std::uint64_t{0});
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616", "max", "0x10"}) {
    EXPECT_EQ(parse_u64(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(trimmed(" \t a b\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
}

TEST(SmallFile, FindsFields) {
  const char* text = "MemTotal:       16 kB\nMemFreeX: 1 kB\nMemFree:\t 7 kB\ninactive_file 9\nbroken\nword: x\nlast 3";
  EXPECT_EQ(find_field(text, "MemTotal"), 16U);
  EXPECT_EQ(find_field(text, "MemFree"), 7U);
  EXPECT_EQ(find_field(text, "inactive_file"), 9U);
  EXPECT_EQ(find_field(text, "last"), 3U);
  EXPECT_EQ(find_field(text, "broken"), std::nullopt);
  EXPECT_EQ(find_field(text, "word"), std::nullopt);
  EXPECT_EQ(find_field(text, "absent"), std::nullopt);
  EXPECT_EQ(find_field("", "x"), std::nullopt);
}

}  // namespace
}  // namespace tenfold
