#include "engine/ngram_index.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/contracts.h"

namespace tenfold {

namespace {

constexpr int kNone = -1;
// Pairs such as quote and colon occur hundreds of times; looking at that many places takes a few microseconds.
constexpr int kMaxPlaces = 256;

}  // namespace

NgramIndex::NgramIndex(int max_tokens) : latest_(std::bit_ceil(static_cast<std::size_t>(max_tokens) + 1), kNone) {
  TENFOLD_DCHECK(max_tokens >= 1);
  text_.reserve(static_cast<std::size_t>(max_tokens));
  earlier_.reserve(static_cast<std::size_t>(max_tokens));
}

void NgramIndex::set_text(std::span<const TokenId> tokens) {
  const auto [mine, theirs] = std::mismatch(text_.begin(), text_.end(), tokens.begin(), tokens.end());
  const auto n_common = static_cast<std::size_t>(mine - text_.begin());
  while (text_.size() > n_common) pop();
  for (const TokenId token : tokens.subspan(n_common)) push(token);
}

// The chain of the last two tokens.
std::size_t NgramIndex::bucket_at_end() const {
  const std::size_t n = text_.size();
  const auto pair = static_cast<std::uint64_t>(static_cast<std::uint32_t>(text_[n - 2])) << 32 |
                    static_cast<std::uint32_t>(text_[n - 1]);
  return static_cast<std::size_t>((pair * 0x9E3779B97F4A7C15U) >> 32) & (latest_.size() - 1);
}

void NgramIndex::push(TokenId token) {
  TENFOLD_DCHECK(text_.size() < text_.capacity());
  text_.push_back(token);
  earlier_.push_back(kNone);
  if (text_.size() < kMinMatch) return;
  int& latest = latest_[bucket_at_end()];
  earlier_.back() = latest;
  latest = static_cast<int>(text_.size()) - 1;
}

void NgramIndex::pop() {
  if (text_.size() >= kMinMatch) latest_[bucket_at_end()] = earlier_.back();
  text_.pop_back();
  earlier_.pop_back();
}

// How many tokens up to `position` are those up to the end.
int NgramIndex::agreement(int position) const {
  const int last = static_cast<int>(text_.size()) - 1;
  const int limit = std::min(position + 1, kMaxMatch);
  int n = 0;
  while (n < limit && text_[static_cast<std::size_t>(position - n)] == text_[static_cast<std::size_t>(last - n)]) ++n;
  return n;
}

NgramIndex::Match NgramIndex::longest_match() const {
  Match best;
  if (text_.empty()) return best;
  int place = earlier_.back();
  for (int i = 0; i < kMaxPlaces && place != kNone && best.length < kMaxMatch; ++i) {
    if (const int n = agreement(place); n >= kMinMatch && n > best.length) best = {n, place + 1};
    place = earlier_[static_cast<std::size_t>(place)];
  }
  return best;
}

void NgramIndex::continuation(const Match& match, std::span<TokenId> out) const {
  const auto next = static_cast<std::size_t>(match.next);
  TENFOLD_DCHECK(match.length > 0 && match.next > 0 && next < text_.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = next + i < text_.size() ? text_[next + i] : out[next + i - text_.size()];
  }
}

}  // namespace tenfold
