#include "convert/family/decoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"
#include "convert/family.h"
#include "convert/family/limits.h"
#include "convert/sentence_modules.h"
#include "model/vector_settings.h"

namespace tenfold {

namespace {

constexpr std::size_t kComparedBytes = std::size_t{1} << 20;

constexpr TensorRule kPreNormRules[] = {
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "ffn_norm"},
};
constexpr TensorRule kAttentionRules[] = {
    {"self_attn.q_proj", "attn_q", kQueryRows},
    {"self_attn.k_proj", "attn_k", kKeyRows},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
};
constexpr TensorRule kHeadNormRules[] = {
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
};
constexpr TensorRule kGatedFfnRules[] = {
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
constexpr TensorRule kFusedFfnRules[] = {
    {"mlp.gate_up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};
constexpr TensorRule kExpertFfnRules[] = {
    {"mlp.gate", "ffn_gate_inp", kAllRows, Keep::kF32},
    {"mlp.experts.*.gate_proj", "ffn_gate_exps", kEveryExpert},
    {"mlp.experts.*.up_proj", "ffn_up_exps", kEveryExpert},
    {"mlp.experts.*.down_proj", "ffn_down_exps", kEveryExpert},
};

Result<bool> same_bytes(const SafetensorsFile& weights, const SafetensorsTensor& a, const SafetensorsTensor& b) {
  if (a.type != b.type || a.shape != b.shape) return false;
  std::vector<std::byte> from_a, from_b;
  for (std::uint64_t at = 0; at < a.n_bytes; at += kComparedBytes) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kComparedBytes, a.n_bytes - at));
    from_a.resize(n);
    from_b.resize(n);
    TENFOLD_RETURN_IF_ERROR(weights.read(a, at, from_a));
    TENFOLD_RETURN_IF_ERROR(weights.read(b, at, from_b));
    if (from_a != from_b) return false;
  }
  return true;
}

// The rows of the embedding, which the tokenizer's list must match: config.json may count fewer.
Result<int> embedding_rows(const Conversion& c) {
  const SafetensorsTensor* embedding = c.checkpoint().find("model.embed_tokens.weight");
  if (embedding == nullptr) {
    return not_found("tensor model.embed_tokens.weight: expected in the checkpoint of a ", c.architecture(),
                     " model, found nothing of that name; is a shard missing?");
  }
  if (embedding->shape.size() != 2 || embedding->shape[0] < 1 || embedding->shape[0] > kMaxSize) {
    return corrupt_data("tensor model.embed_tokens.weight: expected a matrix of at most ", kMaxSize, " rows");
  }
  return static_cast<int>(embedding->shape[0]);
}

Status read_sizes(Conversion& c, const DecoderDefaults& defaults) {
  const ConfigView& config = c.config();
  ModelSizes& s = c.sizes;
  TENFOLD_ASSIGN_OR_RETURN(s.model_dim, config.integer({"hidden_size"}, 1, kMaxSize));
  if (defaults.ffn_dim) {
    s.ffn_dim = *defaults.ffn_dim;
  } else {
    TENFOLD_ASSIGN_OR_RETURN(s.ffn_dim, config.integer({"intermediate_size"}, 1, kMaxSize));
  }
  TENFOLD_ASSIGN_OR_RETURN(s.n_heads, config.integer({"num_attention_heads"}, 1, kMaxHeads, defaults.n_heads));
  TENFOLD_ASSIGN_OR_RETURN(
      s.n_kv_heads, config.integer({"num_key_value_heads"}, 1, kMaxHeads, defaults.n_kv_heads.value_or(s.n_heads)));
  const int split_dim = std::max(1, s.model_dim / s.n_heads);
  TENFOLD_ASSIGN_OR_RETURN(s.head_dim,
                           config.integer({"head_dim"}, 2, kMaxHeads, defaults.head_dim.value_or(split_dim)));
  if (s.head_dim % 2 != 0) return corrupt_data("config.json: head_dim: expected an even number, found ", s.head_dim);
  TENFOLD_ASSIGN_OR_RETURN(s.vocab_size, embedding_rows(c));
  return {};
}

Status expect_activation(const ConfigView& config, std::string_view expected) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string found,
                           config.string({"hidden_activation", "hidden_act"}, std::string(expected)));
  if (found == expected) return {};
  return unsupported("config.json: hidden_act: expected ", expected, ", found ", printable(found));
}

