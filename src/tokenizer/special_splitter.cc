#include "tokenizer/special_splitter.h"

#include <algorithm>

namespace tenfold {

namespace {

bool is_ascii_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

SpecialSplitter::SpecialSplitter(const TextTable& tokens, const SpecialTokens& special) {
  struct Entry {
    std::string_view text;
    TokenId id;
  };
  std::vector<Entry> entries;
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (!special.has(token, kControlTrait | kUserDefinedTrait | kUnknownTrait)) continue;
    if (tokens.find(tokens.text(id)) == id) entries.push_back({tokens.text(id), token});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });

  // A trie, made breadth first so that the edges of a node lie together. Each node covers a range of the sorted texts.
  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
  };
  std::vector<Range> ranges = {{0, entries.size(), 0}};
  nodes_.resize(1);
  for (std::size_t node = 0; node < ranges.size(); ++node) {
    auto [at, end, depth] = ranges[node];
    if (at < end && entries[at].text.size() == depth) {
      const Entry& entry = entries[at++];
      nodes_[node].token = entry.id;
      nodes_[node].only_if_parsing = special.has(entry.id, kControlTrait | kUnknownTrait);
      nodes_[node].strips_right = special.has(entry.id, kStripRightTrait);
      longest_ = std::max(longest_, depth);
      any_user_defined_ = any_user_defined_ || !nodes_[node].only_if_parsing;
    }
    nodes_[node].first_edge = static_cast<std::uint32_t>(edges_.size());
    while (at < end) {
      const char byte = entries[at].text[depth];
      std::size_t same = at + 1;
      while (same < end && entries[same].text[depth] == byte) ++same;
      edges_.push_back({static_cast<unsigned char>(byte), static_cast<std::uint32_t>(ranges.size())});
      ranges.push_back({at, same, depth + 1});
      at = same;
    }
    nodes_[node].n_edges = static_cast<std::uint32_t>(edges_.size()) - nodes_[node].first_edge;
    nodes_.resize(ranges.size());
  }
  children_.fill(kNone);
  for (std::uint32_t edge = 0; edge < nodes_[0].n_edges; ++edge) children_[edges_[edge].byte] = edges_[edge].node;
}

std::uint32_t SpecialSplitter::child(std::uint32_t node, char byte) const noexcept {
  const auto* const first = edges_.data() + nodes_[node].first_edge;
  const auto* const last = first + nodes_[node].n_edges;
  const auto wanted = static_cast<unsigned char>(byte);
  const auto* const edge =
      std::lower_bound(first, last, wanted, [](const Edge& e, unsigned char value) { return e.byte < value; });
  return edge != last && edge->byte == wanted ? edge->node : kNone;
}

std::vector<std::size_t> SpecialSplitter::lengths_in(std::string_view text, bool parse_special) const {
  std::vector<bool> occurs(longest_ + 1, false);
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    std::uint32_t node = children_[static_cast<unsigned char>(text[begin])];
    for (std::size_t at = begin + 1; node != kNone; ++at) {
      if (is_wanted(nodes_[node], parse_special)) occurs[at - begin] = true;
      node = at < text.size() ? child(node, text[at]) : kNone;
    }
  }
  std::vector<std::size_t> lengths;
  for (std::size_t length = longest_; length > 0; --length) {
    if (occurs[length]) lengths.push_back(length);
  }
  return lengths;
}

std::vector<TextFragment> SpecialSplitter::split(std::string_view text, bool parse_special) const {
  std::vector<TextFragment> fragments;
  if (text.empty()) return fragments;
  fragments.push_back({0, static_cast<std::uint32_t>(text.size())});
  if (longest_ == 0 || (!parse_special && !any_user_defined_)) return fragments;
  for (const std::size_t length : lengths_in(text, parse_special)) {
    std::vector<TextFragment> finer;
    finer.reserve(fragments.size());
    for (const TextFragment& fragment : fragments) {
      if (fragment.token != TextFragment::kText || fragment.end - fragment.begin < length) {
        finer.push_back(fragment);
      } else {
        split_fragment(text, fragment, length, parse_special, finer);
      }
    }
    fragments = std::move(finer);
  }
  return fragments;
}

void SpecialSplitter::split_fragment(std::string_view text, TextFragment fragment, std::size_t length,
                                     bool parse_special, std::vector<TextFragment>& out) const {
  std::uint32_t begin = fragment.begin;  // of the text not yet put out
  for (std::uint32_t at = begin; at + length <= fragment.end;) {
    std::uint32_t node = children_[static_cast<unsigned char>(text[at])];
    for (std::size_t depth = 1; node != kNone && depth < length; ++depth) node = child(node, text[at + depth]);
    if (node == kNone || !is_wanted(nodes_[node], parse_special)) {
      ++at;
      continue;
    }
    if (at > begin) out.push_back({begin, at});
    at += static_cast<std::uint32_t>(length);
    out.push_back({static_cast<std::uint32_t>(at - length), at, nodes_[node].token});
    while (nodes_[node].strips_right && at < fragment.end && is_ascii_space(text[at])) ++at;
    begin = at;
  }
  if (begin < fragment.end) out.push_back({begin, fragment.end});
}

}  // namespace tenfold
