// What each token is beyond its text: control, user-defined, byte, …; which one is BOS, EOS, …; which ones end an
// answer.
//
// Files state little of this, and often wrongly, so part of it is known by the tokens' texts, as in llama.cpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "tenfold/status.h"
#include "tokenizer/text_table.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {

// A token may have several: one that looks like control keeps its stated type beside.
enum TokenTrait : std::uint8_t {
  kNormalTrait = 1,
  kUnknownTrait = 2,
  kControlTrait = 4,
  kUserDefinedTrait = 8,
  kByteTrait = 16,
  kStripRightTrait = 32,  // swallows the white space after it
};

struct SpecialTokens {
  std::vector<std::uint8_t> traits;  // by token; 0 for unused ones, which have no text of their own
  std::array<std::optional<TokenId>, kSpecialTokens> ids;  // by SpecialToken
  std::vector<TokenId> end_of_generation;                  // ascending
  std::vector<std::string> warnings;

  std::optional<TokenId>& id(SpecialToken kind) { return ids[static_cast<std::size_t>(kind)]; }
  // token: one of the vocabulary.
  [[nodiscard]] bool has(TokenId token, int traits_wanted) const noexcept {
    TENFOLD_DCHECK(token >= 0 && static_cast<std::size_t>(token) < traits.size());
    return (traits[static_cast<std::size_t>(token)] & traits_wanted) != 0;
  }
};

// tokens: the texts of vocab.tokens.
// Errors: kCorruptData if there are not as many types as tokens, if a byte token does not look like <0x0A>, or if an id
// is no token. Only 2^32 - 1, which real files say of a separator or padding token that they do not have, is dropped
// with a warning, and not for BOS, EOS, EOT, EOM and the unknown token.
Result<SpecialTokens> resolve_special_tokens(const VocabData& vocab, const TextTable& tokens);

// The byte of a text like <0x0A>; nothing for other texts.
std::optional<std::uint8_t> byte_of_hex_token(std::string_view text) noexcept;

// Whether a token of this text ends an answer wherever a vocabulary has it, without a key that says so.
bool is_end_by_text(std::string_view text) noexcept;

}  // namespace tenfold
