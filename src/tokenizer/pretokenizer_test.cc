#include "tokenizer/pretokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"
#include "tokenizer/pretokenizer_matches.h"
#include "tokenizer/pretokenizer_passes.h"
#include "tokenizer/pretokenizer_scan.h"

namespace tenfold {
namespace {

using Pieces = std::vector<std::string>;

Pieces split(std::string_view rule, std::string_view text) {
  const Pretokenizer* found = find_pretokenizer(rule);
  EXPECT_NE(found, nullptr) << rule;
  Pieces pieces;
  if (found == nullptr) return pieces;
  found->split(decode_chars(text), [&](Chars chars) { append_chars(pieces.emplace_back(), chars); });
  return pieces;
}

TEST(Pretokenizer, Gpt2) {
  EXPECT_EQ(split("gpt-2", "I'm  we'LL 12ab!? \n x"),
            (Pieces{"I", "'m", " ", " we", "'", "LL", " 12", "ab", "!?", " \n", " x"}));
  EXPECT_EQ(split("gpt-2", "a  "), (Pieces{"a", "  "}));
  EXPECT_EQ(split("mpt", "a\u00a0b"), (Pieces{"a", "\u00a0", "b"}));
}

TEST(Pretokenizer, DigitsApartThenGpt2) {
  EXPECT_EQ(split("smollm", "ab 12  3"), (Pieces{"ab", " ", "1", "2", "  ", "3"}));
}

TEST(Pretokenizer, Llama3) {
  EXPECT_EQ(split("llama-bpe", "WE'LL 12345\t\n\n x!\n\n(y"),
            (Pieces{"WE", "'LL", " ", "123", "45", "\t\n\n", " x", "!\n\n", "(y"}));
  EXPECT_EQ(split("llama-bpe", "   a"), (Pieces{"  ", " a"}));
  EXPECT_EQ(split("dbrx", "e\u0301x"), (Pieces{"e", "\u0301x"}));
}

TEST(Pretokenizer, QwenSplitsDigitsAndQwen35JoinsMarks) {
  EXPECT_EQ(split("qwen2", "a12"), (Pieces{"a", "1", "2"}));
  EXPECT_EQ(split("qwen2", "e\u0301x"), (Pieces{"e", "\u0301x"}));
  EXPECT_EQ(split("qwen35", "e\u0301x"), (Pieces{"e\u0301x"}));
}

TEST(Pretokenizer, Gpt4oCutsWhereCaseRises) {
  EXPECT_EQ(split("gpt-4o", "HTTPServer isn'T iPhone 1234 a/\n/b"),
            (Pieces{"HTTPServer", " isn'T", " i", "Phone", " ", "123", "4", " a", "/\n/", "b"}));
  EXPECT_EQ(split("tekken", "isn't 12"), (Pieces{"isn", "'t", " ", "1", "2"}));
  // Letters beyond ASCII count as both cases; an upper-case run gives back what no lower case follows.
  EXPECT_EQ(split("gpt-4o", "ÉCOLE"), (Pieces{"É", "COLE"}));
  EXPECT_EQ(split("gpt-4o", "AÉbÉC"), (Pieces{"AÉbÉ", "C"}));
}

TEST(Pretokenizer, Deepseek) {
  EXPECT_EQ(split("deepseek-llm", "Hi, 你好 12\n  "), (Pieces{"Hi", ",", " ", "你好", " ", "12", "\n", "  "}));
  EXPECT_EQ(split("deepseek-coder", "x, = 12"), (Pieces{"x", ",", " = ", "1", "2"}));
  EXPECT_EQ(split("deepseek-v3", "it's 1234你好.ok\n\n"), (Pieces{"it", "'s", " ", "123", "4", "你好", ".ok", "\n\n"}));
}

TEST(Pretokenizer, FalconAndDefault) {
  EXPECT_EQ(split("falcon", "a`b 12345"), (Pieces{"a", "`", "b", " ", "123", "45"}));
  EXPECT_EQ(split("default", "a`$b 12345"), (Pieces{"a", "`", "$", "b", " ", "123", "45"}));
}

TEST(Pretokenizer, Bloom) {
  EXPECT_EQ(split("bloom", "Hi you,  no. (a1)"), (Pieces{"Hi", " you", ", ", " no", ". (", "a1", ")"}));
  EXPECT_EQ(split("poro-chat", "a。b"), (Pieces{"a", "。", "b"}));
  EXPECT_EQ(split("viking", " a12"), (Pieces{" a", "1", "2"}));
}

TEST(Pretokenizer, NumbersInThreesFromTheRight) {
  EXPECT_EQ(split("superbpe", "a 1234567 b"), (Pieces{"a ", "1", "234", "567", " b"}));
  EXPECT_EQ(split("superbpe", "12"), (Pieces{"12"}));
  EXPECT_EQ(split("superbpe", "12²345³1234567"), (Pieces{"12²", "345³1", "234", "567"}));
  EXPECT_EQ(split("superbpe", "²123456"), (Pieces{"²", "123", "456"}));
  EXPECT_EQ(split("afmoe", "a1234 123456b"), (Pieces{"a", "1", "234", " ", "123", "456", "b"}));
  EXPECT_EQ(split("tiny_aya", "12345"), (Pieces{"12", "345"}));
}

TEST(Pretokenizer, KimiKeepsIdeographsApart) {
  EXPECT_EQ(split("kimi-k2", "Hi你好x's 1234,\n"), (Pieces{"Hi", "你好", "x's", " ", "123", "4", ",\n"}));
}

TEST(Pretokenizer, YoutuKeepsScriptsApart) {
  EXPECT_EQ(split("youtu", "한글，你好abC's 12"), (Pieces{"한글", "，", "你好", "abC's", " ", "1", "2"}));
}

TEST(Pretokenizer, ExaoneJoinsWordsWithSingleBlanks) {
  EXPECT_EQ(split("exaone-moe", "one two  three, four/\n\n"),
            (Pieces{"one two", " ", " three", ",", " four", "/\n", "\n"}));
  EXPECT_EQ(split("exaone-moe", "e\u0301 a b1"), (Pieces{"e\u0301 a b", "1"}));
}

TEST(Pretokenizer, Chameleon) {
  EXPECT_EQ(split("chameleon", "IMGIMGABZ     x!?"), (Pieces{"IMGIMGABZ", "    ", " x", "!", "?"}));
  EXPECT_EQ(split("chameleon", "a<sentinel:12>"), (Pieces{"a", "<", "sentinel", ":", "1", "2", ">"}))
      << "later passes cut such a piece again";
}

TEST(Pretokenizer, SmallDifferencesFromQwen) {
  EXPECT_EQ(split("seed-coder", "a!\n\nb"), (Pieces{"a", "!", "\n\n", "b"}));
  EXPECT_EQ(split("ufakzeka", "Ali'den 12"), (Pieces{"Ali", "'den", " ", "1", "2"}));
  EXPECT_EQ(split("laguna", "a!\n\nb"), (Pieces{"a", "!", "\n\n", "b"}));
  EXPECT_EQ(split("minicpm5", "x 12345"), (Pieces{"x", " ", "123", "45"}));
}

// Where the text's caller wants to stop, no scan goes on for long.
TEST(Pretokenizer, LeavesEarlyWhenTold) {
  const std::atomic<bool> yes = true;
  CancelLatch cancel(&yes);
  const std::vector<Char> letters = decode_chars(std::string(1'000'000, 'a'));
  const std::vector<Char> spaces = decode_chars(std::string(1'000'000, ' '));
  EXPECT_EQ(pretokenizer::run_from({letters, &cancel}, 0, pretokenizer::is_letter), Chars::kBetweenLooks);
  EXPECT_EQ(pretokenizer::isolate<pretokenizer::number>({letters, &cancel}), Chars::kBetweenLooks);
  EXPECT_GT(pretokenizer::trailing_spaces({spaces, &cancel}), spaces.size() - 2 * Chars::kBetweenLooks);
  EXPECT_EQ(pretokenizer::trailing_spaces({spaces}), spaces.size());
  EXPECT_EQ(decode_chars(std::string(1'000'000, 'a'), &cancel).size(), 0U);
  for (const Pretokenizer& rule : all_pretokenizers()) {
    rule.split({letters, &cancel}, [](Chars) { FAIL() << "what is cut now means nothing"; });
  }
}

TEST(Pretokenizer, RefusesOtherNames) {
  EXPECT_EQ(find_pretokenizer("gemma4"), nullptr);
  EXPECT_EQ(find_pretokenizer(""), nullptr);
}

// A scanner that looked back or ahead without limit would need hours for one of these.
TEST(Pretokenizer, LongRunsTakeLinearTime) {
  const std::size_t n = 50'000;
  std::vector<std::string> texts = {std::string(n, 'a'),  std::string(n, 'A'),  std::string(n, ' '),
                                    std::string(n, '\n'), std::string(n, '1'),  std::string(n, '!'),
                                    std::string(n, '\''), std::string(n, '\1'), std::string(n, '\xFF')};
  texts.push_back(std::string(n, ' ') + "x");
  texts.push_back("É" + std::string(n, 'A'));
  for (const char* unit : {"é", "你", "\u0301", " \n", "'s", " 1", "aA", "\u3000"}) {
    std::string text;
    while (text.size() < n) text += unit;
    texts.push_back(text + "!");
  }
  for (const std::string& text : texts) {
    const std::vector<Char> chars = decode_chars(text);
    for (const Pretokenizer& rule : all_pretokenizers()) {
      std::size_t n_chars = 0, n_empty = 0;
      rule.split(chars, [&](Chars piece) {
        n_chars += piece.size();
        n_empty += piece.empty() ? 1 : 0;
      });
      ASSERT_EQ(n_chars, chars.size()) << rule.name;
      ASSERT_EQ(n_empty, 0U) << rule.name;
    }
  }
}

}  // namespace
}  // namespace tenfold
