#include "tokenizer/word_piece.h"

#include <algorithm>
#include <string>

namespace tenfold {

namespace {

constexpr std::string_view kWordStart = "\xE2\x96\x81";

bool is_char_border(std::string_view text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

}  // namespace

bool WordPieceEncoder::append_pieces(std::string_view word, const TextTokens* only, std::vector<TokenId>& out) const {
  const std::size_t n_before = out.size();
  std::size_t least = kWordStart.size() + 1;  // the first piece is more than the mark
  while (!word.empty()) {
    std::size_t length = std::min(word.size(), tokens_->longest_text_bytes());
    std::uint32_t id = TextTable::kNone;
    // A piece with the mark begins a word, even where a U+2581 of the text stands inside of one.
    if (out.size() > n_before && word.starts_with(kWordStart)) length = 0;
    for (; length >= least && id == TextTable::kNone; --length) {
      if (is_char_border(word, length)) id = find_token(*tokens_, word.substr(0, length), only);
    }
    if (id == TextTable::kNone) {
      out.resize(n_before);
      return false;
    }
    out.push_back(static_cast<TokenId>(id));
    word.remove_prefix(length + 1);
    least = 1;
  }
  return true;
}

void WordPieceEncoder::encode(std::string_view text, const TextTokens* only, std::vector<TokenId>& out,
                              CancelLatch& cancel) const {
  std::string marked;
  const auto add_word = [&](BertWord word) {
    marked.assign(kWordStart).append(word.text);
    if (word.n_chars > kMaxBertWordChars || !append_pieces(marked, only, out)) out.push_back(unknown_);
  };
  for_each_bert_word(text, words_, add_word, &cancel);
}

}  // namespace tenfold
