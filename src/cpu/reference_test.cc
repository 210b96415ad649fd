// The executor in exact mode beside the plan read in double precision: every golden model, encoder and tower, on every
// instruction set of this machine. What they share is the plan; nothing of how it is done.
#include <gtest/gtest.h>

#include "base/cat.h"
#include "cpu/runnable_testing.h"
#include "cpu/vision_tower.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/reference_testing.h"
#include "model/vision/image_testing.h"

namespace tenfold {
namespace {

constexpr double kMaxNmse = 1e-10;

class ReferenceTest : public testing::TestWithParam<std::tuple<std::string, const kernels::KernelTable*>> {
 protected:
  const std::string& name_ = std::get<0>(GetParam());
  const kernels::KernelTable& kernels_ = *std::get<1>(GetParam());
};

std::string test_name(const testing::TestParamInfo<ReferenceTest::ParamType>& info) {
  std::string name = cat(std::get<0>(info.param), "_", std::get<1>(info.param)->isa);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class DecoderReference : public ReferenceTest {};
class EncoderReference : public ReferenceTest {};
class TowerReference : public ReferenceTest {};

TEST_P(DecoderReference, LogitsAreThoseOfThePlan) {
  const Golden golden = read_golden(name_);
  Runnable r = make_runnable(golden.path, kernels_, {{Precision::kExact, {}}});
  const auto file = std::move(GgufFile::open(golden.path)).value();
  Reference reference(*file, r.model->weights(), r.model->plan(), 1024);
  const std::vector<float> expected = reference.logits(reference_text(golden.prompt));
  const double error = nmse(run_all(r, golden.prompt, 512), expected);
  EXPECT_LE(error, kMaxNmse);
  RecordProperty("nmse", cat(error));
}

TEST_P(EncoderReference, RowsAreThoseOfThePlan) {
  const Golden golden = read_golden(name_);
  RunnableOptions options{{Precision::kExact, {}}, 2, 96};
  options.n_ctx = 96;
  Runnable r = make_runnable(golden.path, kernels_, options);
  const auto file = std::move(GgufFile::open(golden.path)).value();
  Reference reference(*file, r.model->weights(), r.model->plan(), 96);
  KvSequence kv(*r.kv_pool, 96);
  std::vector<float> rows(golden.prompt.size() * static_cast<std::size_t>(r.model->spec().model_dim));
  const BatchSequence sequence{&kv, golden.prompt, Outputs::kAll};
  ASSERT_TRUE(r.executor->run({&sequence, 1}, rows, nullptr, OutputKind::kHidden).ok());
  const double error = nmse(rows, reference.hidden(reference_text(golden.prompt)));
  EXPECT_LE(error, kMaxNmse);
  RecordProperty("nmse", cat(error));
}

// Patches see all, or those of their window.
ReferenceInput reference_image(const PatchLayout& layout, const RgbImage& image) {
  ReferenceInput input;
  const int n = layout.n_patches();
  input.tokens.assign(static_cast<std::size_t>(n), 0);
  input.positions = layout.positions;
  input.outputs = layout.squares;
  input.image = &image;
  input.sights.resize(2);
  input.sights[kWholeImage].assign(static_cast<std::size_t>(n), {0, n});
  int begin = 0;
  for (const int n_patches : layout.windows) {
    const ReferenceInput::Sight window{begin, begin + n_patches};
    input.sights[kWindows].insert(input.sights[kWindows].end(), static_cast<std::size_t>(n_patches), window);
    begin += n_patches;
  }
  return input;
}

TEST_P(TowerReference, RowsAreThoseOfThePlan) {
  const auto file = std::move(GgufFile::open(data_path(cat("vision/", name_, "-mmproj.gguf")))).value();
  const auto tower = std::move(VisionTower::bind(*file, kernels_, {Precision::kExact, {}})).value();
  const auto pool = std::move(TaskPool::create(2)).value();
  ASSERT_TRUE(tower->load(*pool, nullptr).ok());
  Reference reference(*file, tower->weights(), tower->plan(), 0);
  const RgbImage image = test_image(140, 196);
  const auto rows = tower->encode(image, *pool, {});
  ASSERT_TRUE(rows.ok()) << rows.status().to_string();
  const PatchLayout layout = lay_out_patches(tower->spec(), image.size);
  const double error = nmse(rows->values, reference.result(reference_image(layout, image)));
  EXPECT_LE(error, kMaxNmse);
  RecordProperty("nmse", cat(error));
}

const auto kTables = testing::ValuesIn(kernels::runnable_kernels().begin(), kernels::runnable_kernels().end());

INSTANTIATE_TEST_SUITE_P(All, DecoderReference, testing::Combine(testing::ValuesIn(golden_names()), kTables),
                         test_name);
INSTANTIATE_TEST_SUITE_P(All, EncoderReference, testing::Combine(testing::Values("bert-f32", "bert-q8_0"), kTables),
                         test_name);
INSTANTIATE_TEST_SUITE_P(All, TowerReference,
                         testing::Combine(testing::Values("glm4v", "glm4v-q8_0", "qwen2.5vl"), kTables), test_name);

}  // namespace
}  // namespace tenfold
