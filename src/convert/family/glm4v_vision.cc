#include "base/error.h"
#include "convert/family.h"
#include "convert/family/vision.h"

namespace tenfold {

namespace {

constexpr std::string_view kClasses[] = {"Glm4vForConditionalGeneration", "Glm46VForConditionalGeneration",
                                         "GlmOcrForConditionalGeneration"};
constexpr std::string_view kTypes[] = {"glm4v", "glm46v", "glm_ocr"};
constexpr int kMaxSize = 1 << 20;
constexpr int kMaxImage = 1 << 14;

constexpr TensorRule vector(std::string_view from, std::string_view to, bool optional = false) {
  return {from, to, kAllRows, Keep::kF32, 0, optional};
}
constexpr TensorRule kBlock[] = {
    vector("norm1", "ln1"),
    {"attn.qkv", "attn_qkv"},
    vector("attn.q_norm", "attn_q_norm", true),
    vector("attn.k_norm", "attn_k_norm", true),
    {"attn.proj", "attn_out"},
    vector("norm2", "ln2"),
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
constexpr TensorRule kEnds[] = {
    vector("visual.post_conv_layernorm", "v.norm_embd", true),
    {"visual.embeddings.position_embedding", "v.position_embd", kAllRows, Keep::kF32, 0, true},
    vector("visual.post_layernorm", "v.post_ln"),
    {"visual.downsample", "mm.patch_merger", kAllRows, Keep::kConvolution},
    {"visual.merger.proj", "mm.model.fc"},
    vector("visual.merger.post_projection_norm", "mm.post_norm"),
    {"visual.merger.gate_proj", "mm.gate"},
    {"visual.merger.up_proj", "mm.up"},
    {"visual.merger.down_proj", "mm.down"},
};

// Readers take the table for a square of any size; config.json says which.
Status expect_positions(const Conversion& c, int side) {
  const SafetensorsTensor* table = c.checkpoint().find("visual.embeddings.position_embedding.weight");
  const auto n = static_cast<std::uint64_t>(side) * static_cast<std::uint64_t>(side);
  if (table == nullptr || (!table->shape.empty() && table->shape[0] == n)) return {};
  return corrupt_data("tensor ", printable(table->name), ": expected ", n, " rows by config.json, found the shape ",
                      shape_text(table->shape));
}

Status describe(Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const ConfigView config, vision_config(c));
  TowerKeys keys = {};
  TENFOLD_ASSIGN_OR_RETURN(keys.image_size, config.integer({"image_size"}, 1, kMaxImage, 336));
  TENFOLD_ASSIGN_OR_RETURN(keys.patch_size, config.integer({"patch_size"}, 1, kMaxSize, 14));
  TENFOLD_ASSIGN_OR_RETURN(keys.model_dim, config.integer({"hidden_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.ffn_dim, config.integer({"intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_layers, config.integer({"depth"}, 1, 1024));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_heads, config.integer({"num_heads"}, 1, keys.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(keys.norm_eps, config.real({"rms_norm_eps"}, 0, 1, 1e-5));
  TENFOLD_ASSIGN_OR_RETURN(const std::string activation, config.string({"hidden_act"}, "silu"));
  TENFOLD_RETURN_IF_ERROR(expect_positions(c, keys.image_size / keys.patch_size));
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
