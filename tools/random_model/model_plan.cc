#include "model_plan.h"

#include "base/error.h"

namespace tenfold::random_model {

namespace {

constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 40;
constexpr int kMaxSize = 1 << 20;
constexpr int kMaxLayers = 1024;

std::uint64_t product(int a, int b) { return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b); }

Status check_sizes(const ModelSizes& s) {
  for (const int size :
       {s.n_layers, s.model_dim, s.ffn_dim, s.n_heads, s.n_kv_heads, s.head_dim, s.vocab_size, s.n_ctx}) {
    if (size < 1 || size > kMaxSize) return invalid_argument("sizes: expected 1…", kMaxSize, ", found ", size);
  }
  if (s.n_layers > kMaxLayers) return invalid_argument("layers: expected 1…", kMaxLayers, ", found ", s.n_layers);
  if (s.n_heads % s.n_kv_heads != 0) {
    return invalid_argument("KV heads: expected a divisor of ", s.n_heads, ", found ", s.n_kv_heads);
  }
  if (s.head_dim % 2 != 0) return invalid_argument("head size: expected an even number, found ", s.head_dim);
  return {};
}

std::uint64_t n_weights(const std::vector<PlannedTensor>& tensors) {
  std::uint64_t n = 0;
  for (const PlannedTensor& tensor : tensors) n += tensor.n_rows * tensor.n_columns;
  return n;
}

ModelPlan plan_llama(const ModelSizes& s) {
  ModelPlan plan;
  const auto set = [&](const char* key, auto value) {
    plan.metadata.push_back({cat("llama.", key), GgufScalar(value)});
  };
  const auto set_size = [&](const char* key, int value) { set(key, static_cast<std::uint32_t>(value)); };
  set_size("block_count", s.n_layers);
  set_size("context_length", s.n_ctx);
  set_size("embedding_length", s.model_dim);
  set_size("feed_forward_length", s.ffn_dim);
  set_size("attention.head_count", s.n_heads);
  set_size("attention.head_count_kv", s.n_kv_heads);
  set_size("attention.key_length", s.head_dim);
  set_size("attention.value_length", s.head_dim);
  set_size("rope.dimension_count", s.head_dim);
  set_size("vocab_size", s.vocab_size);
  set("attention.layer_norm_rms_epsilon", 1e-5F);
  set("rope.freq_base", 10000.0F);

  const auto add = [&](const std::string& name, Role role, int layer, std::uint64_t n_rows, int n_columns) {
    plan.tensors.push_back({name, role, layer, n_rows, static_cast<std::uint64_t>(n_columns)});
  };
  const auto vocab_size = static_cast<std::uint64_t>(s.vocab_size);
  const std::uint64_t q_dim = product(s.n_heads, s.head_dim);
  const std::uint64_t kv_dim = product(s.n_kv_heads, s.head_dim);
  const auto ffn_dim = static_cast<std::uint64_t>(s.ffn_dim);
  const auto model_dim = static_cast<std::uint64_t>(s.model_dim);
  add("token_embd.weight", Role::kEmbedding, -1, vocab_size, s.model_dim);
  for (int i = 0; i < s.n_layers; ++i) {
    const auto name = [&](const char* part) { return cat("blk.", i, ".", part, ".weight"); };
    add(name("attn_norm"), Role::kNorm, i, 1, s.model_dim);
    add(name("attn_q"), Role::kQuery, i, q_dim, s.model_dim);
    add(name("attn_k"), Role::kKey, i, kv_dim, s.model_dim);
    add(name("attn_v"), Role::kValue, i, kv_dim, s.model_dim);
    add(name("attn_output"), Role::kAttentionOut, i, model_dim, s.n_heads * s.head_dim);
    add(name("ffn_norm"), Role::kNorm, i, 1, s.model_dim);
    add(name("ffn_gate"), Role::kGate, i, ffn_dim, s.model_dim);
    add(name("ffn_up"), Role::kUp, i, ffn_dim, s.model_dim);
    add(name("ffn_down"), Role::kDown, i, model_dim, s.ffn_dim);
  }
  add("output_norm.weight", Role::kNorm, -1, 1, s.model_dim);
  if (!s.tied_output) add("output.weight", Role::kOutput, -1, vocab_size, s.model_dim);
  return plan;
}

}  // namespace

Result<ModelPlan> plan_model(const std::string& architecture, const ModelSizes& sizes) {
  if (architecture != "llama") {
    return unsupported("architecture: expected llama, found ", printable(architecture));
  }
  TENFOLD_RETURN_IF_ERROR(check_sizes(sizes));
  if (product(sizes.n_heads, sizes.head_dim) > kMaxSize) {
    return invalid_argument("heads × head size: expected at most ", kMaxSize);
  }
  ModelPlan plan = plan_llama(sizes);
  plan.metadata.insert(plan.metadata.begin(), GgufEntry{"general.architecture", GgufScalar(architecture)});
  if (const std::uint64_t n = n_weights(plan.tensors); n > kMaxWeights) {
    return invalid_argument("sizes: expected at most ", kMaxWeights, " weights, found ", n);
  }
  return plan;
}

Result<ModelSizes> sizes_of_preset(const std::string& name) {
  if (name == "1b") {
    return ModelSizes{
        .n_layers = 22, .model_dim = 2048, .ffn_dim = 5632, .n_heads = 32, .n_kv_heads = 4, .head_dim = 64};
  }
  if (name == "9b") {
    return ModelSizes{.n_layers = 40,
                      .model_dim = 4096,
                      .ffn_dim = 13696,
                      .n_heads = 32,
                      .n_kv_heads = 2,
                      .head_dim = 128,
                      .vocab_size = 151552};
  }
  return invalid_argument("size: expected 1b or 9b, found ", printable(name));
}

}  // namespace tenfold::random_model
