#include "model/vector_settings.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

Result<VectorSettings> read_settings(std::vector<GgufEntry> entries) {
  return read_vector_settings(GgufMetadata(std::move(entries)));
}
GgufEntry texts(const char* key, std::vector<std::string> list) { return {key, GgufArray(std::move(list))}; }
GgufEntry text(const char* key, std::string value) { return {key, GgufScalar(std::move(value))}; }

TEST(VectorSettings, AFileWithoutThemHasDefaults) {
  const auto settings = read_settings({});
  ASSERT_TRUE(settings.ok());
  EXPECT_FALSE(settings->max_tokens);
  EXPECT_TRUE(settings->prompts.empty());
  EXPECT_TRUE(settings->default_prompt.empty());
  EXPECT_TRUE(settings->has_output_head);
}

TEST(VectorSettings, ReadsPromptsAndTheDefault) {
  const auto settings = read_settings({texts(VectorKeys::kPromptNames, {"query", "document"}),
                                       texts(VectorKeys::kPrompts, {"query: ", ""}),
                                       text(VectorKeys::kDefaultPrompt, "document"),
                                       {VectorKeys::kMaxTokens, GgufScalar(std::uint32_t{256})},
                                       {VectorKeys::kHasOutputHead, GgufScalar(false)}});
  ASSERT_TRUE(settings.ok()) << settings.status().to_string();
  EXPECT_EQ(settings->find_prompt("query")->text, "query: ");
  EXPECT_EQ(settings->find_prompt("passage"), nullptr);
  EXPECT_EQ(settings->default_prompt, "document");
  EXPECT_EQ(settings->max_tokens, 256);
  EXPECT_FALSE(settings->has_output_head);
}

TEST(VectorSettings, RefusesWhatDoesNotFitTogether) {
  const std::vector<std::vector<GgufEntry>> cases = {
      {texts(VectorKeys::kPromptNames, {"query"})},
      {texts(VectorKeys::kPromptNames, {"query"}), texts(VectorKeys::kPrompts, {"a", "b"})},
      {texts(VectorKeys::kPromptNames, {"query"}), texts(VectorKeys::kPrompts, {"a"}),
       text(VectorKeys::kDefaultPrompt, "b")},
      {text(VectorKeys::kPromptNames, "query")},
      {texts(VectorKeys::kPromptNames, std::vector<std::string>(5000)),
       texts(VectorKeys::kPrompts, std::vector<std::string>(5000))},
      {{VectorKeys::kMaxTokens, GgufScalar(std::int32_t{0})}},
      {{VectorKeys::kMaxTokens, GgufScalar(std::int64_t{1} << 40)}},
      {text(VectorKeys::kMaxTokens, "many")},
      {text(VectorKeys::kHasOutputHead, "no")},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Status status = read_settings(cases[i]).status();
    EXPECT_FALSE(status.ok()) << i;
    EXPECT_NE(status.message().find("tenfold."), std::string_view::npos) << i << ": " << status.to_string();
  }
}

}  // namespace
}  // namespace tenfold
