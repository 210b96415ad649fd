#include "convert/family/vision.h"

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr TensorRule kPatchRules[] = {
    {"visual.patch_embed.proj.weight", "v.patch_embd.weight", slice_of(2, 0, 2), Keep::kConvolution},
    {"visual.patch_embed.proj.weight", "v.patch_embd.weight.1", slice_of(2, 1, 2), Keep::kConvolution},
    {"visual.patch_embed.proj.bias", "v.patch_embd.bias", kAllRows, Keep::kF32, 0, true},
};

// How pixels become numbers around 0. Every tower here takes CLIP's where its processor's file says nothing.
struct PixelKey {
  const char* from;
  const char* to;
  float of_clip[3];
};
constexpr PixelKey kPixelKeys[] = {
    {"image_mean", "clip.vision.image_mean", {0.48145466F, 0.4578275F, 0.40821073F}},
    {"image_std", "clip.vision.image_std", {0.26862954F, 0.26130258F, 0.27577711F}},
};

const Json* find_member(const std::optional<Json>& json, const char* key) { return json ? json->find(key) : nullptr; }

Status write_pixel_keys(Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> image, c.checkpoint().read_object("preprocessor_config.json"));
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> all, c.checkpoint().read_object("processor_config.json"));
  std::vector<const Json*> objects;
  if (const Json* nested = find_member(all, "image_processor")) objects.push_back(nested);
  if (image) objects.push_back(&*image);
  const ConfigView processor(objects);
  if (!processor.has("image_mean"))
    c.note("the checkpoint has no image processor's file; pixels are normalised as CLIP's");
  for (const PixelKey& key : kPixelKeys) {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<double> found, processor.reals({key.from}));
    if (!found.empty() && found.size() != 3) {
      return corrupt_data("the image processor's ", key.from, ": expected 3 numbers, found ", found.size());
    }
    std::vector<float> values(found.begin(), found.end());
    if (values.empty()) values.assign(std::begin(key.of_clip), std::end(key.of_clip));
    c.set_global(key.to, GgufArray(std::move(values)));
  }
  return {};
}

}  // namespace

const std::span<const TensorRule> kPatchEmbedding = kPatchRules;

Result<ConfigView> vision_config(const Conversion& c) {
  const Json& config = c.checkpoint().config();
  const Json* vision = config.find("vision_config");
  if (vision != nullptr && vision->is_object()) return ConfigView({vision});
  return not_found("config.json: expected a vision_config, found none");
}

Status write_tower_keys(Conversion& c, const char* projector, const TowerKeys& keys) {
  TENFOLD_ASSIGN_OR_RETURN(const int text_dim, c.config().integer({"hidden_size"}, 1, 1 << 24));
  c.set("has_vision_encoder", true);
  c.set("projector_type", std::string(projector));
  c.set("vision.projection_dim", text_dim);
  c.set("vision.image_size", keys.image_size);
  c.set("vision.patch_size", keys.patch_size);
  c.set("vision.embedding_length", keys.model_dim);
  c.set("vision.feed_forward_length", keys.ffn_dim);
  c.set("vision.block_count", keys.n_layers);
  c.set("vision.attention.head_count", keys.n_heads);
  c.set("vision.attention.layer_norm_epsilon", keys.norm_eps);
  return write_pixel_keys(c);
}

Status take_blocks(Conversion& c, std::span<const TensorRule> rules, int n_layers) {
  for (int layer = 0; layer < n_layers; ++layer) {
    TENFOLD_RETURN_IF_ERROR(c.take(rules, cat("visual.blocks.", layer, "."), cat("v.blk.", layer, ".")));
  }
  return {};
}

}  // namespace tenfold
