#include "cpu/vision_tower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/cat.h"
#include "base/json.h"
#include "cpu/runnable_testing.h"
#include "image/decode_image.h"
#include "image/resize.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/vision/image_positions.h"
#include "model/vision/image_testing.h"
#include "model_file/gguf/gguf_writer.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

struct LoadedTower {
  std::unique_ptr<TaskPool> pool;
  std::unique_ptr<VisionTower> tower;
};

LoadedTower load_tower(const std::string& name, const kernels::KernelTable& kernels, const ModelOptions& options,
                       int n_threads = 2) {
  LoadedTower loaded;
  loaded.pool = std::move(TaskPool::create(n_threads)).value();
  const auto file = GgufFile::open(data_path("vision/" + name + "-mmproj.gguf"));
  EXPECT_TRUE(file.ok()) << file.status().to_string();
  auto tower = VisionTower::bind(**file, kernels, options);
  EXPECT_TRUE(tower.ok()) << tower.status().to_string();
  loaded.tower = std::move(tower).value();
  const Status status = loaded.tower->load(*loaded.pool, nullptr);
  EXPECT_TRUE(status.ok()) << status.to_string();
  return loaded;
}

const std::vector<ImageSize>& image_sizes() {
  static const std::vector<ImageSize> sizes = {{56, 112}, {84, 56}, {84, 196}};
  return sizes;
}

ImageRows encode(LoadedTower& loaded, ImageSize size) {
  auto rows = loaded.tower->encode(test_image(size.width, size.height), *loaded.pool, {});
  EXPECT_TRUE(rows.ok()) << rows.status().to_string();
  return rows.ok() ? std::move(rows).value() : ImageRows{};
}

// The worst of all images.
double worst_nmse(const std::string& name, LoadedTower& loaded) {
  const std::vector<float> expected = read_npy(data_path("vision/" + name + "-rows.npy"));
  std::size_t at = 0;
  double worst = 0;
  for (const ImageSize size : image_sizes()) {
    const ImageRows rows = encode(loaded, size);
    EXPECT_EQ(rows.rows, size.height / 28);
    EXPECT_EQ(rows.columns, size.width / 28);
    worst = std::max(worst, nmse(rows.values, std::span(expected).subspan(at, rows.values.size())));
    at += rows.values.size();
  }
  EXPECT_EQ(at, expected.size());
  return worst;
}

constexpr const char* kTowers[] = {"glm4v", "glm4v-q8_0", "qwen2.5vl"};

class VisionTowerTest : public testing::TestWithParam<const kernels::KernelTable*> {};

TEST_P(VisionTowerTest, ExactModeEqualsTransformers) {
  for (const char* name : kTowers) {
    LoadedTower loaded = load_tower(name, *GetParam(), {Precision::kExact, {}});
    const double error = worst_nmse(name, loaded);
    EXPECT_LT(error, 1e-6) << name;
    RecordProperty(cat(name, ".nmse"), cat(error));
  }
}

// Rounding to 127 steps of a block's largest element is an error of (2.1/127)²/12 = 2.3e-5 of the variance, once before
// each of four products a layer and five after: within ten times of 17 of them. Keys and values round less.
TEST_P(VisionTowerTest, FastModeIsNear) {
  for (const char* name : kTowers) {
    LoadedTower loaded = load_tower(name, *GetParam(), {Precision::kFast, {}});
    const double error = worst_nmse(name, loaded);
    EXPECT_LT(error, 4e-3) << name;
    RecordProperty(cat(name, ".nmse"), cat(error));
  }
}

