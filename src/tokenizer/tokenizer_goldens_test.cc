// Tenfold's ids against llama.cpp's, for every pre-tokenizer name and kind of SentencePiece vocabulary; and against
// those of Hugging Face tokenizers for WordPiece.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/cat.h"
#include "base/utf8.h"
#include "tokenizer/goldens_testing.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {
namespace {

class TokenizerGoldens : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerGoldens, IdsAreThoseOfTheReference) {
  const std::vector<GoldenVocabulary> goldens = read_golden_vocabularies(GetParam());
  ASSERT_GE(goldens.size(), 4u);
  for (const GoldenVocabulary& golden : goldens) {
    SCOPED_TRACE(golden.name);
    const auto tokenizer = Tokenizer::create(golden.vocab);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
    ASSERT_GE(golden.texts.size(), 100u);
    for (const GoldenText& text : golden.texts) {
      const auto plain = (*tokenizer)->encode(text.text);
      ASSERT_TRUE(plain.ok());
      EXPECT_EQ(*plain, text.plain) << printable(text.text, 1000);
      const auto special = (*tokenizer)->encode(text.text, {.add_bos = true, .add_eos = true, .parse_special = true});
      ASSERT_TRUE(special.ok());
      EXPECT_EQ(*special, text.special) << printable(text.text, 1000);
    }
  }
}

// Not: a literal blank, which is a space afterwards; a cut-off character, which may swallow part of a blank; and the
// user-defined tokens of these vocabularies, which a space is put behind.
bool may_come_back_from_sentencepiece(std::string_view text) {
  for (const std::string_view token : {"▁", "\n\n", "[INST]"}) {
    if (text.find(token) != std::string_view::npos) return false;
  }
  return is_valid_utf8(text);
}

TEST_P(TokenizerGoldens, DecodingGivesTheTextBack) {
  for (const GoldenVocabulary& golden : read_golden_vocabularies(GetParam())) {
    if (golden.vocab.model == "bert") continue;  // which forgets case, accents and white space
    SCOPED_TRACE(golden.name);
    const auto tokenizer = Tokenizer::create(golden.vocab);
    ASSERT_TRUE(tokenizer.ok());
    for (const GoldenText& text : golden.texts) {
      std::string expected = text.text;
      if (golden.vocab.model == "gpt2") {
        expected.clear();
        append_chars(expected, decode_chars(text.text));  // invalid bytes are U+FFFD to byte-level BPE
      } else if (!may_come_back_from_sentencepiece(text.text)) {
        continue;
      }
      EXPECT_EQ((*tokenizer)->decode(text.plain, SpecialText::kShow).value(), expected) << printable(text.text, 1000);
    }
  }
}

TEST_P(TokenizerGoldens, EndTokensAreThoseOfTheReferenceAndGlmsObservation) {
  for (const GoldenVocabulary& golden : read_golden_vocabularies(GetParam())) {
    const auto tokenizer = Tokenizer::create(golden.vocab);
    ASSERT_TRUE(tokenizer.ok());
    std::set<TokenId> expected(golden.end_of_generation.begin(), golden.end_of_generation.end());
    if (const auto observation = (*tokenizer)->find("<|observation|>")) expected.insert(*observation);
    const auto ends = (*tokenizer)->end_of_generation();
    EXPECT_TRUE(std::ranges::equal(ends, expected)) << golden.name;
    for (TokenId id = 0; id < (*tokenizer)->vocab_size(); ++id) {
      ASSERT_EQ((*tokenizer)->ends_generation(id), expected.contains(id)) << id;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerGoldens,
                         testing::Values("bpe_goldens.json", "spm_goldens.json", "word_piece_goldens.json"),
                         [](const auto& test) { return std::string(test.param).substr(0, 3); });

TEST(TokenizerGoldens, HoldEveryPretokenizer) {
  std::set<std::string> names;
  for (const GoldenVocabulary& golden : read_golden_vocabularies("bpe_goldens.json")) names.insert(golden.name);
  for (const Pretokenizer& rule : all_pretokenizers()) EXPECT_TRUE(names.contains(std::string(rule.name))) << rule.name;
}

}  // namespace
}  // namespace tenfold
