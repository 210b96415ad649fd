#include "tokenizer/word_piece.h"

#include <gtest/gtest.h>

#include "tokenizer/tokenizer.h"
#include "tokenizer/vocab_testing.h"

namespace tenfold {
namespace {

using Ids = std::vector<TokenId>;
constexpr TokenId kUnk = 1, kCls = 2, kSep = 3, kFirst = 4;

std::unique_ptr<Tokenizer> make(std::vector<MadeUpToken> tokens) {
  const MadeUpVocab vocab("bert", std::move(tokens));
  auto tokenizer = Tokenizer::create(vocab.data);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
  return tokenizer.ok() ? std::move(tokenizer).value() : nullptr;
}

std::vector<std::string> words_of(std::string_view text, BertWordOptions options = {}) {
  std::vector<std::string> words;
  for_each_bert_word(text, options, [&](BertWord word) { words.emplace_back(word.text); });
  return words;
}

using Words = std::vector<std::string>;

TEST(WordPiece, GivenTextBecomesTextTokensAlone) {
  const auto tokenizer = make({{"▁st"}, {"op"}, {"▁stop", TokenType::kControl}, {"end", TokenType::kControl}, {"en"}});
  const TextRange word{0, 4};
  const auto ids = [&](std::string_view text, std::span<const TextRange> given) {
    return tokenizer->encode(text, {.parse_special = true, .given = given}).value();
  };
  EXPECT_EQ(ids("stop", {}), (Ids{kFirst + 2}));
  EXPECT_EQ(ids("stop", {&word, 1}), (Ids{kFirst, kFirst + 1}));
  EXPECT_EQ(ids("stend", {&word, 1}), Ids{kUnk});
}

TEST(BertWords, AreCleanedAndSplit) {
  EXPECT_EQ(words_of("  Hello,\tWORLD\n"), (Words{"hello", ",", "world"}));
  EXPECT_EQ(words_of("don't x_y $5~"), (Words{"don", "'", "t", "x", "_", "y", "$", "5", "~"}));
  EXPECT_EQ(words_of("a\x01"
                     "b\x0B"
                     "c\u200Bd\xFF"
                     "e"),
            (Words{"abcde"}))
      << "controls, formats and broken bytes";
  EXPECT_EQ(words_of("ab你好c"), (Words{"ab", "你", "好", "c"}));
  EXPECT_EQ(words_of("カナ"), (Words{"カナ"}));
  EXPECT_EQ(words_of("“a”…"), (Words{"“", "a", "”", "…"}));
  EXPECT_EQ(words_of("\u037E"), (Words{";"})) << "what a character becomes is split off as well";
  EXPECT_EQ(words_of(" \n "), Words());
}

TEST(BertWords, LoseCaseAndAccentsWhereTheVocabularySaysSo) {
  const std::string_view text = "Größe ÉTÉ İ ΑΣ Å";
  EXPECT_EQ(words_of(text), (Words{"große", "ete", "i", "ασ", "a"}));
  EXPECT_EQ(words_of(text, {true, false}), (Words{"größe", "été", "i̇", "ασ", "å"}));
  EXPECT_EQ(words_of(text, {false, true}), (Words{"Große", "ETE", "I", "ΑΣ", "A"}));
  EXPECT_EQ(words_of(text, {false, false}), (Words{"Größe", "ÉTÉ", "İ", "ΑΣ", "Å"}));
  EXPECT_EQ(words_of("한글"), (Words{"\u1112\u1161\u11AB\u1100\u1173\u11AF"}));
  EXPECT_EQ(words_of("가"), (Words{"\u1100\u1161"}));
}

TEST(BertWords, LongOnesAreCutOff) {
  std::size_t n_chars = 0, n_bytes = 0;
  for_each_bert_word(std::string(1000, 'a'), {}, [&](BertWord word) {
    n_chars = word.n_chars;
    n_bytes = word.text.size();
  });
  EXPECT_EQ(n_chars, 1000U);
  EXPECT_EQ(n_bytes, kMaxBertWordChars + 1);
}

TEST(WordPiece, TakesTheLongestPieces) {
  const auto tokenizer = make({{"▁a"}, {"▁ab"}, {"b"}, {"bc"}, {"c"}, {"▁abcd"}});
  EXPECT_EQ(tokenizer->encode("abc").value(), (Ids{kFirst + 1, kFirst + 4}));
  EXPECT_EQ(tokenizer->encode("abcd a").value(), (Ids{kFirst + 5, kFirst}));
  EXPECT_EQ(tokenizer->encode("").value(), Ids());
}

TEST(WordPiece, AWordThatCannotBeSpelledIsUnknownAsAWhole) {
  const auto tokenizer = make({{"▁a"}, {"b"}, {"▁b"}});
  EXPECT_EQ(tokenizer->encode("abx").value(), (Ids{kUnk}));
  EXPECT_EQ(tokenizer->encode("a bab b").value(), (Ids{kFirst, kUnk, kFirst + 2})) << "a continues nothing";
  EXPECT_EQ(tokenizer->encode("a▁b").value(), (Ids{kUnk})) << "b with a mark begins a word";
  EXPECT_EQ(tokenizer->encode("é").value(), (Ids{kUnk}));
}

TEST(WordPiece, WordsOfMoreThanAHundredCharactersAreUnknown) {
  const auto tokenizer = make({{"▁a"}, {"a"}});
  EXPECT_EQ(tokenizer->encode(std::string(100, 'a'))->size(), 100U);
  EXPECT_EQ(tokenizer->encode(std::string(101, 'a')).value(), (Ids{kUnk}));
}

TEST(WordPiece, ATextStandsBetweenClsAndSep) {
  MadeUpVocab vocab("bert", {{"▁a"}});
  vocab.data.add_bos = vocab.data.add_eos = false;  // as converters write for them, too
  const auto tokenizer = std::move(Tokenizer::create(vocab.data)).value();
  EXPECT_EQ(tokenizer->encode("a", {.add_bos = true, .add_eos = true}).value(), (Ids{kCls, kFirst, kSep}));
  EXPECT_EQ(tokenizer->encode("[CLS]a", {.parse_special = true}).value(), (Ids{kCls, kFirst}));
  EXPECT_EQ(tokenizer->encode("[SEP]").value(), (Ids{kUnk, kUnk, kUnk})) << "[, sep and ]";
}

TEST(WordPiece, DecodesToWordsWithSpacesBetween) {
  const auto tokenizer = make({{"▁a"}, {"b"}});
  const Ids ids = {kCls, kFirst, kFirst + 1, kFirst, kSep};
  EXPECT_EQ(tokenizer->decode(ids).value(), "ab a");
  EXPECT_EQ(tokenizer->decode(ids, SpecialText::kShow).value(), "[CLS]ab a[SEP]");
}

TEST(WordPiece, KnowsTheIdsThatOldFilesDoNotName) {
  std::vector<std::string> texts;
  for (int i = 0; i < 110; ++i) texts.push_back("▁t" + std::to_string(i));
  VocabData vocab;
  vocab.model = "bert";
  vocab.tokens.assign(texts.begin(), texts.end());
  const auto tokenizer = Tokenizer::create(vocab);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
  EXPECT_EQ((*tokenizer)->encode("t1 x", {.add_bos = true, .add_eos = true}).value(), (Ids{101, 1, 100, 102}));
  vocab.tokens.resize(50);
  EXPECT_EQ(Tokenizer::create(vocab).status().code(), StatusCode::kCorruptData) << "no unknown token";
}

TEST(WordPiece, AMillionLettersStayLinear) {
  const auto tokenizer = make({{"▁a"}, {"a"}, {"▁aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}});
  EXPECT_EQ(tokenizer->encode(std::string(1'000'000, 'a')).value(), (Ids{kUnk}));
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += std::string(50, 'a') + " ";
  EXPECT_EQ(tokenizer->encode(words)->size(), 1'000'000U);
}

}  // namespace
}  // namespace tenfold
