// Folders of sentence-transformers: which modules become keys and tensors, and which are refused by name.
#include "convert/sentence_modules.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "convert/checkpoint_testing.h"
#include "model/vector_settings.h"

namespace tenfold {
namespace {

// Version 5.4 moved the classes.
constexpr const char* kOldPrefix = "sentence_transformers.models.";
constexpr const char* kNewPrefix = "sentence_transformers.sentence_transformer.modules.pooling.";

class SentenceModulesTest : public testing::Test {
 protected:
  SentenceModulesTest() {
    set_modules({"Transformer", "Pooling"});
    checkpoint_.files["1_Pooling/config.json"] = {{"pooling_mode", "mean"}};
  }

  // Each but the first in a folder of its own: 1_Pooling.
  void set_modules(const std::vector<std::string>& names, const std::string& prefix = kOldPrefix) {
    Json list = Json::array();
    for (const std::string& name : names) {
      const std::string path = list.empty() ? "" : cat(list.size(), "_", name);
      list.push_back({{"idx", list.size()}, {"path", path}, {"type", prefix + name}});
    }
    checkpoint_.files["modules.json"] = list;
  }

  // A projection to 3 numbers in folder 2_Dense.
  Json& add_dense() {
    set_modules({"Transformer", "Pooling", "Dense", "Normalize"});
    auto& tensors = checkpoint_.module_tensors["2_Dense"];
    tensors["linear.weight"] = {"F32", {3, 8}, {}};
    for (int i = 0; i < 24; ++i) tensors["linear.weight"].values.push_back(static_cast<float>(i) / 4);
    tensors["linear.bias"] = {"F32", {3}, {1, 2, 3}};
    Json& config = checkpoint_.files["2_Dense/config.json"];
    config = {{"in_features", 8},
              {"out_features", 3},
              {"bias", true},
              {"activation_function", "torch.nn.modules.activation.Tanh"}};
    return config;
  }

  // The metadata of what was written; fails the test where that fails.
  const GgufMetadata& converted() {
    const auto report = checkpoint_.convert();
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    if (report.ok()) notes_ = report->notes;
    file_ = checkpoint_.opened();
    return file_->metadata();
  }
  // 0 where there is none.
  std::uint64_t number(const std::string& key) {
    const auto found = converted().unsigned_integer(key);
    return found.ok() ? *found : 0;
  }
  std::uint64_t pooling() { return number("llama.pooling_type"); }
  void expect_error(const std::string& part) {
    EXPECT_NE(checkpoint_.error().find(part), std::string::npos) << checkpoint_.error() << "\nexpected: " << part;
  }

