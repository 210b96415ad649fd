// A vocabulary as a model file states it, before anything is checked: plain data, filled by whoever reads the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/options.h"

namespace tenfold {

// The tokens with a role of their own.
enum class SpecialToken : std::uint8_t {
  kBos,
  kEos,
  kEot,  // end of a turn
  kEom,  // end of a message that expects a tool's answer
  kUnknown,
  kSeparator,
  kPadding,
  kMask,
  kFimPrefix,  // fill in the middle
  kFimSuffix,
  kFimMiddle,
  kFimPadding,
  kFimRepository,
  kFimFileSeparator,
};
inline constexpr std::size_t kSpecialTokens = 14;

// The numbers of GGUF's tokenizer.ggml.token_type.
enum class TokenType : std::int32_t {
  kUndefined = 0,
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

// Eight times the largest vocabulary of today.
inline constexpr std::size_t kMaxTokens = std::size_t{1} << 21;
inline constexpr std::size_t kMaxMerges = kMaxTokens;

// The views are read only while a Tokenizer is created.
struct VocabData {
  std::vector<std::shared_ptr<const void>> owners;  // of what the views point into, where the caller keeps none of it

  std::string model;               // "gpt2": byte-level BPE; "llama": SentencePiece BPE; "bert": WordPiece
  std::optional<std::string> pre;  // name of the pre-tokenizer; read for "gpt2" only
  std::string model_name;          // general.name: Phi-3's special tokens swallow the white space after them

  std::vector<std::string_view> tokens;
  std::optional<std::vector<float>> scores;
  std::optional<std::vector<std::int32_t>> types;  // absent: all normal
  std::optional<std::vector<std::string_view>> merges;

  std::array<std::optional<std::uint64_t>, kSpecialTokens> special_ids;  // by SpecialToken
  std::vector<std::string_view> end_texts;  // tokens that end an answer though the file does not say so
  std::optional<bool> add_bos;
  std::optional<bool> add_eos;
  std::optional<bool> add_space_prefix;  // read for "llama" only
  std::optional<bool> compose;           // text to Unicode's NFC first; read for "gpt2" only; absent: as `pre` says
  std::optional<bool> lower_case;        // read for "bert" only, like the next
  std::optional<bool> strip_accents;     // absent: if lower case

  std::optional<std::uint64_t>& special_id(SpecialToken kind) { return special_ids[static_cast<std::size_t>(kind)]; }
};

}  // namespace tenfold
