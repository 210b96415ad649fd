#include "tokenizer/text_table.h"

#include <gtest/gtest.h>

#include "base/cat.h"

namespace tenfold {
namespace {

TEST(TextTable, FindsWhatItHoldsAndNothingElse) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20000; ++i) texts.push_back(cat("text ", i * i));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto table = TextTable::from_tokens(views);
  ASSERT_TRUE(table.ok());
  for (std::uint32_t id = 0; id < texts.size(); ++id) {
    ASSERT_EQ(table->find(texts[id]), id);
    ASSERT_EQ(table->text(id), texts[id]);
  }
  EXPECT_EQ(table->find("text 2"), TextTable::kNone);
  EXPECT_EQ(table->find(""), TextTable::kNone);
  EXPECT_EQ(table->longest_text_bytes(), std::string("text 399960001").size());
}

TEST(TextTable, TellsTextsApartByEveryByte) {
  std::string base(40, 'x');
  TextTable table(base.size() + 1);
  ASSERT_TRUE(table.add(base).ok());
  for (std::size_t at = 0; at < base.size(); ++at) {
    std::string other = base;
    other[at] = 'y';
    EXPECT_EQ(table.find(other), TextTable::kNone);
    ASSERT_TRUE(table.add(other).ok());
    EXPECT_EQ(table.find(other), at + 1);
  }
  EXPECT_EQ(table.find(base), 0u);
}

TEST(TextTable, TheLastOfEqualsIsFound) {
  const std::vector<std::string_view> tokens = {"a", "b", "a", "a"};
  const auto table = TextTable::from_tokens(tokens);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->find("a"), 3u);
  EXPECT_EQ(table->find("b"), 1u);
  EXPECT_EQ(table->text(0), "a");
  EXPECT_EQ(table->n_duplicates(), 2u);
}

TEST(TextTable, NamesEmptyTokens) {
  const std::vector<std::string_view> tokens = {"a", "", ""};
  const auto table = TextTable::from_tokens(tokens);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->find("[EMPTY_2]"), 2u);
  EXPECT_EQ(table->text(1), "[EMPTY_1]");
}

TEST(TextTable, RefusesTextsThatAreTooLong) {
  const std::string longest(TextTable::kMaxTextBytes, 'x');
  const std::string longer = longest + "x";
  EXPECT_TRUE(TextTable::from_tokens(std::vector<std::string_view>{longest}).ok());
  const auto table = TextTable::from_tokens(std::vector<std::string_view>{"a", longer});
  EXPECT_EQ(table.status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(table.status().message(), "token 1: expected a text of at most 4096 bytes, found 4097");
}

TEST(TextTable, IsFullAtItsCapacity) {
  TextTable table(1);
  EXPECT_TRUE(table.add("a").ok());
  EXPECT_EQ(table.add("b").status().code(), StatusCode::kResourceExhausted);
}

TEST(FlatIndex, GivesUpOnKeysMadeToCollide) {
  FlatIndex index(100000);
  std::uint32_t n = 0;
  while (n < 100000 && index.insert(0x1234567800000042u, n)) ++n;
  EXPECT_GT(n, 100u);
  EXPECT_LT(n, 100000u);
}

}  // namespace
}  // namespace tenfold
