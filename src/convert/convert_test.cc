#include "convert/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "convert/checkpoint_testing.h"
#include "tensor/dequantize.h"

namespace tenfold {
namespace {

using testing::Test;

constexpr const char* kLayer = "model.layers.0.";

std::string in_layer(const char* part) { return std::string(kLayer) + part; }

TEST(Convert, WritesTensorsUnderTheirNamesWithKeysBesideThem) {
  const TestCheckpoint checkpoint;
  const auto report = checkpoint.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->architecture, "llama");
  EXPECT_EQ(report->type, DType::kF32);
  EXPECT_EQ(report->n_tensors, checkpoint.tensors.size());
  EXPECT_TRUE(report->notes.empty());
  const auto file = checkpoint.opened();
  const GgufMetadata& m = file->metadata();
  EXPECT_EQ(*m.string("general.architecture"), "llama");
  EXPECT_EQ(*m.unsigned_integer("llama.block_count"), 1u);
  EXPECT_EQ(*m.unsigned_integer("llama.attention.head_count_kv"), 1u);
  EXPECT_EQ(*m.unsigned_integer("llama.vocab_size"), 10u);
  EXPECT_FLOAT_EQ(static_cast<float>(*m.real("llama.rope.freq_base")), 5000);
  EXPECT_EQ(m.strings("tokenizer.ggml.tokens")->size(), 10u);
  EXPECT_EQ(file->find_tensor("blk.0.ffn_down.weight")->dims[0], 12u);
  EXPECT_EQ(floats_of(*file, "blk.0.attn_v.weight"), checkpoint.tensors.at(in_layer("self_attn.v_proj.weight")).values);
}

// Element i and i + half of a head rotate together in the checkpoint, 2i and 2i + 1 in the file.
TEST(Convert, PutsRowsOfHeadsSideBySideThatRotateTogether) {
  const TestCheckpoint checkpoint;
  ASSERT_TRUE(checkpoint.convert().ok());
  const std::vector<float>& from = checkpoint.tensors.at(in_layer("self_attn.q_proj.weight")).values;
  const std::vector<float> found = floats_of(*checkpoint.opened(), "blk.0.attn_q.weight");
  constexpr std::size_t kRows[] = {0, 2, 1, 3, 4, 6, 5, 7};
  for (std::size_t row = 0; row < 8; ++row) {
    EXPECT_TRUE(std::equal(found.begin() + row * 8, found.begin() + row * 8 + 8, from.begin() + kRows[row] * 8)) << row;
  }
}

TEST(Convert, TakesTheTypeThatWasAskedForWhereRowsAreWholeBlocks) {
  TestCheckpoint checkpoint;
  checkpoint.config["intermediate_size"] = 64;
  for (const char* part : {"mlp.gate_proj.weight", "mlp.up_proj.weight"}) checkpoint.add(in_layer(part), {64, 8});
  checkpoint.add(in_layer("mlp.down_proj.weight"), {8, 64});
  ConvertOptions options;
  options.type = DType::kQ8_0;
  const auto report = checkpoint.convert(options);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  const auto file = checkpoint.opened();
  EXPECT_EQ(*file->find_tensor("blk.0.ffn_down.weight")->dtype(), DType::kQ8_0);
  EXPECT_EQ(*file->find_tensor("blk.0.ffn_up.weight")->dtype(), DType::kF16) << "8 columns are no block";
  EXPECT_EQ(*file->find_tensor("blk.0.ffn_norm.weight")->dtype(), DType::kF32) << "a vector";
  EXPECT_EQ(*file->metadata().unsigned_integer("general.file_type"), 7u);
}

TEST(Convert, KeepsTheCheckpointsTypeWithoutBeingAsked) {
  TestCheckpoint checkpoint;
  for (auto& [name, tensor] : checkpoint.tensors) tensor.type = "BF16";
  const auto report = checkpoint.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->type, DType::kBF16);
  EXPECT_EQ(*checkpoint.opened()->find_tensor("blk.0.attn_q.weight")->dtype(), DType::kBF16);
}

