#include "model/vision/vision_tower.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "runtime/memory_plan.h"

namespace tenfold {

namespace {

constexpr std::int64_t kMinTokens = 16;  // that a limit must leave room for: a smallest picture is 9

int blocks_for(int n_patches) { return (n_patches + kernels::kKvBlock - 1) / kernels::kKvBlock; }

int window_blocks(const PatchLayout& layout) {
  int n = 0;
  for (const int n_patches : layout.windows) n += blocks_for(n_patches);
  return n;
}

// One layer's keys and values as the attention steps see them: all patches as one sequence, or each window as its own.
// Layers write before they read, so that all may use the same blocks.
struct KvViews {
  std::vector<std::byte*> blocks;
  std::vector<KvSequenceView> all, windows;

  KvViews(const PatchLayout& layout, const KvLayout& kv, std::byte* memory) {
    const int n_blocks = std::max(blocks_for(layout.n_patches()), window_blocks(layout));
    for (int i = 0; i < n_blocks; ++i) blocks.push_back(memory + static_cast<std::size_t>(i) * kv.block_bytes);
    all.push_back({blocks.data(), 0, layout.n_patches(), 0});
    int patch = 0, block = 0;
    for (const int n_patches : layout.windows) {
      windows.push_back({blocks.data() + block, patch, n_patches, 0});
      patch += n_patches;
      block += blocks_for(n_patches);
    }
  }
};

}  // namespace

// What a run takes: values, then each worker's scratch, then keys and values.
struct VisionTower::Memory {
  MemoryPlan values;
  std::size_t scratch_bytes = 0;  // of each worker
  std::size_t scratch_at = 0, kv_at = 0, n_bytes = 0;
};

Result<std::unique_ptr<VisionTower>> VisionTower::bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                                       const ModelOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(ProjectorSpec found, read_projector_spec(file.metadata()));
  // Towers come in F16 as a rule, which takes five times as long as 8 bits.
  const auto floats = options.precision == Precision::kFast ? FloatMatrices::kToEightBits : FloatMatrices::kKeep;
  TENFOLD_ASSIGN_OR_RETURN(TensorBinder binder, TensorBinder::create(file, kernels, floats));
  std::unique_ptr<VisionTower> tower(new VisionTower(std::move(binder), kernels));
  tower->spec_ = std::move(found.spec);
  tower->projector_ = found.projector;
  tower->relaid_.emplace(*tower->binder_, kernels);
  TENFOLD_RETURN_IF_ERROR(found.projector->bind(*tower->binder_, *tower->relaid_, tower->spec_, tower->weights_));
  TENFOLD_RETURN_IF_ERROR(tower->binder_->expect_all_bound());
  tower->weight_bytes_ = tower->binder_->n_bytes() + tower->relaid_->n_bytes();
  const auto kv_type = options.precision == Precision::kExact ? kernels::KvType::kF32 : kernels::KvType::kF16;
  const ArchSpec& encoder = tower->spec_.encoder;
  TENFOLD_ASSIGN_OR_RETURN(tower->kv_,
                           KvLayout::create(kernels, kv_type, /*n_layers=*/1, encoder.n_kv_heads, encoder.head_dim));
  tower->build_plan(options);
  return tower;
}

void VisionTower::build_plan(const ModelOptions& options) {
  input_.patch_side = spec_.patch_side;
  PlanBuilder builder(spec_.encoder, options.precision, /*n_ctx=*/0);
  rows_ = projector_->build(builder, spec_, weights_, input_);
  plan_ = builder.take();
  fuse(plan_, options.fusion);
}

Status VisionTower::load(TaskPool& pool, const std::function<bool(double)>& on_progress) {
  TENFOLD_RETURN_IF_ERROR(binder_->load(pool, on_progress));
  TENFOLD_RETURN_IF_ERROR(relaid_->load());
  TENFOLD_RETURN_IF_ERROR(binder_->file().expect_unchanged());
  weights_.arena = binder_->take_arena();
  weights_.relaid = relaid_->take_arenas();
  relaid_.reset();
  binder_.reset();
  return {};
}

Result<ImageSize> VisionTower::target_size(ImageSize size, std::int64_t max_pixels) const {
  TargetSizeRule rule = spec_.size_rule;
  const std::int64_t least = kMinTokens * rule.factor * rule.factor;
  if (max_pixels != 0 && max_pixels < least) {
    return invalid_argument("image: expected a limit of at least ", least, " pixels, found ", max_pixels);
  }
  if (max_pixels != 0) rule.max_pixels = std::min(rule.max_pixels, max_pixels);
  rule.min_pixels = std::min(rule.min_pixels, rule.max_pixels);
  return tenfold::target_size(size, rule);
}

