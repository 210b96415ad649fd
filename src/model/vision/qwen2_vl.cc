// qwen2vl_merger: the tower of Qwen2-VL, as far as writing its files needs: which tensors they have. It is not run.
#include <string>

#include "base/cat.h"
#include "base/error.h"
#include "model/attention_layer.h"
#include "model/vision/projector.h"

namespace tenfold {

namespace {

Status read_spec(ArchMetadata& m, VisionSpec& /*spec*/) {
  m.ignore("vision.image_size");
  return {};
}

Status bind_norm(TensorBinder& binder, const std::string& name, int n) {
  TENFOLD_RETURN_IF_ERROR(binder.vector(name + ".weight", n).status());
  return binder.vector(name + ".bias", n).status();
}

Status bind_linear(TensorBinder& binder, const std::string& name, int n, int k) {
  TENFOLD_RETURN_IF_ERROR(binder.matrix(name + ".weight", n, k).status());
  return binder.vector(name + ".bias", n).status();
}

Status bind_layer(TensorBinder& binder, const ArchSpec& encoder, int layer, int ffn_dim) {
  const std::string prefix = cat("v.blk.", layer, ".");
  const int dim = encoder.model_dim;
  LayerWeights weights;
  TENFOLD_RETURN_IF_ERROR(bind_norm(binder, prefix + "ln1", dim));
  TENFOLD_RETURN_IF_ERROR(bind_split_qkv(binder, encoder, {layer, prefix}, weights));
  TENFOLD_RETURN_IF_ERROR(bind_linear(binder, prefix + "attn_out", dim, dim));
  TENFOLD_RETURN_IF_ERROR(bind_norm(binder, prefix + "ln2", dim));
  TENFOLD_RETURN_IF_ERROR(bind_linear(binder, prefix + "ffn_up", ffn_dim, dim));
  return bind_linear(binder, prefix + "ffn_down", dim, ffn_dim);
}

Status bind(TensorBinder& binder, VisionSpec& spec, VisionWeights& w) {
  const int dim = spec.encoder.model_dim, merged_dim = dim * kMergedPatches;
  TENFOLD_ASSIGN_OR_RETURN(
      w.patches, binder.summed_convolutions("v.patch_embd.weight", "v.patch_embd.weight.1", dim, spec.patch_side));
  TENFOLD_ASSIGN_OR_RETURN(const int ffn_dim, binder.rows_of("v.blk.0.ffn_up.weight"));
  for (int i = 0; i < spec.encoder.n_layers; ++i) {
    TENFOLD_RETURN_IF_ERROR(bind_layer(binder, spec.encoder, i, ffn_dim));
  }
  TENFOLD_RETURN_IF_ERROR(bind_norm(binder, "v.post_ln", dim));
  TENFOLD_RETURN_IF_ERROR(bind_linear(binder, "mm.0", merged_dim, merged_dim));
  return bind_linear(binder, "mm.2", spec.out_dim, merged_dim);
}

}  // namespace

const Projector kQwen2VlTower = {"qwen2vl_merger", read_spec, bind, nullptr};

}  // namespace tenfold