TEST_P(VisionTowerTest, TheSameBitsOnAnyThreadsFusedOrNot) {
  for (const char* name : kTowers) {
    for (const Precision precision : {Precision::kExact, Precision::kFast}) {
      LoadedTower first = load_tower(name, *GetParam(), {precision, {}}, 1);
      const ImageRows expected = encode(first, {140, 196});
      for (const int n_threads : {2, 5}) {
        for (const FusionOptions& fusion : {FusionOptions{}, FusionOptions::none()}) {
          LoadedTower other = load_tower(name, *GetParam(), {precision, fusion}, n_threads);
          const ImageRows rows = encode(other, {140, 196});
          EXPECT_EQ(rows.values, expected.values) << name << " on " << n_threads;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, VisionTowerTest,
                         testing::ValuesIn(kernels::runnable_kernels().begin(), kernels::runnable_kernels().end()),
                         [](const auto& info) { return std::to_string(info.index); });

const kernels::KernelTable& fastest() { return *kernels::runnable_kernels().back(); }

// Text, image, text, image, text, through the text model, in one step and in steps of 7.
TEST(VisionModelTest, LogitsAfterImagesEqualTransformers) {
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    const Json golden = read_json(data_path(cat("vision/", name, ".json")));
    const TokenId placeholder = golden["placeholder"].get<TokenId>();
    const ModelOptions exact{Precision::kExact, {}};
    LoadedTower loaded = load_tower(name, fastest(), exact);
    std::vector<TokenId> tokens;
    std::vector<const float*> rows;
    std::vector<ImageRows> images(image_sizes().size());
    std::vector<ImageSpan> spans;
    for (const auto& json : golden["prompt"]) {
      const auto token = json.get<TokenId>();
      if (token != placeholder) {
        tokens.push_back(token);
        rows.push_back(nullptr);
        continue;
      }
      ImageRows& image = images[spans.size()];
      image = encode(loaded, image_sizes()[spans.size()]);
      spans.push_back({static_cast<int>(tokens.size()), image.rows, image.columns});
      for (int i = 0; i < image.n_tokens(); ++i) {
        tokens.push_back(token);
        rows.push_back(image.row(i));
      }
    }
    const auto n_tokens = tokens.size();
    const std::vector<RopePosition> positions = text_positions(static_cast<int>(n_tokens), spans).positions;
    const std::vector<float> expected = read_npy(data_path(cat("vision/", name, "-logits.npy")));
    Runnable text = make_runnable(data_path(cat("vision/", name, ".gguf")), fastest(), {.model = exact});
    const auto vocab = static_cast<std::size_t>(text.model->spec().vocab_size);
    ASSERT_EQ(text.model->spec().model_dim, loaded.tower->spec().out_dim);
    std::vector<float> first;
    for (const std::size_t chunk : {n_tokens, std::size_t{7}}) {
      KvSequence kv(*text.kv_pool, 512);
      std::vector<float> logits(n_tokens * vocab);
      for (std::size_t at = 0; at < n_tokens; at += chunk) {
        const std::size_t n = std::min(chunk, n_tokens - at);
        const BatchSequence sequence{&kv, std::span(tokens).subspan(at, n), Outputs::kAll,
                                     std::span(positions).subspan(at, n), std::span(rows).subspan(at, n)};
        const Status status =
            text.executor->run({&sequence, 1}, std::span(logits).subspan(at * vocab, n * vocab), nullptr);
        ASSERT_TRUE(status.ok()) << status.to_string();
      }
      const double error = nmse(std::span(logits).last(expected.size()), expected);
      EXPECT_LT(error, 1e-6) << name;
      RecordProperty(cat(name, ".logits_nmse"), cat(error));
      if (first.empty()) first = logits;
      EXPECT_EQ(first, logits) << name << " in steps of " << chunk;
    }
  }
}

// The image that a model sees is the one that its own processor makes.
TEST(VisionPreprocessingTest, PixelsEqualTheProcessors) {
  std::ifstream in(data_path("images/picture.png"), std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto image = decode_image(std::as_bytes(std::span(file)));
  ASSERT_TRUE(image.ok()) << image.status().to_string();
  const std::vector<float> expected = read_npy(data_path("vision/pixels.npy"));
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    LoadedTower loaded = load_tower(name, fastest(), {});
    const VisionSpec& spec = loaded.tower->spec();
    const auto size = loaded.tower->target_size(image->size, 0);
    ASSERT_TRUE(size.ok()) << size.status().to_string();
    const RgbImage resized = resize_bicubic(*image, *size);
    VisionSpec whole = spec;
    whole.window_side = 0;  // the processor does not know of windows
    const PatchLayout layout = lay_out_patches(whole, *size);
    ASSERT_EQ(static_cast<std::size_t>(layout.n_patches()) * 588, expected.size());

    std::vector<float> pixels(expected.size());
    OpContext ops;
    ops.pool = loaded.pool.get();
    patches(ops, {resized.pixels.data(), resized.size.width, resized.size.height}, spec.patch_side,
            normalized_pixels(spec.mean, spec.deviation), layout.positions,
            {pixels.data(), 588, layout.n_patches(), 588});

    std::size_t n_near = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const float step_of_byte = 1 / 255.0F / spec.deviation[i % 588 / 196];
      if (std::abs(pixels[i] - expected[i]) < 0.01F * step_of_byte) ++n_near;
    }
    EXPECT_EQ(n_near, expected.size()) << name;
  }
}

TEST(VisionPreprocessingTest, SizesEqualTheProcessors) {
  const Json cases = read_json(data_path("vision/sizes.json"));
  std::size_t column = 2;
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    LoadedTower loaded = load_tower(name, fastest(), {});
    for (const auto& c : cases) {
      const ImageSize size{c[0].get<int>(), c[1].get<int>()};
      const ImageSize expected{c[column].get<int>(), c[column + 1].get<int>()};
      const auto found = loaded.tower->target_size(size, 0);
      EXPECT_EQ(found.ok() ? *found : ImageSize{}, expected) << name << " " << size.width << " by " << size.height;
    }
    column += 2;
  }
}

// A tower's file with other tensors, and what bind() says of it.
Status status_of_file(const std::string& name, const std::function<void(std::vector<GgufTensor>&)>& change) {
  const auto from = std::move(GgufFile::open(data_path("vision/" + name + "-mmproj.gguf"))).value();
  std::vector<GgufTensor> tensors(from->tensors().begin(), from->tensors().end());
  change(tensors);
  const TempFolder folder;
  const std::string path = folder.path("changed.gguf");
  const auto writer = std::move(GgufWriter::create(path, from->metadata(), tensors)).value();
  for (const GgufTensor& tensor : writer->tensors()) {
    EXPECT_TRUE(writer->write(std::vector<std::byte>(tensor.n_bytes)).ok());
  }
  EXPECT_TRUE(writer->finish().ok());
  const auto file = std::move(GgufFile::open(path)).value();
  return VisionTower::bind(*file, fastest(), {}).status();
}

TEST(VisionTowerErrorsTest, EveryTensorIsUsedAndOfTheRightShape) {
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    const auto file = std::move(GgufFile::open(data_path(cat("vision/", name, "-mmproj.gguf")))).value();
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
      const std::string tensor = file->tensors()[i].name;
      // A tower without these is another kind.
      const bool optional =
          tensor.ends_with(".bias") || tensor == "v.norm_embd.weight" || tensor == "v.position_embd.weight";
      const Status missing =
          status_of_file(name, [&](auto& tensors) { tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i)); });
      EXPECT_TRUE(optional || !missing.ok()) << tensor;
      const Status longer = status_of_file(
          name, [&](auto& tensors) { tensors[i].dims[static_cast<std::size_t>(tensors[i].n_dims - 1)] += 1; });
      EXPECT_FALSE(longer.ok()) << tensor;
      EXPECT_NE(longer.message().find("tensor"), std::string_view::npos) << longer.to_string();
    }
    const Status extra = status_of_file(name, [](auto& tensors) {
      tensors.push_back(tensors[0]);
      tensors.back().name = "v.more.weight";
    });
    EXPECT_NE(extra.message().find("v.more.weight"), std::string_view::npos) << extra.to_string();
  }
}

