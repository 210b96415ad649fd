// VisionTower: an mmproj file as something that turns pictures into rows that stand in the place of a text model's
// embeddings.
//
// bind() checks everything and touches no weight; load() reads them; encode() may then be called any number of times.
// It borrows the threads it is given. Not thread-safe: one caller at a time. Not movable: the plan points into it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "image/rgb_image.h"
#include "model/kv_cache.h"
#include "model/model.h"
#include "model/vision/patch_layout.h"
#include "model/vision/projector.h"

namespace tenfold {

// What stands in a prompt for one picture: rows × columns tokens, row by row.
struct ImageRows {
  int rows = 0, columns = 0;
  int width = 0;              // model_dim of the text model
  std::vector<float> values;  // [rows·columns, width]

  [[nodiscard]] int n_tokens() const { return rows * columns; }
  [[nodiscard]] const float* row(int token) const {
    return values.data() + static_cast<std::size_t>(token) * static_cast<std::size_t>(width);
  }
};

struct EncodeHooks {
  const std::atomic<bool>* cancel = nullptr;  // read between task chunks
  // Gets 0…1 between the plan's steps, on the calling thread; false cancels. May be null.
  std::function<bool(double)> on_progress;
  // Runs a step's work while nobody else uses the threads; null: they are the caller's alone.
  std::function<Status(const std::function<Status()>&)> in_turn;
};

class VisionTower {
 public:
  // Errors: kUnsupported or kCorruptData naming projector, key or tensor. `file` must stay until load() has returned.
  static Result<std::unique_ptr<VisionTower>> bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                                   const ModelOptions& options);
  // Until it has returned without an error, then never again: the file is not needed any more. After on_progress(1) it
  // needs the pool no more. Errors: those of TensorBinder::load and
  // GgufFile::expect_unchanged.
  Status load(TaskPool& pool, const std::function<bool(double)>& on_progress);

  // The size that a picture is to be brought to. max_pixels: of the result; 0: as many as the tower was made for, which
  // is never exceeded. Errors: kInvalidArgument for a limit of less than a few tokens or a shape that no size fits.
  [[nodiscard]] Result<ImageSize> target_size(ImageSize size, std::int64_t max_pixels) const;
  // Bytes that encode() takes, besides its result, for a picture of that size.
  [[nodiscard]] std::size_t working_bytes(ImageSize target, int n_threads) const;

  // image: of a size that target_size() gave. Time: see Plan; memory: working_bytes(), given back at the end.
  // Errors: kInvalidArgument for another size; kResourceExhausted; kCancelled.
  Result<ImageRows> encode(const RgbImage& image, TaskPool& pool, const EncodeHooks& hooks);

  [[nodiscard]] const VisionSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weight_bytes_; }

 private:
  VisionTower(TensorBinder binder, const kernels::KernelTable& kernels)
      : binder_(std::move(binder)), kernels_(&kernels) {}
  void build_plan(const ModelOptions& options);
  struct Memory;
  [[nodiscard]] Memory plan_memory(const PatchLayout& layout, int n_threads) const;
  Status run_plan(StepRun& run, const PatchLayout& layout, std::byte* kv_memory, const EncodeHooks& hooks) const;

  // Until load() is done: they refer to the file, the second to the first.
  std::optional<TensorBinder> binder_;
  std::optional<RelaidTensors> relaid_;
  const kernels::KernelTable* kernels_;
  const Projector* projector_ = nullptr;
  VisionSpec spec_;
  VisionWeights weights_;
  VisionInput input_;  // the plan's steps look at it
  Plan plan_;
  ValueId rows_ = -1;  // the plan's result
  KvLayout kv_;        // of one layer, which all take in turn
  std::size_t weight_bytes_ = 0;
};

}  // namespace tenfold
