#include "tokenizer/spm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

#include "base/contracts.h"
#include "base/error.h"
#include "tokenizer/flat_index.h"

namespace tenfold {

namespace {

// The character at the start of a text, by its first byte alone: what follows is not looked at, here as in llama.cpp.
std::string_view first_char(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t n = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return text.substr(0, n);
}

constexpr std::string_view kVisibleSpace = "\xE2\x96\x81";

// Text as the vocabulary spells it.
std::string escape_spaces(std::string_view text, SpacePrefix prefix, CancelLatch& cancel) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 4 + kVisibleSpace.size());
  if (prefix == SpacePrefix::kAdded) escaped.append(kVisibleSpace);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at % CancelLatch::kBytesBetweenLooks == 0 && cancel.is_set()) break;
    if (text[at] == ' ') {
      escaped.append(kVisibleSpace);
    } else {
      escaped.push_back(text[at]);
    }
  }
  return escaped;
}

// What symbols may merge into.
struct SpmMerges {
  const TextTable& tokens;
  const TextTokens* only;  // null: any of them
  std::span<const std::uint32_t> ranks;
  std::size_t n_ranks;
};

// For WindowedMerge: two symbols pair if the text they cover together is a token; the pair is that token.
class TextPairs {
 public:
  TextPairs(std::string_view text, const SpmMerges& merges) : text_(text), merges_(merges) {}

  [[nodiscard]] std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const {
    if (right.end - left.begin > merges_.tokens.longest_text_bytes()) return TextTable::kNone;
    return token_of(text_.substr(left.begin, right.end - left.begin));
  }
  [[nodiscard]] std::uint32_t rank(std::uint32_t pair) const noexcept { return merges_.ranks[pair]; }
  [[nodiscard]] std::uint32_t result(std::uint32_t pair) const noexcept { return pair; }
  [[nodiscard]] std::size_t n_ranks() const noexcept { return merges_.n_ranks; }
  [[nodiscard]] MergeSymbol first(std::string_view text, std::uint32_t at) const noexcept {
    const std::string_view c = first_char(text.substr(at));
    return {token_of(c), at, static_cast<std::uint32_t>(at + c.size())};
  }
  bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const {
    constexpr std::size_t kMaxBytes = 512;
    if (merges_.tokens.longest_text_bytes() > kMaxBytes) return false;
    MergeSymbol symbol = first(text, at);
    out.push_back(symbol);  // even if it is no token
    while (symbol.end < text.size()) {
      symbol.end += static_cast<std::uint32_t>(first_char(text.substr(symbol.end)).size());
      if (symbol.end - at > merges_.tokens.longest_text_bytes()) break;
      symbol.id = token_of(text.substr(at, symbol.end - at));
      if (symbol.id != TextTable::kNone) out.push_back(symbol);
    }
    return true;
  }

 private:
  [[nodiscard]] std::uint32_t token_of(std::string_view text) const noexcept {
    return find_token(merges_.tokens, text, merges_.only);
  }

  std::string_view text_;
  SpmMerges merges_;
};

}  // namespace

NeighbourFilter::NeighbourFilter(const TextTable& tokens) {
  std::size_t n_bytes = 0;
  for (std::uint32_t id = 0; id < tokens.size(); ++id) n_bytes += tokens.text(id).size();
  bits_.assign(std::bit_ceil(n_bytes / 16 + 1), 0);
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    std::string_view rest = tokens.text(id);
    if (rest.empty()) continue;
    std::string_view left = first_char(rest);
    for (rest.remove_prefix(left.size()); !rest.empty();) {
      const std::string_view right = first_char(rest);
      const std::size_t bit = bit_of(left, right);
      bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
      left = right;
      rest.remove_prefix(right.size());
    }
  }
}

bool NeighbourFilter::may_join(std::string_view left, std::string_view right) const noexcept {
  const std::size_t bit = bit_of(left, right);
  return (bits_[bit / 64] >> (bit % 64) & 1) != 0;
}

