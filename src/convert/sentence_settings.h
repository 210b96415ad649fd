// What sentence-transformers does with a text before the model sees it: a prompt before it, how much of it is taken,
// whether it is lower-cased. Each setting has its own file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "model/vector_settings.h"
#include "tenfold/status.h"

namespace tenfold {

struct SentenceSettings {
  std::optional<int> max_tokens;  // longer texts are cut
  bool cuts_begin = false;        // at their begin
  std::optional<int> dim;         // of a vector only so many first numbers count
  bool lower_case = false;        // whatever the tokenizer does
  std::vector<NamedPrompt> prompts;
  std::string default_prompt;  // a name of `prompts`, or ""
};

// Errors: kCorruptData and kUnsupported naming the file, the setting, what was expected and what was found.
Result<SentenceSettings> read_sentence_settings(const Checkpoint& checkpoint);

}  // namespace tenfold
