// SentencePiece BPE (`tokenizer.ggml.model` = "llama"): characters merge into the token with the best score, and what
// is no token is spelled in bytes. Immutable after create and thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tenfold/options.h"
#include "tenfold/status.h"
#include "tokenizer/text_table.h"
#include "tokenizer/text_tokens.h"
#include "tokenizer/windowed_merge.h"

namespace tenfold {

// Which characters stand next to each other inside some token (with a few false yeses). No merge ever crosses two that
// do not, so text may be cut there: words stay apart, and memory is touched in order.
class NeighbourFilter {
 public:
  explicit NeighbourFilter(const TextTable& tokens);
  // left, right: one character each, of at most four bytes.
  [[nodiscard]] bool may_join(std::string_view left, std::string_view right) const noexcept;

 private:
  [[nodiscard]] std::size_t bit_of(std::string_view left, std::string_view right) const noexcept;
  std::vector<std::uint64_t> bits_;
};

// Whether the text gets a space of its own before it.
enum class SpacePrefix { kNone, kAdded };

class SpmEncoder {
 public:
  // scores: one a token, or none at all. unknown: the token that stands in for bytes without one.
  // tokens must outlive this object. Errors: kCorruptData for a score that is not a number.
  static Result<SpmEncoder> create(const TextTable& tokens, std::span<const float> scores,
                                   std::optional<TokenId> unknown);

  // Appends the ids of the text; spaces in it are U+2581 to the vocabulary. only: what merges may lead to; null: any
  // token. Time is linear in the text. Once `cancel` is set the ids mean nothing. Errors: kUnsupported for a byte that
  // has no token in a vocabulary without unknown token.
  Status encode(std::string_view text, SpacePrefix prefix, const TextTokens* only, std::vector<TokenId>& out,
                CancelLatch& cancel) const;

 private:
  SpmEncoder(const TextTable& tokens, std::optional<TokenId> unknown);
  // The bytes up to the first place that no merge can cross.
  [[nodiscard]] std::size_t first_chunk(std::string_view text, CancelLatch& cancel) const;
  Status append_tokens(const MergeSymbol& symbol, std::string_view text, const TextTokens* only,
                       std::vector<TokenId>& out) const;

  const TextTable* tokens_;
  std::optional<TokenId> unknown_;
  std::vector<std::uint32_t> ranks_;  // of tokens, by falling score; equal scores share one
  std::size_t n_ranks_ = 0;
  std::array<std::uint32_t, 256> byte_tokens_;  // those like <0x0A>
  NeighbourFilter neighbours_;
};

}  // namespace tenfold
