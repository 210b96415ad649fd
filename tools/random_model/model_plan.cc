#include "model_plan.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace tenfold::random_model {

namespace {

constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 40;
constexpr int kMaxSize = 1 << 20;
constexpr int kMaxLayers = 1024;

std::uint64_t product(int a, int b) { return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b); }

Status check_sizes(const ModelSizes& s) {
  for (const int size :
       {s.n_layers, s.model_dim, s.ffn_dim, s.n_heads, s.n_kv_heads, s.head_dim, s.vocab_size, s.n_ctx, s.n_experts}) {
    if (size < 1 || size > kMaxSize) return invalid_argument("sizes: expected 1…", kMaxSize, ", found ", size);
  }
  if (s.n_layers > kMaxLayers) return invalid_argument("layers: expected 1…", kMaxLayers, ", found ", s.n_layers);
  if (s.n_heads % s.n_kv_heads != 0) {
    return invalid_argument("KV heads: expected a divisor of ", s.n_heads, ", found ", s.n_kv_heads);
  }
  if (s.head_dim % 2 != 0) return invalid_argument("head size: expected an even number, found ", s.head_dim);
  if (product(s.n_heads, s.head_dim) > kMaxSize) {
    return invalid_argument("heads × head size: expected at most ", kMaxSize);
  }
  if (s.n_experts_used < 1 || s.n_experts_used > s.n_experts) {
    return invalid_argument("experts of a token: expected 1…", s.n_experts, ", found ", s.n_experts_used);
  }
  return {};
}

std::uint64_t n_weights(const std::vector<PlannedTensor>& tensors) {
  std::uint64_t n = 0;
  for (const PlannedTensor& tensor : tensors) n += tensor.n_rows * tensor.n_columns * tensor.n_matrices;
  return n;
}

// What a family's files have beside llama's.
struct Family {
  const char* name;
  const char* architecture;
  bool qkv_bias = false;
  bool fused_qkv = false;
  bool fused_gate = false;  // the gate lies above the up projection in one tensor
  bool qk_norm = false;
  bool post_norms = false;
  bool rotates_half = false;  // of a head
  bool sections = false;      // rope by time, height and width
  bool experts = false;
  bool shared_expert = false;  // and a first layer without experts
  const char* ffn_norm = "ffn_norm";
  const char* last_norm = "output_norm";
  int sliding_window = 0;
  float rope_base = 10000;
  int n_taps = 0;  // of the convolution that most layers have instead of attention
};

constexpr Family kFamilies[] = {
    {.name = "llama", .architecture = "llama"},
    {.name = "qwen2", .architecture = "qwen2", .qkv_bias = true},
    {.name = "qwen2vl", .architecture = "qwen2vl", .qkv_bias = true, .sections = true},
    {.name = "qwen3", .architecture = "qwen3", .qk_norm = true},
    {.name = "qwen3moe", .architecture = "qwen3moe", .qk_norm = true, .experts = true},
    {.name = "gemma2", .architecture = "gemma2", .post_norms = true, .sliding_window = 4096},
    {.name = "gemma3", .architecture = "gemma3", .qk_norm = true, .post_norms = true, .sliding_window = 512},
    {.name = "phi3", .architecture = "phi3", .fused_qkv = true, .fused_gate = true},
    {.name = "smollm3", .architecture = "smollm3"},
    {.name = "chatglm", .architecture = "chatglm", .qkv_bias = true, .fused_gate = true, .rotates_half = true},
    {.name = "glm4",
     .architecture = "glm4",
     .qkv_bias = true,
     .fused_gate = true,
     .post_norms = true,
     .rotates_half = true},
    {.name = "glm4v",
     .architecture = "glm4",
     .qkv_bias = true,
     .fused_gate = true,
     .post_norms = true,
     .rotates_half = true,
     .sections = true},
    {.name = "glm4moe",
     .architecture = "glm4moe",
     .qkv_bias = true,
     .rotates_half = true,
     .experts = true,
     .shared_expert = true,
     .ffn_norm = "post_attention_norm"},
    {.name = "lfm2",
     .architecture = "lfm2",
     .qk_norm = true,
     .last_norm = "token_embd_norm",
     .rope_base = 1e6F,
     .n_taps = 3},
};

// Of 16 layers as in LFM2, of others every third.
bool has_attention(const Family& family, int layer, int n_layers) {
  if (family.n_taps == 0) return true;
  constexpr int kOfSixteen[] = {2, 5, 8, 10, 12, 14};
  if (n_layers != 16) return layer % 3 == 2;
  return std::find(std::begin(kOfSixteen), std::end(kOfSixteen), layer) != std::end(kOfSixteen);
}

// The plan of one model as it grows.
class PlanWriter {
 public:
  PlanWriter(const Family& family, const ModelSizes& sizes) : f_(family), s_(sizes) {}