std::size_t NeighbourFilter::bit_of(std::string_view left, std::string_view right) const noexcept {
  std::uint32_t words[2] = {0, 0};
  TENFOLD_DCHECK(left.size() <= sizeof(words[0]) && right.size() <= sizeof(words[1]));
  std::memcpy(&words[0], left.data(), left.size());
  std::memcpy(&words[1], right.data(), right.size());
  return mix_hash(static_cast<std::uint64_t>(words[0]) << 32 | words[1]) & (bits_.size() * 64 - 1);
}

SpmEncoder::SpmEncoder(const TextTable& tokens, std::optional<TokenId> unknown)
    : tokens_(&tokens), unknown_(unknown), ranks_(tokens.size()), neighbours_(tokens) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char spelled[] = {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
    byte_tokens_[byte] = tokens.find({spelled, sizeof(spelled)});
  }
}

Result<SpmEncoder> SpmEncoder::create(const TextTable& tokens, std::span<const float> scores,
                                      std::optional<TokenId> unknown) {
  TENFOLD_DCHECK(scores.empty() || scores.size() == tokens.size());
  TENFOLD_DCHECK(!unknown || (*unknown >= 0 && static_cast<std::size_t>(*unknown) < tokens.size()));
  SpmEncoder encoder(tokens, unknown);
  if (scores.empty()) {
    encoder.n_ranks_ = 1;
    return encoder;
  }
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (std::isnan(scores[id])) return corrupt_data("expected a score for token ", id, ", found NaN");
  }
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || scores[order[i]] != scores[order[i - 1]]) ++encoder.n_ranks_;
    encoder.ranks_[order[i]] = static_cast<std::uint32_t>(encoder.n_ranks_ - 1);
  }
  return encoder;
}

Status SpmEncoder::encode(std::string_view text, SpacePrefix prefix, const TextTokens* only, std::vector<TokenId>& out,
                          CancelLatch& cancel) const {
  const std::string escaped = escape_spaces(text, prefix, cancel);
  const TextPairs pairs(escaped, {*tokens_, only, ranks_, n_ranks_});
  WindowedMerge merge(&cancel);
  Status status;
  for (std::uint32_t begin = 0; begin < escaped.size() && status.ok() && !cancel.is_set();) {
    const auto end = static_cast<std::uint32_t>(begin + first_chunk(std::string_view(escaped).substr(begin), cancel));
    merge.run(escaped, begin, end, pairs, [&](const MergeSymbol& symbol) {
      if (status.ok()) status = append_tokens(symbol, escaped, only, out);
    });
    begin = end;
  }
  return status;
}

std::size_t SpmEncoder::first_chunk(std::string_view text, CancelLatch& cancel) const {
  std::string_view last = first_char(text);
  std::size_t n_bytes = last.size();
  while (n_bytes < text.size() && !cancel.is_set()) {
    const std::string_view c = first_char(text.substr(n_bytes));
    if (!neighbours_.may_join(last, c)) break;
    n_bytes += c.size();
    last = c;
  }
  return n_bytes;
}

Status SpmEncoder::append_tokens(const MergeSymbol& symbol, std::string_view text, const TextTokens* only,
                                 std::vector<TokenId>& out) const {
  if (symbol.id != TextTable::kNone) {
    out.push_back(static_cast<TokenId>(symbol.id));
    return {};
  }
  const std::string_view bytes = text.substr(symbol.begin, symbol.end - symbol.begin);
  const auto token_of = [&](const char& byte) {
    const std::uint32_t spelled = byte_tokens_[static_cast<unsigned char>(byte)];
    return spelled != TextTable::kNone ? spelled : find_token(*tokens_, {&byte, 1}, only);
  };
  if (std::all_of(bytes.begin(), bytes.end(), [&](const char& byte) { return token_of(byte) != TextTable::kNone; })) {
    for (const char& byte : bytes) out.push_back(static_cast<TokenId>(token_of(byte)));
    return {};
  }
  // llama.cpp ends the process here; SentencePiece has the unknown token for it.
  if (!unknown_) {
    return unsupported("the vocabulary has no tokens for the bytes of ", printable(bytes), " and no unknown token");
  }
  out.push_back(*unknown_);
  return {};
}

}  // namespace tenfold
