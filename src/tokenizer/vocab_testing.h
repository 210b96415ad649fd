// For tests only: vocabularies written down in a test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tokenizer/byte_alphabet.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {

struct MadeUpToken {
  std::string text;
  TokenType type = TokenType::kNormal;
  float score = 0;
};

// Owns what its VocabData points to; stays where it is.
class MadeUpVocab {
 public:
  // model "gpt2" starts with the 256 bytes, whose ids are the bytes; "llama" with <unk>, <s>, </s> and 256 byte tokens;
  // "bert" with [PAD], [UNK], [CLS], [SEP].
  MadeUpVocab(std::string model, std::vector<MadeUpToken> tokens, std::vector<std::string> merges = {})
      : merges_(std::move(merges)) {
    if (model == "gpt2") {
      for (int byte = 0; byte < 256; ++byte) add({std::string(letter_of_byte(static_cast<std::uint8_t>(byte)))});
      data.merges.emplace(merges_.begin(), merges_.end());
    } else if (model == "bert") {
      for (const char* text : {"[PAD]", "[UNK]", "[CLS]", "[SEP]"}) add({text, TokenType::kControl});
      data.special_id(SpecialToken::kUnknown) = 1;
      data.special_id(SpecialToken::kBos) = 2;
      data.special_id(SpecialToken::kSeparator) = 3;
    } else {
      add({"<unk>", TokenType::kUnknown});
      add({"<s>", TokenType::kControl});
      add({"</s>", TokenType::kControl});
      for (int byte = 0; byte < 256; ++byte) {
        const char* hex = "0123456789ABCDEF";
        add({std::string("<0x") + hex[byte / 16] + hex[byte % 16] + ">", TokenType::kByte});
      }
    }
    for (MadeUpToken& token : tokens) add(std::move(token));
    data.model = std::move(model);
    data.pre = "gpt-2";
    data.tokens.assign(texts_.begin(), texts_.end());
    data.types = std::move(types_);
    data.scores = std::move(scores_);
  }
  MadeUpVocab(const MadeUpVocab&) = delete;
  MadeUpVocab& operator=(const MadeUpVocab&) = delete;

  VocabData data;

 private:
  void add(MadeUpToken token) {
    texts_.push_back(std::move(token.text));
    types_.push_back(static_cast<std::int32_t>(token.type));
    scores_.push_back(token.score);
  }

  std::vector<std::string> texts_;
  std::vector<std::int32_t> types_;
  std::vector<float> scores_;
  std::vector<std::string> merges_;
};

inline constexpr TokenId kFirstOwnBpeToken = 256;
inline constexpr TokenId kFirstOwnSpmToken = 259;

}  // namespace tenfold
