// The encoder's checkpoint in tests/data/encoders, converted and run beside what transformers computes with it.
#include <gtest/gtest.h>

#include "convert/convert.h"
#include "kernels/select.h"
#include "model/golden_model.h"
#include "model/vocab_from_gguf.h"
#include "model_file/temp_folder.h"
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

}  // namespace
}  // namespace tenfold
