// Typed look-ups in config.json and its like, where one setting has had several names and places over the years.
//
// A view is a list of JSON objects, asked in turn: a text_config before the whole, rope_parameters before the
// config around it. Each look-up names the keys that mean the same; null counts as absent. The view points into the
// checkpoint's JSON. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "base/json.h"
#include "tenfold/status.h"

namespace tenfold {

class ConfigView {
 public:
  using Keys = std::initializer_list<std::string_view>;

  // objects: none is null. file: for messages, fit to print.
  explicit ConfigView(std::vector<const Json*> objects, std::string file = "config.json")
      : objects_(std::move(objects)), file_(std::move(file)) {
    TENFOLD_DCHECK(std::find(objects_.begin(), objects_.end(), nullptr) == objects_.end());
  }
  // The text model's settings, then those around them.
  static ConfigView of_text(const Json& config);

  // The first of the keys that has a value, or null.
  [[nodiscard]] const Json* find(Keys keys) const noexcept;
  [[nodiscard]] bool has(std::string_view key) const noexcept { return find({key}) != nullptr; }

  // min ≤ max. `fallback` is what the architecture's own definition takes when the file says nothing; without one the
  // key is required. Errors: kNotFound naming the keys; kCorruptData naming key, expected range and what was found.
  [[nodiscard]] Result<int> integer(Keys keys, int min, int max, std::optional<int> fallback = {}) const;
  [[nodiscard]] Result<double> real(Keys keys, double min, double max, std::optional<double> fallback = {}) const;
  [[nodiscard]] Result<bool> boolean(Keys keys, bool fallback) const;
  [[nodiscard]] Result<std::string> string(Keys keys, std::string fallback) const;
  [[nodiscard]] Result<std::vector<double>> reals(Keys keys) const;  // empty when absent
  [[nodiscard]] Result<std::vector<int>> integers(Keys keys) const;  // empty when absent

  // How positions are rotated: of the layers that see everything, and of those with a window. transformers 4 says
  // rope_theta and rope_scaling, 5 says rope_parameters, perhaps one for each kind of layer.
  [[nodiscard]] ConfigView rope() const;
  [[nodiscard]] ConfigView window_rope() const;

 private:
  [[nodiscard]] std::string named(Keys keys) const;  // with the file, for messages

  std::vector<const Json*> objects_;
  std::string file_;
};

}  // namespace tenfold