TEST(Convert, ReadsShards) {
  const TestCheckpoint checkpoint;
  ASSERT_TRUE(checkpoint.convert().ok());
  const std::vector<float> whole = floats_of(*checkpoint.opened(), "blk.0.ffn_gate.weight");
  ConvertOptions options;
  options.folder = checkpoint.write(/*n_shards=*/3).folder();
  options.out = options.folder + "/out.gguf";
  const auto report = convert_checkpoint(options, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(floats_of(*checkpoint.opened(), "blk.0.ffn_gate.weight"), whole);

  std::filesystem::remove(options.folder + "/shard-1.safetensors");
  const auto failed = convert_checkpoint(options, nullptr);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(contains(failed.status().message(), "shard-1.safetensors")) << failed.status().to_string();
}

TEST(Convert, NamesTheTensorThatIsMissingOrThatNothingReads) {
  TestCheckpoint missing;
  missing.tensors.erase(in_layer("self_attn.k_proj.weight"));
  EXPECT_TRUE(contains(missing.error(), "model.layers.0.self_attn.k_proj.weight: expected")) << missing.error();
  TestCheckpoint more;
  more.add("model.layers.0.self_attn.q_norm.weight", {4});
  EXPECT_TRUE(contains(more.error(), "model.layers.0.self_attn.q_norm.weight: expected none")) << more.error();
  TestCheckpoint layers;
  layers.config["num_hidden_layers"] = 2;
  EXPECT_TRUE(contains(layers.error(), "expected 2 layers by config.json, found 1")) << layers.error();
  TestCheckpoint extra;
  extra.add("model.layers.1.input_layernorm.weight", {8});
  EXPECT_TRUE(contains(extra.error(), "model.layers.1.input_layernorm.weight: expected none")) << extra.error();
  TestCheckpoint frequencies;
  frequencies.add(in_layer("self_attn.rotary_emb.inv_freq"), {2});
  EXPECT_EQ(frequencies.error(), "converted");
}

TEST(Convert, NamesTheTensorOfAnotherShapeOrType) {
  TestCheckpoint shape;
  shape.add(in_layer("mlp.down_proj.weight"), {12, 8});
  EXPECT_TRUE(contains(shape.error(), "mlp.down_proj.weight: expected the shape [8, 12] by config.json, found [12, 8]"))
      << shape.error();
  TestCheckpoint type;
  type.tensors[in_layer("mlp.up_proj.weight")].type = "I32";
  EXPECT_TRUE(contains(type.error(), "mlp.up_proj.weight: expected F32, F16 or BF16, found I32")) << type.error();
}

// What the model that reads the file has no use for, or cannot be.
TEST(Convert, RefusesAFileThatWouldNotLoad) {
  TestCheckpoint bias;
  bias.add(in_layer("input_layernorm.bias"), {8});
  EXPECT_TRUE(contains(bias.error(), "tensor model.layers.0.input_layernorm.bias: expected none but those of a llama"))
      << bias.error();
  TestCheckpoint head_bias;
  head_bias.add("lm_head.bias", {10});
  EXPECT_TRUE(contains(head_bias.error(), "tensor lm_head.bias: expected none")) << head_bias.error();
  TestCheckpoint heads;
  heads.config["num_attention_heads"] = 4;
  heads.config["num_key_value_heads"] = 3;
  EXPECT_TRUE(contains(heads.error(), "the file would not load: attention.head_count_kv: expected a divisor of 4"))
      << heads.error();
  TestCheckpoint empty;
  empty.add(in_layer("mlp.down_proj.weight"), {8, 0});
  EXPECT_TRUE(contains(empty.error(), "mlp.down_proj.weight: expected elements, found the shape [8, 0]"))
      << empty.error();
}

TEST(Convert, HoldsEveryTensorToItsShape) {
  TestCheckpoint checkpoint;
  expect_shapes_are_checked(checkpoint, [&] { return checkpoint.error(); });
}

TEST(Convert, LeavesOutATiedHeadOnlyIfItIsTheEmbedding) {
  TestCheckpoint same;
  same.config["tie_word_embeddings"] = true;
  same.tensors["lm_head.weight"] = same.tensors["model.embed_tokens.weight"];
  ASSERT_TRUE(same.convert().ok());
  EXPECT_EQ(same.opened()->find_tensor("output.weight"), nullptr);

  TestCheckpoint other;
  other.config["tie_word_embeddings"] = true;
  const auto report = other.convert();
  ASSERT_TRUE(report.ok());
  EXPECT_NE(other.opened()->find_tensor("output.weight"), nullptr);
  ASSERT_EQ(report->notes.size(), 1u);

  TestCheckpoint none;
  none.tensors.erase("lm_head.weight");
  EXPECT_EQ(none.error(), "converted");
  none.config["tie_word_embeddings"] = false;
  EXPECT_TRUE(contains(none.error(), "lm_head.weight: expected")) << none.error();
}

// In any type, and however many elements are looked at at once.
TEST(Convert, RefusesNumbersThatTheTypeCannotHold) {
  const std::string name = in_layer("mlp.down_proj.weight");
  for (const DType type : {DType::kF32, DType::kBF16, DType::kF16, DType::kQ8_0, DType::kQ4_0}) {
    ConvertOptions options;
    options.type = type;
    for (const float value : {1e5F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
      TestCheckpoint checkpoint;
      checkpoint.tensors[name].values[5] = value;
      const bool held = value == 1e5F && (type == DType::kF32 || type == DType::kBF16);
      const std::string error = checkpoint.error(options);
      if (held) {
        EXPECT_EQ(error, "converted");
      } else {
        EXPECT_TRUE(contains(error, "tensor " + name + ": expected")) << error;
      }
      EXPECT_EQ(contains(error, "--type bf16 or f32"), !held && value == 1e5F) << error;
    }
  }
  TestCheckpoint as_it_is;  // bytes that are copied are looked at too
  for (auto& [tensor_name, tensor] : as_it_is.tensors) tensor.type = "BF16";
  as_it_is.tensors[name].values[5] = std::nanf("");
  EXPECT_TRUE(contains(as_it_is.error(), "found 1 that are infinite or no number")) << as_it_is.error();
}

// A download that was cut leaves zeros; weights that are added to something else may be none.
TEST(Convert, RefusesWeightsThatAreNothingButZeros) {
  const auto error = [](const std::string& name) {
    TestCheckpoint checkpoint;
    auto& values = checkpoint.tensors[name].values;
    values.assign(values.size(), 0.0F);
    return checkpoint.error();
  };
  EXPECT_TRUE(contains(error("lm_head.weight"), "tensor output.weight: expected weights, found nothing but zeros"));
  EXPECT_TRUE(contains(error("model.norm.weight"), "found nothing but zeros"));
  EXPECT_EQ(error(in_layer("mlp.down_proj.weight")), "converted");
}

TEST(Convert, ReadsSettingsAsPythonWritesThem) {
  TestCheckpoint checkpoint;
  const std::string settings = checkpoint.config.dump();
  const auto with = [&](const std::string& more) {
    checkpoint.texts["config.json"] = settings.substr(0, settings.size() - 1) + more + "}";
    return checkpoint.error();
  };
  EXPECT_EQ(with(R"(, "unused": Infinity, "list": [NaN, -Infinity])"), "converted");
  EXPECT_TRUE(contains(with(R"(, "rms_norm_eps": NaN)"), "config.json: rms_norm_eps: expected a number"));
  EXPECT_TRUE(contains(with(R"(, "rope_theta": Infinity)"), "config.json: rope_theta: expected a number"));
}

TEST(Convert, FindsTheTextModelInsideAModelThatSees) {
  TestCheckpoint checkpoint;
  checkpoint.config["text_config"] = Json::object();
  for (const char* key : {"hidden_size", "intermediate_size", "num_attention_heads"}) {
    checkpoint.config["text_config"][key] = checkpoint.config[key];
    checkpoint.config[key] = 3;  // of the tower, say
  }
  std::vector<std::string> names;
  for (const auto& [name, tensor] : checkpoint.tensors) names.push_back(name);
  for (const std::string& name : names) {
    if (name.starts_with("model.")) checkpoint.rename(name, "model.language_model." + name.substr(6));
  }
  checkpoint.add("model.visual.blocks.0.norm1.weight", {3});
  EXPECT_EQ(checkpoint.error(), "converted");
}

TEST(Convert, SaysWhatIsMissingFromTheFolder) {
  ConvertOptions options;
  options.out = "/nowhere/out.gguf";
  options.folder = "/nowhere/at-all";
  EXPECT_TRUE(contains(convert_checkpoint(options, nullptr).status().message(), "expected a checkpoint's folder"));
  const TempFolder folder;
  options.folder = folder.folder();
  EXPECT_TRUE(contains(convert_checkpoint(options, nullptr).status().message(), "expected config.json, found none"));
  folder.write("config.json", "{}");
  EXPECT_TRUE(contains(convert_checkpoint(options, nullptr).status().message(), "expected model.safetensors"));
  folder.write("pytorch_model.bin", "");
  EXPECT_TRUE(contains(convert_checkpoint(options, nullptr).status().message(), "safe_serialization"));
  TestCheckpoint checkpoint;
  checkpoint.files.erase("tokenizer.json");
  EXPECT_TRUE(contains(checkpoint.error(), "expected tokenizer.json")) << checkpoint.error();
  checkpoint.texts["tokenizer.json"] = "{\"model\": ";
  EXPECT_TRUE(contains(checkpoint.error(), "tokenizer.json: JSON: ")) << checkpoint.error();
}

TEST(Convert, NamesModelsThatItDoesNotKnow) {
  TestCheckpoint checkpoint;
  checkpoint.config["architectures"] = Json::array({"MambaForCausalLM"});
  EXPECT_TRUE(contains(checkpoint.error(), "LlamaForCausalLM")) << checkpoint.error();
  EXPECT_TRUE(contains(checkpoint.error(), "found MambaForCausalLM")) << checkpoint.error();
  checkpoint.config["architectures"] = nullptr;
  checkpoint.config["model_type"] = "llama";
  EXPECT_EQ(checkpoint.error(), "converted");
  checkpoint.config["model_type"] = "mamba";
  EXPECT_TRUE(contains(checkpoint.error(), "found mamba")) << checkpoint.error();
}

TEST(Convert, RefusesAVisionTowerOfAModelWithoutOne) {
  const TestCheckpoint checkpoint;
  ConvertOptions options;
  options.mmproj = "mmproj.gguf";
  EXPECT_TRUE(contains(checkpoint.error(options), "--mmproj: expected a model with a vision tower"))
      << checkpoint.error(options);
}

TEST(Convert, RefusesSettingsThatMakeNoModel) {
  const std::pair<const char*, Json> cases[] = {
      {"hidden_size", -1},
      {"hidden_size", "8"},
      {"num_attention_heads", 0},
      {"num_hidden_layers", 1e9},
      {"rms_norm_eps", "small"},
      {"intermediate_size", 12.5},
      {"head_dim", 3},
      {"rope_theta", 1e300},
      {"hidden_size", nullptr},
      {"tie_word_embeddings", "no"},
      {"max_position_embeddings", Json::array({64})},
  };
  for (const auto& [key, value] : cases) {
    TestCheckpoint checkpoint;
    checkpoint.config[key] = value;
    EXPECT_TRUE(contains(checkpoint.error(), key)) << key << ": " << checkpoint.error();
  }
}

TEST(Convert, WritesYarnAsReadersTakeIt) {
  TestCheckpoint checkpoint;
  checkpoint.config["rope_scaling"] = {{"type", "yarn"},   {"factor", 4.0},    {"original_max_position_embeddings", 32},
                                       {"beta_fast", 16},  {"beta_slow", 0.5}, {"attention_factor", 2.2772588},
                                       {"mscale", nullptr}};
  ASSERT_TRUE(checkpoint.convert().ok()) << checkpoint.error();
  const auto file = checkpoint.opened();
  const GgufMetadata& m = file->metadata();
  EXPECT_EQ(*m.string("llama.rope.scaling.type"), "yarn");
  EXPECT_EQ(*m.real("llama.rope.scaling.factor"), 4);
  EXPECT_EQ(*m.unsigned_integer("llama.rope.scaling.original_context_length"), 32u);
  EXPECT_EQ(*m.real("llama.rope.scaling.yarn_beta_fast"), 16);
  EXPECT_EQ(*m.real("llama.rope.scaling.yarn_beta_slow"), 0.5);
  EXPECT_NEAR(*m.real("llama.rope.scaling.attn_factor"), 2, 1e-6) << "beside the 1.1386 that readers multiply by";
}

TEST(Convert, RefusesWhatGgufCannotSay) {
  const auto yarn = [](const char* key, Json value) {
    return Json{{"type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 8}, {key, std::move(value)}};
  };
  const std::pair<const char*, Json> cases[] = {
      {"rope_scaling", yarn("mscale_all_dim", 1.0)},
      {"rope_scaling", yarn("truncate", false)},
      {"rope_scaling", yarn("extrapolation_factor", 0.5)},
      {"hidden_act", "relu"},
      {"rope_scaling", {{"rope_type", "longrope"}, {"factor", 2.0}}},
      {"rope_scaling", {{"type", "yarn"}, {"factor", 2.0}}},
      {"quantization_config", {{"quant_method", "awq"}}},
      {"rope_scaling", "linear"},
      {"rope_parameters", 2},
  };
  const char* const words[] = {"mscale_all_dim",
                               "truncate",
                               "extrapolation_factor",
                               "hidden_act",
                               "longrope",
                               "original_max_position_embeddings",
                               "quantised by awq",
                               "rope_scaling: expected an object, found \"linear\"",
                               "rope_parameters: expected an object"};
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    TestCheckpoint checkpoint;
    checkpoint.config[cases[i].first] = cases[i].second;
    EXPECT_TRUE(contains(checkpoint.error(), words[i])) << checkpoint.error();
  }
}

TEST(Convert, StopsWhenAskedToAndLeavesNothingBehind) {
  const TestCheckpoint checkpoint;
  ConvertOptions options;
  options.folder = checkpoint.write().folder();
  options.out = options.folder + "/out.gguf";
  int n_calls = 0;
  const auto report = convert_checkpoint(options, [&](double fraction) {
    EXPECT_GE(fraction, 0);
    EXPECT_LE(fraction, 1);
    return ++n_calls < 3;
  });
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), StatusCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

}  // namespace
}  // namespace tenfold
