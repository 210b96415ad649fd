#include "convert/sentence_keys.h"

#include <algorithm>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"
#include "convert/sentence_modules.h"
#include "convert/sentence_settings.h"
#include "model/vector_head.h"
#include "model/vector_settings.h"

namespace tenfold {

namespace {

constexpr const char* kLowerCase = "tokenizer.ggml.normalizer.lowercase";
constexpr const char* kStripAccents = "tokenizer.ggml.normalizer.strip_accents";

GgufEntry* find_entry(Conversion& c, std::string_view key) {
  const auto at =
      std::find_if(c.metadata().begin(), c.metadata().end(), [&](const GgufEntry& entry) { return entry.key == key; });
  return at != c.metadata().end() ? &*at : nullptr;
}

[[maybe_unused]] bool has_tokenizer_keys(Conversion& c) {
  return std::any_of(c.metadata().begin(), c.metadata().end(),
                     [](const GgufEntry& entry) { return entry.key.starts_with("tokenizer."); });
}

void write_pooling(Conversion& c, Pooling pooling) {
  constexpr int kMean = 1, kCls = 2, kLast = 3;
  c.set("pooling_type", pooling == Pooling::kMean ? kMean : pooling == Pooling::kCls ? kCls : kLast);
}

Status write_projections(Conversion& c, std::vector<DenseModule> modules) {
  int n_in = c.sizes.model_dim;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    DenseModule& module = modules[i];
    if (module.n_in != n_in) {
      return corrupt_data("modules.json: Dense ", i + 1, ": expected ", n_in, " in_features as the modules before it ",
                          "give, found ", module.n_in);
    }
    n_in = module.n_out;
    const std::string name = VectorHead::projection_name(static_cast<int>(i));
    c.set(name + "_feat_in", module.n_in);
    c.set(name + "_feat_out", module.n_out);
    c.set_global(VectorKeys::activation(name), GgufScalar(std::move(module.activation)));
    c.add_values(name + ".weight", std::move(module.weight),
                 {static_cast<std::uint64_t>(module.n_out), static_cast<std::uint64_t>(module.n_in)});
    if (!module.bias.empty()) c.add_values(name + ".bias", std::move(module.bias));
  }
  return {};
}

void write_prompts(Conversion& c, const SentenceSettings& settings) {
  if (settings.prompts.empty()) return;
  std::vector<std::string> names, texts;
  for (const NamedPrompt& prompt : settings.prompts) {
    names.push_back(prompt.name);
    texts.push_back(prompt.text);
  }
  c.set_global(VectorKeys::kPromptNames, GgufArray(std::move(names)));
  c.set_global(VectorKeys::kPrompts, GgufArray(std::move(texts)));
  if (!settings.default_prompt.empty()) {
    c.set_global(VectorKeys::kDefaultPrompt, GgufScalar(settings.default_prompt));
  }
}

// Lower case, but nothing else that the tokenizer would do with it.
Status force_lower_case(Conversion& c) {
  GgufEntry* const lower_case = find_entry(c, kLowerCase);
  if (lower_case == nullptr) {
    return unsupported(
        "do_lower_case: expected false beside a tokenizer that GGUF has no word of lower case for, "
        "found true");
  }
  const auto* const scalar = std::get_if<GgufScalar>(&lower_case->value);
  const bool* const is_on = scalar != nullptr ? std::get_if<bool>(scalar) : nullptr;
  if (is_on != nullptr && *is_on) return {};
  lower_case->value.emplace<GgufScalar>(true);
  if (find_entry(c, kStripAccents) == nullptr) c.set_global(kStripAccents, GgufScalar(false));
  return {};
}

// Where the tokens of a prompt are left out, the vector of a text behind a prompt is another.
Status expect_pooled_prompts(const SentenceModules& modules, const SentenceSettings& settings) {
  const bool has_prompt = std::any_of(settings.prompts.begin(), settings.prompts.end(),
                                      [](const NamedPrompt& prompt) { return !prompt.text.empty(); });
  if (modules.pools_prompt || !has_prompt || modules.pooling == Pooling::kLast) return {};
  return unsupported("Pooling: include_prompt: expected true for a model with prompts, found false");
}

void note_missing_modules(Conversion& c) {
  if (!c.checkpoint().has("1_Pooling/config.json")) return;
  c.note("1_Pooling lies in the folder, but no modules.json that names it; it is left out. Download modules.json too");
}

}  // namespace

Status write_sentence_keys(Conversion& c) {
  TENFOLD_DCHECK(has_tokenizer_keys(c));
  if (!has_sentence_modules(c.checkpoint())) {
    note_missing_modules(c);
    return {};
  }
  TENFOLD_ASSIGN_OR_RETURN(SentenceModules modules, read_sentence_modules(c.checkpoint()));
  TENFOLD_ASSIGN_OR_RETURN(const SentenceSettings settings, read_sentence_settings(c.checkpoint()));
  TENFOLD_RETURN_IF_ERROR(expect_pooled_prompts(modules, settings));
  if (!modules.pooling) {
    c.note("modules.json names no Pooling; vectors are made as is usual for the architecture");
    return {};
  }
  write_pooling(c, *modules.pooling);
  const int n_numbers = modules.dense.empty() ? c.sizes.model_dim : modules.dense.back().n_out;
  TENFOLD_RETURN_IF_ERROR(write_projections(c, std::move(modules.dense)));
  // As the library does, more than there are is all of them.
  if (settings.dim && *settings.dim < n_numbers) {
    c.set_global(VectorKeys::kDim, GgufScalar(static_cast<std::uint32_t>(*settings.dim)));
  }
  c.set_global(VectorKeys::kNormalized, GgufScalar(modules.normalizes));
  if (!modules.normalizes) {
    c.note("modules.json does not normalise vectors; embed brings them to length 1 unless --no-normalize is given");
  }
  if (settings.cuts_begin) {
    c.note("truncation_side: left is not followed: texts that are too long lose their end, not their begin");
  }
  if (settings.max_tokens) {
    c.set_global(VectorKeys::kMaxTokens, GgufScalar(static_cast<std::uint32_t>(*settings.max_tokens)));
  }
  write_prompts(c, settings);
  return settings.lower_case ? force_lower_case(c) : Status();
}

}  // namespace tenfold
