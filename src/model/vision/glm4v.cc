// glm4v: the tower of GLM-4.1V, AutoGLM-Phone and, without positions of patches and with norms of heads, GLM-OCR.
#include <cmath>

#include "base/error.h"
#include "model/vision/encoder.h"
#include "model/vision/projector.h"

namespace tenfold {

namespace {

constexpr float kLayerNormEps = 1e-5F;

Status read_spec(ArchMetadata& m, VisionSpec& spec) {
  m.ignore("vision.image_size");  // the table of positions says it
  // The processor counts both frames that a still stands for: 112², 9,633,792.
  spec.size_rule.min_pixels = 112 * 112 / 2;
  spec.size_rule.max_pixels = 9633792 / 2;
  spec.size_rule.widen_thin = true;
  spec.texts = {"<|begin_of_image|>", "<|image|>", "<|end_of_image|>"};
  return {};
}

Status bind(TensorBinder& binder, VisionSpec& spec, VisionWeights& w) {
  const int dim = spec.encoder.model_dim, out_dim = spec.out_dim;
  TENFOLD_ASSIGN_OR_RETURN(
      w.patches, binder.summed_convolutions("v.patch_embd.weight", "v.patch_embd.weight.1", dim, spec.patch_side));
  TENFOLD_ASSIGN_OR_RETURN(w.patch_bias, binder.vector("v.patch_embd.bias", dim));
  TENFOLD_ASSIGN_OR_RETURN(w.patch_norm, binder.optional_vector("v.norm_embd.weight", dim));
  if (binder.has("v.position_embd.weight")) {
    TENFOLD_ASSIGN_OR_RETURN(const int n_positions, binder.rows_of("v.position_embd.weight"));
    w.position_side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(n_positions))));
    if (w.position_side * w.position_side != n_positions) {
      return corrupt_data("tensor v.position_embd.weight: expected a square number of rows, found ", n_positions);
    }
    TENFOLD_ASSIGN_OR_RETURN(w.position_table, binder.table("v.position_embd.weight", n_positions, dim));
  }
  TENFOLD_RETURN_IF_ERROR(bind_encoder(binder, spec, w.layers));
  TENFOLD_ASSIGN_OR_RETURN(w.post_norm, binder.vector("v.post_ln.weight", dim));

  TENFOLD_ASSIGN_OR_RETURN(w.downsample,
                           binder.convolution_over_rows("mm.patch_merger.weight", out_dim, dim, kMergeSide));
  TENFOLD_ASSIGN_OR_RETURN(w.downsample_bias, binder.vector("mm.patch_merger.bias", out_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.project, binder.matrix("mm.model.fc.weight", out_dim, out_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.project_norm.weight, binder.vector("mm.post_norm.weight", out_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.project_norm.bias, binder.vector("mm.post_norm.bias", out_dim));
  TENFOLD_ASSIGN_OR_RETURN(const int merger_dim, binder.rows_of("mm.up.weight"));
  TENFOLD_ASSIGN_OR_RETURN(w.gate, binder.matrix("mm.gate.weight", merger_dim, out_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up, binder.matrix("mm.up.weight", merger_dim, out_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down, binder.matrix("mm.down.weight", out_dim, merger_dim));
  return {};
}

ValueId build(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& w) {
  ValueId x = embed_patches(b, spec, w);
  if (has(w.patch_norm)) x = b.norm(x, w.patch_norm, "x_normed");
  if (has(w.position_table)) {
    b.add_position_grid(x, {.table = w.position_table, .side = w.position_side, .patch_side = spec.patch_side});
  }
  build_encoder(b, spec, w, x);

  const ValueId merged = b.merge_squares(b.norm(x, w.post_norm, "normed"), kMergedPatches);
  const ValueId down = b.project(merged, w.downsample, w.downsample_bias, "downsampled");
  const ValueId projected = b.project(down, w.project, kNoWeight, "projected_out");
  b.layer_norm(projected, w.project_norm.weight, w.project_norm.bias, kLayerNormEps);
  b.gelu(projected);
  const ValueId gate = b.project(projected, w.gate, kNoWeight, "gate_out");
  const ValueId up = b.project(projected, w.up, kNoWeight, "up_out");
  return b.project(b.gate_mul(gate, up, spec.encoder.activation), w.down, kNoWeight, "rows");
}

}  // namespace

const Projector kGlm4v = {"glm4v", read_spec, bind, build};

}  // namespace tenfold
