// VisionTower: an mmproj file as something that turns images into rows that stand in the place of a text model's
// embeddings.
//
// bind() checks everything and touches no weight; load() reads them; encode() may then be called any number of times.
// It borrows the threads it is given, which one caller at a time may use, and is immutable once loaded. Not movable:
// the program points into it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "cpu/executor.h"
#include "cpu/kv_cache.h"
#include "cpu/model.h"
#include "image/rgb_image.h"
#include "model/bound_model.h"
#include "model/vision/patch_layout.h"

namespace tenfold {

// What stands in a prompt for one image: rows × columns tokens, row by row.
struct ImageRows {
  int rows = 0, columns = 0;
  int width = 0;              // model_dim of the text model
  std::vector<float> values;  // [rows·columns, width]

  [[nodiscard]] int n_tokens() const { return rows * columns; }
  [[nodiscard]] const float* row(int token) const {
    return values.data() + static_cast<std::size_t>(token) * static_cast<std::size_t>(width);
  }
};

class VisionTower {
 public:
  VisionTower(const VisionTower&) = delete;
  VisionTower& operator=(const VisionTower&) = delete;

  // Errors: kUnsupported or kCorruptData naming projector, key or tensor. `file` must stay until load() has returned.
  static Result<std::unique_ptr<VisionTower>> bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                                   const ModelOptions& options);
  // Until it has returned without an error, then never again: the file is not needed any more. After on_progress(1) it
  // needs the pool no more. Errors: those of PackedWeights::load and
  // GgufFile::expect_unchanged.
  Status load(TaskPool& pool, const std::function<bool(double)>& on_progress);

  // The size that an image is to be brought to. max_pixels: of the result; 0: as many as the tower was made for, which
  // is never exceeded. Errors: kInvalidArgument for a limit of less than a few tokens or a shape that no size fits.
  [[nodiscard]] Result<ImageSize> target_size(ImageSize size, std::int64_t max_pixels) const;
  // About the bytes that encode() takes, besides its result, for an image of that size.
  [[nodiscard]] std::size_t working_bytes(ImageSize target, int n_threads) const;

  // image: of a size that target_size() gave. Memory: working_bytes(), given back at the end.
  // Errors: kInvalidArgument for another size; kResourceExhausted; kCancelled.
  Result<ImageRows> encode(const RgbImage& image, TaskPool& pool, const ImageHooks& hooks) const;

  [[nodiscard]] const VisionSpec& spec() const noexcept { return bound_.spec; }
  [[nodiscard]] const WeightTable& weights() const noexcept { return bound_.weights; }
  [[nodiscard]] const Plan& plan() const noexcept { return bound_.plan; }
  [[nodiscard]] const Program& program() const noexcept { return program_; }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weights_.n_bytes(); }

 private:
  VisionTower(const GgufFile& file, BoundTower bound) : file_(&file), bound_(std::move(bound)) {}
  [[nodiscard]] ExecutorLimits limits_for(const PatchLayout& layout) const;

  const GgufFile* file_;  // until load() is done
  BoundTower bound_;
  PackedWeights weights_;
  Program program_;
  KvLayout kv_;  // of one layer, which all take in turn
};

}  // namespace tenfold
