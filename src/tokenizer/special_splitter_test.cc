#include "tokenizer/special_splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/cat.h"
#include "tokenizer/split_by_passes_testing.h"
#include "tokenizer/vocab_testing.h"

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
    const TextRange all{0, static_cast<std::uint32_t>(text.size())};
    return split(text, std::span(&all, parse_special ? 0 : 1));
  }
  [[nodiscard]] std::vector<TextFragment> split(std::string_view text, std::span<const TextRange> given) const {
    CancelLatch cancel;
    return splitter_.split(text, {given}, cancel);
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

std::string show_given(const Vocabulary& vocabulary, std::string_view text, std::vector<TextRange> given) {
  return vocabulary.show(text, vocabulary.split(text, given));
}

TEST(SpecialSplitter, FindsControlTokensWhereNothingWasGiven) {
  const Vocabulary vocabulary(
      {{"<c>", kControlToken}, {"<u>", kUserToken}, {"<u><c>", kControlToken}, {"<?>", TokenType::kUnknown}});
  const std::string_view text = "<c><u><c><?>";
  EXPECT_EQ(show_given(vocabulary, text, {}), "{<c>}{<u><c>}{<?>}");
  EXPECT_EQ(show_given(vocabulary, text, {{0, 1}}), "[<c>]{<u><c>}{<?>}") << "not a byte of it";
  EXPECT_EQ(show_given(vocabulary, text, {{2, 3}, {10, 11}}), "[<c>]{<u><c>}[<?>]");
  EXPECT_EQ(show_given(vocabulary, text, {{3, 6}}), "{<c>}{<u>}{<c>}{<?>}") << "user-defined ones everywhere";
  EXPECT_EQ(show_given(vocabulary, text, {{7, 8}}), "{<c>}{<u>}[<c>]{<?>}");
  EXPECT_EQ(show_given(vocabulary, text, {{5, 7}}), "{<c>}{<u>}[<c>]{<?>}") << "one that begins and ends otherwise";
  EXPECT_EQ(show_given(vocabulary, text, {{0, 12}}), "[<c>]{<u>}[<c><?>]");
}

TEST(SpecialSplitter, FindsControlTokensAtTheBeginOfATextAlone) {
  const Vocabulary vocabulary(
      {{"<c>", kControlToken}, {"<c><c>", kControlToken}, {"<u>", kUserToken}, {"c><c", kControlToken}});
  const std::string_view text = "<c><u><c><c><u>";
  EXPECT_EQ(show_given(vocabulary, text, {{0, 15}}), "[<c>]{<u>}[<c><c>]{<u>}");
  EXPECT_EQ(show_given(vocabulary, text, {{2, 15}}), "[<c>]{<u>}[<c><c>]{<u>}") << "one that ends beyond is none";
  EXPECT_EQ(show_given(vocabulary, text, {{3, 15}}), "{<c>}{<u>}[<c><c>]{<u>}");
  EXPECT_EQ(show_given(vocabulary, text, {{9, 15}}), "{<c>}{<u>}{<c>}[<c>]{<u>}");
  EXPECT_EQ(show_given(vocabulary, text, {{11, 15}}), "{<c>}{<u>}[<]{c><c}[>]{<u>}");
  EXPECT_EQ(show_given(vocabulary, text, {{12, 15}}), "{<c>}{<u>}{<c><c>}{<u>}");
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
    std::vector<TextRange> given;
    for (std::uint32_t at = random() % 20; round % 3 != 0 && at < text.size();
         at = given.back().end + 1 + random() % 9) {
      const auto n_bytes = static_cast<std::uint32_t>(1 + random() % (round % 3 == 1 ? 2 : 30));
      given.push_back({at, std::min(at + n_bytes, static_cast<std::uint32_t>(text.size()))});
    }
    ASSERT_EQ(vocabulary.show(text, vocabulary.split(text, given)),
              vocabulary.show(text, split_by_passes(vocabulary.table(), vocabulary.special(), text, given)))
        << text;
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
      std::vector<TextRange> dotted;
      for (std::uint32_t at = 3; at < text.size(); at += 4) dotted.push_back({at, at + 1});
      std::vector<TextRange> given[] = {
          {}, {{0, static_cast<std::uint32_t>(text.size())}}, {{500'000, 500'001}}, dotted};
      for (const std::vector<TextRange>& parts : given) {
        const auto fragments = vocabulary.split(text, parts);
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
  EXPECT_LE(vocabulary.splitter().split(std::string(1'000'000, 'a'), {}, cancel).size(), 1U);
}

TEST(SpecialSplitter, MarksOfTheTemplateAreTextWhereTheyWereGiven) {
  const MadeUpVocab vocab("gpt2", {{"<tool>", kUserToken}, {"<b>", kUserToken}, {"  ", kUserToken}});
  const auto table = TextTable::from_tokens(vocab.data.tokens);
  const auto special = resolve_special_tokens(vocab.data, *table);
  const auto splitter = SpecialSplitter::create(*table, *special, "{{ '  <tool>' + m.content }}");
  const std::string_view text = "<tool><b>  <tool>";
  const TextRange all[] = {{0, 17}}, last[] = {{6, 17}};
  CancelLatch cancel;
  const auto n_tokens = [&](GivenParts given) {
    const auto fragments = splitter->split(text, given, cancel);
    return std::count_if(fragments.begin(), fragments.end(), [](auto f) { return f.token != TextFragment::kText; });
  };
  EXPECT_EQ(n_tokens({all, GivenMarks::kTokens}), 4) << "a text of its own is read as the vocabulary says";
  EXPECT_EQ(n_tokens({all, GivenMarks::kText}), 2) << "no template writes <b>, and blanks are no mark";
  EXPECT_EQ(n_tokens({last, GivenMarks::kText}), 3);
  EXPECT_EQ(n_tokens({{}, GivenMarks::kText}), 4);
}

}  // namespace
}  // namespace tenfold
