// The model families that can be converted, one file each. A family describes its GGUF file in straight lines: sizes
// and keys from config.json, then the tables of its tensors.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "convert/conversion.h"
#include "tenfold/status.h"

namespace tenfold {

struct Family {
  std::string_view architecture;              // general.architecture
  std::span<const std::string_view> classes;  // names under config.json's "architectures", with a head for some task
  std::span<const std::string_view> types;    // its model_type, for files that name no class
  Status (*describe)(Conversion& conversion);
};

// One list for each file of relatives.
extern const std::span<const Family> kBertFamilies, kGemmaFamilies, kGlmFamilies, kLfm2Families, kLlamaFamilies,
    kPhiFamilies, kQwenFamilies;
// The vision towers, whose architecture is "clip".
extern const Family kGlm4vVision, kQwen2VlVision;

// Whether config.json names the class without a head, LlamaModel for LlamaForCausalLM: it makes vectors.
bool is_headless_class(const Json& config);

// A class is found by its own name and by that of its headless one.
// Errors: kUnsupported naming what was found and what there is; for a vision tower also when the model has none.
Result<const Family*> find_text_family(const Json& config);
Result<const Family*> find_vision_family(const Json& config);

}  // namespace tenfold
