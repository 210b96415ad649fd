#include "tokenizer/special_splitter.h"

#include <gtest/gtest.h>

#include <random>

#include "base/cat.h"
#include "tokenizer/made_up_vocab.h"
#include "tokenizer/split_by_passes.h"

namespace tenfold {
namespace {

class Vocabulary {
 public:
  explicit Vocabulary(const std::vector<MadeUpToken>& tokens, std::string name = "")
      : vocab_("gpt2", tokens),
        table_(*TextTable::from_tokens(vocab_.data.tokens)),
        special_(resolve(vocab_.data, std::move(name), table_)),
        splitter_(*SpecialSplitter::create(table_, special_)) {}

  [[nodiscard]] std::vector<TextFragment> split(std::string_view text, bool parse_special) const {
    CancelLatch cancel;
    return splitter_.split(text, parse_special ? text.size() : 0, cancel);
  }

  // The text in brackets, tokens by their text in braces.
  [[nodiscard]] std::string show(std::string_view text, std::span<const TextFragment> fragments) const {
    std::string shown;
    for (const TextFragment& fragment : fragments) {
      shown += fragment.token == TextFragment::kText
                   ? cat("[", text.substr(fragment.begin, fragment.end - fragment.begin), "]")
                   : cat("{", table_.text(static_cast<std::uint32_t>(fragment.token)), "}");
    }
    return shown;
  }

  [[nodiscard]] const TextTable& table() const { return table_; }
  [[nodiscard]] const SpecialTokens& special() const { return special_; }
  [[nodiscard]] const SpecialSplitter& splitter() const { return splitter_; }

 private:
  static SpecialTokens resolve(VocabData data, std::string name, const TextTable& table) {
    data.model_name = std::move(name);
    return *resolve_special_tokens(data, table);
  }

