#include "cpu/vision_tower.h"

#include <algorithm>
#include <array>

#include "base/contracts.h"
#include "base/error.h"
#include "runtime/arena.h"

namespace tenfold {

namespace {

constexpr std::int64_t kMinTokens = 16;  // that a limit must leave room for: a smallest image is 9

int window_blocks(const PatchLayout& layout) {
  int n = 0;
  for (const int n_patches : layout.windows) n += kv_blocks_for(n_patches);
  return n;
}

int kv_blocks(const PatchLayout& layout) { return std::max(kv_blocks_for(layout.n_patches()), window_blocks(layout)); }

KvClass of_a_layer(const ArchSpec& encoder) {
  const LayerSpec& layer = encoder.any_layer();
  return {.n_layers = 1, .n_kv_heads = layer.n_kv_heads, .head_dim = layer.head_dim};
}

// One layer's keys and values as the attention stages see them: all patches as one sequence, or each window as its own.
// Layers write before they read, so that all may use the same blocks.
struct PatchKv {
  std::vector<std::byte*> blocks;
  std::vector<KvSequenceView> all, windows;
  std::array<KvClassView, 2> classes;

  PatchKv(const PatchLayout& layout, const KvLayout& kv_layout, std::byte* memory) {
    const KvClassLayout& kv = kv_layout.classes.front();
    const int n_blocks = kv_blocks(layout);
    for (int i = 0; i < n_blocks; ++i) blocks.push_back(memory + static_cast<std::size_t>(i) * kv.block_bytes);
    all.push_back({blocks.data(), 0, layout.n_patches(), 0});
    int patch = 0, block = 0;
    for (const int n_patches : layout.windows) {
      windows.push_back({blocks.data() + block, patch, n_patches, 0});
      patch += n_patches;
      block += kv_blocks_for(n_patches);
    }
    const auto view = [&](std::span<const KvSequenceView> sequences) {
      return KvClassView{{sequences, kv_layout.type, 0, kv.head_stride, kv.of.n_kv_heads, kv.of.head_dim}, 0};
    };
    classes[kWholeImage] = view(all);
    classes[kWindows] = view(windows);
  }
  PatchKv(const PatchKv&) = delete;
  PatchKv& operator=(const PatchKv&) = delete;
};

}  // namespace

Result<std::unique_ptr<VisionTower>> VisionTower::bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                                       const ModelOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(BoundTower bound, bind_tower(file));
  std::unique_ptr<VisionTower> tower(new VisionTower(file, std::move(bound)));
  // Towers come in F16 as a rule, which takes five times as long as 8 bits.
  const auto floats = options.precision == Precision::kFast ? FloatMatrices::kToEightBits : FloatMatrices::kKeep;
  TENFOLD_ASSIGN_OR_RETURN(tower->weights_, PackedWeights::create(tower->bound_.weights, kernels, floats));
  const auto kv_type = options.precision == Precision::kExact ? kernels::KvType::kF32 : kernels::KvType::kF16;
  TENFOLD_ASSIGN_OR_RETURN(tower->kv_, KvLayout::create(kernels, kv_type, {of_a_layer(tower->spec().encoder)}, {}, {}));
  tower->program_ =
      lower(tower->bound_.plan, tower->weights_, {options.precision, options.fusion, 0, options.observed});
  return tower;
}

Status VisionTower::load(TaskPool& pool, const std::function<bool(double)>& on_progress) {
  TENFOLD_DCHECK(file_ != nullptr);
  TENFOLD_RETURN_IF_ERROR(weights_.load(*file_, pool, on_progress));
  TENFOLD_RETURN_IF_ERROR(file_->expect_unchanged());
  file_ = nullptr;
  return {};
}

Result<ImageSize> VisionTower::target_size(ImageSize size, std::int64_t max_pixels) const {
  TargetSizeRule rule = spec().size_rule;
  const std::int64_t least = kMinTokens * rule.factor * rule.factor;
  if (max_pixels != 0 && max_pixels < least) {
    return invalid_argument("image: expected a limit of at least ", least, " pixels, found ", max_pixels);
  }
  if (max_pixels != 0) rule.max_pixels = std::min(rule.max_pixels, max_pixels);
  rule.min_pixels = std::min(rule.min_pixels, rule.max_pixels);
  return tenfold::target_size(size, rule);
}

ExecutorLimits VisionTower::limits_for(const PatchLayout& layout) const {
  return {.max_tokens = layout.n_patches(), .max_outputs = layout.n_tokens()};
}

std::size_t VisionTower::working_bytes(ImageSize target, int n_threads) const {
  const PatchLayout layout = lay_out_patches(spec(), target);
  const ExecutorMemory memory = Executor::plan_memory(program_, weights_.kernels(), limits_for(layout));
  return memory.n_bytes(n_threads) + static_cast<std::size_t>(kv_blocks(layout)) * kv_.classes.front().block_bytes;
}

Result<ImageRows> VisionTower::encode(const RgbImage& image, TaskPool& pool, const ImageHooks& hooks) const {
  const int factor = spec().size_rule.factor;
  if (image.size.width < factor || image.size.height < factor || image.size.width % factor != 0 ||
      image.size.height % factor != 0) {
    return invalid_argument("image: expected multiples of ", factor, " pixels, found ", image.size.width, " by ",
                            image.size.height);
  }
  TENFOLD_DCHECK(weights_.is_loaded());
  const PatchLayout layout = lay_out_patches(spec(), image.size);
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Executor> executor,
                           Executor::create(program_, weights_.kernels(), pool, 0, limits_for(layout)));
  TENFOLD_ASSIGN_OR_RETURN(const Arena kv_memory, Arena::create(static_cast<std::size_t>(kv_blocks(layout)) *
                                                                kv_.classes.front().block_bytes));
  const PatchKv kv(layout, kv_, kv_memory.data());
  ImageRows result{layout.rows, layout.columns, spec().out_dim, {}};
  result.values.resize(static_cast<std::size_t>(layout.n_tokens()) * static_cast<std::size_t>(spec().out_dim));
  const ImageRun run{
      {image.pixels.data(), image.size.width, image.size.height}, layout.positions, layout.squares, kv.classes};
  TENFOLD_RETURN_IF_ERROR(executor->run_image(run, result.values, hooks));
  return result;
}

}  // namespace tenfold
