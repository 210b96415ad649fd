#include "model_plan.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "model/bound_model.h"

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

// What a family's files are beside what its architecture says of all of them. Names are parts: "attn_q.bias".
struct Family {
  const char* name;
  const char* architecture;
  std::string_view has = {};    // of those tensors that files may be without, separated by blanks
  std::string_view lacks = {};  // of those that most files have
  bool rotates_half = false;    // of a head
  bool sections = false;        // rope by time, height and width
  bool experts = false;
  bool shared_expert = false;  // and a first layer without experts
  int sliding_window = 0;
  float rope_base = 10000;
  int n_taps = 0;  // of the convolution that most layers have instead of attention
};

constexpr std::string_view kQkvBiases = "attn_q.bias attn_k.bias attn_v.bias";
constexpr std::string_view kFusedGate = "ffn_gate.weight";  // which lies above the up projection in one tensor
constexpr std::string_view kInMostFiles = "ffn_norm.weight ffn_gate.weight";

constexpr Family kFamilies[] = {
    {.name = "llama", .architecture = "llama"},
    {.name = "qwen2", .architecture = "qwen2", .has = kQkvBiases},
    {.name = "qwen2vl", .architecture = "qwen2vl", .has = kQkvBiases, .sections = true},
    {.name = "qwen3", .architecture = "qwen3"},
    {.name = "qwen3moe", .architecture = "qwen3moe", .experts = true},
    {.name = "gemma2", .architecture = "gemma2", .sliding_window = 4096},
    {.name = "gemma3", .architecture = "gemma3", .sliding_window = 512},
    {.name = "phi3", .architecture = "phi3", .has = "attn_qkv.weight", .lacks = kFusedGate},
    {.name = "smollm3", .architecture = "smollm3"},
    {.name = "chatglm", .architecture = "chatglm", .has = kQkvBiases, .lacks = kFusedGate, .rotates_half = true},
    {.name = "glm4", .architecture = "glm4", .has = kQkvBiases, .lacks = kFusedGate, .rotates_half = true},
    {.name = "glm4v",
     .architecture = "glm4",
     .has = kQkvBiases,
     .lacks = kFusedGate,
     .rotates_half = true,
     .sections = true},
    {.name = "glm4moe",
     .architecture = "glm4moe",
     .has = "attn_q.bias attn_k.bias attn_v.bias exp_probs_b.bias",
     .lacks = "ffn_norm.weight",
     .rotates_half = true,
     .experts = true,
     .shared_expert = true},
    {.name = "lfm2", .architecture = "lfm2", .rope_base = 1e6F, .n_taps = 3},
};

// Whether a list of words has this one.
bool names(std::string_view words, std::string_view part) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == part) return true;
    at = end + 1;
  }
  return false;
}

// Of 16 layers as in LFM2, of others every third.
bool has_attention(const Family& family, int layer, int n_layers) {
  if (family.n_taps == 0) return true;
  constexpr int kOfSixteen[] = {2, 5, 8, 10, 12, 14};
  if (n_layers != 16) return layer % 3 == 2;
  return std::find(std::begin(kOfSixteen), std::end(kOfSixteen), layer) != std::end(kOfSixteen);
}

// The layer, −1 outside of them, and what its name is there: "attn_q.weight".
struct TensorName {
  int layer = -1;
  std::string_view part;

  explicit TensorName(std::string_view name) : part(name) {
    if (!name.starts_with("blk.")) return;
    const std::size_t dot = name.find('.', 4);
    layer = std::stoi(std::string(name.substr(4, dot - 4)));
    part = name.substr(dot + 1);
  }
};

Role role_of(std::string_view part, int n_dims) {
  constexpr std::pair<std::string_view, Role> kRoles[] = {{"token_embd.weight", Role::kEmbedding},
                                                          {"output.weight", Role::kOutput},
                                                          {"attn_q.weight", Role::kQuery},
                                                          {"attn_k.weight", Role::kKey},
                                                          {"attn_v.weight", Role::kValue},
                                                          {"attn_qkv.weight", Role::kQkv},
                                                          {"attn_output.weight", Role::kAttentionOut},
                                                          {"ffn_gate_inp.weight", Role::kRouter},
                                                          {"shortconv.conv.weight", Role::kConvolution}};
  for (const auto& [name, role] : kRoles) {
    if (part == name) return role;
  }
  if (n_dims == 1) return part.ends_with(".bias") ? Role::kBias : Role::kNorm;
  if (part.starts_with("ffn_gate")) return Role::kGate;
  if (part.starts_with("ffn_up")) return Role::kUp;
  if (part.starts_with("ffn_down")) return Role::kDown;
  return Role::kOther;
}

// The metadata of one model, and the tensors that its architecture then wants.
class PlanWriter {
 public:
  PlanWriter(const Family& family, const ModelSizes& sizes) : f_(family), s_(sizes) {}

  Result<ModelPlan> write() {
    plan_.metadata.push_back({"general.architecture", GgufScalar(std::string(f_.architecture))});
    write_metadata();
    const auto has = [&](std::string_view name) {
      const std::string_view part = TensorName(name).part;
      if (part == "output.weight") return !s_.tied_output;
      return names(f_.has, part) || (names(kInMostFiles, part) && !names(f_.lacks, part));
    };
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<GgufTensor> tensors,
                             list_tensors(GgufMetadata(plan_.metadata), {.has = has}));
    for (const GgufTensor& tensor : tensors) {
      const TensorName name(tensor.name);
      const Role role = role_of(name.part, tensor.n_dims);
      plan_.tensors.push_back(
          {tensor.name, role, place_of(role, name.layer), tensor.dims[1], tensor.dims[0], tensor.dims[2]});
    }
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
  [[nodiscard]] Place place_of(Role role, int layer) const {
    if (layer < 0) return {};
    if (role == Role::kValue) return {n_attention_layers(layer), n_attention_layers(s_.n_layers)};
    return {layer, s_.n_layers};
  }

  const Family& f_;
  const ModelSizes& s_;
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
  TENFOLD_ASSIGN_OR_RETURN(ModelPlan plan, PlanWriter(*family, sizes).write());
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
