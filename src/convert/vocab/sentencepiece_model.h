// The pieces of a SentencePiece tokenizer.model: text, score and type of each, read from its protocol buffer. What else
// the file holds is skipped. Pure function, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenfold/status.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {

struct SentencePiece {
  std::string text;
  float score = 0;
  TokenType type = TokenType::kNormal;  // kUserDefined pieces are ordinary text, as are normal ones
};

struct SentencePieceModel {
  std::vector<SentencePiece> pieces;
  bool add_space_prefix = true;  // text begins with a ▁ of its own
};

// At most max_pieces. Errors: kCorruptData for bytes that are no such file, naming the place; kResourceExhausted.
Result<SentencePieceModel> parse_sentencepiece_model(std::string_view bytes, std::size_t max_pieces);

}  // namespace tenfold
