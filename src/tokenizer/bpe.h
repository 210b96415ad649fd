// Byte-level BPE (`tokenizer.ggml.model` = "gpt2"): text is cut by a pre-tokenizer, the bytes of each piece are merged
// by rank. Immutable after create and thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tenfold/options.h"
#include "tenfold/status.h"
#include "tokenizer/flat_index.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/text_table.h"
#include "tokenizer/text_tokens.h"
#include "tokenizer/windowed_merge.h"

namespace tenfold {

// Which symbols merge. A symbol is a token, or a text that only merges name (real vocabularies have none of those).
class BpeMerges {
 public:
  // merges: "left right" each, best first, in the byte alphabet. As in llama.cpp one without a space between two texts
  // never applies, and of equals the first counts. tokens must outlive this object.
  // Errors: kCorruptData if the pairs are made to collide; kResourceExhausted for too many texts that are no tokens.
  static Result<BpeMerges> create(const TextTable& tokens, std::span<const std::string_view> merges);

  // Below, a symbol or a pair is one that this object gave.

  // Appends the symbol's token; a symbol that is no token is spelled byte by byte with the tokens that exist, and what
  // has none is left out.
  void append_tokens(std::uint32_t symbol, std::vector<TokenId>& out) const;
  // Whether a symbol is no token, or one of `only`.
  [[nodiscard]] bool is_text(std::uint32_t symbol, const TextTokens& only) const noexcept {
    return symbol >= tokens_->size() || only.has(symbol);
  }
  [[nodiscard]] std::size_t n_malformed() const noexcept { return n_malformed_; }

  // For WindowedMerge. A pair is its rank.
  [[nodiscard]] std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const {
    return find_pair(left.id, right.id);
  }
  [[nodiscard]] std::uint32_t rank(std::uint32_t pair) const noexcept { return pair; }
  [[nodiscard]] std::uint32_t result(std::uint32_t pair) const noexcept {
    TENFOLD_DCHECK(pair < merges_.size());
    return merges_[pair].result;
  }
  [[nodiscard]] std::size_t n_ranks() const noexcept { return merges_.size(); }
  [[nodiscard]] MergeSymbol first(std::string_view text, std::uint32_t at) const noexcept {
    TENFOLD_DCHECK(at < text.size());
    return {byte_symbols_[static_cast<unsigned char>(text[at])], at, at + 1};
  }
  bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const;

 private:
  struct Merge {
    std::uint32_t left;
    std::uint32_t right;
    std::uint32_t result;
  };

  BpeMerges(const TextTable& tokens, std::size_t n_merges) : tokens_(&tokens), index_(n_merges) {}
  Status add(std::string_view merge, std::string& joined);
  std::uint32_t symbol_of(std::string_view text);
  [[nodiscard]] std::uint32_t find_symbol(std::string_view text) const;
  std::uint32_t result_of(std::string_view text);
  [[nodiscard]] std::uint32_t find_pair(std::uint32_t left, std::uint32_t right) const;

  const TextTable* tokens_;
  std::vector<Merge> merges_;
  FlatIndex index_;                                           // (left, right) → rank
  std::map<std::string, std::uint32_t, std::less<>> extras_;  // texts that are no tokens → symbol
  std::vector<std::string> extra_texts_;                      // symbol - tokens_->size() → text
  std::size_t extra_bytes_ = 0;
  std::array<std::uint32_t, 256> byte_symbols_;
  std::size_t longest_symbol_bytes_ = 0;  // in the byte alphabet
  std::size_t n_malformed_ = 0;
  std::uint32_t last_result_ = 0;
};

// What happens to a text before it is cut.
enum class Normalization { kNone, kNfc };

class BpeEncoder {
 public:
  // tokens must outlive this object.
  BpeEncoder(const TextTable& tokens, BpeMerges merges, const Pretokenizer& pretokenizer, Normalization normalization)
      : tokens_(&tokens), merges_(std::move(merges)), pretokenizer_(&pretokenizer), normalization_(normalization) {}

  // Appends the ids of the text. only: what merges may lead to; null: any token. Time is linear in the text; memory
  // about 5 bytes a byte beside the ids. Once `cancel` is set they mean nothing.
  void encode(std::string_view text, const TextTokens* only, std::vector<TokenId>& out, CancelLatch& cancel) const;

 private:
  // What one call works with, reused from piece to piece.
  struct Scratch {
    const TextTokens* only;
    WindowedMerge merge;
    std::string bytes;
    std::string letters;
  };
  void encode_piece(const Chars& piece, Scratch& scratch, std::vector<TokenId>& out) const;
  [[nodiscard]] std::uint32_t find_whole(Scratch& scratch) const;

  const TextTable* tokens_;
  BpeMerges merges_;
  const Pretokenizer* pretokenizer_;
  Normalization normalization_;
};

}  // namespace tenfold
