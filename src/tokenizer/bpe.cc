#include "tokenizer/bpe.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/nfc.h"

namespace tenfold {

namespace {

// Real vocabularies have none. Each takes a hundred bytes and twice its text.
constexpr std::size_t kMaxExtras = std::size_t{1} << 17;
constexpr std::size_t kMaxExtraBytes = std::size_t{4} << 20;

std::uint64_t hash_pair(std::uint32_t left, std::uint32_t right) noexcept {
  return mix_hash(static_cast<std::uint64_t>(left) << 32 | right);
}

// The merges that lead to text tokens, and those tokens.
class TextMerges {
 public:
  TextMerges(const BpeMerges& merges, const TextTokens& only) : merges_(merges), only_(only) {}

  [[nodiscard]] std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const {
    const std::uint32_t pair = merges_.find(left, right);
    return pair == MergeSymbol::kNone || merges_.is_text(merges_.result(pair), only_) ? pair : MergeSymbol::kNone;
  }
  [[nodiscard]] std::uint32_t rank(std::uint32_t pair) const noexcept { return merges_.rank(pair); }
  [[nodiscard]] std::uint32_t result(std::uint32_t pair) const noexcept { return merges_.result(pair); }
  [[nodiscard]] std::size_t n_ranks() const noexcept { return merges_.n_ranks(); }
  [[nodiscard]] MergeSymbol first(std::string_view text, std::uint32_t at) const noexcept {
    return merges_.first(text, at);
  }
  bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const {
    return merges_.append_beginnings(text, at, out);
  }
  void append_tokens(std::uint32_t symbol, std::vector<TokenId>& out) const {
    const auto n_before = static_cast<std::ptrdiff_t>(out.size());
    merges_.append_tokens(symbol, out);
    const auto is_other = [&](TokenId id) { return !only_.has(static_cast<std::uint32_t>(id)); };
    out.erase(std::remove_if(out.begin() + n_before, out.end(), is_other), out.end());
  }

