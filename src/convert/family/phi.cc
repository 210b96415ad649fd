#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

constexpr std::string_view kClasses[] = {"Phi3ForCausalLM"};
constexpr std::string_view kTypes[] = {"phi3"};

constexpr TensorRule kFusedAttention[] = {
    {"self_attn.qkv_proj", "attn_qkv"},
    {"self_attn.o_proj", "attn_output"},
};

// What scores are multiplied with where the context was stretched.
Result<double> scores_factor(std::string_view rope_type, double n_ctx, double original_n_ctx) {
  const double log_scale = std::log(std::max(1.0, n_ctx / original_n_ctx));
  if (rope_type == "su" || rope_type == "longrope") return std::sqrt(1 + log_scale / std::log(original_n_ctx));
  if (rope_type == "yarn") return 0.1 * log_scale + 1;
  return unsupported("config.json: rope_type: expected longrope beside long_factor, found ", printable(rope_type));
}

// Two sets of factors for the rotations: up to the original context, and beyond it.
Status add_long_factors(Conversion& c, int n_ctx, int original_n_ctx, int n_rope_dims) {
  const ConfigView rope = c.config().rope();
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<double> longer, rope.reals({"long_factor"}));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<double> shorter, rope.reals({"short_factor"}));
  if (longer.empty() && shorter.empty()) return {};
  const auto expected = static_cast<std::size_t>(n_rope_dims / 2);
  if (longer.size() != expected || shorter.size() != expected) {
    return corrupt_data("config.json: long_factor and short_factor: expected ", expected, " numbers each, found ",
                        longer.size(), " and ", shorter.size());
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::string type, rope.string({"rope_type", "type"}, "default"));
  TENFOLD_ASSIGN_OR_RETURN(const double attention_factor, scores_factor(type, n_ctx, original_n_ctx));
  c.set("rope.scaling.attn_factor", attention_factor);
  c.add_values("rope_factors_long.weight", {longer.begin(), longer.end()});
  c.add_values("rope_factors_short.weight", {shorter.begin(), shorter.end()});
  return {};
}

Status describe(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, {.norm_eps = 1e-5}));
  const ConfigView& config = c.config();
  TENFOLD_ASSIGN_OR_RETURN(const int n_ctx, config.integer({"max_position_embeddings"}, 1, kMaxPositions));
  TENFOLD_ASSIGN_OR_RETURN(const int original_n_ctx,
                           config.rope().integer({"original_max_position_embeddings"}, 2, kMaxPositions, n_ctx));
  TENFOLD_ASSIGN_OR_RETURN(const int window, config.integer({"sliding_window"}, 0, kMaxPositions, 0));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rope_dims, n_rotated(c, 1));
  c.set("rope.scaling.original_context_length", original_n_ctx);
  c.set("rope.dimension_count", n_rope_dims);
  c.set("attention.sliding_window", window);
  TENFOLD_RETURN_IF_ERROR(add_long_factors(c, n_ctx, original_n_ctx, n_rope_dims));
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kFusedAttention, kFusedFfn}, layers.n_main);
}

constexpr Family kFamilies[] = {
    {"phi3", kClasses, kTypes, describe},
};

}  // namespace

const std::span<const Family> kPhiFamilies = kFamilies;

}  // namespace tenfold
