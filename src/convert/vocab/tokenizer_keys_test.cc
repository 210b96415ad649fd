#include "convert/vocab/tokenizer_keys.h"

#include <gtest/gtest.h>

#include "convert/checkpoint_testing.h"
#include "convert/vocab/hf_tokenizer.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {
namespace {

class TokenizerKeysTest : public testing::Test {
 protected:
  // Converts and returns the file's metadata; fails the test where that fails.
  const GgufMetadata& converted() {
    const auto report = checkpoint_.convert();
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    file_ = checkpoint_.opened();
    return file_->metadata();
  }
  // Like Llama 2's: pieces with a byte to fall back to.
  void use_pieces() {
    checkpoint_.files["tokenizer.json"] = parse_json(R"({
      "added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true},
                       {"id": 7, "content": "▁▁x", "special": false}],
      "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
      "post_processor": {"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]},
      "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true,
                "vocab": {"<unk>": 0, "<s>": 1, "<0x0A>": 2, "a": 3, "b": 4, "ab": 5, "aba": 6},
                "merges": [["a", "b"], ["ab", "a"]]}})")
                                              .value();
    checkpoint_.files["tokenizer_config.json"] = {{"bos_token", "<s>"}, {"unk_token", {{"content", "<unk>"}}}};
  }

  TestCheckpoint checkpoint_;
  std::unique_ptr<GgufFile> file_;
};

std::vector<std::int64_t> types(std::initializer_list<TokenType> list) {
  std::vector<std::int64_t> numbers;
  for (const TokenType type : list) numbers.push_back(static_cast<std::int64_t>(type));
  return numbers;
}

TEST_F(TokenizerKeysTest, ListsATokenForEveryRowOfTheEmbedding) {
  using enum TokenType;
  const GgufMetadata& m = converted();
  EXPECT_EQ(*m.string("tokenizer.ggml.model"), "gpt2");
  EXPECT_EQ(*m.string("tokenizer.ggml.pre"), "gpt-2");
  const auto tokens = *m.strings("tokenizer.ggml.tokens");
  EXPECT_EQ(
      std::vector<std::string>(tokens.texts.begin(), tokens.texts.end()),
      (std::vector<std::string>{"a", "b", "c", "ab", "<|end|>", "plain", "[PAD6]", "[PAD7]", "[PAD8]", "[PAD9]"}));
  EXPECT_EQ(*m.integers("tokenizer.ggml.token_type"),
            types({kNormal, kNormal, kNormal, kNormal, kControl, kUserDefined, kUnused, kUnused, kUnused, kUnused}));
  EXPECT_EQ((*m.strings("tokenizer.ggml.merges"))[0], "a b");
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eos_token_id"), 4u);
  EXPECT_FALSE(*m.boolean("tokenizer.ggml.add_bos_token"));
  EXPECT_FALSE(m.has("tokenizer.ggml.bos_token_id"));
  EXPECT_FALSE(m.has("tokenizer.ggml.scores"));
}

TEST_F(TokenizerKeysTest, SaysWhetherTextIsComposedFirst) {
  EXPECT_FALSE(converted().has("tokenizer.ggml.normalizer.nfc"));
  checkpoint_.files["tokenizer.json"]["normalizer"] = {{"type", "NFC"}};
  EXPECT_TRUE(*converted().boolean("tokenizer.ggml.normalizer.nfc"));
  checkpoint_.files["tokenizer.json"]["normalizer"] = nullptr;
  ConvertOptions options;
  options.pre = "qwen2";
  ASSERT_TRUE(checkpoint_.convert(options).ok());
  EXPECT_FALSE(*checkpoint_.opened()->metadata().boolean("tokenizer.ggml.normalizer.nfc"))
      << "though the name means it";
}

