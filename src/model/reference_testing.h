// Test support: Reference reads a plan in double precision, straight from the formulas of plan/operators.h. Nothing of
// it is fast, blocked, rounded or kept from one text to the next: it is what every executor is compared with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image/rgb_image.h"
#include "model_file/gguf/gguf_file.h"
#include "plan/plan.h"

namespace tenfold {

// What the tokens of one text, or the patches of one image, are.
struct ReferenceInput {
  std::vector<std::int32_t> tokens;     // patches: any numbers
  std::vector<RopePosition> positions;  // [n_tokens]
  std::vector<std::int32_t> outputs;    // rows whose results are wanted; of patches: see MergeSquares
  const RgbImage* image = nullptr;      // of towers
  // Of each class of layers, the first token of what each token sees, and the last behind it. Empty: of a text.
  struct Sight {
    int begin = 0, end = 0;
  };
  std::vector<std::vector<Sight>> sights;  // [classes][n_tokens]
};

// Tokens of a text at the positions 0, 1, …, all of whose results are wanted.
ReferenceInput reference_text(std::span<const std::int32_t> tokens);

class Reference {
 public:
  // All must outlive it. n_ctx: the longest text, see RopeAngles.
  Reference(const GgufFile& file, const WeightTable& weights, const Plan& plan, int n_ctx)
      : file_(file), weights_(weights), plan_(plan), n_ctx_(n_ctx) {}

  // [n_outputs, vocab_size]
  std::vector<float> logits(const ReferenceInput& input);
  // [n_outputs, model_dim]
  std::vector<float> hidden(const ReferenceInput& input);
  // Of a tower: [n_outputs, out_dim]
  std::vector<float> result(const ReferenceInput& input);

  struct Rows {
    int n = 0, width = 0;
    std::vector<double> values;  // [n, width]

    [[nodiscard]] double* row(int i) { return values.data() + static_cast<std::ptrdiff_t>(i) * width; }
    [[nodiscard]] const double* row(int i) const { return values.data() + static_cast<std::ptrdiff_t>(i) * width; }
  };
  // The matrix of an expert, or whatever else a weight is, as its tensor or tensors say.
  Rows weight(WeightId id, int expert = 0) const;

 private:
  friend struct ReferenceRun;
  std::vector<float> run(const ReferenceInput& input, const std::vector<PlanOperator>& last, std::size_t n_body,
                         ValueId wanted);

  const GgufFile& file_;
  const WeightTable& weights_;
  const Plan& plan_;
  int n_ctx_;
};

}  // namespace tenfold
