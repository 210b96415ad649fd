// The tokens with a role of their own: which begin and end a text, and which end an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/json.h"
#include "convert/config_view.h"
#include "convert/vocab/hf_tokenizer.h"

namespace tenfold {

struct SpecialIds {
  // Under GGUF's names for them ("bos", "eos", "unknown", …), in a fixed order.
  std::vector<std::pair<const char*, std::uint32_t>> ids;
  bool add_bos = false;
  bool add_eos = false;
  std::vector<std::string> notes;
};

// settings: tokenizer_config.json, then special_tokens_map.json; config: of the model; generation: of
// generation_config.json, or an empty object.
SpecialIds find_special_ids(const HfTokenizer& tokenizer, const ConfigView& settings, const ConfigView& config,
                            const Json& generation);

// The texts that the settings give a role, or call special.
std::unordered_set<std::string> special_texts(const ConfigView& settings);

}  // namespace tenfold
