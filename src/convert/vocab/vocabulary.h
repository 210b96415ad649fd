// The list of tokens as GGUF has it: a text, a type and perhaps a score for every row of the embedding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/vocab/hf_tokenizer.h"
#include "convert/vocab/sentencepiece_model.h"

namespace tenfold {

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;  // TokenType
  std::vector<float> scores;        // of pieces; empty for bytes
};

// tokenizer: ids of added tokens are below the number of tokens.
Vocabulary byte_level_vocabulary(const HfTokenizer& tokenizer);

// GGUF marks the pieces that begin a word, tokenizer.json those that continue one.
Vocabulary word_piece_vocabulary(const HfTokenizer& tokenizer);

// model: tokenizer.model, where there is one, with no more pieces than there are tokens; else scores come from the
// order of the merges.
Vocabulary piece_vocabulary(const HfTokenizer& tokenizer, const std::optional<SentencePieceModel>& model);

// How many pairs of pieces make a piece without being a merge of the list. Readers of GGUF merge these too, so that
// text may be cut differently; 0 for tokenizers that began as a tokenizer.model.
std::size_t count_unlisted_merges(const HfTokenizer& tokenizer);

}  // namespace tenfold
