#include "convert/sentence_settings.h"

#include <algorithm>

#include "base/error.h"
#include "convert/config_view.h"

namespace tenfold {

namespace {

constexpr int kMaxSentenceTokens = 1 << 28;
constexpr int kMaxSentenceDim = 1 << 20;
// The Transformer module's own file, under the names that it had over the years.
constexpr const char* kTransformerFiles[] = {"sentence_bert_config.json",       "sentence_roberta_config.json",
                                             "sentence_distilbert_config.json", "sentence_camembert_config.json",
                                             "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
                                             "sentence_xlnet_config.json"};
constexpr const char* kTokenizerFile = "tokenizer_config.json";
constexpr const char* kModelFile = "config_sentence_transformers.json";

// What would change a vector in ways that nothing here follows.
Status expect_plain_transformer(const ConfigView& transformer, const std::string& file) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string task, transformer.string({"transformer_task"}, "feature-extraction"));
  if (task != "feature-extraction") {
    return unsupported(file, ": transformer_task: expected feature-extraction, found ", printable(task));
  }
  for (const char* const key : {"processing_kwargs", "query_expansion"}) {
    const Json* found = transformer.find({key});
    if (found == nullptr || found->empty()) continue;
    return unsupported(file, ": ", key, ": expected none, found ", printable(found->dump()));
  }
  const Json* modalities = transformer.find({"modality_config"});
  if (modalities == nullptr || (modalities->is_object() && modalities->contains("text"))) return {};
  return unsupported(file, ": modality_config: expected a model that takes text as it is, found another");
}

// The model's own limit, unless the tokenizer's is lower: where max_seq_length is not said.
std::optional<int> tokenizer_limit(const Json& tokenizer) {
  const Json* limit = tokenizer.find("model_max_length");
  const double n = limit != nullptr ? limit->get<double>() : 0;
  // Where there is none, it is written as a number beyond all use.
  return n >= 1 && n <= kMaxSentenceTokens ? std::optional<int>(static_cast<int>(n)) : std::nullopt;
}

Status read_transformer(const Checkpoint& checkpoint, SentenceSettings& settings) {
  const auto* const file = std::find_if(std::begin(kTransformerFiles), std::end(kTransformerFiles),
                                        [&](const char* name) { return checkpoint.has(name); });
  const std::string name = file != std::end(kTransformerFiles) ? *file : kTransformerFiles[0];
  TENFOLD_ASSIGN_OR_RETURN(const Json json, checkpoint.read_settings(name));
  const ConfigView transformer({&json}, name);
  TENFOLD_RETURN_IF_ERROR(expect_plain_transformer(transformer, name));
  TENFOLD_ASSIGN_OR_RETURN(settings.lower_case, transformer.boolean({"do_lower_case"}, false));
  TENFOLD_ASSIGN_OR_RETURN(const Json tokenizer, checkpoint.read_settings(kTokenizerFile));
  const Json* const side = tokenizer.find("truncation_side");
  settings.cuts_begin = side != nullptr && *side == Json("left");
  if (transformer.has("max_seq_length")) {
    TENFOLD_ASSIGN_OR_RETURN(settings.max_tokens, transformer.integer({"max_seq_length"}, 1, kMaxSentenceTokens));
  } else {
    settings.max_tokens = tokenizer_limit(tokenizer);
  }
  const ConfigView config = ConfigView::of_text(checkpoint.config());
  if (!config.has("max_position_embeddings")) return {};
  TENFOLD_ASSIGN_OR_RETURN(const int n_positions, config.integer({"max_position_embeddings"}, 1, kMaxSentenceTokens));
  settings.max_tokens = std::min(settings.max_tokens.value_or(n_positions), n_positions);
  return {};
}

Status read_model_settings(const Checkpoint& checkpoint, SentenceSettings& settings) {
  TENFOLD_ASSIGN_OR_RETURN(const Json json, checkpoint.read_settings(kModelFile));
  const ConfigView model({&json}, kModelFile);
  TENFOLD_ASSIGN_OR_RETURN(const std::string type, model.string({"model_type"}, "SentenceTransformer"));
  if (type != "SentenceTransformer") {
    return unsupported(kModelFile, ": model_type: expected SentenceTransformer, found ", printable(type));
  }
  if (model.has("truncate_dim")) {
    TENFOLD_ASSIGN_OR_RETURN(settings.dim, model.integer({"truncate_dim"}, 1, kMaxSentenceDim));
  }
  TENFOLD_ASSIGN_OR_RETURN(settings.default_prompt, model.string({"default_prompt_name"}, ""));
  if (const Json* prompts = model.find({"prompts"})) {
    if (!prompts->is_object()) {
      return corrupt_data(kModelFile, ": prompts: expected texts under their names, found ", prompts->type_name());
    }
    for (const auto& [name, text] : prompts->items()) {
      if (!text.is_string() && !text.is_null()) {
        return corrupt_data(kModelFile, ": prompts: ", printable(name), ": expected a text, found ", text.type_name());
      }
      settings.prompts.push_back({name, text.is_string() ? text.get<std::string>() : ""});
    }
  }
  const auto is_default = [&](const NamedPrompt& prompt) { return prompt.name == settings.default_prompt; };
  if (settings.default_prompt.empty() || std::any_of(settings.prompts.begin(), settings.prompts.end(), is_default)) {
    return {};
  }
  return corrupt_data(kModelFile, ": default_prompt_name: expected one of the prompts' names, found ",
                      printable(settings.default_prompt));
}

}  // namespace

Result<SentenceSettings> read_sentence_settings(const Checkpoint& checkpoint) {
  SentenceSettings settings;
  TENFOLD_RETURN_IF_ERROR(read_transformer(checkpoint, settings));
  TENFOLD_RETURN_IF_ERROR(read_model_settings(checkpoint, settings));
  return settings;
}

}  // namespace tenfold
