// What a model's file and its plan say of it, for ModelInfo.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "engine/served_model.h"

namespace tenfold {

namespace {

// The type that most weights have.
std::string main_type(const GgufFile& file) {
  std::map<std::uint32_t, std::uint64_t> elements;
  for (const GgufTensor& t : file.tensors()) elements[t.ggml_type] += t.n_elements();
  const auto most = std::max_element(elements.begin(), elements.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == elements.end()) return "";
  const auto type = dtype_from_ggml_id(most->first);
  return type ? dtype_traits(*type).name : std::string(ggml_type_name(most->first));
}

// The first one, if there is any.
const LayerSpec& attention_layer(const ArchSpec& spec) {
  const auto found = std::find_if(spec.layers.begin(), spec.layers.end(),
                                  [](const LayerSpec& layer) { return layer.mixer == Mixer::kAttention; });
  return found != spec.layers.end() ? *found : spec.any_layer();
}

}  // namespace

void ServedModel::describe(ModelInfo& info) const {
  const ArchSpec& spec = model->spec();
  const int trained = spec.n_ctx_train;
  if (info.n_ctx > trained) {
    info.warnings.push_back(role_ == Role::kDrafts
                                ? cat("context of ", info.n_ctx, " tokens: the draft model was trained with ", trained,
                                      ", its drafts may get worse beyond")
                                : cat("context of ", info.n_ctx, " tokens: the model was trained with ", trained,
                                      ", answers may get worse beyond"));
  }
  if (role_ == Role::kDrafts) return;
  info.architecture = spec.architecture;
  if (Result<std::string> name = file_->metadata().string("general.name"); name.ok()) info.name = *name;
  info.quantization = main_type(*file_);
  info.isa = model->kernels().isa;
  for (const GgufTensor& t : file_->tensors()) info.n_params += t.n_elements();
  info.file_bytes = file_->file_bytes();
  info.weight_bytes = model->weight_bytes();
  info.decode_bytes = model->decode_bytes();
  info.came_packed = model->came_packed();
  info.n_layers = spec.n_layers;
  info.model_dim = spec.model_dim;
  const LayerSpec& layer = attention_layer(spec);
  info.n_heads = layer.n_heads;
  info.n_kv_heads = layer.n_kv_heads;
  info.head_dim = layer.head_dim;
  info.ffn_dim = layer.ffn_dim;
  info.cache_bytes_per_token = kv.token_bytes();
  info.prefill_ops_per_token = 2 * model->layer_weights();
  info.vocab_size = spec.vocab_size;
  info.n_ctx_train = trained;
  info.pooling = default_pooling();
  info.vector_dim = model->vector_head().dim();
}

Pooling ServedModel::default_pooling() const {
  const ArchSpec& spec = model->spec();
  return spec.pooling.value_or(spec.causal() ? Pooling::kLast : Pooling::kMean);
}

}  // namespace tenfold
