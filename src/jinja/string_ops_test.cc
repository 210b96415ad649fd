#include "jinja/string_ops.h"

#include <gtest/gtest.h>

namespace tenfold::jinja {
namespace {

using Parts = std::vector<std::string_view>;

TEST(StringOps, CountsAndFindsCodePoints) {
  EXPECT_EQ(count_code_points("aé語😀"), 4u);
  EXPECT_EQ(byte_of_code_point("aé語😀", 3), 6u);
  EXPECT_EQ(byte_of_code_point("aé", 9), 3u);
}

TEST(StringOps, LongSearchesAreLinearAndRight) {
  const std::string needle = std::string(40, 'a') + "b";
  const std::string text = std::string(1000, 'a') + "b" + std::string(50, 'a') + "bb";
  EXPECT_EQ(find_text(text, needle), 960u);
  EXPECT_EQ(rfind_text(text, needle), 1011u);
  EXPECT_EQ(find_text(text, needle, 961), 1011u);
  EXPECT_EQ(find_text(text, std::string(2000, 'a')), std::string::npos);
  EXPECT_EQ(count_text(text, needle), 2u);
}

TEST(StringOps, SplitsFromBothEnds) {
  EXPECT_EQ(split("a,b,,c", ",", -1), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(split("a,b,,c", ",", 1), (Parts{"a", "b,,c"}));
  EXPECT_EQ(rsplit("a,b,,c", ",", 1), (Parts{"a,b,", "c"}));
  EXPECT_EQ(rsplit("aaa", "aa", -1), (Parts{"a", ""}));
  EXPECT_EQ(split("aaa", "aa", -1), (Parts{"", "a"}));
  EXPECT_EQ(split_space("  a  b c ", 1), (Parts{"a", "b c "}));
  EXPECT_EQ(rsplit_space("  a  b c ", 1), (Parts{"  a  b", "c"}));
  EXPECT_EQ(split_lines("a\r\nb\n\nc", LineEnds::kKeep), (Parts{"a\r\n", "b\n", "\n", "c"}));
  EXPECT_EQ(split(std::string(2 * kMaxParts, ','), ",", -1).size(), kMaxParts + 2);
}

TEST(StringOps, ReplacedSizeIsWhatReplaceReturns) {
  for (const std::string_view from : {"", "a", "aa", "é", "x"}) {
    for (const std::string_view to : {"", "b", "long"}) {
      for (const std::int64_t n : {-1, 0, 1, 2, 99}) {
        const std::string_view text = "aaaéa";
        EXPECT_EQ(replace(MarkedView::written(text), from, MarkedView::written(to), n).text.size(),
                  replaced_size(text, from, to, n))
            << from << to << n;
      }
    }
  }
}

TEST(StringOps, SlicesResolveLikePython) {
  const auto slice = [](std::optional<std::int64_t> start, std::optional<std::int64_t> stop, std::int64_t step) {
    return slice_text(MarkedView::written("aé語d"), resolve_slice(4, start, stop, step)).text;
  };
  EXPECT_EQ(slice(std::nullopt, std::nullopt, -1), "d語éa");
  EXPECT_EQ(slice(1, 3, 1), "é語");
  EXPECT_EQ(slice(-99, 99, 2), "a語");
  EXPECT_EQ(slice(3, 0, -2), "dé");
  EXPECT_EQ(slice(2, 1, 1), "");
  EXPECT_EQ(slice(INT64_MIN, INT64_MAX, INT64_MAX), "a");
  EXPECT_EQ(slice(INT64_MAX, INT64_MIN, INT64_MIN), "d");
}

}  // namespace
}  // namespace tenfold::jinja