  MadeUpVocab vocab_;
  TextTable table_;
  SpecialTokens special_;
  SpecialSplitter splitter_;
};

std::string show(const std::vector<MadeUpToken>& tokens, std::string_view text, bool parse_special,
                 std::string name = "") {
  const Vocabulary vocabulary(tokens, std::move(name));
  return vocabulary.show(text, vocabulary.split(text, parse_special));
}

constexpr TokenType kControlToken = TokenType::kControl;
constexpr TokenType kUserToken = TokenType::kUserDefined;

std::string show_within(const Vocabulary& vocabulary, std::string_view text, std::size_t special_bytes) {
  CancelLatch cancel;
  return vocabulary.show(text, vocabulary.splitter().split(text, special_bytes, cancel));
}

TEST(SpecialSplitter, FindsControlTokensAtTheBeginOfATextAlone) {
  const Vocabulary vocabulary(
      {{"<c>", kControlToken}, {"<c><c>", kControlToken}, {"<u>", kUserToken}, {"c><c", kControlToken}});
  const std::string_view text = "<c><u><c><c><u>";
  EXPECT_EQ(show_within(vocabulary, text, 0), "[<c>]{<u>}[<c><c>]{<u>}");
  EXPECT_EQ(show_within(vocabulary, text, 2), "[<c>]{<u>}[<c><c>]{<u>}") << "one that ends beyond is none";
  EXPECT_EQ(show_within(vocabulary, text, 3), "{<c>}{<u>}[<c><c>]{<u>}");
  EXPECT_EQ(show_within(vocabulary, text, 9), "{<c>}{<u>}{<c>}[<c>]{<u>}");
  EXPECT_EQ(show_within(vocabulary, text, 11), "{<c>}{<u>}[<]{c><c}[>]{<u>}");
  EXPECT_EQ(show_within(vocabulary, text, 12), "{<c>}{<u>}{<c><c>}{<u>}");
  EXPECT_EQ(show_within(vocabulary, text, 1000), "{<c>}{<u>}{<c><c>}{<u>}");
}

TEST(SpecialSplitter, FindsControlTokensOnlyWhenAsked) {
  const std::vector<MadeUpToken> tokens = {
      {"<c>", kControlToken}, {"<u>", kUserToken}, {"<n>"}, {"<?>", TokenType::kUnknown}};
  EXPECT_EQ(show(tokens, "a<c>b<u><n><?>", false), "[a<c>b]{<u>}[<n><?>]");
  EXPECT_EQ(show(tokens, "a<c>b<u><n><?>", true), "[a]{<c>}[b]{<u>}[<n>]{<?>}");
  EXPECT_EQ(show(tokens, "<c><c>", true), "{<c>}{<c>}");
  EXPECT_EQ(show(tokens, "<c", true), "[<c]");
  EXPECT_EQ(show(tokens, "<<c>>", true), "[<]{<c>}[>]");
  EXPECT_EQ(show(tokens, "", true), "");
}

TEST(SpecialSplitter, LongerTokensWinWhereverTheyBegin) {
  const std::vector<MadeUpToken> tokens = {
      {"ab", kUserToken}, {"bcd", kUserToken}, {"a", kUserToken}, {"\n", kUserToken}, {"\n\n\n", kUserToken}};
  EXPECT_EQ(show(tokens, "abcd", false), "{a}{bcd}");
  EXPECT_EQ(show(tokens, "abab", false), "{ab}{ab}");
  EXPECT_EQ(show(tokens, "\n\n\n\n\n", false), "{\n\n\n}{\n}{\n}");
}

TEST(SpecialSplitter, Phi3TokensSwallowTheWhiteSpaceAfterThem) {
  const std::vector<MadeUpToken> tokens = {{"<|user|>", kControlToken}, {"<s>", kControlToken}};
  EXPECT_EQ(show(tokens, "<|user|> \n x <s> y", true, "Phi-3 mini"), "{<|user|>}[x ]{<s>}[ y]");
  EXPECT_EQ(show(tokens, "<|user|> \n", true, "phi3"), "{<|user|>}");
  EXPECT_EQ(show(tokens, "<|user|> \n x", true, "phi-2"), "{<|user|>}[ \n x]");
}

// Few letters, so that tokens lie in each other and in the text in every way.
TEST(SpecialSplitter, DoesWhatAPassForEachLengthDoes) {
  std::mt19937 random(7);
  const auto letters = [&](std::size_t longest) {
    std::string text;
    for (std::size_t n = 1 + random() % longest; n > 0; --n) text += "ab \n"[random() % (random() % 4 == 0 ? 4 : 2)];
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<MadeUpToken> tokens;
    for (std::size_t n = 1 + random() % 12; n > 0; --n) {
      tokens.push_back({letters(1 + random() % 9), random() % 2 == 0 ? kControlToken : kUserToken});
    }
    const Vocabulary vocabulary(tokens, random() % 2 == 0 ? "phi-3" : "");
    const std::string text = letters(80);
    for (const bool parse_special : {false, true}) {
      ASSERT_EQ(vocabulary.show(text, vocabulary.split(text, parse_special)),
                vocabulary.show(text, split_by_passes(vocabulary.table(), vocabulary.special(), text, parse_special)))
          << text << (parse_special ? " parsed" : "");
    }
  }
}

// A pass for each length, or a look from each place as far as a token may go, would take hours.
TEST(SpecialSplitter, TimeIsLinearWhateverTheTokensAre) {
  std::vector<MadeUpToken> ladder, stairs;
  for (std::size_t n = 1; n <= 4000; ++n) {
    ladder.push_back({std::string(n, 'a'), n % 2 == 0 ? kControlToken : kUserToken});
    stairs.push_back({std::string(n, 'a') + "b", kUserToken});
  }
  const std::string run(1'000'000, 'a');
  std::string broken;
  for (std::size_t n = 0; broken.size() < run.size(); n = (n * 7 + 13) % 5000) broken += std::string(n, 'a') + "b";
  for (const auto& tokens : {ladder, stairs}) {
    const Vocabulary vocabulary(tokens, "phi-3");
    for (const std::string& text : {run, broken, run + std::string(8000, 'b')}) {
      for (const bool parse_special : {false, true}) {
        const auto fragments = vocabulary.split(text, parse_special);
        ASSERT_FALSE(fragments.empty());
        ASSERT_EQ(fragments.back().end, text.size());
      }
    }
  }
}

TEST(SpecialSplitter, LeavesEarlyWhenToldTo) {
  const Vocabulary vocabulary({{"a", kUserToken}});
  const std::atomic<bool> flag = true;
  CancelLatch cancel(&flag);
  EXPECT_LE(vocabulary.splitter().split(std::string(1'000'000, 'a'), 1'000'000, cancel).size(), 1U);
}

}  // namespace
}  // namespace tenfold
