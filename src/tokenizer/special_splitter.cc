#include "tokenizer/special_splitter.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/contracts.h"
#include "tokenizer/merge_queue.h"

namespace tenfold {

namespace {

bool is_ascii_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

[[maybe_unused]] bool lie_in_order(std::span<const TextRange> parts, std::size_t n_bytes) noexcept {
  std::uint32_t at = 0;
  for (const TextRange& part : parts) {
    if (part.begin < at || part.end < part.begin || part.end > n_bytes) return false;
    at = part.end;
  }
  return true;
}

// White space and words are text, whether a template has them or not.
bool may_be_mark(std::string_view token) noexcept { return token.find_first_of("<>[]|") != token.npos; }

}  // namespace

Result<SpecialSplitter> SpecialSplitter::create(const TextTable& tokens, const SpecialTokens& special,
                                                std::string_view template_source) {
  TENFOLD_DCHECK(special.traits.size() == tokens.size());
  std::vector<TokenId> ids;
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (!special.has(token, kControlTrait | kUserDefinedTrait | kUnknownTrait)) continue;
    if (tokens.find(tokens.text(id)) == id) ids.push_back(token);
  }
  const auto text_of = [&](TokenId id) { return tokens.text(static_cast<std::uint32_t>(id)); };
  std::sort(ids.begin(), ids.end(), [&](TokenId a, TokenId b) { return text_of(a) < text_of(b); });
  std::vector<std::string_view> texts;
  texts.reserve(ids.size());
  for (const TokenId id : ids) texts.push_back(text_of(id));

  TENFOLD_ASSIGN_OR_RETURN(TokenAutomaton automaton, TokenAutomaton::create(texts));
  SpecialSplitter splitter(std::move(automaton));
  splitter.tokens_.reserve(ids.size());
  for (std::size_t at = 0; at < ids.size(); ++at) {
    const bool strips_right = special.has(ids[at], kStripRightTrait);
    splitter.tokens_.push_back({ids[at], static_cast<std::uint16_t>(texts[at].size()), strips_right, kNone, kNone});
    splitter.longest_ = std::max(splitter.longest_, texts[at].size());
    splitter.any_strips_right_ = splitter.any_strips_right_ || strips_right;
  }
  std::vector<bool> marks = splitter.marks_in(template_source);
  for (std::size_t at = 0; at < marks.size(); ++at) marks[at] = marks[at] && may_be_mark(texts[at]);
  splitter.find_user_defined(special, marks);
  return splitter;
}

// Tokens that stand in a chat template. Where one does, so do all shorter ones that it ends with.
std::vector<bool> SpecialSplitter::marks_in(std::string_view template_source) const {
  std::vector<bool> marks(tokens_.size(), false);
  TokenAutomaton::State state = TokenAutomaton::kStart;
  for (const char byte : template_source) {
    state = automaton_.next(state, byte);
    std::uint32_t token = automaton_.longest_match(state);
    for (; token != kNone && !marks[token]; token = automaton_.shorter_match(token)) marks[token] = true;
  }
  return marks;
}

// Shorter tokens first: a token that is not user-defined itself ends with what the next shorter one knows of.
void SpecialSplitter::find_user_defined(const SpecialTokens& special, const std::vector<bool>& marks) {
  std::vector<std::uint32_t> by_length(tokens_.size());
  std::iota(by_length.begin(), by_length.end(), 0u);
  std::sort(by_length.begin(), by_length.end(),
            [&](std::uint32_t a, std::uint32_t b) { return tokens_[a].n_bytes < tokens_[b].n_bytes; });
  for (const std::uint32_t at : by_length) {
    if (const std::uint32_t shorter = automaton_.shorter_match(at); shorter != kNone) {
      tokens_[at].user_defined = tokens_[shorter].user_defined;
      tokens_[at].unmarked = tokens_[shorter].unmarked;
    }
    if (special.has(tokens_[at].id, kControlTrait | kUnknownTrait)) continue;
    any_user_defined_ = true;
    tokens_[at].user_defined = at;
    if (!marks[at]) tokens_[at].unmarked = at;
  }
}

