#include "mixture.h"

#include <optional>

#include "base/error.h"

namespace tenfold::random_model {

namespace {

// The first and the last eighth of the layers and every third one between: where llama.cpp spends more bits.
bool has_more_bits(const Place& place) {
  const auto [layer, n_layers] = place;
  const int eighth = n_layers / 8;
  return layer < eighth || layer >= 7 * n_layers / 8 || (layer - eighth) % 3 == 2;
}

// The type of 32-element blocks that stands in for one of 256.
std::optional<DType> fallback(DType type) {
  switch (type) {
    case DType::kQ2_K:
    case DType::kQ3_K: return DType::kQ4_0;
    case DType::kIQ4_XS: return DType::kIQ4_NL;
    case DType::kQ4_K: return DType::kQ5_0;
    case DType::kQ5_K: return DType::kQ5_1;
    case DType::kQ6_K: return DType::kQ8_0;
    default: return std::nullopt;
  }
}

}  // namespace

Result<Mixture> Mixture::from_name(std::string_view name) {
  if (const std::optional<DType> type = dtype_from_name(name)) return Mixture(*type, Grade::kPure);
  const auto suffix = name.size() > 2 ? name.substr(name.size() - 2) : std::string_view();
  const auto base = dtype_from_name(name.substr(0, name.size() - suffix.size()));
  if (suffix == "_m" && base == DType::kQ2_K) return Mixture(*base, Grade::kMedium);
  if (suffix == "_l" && base == DType::kQ3_K) return Mixture(*base, Grade::kLarge);
  if (base == DType::kQ3_K || base == DType::kQ4_K || base == DType::kQ5_K) {
    if (suffix == "_s") return Mixture(*base, Grade::kSmall);
    if (suffix == "_m") return Mixture(*base, Grade::kMedium);
  }
  return invalid_argument("type: expected a type like q4_0 or a mixture like q4_k_m, found ", printable(name));
}

DType Mixture::value_type(const Place& place, const ModelSizes& sizes) const {
  // llama.cpp asks the first layer; where some have no attention, it has none.
  const bool many_share = place.n_layers == sizes.n_layers && sizes.n_heads / sizes.n_kv_heads >= 4;  // so V is small
  const bool medium = grade_ == Grade::kMedium;
  if (base_ == DType::kQ2_K) return many_share ? DType::kQ4_K : DType::kQ3_K;
  if (base_ == DType::kQ3_K && grade_ == Grade::kLarge) return DType::kQ5_K;
  if (base_ == DType::kQ3_K && medium) return place.layer < 2 ? DType::kQ5_K : DType::kQ4_K;
  if (base_ == DType::kQ4_K && grade_ == Grade::kSmall) return place.layer < 4 ? DType::kQ5_K : base_;
  return medium && has_more_bits(place) ? DType::kQ6_K : base_;
}

DType Mixture::down_type(const Place& place) const {
  const auto [layer, n_layers] = place;
  const bool medium = grade_ == Grade::kMedium;
  if (base_ == DType::kQ2_K) return DType::kQ3_K;
  if (base_ == DType::kQ3_K && grade_ == Grade::kLarge) return DType::kQ5_K;
  if (base_ == DType::kQ3_K && medium) return layer < n_layers / 16 ? DType::kQ5_K : DType::kQ4_K;
  if (base_ == DType::kQ4_K && grade_ == Grade::kSmall) return layer < n_layers / 8 ? DType::kQ5_K : base_;
  return medium && has_more_bits(place) ? DType::kQ6_K : base_;
}

DType Mixture::attention_out_type() const {
  if (base_ == DType::kQ2_K) return DType::kQ3_K;
  if (base_ != DType::kQ3_K) return base_;
  return grade_ == Grade::kLarge ? DType::kQ5_K : grade_ == Grade::kMedium ? DType::kQ4_K : base_;
}

DType Mixture::mixed_type(const PlannedTensor& tensor, const ModelSizes& sizes) const {
  switch (tensor.role) {
    case Role::kOutput: return DType::kQ6_K;
    case Role::kEmbedding: return sizes.tied_output ? DType::kQ6_K : base_;
    case Role::kValue: return value_type(tensor.place, sizes);
    case Role::kDown: return down_type(tensor.place);
    case Role::kAttentionOut: return attention_out_type();
    default: return base_;
  }
}

Result<DType> Mixture::type_of(const PlannedTensor& tensor, const ModelSizes& sizes) const {
  if (tensor.is_vector() || tensor.role == Role::kRouter || tensor.role == Role::kConvolution) return DType::kF32;
  std::optional<DType> type = grade_ == Grade::kPure ? base_ : mixed_type(tensor, sizes);
  const auto fits = [&] { return tensor.n_columns % dtype_traits(*type).block_elems == 0; };
  if (!fits()) type = fallback(*type);
  if (type && fits()) return *type;
  return invalid_argument("tensor ", tensor.name, ": expected rows of a multiple of 32 elements, found ",
                          tensor.n_columns);
}

}  // namespace tenfold::random_model
