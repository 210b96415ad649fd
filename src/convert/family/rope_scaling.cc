#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "base/error.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

Status write_yarn(Conversion& c, const ConfigView& rope) {
  TENFOLD_ASSIGN_OR_RETURN(const int n_ctx, rope.integer({"original_max_position_embeddings"}, 1, kMaxPositions));
  c.set("rope.scaling.original_context_length", n_ctx);
  struct Factor {
    const char* from;
    const char* older;
    const char* to;
  };
  constexpr Factor kFactors[] = {
      {"extrapolation_factor", "extrapolation_factor", "rope.scaling.yarn_ext_factor"},
      {"attention_factor", "attn_factor", "rope.scaling.yarn_attn_factor"},
      {"beta_fast", "beta_fast", "rope.scaling.yarn_beta_fast"},
      {"beta_slow", "beta_slow", "rope.scaling.yarn_beta_slow"},
  };
  for (const Factor& factor : kFactors) {
    if (rope.find({factor.from, factor.older}) == nullptr) continue;
    TENFOLD_ASSIGN_OR_RETURN(const double value, rope.real({factor.from, factor.older}, 0, 1e6));
    c.set(factor.to, value);
  }
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
  TENFOLD_ASSIGN_OR_RETURN(const double factor, rope.real({"factor"}, 0, 1e6));
  c.set("rope.scaling.type", type);
  c.set("rope.scaling.factor", factor);
  return type == "yarn" ? write_yarn(c, rope) : Status();
}

}  // namespace tenfold