std::vector<TokenId> SpecialSplitter::marks() const {
  std::vector<TokenId> marks;
  for (std::uint32_t at = 0; at < tokens_.size(); ++at) {
    if (tokens_[at].user_defined == at && tokens_[at].unmarked != at) marks.push_back(tokens_[at].id);
  }
  return marks;
}

// Reads on from a place of a text and says which is the longest token that ends there: of all tokens, as far as none of
// them begins before what was given last, and of user-defined ones. So it reads twice, once over all, once anew behind
// each given part.
class SpecialSplitter::Reader {
 public:
  Reader(const SpecialSplitter& splitter, std::string_view text, GivenParts given, std::size_t at)
      : automaton_(splitter.automaton_),
        tokens_(splitter.tokens_),
        text_(text),
        given_(given.parts),
        marks_(given.marks),
        at_(at) {
    const auto next = std::partition_point(given_.begin(), given_.end(), [&](TextRange r) { return r.end <= at; });
    next_ = static_cast<std::size_t>(next - given_.begin());
  }

  [[nodiscard]] std::size_t at() const noexcept { return at_; }

  // Past one byte: the longest token that ends behind it, or kNone.
  std::uint32_t read() noexcept {
    const char byte = text_[at_];
    if (is_given(at_++)) {
      written_ = TokenAutomaton::kStart;
      all_ = automaton_.next(all_, byte);
      return longest_user_defined();
    }
    const bool same = all_ == written_;
    if (same && all_ == TokenAutomaton::kStart && !automaton_.may_begin(byte)) return kNone;  // most bytes
    written_ = automaton_.next(written_, byte);
    all_ = same ? written_ : automaton_.next(all_, byte);
    const std::uint32_t token = automaton_.longest_match(written_);
    if (all_ == written_) return token;
    const std::uint32_t user_defined = longest_user_defined();
    if (token == kNone || user_defined == kNone) return token == kNone ? user_defined : token;
    return tokens_[user_defined].n_bytes > tokens_[token].n_bytes ? user_defined : token;
  }

 private:
  [[nodiscard]] bool is_given(std::size_t at) noexcept {
    while (next_ < given_.size() && given_[next_].end <= at) ++next_;
    return next_ < given_.size() && given_[next_].begin <= at;
  }
  [[nodiscard]] std::uint32_t longest_user_defined() const noexcept {
    const std::uint32_t token = automaton_.longest_match(all_);
    if (token == kNone) return kNone;
    return marks_ == GivenMarks::kTokens ? tokens_[token].user_defined : tokens_[token].unmarked;
  }

  const TokenAutomaton& automaton_;
  const std::vector<Token>& tokens_;
  std::string_view text_;
  std::span<const TextRange> given_;
  GivenMarks marks_;
  std::size_t at_;
  std::size_t next_;                                        // the first given part that does not lie behind us
  TokenAutomaton::State all_ = TokenAutomaton::kStart;      // of what was read
  TokenAutomaton::State written_ = TokenAutomaton::kStart;  // of what was read since the last given byte
};

// Which of the tokens found in a text are cut out. Known for each place where tokens end is only the longest one that
// is still possible there. When one is cut out, those that end inside of it are gone, and those that begin inside of it
// give way to shorter ones, which a second look at the few bytes behind it finds: each byte of the text is covered once
// and looked at again once.
class SpecialSplitter::Selection {
 public:
  Selection(const SpecialSplitter& splitter, std::string_view text, GivenParts given, CancelLatch& cancel)
      : splitter_(splitter), text_(text), given_(given), cancel_(cancel) {}

  std::vector<TextFragment> run() {
    find_all();
    if (matches_.empty()) return {{0, static_cast<std::uint32_t>(text_.size())}};
    if (splitter_.any_strips_right_) is_begin_.assign(text_.size(), false);
    MergeQueue queue(splitter_.longest_ + 1);
    for (std::uint32_t at = 0; at < matches_.size() && !cancel_.is_set(); ++at) queue.push({rank(at), at});
    while (!queue.empty() && !cancel_.is_set()) {
      const MergeCandidate candidate = queue.pop();
      const Match& match = matches_[candidate.left];
      if (match.token != kNone && rank(candidate.left) == candidate.rank) take(candidate.left, queue);
    }
    return fragments();
  }