  ModelPlan write() {
    plan_.metadata.push_back({"general.architecture", GgufScalar(std::string(f_.architecture))});
    write_metadata();
    add("token_embd", Role::kEmbedding, s_.vocab_size, s_.model_dim);
    for (layer_ = 0; layer_ < s_.n_layers; ++layer_) {
      add("attn_norm", Role::kNorm, 1, s_.model_dim);
      if (has_attention(f_, layer_, s_.n_layers)) {
        write_attention();
      } else {
        write_convolution();
      }
      add(f_.ffn_norm, Role::kNorm, 1, s_.model_dim);
      if (f_.experts && layer_ >= n_dense_layers()) {
        write_experts();
      } else {
        write_ffn();
      }
      if (f_.post_norms) {
        add("post_attention_norm", Role::kNorm, 1, s_.model_dim);
        add("post_ffw_norm", Role::kNorm, 1, s_.model_dim);
      }
    }
    layer_ = -1;
    add(f_.last_norm, Role::kNorm, 1, s_.model_dim);
    if (!s_.tied_output) add("output", Role::kOutput, s_.vocab_size, s_.model_dim);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] int n_dense_layers() const { return f_.shared_expert ? 1 : 0; }
  [[nodiscard]] int expert_ffn_dim() const { return s_.expert_ffn_dim > 0 ? s_.expert_ffn_dim : s_.ffn_dim / 4; }

  void set(const char* key, GgufValue value) {
    plan_.metadata.push_back({cat(f_.architecture, ".", key), std::move(value)});
  }
  void set_size(const char* key, int value) { set(key, GgufScalar(static_cast<std::uint32_t>(value))); }

  void write_metadata() {
    const int n_rope_dims = f_.rotates_half ? s_.head_dim / 2 : s_.head_dim;
    set_size("block_count", s_.n_layers);
    set_size("context_length", s_.n_ctx);
    set_size("embedding_length", s_.model_dim);
    set_size("feed_forward_length", s_.ffn_dim);
    set_size("attention.head_count", s_.n_heads);
    write_kv_heads();
    set_size("attention.key_length", s_.head_dim);
    set_size("attention.value_length", s_.head_dim);
    set_size("rope.dimension_count", n_rope_dims);
    set_size("vocab_size", s_.vocab_size);
    set("attention.layer_norm_rms_epsilon", GgufScalar(1e-5F));
    set("rope.freq_base", GgufScalar(f_.rope_base));
    if (f_.n_taps > 0) set_size("shortconv.l_cache", f_.n_taps);
    if (f_.sliding_window > 0) set_size("attention.sliding_window", f_.sliding_window);
    if (f_.sections) {
      const std::int32_t side = 3 * (n_rope_dims / 2) / 8;
      set("rope.dimension_sections", GgufArray(std::vector<std::int32_t>{n_rope_dims / 2 - 2 * side, side, side, 0}));
    }
    if (!f_.experts) return;
    set_size("expert_count", s_.n_experts);
    set_size("expert_used_count", s_.n_experts_used);
    set_size("expert_feed_forward_length", expert_ffn_dim());
    if (!f_.shared_expert) return;
    set_size("expert_shared_count", 1);
    set_size("leading_dense_block_count", n_dense_layers());
  }

  // One number, or one for each layer where some have no attention.
  void write_kv_heads() {
    if (f_.n_taps == 0) {
      set_size("attention.head_count_kv", s_.n_kv_heads);
      return;
    }
    std::vector<std::int32_t> heads;
    for (int i = 0; i < s_.n_layers; ++i) heads.push_back(has_attention(f_, i, s_.n_layers) ? s_.n_kv_heads : 0);
    set("attention.head_count_kv", GgufArray(std::move(heads)));
  }

  // Layers with attention before `end`.
  [[nodiscard]] int n_attention_layers(int end) const {
    int n = 0;
    for (int i = 0; i < end; ++i) n += has_attention(f_, i, s_.n_layers) ? 1 : 0;
    return n;
  }
  [[nodiscard]] Place place_of(Role role) const {
    if (layer_ < 0) return {};
    if (role == Role::kValue) return {n_attention_layers(layer_), n_attention_layers(s_.n_layers)};
    return {layer_, s_.n_layers};
  }

  void add(const char* part, Role role, int n_rows, int n_columns, int n_matrices = 1) {
    const std::string prefix = layer_ < 0 ? "" : cat("blk.", layer_, ".");
    plan_.tensors.push_back({cat(prefix, part, role == Role::kBias ? ".bias" : ".weight"), role, place_of(role),
                             static_cast<std::uint64_t>(n_rows), static_cast<std::uint64_t>(n_columns),
                             static_cast<std::uint64_t>(n_matrices)});
  }

