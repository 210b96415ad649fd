#include "convert/conversion.h"

#include <functional>
#include <numeric>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

bool is_one_tensor(std::string_view name) { return name.ends_with(".weight") || name.ends_with(".bias"); }

std::string of_shapes(std::span<const std::uint64_t> expected, std::span<const std::uint64_t> found) {
  return cat("expected the shape ", shape_text(expected), " by config.json, found ", shape_text(found));
}

[[maybe_unused]] std::uint64_t n_elements(std::span<const std::uint64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// That it is there to be read: numbers, and some of them.
Status expect_elements(const SafetensorsTensor& tensor) {
  if (const Result<DType> type = tensor.dtype(); !type.ok()) {
    return type.status().with_context("the checkpoint is quantised already, or of another kind");
  }
  if (tensor.n_elements > 0 && !tensor.shape.empty()) return {};
  return corrupt_data("tensor ", printable(tensor.name), ": expected elements, found the shape ",
                      shape_text(tensor.shape));
}

std::string with_expert(std::string_view name, int expert) {
  const std::size_t star = name.find('*');
  return cat(name.substr(0, star), expert, name.substr(star + 1));
}

}  // namespace

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
  bias_rule.keep = Keep::kF32;
  return take_one(bias_rule, {names.from + ".bias", names.to + ".bias"}, *bias);
}

Status Conversion::take_one(const TensorRule& rule, const Names& names, const SafetensorsTensor& tensor) {
  TENFOLD_RETURN_IF_ERROR(expect_elements(tensor));
  mark(tensor);
  describe({.name = names.to, .rows = rule.rows, .keep = rule.keep, .plus = rule.plus, .sources = {&tensor}});
  return {};
}

Status Conversion::take_experts(const TensorRule& rule, const Names& names) {
  Described all = {.name = names.to + ".weight", .rows = rule.rows, .keep = rule.keep, .plus = rule.plus};
  for (int expert = 0; expert < sizes.n_experts; ++expert) {
    const std::string name = with_expert(names.from, expert) + ".weight";
    const SafetensorsTensor* tensor = checkpoint_->find(name);
    if (tensor == nullptr) {
      return not_found("tensor ", printable(name), ": expected one for each of ", sizes.n_experts,
                       " experts, found nothing of that name; is a shard missing?");
    }
    TENFOLD_RETURN_IF_ERROR(expect_elements(*tensor));
    mark(*tensor);
    all.sources.push_back(tensor);
  }
  TENFOLD_DCHECK(!all.sources.empty());
  describe(std::move(all));
  return {};
}

void Conversion::describe(Described described) {
  TENFOLD_DCHECK(recipes_.empty());
  places_.emplace(described.name, described_.size());
  described_.push_back(std::move(described));
}

std::size_t Conversion::place_of(const SafetensorsTensor& tensor) const noexcept {
  const std::span<const SafetensorsTensor> all = checkpoint_->weights().tensors();
  TENFOLD_DCHECK(&tensor >= all.data() && &tensor < all.data() + all.size());
  return static_cast<std::size_t>(&tensor - all.data());
}

void Conversion::mark(const SafetensorsTensor& tensor) { taken_[place_of(tensor)] = true; }

bool Conversion::taken(const SafetensorsTensor* tensor) const noexcept { return taken_[place_of(*tensor)]; }

DType Conversion::type_of(const GgufTensor& tensor, Keep keep) const {
  if (keep == Keep::kF32 || tensor.n_dims < 2) return DType::kF32;
  if (keep == Keep::kConvolution) return asked_ == DType::kF16 ? DType::kF16 : DType::kF32;
  return tensor.dims[0] % dtype_traits(asked_).block_elems == 0 ? asked_ : DType::kF16;
}

void Conversion::add_values(std::string name, std::vector<float> values, std::vector<std::uint64_t> shape) {
  if (shape.empty()) shape = {values.size()};
  TENFOLD_DCHECK(shape.size() <= 4 && n_elements(shape) == values.size());
  describe({.name = std::move(name), .keep = Keep::kF32, .values = std::move(values), .shape = std::move(shape)});
}

std::uint64_t Conversion::n_rows(std::string_view name) const {
  const auto place = places_.find(name);
  TENFOLD_DCHECK(place != places_.end());
  const Described& described = described_[place->second];
  const std::vector<std::uint64_t>& shape =
      described.sources.empty() ? described.shape : described.sources.front()->shape;
  const std::uint64_t n = shape.empty() ? 0 : shape.front();
  return described.rows.pick == Pick::kPart ? n / static_cast<std::uint64_t>(described.rows.n_parts) : n;
}

Status Conversion::unwanted(const Described& described) const {
  const std::string& name = described.sources.empty() ? described.name : described.sources.front()->name;
  return unsupported("tensor ", printable(name), ": expected none but those of a ", architecture_,
                     " model, found this one, which nothing would read");
}

Result<TensorRecipe> Conversion::recipe_of(Described& described, const GgufTensor& wanted) const {
  TensorRecipe recipe = {};
  recipe.tensor = wanted;
  recipe.type = type_of(wanted, described.keep);
  recipe.tensor.ggml_type = dtype_traits(recipe.type).ggml_id;
  recipe.plus = described.plus;
  const std::vector<std::uint64_t> shape = source_shape(described.rows, wanted);
  if (described.sources.empty()) {
    if (described.shape != shape) {
      return corrupt_data("tensor ", printable(described.name), ": ", of_shapes(shape, described.shape));
    }
    recipe.values = std::move(described.values);
    return recipe;
  }
  for (const SafetensorsTensor* source : described.sources) {
    if (source->shape == shape) continue;
    return corrupt_data("tensor ", printable(source->name), ": ", of_shapes(shape, source->shape));
  }
  if (described.rows.pick == Pick::kExperts && wanted.dims[2] != described.sources.size()) {
    return corrupt_data("tensor ", printable(described.name), ": expected ", wanted.dims[2], " experts, found ",
                        described.sources.size());
  }
  const HeadRows heads = {head_order_, static_cast<std::uint64_t>(sizes.head_dim),
                          static_cast<std::uint64_t>(n_rotated_)};
  TENFOLD_ASSIGN_OR_RETURN(recipe.rows, pick_rows(described.rows, heads, described.sources));
  return recipe;
}

Status Conversion::fit(std::span<const GgufTensor> wanted) {
  std::map<std::string_view, const GgufTensor*> by_name;
  for (const GgufTensor& tensor : wanted) by_name.emplace(tensor.name, &tensor);
  for (Described& described : described_) {
    const auto found = by_name.find(described.name);
    if (found == by_name.end()) return unwanted(described);
    TENFOLD_ASSIGN_OR_RETURN(TensorRecipe recipe, recipe_of(described, *found->second));
    recipes_.push_back(std::move(recipe));
  }
  for (const GgufTensor& tensor : wanted) {
    if (describes(tensor.name)) continue;
    return not_found("tensor ", printable(tensor.name), ": expected in the file of a ", architecture_,
                     " model, found nothing in the checkpoint that becomes it");
  }
  described_.clear();
  places_.clear();
  return {};
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
