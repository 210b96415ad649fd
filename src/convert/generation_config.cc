#include "convert/generation_config.h"

#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr const char* kGenerationFile = "generation_config.json";

struct SamplingKey {
  const char* from;
  const char* to;
  double min;
  double max;
};
constexpr const char* kTopK = "general.sampling.top_k";  // a whole number, unlike the others
constexpr SamplingKey kKeys[] = {
    {"top_k", kTopK, 0, 1 << 30},
    {"top_p", "general.sampling.top_p", 0, 1},
    {"min_p", "general.sampling.min_p", 0, 1},
    {"temperature", "general.sampling.temp", 0, 1e6},
    {"repetition_penalty", "general.sampling.penalty_repeat", 0, 1e6},
};

// The number, if it is one that the key can have.
std::optional<double> number_for(const SamplingKey& key, const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  if (!(number >= key.min && number <= key.max)) return std::nullopt;
  if (key.to == kTopK && std::floor(number) != number) return std::nullopt;
  return number;
}

}  // namespace

Result<GenerationConfig> read_generation_config(const Checkpoint& checkpoint) {
  GenerationConfig generation;
  Result<std::optional<Json>> json = checkpoint.read_object(kGenerationFile);
  if (json.status().code() == StatusCode::kIoError) return json.status();
  if (!json.ok()) {
    generation.notes.push_back(cat(json.status().message(), "; it is left out"));
  } else if (*json) {
    generation.json = std::move(**json);
  }
  return generation;
}

std::vector<GgufEntry> sampling_keys(GenerationConfig& generation) {
  std::vector<GgufEntry> entries;
  for (const SamplingKey& key : kKeys) {
    const Json* value = generation.json.find(key.from);
    if (value == nullptr || value->is_null()) continue;
    const std::optional<double> number = number_for(key, *value);
    if (!number) {
      generation.notes.push_back(cat(kGenerationFile, ": ", key.from, ": expected a ",
                                     key.to == kTopK ? "whole number" : "number", " of ", key.min, "…", key.max,
                                     ", found ", printable(value->dump()), "; it is left out"));
    } else if (key.to == kTopK) {
      entries.push_back({key.to, GgufScalar(static_cast<std::int32_t>(*number))});
    } else {
      entries.push_back({key.to, GgufScalar(static_cast<float>(*number))});
    }
  }
  return entries;
}

}  // namespace tenfold