  TestCheckpoint checkpoint_;
  std::unique_ptr<GgufFile> file_;
  std::vector<std::string> notes_;
};

TEST_F(SentenceModulesTest, ReadsPoolingInBothSpellings) {
  const std::tuple<const char*, const char*, std::uint64_t> modes[] = {{"mean", "pooling_mode_mean_tokens", 1},
                                                                       {"cls", "pooling_mode_cls_token", 2},
                                                                       {"lasttoken", "pooling_mode_lasttoken", 3}};
  Json& config = checkpoint_.files["1_Pooling/config.json"];
  for (const auto& [name, flag, expected] : modes) {
    set_modules({"Transformer", "Pooling"}, kNewPrefix);
    config = {{"embedding_dimension", 8}, {"pooling_mode", name}, {"include_prompt", true}};
    EXPECT_EQ(pooling(), expected) << name;
    config["pooling_mode"] = Json::array({name});
    EXPECT_EQ(pooling(), expected) << name;
    config["pooling_mode_max_tokens"] = true;  // the older word does not count beside the newer
    EXPECT_EQ(pooling(), expected) << name;
    set_modules({"Transformer", "Pooling"});
    config = {{"word_embedding_dimension", 8}, {flag, true}, {"pooling_mode_max_tokens", false}};
    EXPECT_EQ(pooling(), expected) << flag;
  }
  config = {{"pooling_mode_mean_tokens", false}};
  EXPECT_EQ(pooling(), 1u) << "the mean, where nothing is asked for";
}

TEST_F(SentenceModulesTest, RefusesOtherPoolingByName) {
  Json& config = checkpoint_.files["1_Pooling/config.json"];
  for (const char* name : {"max", "mean_sqrt_len_tokens", "weightedmean", "attention"}) {
    config = {{"pooling_mode", name}};
    expect_error(
        cat("1_Pooling/config.json: expected the mean, the first (cls) or the last token (lasttoken), found ", name));
  }
  config = {{"pooling_mode_max_tokens", true}};
  expect_error("found max");
  config = {{"pooling_mode_cls_token", true}, {"pooling_mode_mean_tokens", true}};
  expect_error("found cls and mean side by side");
  config = {{"pooling_mode", Json::array({"mean", "lasttoken"})}};
  expect_error("found mean and lasttoken side by side");
  config = {{"pooling_mode", 3}};
  expect_error("1_Pooling/config.json: pooling_mode: expected a text or a list of them, found number");
  config = {{"pooling_mode", Json::array({nullptr})}};
  expect_error("pooling_mode: expected a list of texts, found null in it");
  config = {{"pooling_mode_cls_token", "yes"}};
  expect_error("1_Pooling/config.json: pooling_mode_cls_token: expected true or false");
  checkpoint_.files.erase("1_Pooling/config.json");
  expect_error("1_Pooling/config.json: expected how vectors are made, found no file");
}

// What holds settings holds an object; anything else would read as if it said nothing.
TEST_F(SentenceModulesTest, RefusesSettingsThatAreNoObject) {
  add_dense();
  for (const char* file : {"1_Pooling/config.json", "2_Dense/config.json", "tokenizer.json", "tokenizer_config.json",
                           "config_sentence_transformers.json", "config.json"}) {
    for (const Json& found : {Json(), Json(5), Json("mean"), Json::array({{{"pooling_mode_cls_token", true}}})}) {
      const Json before = std::exchange(checkpoint_.files[file], found);
      expect_error(cat(file, ": expected an object, found ", found.type_name()));
      checkpoint_.files[file] = before;
    }
  }
}

TEST_F(SentenceModulesTest, OnlyTheFirstNumbersOfAVectorMayCount) {
  Json& settings = checkpoint_.files["config_sentence_transformers.json"];
  const auto dim = [&](Json wanted) {
    settings = {{"truncate_dim", std::move(wanted)}};
    return number(VectorKeys::kDim);
  };
  EXPECT_EQ(dim(4), 4u);
  EXPECT_EQ(dim(8), 0u) << "all there are";
  EXPECT_EQ(dim(100), 0u);
  EXPECT_EQ(dim(nullptr), 0u);
  add_dense();
  EXPECT_EQ(dim(2), 2u);
  EXPECT_EQ(dim(3), 0u) << "as many as the projection gives";
  settings = {{"truncate_dim", 0}};
  expect_error("config_sentence_transformers.json: truncate_dim");
}

TEST_F(SentenceModulesTest, TellsThatTextsAreNotCutAtTheirBegin) {
  set_modules({"Transformer", "Pooling", "Normalize"});
  checkpoint_.files["tokenizer_config.json"]["truncation_side"] = "right";
  converted();
  EXPECT_TRUE(notes_.empty());
  checkpoint_.files["tokenizer_config.json"]["truncation_side"] = "left";
  converted();
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_EQ(notes_[0].find("truncation_side: left is not followed"), 0u) << notes_[0];
}

TEST_F(SentenceModulesTest, WritesDenseAsAProjection) {
  add_dense();
  const GgufMetadata& m = converted();
  EXPECT_EQ(*m.unsigned_integer("llama.dense_2_feat_in"), 8u);
  EXPECT_EQ(*m.unsigned_integer("llama.dense_2_feat_out"), 3u);
  EXPECT_EQ(*m.string(VectorKeys::activation("dense_2")), "tanh");
  EXPECT_TRUE(*m.boolean(VectorKeys::kNormalized));
  const GgufTensor* weight = file_->find_tensor("dense_2.weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->n_dims, 2);
  EXPECT_EQ(weight->dims[0], 8u);
  EXPECT_EQ(weight->dims[1], 3u);
  EXPECT_EQ(floats_of(*file_, "dense_2.weight"), checkpoint_.module_tensors["2_Dense"]["linear.weight"].values);
  EXPECT_EQ(floats_of(*file_, "dense_2.bias"), (std::vector<float>{1, 2, 3}));
  EXPECT_TRUE(notes_.empty());
}

TEST_F(SentenceModulesTest, RefusesDenseThatItCannotFollow) {
  const std::tuple<const char*, Json, const char*> cases[] = {
      {"in_features", 7, "2_Dense: tensor linear.weight: expected the shape [3, 7] by config.json, found [3, 8]"},
      {"in_features", "8", "2_Dense/config.json: in_features: expected a number"},
      {"out_features", 0, "out_features: expected a number of 1"},
      {"activation_function", "torch.nn.modules.activation.Softsign", "activation_function: expected Identity, Tanh"},
      {"activation_function", "my.own.Tanh", "found my.own.Tanh"},
      {"module_input_name", "token_embeddings", "module_input_name: expected sentence_embedding"},
      {"module_output_name", "other", "module_output_name: expected sentence_embedding"},
      {"use_residual", true, "use_residual: expected false"},
      {"bias", false, "tensor linear.bias: expected linear.weight alone"},
  };
  for (const auto& [key, value, message] : cases) {
    add_dense()[key] = value;
    expect_error(message);
  }
  add_dense();
  checkpoint_.module_tensors["2_Dense"].erase("linear.bias");
  expect_error("tensor linear.bias: expected, found nothing");
  checkpoint_.module_tensors.clear();
  expect_error("2_Dense/model.safetensors: expected a projection's weights, found no file");
  checkpoint_.texts["2_Dense/pytorch_model.bin"] = "x";
  expect_error("safe_serialization=True");
}

TEST_F(SentenceModulesTest, RefusesAProjectionThatDoesNotFitTheModel) {
  add_dense()["in_features"] = 4;
  auto& weight = checkpoint_.module_tensors["2_Dense"]["linear.weight"];
  weight.shape = {3, 4};
  weight.values.resize(12);
  expect_error("Dense 1: expected 8 in_features as the modules before it give, found 4");
}

TEST_F(SentenceModulesTest, RefusesOtherModulesByName) {
  for (const char* name : {"CNN", "LSTM", "WeightedLayerPooling", "WordEmbeddings", "LayerNorm", "Asym", "Router",
                           "StaticEmbedding", "SpladePooling", "BoW", "CLIPModel", "PoolingX", ""}) {
    set_modules({"Transformer", name, "Pooling"});
    expect_error(
        cat("modules.json: expected Transformer, Pooling, Dense and Normalize of sentence_transformers, found ",
            name[0] == '\0' ? "a module without a type" : name));
  }
  set_modules({"Transformer", "Pooling"}, "custom_st.");
  expect_error("found custom_st.Transformer");
}

TEST_F(SentenceModulesTest, RefusesModulesInAnotherOrder) {
  for (const std::vector<std::string>& names :
       std::initializer_list<std::vector<std::string>>{{"Pooling", "Transformer"},
                                                       {"Transformer", "Transformer"},
                                                       {"Transformer", "Dense", "Pooling"},
                                                       {"Transformer", "Normalize", "Pooling"},
                                                       {"Transformer", "Pooling", "Normalize", "Dense"}}) {
    set_modules(names);
    for (Json& module : checkpoint_.files["modules.json"].array_items()) {
      if (module["type"].get<std::string>().ends_with("Pooling")) module["path"] = "1_Pooling";
    }
    expect_error("expected one Transformer, one Pooling, then Dense and at last Normalize");
  }
  set_modules({"Transformer", "Pooling"});
  checkpoint_.files["modules.json"].push_back(checkpoint_.files["modules.json"][1]);
  expect_error("found Pooling twice");
}

TEST_F(SentenceModulesTest, DropoutChangesNothing) {
  set_modules({"Transformer", "Pooling", "Dropout", "Normalize"});
  EXPECT_EQ(pooling(), 1u);
  EXPECT_TRUE(notes_.empty());
}

TEST_F(SentenceModulesTest, RefusesWhatIsNoListOfModules) {
  for (const char* text : {"{}", "3", "[[]]", "[{}]", "[null]", "[{\"type\": 3}]"}) {
    checkpoint_.files.erase("modules.json");
    checkpoint_.texts["modules.json"] = text;
    expect_error("modules.json: ");
  }
  checkpoint_.texts.clear();
  for (const char* path : {"../1_Pooling", "/1_Pooling", "a/../../b"}) {
    set_modules({"Transformer", "Pooling"});
    checkpoint_.files["modules.json"].array_items()[1]["path"] = path;
    expect_error("modules.json: path: expected a folder of the checkpoint");
  }
  set_modules({"Transformer", "Pooling"});
  checkpoint_.files["modules.json"].array_items()[0]["path"] = "0_Transformer";
  expect_error("expected the Transformer in the folder itself, found it in 0_Transformer");
}

TEST_F(SentenceModulesTest, SaysWhenVectorsAreNotNormalised) {
  EXPECT_FALSE(*converted().boolean(VectorKeys::kNormalized));
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_NE(notes_[0].find("--no-normalize"), std::string::npos) << notes_[0];
}

TEST_F(SentenceModulesTest, APoolingThatNothingNamesIsNoted) {
  checkpoint_.files.erase("modules.json");
  EXPECT_EQ(pooling(), 0u);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_NE(notes_[0].find("1_Pooling lies in the folder, but no modules.json"), std::string::npos) << notes_[0];
}

TEST_F(SentenceModulesTest, TakesTheLengthFromWhereverItIs) {
  const auto length = [&] { return number(VectorKeys::kMaxTokens); };
  EXPECT_EQ(length(), 64u) << "the model's positions";
  checkpoint_.files["tokenizer_config.json"]["model_max_length"] = 40;
  EXPECT_EQ(length(), 40u);
  checkpoint_.files["tokenizer_config.json"]["model_max_length"] = 1e30;
  EXPECT_EQ(length(), 64u) << "a tokenizer without a limit";
  checkpoint_.files["tokenizer_config.json"]["model_max_length"] = 40;
  checkpoint_.files["sentence_roberta_config.json"] = {{"max_seq_length", 16}, {"do_lower_case", false}};
  EXPECT_EQ(length(), 16u) << "an older file's name";
  checkpoint_.files["sentence_bert_config.json"] = {{"max_seq_length", 32}};
  EXPECT_EQ(length(), 32u);
  checkpoint_.files["sentence_bert_config.json"] = {{"max_seq_length", 1000}};
  EXPECT_EQ(length(), 64u) << "no more than the model has positions";
  checkpoint_.files["sentence_bert_config.json"] = {{"max_seq_length", nullptr}};
  EXPECT_EQ(length(), 40u);
  for (const Json& wrong : {Json(0), Json(-1), Json("x"), Json(1.5)}) {
    checkpoint_.files["sentence_bert_config.json"] = {{"max_seq_length", wrong}};
    expect_error("sentence_bert_config.json: max_seq_length: expected");
  }
}

TEST_F(SentenceModulesTest, RefusesSettingsThatChangeVectors) {
  const std::tuple<const char*, Json, const char*> cases[] = {
      {"transformer_task", "fill-mask", "transformer_task: expected feature-extraction, found fill-mask"},
      {"query_expansion", {{"length", 32}}, "query_expansion: expected none"},
      {"processing_kwargs", {{"text", {{"padding", "max_length"}}}}, "processing_kwargs: expected none"},
      {"modality_config", {{"message", Json::object()}}, "modality_config: expected a model that takes text"},
      {"do_lower_case", true, "do_lower_case: expected false beside a tokenizer"},
  };
  for (const auto& [key, value, message] : cases) {
    checkpoint_.files["sentence_bert_config.json"] = {{key, value}};
    expect_error(message);
  }
  checkpoint_.files["sentence_bert_config.json"] = {{"processing_kwargs", Json::object()},
                                                    {"query_expansion", nullptr},
                                                    {"modality_config", {{"text", Json::object()}}}};
  EXPECT_EQ(checkpoint_.error(), "converted");
}

// A tokenizer that keeps case, beside a setting that does not; accents stay as they are.
TEST_F(SentenceModulesTest, LowersCaseWhereTheTokenizerDoesNot) {
  Json& tokenizer = checkpoint_.files["tokenizer.json"];
  tokenizer = parse_json(R"({"normalizer": {"type": "BertNormalizer", "lowercase": false},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "vocab": {"[UNK]": 0, "a": 1}}})")
                  .value();
  EXPECT_FALSE(*converted().boolean("tokenizer.ggml.normalizer.lowercase"));
  checkpoint_.files["sentence_bert_config.json"] = {{"do_lower_case", true}};
  EXPECT_TRUE(*converted().boolean("tokenizer.ggml.normalizer.lowercase"));
  EXPECT_FALSE(*file_->metadata().boolean("tokenizer.ggml.normalizer.strip_accents"));
  tokenizer["normalizer"]["lowercase"] = true;  // as the setting says: accents go too, as ever
  EXPECT_TRUE(*converted().boolean("tokenizer.ggml.normalizer.lowercase"));
  EXPECT_FALSE(file_->metadata().has("tokenizer.ggml.normalizer.strip_accents"));
}

TEST_F(SentenceModulesTest, WritesPromptsByName) {
  Json& file = checkpoint_.files["config_sentence_transformers.json"];
  file = {{"prompts", {{"query", "query: "}, {"document", ""}, {"other", nullptr}}}, {"default_prompt_name", "query"}};
  const GgufMetadata& m = converted();
  const auto settings = read_vector_settings(m);
  ASSERT_TRUE(settings.ok()) << settings.status().to_string();
  ASSERT_EQ(settings->prompts.size(), 3u);
  EXPECT_EQ(settings->find_prompt("query")->text, "query: ");
  EXPECT_EQ(settings->find_prompt("other")->text, "");
  EXPECT_EQ(settings->default_prompt, "query");

  file["default_prompt_name"] = "none of them";
  expect_error("config_sentence_transformers.json: default_prompt_name: expected one of the prompts' names");
  file = {{"prompts", Json::array({"query: "})}};
  expect_error("prompts: expected texts under their names, found array");
  file = {{"prompts", {{"query", 3}}}};
  expect_error("prompts: query: expected a text, found number");
  file = {{"model_type", "SparseEncoder"}};
  expect_error("model_type: expected SentenceTransformer, found SparseEncoder");
}

TEST_F(SentenceModulesTest, RefusesPromptsThatAreLeftOutOfTheMean) {
  checkpoint_.files["1_Pooling/config.json"]["include_prompt"] = false;
  EXPECT_EQ(checkpoint_.error(), "converted") << "there is no prompt";
  checkpoint_.files["config_sentence_transformers.json"] = {{"prompts", {{"query", "query: "}}}};
  expect_error("include_prompt: expected true");
  checkpoint_.files["1_Pooling/config.json"]["pooling_mode"] = "lasttoken";
  EXPECT_EQ(checkpoint_.error(), "converted") << "the last token is none of the prompt's";
}

}  // namespace
}  // namespace tenfold