  void write_attention() {
    const int q_dim = s_.n_heads * s_.head_dim;
    const int kv_dim = s_.n_kv_heads * s_.head_dim;
    if (f_.fused_qkv) {
      add("attn_qkv", Role::kQkv, q_dim + 2 * kv_dim, s_.model_dim);
    } else {
      add("attn_q", Role::kQuery, q_dim, s_.model_dim);
      add("attn_k", Role::kKey, kv_dim, s_.model_dim);
      add("attn_v", Role::kValue, kv_dim, s_.model_dim);
    }
    if (f_.qkv_bias) {
      add("attn_q", Role::kBias, 1, q_dim);
      add("attn_k", Role::kBias, 1, kv_dim);
      add("attn_v", Role::kBias, 1, kv_dim);
    }
    if (f_.qk_norm) {
      add("attn_q_norm", Role::kNorm, 1, s_.head_dim);
      add("attn_k_norm", Role::kNorm, 1, s_.head_dim);
    }
    add("attn_output", Role::kAttentionOut, s_.model_dim, q_dim);
  }

  void write_convolution() {
    add("shortconv.in_proj", Role::kOther, 3 * s_.model_dim, s_.model_dim);
    add("shortconv.conv", Role::kConvolution, s_.model_dim, f_.n_taps);
    add("shortconv.out_proj", Role::kOther, s_.model_dim, s_.model_dim);
  }

  void write_ffn() {
    if (!f_.fused_gate) add("ffn_gate", Role::kGate, s_.ffn_dim, s_.model_dim);
    add("ffn_up", Role::kUp, (f_.fused_gate ? 2 : 1) * s_.ffn_dim, s_.model_dim);
    add("ffn_down", Role::kDown, s_.model_dim, s_.ffn_dim);
  }

  void write_experts() {
    const int n = s_.n_experts;
    const int ffn_dim = expert_ffn_dim();
    add("ffn_gate_inp", Role::kRouter, n, s_.model_dim);
    add("ffn_gate_exps", Role::kGate, ffn_dim, s_.model_dim, n);
    add("ffn_up_exps", Role::kUp, ffn_dim, s_.model_dim, n);
    add("ffn_down_exps", Role::kDown, s_.model_dim, ffn_dim, n);
    if (!f_.shared_expert) return;
    add("exp_probs_b", Role::kBias, 1, n);
    add("ffn_gate_shexp", Role::kGate, ffn_dim, s_.model_dim);
    add("ffn_up_shexp", Role::kUp, ffn_dim, s_.model_dim);
    add("ffn_down_shexp", Role::kDown, s_.model_dim, ffn_dim);
  }

  const Family& f_;
  const ModelSizes& s_;
  int layer_ = -1;
  ModelPlan plan_;
};

struct Preset {
  const char* name;
  ModelSizes sizes;
};

constexpr Preset kPresets[] = {
    {"350m",
     {.n_layers = 16,
      .model_dim = 1024,
      .ffn_dim = 4608,
      .n_heads = 16,
      .n_kv_heads = 8,
      .head_dim = 64,
      .vocab_size = 65536,
      .n_ctx = 32768,
      .tied_output = true}},
    {"gemma3-1b",
     {.n_layers = 26,
      .model_dim = 1152,
      .ffn_dim = 6912,
      .n_heads = 4,
      .n_kv_heads = 1,
      .head_dim = 256,
      .vocab_size = 262144,
      .n_ctx = 32768,
      .tied_output = true}},
    {"1b", {.n_layers = 22, .model_dim = 2048, .ffn_dim = 5632, .n_heads = 32, .n_kv_heads = 4, .head_dim = 64}},
    {"9b",
     {.n_layers = 40,
      .model_dim = 4096,
      .ffn_dim = 13696,
      .n_heads = 32,
      .n_kv_heads = 2,
      .head_dim = 128,
      .vocab_size = 151552}},
};

}  // namespace

Result<ModelPlan> plan_model(const std::string& name, const ModelSizes& sizes) {
  const auto* family =
      std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const Family& f) { return name == f.name; });
  if (family == std::end(kFamilies)) {
    std::string known;
    for (const Family& f : kFamilies) known += cat(known.empty() ? "" : ", ", f.name);
    return unsupported("family: expected one of ", known, "; found ", printable(name));
  }
  TENFOLD_RETURN_IF_ERROR(check_sizes(sizes));
  if (family->n_taps > 0 && sizes.n_layers < 3) {
    return invalid_argument("layers: expected at least 3, of which one has attention, found ", sizes.n_layers);
  }
  ModelPlan plan = PlanWriter(*family, sizes).write();
  if (const std::uint64_t n = n_weights(plan.tensors); n > kMaxWeights) {
    return invalid_argument("sizes: expected at most ", kMaxWeights, " weights, found ", n);
  }
  return plan;
}

Result<ModelSizes> sizes_of_preset(const std::string& name) {
  std::string known;
  for (const Preset& preset : kPresets) {
    if (name == preset.name) return preset.sizes;
    known += cat(known.empty() ? "" : ", ", preset.name);
  }
  return invalid_argument("size: expected one of ", known, "; found ", printable(name));
}

}  // namespace tenfold::random_model
