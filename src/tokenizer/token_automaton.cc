#include "tokenizer/token_automaton.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 26;

[[maybe_unused]] bool ascend(std::span<const std::string_view> texts) {
  return std::adjacent_find(texts.begin(), texts.end(), std::greater_equal<>()) == texts.end();
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::uint64_t hash_edge(std::uint32_t parent, char byte) {
  return mix_hash(static_cast<std::uint64_t>(parent) << 8 | static_cast<unsigned char>(byte));
}

}  // namespace

// States first, text by text; then links, from short states to long ones, since a link leads to a shorter one.
class TokenAutomaton::Builder {
 public:
  Builder(std::span<const std::string_view> texts, std::size_t n_bytes, TokenAutomaton& automaton)
      : texts_(texts), made_(automaton) {
    own_.reserve(texts.size());
    made_.labels_.reserve(n_bytes + 1);
    made_.links_.reserve(n_bytes + 1);
    made_.index_ = FlatIndex(texts.size());
  }

  Status run() {
    TENFOLD_RETURN_IF_ERROR(add_states());
    made_.matches_.assign(made_.labels_.size(), kNone);
    made_.shorter_.assign(texts_.size(), kNone);
    add_links();
    return {};
  }

 private:
  // The states that a text does not share with the one before it, each but the first behind the one before it.
  struct Own {
    std::uint32_t n_shared;  // bytes
    State first;
    State parent;
  };
  // A text as its links are added, byte by byte.
  struct Growing {
    std::uint32_t text;
    State state;  // the next to be linked
    State link;   // of the state before
  };

  Status add_states() {
    made_.labels_.push_back(0);
    made_.links_.push_back(kStart);
    std::vector<State> path = {kStart};  // of the last text, by length
    std::string_view last;
    for (const std::string_view text : texts_) {
      const std::size_t n_shared = common_prefix(last, text);
      path.resize(n_shared + 1);
      own_.push_back({static_cast<std::uint32_t>(n_shared), static_cast<State>(made_.labels_.size()), path.back()});
      for (const char byte : text.substr(n_shared)) {
        TENFOLD_RETURN_IF_ERROR(add_child(path.back(), byte));
        path.push_back(static_cast<State>(made_.labels_.size() - 1));
      }
      last = text;
    }
    return {};
  }

  Status add_child(State parent, char byte) {
    const auto child = static_cast<State>(made_.labels_.size());
    made_.labels_.push_back(byte);
    made_.links_.push_back(kStart);
    if (parent == kStart) {
      made_.first_[static_cast<unsigned char>(byte)] = child;
    } else if (child == parent + 1) {
      made_.links_[parent] |= kGoesOn;
    } else {
      made_.links_[parent] |= kBranches;
      made_.edges_.push_back({parent, child});
      if (!made_.index_.insert(hash_edge(parent, byte), static_cast<std::uint32_t>(made_.edges_.size() - 1))) {
        return corrupt_data("too many special tokens with the same hash");
      }
    }
    return {};
  }

  void add_links() {
    std::vector<std::uint32_t> waiting(texts_.size());  // the last ones begin to grow first
    std::iota(waiting.begin(), waiting.end(), 0u);
    std::sort(waiting.begin(), waiting.end(),
              [&](std::uint32_t a, std::uint32_t b) { return own_[a].n_shared > own_[b].n_shared; });
    std::vector<Growing> growing;
    for (std::size_t length = 1; !waiting.empty() || !growing.empty(); ++length) {
      for (; !waiting.empty() && own_[waiting.back()].n_shared + 1 == length; waiting.pop_back()) {
        const Own& own = own_[waiting.back()];
        growing.push_back({waiting.back(), own.first, made_.links_[own.parent] & kLinkMask});
      }
      for (Growing& text : growing) link(text, length);
      std::erase_if(growing, [&](const Growing& text) { return texts_[text.text].size() == length; });
    }
  }

  void link(Growing& text, std::size_t length) {
    const State state = text.state++;
    if (length > 1) text.link = made_.next(text.link, made_.labels_[state]);
    made_.links_[state] |= text.link;
    made_.matches_[state] = made_.matches_[text.link];
    if (length != texts_[text.text].size()) return;
    made_.shorter_[text.text] = made_.matches_[text.link];
    made_.matches_[state] = text.text;
  }

  std::span<const std::string_view> texts_;
  TokenAutomaton& made_;
  std::vector<Own> own_;
};

Result<TokenAutomaton> TokenAutomaton::create(std::span<const std::string_view> texts) {
  TENFOLD_DCHECK(ascend(texts) && (texts.empty() || !texts.front().empty()));
  std::size_t n_bytes = 0;
  for (const std::string_view text : texts) n_bytes += text.size();
  if (n_bytes > kMaxBytes) {
    return resource_exhausted("expected special tokens of at most ", kMaxBytes, " bytes together, found ", n_bytes);
  }
  TokenAutomaton automaton;
  TENFOLD_RETURN_IF_ERROR(Builder(texts, n_bytes, automaton).run());
  return automaton;
}

TokenAutomaton::State TokenAutomaton::child(State state, char byte) const noexcept {
  if ((links_[state] & kGoesOn) != 0 && labels_[state + 1] == byte) return state + 1;
  if ((links_[state] & kBranches) == 0) return kStart;
  const std::uint32_t edge = index_.find(hash_edge(state, byte), [&](std::uint32_t at) {
    return edges_[at].parent == state && labels_[edges_[at].child] == byte;
  });
  return edge == FlatIndex::kNone ? kStart : edges_[edge].child;
}

}  // namespace tenfold
