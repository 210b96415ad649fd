#include "model/vision/projector.h"

#include <cmath>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr const Projector* kProjectors[] = {&kGlm4v, &kQwen25Vl, &kQwen2VlTower};

constexpr int kMaxVisionDim = 1 << 16;
constexpr int kMaxVisionLayers = 1024;
constexpr int kMaxVisionHeads = 1024;

std::string known_projectors() {
  std::string known;
  for (const Projector* projector : kProjectors) {
    if (projector->runs()) known += cat(known.empty() ? "" : ", ", projector->name);
  }
  return known;
}

Result<const Projector*> find_projector(ArchMetadata& m, ProjectorUse use) {
  TENFOLD_ASSIGN_OR_RETURN(std::string name, m.string("projector_type", ""));
  if (name.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(name, m.string("vision.projector_type", ""));
  }
  if (name.empty()) {
    return unsupported("key clip.projector_type: expected one of ", known_projectors(),
                       ", not in the file; it was made by an old or another converter");
  }
  for (const Projector* projector : kProjectors) {
    const bool fits = projector->runs() || use == ProjectorUse::kWrite;
    if (fits && name == projector->name) return projector;
  }
  return unsupported("key clip.projector_type: expected one of ", known_projectors(), "; found ", printable(name));
}

Status expect_vision_only(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(const bool vision, m.boolean("has_vision_encoder", false));
  if (!vision) return unsupported("key clip.has_vision_encoder: expected true, found false or nothing");
  TENFOLD_ASSIGN_OR_RETURN(const bool audio, m.boolean("has_audio_encoder", false));
  if (audio) return unsupported("key clip.has_audio_encoder: expected false, found true");
  TENFOLD_ASSIGN_OR_RETURN(const bool gelu, m.boolean("use_gelu", false));
  if (gelu) return unsupported("key clip.use_gelu: expected false, found true");
  TENFOLD_ASSIGN_OR_RETURN(const bool silu, m.boolean("use_silu", true));
  if (!silu) return unsupported("key clip.use_silu: expected true, found false");
  return {};
}

Result<std::array<float, 3>> channels(const GgufMetadata& metadata, ArchMetadata& m, const std::string& key) {
  m.ignore(key);
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> values, metadata.floats("clip." + key));
  if (values.size() != 3) return corrupt_data("key clip.", key, ": expected 3 numbers, found ", values.size());
  for (const float value : values) {
    if (!std::isfinite(value)) return corrupt_data("key clip.", key, ": expected finite numbers, found others");
  }
  return std::array<float, 3>{values[0], values[1], values[2]};
}

Result<VisionSpec> read_common(const GgufMetadata& metadata, ArchMetadata& m) {
  VisionSpec spec;
  ArchSpec& encoder = spec.encoder;
  TENFOLD_ASSIGN_OR_RETURN(encoder.n_layers, m.integer("vision.block_count", 1, kMaxVisionLayers));
  TENFOLD_ASSIGN_OR_RETURN(encoder.model_dim, m.integer("vision.embedding_length", 4, kMaxVisionDim));
  TENFOLD_ASSIGN_OR_RETURN(const int n_heads, m.integer("vision.attention.head_count", 1, kMaxVisionHeads));
  TENFOLD_ASSIGN_OR_RETURN(encoder.norm_eps, m.real("vision.attention.layer_norm_epsilon", 0, 1));
  TENFOLD_ASSIGN_OR_RETURN(spec.out_dim, m.integer("vision.projection_dim", 1, kMaxVisionDim));
  TENFOLD_ASSIGN_OR_RETURN(spec.patch_side, m.integer("vision.patch_size", 1, 256));
  TENFOLD_ASSIGN_OR_RETURN(const int merge, m.integer("vision.spatial_merge_size", 1, 64, kMergeSide));
  if (merge != kMergeSide) {
    return unsupported("key clip.vision.spatial_merge_size: expected ", kMergeSide, ", found ", merge);
  }
  m.ignore("vision.feed_forward_length");  // the tensors say it
  if (encoder.model_dim % n_heads != 0 || encoder.model_dim / n_heads % 4 != 0) {
    return corrupt_data("key clip.vision.attention.head_count: expected heads of a multiple of 4 elements, found ",
                        n_heads, " for ", encoder.model_dim);
  }
  encoder.architecture = "clip";
  const int head_dim = encoder.model_dim / n_heads;
  encoder.layers.assign(static_cast<std::size_t>(encoder.n_layers),
                        {.n_heads = n_heads, .n_kv_heads = n_heads, .head_dim = head_dim});
  encoder.attention_scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  encoder.attention_mask = AttentionMask::kNone;
  encoder.rope = RopeLayout::kNeox;
  encoder.n_rope_dims = head_dim;
  spec.size_rule.factor = spec.patch_side * kMergeSide;

  TENFOLD_ASSIGN_OR_RETURN(spec.mean, channels(metadata, m, "vision.image_mean"));
  TENFOLD_ASSIGN_OR_RETURN(spec.deviation, channels(metadata, m, "vision.image_std"));
  for (const float deviation : spec.deviation) {
    if (!(deviation > 0)) return corrupt_data("key clip.vision.image_std: expected numbers above 0, found ", deviation);
  }
  return spec;
}

// A file may say other limits than its projector's.
Status read_limits(ArchMetadata& m, TargetSizeRule& rule) {
  const auto read = [&](const char* key, std::int64_t& limit) -> Status {
    if (!m.has(key)) return {};
    TENFOLD_ASSIGN_OR_RETURN(limit, m.integer(key, rule.factor * rule.factor, 1 << 30));
    return {};
  };
  TENFOLD_RETURN_IF_ERROR(read("vision.image_min_pixels", rule.min_pixels));
  TENFOLD_RETURN_IF_ERROR(read("vision.image_max_pixels", rule.max_pixels));
  if (rule.min_pixels > rule.max_pixels) {
    return corrupt_data("key clip.vision.image_min_pixels: expected at most ", rule.max_pixels, ", found ",
                        rule.min_pixels);
  }
  return {};
}

}  // namespace

Result<ProjectorSpec> read_projector_spec(const GgufMetadata& metadata, ProjectorUse use) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string architecture, metadata.string("general.architecture"));
  if (architecture != kTowerArchitecture) {
    return unsupported("vision tower: expected an mmproj file (architecture clip), found ", printable(architecture));
  }
  ArchMetadata m(metadata, "clip");
  TENFOLD_ASSIGN_OR_RETURN(const Projector* projector, find_projector(m, use));
  TENFOLD_RETURN_IF_ERROR(expect_vision_only(m));
  TENFOLD_ASSIGN_OR_RETURN(VisionSpec spec, read_common(metadata, m));
  spec.projector = projector->name;
  TENFOLD_RETURN_IF_ERROR(projector->read_spec(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_limits(m, spec.size_rule));
  TENFOLD_RETURN_IF_ERROR(m.expect_all_known());
  return ProjectorSpec{projector, std::move(spec)};
}

ValueId embed_patches(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights) {
  const ValueId patches = b.patches({.side = spec.patch_side, .mean = spec.mean, .deviation = spec.deviation});
  return b.project(patches, weights.patches, weights.patch_bias, "x");
}

}  // namespace tenfold