 private:
  struct Match {
    std::uint32_t end;
    std::uint32_t token;     // kNone: no token ends here any more
    std::uint32_t next = 0;  // where the text goes on behind a token that was cut out; 0: not yet
  };

  [[nodiscard]] const Token& token(const Match& match) const { return splitter_.tokens_[match.token]; }
  [[nodiscard]] std::uint32_t begin(const Match& match) const { return match.end - token(match).n_bytes; }
  // Long ones first.
  [[nodiscard]] std::uint32_t rank(std::uint32_t at) const {
    return static_cast<std::uint32_t>(splitter_.longest_) - token(matches_[at]).n_bytes;
  }

  void find_all() {
    Reader reader(splitter_, text_, given_, 0);
    while (reader.at() < text_.size() && !cancel_.is_set()) {
      const std::size_t stop = std::min(text_.size(), reader.at() + CancelLatch::kBytesBetweenLooks);
      while (reader.at() < stop) {
        if (const std::uint32_t token = reader.read(); token != kNone) {
          matches_.push_back({static_cast<std::uint32_t>(reader.at()), token});
        }
      }
    }
  }

  void take(std::uint32_t at, MergeQueue& queue) {
    Match& taken = matches_[at];
    const std::uint32_t first = begin(taken);
    taken.next = taken.end;
    if (token(taken).strips_right) {
      while (taken.next < text_.size() && is_ascii_space(text_[taken.next]) && !is_begin_[taken.next]) ++taken.next;
    }
    if (!is_begin_.empty()) is_begin_[first] = true;
    for (std::uint32_t left = at; left > 0 && matches_[left - 1].end > first; --left) matches_[left - 1].token = kNone;
    std::uint32_t right = at + 1;
    for (; right < matches_.size() && matches_[right].end <= taken.next; ++right) matches_[right].token = kNone;
    shorten(right, taken.next, taken.next + token(taken).n_bytes, queue);
  }

  // The matches from `at` on that end before `stop` may not begin before `begin` any more.
  void shorten(std::uint32_t at, std::uint32_t new_begin, std::uint32_t stop, MergeQueue& queue) {
    Reader reader(splitter_, text_, given_, new_begin);
    for (std::uint32_t token = kNone; at < matches_.size() && matches_[at].end < stop; ++at) {
      while (reader.at() < matches_[at].end) token = reader.read();
      if (matches_[at].token == kNone || begin(matches_[at]) >= new_begin) continue;
      matches_[at].token = token;
      if (matches_[at].token != kNone) queue.push({rank(at), at});
    }
  }

  [[nodiscard]] std::vector<TextFragment> fragments() const {
    std::vector<TextFragment> fragments;
    std::uint32_t at = 0;
    for (const Match& match : matches_) {
      if (match.token == kNone || match.next == 0) continue;
      if (begin(match) > at) fragments.push_back({at, begin(match)});
      fragments.push_back({begin(match), match.end, token(match).id});
      at = match.next;
    }
    if (at < text_.size()) fragments.push_back({at, static_cast<std::uint32_t>(text_.size())});
    return fragments;
  }

  const SpecialSplitter& splitter_;
  std::string_view text_;
  GivenParts given_;
  CancelLatch& cancel_;
  std::vector<Match> matches_;  // by end
  std::vector<bool> is_begin_;  // by byte: a token was cut out from here on; only if tokens swallow what follows
};

std::vector<TextFragment> SpecialSplitter::split(std::string_view text, GivenParts given, CancelLatch& cancel) const {
  TENFOLD_DCHECK(text.size() <= std::numeric_limits<std::uint32_t>::max() && lie_in_order(given.parts, text.size()));
  if (text.empty()) return {};
  const TextRange all{0, static_cast<std::uint32_t>(text.size())};
  const bool all_given = given.parts.size() == 1 && given.parts.front() == all;
  if (tokens_.empty() || (all_given && !any_user_defined_)) return {{all.begin, all.end}};
  return Selection(*this, text, given, cancel).run();
}

}  // namespace tenfold
