// What a tokenizer.json says, read into plain data. Nothing is known of models here: only of the file's own words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tenfold/status.h"

namespace tenfold {

enum class TokenizerKind : std::uint8_t {
  kByteLevel,      // BPE over bytes, each written as a printable character
  kSentencePiece,  // pieces of text with ▁ for blanks; what no piece covers falls back to single bytes
  kWordPiece,      // pieces of words; those that continue one begin with ##
};

struct AddedToken {
  std::uint32_t id;
  std::string text;
  bool special;
};

struct Merge {
  std::string left;
  std::string right;
};

// Longer texts of tokens are refused: whoever asks how a token's text can be put together looks at every cut through
// it. The longest in use, runs of blanks, have a few hundred bytes.
inline constexpr std::size_t kMaxTokenBytes = 1024;

struct HfTokenizer {
  TokenizerKind kind = TokenizerKind::kByteLevel;
  bool unigram = false;
  bool ignore_merges = false;
  bool add_space_prefix = false;         // kSentencePiece: text begins with a ▁ of its own
  bool composes = false;                 // kByteLevel: text is brought to Unicode's NFC first
  bool lower_case = true;                // kWordPiece, like the next
  std::optional<bool> strip_accents;     // nothing: if lower case
  std::vector<std::string> tokens;       // by id; what has no text is ""
  std::vector<bool> has_token;           // by id
  std::vector<float> scores;             // by id; of a unigram only
  std::vector<AddedToken> added;         // by id
  std::vector<Merge> merges;             // best first
  std::optional<std::uint32_t> unknown;  // the token for what no other covers
  std::vector<std::string> pre_steps;    // how text is cut before merging, one text a step; see pre_name.h
  std::vector<std::string> normalizers;  // types of those that change text in ways that GGUF has no word for
  bool has_post_processor = false;
  bool adds_bos_by_default = false;        // where the settings do not say: the classes for a tokenizer.model do
  std::vector<std::string> tokens_before;  // what the post-processor puts around a text
  std::vector<std::string> tokens_after;
  std::vector<std::string> notes;
};

// n_rows: of the embedding; ids must be below. Added tokens beyond are left out with a note.
// Errors: kCorruptData naming the part and what was expected; kUnsupported for another kind of model;
// kResourceExhausted for a token longer than kMaxTokenBytes.
Result<HfTokenizer> read_hf_tokenizer(const Json& json, std::uint32_t n_rows);

// A tokenizer without a tokenizer.json: what tokenizer_config.json adds to the pieces of a tokenizer.model, or, in
// older folders, added_tokens.json (`added`: ids under their texts, or an empty object). Errors: the same.
Result<HfTokenizer> tokenizer_of_pieces(const Json& tokenizer_config, const Json& added, std::uint32_t n_rows);

// The token with this text.
std::optional<std::uint32_t> find_token(const HfTokenizer& tokenizer, std::string_view text);

}  // namespace tenfold
