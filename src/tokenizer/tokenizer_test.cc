#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/cat.h"
#include "tokenizer/vocab_testing.h"

namespace tenfold {
namespace {

using Ids = std::vector<TokenId>;
constexpr TokenType kControl = TokenType::kControl;
constexpr TokenType kNormal = TokenType::kNormal;
constexpr TokenType kUser = TokenType::kUserDefined;

std::unique_ptr<Tokenizer> make(const VocabData& vocab) {
  auto tokenizer = Tokenizer::create(vocab);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
  return tokenizer.ok() ? std::move(tokenizer).value() : nullptr;
}

std::string error_of(const VocabData& vocab) { return Tokenizer::create(vocab).status().to_string(); }

TEST(Tokenizer, BpeMergesBestRankFirstThenLeftmost) {
  const MadeUpVocab vocab("gpt2", {{"ab"}, {"bc"}, {"abc"}, {"aa"}}, {"b c", "a b", "a bc", "a a"});
  const auto tokenizer = make(vocab.data);
  const TokenId ab = 256;
  const TokenId abc = 258;
  const TokenId aa = 259;
  EXPECT_EQ(tokenizer->encode("abc").value(), (Ids{abc})) << "b c before a b";
  EXPECT_EQ(tokenizer->encode("aab").value(), (Ids{'a', ab}));
  EXPECT_EQ(tokenizer->encode("aaa").value(), (Ids{aa, 'a'}));
  EXPECT_EQ(tokenizer->encode("").value(), Ids{});
}

TEST(Tokenizer, BpeIgnoresMergesWhereTheRuleSaysSo) {
  MadeUpVocab vocab("gpt2", {{"Ġxyz"}});
  EXPECT_EQ(make(vocab.data)->encode(" xyz").value(), (Ids{' ', 'x', 'y', 'z'}));
  vocab.data.pre = "llama-bpe";
  EXPECT_EQ(make(vocab.data)->encode(" xyz").value(), (Ids{256}));
}

TEST(Tokenizer, BpeSpellsMergedTextsThatAreNoTokens) {
  // "ab" and "abc" are named by merges only. "abc" is what is left, and its bytes are looked up one by one.
  const MadeUpVocab vocab("gpt2", {}, {"a b", "ab c"});
  EXPECT_EQ(make(vocab.data)->encode("abcd").value(), (Ids{'a', 'b', 'c', 'd'}));
}

TEST(Tokenizer, BpeComposesTextWhereTheModelsOwnTokenizerDoes) {
  const std::string_view apart = "e\u0301", together = "é";
  MadeUpVocab vocab("gpt2", {{"<|im_end|>", kControl}});
  const Ids composed = {0xC3, 0xA9}, as_it_is = {'e', 0xCC, 0x81};
  const auto ids = [&](std::string_view text) { return make(vocab.data)->encode(text).value(); };
  vocab.data.pre = "gpt-2";
  EXPECT_EQ(ids(apart), as_it_is);
  vocab.data.compose = true;
  EXPECT_EQ(ids(apart), composed);
  EXPECT_EQ(ids(together), composed);
  for (const char* pre : {"qwen2", "qwen35"}) {
    vocab.data.pre = pre;
    vocab.data.compose = std::nullopt;
    EXPECT_EQ(ids(apart), composed) << pre;
    vocab.data.compose = false;
    EXPECT_EQ(ids(apart), as_it_is) << pre;
  }
}

TEST(Tokenizer, BpeReplacesInvalidBytes) {
  const MadeUpVocab vocab("gpt2", {});
  EXPECT_EQ(make(vocab.data)->encode("\xff").value(), (Ids{0xEF, 0xBF, 0xBD}));
}

TEST(Tokenizer, BpeLeavesOutBytesWithoutAToken) {
  VocabData vocab;
  vocab.model = "gpt2";
  vocab.pre = "gpt-2";
  vocab.tokens = {"a", "b", "ab"};
  vocab.merges.emplace(1, "a b");
  EXPECT_EQ(make(vocab)
                ->encode("a\x1d"
                         "ab")
                .value(),
            (Ids{0, 2}));
  EXPECT_EQ(make(vocab)->encode("\x1d").value(), Ids{});
}

TEST(Tokenizer, SpmMergesBestScoreFirst) {
  const MadeUpVocab vocab(
      "llama", {{"▁", kNormal, -9}, {"a", kNormal, -9}, {"b", kNormal, -9}, {"ab", kNormal, -2}, {"▁a", kNormal, -1}});
  const auto tokenizer = make(vocab.data);
  const TokenId blank_a = kFirstOwnSpmToken + 4;
  const TokenId b = kFirstOwnSpmToken + 2;
  EXPECT_EQ(tokenizer->encode("ab").value(), (Ids{blank_a, b}));
  EXPECT_EQ(tokenizer->encode("ab", {.add_bos = true, .add_eos = true}).value(), (Ids{1, blank_a, b}));
  EXPECT_EQ(tokenizer->decode(Ids{1, blank_a, b}).value(), "ab");
}

TEST(Tokenizer, SpmSpellsTheRestInBytes) {
  MadeUpVocab vocab("llama", {});
  vocab.data.add_space_prefix = false;
  const auto tokenizer = make(vocab.data);
  const Ids ids = tokenizer->encode("é\xff").value();
  EXPECT_EQ(ids, (Ids{3 + 0xC3, 3 + 0xA9, 3 + 0xFF}));
  EXPECT_EQ(tokenizer->decode(ids).value(), "é\xff");
}

// Files in circulation state every type for them.
TEST(Tokenizer, SpmByteTokensAreBytesWhateverTheirType) {
  MadeUpVocab vocab("llama", {});
  vocab.data.add_space_prefix = false;
  const TokenId newline = 3 + '\n';
  for (const TokenType type : {kNormal, kUser, kControl, TokenType::kUnused, TokenType::kUnknown, TokenType::kByte}) {
    for (TokenId id = 3; id < kFirstOwnSpmToken; ++id) {
      (*vocab.data.types)[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(type);
    }
    const auto tokenizer = make(vocab.data);
    const Ids ids = tokenizer->encode("é\n<0x0A>\xff", {.parse_special = true}).value();
    EXPECT_EQ(ids[2], newline);
    EXPECT_EQ(tokenizer->decode(ids).value(), "é\n<0x0A>\xff") << static_cast<int>(type);
    EXPECT_FALSE(tokenizer->is_control(newline));
  }
  vocab.data.types.reset();
  EXPECT_EQ(make(vocab.data)->piece(newline), "\n");
}

TEST(Tokenizer, ByteLevelBpeHasNoSuchTokens) {
  const MadeUpVocab vocab("gpt2", {{"<0x0A>"}});
  EXPECT_EQ(make(vocab.data)->piece(256), "<0x0A>");
}

TEST(Tokenizer, SpmWithoutByteTokensSaysUnknown) {
  VocabData vocab;
  vocab.model = "llama";
  vocab.tokens = {"<unk>", "<s>", "</s>", "a"};
  vocab.add_space_prefix = false;
  EXPECT_EQ(make(vocab)->encode("aéa").value(), (Ids{3, 0, 3}));
}

// Marks of a text: what was given of it.
TokenizeOptions with_given(std::span<const TextRange> given) { return {.parse_special = true, .given = given}; }

TEST(Tokenizer, SpmMergesGivenTextIntoTextTokensAlone) {
  MadeUpVocab vocab("llama", {{"</"},
                              {"s>"},
                              {"<u"},
                              {"nk>"},
                              {"<0"},
                              {"x0A>"},
                              {"<t"},
                              {">"},
                              {"<t>", kUser},
                              {"\x7F", kControl},
                              {"nk"},
                              {"x0"},
                              {"x0A"}});
  vocab.data.add_space_prefix = false;
  const auto tokenizer = Tokenizer::create(vocab.data, "{{ '<t>' }}").value();
  const TokenId eos = 2, newline = 3 + '\n', first = kFirstOwnSpmToken;
  struct {
    std::string_view text;
    Ids plain, given;
  } const cases[] = {{"</s>", {eos}, {first, first + 1}},
                     {"<unk>", {0}, {first + 2, first + 3}},
                     {"<0x0A>", {newline}, {first + 4, first + 5}},
                     {"<t>", {first + 8}, {first + 6, first + 7}},
                     {"\x7F", {first + 9}, {3 + 0x7F}}};
  for (const auto& [text, plain, given] : cases) {
    const auto size = static_cast<std::uint32_t>(text.size());
    EXPECT_EQ(tokenizer->encode(text).value(), plain) << "as llama.cpp does: " << text;
    EXPECT_EQ(tokenizer->encode(text, with_given({})).value(), plain) << text;
    for (const TextRange part : {TextRange{0, size}, TextRange{0, 1}, TextRange{size - 1, size}}) {
      const Ids ids = tokenizer->encode(text, with_given({&part, 1})).value();
      EXPECT_EQ(ids, given) << text << ", given from " << part.begin << " to " << part.end;
      EXPECT_EQ(tokenizer->decode(ids).value(), text);
    }
  }
  // Control tokens of the template stand where they stood, and what lies between two of them is its own as well.
  const TextRange last[] = {{6, 6}, {16, 18}};
  EXPECT_EQ(tokenizer->encode("</s><0x0A></s></s>", with_given(last)).value(),
            (Ids{eos, newline, eos, first, first + 1}))
      << "a part that is empty gives nothing";
}

TEST(Tokenizer, SpmOfGivenTextHasNoByteWhoseTokenIsControl) {
  VocabData vocab;
  vocab.model = "llama";
  vocab.tokens = {"<unk>", "<s>", "</s>", "a", "!"};
  vocab.types = {2, 3, 3, 1, 3};
  vocab.add_space_prefix = false;
  const TextRange all{0, 2};
  EXPECT_EQ(make(vocab)->encode("a!").value(), (Ids{3, 4}));
  EXPECT_EQ(make(vocab)->encode("a!", with_given({&all, 1})).value(), (Ids{3, 0}));
}

TEST(Tokenizer, BpeMergesGivenTextIntoTextTokensAlone) {
  MadeUpVocab vocab("gpt2", {{"st"}, {"op"}, {"stop", kControl}, {"|>"}, {"<|>", kUser}},
                    {"s t", "o p", "st op", "| >", "< |>"});
  for (const char* pre : {"gpt-2", "llama-bpe"}) {  // the second takes a word that is a token as a whole
    vocab.data.pre = pre;
    const auto tokenizer = Tokenizer::create(vocab.data, "{{ '<|>' }}").value();
    const TextRange word{0, 4}, sign{5, 6};
    EXPECT_EQ(tokenizer->encode("stop <|>").value(), (Ids{258, ' ', 260})) << pre;
    EXPECT_EQ(tokenizer->encode("stop <|>", with_given({&word, 1})).value(), (Ids{256, 257, ' ', 260})) << pre;
    EXPECT_EQ(tokenizer->encode("stop <|>", with_given({&sign, 1})).value(), (Ids{258, ' ', '<', 259})) << pre;
    EXPECT_EQ(tokenizer->encode("nonstop", with_given({&word, 1})).value().back(), 257) << pre;
  }
}

TEST(Tokenizer, BpeOfGivenTextLeavesOutAByteWhoseTokenIsControl) {
  MadeUpVocab vocab("gpt2", {{"!!"}}, {"! !"});
  (*vocab.data.types)['!'] = static_cast<std::int32_t>(kControl);
  const TextRange all{0, 6};
  EXPECT_EQ(make(vocab.data)->encode("a! b!!").value(), (Ids{'a', '!', ' ', 'b', 256}));
  EXPECT_EQ(make(vocab.data)->encode("a! b!!", with_given({&all, 1})).value(), (Ids{'a', ' ', 'b', 256}));
}

TEST(Tokenizer, SpmPutsASpaceAfterEverySpecialToken) {
  const MadeUpVocab vocab("llama", {{"▁"}, {"[I]", kControl}, {"a"}});
  const auto tokenizer = make(vocab.data);
  const TokenId blank = kFirstOwnSpmToken;
  EXPECT_EQ(tokenizer->encode("a[I]a", {.parse_special = true}).value(),
            (Ids{blank, blank + 2, blank + 1, blank, blank + 2}));
}

TEST(Tokenizer, AddsBosAndEosAsTheVocabularySays) {
  MadeUpVocab vocab("gpt2", {{"<b>", kControl}, {"<e>", kControl}});
  vocab.data.special_id(SpecialToken::kBos) = 256;
  vocab.data.special_id(SpecialToken::kEos) = 257;
  EXPECT_EQ(make(vocab.data)->encode("a", {.add_bos = true, .add_eos = true}).value(), (Ids{'a'}));
  vocab.data.add_bos = vocab.data.add_eos = true;
  EXPECT_EQ(make(vocab.data)->encode("a", {.add_bos = true, .add_eos = true}).value(), (Ids{256, 'a', 257}));
  EXPECT_EQ(make(vocab.data)->encode("a", {.add_bos = true}).value(), (Ids{256, 'a'}));
  EXPECT_EQ(make(vocab.data)->encode("a", {.add_eos = true}).value(), (Ids{'a', 257}));
  EXPECT_EQ(make(vocab.data)->encode("a").value(), (Ids{'a'}));
  EXPECT_EQ(make(vocab.data)->encode("", {.add_bos = true, .add_eos = true}).value(), (Ids{256, 257}));
}

TEST(Tokenizer, WithoutBosNoneIsAdded) {
  MadeUpVocab vocab("gpt2", {});
  vocab.data.add_bos = true;
  const auto tokenizer = make(vocab.data);
  EXPECT_FALSE(tokenizer->adds_bos());
  ASSERT_EQ(tokenizer->warnings().size(), 1u);
  EXPECT_NE(tokenizer->warnings()[0].find("no BOS token"), std::string::npos);
  EXPECT_EQ(tokenizer->encode("a", {.add_bos = true, .add_eos = true}).value(), (Ids{'a'}));
}

TEST(Tokenizer, PiecesHideOrShowSpecialTokens) {
  const MadeUpVocab vocab("gpt2", {{"<c>", kControl}, {"<u u>", kUser}, {"Ġx"}, {"gone", TokenType::kUnused}});
  const auto tokenizer = make(vocab.data);
  EXPECT_EQ(tokenizer->piece(256, SpecialText::kShow), "<c>");
  EXPECT_EQ(tokenizer->piece(256, SpecialText::kHide), "");
  EXPECT_EQ(tokenizer->piece(257, SpecialText::kHide), "<u u>");
  EXPECT_EQ(tokenizer->piece(258), " x");
  EXPECT_EQ(tokenizer->piece(259), "");
  EXPECT_EQ(tokenizer->piece(0x80), "\x80");
  EXPECT_EQ(tokenizer->piece(-1), "");
  EXPECT_EQ(tokenizer->piece(1000000), "");
  EXPECT_EQ(tokenizer->find("<c>"), 256);
  EXPECT_EQ(tokenizer->find("nothing"), std::nullopt);
  EXPECT_TRUE(tokenizer->is_control(256));
  EXPECT_FALSE(tokenizer->is_control(257));
  EXPECT_FALSE(tokenizer->is_control(-5));
}

TEST(Tokenizer, DecodeNamesIdsThatAreNoTokens) {
  const MadeUpVocab vocab("gpt2", {});
  const auto decoded = make(vocab.data)->decode(Ids{65, 256});
  EXPECT_EQ(decoded.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(decoded.status().message(), "expected token ids from 0 to 255, found 256");
}

TEST(Tokenizer, FindsEndsByText) {
  const MadeUpVocab vocab("gpt2", {{"<|im_end|>"}, {"<|end|>", kControl}, {"<|user|>", kControl}});
  const auto tokenizer = make(vocab.data);
  const auto ends = tokenizer->end_of_generation();
  EXPECT_EQ(Ids(ends.begin(), ends.end()), (Ids{256, 257}));
  EXPECT_EQ(tokenizer->special(SpecialToken::kEot), 256) << "the first text of the list that is there";
  EXPECT_TRUE(tokenizer->is_control(256)) << "it looks like one, whatever the file says";
  EXPECT_FALSE(tokenizer->eos().has_value());
}

TEST(Tokenizer, TakesTheEndsThatTheModelsFamilyHas) {
  MadeUpVocab vocab("gpt2", {{"</answer>"}, {"<|im_end|>"}});
  vocab.data.end_texts = {"</answer>", "</missing>"};
  const auto tokenizer = make(vocab.data);
  const auto ends = tokenizer->end_of_generation();
  EXPECT_EQ(Ids(ends.begin(), ends.end()), (Ids{256, 257}));
}

TEST(Tokenizer, HarmonysEndOfAPartIsNoEnd) {
  const MadeUpVocab vocab(
      "gpt2", {{"<|end|>", kControl}, {"<|return|>", kControl}, {"<|call|>", kControl}, {"<|channel|>", kControl}});
  const auto tokenizer = make(vocab.data);
  EXPECT_FALSE(tokenizer->ends_generation(256));
  EXPECT_TRUE(tokenizer->ends_generation(257));
  EXPECT_TRUE(tokenizer->ends_generation(258));
  EXPECT_EQ(tokenizer->piece(259, SpecialText::kHide), "<|channel|>");
}

TEST(Tokenizer, StopsWhenTold) {
  const std::atomic<bool> yes = true, no = false;
  const std::string text(100'000, 'a');
  for (const char* model : {"gpt2", "llama", "bert"}) {
    const MadeUpVocab vocab(model, {{"aa"}, {"▁a"}});
    const auto tokenizer = make(vocab.data);
    EXPECT_TRUE(tokenizer->encode(text, {.cancel = &no}).ok()) << model;
    EXPECT_EQ(tokenizer->encode(text, {.cancel = &yes}).status().code(), StatusCode::kCancelled) << model;
  }
}

TEST(Tokenizer, MissingPretokenizerGetsTheDefaultAndAWarning) {
  MadeUpVocab vocab("gpt2", {});
  for (const auto& pre :
       {std::optional<std::string>(), std::optional<std::string>("default"), std::optional<std::string>("")}) {
    vocab.data.pre = pre;
    const auto tokenizer = make(vocab.data);
    ASSERT_EQ(tokenizer->warnings().size(), 1u);
    EXPECT_NE(tokenizer->warnings()[0].find("tokenizer.ggml.pre"), std::string::npos);
  }
}

TEST(Tokenizer, SpmDoesNotLookAtThePretokenizer) {
  MadeUpVocab vocab("llama", {});
  vocab.data.pre = "no such rule";
  EXPECT_TRUE(make(vocab.data)->warnings().empty());
}

TEST(Tokenizer, RefusesByName) {
  MadeUpVocab vocab("gpt2", {});
  vocab.data.pre = "gemma4";
  EXPECT_EQ(error_of(vocab.data), "unsupported: pre-tokenizer (tokenizer.ggml.pre) gemma4 is not known");
  vocab.data.model = "t5";
  EXPECT_EQ(error_of(vocab.data),
            "unsupported: tokenizer model (tokenizer.ggml.model) t5; gpt2, llama and bert are supported");
}

TEST(Tokenizer, RefusesVocabulariesThatContradictThemselves) {
  MadeUpVocab vocab("gpt2", {});
  VocabData bad = vocab.data;
  bad.tokens.clear();
  bad.scores.reset();
  EXPECT_EQ(error_of(bad), "corrupt data: expected tokens, found none");
  bad = vocab.data;
  bad.scores->pop_back();
  EXPECT_EQ(error_of(bad), "corrupt data: expected a score for each of 256 tokens, found 255");
  bad = vocab.data;
  bad.types->push_back(1);
  EXPECT_EQ(error_of(bad), "corrupt data: expected a type for each of 256 tokens, found 257");
  bad = vocab.data;
  bad.merges.reset();
  EXPECT_EQ(error_of(bad), "corrupt data: expected merges (tokenizer.ggml.merges) beside tokenizer model gpt2");
  for (std::size_t kind = 0; kind < kSpecialTokens; ++kind) {
    bad = vocab.data;
    bad.special_ids[kind] = 256;
    EXPECT_NE(error_of(bad).find("expected an id below 256 (the number of tokens), found 256"), std::string::npos);
  }
  bad = vocab.data;
  bad.special_id(SpecialToken::kEos) = 4294967295u;
  EXPECT_NE(error_of(bad).find("EOS token: expected an id below 256"), std::string::npos);
}

// The tables of sixteen million, which a file of 128 MiB can hold, would take more than a gigabyte.
TEST(Tokenizer, RefusesVocabulariesOfMillions) {
  MadeUpVocab vocab("gpt2", {});
  VocabData bad = vocab.data;
  bad.merges->resize((std::size_t{1} << 21) + 1, "a b");
  EXPECT_EQ(error_of(bad), "resource exhausted: expected at most 2097152 merges, found 2097153");
  bad.tokens.resize((std::size_t{1} << 21) + 1, "a");
  EXPECT_EQ(error_of(bad), "resource exhausted: expected at most 2097152 tokens, found 2097153");
}

TEST(Tokenizer, RefusesScoresThatAreNotNumbers) {
  MadeUpVocab vocab("llama", {{"a", kNormal, std::nanf("")}});
  EXPECT_EQ(error_of(vocab.data), "corrupt data: expected a score for token 259, found NaN");
}

TEST(Tokenizer, RefusesByteTokensThatAreNone) {
  for (const char* text : {"<0x-1>", "<0xZZ>", "<0x>", "<0x100>", "", "x"}) {
    const MadeUpVocab vocab("llama", {{text, TokenType::kByte}});
    EXPECT_EQ(Tokenizer::create(vocab.data).status().code(), StatusCode::kCorruptData) << text;
  }
}

TEST(Tokenizer, DropsAPaddingTokenThatIsNotThere) {
  MadeUpVocab vocab("gpt2", {});
  vocab.data.special_id(SpecialToken::kPadding) = 4294967295u;
  const auto tokenizer = make(vocab.data);
  EXPECT_FALSE(tokenizer->special(SpecialToken::kPadding).has_value());
  EXPECT_EQ(tokenizer->warnings().size(), 1u);
}

TEST(Tokenizer, LivesWithOddTokensAndMerges) {
  const MadeUpVocab vocab("gpt2", {{""}, {"ab"}, {"ab"}, {"\xff\xfe"}, {"a b"}},
                          {"a b", "a b", "", " ", "ab", "a ", " a", "a  b", "\xff \xfe", "a b c"});
  const auto tokenizer = make(vocab.data);
  EXPECT_EQ(tokenizer->encode("ab").value(), (Ids{258})) << "the last of equals";
  EXPECT_EQ(tokenizer->warnings().size(), 2u) << "duplicates, malformed merges";
  EXPECT_EQ(tokenizer->text(256), "[EMPTY_256]");
}

TEST(Tokenizer, SpmOfAMillionSpacesOrLettersStaysLinear) {
  // A run of one character is the worst case: every pair is a candidate, and no border cuts it.
  MadeUpVocab vocab("llama", {{"▁"}, {"▁▁"}, {"▁▁▁▁"}, {"a"}, {"aa"}, {"aaa"}});
  const auto tokenizer = make(vocab.data);
  EXPECT_EQ(tokenizer->encode(std::string(1'000'000, 'a')).value().size(), 1u + 333'334u)
      << "equal scores: the left pair first";
  EXPECT_EQ(tokenizer->encode(std::string(1'000'003, ' ')).value().size(), 250'001u);
}

TEST(Tokenizer, MergesMayNotNameMoreThanTheVocabularyKnows) {
  std::vector<std::string> merges;
  for (int i = 0; i < 70000; ++i) merges.push_back(cat("x", i, " y", i));  // three texts each that are no tokens
  const MadeUpVocab many("gpt2", {}, merges);
  EXPECT_NE(error_of(many.data).find("expected at most 131072 texts that merges name"), std::string::npos);
  merges.resize(40000);
  EXPECT_NE(make(MadeUpVocab("gpt2", {}, merges).data), nullptr);
}

TEST(Tokenizer, SpecialTokensHaveABoundTogether) {
  std::vector<MadeUpToken> tokens;
  for (int i = 0; i < 1100; ++i) tokens.push_back({cat(std::string(4000, 'x'), i), kUser});
  EXPECT_NE(error_of(MadeUpVocab("gpt2", tokens).data).find("special tokens of at most 4194304 bytes"),
            std::string::npos);
  tokens.resize(10);
  const MadeUpVocab special("gpt2", tokens);
  for (MadeUpToken& token : tokens) token.type = kNormal;
  const MadeUpVocab normal("gpt2", tokens);
  EXPECT_GT(Tokenizer::bytes_for(special.data), Tokenizer::bytes_for(normal.data) + 10 * 4000);
  EXPECT_GT(Tokenizer::bytes_for(normal.data), 2 * 10 * 4000u);
}

}  // namespace
}  // namespace tenfold
