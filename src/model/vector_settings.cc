#include "model/vector_settings.h"

#include <algorithm>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::int64_t kMaxCutTokens = 1 << 28;
constexpr std::uint64_t kMaxPrompts = 4096;

Status read_prompts(const GgufMetadata& m, VectorSettings& settings) {
  if (!m.has(VectorKeys::kPromptNames)) return {};
  TENFOLD_ASSIGN_OR_RETURN(const GgufTexts names, m.strings(VectorKeys::kPromptNames, kMaxPrompts));
  TENFOLD_ASSIGN_OR_RETURN(const GgufTexts texts, m.strings(VectorKeys::kPrompts, kMaxPrompts));
  if (names.size() != texts.size()) {
    return corrupt_data("key ", VectorKeys::kPrompts, ": expected a text for each of ", names.size(), " names, found ",
                        texts.size());
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    settings.prompts.push_back({std::string(names[i]), std::string(texts[i])});
  }
  if (!m.has(VectorKeys::kDefaultPrompt)) return {};
  TENFOLD_ASSIGN_OR_RETURN(settings.default_prompt, m.string(VectorKeys::kDefaultPrompt));
  if (settings.default_prompt.empty() || settings.find_prompt(settings.default_prompt) != nullptr) return {};
  return corrupt_data("key ", VectorKeys::kDefaultPrompt, ": expected one of the prompts' names, found ",
                      printable(settings.default_prompt));
}

}  // namespace

std::string VectorKeys::activation(std::string_view name) { return cat("tenfold.vector.", name, "_activation"); }

const NamedPrompt* VectorSettings::find_prompt(std::string_view name) const noexcept {
  const auto at = std::find_if(prompts.begin(), prompts.end(), [&](const NamedPrompt& p) { return p.name == name; });
  return at != prompts.end() ? &*at : nullptr;
}

Result<VectorSettings> read_vector_settings(const GgufMetadata& m) {
  VectorSettings settings;
  if (m.has(VectorKeys::kMaxTokens)) {
    TENFOLD_ASSIGN_OR_RETURN(const std::int64_t n, m.integer(VectorKeys::kMaxTokens));
    if (n < 1 || n > kMaxCutTokens) {
      return corrupt_data("key ", VectorKeys::kMaxTokens, ": expected 1…", kMaxCutTokens, ", found ", n);
    }
    settings.max_tokens = static_cast<int>(n);
  }
  if (m.has(VectorKeys::kHasOutputHead)) {
    TENFOLD_ASSIGN_OR_RETURN(settings.has_output_head, m.boolean(VectorKeys::kHasOutputHead));
  }
  TENFOLD_RETURN_IF_ERROR(read_prompts(m, settings));
  return settings;
}

}  // namespace tenfold
