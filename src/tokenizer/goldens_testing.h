// For tests only: the made-up vocabularies of testdata/*_goldens.json, with what llama.cpp makes of texts, and Hugging
// Face tokenizers in the case of WordPiece.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tokenizer/vocab_data.h"

namespace tenfold {

struct GoldenText {
  std::string text;
  std::vector<TokenId> plain;    // neither special
  std::vector<TokenId> special;  // add_bos, add_eos and parse_special
};

struct GoldenVocabulary {
  std::string name;
  std::shared_ptr<const std::vector<std::string>> storage;  // what the views of `vocab` point to
  VocabData vocab;
  std::vector<GoldenText> texts;
  std::vector<TokenId> end_of_generation;
};

// file: "bpe_goldens.json", "spm_goldens.json" or "word_piece_goldens.json". Throws if it is not as expected: tests
// only.
std::vector<GoldenVocabulary> read_golden_vocabularies(const std::string& file);

}  // namespace tenfold