bool makes_vectors_only(const Checkpoint& checkpoint) {
  return is_headless_class(checkpoint.config()) || has_sentence_modules(checkpoint);
}

// A model that sees has this setting twice, and only one of the two counts.
Result<bool> is_tied(const Conversion& c, bool fallback) {
  const auto read = [](const ConfigView& config, bool otherwise) {
    return config.boolean({"tie_embedding", "tie_word_embeddings"}, otherwise);
  };
  TENFOLD_ASSIGN_OR_RETURN(const bool of_text, read(c.config(), fallback));
  TENFOLD_ASSIGN_OR_RETURN(const bool of_all, read(ConfigView({&c.checkpoint().config()}), of_text));
  return of_text || of_all;
}

}  // namespace

const std::span<const TensorRule> kPreNorms = kPreNormRules;
const std::span<const TensorRule> kAttention = kAttentionRules;
const std::span<const TensorRule> kHeadNorms = kHeadNormRules;
const std::span<const TensorRule> kGatedFfn = kGatedFfnRules;
const std::span<const TensorRule> kFusedFfn = kFusedFfnRules;
const std::span<const TensorRule> kExpertFfn = kExpertFfnRules;

namespace {

// Attention to what comes later changes every row, and GGUF has no word for it in these architectures.
Status expect_causal(const ConfigView& config) {
  TENFOLD_ASSIGN_OR_RETURN(const bool sees_all, config.boolean({"use_bidirectional_attention"}, false));
  TENFOLD_ASSIGN_OR_RETURN(const bool causal, config.boolean({"is_causal"}, true));
  if (!sees_all && causal) return {};
  return unsupported("config.json: ", sees_all ? "use_bidirectional_attention: expected false, found true"
                                               : "is_causal: expected true, found false");
}

Status expect_settings(const ConfigView& config, std::string_view key) {
  const Json* found = config.find({key});
  if (found == nullptr || found->is_object()) return {};
  return corrupt_data("config.json: ", key, ": expected an object, found ", printable(found->dump()));
}

}  // namespace

Status write_decoder_keys(Conversion& c, const DecoderDefaults& defaults) {
  TENFOLD_RETURN_IF_ERROR(read_sizes(c, defaults));
  const ConfigView& config = c.config();
  TENFOLD_RETURN_IF_ERROR(expect_activation(config, defaults.activation));
  TENFOLD_RETURN_IF_ERROR(expect_causal(config));
  for (const char* const rope : {"rope_scaling", "rope_parameters"}) {
    TENFOLD_RETURN_IF_ERROR(expect_settings(config, rope));
  }
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_ctx,
                           config.integer({"max_position_embeddings"}, 1, kMaxPositions, defaults.n_ctx));
  TENFOLD_ASSIGN_OR_RETURN(const double eps, config.real({"rms_norm_eps"}, 0, 1, defaults.norm_eps));
  TENFOLD_ASSIGN_OR_RETURN(const double theta, config.rope().real({"rope_theta"}, 1, 1e12, defaults.rope_theta));
  c.set("block_count", layers.n_main + layers.n_extra);
  c.set("context_length", n_ctx);
  c.set("embedding_length", c.sizes.model_dim);
  c.set("feed_forward_length", c.sizes.ffn_dim);
  c.set("attention.head_count", c.sizes.n_heads);
  if (const auto& kv_heads = defaults.kv_heads_of_layers; !kv_heads.empty()) {
    c.set("attention.head_count_kv", std::vector<std::int32_t>(kv_heads.begin(), kv_heads.end()));
  } else {
    c.set("attention.head_count_kv", c.sizes.n_kv_heads);
  }
  c.set("attention.layer_norm_rms_epsilon", eps);
  c.set("rope.freq_base", theta);
  if (config.has("head_dim") || c.sizes.n_heads * c.sizes.head_dim != c.sizes.model_dim) {
    c.set("attention.key_length", c.sizes.head_dim);
    c.set("attention.value_length", c.sizes.head_dim);
  }
  return {};
}

