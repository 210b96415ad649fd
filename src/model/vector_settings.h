// How a model's file wants its vectors made, beside the architecture's own keys: the settings of sentence-transformers.
//
// GGUF has names for pooling and for the sizes of projections; the rest has keys of Tenfold's own, which other readers
// leave alone. Plain values; the readers are pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"

namespace tenfold {

// A text that is put before each text of a kind: "query: ".
struct NamedPrompt {
  std::string name;
  std::string text;
};

struct VectorSettings {
  std::optional<int> max_tokens;  // longer texts are cut to so many, BOS and EOS included
  std::vector<NamedPrompt> prompts;
  std::string default_prompt;   // the name of the one that texts get unless another is asked for; "": none
  bool has_output_head = true;  // false: the checkpoint had none, so that the model makes vectors and cannot answer

  // The prompt of that name, or null.
  [[nodiscard]] const NamedPrompt* find_prompt(std::string_view name) const noexcept;
};

// The keys' names, for those who write files.
struct VectorKeys {
  static constexpr const char* kMaxTokens = "tenfold.vector.max_tokens";
  static constexpr const char* kDim = "tenfold.vector.dim";  // of a vector only so many first numbers count
  static constexpr const char* kNormalized = "tenfold.vector.normalized";  // the model's own vectors have length 1
  static constexpr const char* kPromptNames = "tenfold.vector.prompt_names";
  static constexpr const char* kPrompts = "tenfold.vector.prompts";  // as many, in the same order
  static constexpr const char* kDefaultPrompt = "tenfold.vector.default_prompt";
  static constexpr const char* kHasOutputHead = "tenfold.has_output_head";
  // Of the projection whose tensors are called `name`: "dense_2".
  static std::string activation(std::string_view name);
};

// Errors: kCorruptData naming the key, what was expected and what was found.
Result<VectorSettings> read_vector_settings(const GgufMetadata& metadata);

}  // namespace tenfold
