// WordPiece (`tokenizer.ggml.model` = "bert"): each word is cut, from its beginning, into the longest pieces that the
// vocabulary has; a word for which that fails is the unknown token.
//
// GGUF spells a piece that begins a word with U+2581 before it, one that continues a word as it is. Ids are those of
// Hugging Face tokenizers, which such models were trained with; llama.cpp differs in words of more than 100 characters
// and where bert_words.h says. Immutable after construction and thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tenfold/options.h"
#include "tokenizer/bert_words.h"
#include "tokenizer/text_table.h"
#include "tokenizer/text_tokens.h"

namespace tenfold {

class WordPieceEncoder {
 public:
  // unknown: one of the tokens, which must outlive this object.
  WordPieceEncoder(const TextTable& tokens, TokenId unknown, BertWordOptions words)
      : tokens_(&tokens), unknown_(unknown), words_(words) {
    TENFOLD_DCHECK(unknown >= 0 && static_cast<std::size_t>(unknown) < tokens.size());
  }

  // Appends the ids of the text. only: the pieces that there are; null: any token. Time is linear in the text: words
  // have a greatest length. Once `cancel` is set the ids mean nothing.
  void encode(std::string_view text, const TextTokens* only, std::vector<TokenId>& out, CancelLatch& cancel) const;

 private:
  // False if the word cannot be spelled; `out` is then as it was.
  bool append_pieces(std::string_view word, const TextTokens* only, std::vector<TokenId>& out) const;

  const TextTable* tokens_;
  TokenId unknown_;
  BertWordOptions words_;
};

}  // namespace tenfold
