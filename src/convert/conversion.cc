#include "convert/conversion.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

bool is_one_tensor(std::string_view name) { return name.ends_with(".weight") || name.ends_with(".bias"); }

// In GGUF's order: the contiguous one first.
void set_dims(GgufTensor& tensor, std::span<const std::uint64_t> shape) {
  tensor.n_dims = static_cast<int>(shape.size());
  tensor.dims = {1, 1, 1, 1};
  std::copy(shape.rbegin(), shape.rend(), tensor.dims.begin());
}

[[maybe_unused]] std::uint64_t n_elements(std::span<const std::uint64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

std::string with_expert(std::string_view name, int expert) {
  const std::size_t star = name.find('*');
  return cat(name.substr(0, star), expert, name.substr(star + 1));
}

}  // namespace

std::uint64_t TensorPiece::source_unit(std::uint64_t unit) const noexcept {
  TENFOLD_DCHECK(unit < n_units);
  if (order != HeadOrder::kKeep) {
    const std::uint64_t in_head = unit % head_dim;
    if (in_head < n_rotated) {
      const std::uint64_t half = n_rotated / 2;
      const std::uint64_t from = order == HeadOrder::kHalvesToPairs
                                     ? in_head % 2 * half + in_head / 2
                                     : (in_head < half ? 2 * in_head : 2 * (in_head - half) + 1);
      unit = unit - in_head + from;
    }
  }
  return unit / block * stride + first + unit % block;
}

Conversion::Conversion(const Checkpoint& checkpoint, ConfigView config, std::string architecture, DType asked)
    : checkpoint_(&checkpoint),
      config_(std::move(config)),
      architecture_(std::move(architecture)),
      asked_(asked),
      taken_(checkpoint.weights().tensors().size(), false) {}

void Conversion::set(std::string_view key, int value) {
  TENFOLD_DCHECK(value >= 0);
  set_global(cat(architecture_, ".", key), GgufScalar(static_cast<std::uint32_t>(value)));
}
void Conversion::set(std::string_view key, double value) {
  set_global(cat(architecture_, ".", key), GgufScalar(static_cast<float>(value)));
}
void Conversion::set(std::string_view key, bool value) { set_global(cat(architecture_, ".", key), GgufScalar(value)); }
void Conversion::set(std::string_view key, std::string value) {
  set_global(cat(architecture_, ".", key), GgufScalar(std::move(value)));
}
void Conversion::set(std::string_view key, std::vector<std::int32_t> values) {
  set_global(cat(architecture_, ".", key), GgufArray(std::move(values)));
}

Status Conversion::take(std::span<const TensorRule> rules, std::string_view from, std::string_view to) {
  for (const TensorRule& rule : rules) {
    TENFOLD_RETURN_IF_ERROR(take_module(rule, {cat(from, rule.from), cat(to, rule.to)}));
  }
  return {};
}

Status Conversion::take_module(const TensorRule& rule, const Names& names) {
  if (rule.rows.pick == Pick::kExperts) return take_experts(rule, names);
  const bool one = is_one_tensor(rule.from) || is_one_tensor(rule.to);
  const std::string weight_name = one ? names.from : names.from + ".weight";
  const SafetensorsTensor* weight = checkpoint_->find(weight_name);
  if (weight == nullptr && rule.optional) return {};
  if (weight == nullptr) {
    return not_found("tensor ", printable(weight_name), ": expected in the checkpoint of a ", architecture_,
                     " model, found nothing of that name; is a shard missing?");
  }
  TENFOLD_RETURN_IF_ERROR(take_one(rule, one ? names : Names{weight_name, names.to + ".weight"}, *weight));
  if (one) return {};
  const SafetensorsTensor* bias = checkpoint_->find(names.from + ".bias");
  if (bias == nullptr) return {};
  TensorRule bias_rule = rule;
  bias_rule.n_columns = nullptr;
  bias_rule.keep = Keep::kF32;
  return take_one(bias_rule, {names.from + ".bias", names.to + ".bias"}, *bias);
}

Status Conversion::check_shape(const TensorRule& rule, const SafetensorsTensor& tensor) const {
  if (const Result<DType> type = tensor.dtype(); !type.ok()) {
    return type.status().with_context("the checkpoint is quantised already, or of another kind");
  }
  std::vector<std::uint64_t> expected = {static_cast<std::uint64_t>(sizes.*rule.n_rows)};
  if (rule.rows.pick == Pick::kChannels) expected.push_back(1);
  if (rule.n_columns != nullptr) expected.push_back(static_cast<std::uint64_t>(sizes.*rule.n_columns));
  const bool is_convolution = rule.keep == Keep::kConvolution && tensor.shape.size() >= 4 && tensor.shape.size() <= 5;
  const bool fits = is_convolution ? tensor.shape[0] == expected[0] && tensor.n_elements > 0
                                   : tensor.shape == expected && tensor.n_elements > 0;
  if (fits) return {};
  return corrupt_data("tensor ", printable(tensor.name), ": expected the shape ", shape_text(expected),
                      is_convolution ? " and more" : "", " by config.json, found ", shape_text(tensor.shape));
}