TEST_F(TokenizerKeysTest, GivesPiecesScoresByTheOrderOfMerges) {
  using enum TokenType;
  use_pieces();
  const GgufMetadata& m = converted();
  EXPECT_EQ(*m.string("tokenizer.ggml.model"), "llama");
  EXPECT_EQ((*m.strings("tokenizer.ggml.tokens"))[7], "  x") << "blanks, as text has them";
  EXPECT_EQ(*m.integers("tokenizer.ggml.token_type"),
            types({kControl, kControl, kByte, kNormal, kNormal, kNormal, kNormal, kUserDefined, kUnused, kUnused}));
  const auto scores = *m.floats("tokenizer.ggml.scores");
  EXPECT_GT(scores[5], scores[6]);
  EXPECT_GT(scores[6], scores[3]) << "what no merge makes";
  EXPECT_TRUE(*m.boolean("tokenizer.ggml.add_bos_token"));
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.bos_token_id"), 1u);
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.unknown_token_id"), 0u);
  EXPECT_FALSE(m.has("tokenizer.ggml.add_space_prefix")) << "true unless it is said";

  Json::Array& normalizers = checkpoint_.files["tokenizer.json"]["normalizer"]["normalizers"].array_items();
  normalizers.erase(normalizers.begin());
  EXPECT_FALSE(*converted().boolean("tokenizer.ggml.add_space_prefix"));
}

TEST_F(TokenizerKeysTest, SaysWhenReadersWillMergeMoreThanTheTokenizerDoes) {
  use_pieces();
  EXPECT_TRUE(checkpoint_.convert()->notes.empty());
  Json& vocab = checkpoint_.files["tokenizer.json"]["model"]["vocab"];
  vocab["ba"] = 8;  // with a, a second way to make aba
  const auto report = checkpoint_.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  ASSERT_EQ(report->notes.size(), 1u);
  EXPECT_NE(report->notes[0].find("of such pairs 2 are"), std::string::npos) << report->notes[0];
  ConvertOptions options;
  options.pre = "qwen2";
  EXPECT_NE(checkpoint_.error(options).find("--pre: expected none"), std::string::npos);
}

TEST_F(TokenizerKeysTest, FindsTheEndsOfAnAnswer) {
  Json& added = checkpoint_.files["tokenizer.json"]["added_tokens"];
  added.push_back({{"id", 6}, {"content", "[gMASK]"}, {"special", true}});
  added.push_back({{"id", 7}, {"content", "<|user|>"}, {"special", true}});
  added.push_back({{"id", 8}, {"content", "<|observation|>"}, {"special", true}});
  added.push_back({{"id", 9}, {"content", "</answer>"}, {"special", true}});
  checkpoint_.files["generation_config.json"] = {{"eos_token_id", Json::array({4, 7, 8})}, {"top_p", 0.5}};
  const GgufMetadata& m = converted();
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eos_token_id"), 4u);
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eot_token_id"), 7u);
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eom_token_id"), 8u);
  EXPECT_EQ(*m.real("general.sampling.top_p"), 0.5);

  checkpoint_.config["eos_token_id"] = Json::array({4, 7, 8, 9});
  EXPECT_EQ(*converted().unsigned_integer("tokenizer.ggml.eom_token_id"), 9u)
      << "the one that nobody knows by its text";
}

TEST_F(TokenizerKeysTest, LeavesOutEndsThatAreNoTokens) {
  checkpoint_.config["eos_token_id"] = Json::array({4, 6, 77, -1});
  const auto report = checkpoint_.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->notes,
            (std::vector<std::string>{"eos_token_id: expected tokens of the vocabulary, found 6; what is "
                                      "none is left out"}));
  EXPECT_FALSE(checkpoint_.opened()->metadata().has("tokenizer.ggml.eot_token_id"));
  checkpoint_.config["eos_token_id"] = nullptr;
  checkpoint_.files["tokenizer_config.json"] = {{"eos_token", "<|none|>"}};
  EXPECT_EQ(
      checkpoint_.convert()->notes,
      (std::vector<std::string>{"eos_token: expected a token of the vocabulary, found <|none|>; it is left out"}));
}

// GGUF can put BOS and EOS around a text and nothing else.
TEST_F(TokenizerKeysTest, WhatIsPutBehindATextIsItsEnd) {
  Json& tokenizer = checkpoint_.files["tokenizer.json"];
  tokenizer["added_tokens"].push_back({{"id", 6}, {"content", "<|endoftext|>"}, {"special", true}});
  tokenizer["added_tokens"].push_back({{"id", 7}, {"content", "</answer>"}, {"special", true}});
  checkpoint_.files["tokenizer_config.json"] = {{"eos_token", "</answer>"}};
  tokenizer["post_processor"] = parse_json(R"({"type": "TemplateProcessing", "single": [
    {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}]})")
                                    .value();
  const GgufMetadata& m = converted();
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eos_token_id"), 6u);
  EXPECT_TRUE(*m.boolean("tokenizer.ggml.add_eos_token"));
  EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eot_token_id"), 7u) << "still ends an answer";
}

