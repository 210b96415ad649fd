#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

// What GGUF has no key for, or none that all readers take alike.
Status expect_plain_yarn(const ConfigView& rope) {
  TENFOLD_ASSIGN_OR_RETURN(const bool truncate, rope.boolean({"truncate"}, true));
  if (!truncate) return unsupported("config.json: truncate: expected true beside yarn, found false");
  TENFOLD_ASSIGN_OR_RETURN(const double extrapolation, rope.real({"extrapolation_factor"}, 0, 1e6, 1.0));
  if (extrapolation != 1) {
    return unsupported("config.json: extrapolation_factor: expected 1, found ", extrapolation);
  }
  for (const std::string_view key : {"mscale", "mscale_all_dim"}) {
    if (rope.has(key)) return unsupported("config.json: ", key, ": expected none beside yarn, found one");
  }
  return {};
}

Status write_yarn(Conversion& c, const ConfigView& rope, double factor) {
  TENFOLD_RETURN_IF_ERROR(expect_plain_yarn(rope));
  TENFOLD_ASSIGN_OR_RETURN(const int n_ctx, rope.integer({"original_max_position_embeddings"}, 1, kMaxPositions));
  c.set("rope.scaling.original_context_length", n_ctx);
  for (const auto& [from, to] :
       {std::pair{"beta_fast", "rope.scaling.yarn_beta_fast"}, std::pair{"beta_slow", "rope.scaling.yarn_beta_slow"}}) {
    TENFOLD_ASSIGN_OR_RETURN(const double turns, rope.real({from}, 0, 1e6, 0.0));
    if (turns > 0) c.set(to, turns);  // 0 stands for the default
  }
  // Readers of GGUF multiply by 1 + 0.1·ln(factor) themselves; here attention_factor is all there is.
  if (rope.find({"attention_factor", "attn_factor"}) == nullptr) return {};
  TENFOLD_ASSIGN_OR_RETURN(const double amplitude, rope.real({"attention_factor", "attn_factor"}, 0, 100));
  c.set("rope.scaling.attn_factor", amplitude / (0.1 * std::log(factor) + 1));
  return {};
}

// Llama 3.1's way to longer contexts: slow rotations are slowed down by a factor, fast ones stay, in between it blends.
Status add_llama3_factors(Conversion& c, const ConfigView& rope) {
  TENFOLD_ASSIGN_OR_RETURN(const double theta, rope.real({"rope_theta"}, 1, 1e12, 10000.0));
  TENFOLD_ASSIGN_OR_RETURN(const double factor, rope.real({"factor"}, 1, 1e6, 8.0));
  TENFOLD_ASSIGN_OR_RETURN(const double low, rope.real({"low_freq_factor"}, 1e-3, 1e6, 1.0));
  TENFOLD_ASSIGN_OR_RETURN(const double high, rope.real({"high_freq_factor"}, 1e-3, 1e6, 4.0));
  TENFOLD_ASSIGN_OR_RETURN(const double n_ctx, rope.real({"original_max_position_embeddings"}, 1, 1e9, 8192.0));
  // In single precision throughout, as the reference implementations compute it.
  const auto stretch = static_cast<float>(factor);
  std::vector<float> factors;
  for (int i = 0; i < c.sizes.head_dim; i += 2) {
    const float exponent = static_cast<float>(i) / static_cast<float>(c.sizes.head_dim);
    const float frequency = 1.0F / std::pow(static_cast<float>(theta), exponent);
    const float wavelength = 2 * std::numbers::pi_v<float> / frequency;
    if (wavelength < n_ctx / high) {
      factors.push_back(1);
    } else if (wavelength > n_ctx / low) {
      factors.push_back(stretch);
    } else {
      const float turns = static_cast<float>(n_ctx) / wavelength;
      const float smooth = (turns - static_cast<float>(low)) / static_cast<float>(high - low);
      factors.push_back(1 / ((1 - smooth) / stretch + smooth));
    }
  }
  c.add_values("rope_freqs.weight", std::move(factors));
  return {};
}

}  // namespace

Status write_rope_scaling(Conversion& c) {
  const ConfigView rope = c.config().rope();
  TENFOLD_ASSIGN_OR_RETURN(const std::string type, rope.string({"rope_type", "type"}, "default"));
  TENFOLD_ASSIGN_OR_RETURN(std::vector<int> sections, rope.integers({"mrope_section"}));
  if (!sections.empty()) {
    sections.resize(4, 0);
    c.set("rope.dimension_sections", std::vector<std::int32_t>(sections.begin(), sections.end()));
  }
  if (type == "default" || type == "mrope" || type == "none") return {};
  if (type == "llama3") return add_llama3_factors(c, rope);
  if (type != "linear" && type != "yarn") {
    return unsupported("config.json: rope_type: expected default, linear, yarn or llama3, found ", printable(type));
  }
  TENFOLD_ASSIGN_OR_RETURN(const double factor, rope.real({"factor"}, type == "yarn" ? 1 : 0, 1e6));
  c.set("rope.scaling.type", type);
  c.set("rope.scaling.factor", factor);
  return type == "yarn" ? write_yarn(c, rope, factor) : Status();
}

}  // namespace tenfold