TEST(VisionTowerErrorsTest, SizesAndLimits) {
  LoadedTower loaded = load_tower("glm4v", fastest(), {});
  for (const ImageSize size : {ImageSize{0, 0}, {28, 27}, {29, 28}, {14, 28}}) {
    const auto rows = loaded.tower->encode(test_image(size.width, size.height), *loaded.pool, {});
    EXPECT_EQ(rows.status().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(loaded.tower->target_size({500, 500}, 1000).status().code(), StatusCode::kInvalidArgument);
  const auto small = loaded.tower->target_size({1080, 2400}, 200000);
  ASSERT_TRUE(small.ok());
  EXPECT_LE(small->n_pixels(), 200000);
  EXPECT_GT(loaded.tower->working_bytes({1092, 2408}, 2), loaded.tower->working_bytes({280, 560}, 2));
}

TEST(VisionTowerErrorsTest, CancelEndsTheRun) {
  LoadedTower loaded = load_tower("qwen2.5vl", fastest(), {});
  const RgbImage image = test_image(140, 196);
  std::atomic<bool> cancel = true;
  ImageHooks hooks;
  hooks.cancel = &cancel;
  EXPECT_EQ(loaded.tower->encode(image, *loaded.pool, hooks).status().code(), StatusCode::kCancelled);
  cancel = false;
  std::vector<double> progress;
  int n_turns = 0;
  hooks.on_progress = [&](double done) {
    progress.push_back(done);
    return progress.size() < 3;
  };
  hooks.in_turn = [&](const std::function<Status()>& work) {
    ++n_turns;
    return work();
  };
  EXPECT_EQ(loaded.tower->encode(image, *loaded.pool, hooks).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(n_turns, 3);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  hooks.on_progress = nullptr;
  const auto rows = loaded.tower->encode(image, *loaded.pool, hooks);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->values, encode(loaded, {140, 196}).values);
}

}  // namespace
}  // namespace tenfold
