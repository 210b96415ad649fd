#include "convert/config_view.h"

#include <cmath>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxListLength = 65536;

std::string joined(ConfigView::Keys keys) {
  std::string all;
  for (const std::string_view key : keys) all += cat(all.empty() ? "" : " or ", key);
  return all;
}

std::string found_text(const Json& value) { return printable(value.dump()); }

const Json* member(const Json& object, std::string_view key) noexcept {
  const Json* value = object.find(key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

bool is_whole(const Json& value) { return value.is_number() && std::floor(value.get<double>()) == value.get<double>(); }

template <typename T, typename Accept>
Result<std::vector<T>> list_of(const Json* value, const std::string& key, const char* what, Accept&& accept) {
  std::vector<T> list;
  if (value == nullptr) return list;
  if (!value->is_array() || value->size() > kMaxListLength) {
    return corrupt_data(key, ": expected a list of ", what, ", found ", found_text(*value));
  }
  for (const Json& item : *value) {
    if (!accept(item)) {
      return corrupt_data(key, ": expected a list of ", what, ", found ", found_text(item));
    }
    list.push_back(static_cast<T>(item.get<double>()));
  }
  return list;
}

}  // namespace

ConfigView ConfigView::of_text(const Json& config) {
  std::vector<const Json*> objects;
  if (const Json* text = member(config, "text_config")) objects.push_back(text);
  objects.push_back(&config);
  return ConfigView(std::move(objects));
}

std::string ConfigView::named(Keys keys) const { return cat(file_, ": ", joined(keys)); }

const Json* ConfigView::find(Keys keys) const noexcept {
  for (const Json* object : objects_) {
    for (const std::string_view key : keys) {
      if (const Json* value = member(*object, key)) return value;
    }
  }
  return nullptr;
}

Result<int> ConfigView::integer(Keys keys, int min, int max, std::optional<int> fallback) const {
  TENFOLD_ASSIGN_OR_RETURN(const double value,
                           real(keys, min, max, fallback ? std::optional<double>(*fallback) : std::optional<double>()));
  if (std::floor(value) != value) {
    return corrupt_data(named(keys), ": expected a whole number, found ", value);
  }
  return static_cast<int>(value);
}

Result<double> ConfigView::real(Keys keys, double min, double max, std::optional<double> fallback) const {
  TENFOLD_DCHECK(min <= max);
  const Json* value = find(keys);
  if (value == nullptr) {
    if (fallback) return *fallback;
    return not_found(file_, ": expected ", joined(keys), ", found neither in it nor in its text_config");
  }
  if (!value->is_number() || !(value->get<double>() >= min && value->get<double>() <= max)) {
    return corrupt_data(named(keys), ": expected a number of ", min, "…", max, ", found ", found_text(*value));
  }
  return value->get<double>();
}

Result<bool> ConfigView::boolean(Keys keys, bool fallback) const {
  const Json* value = find(keys);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) {
    return corrupt_data(named(keys), ": expected true or false, found ", found_text(*value));
  }
  return value->get<bool>();
}

Result<std::string> ConfigView::string(Keys keys, std::string fallback) const {
  const Json* value = find(keys);
  if (value == nullptr) return fallback;
  if (!value->is_string()) {
    return corrupt_data(named(keys), ": expected a text, found ", found_text(*value));
  }
  return value->get<std::string>();
}

Result<std::vector<double>> ConfigView::reals(Keys keys) const {
  return list_of<double>(find(keys), named(keys), "numbers", [](const Json& item) { return item.is_number(); });
}

Result<std::vector<int>> ConfigView::integers(Keys keys) const {
  return list_of<int>(find(keys), named(keys), "whole numbers",
                      [](const Json& item) { return is_whole(item) && std::abs(item.get<double>()) < 1e9; });
}

ConfigView ConfigView::rope() const {
  std::vector<const Json*> objects;
  if (const Json* parameters = find({"rope_parameters", "rope_scaling"})) {
    const Json* full = member(*parameters, "full_attention");
    objects.push_back(full != nullptr ? full : parameters);
  }
  objects.insert(objects.end(), objects_.begin(), objects_.end());
  return ConfigView(std::move(objects), file_);
}

ConfigView ConfigView::window_rope() const {
  const Json* parameters = find({"rope_parameters"});
  const Json* window = parameters != nullptr ? member(*parameters, "sliding_attention") : nullptr;
  return window != nullptr ? ConfigView({window}) : ConfigView({});
}

}  // namespace tenfold
