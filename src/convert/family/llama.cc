#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"

namespace tenfold {

namespace {

constexpr std::string_view kLlamaClasses[] = {"LlamaForCausalLM", "MistralForCausalLM"};
constexpr std::string_view kLlamaTypes[] = {"llama", "mistral"};
constexpr std::string_view kSmollm3Classes[] = {"SmolLM3ForCausalLM"};
constexpr std::string_view kSmollm3Types[] = {"smollm3"};

// Mistral's first models see no further than a window.
Status write_window(Conversion& c) {
  if (!c.config().has("sliding_window")) return {};
  TENFOLD_ASSIGN_OR_RETURN(const int window, c.config().integer({"sliding_window"}, 1, 1 << 28));
  TENFOLD_ASSIGN_OR_RETURN(const int n_ctx, c.config().integer({"max_position_embeddings"}, 1, 1 << 28));
  if (window < n_ctx) c.set("attention.sliding_window", window);
  return {};
}

Status describe_interleaved(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, {.norm_eps = 1e-6}));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  c.set("vocab_size", c.sizes.vocab_size);
  c.set("rope.dimension_count", c.sizes.head_dim);
  TENFOLD_RETURN_IF_ERROR(write_window(c));
  c.order_heads(HeadOrder::kHalvesToPairs, c.sizes.head_dim);
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kAttention, kGatedFfn}, layers.n_main);
}

// GGUF has no key for which layers rotate: readers take the published model's every-fourth pattern.
Status describe_smollm3(Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<int> rotates, c.config().integers({"no_rope_layers"}));
  for (std::size_t i = 0; i < rotates.size(); ++i) {
    if ((rotates[i] == 0) == ((i + 1) % 4 == 0)) continue;
    return unsupported("config.json: no_rope_layers: expected every fourth layer without rotation, found layer ", i,
                       rotates[i] == 0 ? " without" : " with", " one");
  }
  return describe_interleaved(c);
}

constexpr Family kFamilies[] = {
    {"llama", kLlamaClasses, kLlamaTypes, describe_interleaved},
    {"smollm3", kSmollm3Classes, kSmollm3Types, describe_smollm3},
};

}  // namespace

const std::span<const Family> kLlamaFamilies = kFamilies;

}  // namespace tenfold
