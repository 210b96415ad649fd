#include "base/error.h"
#include "convert/family.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

constexpr std::string_view kClasses[] = {"BertModel", "BertForMaskedLM"};
constexpr std::string_view kTypes[] = {"bert"};

constexpr TensorRule kEmbeddings[] = {
    {"word_embeddings", "token_embd"},
    {"position_embeddings", "position_embd", kAllRows, Keep::kF32},
    {"token_type_embeddings", "token_types", kAllRows, Keep::kF32},
    {"LayerNorm", "token_embd_norm"},
};
constexpr TensorRule kLayer[] = {
    {"attention.self.query", "attn_q"},
    {"attention.self.key", "attn_k"},
    {"attention.self.value", "attn_v"},
    {"attention.output.dense", "attn_output"},
    {"attention.output.LayerNorm", "attn_output_norm"},
    {"intermediate.dense", "ffn_up"},
    {"output.dense", "ffn_down"},
    {"output.LayerNorm", "layer_output_norm"},
};

Status expect_text(const Conversion& c, std::string_view key, const std::string& expected) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string found, c.config().string({key}, expected));
  if (found == expected) return {};
  return unsupported("config.json: ", key, ": expected ", expected, ", found ", printable(found));
}

Status describe_bert(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(expect_text(c, "hidden_act", "gelu"));
  TENFOLD_RETURN_IF_ERROR(expect_text(c, "position_embedding_type", "absolute"));
  const ConfigView& config = c.config();
  TENFOLD_ASSIGN_OR_RETURN(const bool is_decoder, config.boolean({"is_decoder"}, false));
  if (is_decoder) return unsupported("config.json: is_decoder: expected false, found true");
  TENFOLD_ASSIGN_OR_RETURN(const int n_layers, config.integer({"num_hidden_layers"}, 1, kMaxLayers));
  TENFOLD_ASSIGN_OR_RETURN(const int n_positions, config.integer({"max_position_embeddings"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(c.sizes.model_dim, config.integer({"hidden_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(c.sizes.ffn_dim, config.integer({"intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(c.sizes.n_heads, config.integer({"num_attention_heads"}, 1, kMaxHeads));
  TENFOLD_ASSIGN_OR_RETURN(c.sizes.vocab_size, config.integer({"vocab_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(const int n_token_types, config.integer({"type_vocab_size"}, 1, kMaxSize, 2));
  TENFOLD_ASSIGN_OR_RETURN(const double eps, config.real({"layer_norm_eps"}, 0, 1, 1e-12));
  c.set("block_count", n_layers);
  c.set("context_length", n_positions);
  c.set("embedding_length", c.sizes.model_dim);
  c.set("feed_forward_length", c.sizes.ffn_dim);
  c.set("attention.head_count", c.sizes.n_heads);
  c.set("attention.layer_norm_epsilon", eps);
  c.set("attention.causal", false);
  c.set_global("tokenizer.ggml.token_type_count", GgufScalar(static_cast<std::uint32_t>(n_token_types)));

  TENFOLD_RETURN_IF_ERROR(c.take(kEmbeddings, "embeddings."));
  for (int layer = 0; layer < n_layers; ++layer) {
    TENFOLD_RETURN_IF_ERROR(c.take(kLayer, cat("encoder.layer.", layer, "."), cat("blk.", layer, ".")));
  }
  // Numbers that count up, and heads for other tasks.
  for (const char* part : {"position_ids", "pooler.", "cls."}) c.leave_out(part);
  return {};
}

constexpr Family kFamilies[] = {{"bert", kClasses, kTypes, describe_bert}};

}  // namespace

const std::span<const Family> kBertFamilies = kFamilies;

}  // namespace tenfold
