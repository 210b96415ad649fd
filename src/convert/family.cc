#include "convert/family.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"

namespace tenfold {

namespace {

using FamilyList = std::vector<const Family*>;

FamilyList text_families() {
  FamilyList families;
  for (const auto& relatives :
       {kBertFamilies, kGemmaFamilies, kGlmFamilies, kLfm2Families, kLlamaFamilies, kPhiFamilies, kQwenFamilies}) {
    for (const Family& family : relatives) families.push_back(&family);
  }
  return families;
}

FamilyList vision_families() { return {&kGlm4vVision, &kQwen2VlVision}; }

// What config.json calls the model: its class, or its type where it names no class.
struct ModelName {
  std::string text;
  bool is_class;
};

ModelName model_name(const Json& config) {
  const Json& first_class = config["architectures"][0];
  if (first_class.is_string()) return {first_class.text(), true};
  return {config["model_type"].text(), false};
}

// Qwen3 of Qwen3Model and of Qwen3TextModel, which is the text part of a model that sees; "" of a class with a head.
std::string_view headless_stem(std::string_view name) {
  for (const std::string_view end : {"TextModel", "Model"}) {
    if (name.size() > end.size() && name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return "";
}

bool is_class_of(const Family& family, std::string_view name) {
  const std::string_view stem = headless_stem(name);
  return std::any_of(family.classes.begin(), family.classes.end(), [&](std::string_view known) {
    const bool same_stem = !stem.empty() && known.starts_with(stem);
    const std::string_view head = same_stem ? known.substr(stem.size()) : "";
    return known == name || head == "ForCausalLM" || head == "ForConditionalGeneration";
  });
}

const Family* find_in(const FamilyList& families, const ModelName& name) {
  for (const Family* family : families) {
    const auto& types = family->types;
    const bool is_type = std::find(types.begin(), types.end(), name.text) != types.end();
    if (name.is_class ? is_class_of(*family, name.text) : is_type) return family;
  }
  return nullptr;
}

std::string known_classes(const FamilyList& families) {
  std::string known;
  for (const Family* family : families) {
    for (const std::string_view name : family->classes) known += cat(known.empty() ? "" : ", ", name);
  }
  return known;
}

Status unknown_model(const FamilyList& families, const ModelName& name) {
  return unsupported("config.json: expected architectures to name one of ", known_classes(families), "; found ",
                     name.text.empty() ? "no name" : printable(name.text));
}

}  // namespace

bool is_headless_class(const Json& config) {
  const ModelName name = model_name(config);
  return name.is_class && !headless_stem(name.text).empty();
}

Result<const Family*> find_text_family(const Json& config) {
  const ModelName name = model_name(config);
  const FamilyList families = text_families();
  if (const Family* family = find_in(families, name)) return family;
  return unknown_model(families, name);
}

Result<const Family*> find_vision_family(const Json& config) {
  const ModelName name = model_name(config);
  const FamilyList families = vision_families();
  if (const Family* family = find_in(families, name)) return family;
  if (find_in(text_families(), name) != nullptr && !config.contains("vision_config")) {
    return invalid_argument("--mmproj: expected a model with a vision tower, found ", printable(name.text),
                            ", which reads text only; convert it without --mmproj");
  }
  return unknown_model(families, name).with_context("--mmproj");
}

}  // namespace tenfold
