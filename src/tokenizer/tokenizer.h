// Text to token ids and back, for the vocabularies that GGUF files carry: byte-level BPE, SentencePiece BPE, WordPiece.
//
// Ids are those of llama.cpp, of WordPiece those of Hugging Face tokenizers; but text that is marked as given becomes
// no control token, even where merges lead to one (text_tokens.h). Immutable after create and thread-safe; owns copies
// of all it needs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tenfold/options.h"
#include "tenfold/status.h"
#include "tokenizer/bpe.h"
#include "tokenizer/special_splitter.h"
#include "tokenizer/special_tokens.h"
#include "tokenizer/spm.h"
#include "tokenizer/text_table.h"
#include "tokenizer/text_tokens.h"
#include "tokenizer/vocab_data.h"
#include "tokenizer/word_piece.h"

namespace tenfold {

class Tokenizer {
 public:
  // template_source: of the model's chat template, whose marks are text in what is given (TokenizeOptions::given).
  // Errors: kCorruptData for a vocabulary that contradicts itself (what was expected, what was found); kUnsupported
  // naming a tokenizer model or pre-tokenizer that Tenfold does not know; kResourceExhausted past 2^21 tokens or
  // merges, 4 MiB of special tokens, or for more memory than is left.
  static Result<std::unique_ptr<Tokenizer>> create(const VocabData& vocab, std::string_view template_source = {});
  // What `vocab` and the tokenizer that create() makes of it take together, at most and about; nothing is made.
  static std::uint64_t bytes_for(const VocabData& vocab) noexcept;

  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Any bytes are text; time and memory are linear in them. Byte-level BPE sees U+FFFD for each byte that is no UTF-8.
  // A byte that the vocabulary has no token for is left out by byte-level BPE, as by llama.cpp and Hugging Face
  // tokenizers, and is the unknown token to the others.
  // Errors: kInvalidArgument for more than 1 GiB, or options.given out of order; kResourceExhausted for more work than
  // there is memory for; kUnsupported where a SentencePiece vocabulary has no unknown token either; kCancelled within
  // milliseconds after options.cancel was set.
  Result<std::vector<TokenId>> encode(std::string_view text, TokenizeOptions options = {}) const;

  // The pieces of all ids, one after the other; without the space that encoding put before the text. The bytes are
  // UTF-8 only if the ids are whole characters: for text to show, see StreamDecoder.
  // Errors: kInvalidArgument naming an id that is no token; kResourceExhausted for more text than there is memory for.
  Result<std::string> decode(std::span<const TokenId> ids, SpecialText special = SpecialText::kHide) const;

  // The bytes that one token stands for in the middle of a text, perhaps part of a character. Empty for ids that are
  // no tokens.
  [[nodiscard]] std::string piece(TokenId id, SpecialText special = SpecialText::kHide) const;
  // The token as the vocabulary spells it. id: a valid one.
  [[nodiscard]] std::string_view text(TokenId id) const noexcept {
    return tokens_.text(static_cast<std::uint32_t>(id));
  }
  // What encode() works in, ids included, at most.
  static constexpr std::uint64_t kWorkBytesOfTextByte = 40;
  // The token that the vocabulary spells so.
  [[nodiscard]] std::optional<TokenId> find(std::string_view text) const noexcept;

  [[nodiscard]] std::int32_t vocab_size() const noexcept { return static_cast<std::int32_t>(tokens_.size()); }
  [[nodiscard]] bool is_valid(TokenId id) const noexcept { return id >= 0 && id < vocab_size(); }
  [[nodiscard]] bool is_control(TokenId id) const noexcept { return is_valid(id) && special_.has(id, kControlTrait); }
  // Whether its text is only shown with SpecialText::kShow.
  [[nodiscard]] bool is_special(TokenId id) const noexcept {
    return is_valid(id) && special_.has(id, kControlTrait | kUnknownTrait);
  }

  [[nodiscard]] std::optional<TokenId> special(SpecialToken kind) const noexcept {
    return special_.ids[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::optional<TokenId> bos() const noexcept { return special(SpecialToken::kBos); }
  [[nodiscard]] std::optional<TokenId> eos() const noexcept { return special(SpecialToken::kEos); }
  // Whether the vocabulary asks for them: TokenizeOptions adds what both want.
  [[nodiscard]] bool adds_bos() const noexcept { return adds_bos_; }
  [[nodiscard]] bool adds_eos() const noexcept { return adds_eos_; }

  // The tokens after which an answer is complete, ascending.
  [[nodiscard]] std::span<const TokenId> end_of_generation() const noexcept { return special_.end_of_generation; }
  [[nodiscard]] bool ends_generation(TokenId id) const noexcept;

  // Oddities of the file that a user should know of, one line each.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return special_.warnings; }

 private:
  Tokenizer(TextTable tokens, SpecialTokens special, SpecialSplitter splitter);
  Status choose_bpe(const VocabData& vocab);
  Status choose_spm(const VocabData& vocab);
  Status choose_word_piece(const VocabData& vocab);
  void choose_bos_and_eos(const VocabData& vocab, bool adds_bos_by_default);
  Status encode_text(std::string_view text, SpacePrefix prefix, const TextTokens* only, std::vector<TokenId>& out,
                     CancelLatch& cancel) const;

  TextTable tokens_;
  SpecialTokens special_;
  SpecialSplitter splitter_;
  TextTokens text_tokens_;
  std::variant<std::monostate, BpeEncoder, SpmEncoder, WordPieceEncoder> encoder_;
  bool adds_space_prefix_ = false;  // a piece at the beginning of a text has a space of its own
  bool adds_bos_ = false;
  bool adds_eos_ = false;
};

}  // namespace tenfold
