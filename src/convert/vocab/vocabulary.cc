#include "convert/vocab/vocabulary.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/cat.h"
#include "base/contracts.h"
#include "base/utf8.h"
#include "tokenizer/special_tokens.h"

namespace tenfold {

namespace {

// What llama.cpp's converter gives to tokens that no merge makes.
constexpr float kAddedScore = -1000;
constexpr float kUnusedScore = -10000;

// Files exist that do not mark these as special, though a text that holds them means the characters.
bool looks_special(std::string_view text) {
  for (const std::string_view known : {"<pad>", "<mask>", "<2mass>", "[@BOS@]"}) {
    if (text == known) return true;
  }
  const auto framed = [&](std::string_view open, std::string_view close) {
    return text.size() >= open.size() + close.size() && text.starts_with(open) && text.ends_with(close);
  };
  return framed("<|", "|>") || framed("<\xEF\xBD\x9C", "\xEF\xBD\x9C>") || framed("<unused", ">");
}

std::string with_blanks(std::string_view text) {
  constexpr std::string_view kBlank = "\xE2\x96\x81";  // ▁
  std::string out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(kBlank), text.size());
    out += text.substr(0, at);
    if (at < text.size()) out += ' ';
    text.remove_prefix(std::min(at + kBlank.size(), text.size()));
  }
  return out;
}

void set_token(Vocabulary& vocabulary, std::size_t id, std::string text, TokenType type) {
  vocabulary.tokens[id] = std::move(text);
  vocabulary.types[id] = static_cast<std::int32_t>(type);
}

// Every id a token that nothing uses: rows that only pad the embedding stay so.
Vocabulary unused_tokens(std::size_t n) {
  Vocabulary vocabulary;
  vocabulary.tokens.resize(n);
  vocabulary.types.resize(n);
  for (std::size_t id = 0; id < n; ++id) set_token(vocabulary, id, cat("[PAD", id, "]"), TokenType::kUnused);
  return vocabulary;
}

void put_added_tokens(Vocabulary& vocabulary, const HfTokenizer& tokenizer) {
  for (const AddedToken& added : tokenizer.added) {
    TENFOLD_DCHECK(added.id < vocabulary.tokens.size());
    const bool control = added.special || looks_special(added.text);
    set_token(vocabulary, added.id, control ? added.text : with_blanks(added.text),
              control ? TokenType::kControl : TokenType::kUserDefined);
    if (!vocabulary.scores.empty()) vocabulary.scores[added.id] = kAddedScore;
  }
}

// A piece that an earlier merge makes is merged first: its score is minus the merge's place.
std::vector<float> scores_of_merges(const HfTokenizer& tokenizer) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t place = 0; place < tokenizer.merges.size(); ++place) {
    places.emplace(tokenizer.merges[place].left + tokenizer.merges[place].right, place);
  }
  std::vector<float> scores(tokenizer.tokens.size());
  for (std::size_t id = 0; id < scores.size(); ++id) {
    const auto at = places.find(tokenizer.tokens[id]);
    scores[id] = -static_cast<float>(at != places.end() ? at->second : tokenizer.merges.size());
  }
  return scores;
}

}  // namespace

Vocabulary byte_level_vocabulary(const HfTokenizer& tokenizer) {
  Vocabulary vocabulary = unused_tokens(tokenizer.tokens.size());
  for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    if (tokenizer.has_token[id]) set_token(vocabulary, id, tokenizer.tokens[id], TokenType::kNormal);
  }
  put_added_tokens(vocabulary, tokenizer);
  return vocabulary;
}

Vocabulary word_piece_vocabulary(const HfTokenizer& tokenizer) {
  Vocabulary vocabulary = unused_tokens(tokenizer.tokens.size());
  for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    if (!tokenizer.has_token[id]) continue;
    const std::string& text = tokenizer.tokens[id];
    set_token(vocabulary, id, text.starts_with("##") ? text.substr(2) : "\xE2\x96\x81" + text, TokenType::kNormal);
  }
  put_added_tokens(vocabulary, tokenizer);
  return vocabulary;
}

Vocabulary piece_vocabulary(const HfTokenizer& tokenizer, const std::optional<SentencePieceModel>& model) {
  Vocabulary vocabulary = unused_tokens(tokenizer.tokens.size());
  vocabulary.scores.assign(tokenizer.tokens.size(), kUnusedScore);
  if (model) {
    TENFOLD_DCHECK(model->pieces.size() <= vocabulary.tokens.size());
    for (std::size_t id = 0; id < model->pieces.size(); ++id) {
      const SentencePiece& piece = model->pieces[id];
      set_token(vocabulary, id, piece.text, piece.type);
      vocabulary.scores[id] = piece.score;
    }
    put_added_tokens(vocabulary, tokenizer);
    return vocabulary;
  }
  const std::vector<float> scores = tokenizer.unigram ? tokenizer.scores : scores_of_merges(tokenizer);
  for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    if (!tokenizer.has_token[id]) continue;
    const bool is_byte = byte_of_hex_token(tokenizer.tokens[id]).has_value();
    const bool is_unknown = tokenizer.unknown && *tokenizer.unknown == id;
    set_token(vocabulary, id, tokenizer.tokens[id],
              is_byte      ? TokenType::kByte
              : is_unknown ? TokenType::kUnknown
                           : TokenType::kNormal);
    vocabulary.scores[id] = scores[id];
  }
  put_added_tokens(vocabulary, tokenizer);
  return vocabulary;
}

std::size_t count_unlisted_merges(const HfTokenizer& tokenizer) {
  std::unordered_set<std::string_view> pieces;
  for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    const bool is_byte = byte_of_hex_token(tokenizer.tokens[id]).has_value();
    if (tokenizer.has_token[id] && !is_byte) pieces.insert(tokenizer.tokens[id]);
  }
  for (const AddedToken& added : tokenizer.added) pieces.erase(added.text);
  std::unordered_map<std::string, std::size_t> n_listed;
  for (const Merge& merge : tokenizer.merges) ++n_listed[merge.left + merge.right];
  // Merging begins with characters, pieces or not.
  const auto can_be_merged = [&](std::string_view part) {
    return pieces.contains(part) || decode_utf8(part, 0).n_bytes == part.size();
  };
  std::size_t n_unlisted = 0;
  for (const std::string_view piece : pieces) {
    std::size_t n_pairs = 0;
    for (std::size_t cut = 1; cut < piece.size(); ++cut) {
      const bool within_character = (static_cast<unsigned char>(piece[cut]) & 0xC0) == 0x80;
      if (within_character) continue;
      n_pairs += can_be_merged(piece.substr(0, cut)) && can_be_merged(piece.substr(cut)) ? 1 : 0;
    }
    const auto listed = n_listed.find(std::string(piece));
    n_unlisted += n_pairs - std::min(n_pairs, listed != n_listed.end() ? listed->second : 0);
  }
  return n_unlisted;
}

}  // namespace tenfold