// A tokenizer.model of pieces 0 … 3, then two tokens that other files add.
class AddedTokensTest : public TokenizerKeysTest {
 protected:
  AddedTokensTest() {
    checkpoint_.files.erase("tokenizer.json");
    checkpoint_.files.erase("tokenizer_config.json");
    std::string& model = checkpoint_.texts["tokenizer.model"];
    add_piece(model, "<unk>", 2);
    add_piece(model, "<s>", 3);
    add_piece(model, "</s>", 3);
    add_piece(model, "a", 1);
  }
  static void add_piece(std::string& model, const std::string& text, char type) {
    const std::string piece = "\x0a" + std::string(1, static_cast<char>(text.size())) + text + "\x18" + type;
    model += "\x0a" + std::string(1, static_cast<char>(piece.size())) + piece;
  }
  void expect_added() {
    using enum TokenType;
    const GgufMetadata& m = converted();
    EXPECT_EQ((*m.strings("tokenizer.ggml.tokens"))[4], "<|im_end|>");
    EXPECT_EQ((*m.strings("tokenizer.ggml.tokens"))[5], "[end]");
    EXPECT_EQ(*m.integers("tokenizer.ggml.token_type"),
              types({kUnknown, kControl, kControl, kNormal, kControl, kControl, kUnused, kUnused, kUnused, kUnused}));
    EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.bos_token_id"), 1u);
    EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.eos_token_id"), 5u);
    EXPECT_EQ(*m.unsigned_integer("tokenizer.ggml.unknown_token_id"), 0u);
    EXPECT_TRUE(*m.boolean("tokenizer.ggml.add_bos_token")) << "as the classes for such files do by themselves";
    EXPECT_FALSE(*m.boolean("tokenizer.ggml.add_eos_token"));
  }
};

TEST_F(AddedTokensTest, LieInOlderFoldersInFilesOfTheirOwn) {
  checkpoint_.files["added_tokens.json"] = {{"<|im_end|>", 4}, {"[end]", 5}};
  checkpoint_.files["special_tokens_map.json"] = {{"bos_token", "<s>"}, {"eos_token", {{"content", "[end]"}}}};
  expect_added();
}

TEST_F(AddedTokensTest, AreTheSameInTokenizerConfig) {
  checkpoint_.files["tokenizer_config.json"] = {
      {"bos_token", "<s>"},
      {"eos_token", "[end]"},
      {"added_tokens_decoder",
       {{"4", {{"content", "<|im_end|>"}, {"special", true}}}, {"5", {{"content", "[end]"}, {"special", true}}}}}};
  expect_added();
  checkpoint_.files["added_tokens.json"] = {{"<|im_end|>", 4}, {"[end]", 5}};  // says the same again
  expect_added();
  checkpoint_.files["tokenizer_config.json"]["add_bos_token"] = false;
  EXPECT_FALSE(*converted().boolean("tokenizer.ggml.add_bos_token"));
}

TEST_F(AddedTokensTest, WithoutARoleAreText) {
  using enum TokenType;
  checkpoint_.files["added_tokens.json"] = {{"word", 4}, {"[end]", 5}};
  checkpoint_.files["special_tokens_map.json"] = {{"additional_special_tokens", Json::array({"[end]"})}};
  const auto found = *converted().integers("tokenizer.ggml.token_type");
  EXPECT_EQ(found[4], static_cast<std::int64_t>(kUserDefined));
  EXPECT_EQ(found[5], static_cast<std::int64_t>(kControl));
}

