// The encoder's checkpoints in tests/data/encoders, converted and run beside what transformers and
// sentence-transformers compute with them.
#include <gtest/gtest.h>

#include <filesystem>

#include "convert/convert.h"
#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/vocab_from_gguf.h"
#include "model_file/temp_folder_testing.h"
#include "tenfold/engine.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {
namespace {

TEST(Encoders, AConvertedCheckpointIsTheModelOfTransformers) {
  const TempFolder folder;
  ConvertOptions convert;
  convert.folder = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/encoders/bert";
  convert.out = folder.path("bert.gguf");
  convert.type = DType::kF32;
  const auto report = convert_checkpoint(convert, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().to_string();

  const Golden golden = read_golden("bert-f32");
  RunnableOptions options{{Precision::kExact, {}}};
  options.n_ctx = 96;
  Runnable r = make_runnable(convert.out, **kernels::select_kernels(), options);
  EXPECT_EQ(r.model->spec().pooling, Pooling::kMean);
  KvSequence kv(*r.kv_pool, 96);
  std::vector<float> rows(golden.logits.size());
  const BatchSequence text{&kv, golden.prompt, Outputs::kAll};
  const Status status = r.executor->run({&text, 1}, rows, nullptr, OutputKind::kHidden);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_LE(nmse(rows, golden.logits), 1e-9);

  const auto file = GgufFile::open(convert.out);
  ASSERT_TRUE(file.ok());
  const auto vocab = vocab_from_gguf((*file)->metadata());
  ASSERT_TRUE(vocab.ok()) << vocab.status().to_string();
  const auto tokenizer = Tokenizer::create(*vocab);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().to_string();
  const Json json = read_json(std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/bert-f32.json");
  const auto ids = (*tokenizer)->encode(json["prompt_text"].get<std::string>(), {.add_bos = true, .add_eos = true});
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*ids, golden.prompt);
}

TEST(Encoders, ABertThatLooksBackOnlyIsRefused) {
  const TempFolder folder;
  std::filesystem::copy(std::string(TENFOLD_SOURCE_DIR) + "/tests/data/encoders/bert", folder.folder(),
                        std::filesystem::copy_options::recursive);
  Json config = read_json(folder.path("config.json"));
  config["is_decoder"] = true;
  folder.write("config.json", config.dump());
  ConvertOptions convert;
  convert.folder = folder.folder();
  convert.out = folder.path("out.gguf");
  const auto report = convert_checkpoint(convert, nullptr);
  EXPECT_EQ(report.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(report.status().message().find("is_decoder: expected false"), std::string_view::npos)
      << report.status().to_string();
}

// Prompts, the limit of a text's length, pooling, a projection with its activation and the last normalisation.
TEST(Encoders, AFolderOfSentenceTransformersMakesItsVectors) {
  const std::string data = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/encoders/";
  const TempFolder folder;
  constexpr auto kOver = std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy(data + "bert", folder.folder(), kOver);
  std::filesystem::copy(data + "sentence", folder.folder(), kOver);
  ConvertOptions convert;
  convert.folder = folder.folder();
  convert.out = folder.path("sentence.gguf");
  convert.type = DType::kF32;
  const auto report = convert_checkpoint(convert, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_TRUE(report->notes.empty());

  EngineOptions options;
  options.precision = Precision::kExact;
  options.use_cache = false;
  const auto engine = Engine::open(convert.out, options);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  EXPECT_EQ((*engine)->info().vector_dim, 8);
  EXPECT_EQ((*engine)->info().max_text_tokens, 16);
  EXPECT_EQ((*engine)->info().default_prompt, "query");
  int n_cut = 0;
  for (const Json& golden : read_json(data + "sentence/goldens.json")) {
    EmbedOptions embed;
    TextUsage usage;
    embed.usage = &usage;
    if (golden["prompt_name"].is_string()) embed.prompt_name = golden["prompt_name"].get<std::string>();
    const auto vector = (*engine)->embed(golden["text"].get<std::string>(), embed);
    ASSERT_TRUE(vector.ok()) << vector.status().to_string();
    EXPECT_LE(nmse(*vector, golden["vector"].get<std::vector<float>>()), 1e-9) << golden["text"];
    n_cut += usage.n_used < usage.n_tokens ? 1 : 0;
  }
  EXPECT_EQ(n_cut, 3) << "the long text, with every prompt";
}

}  // namespace
}  // namespace tenfold