Result<int> n_rotated(const Conversion& c, double default_factor) {
  TENFOLD_ASSIGN_OR_RETURN(const double factor,
                           c.config().rope().real({"partial_rotary_factor"}, 0, 1, default_factor));
  const int n = static_cast<int>(c.sizes.head_dim * factor);
  if (n >= 2 && n % 2 == 0) return n;
  return corrupt_data("config.json: partial_rotary_factor: expected an even number of ", c.sizes.head_dim,
                      " elements of a head, found ", n);
}

Result<LayerCount> count_layers(const Conversion& c) {
  TENFOLD_ASSIGN_OR_RETURN(const int n_main, c.config().integer({"num_hidden_layers"}, 1, kMaxLayers));
  const int n_present = c.checkpoint().count_numbered("model.layers.");
  if (n_present < n_main) {
    return not_found("tensors model.layers.", n_present, ".…: expected ", n_main, " layers by config.json, found ",
                     n_present, "; is a shard missing?");
  }
  return LayerCount{n_main, n_present - n_main};
}

Result<OutputHead> find_output_head(Conversion& c) {
  const SafetensorsTensor* head = c.checkpoint().find("lm_head.weight");
  const SafetensorsTensor* embedding = c.checkpoint().find("model.embed_tokens.weight");
  TENFOLD_ASSIGN_OR_RETURN(const bool tied, is_tied(c, head == nullptr));
  if (head == nullptr) {
    if (tied) return OutputHead::kTied;
    if (makes_vectors_only(c.checkpoint())) {
      c.set_global(VectorKeys::kHasOutputHead, GgufScalar(false));
      c.note("the checkpoint has no output head and is not tied to its embedding; the file makes vectors, not answers");
      return OutputHead::kTied;
    }
    return not_found(
        "tensor lm_head.weight: expected, as config.json's tie_word_embeddings is false, found nothing "
        "of that name; is a shard missing? (A model that only makes vectors has a class named …Model, or a "
        "modules.json.)");
  }
  if (!tied || embedding == nullptr) return OutputHead::kOwn;
  TENFOLD_ASSIGN_OR_RETURN(const bool same, same_bytes(c.checkpoint().weights(), *head, *embedding));
  if (!same) {
    c.note("config.json ties the output head to the embedding, but the checkpoint has one of its own; it is kept");
    return OutputHead::kOwn;
  }
  c.leave_out("lm_head.weight");
  return OutputHead::kTied;
}

Status take_layers(Conversion& c, std::initializer_list<std::span<const TensorRule>> tables, int first, int last) {
  TENFOLD_DCHECK(first >= 0 && first <= last);
  for (int layer = first; layer < last; ++layer) {
    for (const auto& table : tables) {
      TENFOLD_RETURN_IF_ERROR(c.take(table, cat("model.layers.", layer, "."), cat("blk.", layer, ".")));
    }
  }
  return {};
}

Status take_ends(Conversion& c, const TensorRule& last_norm) {
  const TensorRule ends[] = {
      {"model.embed_tokens", "token_embd"},
      last_norm,
      {"lm_head", "output"},
  };
  TENFOLD_ASSIGN_OR_RETURN(const OutputHead head, find_output_head(c));
  TENFOLD_RETURN_IF_ERROR(c.take(std::span(ends).first(head == OutputHead::kOwn ? 3 : 2)));
  c.leave_out("rotary_emb.inv_freq");  // computed from rope_theta
  for (const char* const tower : {"visual.", "vision_tower.", "multi_modal_projector."}) c.leave_out(tower);
  return {};
}

Status take_decoder(Conversion& c, std::initializer_list<std::span<const TensorRule>> tables, int n_layers) {
  TENFOLD_RETURN_IF_ERROR(take_ends(c));
  return take_layers(c, tables, 0, n_layers);
}

}  // namespace tenfold
