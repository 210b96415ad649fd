// Which classes are found, and decoders that were saved without their head.
#include "convert/family.h"

#include <gtest/gtest.h>

#include "convert/checkpoint_testing.h"
#include "model/vector_settings.h"

namespace tenfold {
namespace {

// As a decoder's own class saves them, which many models for vectors are published as.
void save_without_head(TestCheckpoint& checkpoint, const char* klass) {
  checkpoint.config["architectures"] = Json::array({klass});
  checkpoint.tensors.erase("lm_head.weight");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : checkpoint.tensors) names.push_back(name);
  for (const std::string& name : names) checkpoint.rename(name, name.substr(std::string_view("model.").size()));
}

TEST(Convert, TakesADecoderThatWasSavedWithoutItsHead) {
  const TestCheckpoint whole;
  ASSERT_TRUE(whole.convert().ok());
  const std::vector<float> queries = floats_of(*whole.opened(), "blk.0.attn_q.weight");
  for (const char* klass : {"LlamaModel", "MistralModel", "LlamaTextModel", "LlamaForCausalLM"}) {
    TestCheckpoint checkpoint;
    checkpoint.config["tie_word_embeddings"] = true;
    save_without_head(checkpoint, klass);
    const auto report = checkpoint.convert();
    ASSERT_TRUE(report.ok()) << klass << ": " << report.status().to_string();
    EXPECT_TRUE(report->notes.empty());
    EXPECT_EQ(floats_of(*checkpoint.opened(), "blk.0.attn_q.weight"), queries);
    EXPECT_FALSE(checkpoint.opened()->metadata().has(VectorKeys::kHasOutputHead)) << "the embedding is its head";
  }
  for (const char* klass : {"Qwen3VLModel", "Model", "TextModel", "LlamaForSequenceClassification", "llamamodel"}) {
    TestCheckpoint checkpoint;
    save_without_head(checkpoint, klass);
    EXPECT_TRUE(contains(checkpoint.error(), "expected architectures to name one of")) << klass;
  }
}

TEST(Convert, SaysWhenAModelWithoutItsHeadCannotAnswer) {
  TestCheckpoint untied;
  untied.config["tie_word_embeddings"] = false;
  save_without_head(untied, "LlamaModel");
  const auto report = untied.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  ASSERT_EQ(report->notes.size(), 1u);
  EXPECT_TRUE(contains(report->notes[0], "the file makes vectors, not answers")) << report->notes[0];
  EXPECT_FALSE(*untied.opened()->metadata().boolean(VectorKeys::kHasOutputHead));

  TestCheckpoint of_sentence_transformers;
  of_sentence_transformers.config["tie_word_embeddings"] = false;
  of_sentence_transformers.tensors.erase("lm_head.weight");
  EXPECT_TRUE(contains(of_sentence_transformers.error(), "lm_head.weight: expected"));
  of_sentence_transformers.files["modules.json"] = Json::array();
  EXPECT_EQ(of_sentence_transformers.error(), "converted");
}

TEST(Convert, RefusesDecodersThatSeeWhatComesLater) {
  TestCheckpoint checkpoint;
  checkpoint.config["use_bidirectional_attention"] = true;
  EXPECT_TRUE(contains(checkpoint.error(), "use_bidirectional_attention: expected false")) << checkpoint.error();
  checkpoint.config["use_bidirectional_attention"] = false;
  checkpoint.config["is_causal"] = false;
  EXPECT_TRUE(contains(checkpoint.error(), "is_causal: expected true")) << checkpoint.error();
}

}  // namespace
}  // namespace tenfold