TEST_F(AddedTokensTest, MustHaveIdsOfTheirOwn) {
  checkpoint_.files["added_tokens.json"] = {{"x", 4}, {"y", 4}};
  EXPECT_NE(checkpoint_.error().find("added_tokens.json: expected one token of id 4, found x and y"), std::string::npos)
      << checkpoint_.error();
  for (const Json& wrong : {Json(-1), Json("4"), Json(1.5), Json(nullptr)}) {
    checkpoint_.files["added_tokens.json"] = {{"x", wrong}};
    EXPECT_NE(checkpoint_.error().find("added_tokens.json: expected an id for x"), std::string::npos)
        << checkpoint_.error();
  }
  checkpoint_.files["added_tokens.json"] = {{"x", 10}};
  EXPECT_EQ(checkpoint_.convert()->notes.size(), 1u) << "beyond the embedding";
}

TEST_F(TokenizerKeysTest, TakesTheTemplateFromWhereverItIs) {
  EXPECT_FALSE(converted().has("tokenizer.chat_template"));
  Json& config = checkpoint_.files["tokenizer_config.json"];
  config["chat_template"] = "in config";
  EXPECT_EQ(*converted().string("tokenizer.chat_template"), "in config");
  config["chat_template"] =
      Json::array({{{"name", "default"}, {"template", "one"}}, {{"name", "tool use"}, {"template", "two"}}});
  EXPECT_EQ(*converted().string("tokenizer.chat_template"), "one");
  EXPECT_EQ(*converted().string("tokenizer.chat_template.tool_use"), "two");
  checkpoint_.texts["chat_template.jinja"] = "in file";
  EXPECT_EQ(*converted().string("tokenizer.chat_template"), "in file");
}

TEST_F(TokenizerKeysTest, SaysWhichTokenIsWrong) {
  const auto error = [&] { return checkpoint_.error(); };
  Json& model = checkpoint_.files["tokenizer.json"]["model"];
  model["vocab"]["far"] = 10;
  EXPECT_NE(error().find("expected ids below the embedding's 10 rows, found 10 for far"), std::string::npos) << error();
  model["vocab"]["far"] = 2;
  EXPECT_NE(error().find("expected one token of id 2, found c and far"), std::string::npos) << error();
  model["vocab"]["far"] = -1;
  EXPECT_NE(error().find("expected an id for far"), std::string::npos) << error();
  model["vocab"].object_members().pop_back();
  model["merges"].push_back(Json::array({"a"}));
  EXPECT_NE(error().find("merges: expected two texts"), std::string::npos) << error();
  model["type"] = "WordLevel";
  EXPECT_NE(error().find("found WordLevel"), std::string::npos) << error();
}

TEST_F(TokenizerKeysTest, RefusesTokensOfManyBytes) {
  Json& tokenizer = checkpoint_.files["tokenizer.json"];
  tokenizer["model"]["vocab"].object_members()[0].key = std::string(1025, 'a');
  EXPECT_NE(checkpoint_.error().find("at most 1024 bytes, found 1025"), std::string::npos) << checkpoint_.error();
  tokenizer["model"]["vocab"].object_members()[0].key = "a";
  tokenizer["added_tokens"].push_back({{"id", 9}, {"content", std::string(1025, 'a')}});
  EXPECT_NE(checkpoint_.error().find("at most 1024 bytes, found 1025"), std::string::npos) << checkpoint_.error();
}

TEST(HfTokenizer, TakesALongUnknownTokenInLinearTime) {
  // Copied for each token of the vocabulary, it would take minutes.
  constexpr std::uint32_t kTokens = 30000;
  Json vocab = Json::object();
  for (std::uint32_t i = 0; i < kTokens; ++i) vocab.append("t" + std::to_string(i), i);
  const Json json = {{"model",
                      {{"type", "BPE"},
                       {"byte_fallback", true},
                       {"unk_token", std::string(8 << 20, 'u')},
                       {"vocab", vocab},
                       {"merges", Json::array()}}}};
  const auto tokenizer = read_hf_tokenizer(json, kTokens);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
  EXPECT_EQ(tokenizer->unknown, std::nullopt);
}

TEST_F(TokenizerKeysTest, LeavesOutAnAddedTokenBeyondTheEmbedding) {
  checkpoint_.files["tokenizer.json"]["added_tokens"].push_back(
      {{"id", 10}, {"content", "<image>"}, {"special", true}});
  const auto report = checkpoint_.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  ASSERT_EQ(report->notes.size(), 1u);
  EXPECT_NE(report->notes[0].find("<image>"), std::string::npos) << report->notes[0];
}

}  // namespace
}  // namespace tenfold
