#include "base/error.h"
#include "convert/family.h"
#include "convert/family/vision.h"
#include "model/vision/vision_spec.h"

namespace tenfold {

namespace {

constexpr std::string_view kClasses[] = {"Qwen2_5_VLForConditionalGeneration", "Qwen2VLForConditionalGeneration"};
constexpr std::string_view kTypes[] = {"qwen2_5_vl", "qwen2_vl"};
constexpr int kMaxSize = 1 << 20;
constexpr int kMaxImage = 1 << 14;

constexpr TensorRule kAttention[] = {
    {"norm1", "ln1"},
    {"attn.qkv.weight", "attn_q.weight", part_of(3, 0)},
    {"attn.qkv.weight", "attn_k.weight", part_of(3, 1)},
    {"attn.qkv.weight", "attn_v.weight", part_of(3, 2)},
    {"attn.qkv.bias", "attn_q.bias", part_of(3, 0)},
    {"attn.qkv.bias", "attn_k.bias", part_of(3, 1)},
    {"attn.qkv.bias", "attn_v.bias", part_of(3, 2)},
    {"attn.proj", "attn_out"},
    {"norm2", "ln2"},
};
constexpr TensorRule kGated[] = {
    // Qwen2.5-VL
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
constexpr TensorRule kPlain[] = {
    // Qwen2-VL
    {"mlp.fc1", "ffn_up"},
    {"mlp.fc2", "ffn_down"},
};
constexpr TensorRule kMerger[] = {
    {"visual.merger.ln_q", "v.post_ln"},
    {"visual.merger.mlp.0", "mm.0"},
    {"visual.merger.mlp.2", "mm.2"},
};

// Blocks that see the whole image come after equal numbers of blocks that see windows: how many there are in all.
Status write_window_pattern(Conversion& c, const ConfigView& config) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<int> full, config.integers({"fullatt_block_indexes"}));
  if (full.empty()) return not_found("config.json: expected fullatt_block_indexes in vision_config, found none");
  const std::int64_t pattern = std::int64_t{full[0]} + 1;
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (pattern >= 1 && full[i] == pattern * static_cast<std::int64_t>(i + 1) - 1) continue;
    return unsupported("config.json: fullatt_block_indexes: expected equal distances, found ", full[i], " at place ",
                       i);
  }
  c.set("vision.n_wa_pattern", static_cast<int>(pattern));
  return {};
}

Status describe(Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const ConfigView config, vision_config(c));
  const bool older = config.has("embed_dim");  // Qwen2-VL, whose hidden_size is the text model's
  TowerKeys keys = {};
  TENFOLD_ASSIGN_OR_RETURN(keys.image_size, config.integer({"image_size"}, 1, kMaxImage, 560));
  TENFOLD_ASSIGN_OR_RETURN(keys.patch_size, config.integer({"patch_size"}, 1, kMaxSize, 14));
  TENFOLD_ASSIGN_OR_RETURN(keys.model_dim, config.integer({older ? "embed_dim" : "hidden_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.ffn_dim, config.integer({older ? "hidden_size" : "intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_layers, config.integer({"depth"}, 1, 1024));
  TENFOLD_ASSIGN_OR_RETURN(keys.n_heads, config.integer({"num_heads"}, 1, keys.model_dim));
  keys.norm_eps = 1e-6;  // no setting of the tower
  TENFOLD_ASSIGN_OR_RETURN(const int merge, config.integer({"spatial_merge_size"}, 1, 16, kMergeSide));
  if (merge != kMergeSide) {
    return unsupported("config.json: spatial_merge_size: expected ", kMergeSide, ", found ", merge);
  }
  TENFOLD_RETURN_IF_ERROR(write_tower_keys(c, older ? "qwen2vl_merger" : "qwen2.5vl_merger", keys));
  if (!older) {
    c.set("use_silu", true);
    TENFOLD_RETURN_IF_ERROR(write_window_pattern(c, config));
  }
  c.leave_out_all_but("visual.");
  c.leave_out("rotary_pos_emb.inv_freq");
  TENFOLD_RETURN_IF_ERROR(c.take(kPatchEmbedding));
  TENFOLD_RETURN_IF_ERROR(take_blocks(c, kAttention, keys.n_layers));
  TENFOLD_RETURN_IF_ERROR(take_blocks(c, older ? std::span<const TensorRule>(kPlain) : kGated, keys.n_layers));
  return c.take(kMerger);
}

}  // namespace

const Family kQwen2VlVision = {"clip", kClasses, kTypes, describe};

}  // namespace tenfold
