// What the decoder families have in common: the keys, and the tables that most of them share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "convert/conversion.h"

namespace tenfold {

// What a family's definition says where config.json is silent, or says it in words of the family's own.
struct DecoderDefaults {
  std::optional<int> n_heads = {};
  std::optional<int> n_kv_heads = {};
  std::optional<int> head_dim = {};
  std::optional<int> n_ctx = {};
  std::optional<double> norm_eps = {};
  double rope_theta = 10000;
  std::string_view activation = "silu";  // the only one that readers of the architecture know
  std::optional<int> ffn_dim = {};       // intermediate_size is not asked for then
  // 0 for a layer without attention; empty: as many in every layer.
  std::span<const std::int32_t> kv_heads_of_layers = {};
};

// Reads the sizes into conversion.sizes and writes the keys that nearly every decoder has.
Status write_decoder_keys(Conversion& conversion, const DecoderDefaults& defaults = {});
// rope.scaling.* and rope.dimension_sections, as far as config.json has any.
Status write_rope_scaling(Conversion& conversion);
// The part of each head that is rotated.
Result<int> n_rotated(const Conversion& conversion, double default_factor);

// The layers that config.json counts, and those behind them that the checkpoint holds (they predict further tokens).
struct LayerCount {
  int n_main;
  int n_extra;
};
Result<LayerCount> count_layers(const Conversion& conversion);

enum class OutputHead : std::uint8_t { kOwn, kTied };
// Whether there is an output head to write: a tied one is not, unless the checkpoint has it with other numbers.
Result<OutputHead> find_output_head(Conversion& conversion);

// Embedding, layers, last norm and head: each layer by the tables in turn. Leaves out what no decoder needs.
Status take_decoder(Conversion& conversion, std::initializer_list<std::span<const TensorRule>> layer_tables,
                    int n_layers);
// The layers first…last − 1.
Status take_layers(Conversion& conversion, std::initializer_list<std::span<const TensorRule>> tables, int first,
                   int last);
inline constexpr TensorRule kLastNorm = {"model.norm", "output_norm"};
Status take_ends(Conversion& conversion, const TensorRule& last_norm = kLastNorm);

// Rows of queries and keys as they are in the checkpoint, or in heads' order (Conversion::order_heads).
extern const std::span<const TensorRule> kPreNorms, kAttention, kHeadNorms, kGatedFfn, kFusedFfn, kExpertFfn;

}  // namespace tenfold
