#include "model/vocab_from_gguf.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

using Texts = std::vector<std::string>;

GgufEntry scalar(std::string key, GgufScalar value) { return {std::move(key), GgufValue(std::move(value))}; }
GgufEntry array(std::string key, GgufArray value) { return {std::move(key), GgufValue(std::move(value))}; }

std::vector<GgufEntry> smallest() {
  return {scalar("tokenizer.ggml.model", std::string("gpt2")), array("tokenizer.ggml.tokens", Texts{"a", "b", ""})};
}

std::vector<GgufEntry> with(GgufEntry entry) {
  std::vector<GgufEntry> entries = smallest();
  entries.push_back(std::move(entry));
  return entries;
}

TEST(VocabFromGguf, AbsentKeysStayAbsent) {
  const GgufMetadata metadata(smallest());
  const auto vocab = vocab_from_gguf(metadata);
  ASSERT_TRUE(vocab.ok()) << vocab.status().to_string();
  EXPECT_EQ(vocab->model, "gpt2");
  EXPECT_EQ(vocab->tokens, (std::vector<std::string_view>{"a", "b", ""}));
  EXPECT_FALSE(vocab->pre || vocab->scores || vocab->types || vocab->merges);
  EXPECT_FALSE(vocab->add_bos || vocab->add_eos || vocab->add_space_prefix);
  EXPECT_FALSE(vocab->compose || vocab->lower_case || vocab->strip_accents);
  for (const auto& id : vocab->special_ids) EXPECT_FALSE(id.has_value());
}

TEST(VocabFromGguf, ReadsAllItHasAPlaceFor) {
  std::vector<GgufEntry> entries = smallest();
  entries.push_back(scalar("general.name", std::string("Phi-3")));
  entries.push_back(scalar("tokenizer.ggml.pre", std::string("qwen2")));
  entries.push_back(array("tokenizer.ggml.scores", std::vector<float>{0.5F, -1, 2}));
  entries.push_back(array("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 3, 6}));
  entries.push_back(array("tokenizer.ggml.merges", Texts{"a b"}));
  entries.push_back(scalar("tokenizer.ggml.bos_token_id", std::uint32_t{2}));
  entries.push_back(scalar("tokenizer.ggml.seperator_token_id", std::int32_t{1}));
  entries.push_back(scalar("tokenizer.ggml.fim_pre_token_id", std::uint64_t{7}));
  entries.push_back(scalar("tokenizer.ggml.prefix_token_id", std::uint32_t{0}));
  entries.push_back(scalar("tokenizer.ggml.middle_token_id", std::uint32_t{1}));
  entries.push_back(scalar("tokenizer.ggml.add_bos_token", false));
  entries.push_back(scalar("tokenizer.ggml.add_space_prefix", true));
  entries.push_back(scalar("tokenizer.ggml.normalizer.nfc", true));
  entries.push_back(scalar("tokenizer.ggml.normalizer.lowercase", true));
  entries.push_back(scalar("tokenizer.ggml.normalizer.strip_accents", false));
  const GgufMetadata metadata(entries);
  auto vocab = vocab_from_gguf(metadata);
  ASSERT_TRUE(vocab.ok()) << vocab.status().to_string();
  EXPECT_EQ(vocab->model_name, "Phi-3");
  EXPECT_EQ(vocab->pre, "qwen2");
  EXPECT_EQ(vocab->compose, true);
  EXPECT_EQ(vocab->scores, (std::vector<float>{0.5F, -1, 2}));
  EXPECT_EQ(vocab->types, (std::vector<std::int32_t>{1, 3, 6}));
  EXPECT_EQ(vocab->merges, (std::vector<std::string_view>{"a b"}));
  EXPECT_EQ(vocab->special_id(SpecialToken::kBos), 2u);
  EXPECT_EQ(vocab->special_id(SpecialToken::kSeparator), 1u);
  EXPECT_EQ(vocab->special_id(SpecialToken::kFimPrefix), 7u) << "the newer name wins";
  EXPECT_EQ(vocab->special_id(SpecialToken::kFimMiddle), 1u);
  EXPECT_EQ(vocab->add_bos, false);
  EXPECT_FALSE(vocab->add_eos.has_value());
  EXPECT_EQ(vocab->add_space_prefix, true);
  EXPECT_EQ(vocab->lower_case, true);
  EXPECT_EQ(vocab->strip_accents, false);
}

TEST(VocabFromGguf, TakesIntegerScoresAndAnyIntegerTypes) {
  std::vector<GgufEntry> entries = with(array("tokenizer.ggml.scores", std::vector<std::int32_t>{-3, 0, 4}));
  entries.push_back(array("tokenizer.ggml.token_type", std::vector<std::int64_t>{1, std::int64_t{1} << 40, -1}));
  const GgufMetadata metadata(entries);
  const auto vocab = vocab_from_gguf(metadata);
  ASSERT_TRUE(vocab.ok()) << vocab.status().to_string();
  EXPECT_EQ(vocab->scores, (std::vector<float>{-3, 0, 4}));
  EXPECT_EQ(vocab->types, (std::vector<std::int32_t>{1, 0, -1}));
}

TEST(VocabFromGguf, NamesMissingAndWrongKeys) {
  const GgufMetadata nothing(std::vector<GgufEntry>{});
  EXPECT_EQ(vocab_from_gguf(nothing).status().code(), StatusCode::kNotFound);
  const std::vector<GgufEntry> wrong = {
      array("tokenizer.ggml.scores", Texts{"a"}),
      scalar("tokenizer.ggml.token_type", std::uint32_t{1}),
      array("tokenizer.ggml.merges", std::vector<float>{1}),
      scalar("tokenizer.ggml.eos_token_id", std::int32_t{-1}),
      scalar("tokenizer.ggml.add_eos_token", std::uint32_t{1}),
      scalar("tokenizer.ggml.pre", std::uint32_t{1}),
  };
  for (const GgufEntry& entry : wrong) {
    const GgufMetadata metadata(with(entry));
    const Status status = vocab_from_gguf(metadata).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruptData) << entry.key;
    EXPECT_NE(status.message().find(entry.key), std::string_view::npos) << status.to_string();
  }
}

}  // namespace
}  // namespace tenfold
