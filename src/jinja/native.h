// Functions of the template language that are written in C++: filters, tests, methods and globals.
//
// Each is a NativeSpec in a table; call_native() matches what the template passed with the parameters
// and calls it. Specs are constants with static lifetime.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

// What a template passed: f(positional…, name=keyword…).
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keyword;
};

inline constexpr std::size_t kMaxParameters = 5;

// Arguments in the order of the spec's parameters.
class Bound {
 public:
  // i: below kMaxParameters.
  bool given(std::size_t i) const {
    TENFOLD_DCHECK(i < values_.size());
    return values_[i] != nullptr;
  }
  const Value& operator[](std::size_t i) const {  // only when given
    TENFOLD_DCHECK(given(i));
    return *values_[i];
  }
  // None counts as not given where Python's default is None.
  bool given_not_none(std::size_t i) const { return given(i) && !values_[i]->is(Kind::kNone); }

  // Errors: kInvalidArgument when the argument has another type.
  Result<std::int64_t> integer(std::size_t i, std::int64_t fallback) const;
  Result<std::string_view> text(std::size_t i, std::string_view fallback) const;
  bool truth(std::size_t i, bool fallback) const;

  const Arguments& raw() const { return *raw_; }

 private:
  friend Result<Value> call_native(Runtime&, const NativeSpec&, const Value&, const Arguments&);
  Status bind(const NativeSpec& spec, const Arguments& arguments);

  std::array<const Value*, kMaxParameters> values_{};
  const Arguments* raw_ = nullptr;
};

using Native = Result<Value> (*)(Runtime& rt, const Value& self, const Bound& arguments);

enum class Passing {
  kByName,      // by position or by name
  kByPosition,  // as Python's built-in methods
  kFree,        // anything: the function looks at raw()
};

struct NativeSpec {
  std::string_view name;
  std::array<std::string_view, kMaxParameters> parameters;  // "" ends the list
  std::size_t n_required;
  Native function;
  Passing passing = Passing::kByName;
};

// `self` is the value that a filter, test or method works on; undefined for a global.
// Errors: kInvalidArgument for missing or surplus arguments; else what the function returns.
Result<Value> call_native(Runtime& rt, const NativeSpec& spec, const Value& self, const Arguments& arguments);

// The entry of a table, or null.
const NativeSpec* find_native(std::span<const NativeSpec> table, std::string_view name);

}  // namespace tenfold::jinja
