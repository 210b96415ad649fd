// qwen2.5vl_merger: the tower of Qwen2.5-VL, most of whose layers see windows only.
#include "base/error.h"
#include "model/vision/encoder.h"
#include "model/vision/projector.h"

namespace tenfold {

namespace {

constexpr int kWindowPixels = 112;  // of a side, where the file says nothing

Status read_spec(ArchMetadata& m, VisionSpec& spec) {
  m.ignore("vision.image_size");  // images of all sizes are taken
  TENFOLD_ASSIGN_OR_RETURN(const int window, m.integer("vision.window_size", 1, 1 << 16, kWindowPixels));
  TENFOLD_ASSIGN_OR_RETURN(spec.full_interval, m.integer("vision.n_wa_pattern", 1, 1024));
  spec.window_side = window / spec.patch_side / kMergeSide * kMergeSide;
  if (spec.window_side == 0) {
    return corrupt_data("key clip.vision.window_size: expected at least ", spec.size_rule.factor, ", found ", window);
  }
  spec.size_rule.min_pixels = 56 * 56;
  spec.size_rule.max_pixels = 12845056;
  spec.texts = {"<|vision_start|>", "<|image_pad|>", "<|vision_end|>"};
  return {};
}

Status bind(TensorBinder& binder, VisionSpec& spec, VisionWeights& w) {
  const int dim = spec.encoder.model_dim, merged_dim = dim * kMergedPatches;
  TENFOLD_ASSIGN_OR_RETURN(
      w.patches, binder.summed_convolutions("v.patch_embd.weight", "v.patch_embd.weight.1", dim, spec.patch_side));
  TENFOLD_RETURN_IF_ERROR(bind_encoder(binder, spec, w.layers));
  TENFOLD_ASSIGN_OR_RETURN(w.post_norm, binder.vector("v.post_ln.weight", dim));
  TENFOLD_ASSIGN_OR_RETURN(w.first, binder.matrix("mm.0.weight", merged_dim, merged_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.first_bias, binder.vector("mm.0.bias", merged_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.second, binder.matrix("mm.2.weight", spec.out_dim, merged_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.second_bias, binder.vector("mm.2.bias", spec.out_dim));
  return {};
}

ValueId build(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& w) {
  const ValueId x = embed_patches(b, spec, w);
  build_encoder(b, spec, w, x);
  const ValueId merged = b.merge_squares(b.norm(x, w.post_norm, "normed"), kMergedPatches);
  const ValueId inner = b.project(merged, w.first, w.first_bias, "inner");
  b.gelu(inner);
  return b.project(inner, w.second, w.second_bias, "rows");
}

}  // namespace

const Projector kQwen25Vl = {"qwen2.5vl_merger", read_spec, bind, build};

}  // namespace tenfold
