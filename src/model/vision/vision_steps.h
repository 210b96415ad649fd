// The Steps of a vision tower that a text model does not have.
#pragma once

#include <array>
#include <string>

#include "image/rgb_image.h"
#include "model/plan.h"
#include "model/vision/vision_spec.h"

namespace tenfold {

// The picture that a run is about; set before it. Positions of patches are the run's own.
struct VisionInput {
  const RgbImage* image = nullptr;
  int patch_side = 0;

  [[nodiscard]] int patch_rows() const { return image->size.height / patch_side; }
  [[nodiscard]] int patch_columns() const { return image->size.width / patch_side; }
};

// Pixels of each patch, normalised: [n_patches, 3·side²], channel after channel.
struct PatchesStep final : Step {
  PatchesStep(const VisionInput& input, const VisionSpec& spec);
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;

  const VisionInput* input;
  ValueId out = -1;

 private:
  std::array<std::array<float, 256>, 3> values_;  // what each byte of a channel becomes
};

// x += a learned table of positions for table_side² patches, sampled at where this picture's patches lie in it: bicubic
// (a = −0.75), the border repeated.
struct PositionTableStep final : Step {
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;

  const VisionInput* input = nullptr;
  const float* table = nullptr;  // [table_side², width]
  int table_side = 0;
  ValueId x = -1;
};

// The patches of a square side by side: [n_tokens, 4·width], tokens in the order of run.outputs.
struct MergeStep final : Step {
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;

  ValueId in = -1, out = -1;
};

}  // namespace tenfold
