#include "base/error.h"
#include "convert/family.h"
#include "convert/family/vision.h"

namespace tenfold {

namespace {

using S = ModelSizes;

constexpr std::string_view kClasses[] = {"Glm4vForConditionalGeneration", "Glm46VForConditionalGeneration",
                                         "GlmOcrForConditionalGeneration"};
constexpr std::string_view kTypes[] = {"glm4v", "glm46v", "glm_ocr"};
constexpr int kMaxSize = 1 << 20;
constexpr int kMaxImage = 1 << 14;

constexpr TensorRule vector(std::string_view from, std::string_view to, Size size, bool optional = false) {
  return {from, to, size, nullptr, kAllRows, Keep::kF32, 0, optional};
}
constexpr TensorRule kBlock[] = {
    vector("norm1", "ln1", &S::model_dim),
    {"attn.qkv", "attn_qkv", &S::qkv_dim, &S::model_dim},
    vector("attn.q_norm", "attn_q_norm", &S::head_dim, true),
    vector("attn.k_norm", "attn_k_norm", &S::head_dim, true),
    {"attn.proj", "attn_out", &S::model_dim, &S::model_dim},
    vector("norm2", "ln2", &S::model_dim),
    {"mlp.gate_proj", "ffn_gate", &S::ffn_dim, &S::model_dim},
    {"mlp.up_proj", "ffn_up", &S::ffn_dim, &S::model_dim},
    {"mlp.down_proj", "ffn_down", &S::model_dim, &S::ffn_dim},
};
constexpr TensorRule kEnds[] = {
    vector("visual.post_conv_layernorm", "v.norm_embd", &S::model_dim, true),
    {"visual.embeddings.position_embedding", "v.position_embd", &S::n_positions, &S::model_dim, kAllRows, Keep::kF32, 0,
     true},
    vector("visual.post_layernorm", "v.post_ln", &S::model_dim),
    {"visual.downsample", "mm.patch_merger", &S::text_dim, nullptr, kAllRows, Keep::kConvolution},
    {"visual.merger.proj", "mm.model.fc", &S::text_dim, &S::text_dim},
    vector("visual.merger.post_projection_norm", "mm.post_norm", &S::text_dim),
    {"visual.merger.gate_proj", "mm.gate", &S::merged_dim, &S::text_dim},
    {"visual.merger.up_proj", "mm.up", &S::merged_dim, &S::text_dim},
    {"visual.merger.down_proj", "mm.down", &S::text_dim, &S::merged_dim},
};

Status describe(Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const ConfigView config, vision_config(c));
  ModelSizes& s = c.sizes;
  TowerKeys keys = {};
  TENFOLD_ASSIGN_OR_RETURN(keys.image_size, config.integer({"image_size"}, 1, kMaxImage, 336));
  TENFOLD_ASSIGN_OR_RETURN(keys.patch_size, config.integer({"patch_size"}, 1, kMaxSize, 14));
  TENFOLD_ASSIGN_OR_RETURN(keys.model_dim, config.integer({"hidden_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.ffn_dim, config.integer({"intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_layers, config.integer({"depth"}, 1, 1024));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_heads, config.integer({"num_heads"}, 1, keys.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(keys.norm_eps, config.real({"rms_norm_eps"}, 0, 1, 1e-5));
  TENFOLD_ASSIGN_OR_RETURN(s.text_dim, config.integer({"out_hidden_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(const std::string activation, config.string({"hidden_act"}, "silu"));
  s.model_dim = keys.model_dim;
  s.head_dim = keys.model_dim / keys.n_heads;
  s.qkv_dim = 3 * keys.model_dim;
  s.n_positions = keys.image_size / keys.patch_size * (keys.image_size / keys.patch_size);
  // intermediate_size is the merger's width in some checkpoints and the blocks' in others.
  TENFOLD_ASSIGN_OR_RETURN(s.ffn_dim, rows_of(c, "visual.blocks.0.mlp.gate_proj.weight"));
  TENFOLD_ASSIGN_OR_RETURN(s.merged_dim, rows_of(c, "visual.merger.gate_proj.weight"));
  TENFOLD_RETURN_IF_ERROR(write_tower_keys(c, "glm4v", keys));
  c.set(activation == "gelu" ? "use_gelu" : "use_silu", true);
  c.leave_out_all_but("visual.");
  c.leave_out("rotary_pos_emb.inv_freq");
  TENFOLD_RETURN_IF_ERROR(c.take(kPatchEmbedding));
  TENFOLD_RETURN_IF_ERROR(take_blocks(c, kBlock, keys.n_layers));
  return c.take(kEnds);
}

}  // namespace

const Family kGlm4vVision = {"clip", kClasses, kTypes, describe};

}  // namespace tenfold
