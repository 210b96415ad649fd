#include "tokenizer/token_automaton.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 26;

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

// States first, text by text; then links, from short states to long ones, since a link leads to a shorter one.
class TokenAutomaton::Builder {
 public:
  Builder(std::span<const std::string_view> texts, TokenAutomaton& automaton) : texts_(texts), made_(automaton) {}

  void reserve(std::size_t n_bytes) {
    own_.reserve(texts_.size());
    made_.labels_.reserve(n_bytes + 1);
    made_.links_.reserve(n_bytes + 1);
  }

  void run() {
    add_states();
    std::sort(made_.edges_.begin(), made_.edges_.end(), [&](const Edge& a, const Edge& b) {
      return std::pair(a.parent, made_.labels_[a.child]) < std::pair(b.parent, made_.labels_[b.child]);
    });
    made_.matches_.assign(made_.labels_.size(), kNone);
    made_.shorter_.assign(texts_.size(), kNone);
    add_links();
  }

 private:
  // The states that a text does not share with the one before it.
  struct Own {
    std::uint32_t shared;  // bytes
    State first;
    State parent;
  };

  void add_states() {
    made_.labels_.push_back(0);
    made_.links_.push_back(kStart);
    std::vector<State> path = {kStart};  // of the last text, by length
    std::string_view last;
    for (const std::string_view text : texts_) {
      const std::size_t shared = common_prefix(last, text);
      path.resize(shared + 1);
      add_child(path.back(), text[shared]);
      own_.push_back({static_cast<std::uint32_t>(shared), static_cast<State>(made_.labels_.size() - 1), path.back()});
      path.push_back(own_.back().first);
      for (std::size_t at = shared + 1; at < text.size(); ++at) {
        add_child(path.back(), text[at]);
        path.push_back(path.back() + 1);
      }
      last = text;
    }
  }

  void add_child(State parent, char byte) {
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
    }
  }

  void add_links() {
    std::vector<std::uint32_t> waiting(texts_.size());  // by the length of their first own state, falling
    std::iota(waiting.begin(), waiting.end(), 0u);
    std::stable_sort(waiting.begin(), waiting.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return own_[a].shared > own_[b].shared; });
    std::vector<std::uint32_t> active;
    for (std::size_t length = 1; !waiting.empty() || !active.empty(); ++length) {
      for (; !waiting.empty() && own_[waiting.back()].shared + 1 == length; waiting.pop_back()) {
        active.push_back(waiting.back());
      }
      for (const std::uint32_t text : active) link(text, length);
      std::erase_if(active, [&](std::uint32_t text) { return texts_[text].size() == length; });
    }
  }

  // The state of the first `length` bytes of a text.
  void link(std::uint32_t text, std::size_t length) {
    const Own& own = own_[text];
    const State state = own.first + static_cast<State>(length - own.shared - 1);
    const State parent = state == own.first ? own.parent : state - 1;
    State link = kStart;
    if (parent != kStart) link = made_.next(made_.links_[parent] & kLinkMask, made_.labels_[state]);
    made_.links_[state] |= link;
    made_.matches_[state] = made_.matches_[link];
    if (length != texts_[text].size()) return;
    made_.shorter_[text] = made_.matches_[link];
    made_.matches_[state] = text;
  }

  std::span<const std::string_view> texts_;
  TokenAutomaton& made_;
  std::vector<Own> own_;
};

Result<TokenAutomaton> TokenAutomaton::create(std::span<const std::string_view> texts) {
  std::size_t n_bytes = 0;
  for (const std::string_view text : texts) n_bytes += text.size();
  if (n_bytes > kMaxBytes) {
    return resource_exhausted("expected special tokens of at most ", kMaxBytes, " bytes together, found ", n_bytes);
  }
  TokenAutomaton automaton;
  Builder builder(texts, automaton);
  builder.reserve(n_bytes);
  builder.run();
  return automaton;
}

TokenAutomaton::State TokenAutomaton::child(State state, char byte) const noexcept {
  if ((links_[state] & kGoesOn) != 0 && labels_[state + 1] == byte) return state + 1;
  return (links_[state] & kBranches) != 0 ? branch(state, byte) : kStart;
}

TokenAutomaton::State TokenAutomaton::branch(State state, char byte) const noexcept {
  const auto found = std::lower_bound(edges_.begin(), edges_.end(), byte, [&](const Edge& edge, char wanted) {
    return std::pair(edge.parent, labels_[edge.child]) < std::pair(state, wanted);
  });
  return found != edges_.end() && found->parent == state && labels_[found->child] == byte ? found->child : kStart;
}

}  // namespace tenfold
