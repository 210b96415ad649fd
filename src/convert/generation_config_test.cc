#include "convert/generation_config.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

GenerationConfig with(const char* key, Json value) {
  GenerationConfig generation;
  generation.json[key] = std::move(value);
  return generation;
}

TEST(GenerationConfig, TakesWhatHasAMeaning) {
  GenerationConfig generation;
  generation.json = {{"top_k", 50.0}, {"top_p", 1}, {"temperature", 0}, {"min_p", nullptr}, {"max_length", "x"}};
  const std::vector<GgufEntry> entries = sampling_keys(generation);
  ASSERT_EQ(entries.size(), 3u);
  const GgufMetadata keys(entries);
  EXPECT_EQ(*keys.integer("general.sampling.top_k"), 50);
  EXPECT_EQ(*keys.real("general.sampling.top_p"), 1);
  EXPECT_EQ(*keys.real("general.sampling.temp"), 0);
  EXPECT_TRUE(generation.notes.empty());
}

TEST(GenerationConfig, LeavesOutWhatHasNone) {
  const std::pair<const char*, Json> cases[] = {
      {"top_k", -1},
      {"top_k", 0.5},
      {"top_k", 1e300},
      {"temperature", -1},
      {"temperature", "NaN"},
      {"top_p", "0.9"},
      {"top_p", 1.5},
      {"repetition_penalty", true},
      {"min_p", Json::array({0.1})},
      {"temperature", 1e9},
  };
  for (const auto& [key, value] : cases) {
    GenerationConfig generation = with(key, value);
    EXPECT_TRUE(sampling_keys(generation).empty()) << key << value;
    ASSERT_EQ(generation.notes.size(), 1u);
    EXPECT_NE(generation.notes[0].find(cat("generation_config.json: ", key, ": expected a ")), std::string::npos)
        << generation.notes[0];
    EXPECT_NE(generation.notes[0].find("left out"), std::string::npos) << generation.notes[0];
  }
}

// Whatever is in the file, weights do not need it.
TEST(GenerationConfig, NeverEndsAConversion) {
  for (const char* text : {"", "{", "[1]", "\"x\"", "{\"top_k\": -1}", "{\"temperature\": NaN, \"top_p\": Infinity}",
                           "{\"eos_token_id\": [-1, \"2\", {}, 77]}", "\xff\xfe", "null"}) {
    TestCheckpoint checkpoint;
    checkpoint.texts["generation_config.json"] = text;
    const auto report = checkpoint.convert();
    ASSERT_TRUE(report.ok()) << text << ": " << report.status().to_string();
    EXPECT_FALSE(report->notes.empty()) << text;
    const auto file = checkpoint.opened();
    EXPECT_FALSE(file->metadata().has("general.sampling.top_k")) << text;
    EXPECT_EQ(*file->metadata().unsigned_integer("tokenizer.ggml.eos_token_id"), 4u) << text;
  }
}

}  // namespace
}  // namespace tenfold