 private:
  const BpeMerges& merges_;
  const TextTokens& only_;
};

}  // namespace

Result<BpeMerges> BpeMerges::create(const TextTable& tokens, std::span<const std::string_view> merges) {
  BpeMerges result(tokens, merges.size());
  result.merges_.reserve(merges.size());
  std::string joined;
  for (const std::string_view merge : merges) TENFOLD_RETURN_IF_ERROR(result.add(merge, joined));
  for (unsigned byte = 0; byte < 256; ++byte) {
    result.byte_symbols_[byte] = result.symbol_of(letter_of_byte(static_cast<std::uint8_t>(byte)));
  }
  return result;
}

Status BpeMerges::add(std::string_view merge, std::string& joined) {
  const std::size_t space = merge.find(' ', 1);
  if (space == std::string_view::npos || space + 1 == merge.size()) {
    ++n_malformed_;
    return {};
  }
  const std::string_view left_text = merge.substr(0, space);
  const std::string_view right_text = merge.substr(space + 1);
  if (extra_texts_.size() > kMaxExtras || extra_bytes_ > kMaxExtraBytes) {
    return resource_exhausted("expected at most ", kMaxExtras,
                              " texts that merges name and the vocabulary does not, of ", kMaxExtraBytes,
                              " bytes together, found more");
  }
  const std::uint32_t left = symbol_of(left_text);
  const std::uint32_t right = symbol_of(right_text);
  if (find_pair(left, right) != FlatIndex::kNone) return {};
  joined.assign(left_text).append(right_text);
  const auto rank = static_cast<std::uint32_t>(merges_.size());
  merges_.push_back({left, right, result_of(joined)});
  if (!index_.insert(hash_pair(left, right), rank)) {
    return corrupt_data("too many merges with the same hash, at ", printable(merge));
  }
  return {};
}

std::uint32_t BpeMerges::find_symbol(std::string_view text) const {
  if (const std::uint32_t token = tokens_->find(text); token != TextTable::kNone) return token;
  const auto known = extras_.find(text);
  return known == extras_.end() ? MergeSymbol::kNone : known->second;
}

std::uint32_t BpeMerges::symbol_of(std::string_view text) {
  longest_symbol_bytes_ = std::max(longest_symbol_bytes_, text.size());
  if (const std::uint32_t known = find_symbol(text); known != MergeSymbol::kNone) return known;
  const auto symbol = static_cast<std::uint32_t>(tokens_->size() + extra_texts_.size());
  extras_.emplace(text, symbol);
  extra_texts_.emplace_back(text);
  extra_bytes_ += text.size();
  return symbol;
}

// Vocabularies list tokens in the order of the merges that make them, so most look-ups end before they begin.
std::uint32_t BpeMerges::result_of(std::string_view text) {
  for (std::uint32_t guess = last_result_; guess < tokens_->size() && guess <= last_result_ + 1; ++guess) {
    // Of tokens with the same text only the last is ever found, so a guess may not be a duplicate.
    if (tokens_->text(guess) != text || tokens_->n_duplicates() > 0) continue;
    longest_symbol_bytes_ = std::max(longest_symbol_bytes_, text.size());
    return last_result_ = guess;
  }
  return last_result_ = symbol_of(text);
}

std::uint32_t BpeMerges::find_pair(std::uint32_t left, std::uint32_t right) const {
  return index_.find(hash_pair(left, right),
                     [&](std::uint32_t rank) { return merges_[rank].left == left && merges_[rank].right == right; });
}

bool BpeMerges::append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const {
  constexpr std::size_t kMaxBytes = 512;
  if (longest_symbol_bytes_ > kMaxBytes) return false;
  std::string letters;
  for (std::uint32_t end = at; end < text.size();) {
    letters.append(letter_of_byte(static_cast<std::uint8_t>(text[end++])));
    if (letters.size() > longest_symbol_bytes_) break;
    if (const std::uint32_t id = find_symbol(letters); id != MergeSymbol::kNone) out.push_back({id, at, end});
  }
  return true;
}

void BpeMerges::append_tokens(std::uint32_t symbol, std::vector<TokenId>& out) const {
  if (symbol < tokens_->size()) {
    out.push_back(static_cast<TokenId>(symbol));
    return;
  }
  TENFOLD_DCHECK(symbol - tokens_->size() < extra_texts_.size());
  const std::string_view text = extra_texts_[symbol - tokens_->size()];
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const std::uint32_t token = tokens_->find(text.substr(at, 1)); token != TextTable::kNone) {
      out.push_back(static_cast<TokenId>(token));
    }
  }
}

void BpeEncoder::encode(std::string_view text, const TextTokens* only, std::vector<TokenId>& out,
                        CancelLatch& cancel) const {
  std::vector<Char> chars = decode_chars(text, &cancel);
  if (normalization_ == Normalization::kNfc) compose(chars, cancel);
  Scratch scratch{only, WindowedMerge(&cancel), {}, {}};
  pretokenizer_->split({chars, &cancel}, [&](const Chars& piece) { encode_piece(piece, scratch, out); });
}

void BpeEncoder::encode_piece(const Chars& piece, Scratch& scratch, std::vector<TokenId>& out) const {
  scratch.bytes.clear();
  append_chars(scratch.bytes, piece);
  if (pretokenizer_->ignore_merges) {
    if (const std::uint32_t token = find_whole(scratch); token != TextTable::kNone) {
      out.push_back(static_cast<TokenId>(token));
      return;
    }
  }
  const auto merge_by = [&](const auto& merges) {
    scratch.merge.run(scratch.bytes, 0, static_cast<std::uint32_t>(scratch.bytes.size()), merges,
                      [&](const MergeSymbol& symbol) { merges.append_tokens(symbol.id, out); });
  };
  scratch.only == nullptr ? merge_by(merges_) : merge_by(TextMerges(merges_, *scratch.only));
}

std::uint32_t BpeEncoder::find_whole(Scratch& scratch) const {
  if (scratch.bytes.size() > tokens_->longest_text_bytes()) return TextTable::kNone;
  scratch.letters.clear();
  for (const char byte : scratch.bytes) scratch.letters.append(letter_of_byte(static_cast<std::uint8_t>(byte)));
  return find_token(*tokens_, scratch.letters, scratch.only);
}

}  // namespace tenfold