VisionTower::Memory VisionTower::plan_memory(const PatchLayout& layout, int n_threads) const {
  Memory memory;
  memory.values = tenfold::plan_memory(value_lives(plan_, layout.n_patches(), layout.n_tokens()));
  for (const auto& step : plan_.steps) {
    memory.scratch_bytes = std::max(memory.scratch_bytes, align_64(step->scratch_bytes(*kernels_)));
  }
  memory.scratch_at = align_64(memory.values.n_bytes);
  memory.kv_at = memory.scratch_at + memory.scratch_bytes * static_cast<std::size_t>(n_threads);
  const int n_blocks = std::max(blocks_for(layout.n_patches()), window_blocks(layout));
  memory.n_bytes = memory.kv_at + static_cast<std::size_t>(n_blocks) * kv_.block_bytes;
  return memory;
}

std::size_t VisionTower::working_bytes(ImageSize target, int n_threads) const {
  return plan_memory(lay_out_patches(spec_, target), n_threads).n_bytes;
}

Result<ImageRows> VisionTower::encode(const RgbImage& image, TaskPool& pool, const EncodeHooks& hooks) {
  const int factor = spec_.size_rule.factor;
  if (image.size.width < factor || image.size.height < factor || image.size.width % factor != 0 ||
      image.size.height % factor != 0) {
    return invalid_argument("image: expected multiples of ", factor, " pixels, found ", image.size.width, " by ",
                            image.size.height);
  }
  const PatchLayout layout = lay_out_patches(spec_, image.size);
  const Memory memory = plan_memory(layout, pool.n_threads());
  TENFOLD_ASSIGN_OR_RETURN(const Arena arena, Arena::create(memory.n_bytes));

  std::vector<WorkerScratch> scratch(static_cast<std::size_t>(pool.n_threads()));
  for (std::size_t w = 0; w < scratch.size(); ++w) {
    scratch[w].data = arena.data() + memory.scratch_at + w * memory.scratch_bytes;
  }
  OpContext ops;
  ops.kernels = kernels_;
  ops.pool = &pool;
  ops.begin_step(hooks.cancel);
  ops.scratch = &scratch;
  ops.scratch_bytes = memory.scratch_bytes;
  std::vector<std::byte*> values;
  for (const std::size_t offset : memory.values.offsets) values.push_back(arena.data() + offset);
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(layout.n_patches()));

  StepRun run;
  run.ops = &ops;
  run.tokens = tokens;  // only counted
  run.positions = layout.positions;
  run.outputs = layout.squares;
  run.values = values;
  run.table = plan_.values;
  input_.image = &image;
  TENFOLD_RETURN_IF_ERROR(run_plan(run, layout, arena.data() + memory.kv_at, hooks));

  ImageRows result{layout.rows, layout.columns, spec_.out_dim, {}};
  const Rows rows = run.rows(rows_);
  result.values.resize(static_cast<std::size_t>(rows.n_tokens) * static_cast<std::size_t>(rows.width));
  for (int t = 0; t < rows.n_tokens; ++t) {
    std::memcpy(result.values.data() + static_cast<std::size_t>(t) * static_cast<std::size_t>(rows.width), rows.row(t),
                static_cast<std::size_t>(rows.width) * sizeof(float));
  }
  return result;
}

Status VisionTower::run_plan(StepRun& run, const PatchLayout& layout, std::byte* kv_memory,
                             const EncodeHooks& hooks) const {
  const KvViews views(layout, kv_, kv_memory);
  OpContext& ops = *run.ops;
  double n_done = 0;
  for (const auto& step : plan_.steps) {
    const auto run_step = [&]() -> Status {
      run.sequences = step->layer < 0 || spec_.sees_all(step->layer) ? views.all : views.windows;
      run.kv = {run.sequences, kv_.type, 0, kv_.head_stride, kv_.n_kv_heads, kv_.head_dim};
      ops.n_active = ops.pool->begin_step(layout.n_patches());
      step->run(run);
      if (ops.cancelled()) return cancelled("encoding the picture was cancelled");
      ops.pool->end_step();
      return {};
    };
    TENFOLD_RETURN_IF_ERROR(hooks.in_turn ? hooks.in_turn(run_step) : run_step());
    const double done = ++n_done / static_cast<double>(plan_.steps.size());
    if (hooks.on_progress && !hooks.on_progress(done)) return cancelled("encoding the picture was cancelled");
  }
  return {};
}

}  // namespace tenfold
