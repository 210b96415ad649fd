#include "model/vision/vision_steps.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/cat.h"
#include "ops/op_context.h"

namespace tenfold {

namespace {

// Four neighbours on an axis of the table and their weights.
struct Taps {
  std::array<int, 4> at;
  std::array<float, 4> weights;
};

// Where place `index` of `n` lies on an axis of `side` cells, all of the same width.
Taps taps_of(int index, int n, int side) {
  constexpr float a = -0.75F;
  const auto near = [](float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  const float scaled = (static_cast<float>(index) + 0.5F) / static_cast<float>(n) * 2 - 1;
  const float place = ((scaled + 1) * static_cast<float>(side) - 1) / 2;
  const float below = std::floor(place);
  const float t = place - below;
  Taps taps{{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
  for (int i = 0; i < 4; ++i) {
    taps.at[static_cast<std::size_t>(i)] = std::clamp(static_cast<int>(below) - 1 + i, 0, side - 1);
  }
  return taps;
}

}  // namespace

PatchesStep::PatchesStep(const VisionInput& from, const VisionSpec& spec) : input(&from) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto share = static_cast<float>(static_cast<double>(byte) * (1.0 / 255.0));
      values_[c][byte] = (share - spec.mean[c]) / spec.deviation[c];
    }
  }
}
void PatchesStep::run(StepRun& run) const noexcept {
  const Rows rows = run.rows(out);
  const int side = input->patch_side;
  parallel_rows(*run.ops, rows.n_tokens, [&](int, int t) noexcept {
    const RopePosition& position = run.positions[static_cast<std::size_t>(t)];
    const int top = position[1] * side, left = position[2] * side;
    float* to = rows.row(t);
    for (std::size_t c = 0; c < 3; ++c) {
      for (int y = top; y < top + side; ++y) {
        const std::uint8_t* pixel = input->image->row(y) + static_cast<std::ptrdiff_t>(3) * left;
        for (int x = 0; x < side; ++x, pixel += 3) *to++ = values_[c][pixel[c]];
      }
    }
  });
}
std::string PatchesStep::describe() const { return cat("patches of ", input->patch_side, " by ", input->patch_side); }

void PositionTableStep::run(StepRun& run) const noexcept {
  const Rows rows = run.rows(x);
  parallel_rows(*run.ops, rows.n_tokens, [&](int, int t) noexcept {
    const RopePosition& position = run.positions[static_cast<std::size_t>(t)];
    const Taps vertical = taps_of(position[1], input->patch_rows(), table_side);
    const Taps horizontal = taps_of(position[2], input->patch_columns(), table_side);
    float* row = rows.row(t);
    for (std::size_t v = 0; v < 4; ++v) {
      for (std::size_t h = 0; h < 4; ++h) {
        const float* entry =
            table + (static_cast<std::ptrdiff_t>(vertical.at[v]) * table_side + horizontal.at[h]) * rows.width;
        const float weight = vertical.weights[v] * horizontal.weights[h];
        for (int i = 0; i < rows.width; ++i) row[i] += weight * entry[i];
      }
    }
  });
}
std::string PositionTableStep::describe() const { return cat("add positions of ", table_side, " by ", table_side); }

void MergeStep::run(StepRun& run) const noexcept {
  const Rows from = run.rows(in), to = run.rows(out);
  parallel_rows(*run.ops, to.n_tokens, [&](int, int t) noexcept {
    const int first = run.outputs[static_cast<std::size_t>(t)] * kMergedPatches;
    for (int i = 0; i < kMergedPatches; ++i) {
      std::memcpy(to.row(t) + static_cast<std::ptrdiff_t>(i) * from.width, from.row(first + i),
                  static_cast<std::size_t>(from.width) * sizeof(float));
    }
  });
}
std::string MergeStep::describe() const { return "merge squares of patches"; }

}  // namespace tenfold
