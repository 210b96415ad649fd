#include "tokenizer/special_splitter.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "tokenizer/made_up_vocab.h"

namespace tenfold {
namespace {

// The text in brackets, tokens by their text in braces.
std::string show(const std::vector<MadeUpToken>& tokens, std::string_view text, bool parse_special,
                 std::string name = "") {
  const MadeUpVocab vocab("gpt2", tokens);
  VocabData data = vocab.data;
  data.model_name = std::move(name);
  const auto table = TextTable::from_tokens(data.tokens);
  const auto special = resolve_special_tokens(data, *table);
  const SpecialSplitter splitter(*table, *special);
  std::string shown;
  for (const TextFragment& fragment : splitter.split(text, parse_special)) {
    shown += fragment.token == TextFragment::kText
                 ? cat("[", text.substr(fragment.begin, fragment.end - fragment.begin), "]")
                 : cat("{", table->text(static_cast<std::uint32_t>(fragment.token)), "}");
  }
  return shown;
}

constexpr TokenType kControl = TokenType::kControl;
constexpr TokenType kUser = TokenType::kUserDefined;

TEST(SpecialSplitter, FindsControlTokensOnlyWhenAsked) {
  const std::vector<MadeUpToken> tokens = {{"<c>", kControl}, {"<u>", kUser}, {"<n>"}, {"<?>", TokenType::kUnknown}};
  EXPECT_EQ(show(tokens, "a<c>b<u><n><?>", false), "[a<c>b]{<u>}[<n><?>]");
  EXPECT_EQ(show(tokens, "a<c>b<u><n><?>", true), "[a]{<c>}[b]{<u>}[<n>]{<?>}");
  EXPECT_EQ(show(tokens, "<c><c>", true), "{<c>}{<c>}");
  EXPECT_EQ(show(tokens, "<c", true), "[<c]");
  EXPECT_EQ(show(tokens, "<<c>>", true), "[<]{<c>}[>]");
  EXPECT_EQ(show(tokens, "", true), "");
}

TEST(SpecialSplitter, LongerTokensWinWhereverTheyBegin) {
  const std::vector<MadeUpToken> tokens = {
      {"ab", kUser}, {"bcd", kUser}, {"a", kUser}, {"\n", kUser}, {"\n\n\n", kUser}};
  EXPECT_EQ(show(tokens, "abcd", false), "{a}{bcd}");
  EXPECT_EQ(show(tokens, "abab", false), "{ab}{ab}");
  EXPECT_EQ(show(tokens, "\n\n\n\n\n", false), "{\n\n\n}{\n}{\n}");
}

TEST(SpecialSplitter, Phi3TokensSwallowTheWhiteSpaceAfterThem) {
  const std::vector<MadeUpToken> tokens = {{"<|user|>", kControl}, {"<s>", kControl}};
  EXPECT_EQ(show(tokens, "<|user|> \n x <s> y", true, "Phi-3 mini"), "{<|user|>}[x ]{<s>}[ y]");
  EXPECT_EQ(show(tokens, "<|user|> \n", true, "phi3"), "{<|user|>}");
  EXPECT_EQ(show(tokens, "<|user|> \n x", true, "phi-2"), "{<|user|>}[ \n x]");
}

}  // namespace
}  // namespace tenfold