Status Conversion::take_one(const TensorRule& rule, const Names& names, const SafetensorsTensor& tensor) {
  TENFOLD_RETURN_IF_ERROR(check_shape(rule, tensor));
  std::vector<std::uint64_t> shape = tensor.shape;
  if (rule.rows.pick == Pick::kChannels) shape.erase(shape.begin() + 1);
  const auto axis = static_cast<std::size_t>(rule.rows.axis);
  const auto n_parts = static_cast<std::uint64_t>(rule.rows.n_parts);
  if (axis >= shape.size() || shape[axis] % n_parts != 0) {
    return corrupt_data("tensor ", printable(tensor.name), ": expected axis ", axis, " to be ", n_parts,
                        " equal parts, found the shape ", shape_text(shape));
  }
  TensorRecipe recipe = {};
  recipe.tensor.name = names.to;
  // A unit is all that lies behind the axis that is cut; whole tensors are cut into rows.
  const std::size_t unit_axis = rule.rows.pick == Pick::kPart ? axis : shape.size() < 2 ? 0 : shape.size() - 2;
  recipe.unit_elems = 1;
  for (std::size_t i = unit_axis + 1; i < shape.size(); ++i) recipe.unit_elems *= shape[i];
  TensorPiece piece = {.tensor = &tensor, .n_units = tensor.n_elements / recipe.unit_elems / n_parts};
  if (n_parts > 1) {
    piece.block = shape[axis] / n_parts;
    piece.stride = shape[axis];
    piece.first = piece.block * static_cast<std::uint64_t>(rule.rows.part);
    shape[axis] = piece.block;
    if (shape[axis] == 1) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  if (shape.size() > 4) {
    return corrupt_data("tensor ", printable(tensor.name), ": expected up to 4 dimensions, found ",
                        shape_text(tensor.shape));
  }
  order_piece(piece, rule);
  recipe.pieces.push_back(piece);
  set_dims(recipe.tensor, shape);
  mark(tensor);
  add_recipe(std::move(recipe), rule);
  return {};
}

Status Conversion::take_experts(const TensorRule& rule, const Names& names) {
  const auto n_rows = static_cast<std::uint64_t>(sizes.*rule.n_rows);
  const auto n_columns = static_cast<std::uint64_t>(sizes.*rule.n_columns);
  TensorRecipe recipe = {};
  recipe.tensor.name = names.to + ".weight";
  recipe.unit_elems = n_columns;
  for (int expert = 0; expert < sizes.n_experts; ++expert) {
    const std::string name = with_expert(names.from, expert) + ".weight";
    const SafetensorsTensor* tensor = checkpoint_->find(name);
    if (tensor == nullptr) {
      return not_found("tensor ", printable(name), ": expected one for each of ", sizes.n_experts,
                       " experts, found nothing of that name; is a shard missing?");
    }
    TENFOLD_RETURN_IF_ERROR(check_shape(rule, *tensor));
    recipe.pieces.push_back({.tensor = tensor, .n_units = n_rows});
    mark(*tensor);
  }
  const std::uint64_t shape[] = {static_cast<std::uint64_t>(sizes.n_experts), n_rows, n_columns};
  set_dims(recipe.tensor, shape);
  add_recipe(std::move(recipe), rule);
  return {};
}

void Conversion::order_piece(TensorPiece& piece, const TensorRule& rule) const {
  if (rule.rows.pick != Pick::kQueryHeads && rule.rows.pick != Pick::kKeyHeads) return;
  piece.order = head_order_;
  piece.head_dim = static_cast<std::uint64_t>(sizes.head_dim);
  piece.n_rotated = static_cast<std::uint64_t>(n_rotated_);
}

std::size_t Conversion::place_of(const SafetensorsTensor& tensor) const noexcept {
  const std::span<const SafetensorsTensor> all = checkpoint_->weights().tensors();
  TENFOLD_DCHECK(&tensor >= all.data() && &tensor < all.data() + all.size());
  return static_cast<std::size_t>(&tensor - all.data());
}

void Conversion::mark(const SafetensorsTensor& tensor) { taken_[place_of(tensor)] = true; }

bool Conversion::taken(const SafetensorsTensor* tensor) const noexcept { return taken_[place_of(*tensor)]; }

DType Conversion::type_of(const TensorRecipe& recipe, Keep keep) const {
  if (keep == Keep::kF32 || recipe.tensor.n_dims < 2) return DType::kF32;
  if (keep == Keep::kConvolution) return asked_ == DType::kF16 ? DType::kF16 : DType::kF32;
  return recipe.tensor.dims[0] % dtype_traits(asked_).block_elems == 0 ? asked_ : DType::kF16;
}

void Conversion::add_recipe(TensorRecipe recipe, const TensorRule& rule) {
  recipe.type = type_of(recipe, rule.keep);
  recipe.plus = rule.plus;
  recipe.tensor.ggml_type = dtype_traits(recipe.type).ggml_id;
  recipes_.push_back(std::move(recipe));
}

void Conversion::add_values(std::string name, std::vector<float> values, std::vector<std::uint64_t> shape) {
  TensorRecipe recipe = {};
  recipe.tensor.name = std::move(name);
  recipe.type = DType::kF32;
  recipe.tensor.ggml_type = dtype_traits(DType::kF32).ggml_id;
  if (shape.empty()) shape = {values.size()};
  TENFOLD_DCHECK(shape.size() <= 4 && n_elements(shape) == values.size());
  set_dims(recipe.tensor, shape);
  recipe.values = std::move(values);
  recipes_.push_back(std::move(recipe));
}

void Conversion::leave_out(std::string_view part) {
  for (const Checkpoint::Named& named : checkpoint_->tensors()) {
    if (named.name.find(part) != std::string::npos) mark(*named.tensor);
  }
}

void Conversion::leave_out_all_but(std::string_view prefix) {
  for (const Checkpoint::Named& named : checkpoint_->tensors()) {
    if (!named.name.starts_with(prefix)) mark(*named.tensor);
  }
}

Status Conversion::expect_all_taken() const {
  for (const Checkpoint::Named& named : checkpoint_->tensors()) {
    if (taken(named.tensor)) continue;
    return unsupported("tensor ", printable(named.tensor->name), ": expected none but those of a ", architecture_,
                       " model, found this one, which nothing would read");
  }
  return {};
}

}  // namespace tenfold
