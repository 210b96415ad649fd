#include "chat/reply_parser.h"

#include <utility>

#include "base/contracts.h"
#include "base/utf8.h"
#include "chat/reply_unmarked_call.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxCallBytes = std::size_t{4} << 20;

bool has_char(std::string_view set, char c) { return set.find(c) != set.npos; }

// The text without the beginning of `marker` that it ends with.
std::string_view without_begun(std::string_view text, std::string_view marker) {
  for (std::size_t n = marker.empty() ? 0 : marker.size() - 1; n > 0; --n) {
    if (text.ends_with(marker.substr(0, n))) return text.substr(0, text.size() - n);
  }
  return text;
}

}  // namespace

ReplyParser::ReplyParser(const ReplyFormat& format, Json tools) : tools_(std::move(tools)) {
  if (!format.thinking.open.empty()) {
    markers_.push_back({format.thinking.open, MarkerKind::kBeginThinking});
    markers_.push_back({format.thinking.close, MarkerKind::kEndThinking});
  }
  for (const CallSyntax& syntax : format.calls) {
    if (syntax.open.empty()) {
      unmarked_ = &syntax;
    } else {
      markers_.push_back({syntax.open, MarkerKind::kCall, &syntax});
    }
  }
  for (const std::string_view marker : format.silent) markers_.push_back({marker, MarkerKind::kSilent});
  if (!format.begins_in_thinking) return;
  state_ = State::kThinking;
  border_ = Border::kMarker;
}

std::vector<ReplyPiece> ReplyParser::feed(std::string_view text) {
  TENFOLD_DCHECK(!is_over_);
  for (const char c : text) take(c);
  flush(complete_utf8_prefix(out_));
  return std::exchange(pieces_, {});
}

std::vector<ReplyPiece> ReplyParser::finish(AnswerEnd end) {
  TENFOLD_DCHECK(!is_over_);
  is_over_ = true;
  if (state_ == State::kCall && first_close_ != 0 && string_.is_open()) end_at_first_close();
  // What is read anew may begin another.
  while (state_ == State::kCall) {
    if (end == AnswerEnd::kCut) {
      pass_call_as_text();
    } else {
      end_call(0);
    }
  }
  pass(std::exchange(held_, {}));
  out_.append(std::exchange(n_line_ends_, 0), '\n');
  flush(out_.size());
  return std::exchange(pieces_, {});
}

void ReplyParser::take(char c) {
  if (may_begin_unmarked_call(c)) begin_call(*unmarked_);
  if (state_ == State::kCall) {
    take_call(c);
  } else {
    take_text(c);
  }
}

bool ReplyParser::may_begin_unmarked_call(char c) const {
  const bool is_at_border = state_ == State::kText && border_ != Border::kText && held_.empty();
  if (unmarked_ == nullptr || !is_at_border || has_char(" \t\r\n", c)) return false;
  return may_be_unmarked_call({&c, 1}, unmarked_->grammar, tools_);
}

void ReplyParser::take_text(char c) {
  held_ += c;
  while (!held_.empty()) {
    if (const Marker* marker = begun_marker()) {
      if (marker->text.size() > held_.size()) return;
      held_.clear();
      cross(*marker);
      return;
    }
    pass(std::string_view(held_).substr(0, 1));
    held_.erase(0, 1);
  }
}

bool ReplyParser::counts(const Marker& marker) const {
  switch (marker.kind) {
    // Also where it is open already: some models write again what the prompt ends with.
    case MarkerKind::kBeginThinking: return border_ != Border::kText;
    case MarkerKind::kEndThinking: return state_ == State::kThinking;
    case MarkerKind::kCall:
    case MarkerKind::kSilent: return state_ == State::kText;
  }
  return false;
}

const ReplyParser::Marker* ReplyParser::begun_marker() const {
  for (const Marker& marker : markers_) {
    if (marker.text.starts_with(held_) && counts(marker)) return &marker;
  }
  return nullptr;
}

void ReplyParser::cross(const Marker& marker) {
  if (marker.kind == MarkerKind::kCall) return begin_call(*marker.syntax);
  flush(out_.size());
  n_line_ends_ = 0;
  border_ = Border::kMarker;
  if (marker.kind == MarkerKind::kBeginThinking) state_ = State::kThinking;
  if (marker.kind == MarkerKind::kEndThinking) state_ = State::kText;
}

void ReplyParser::begin_call(const CallSyntax& syntax) {
  state_ = State::kCall;
  syntax_ = &syntax;
  value_end_ = {};
  string_ = ReplyOpenString(syntax.grammar);
  first_close_ = 0;
  head_ = CallHead::kOpen;
  body_.clear();
  for (const char c : syntax.kept_open) add_to_call(c);
}

// Whether the call ends with `c`.
bool ReplyParser::add_to_call(char c) {
  body_ += c;
  if (head_ == CallHead::kOpen) head_ = read_call_head(body_, *syntax_);
  const std::string_view close = syntax_->close;
  if (close.empty()) return value_end_.take(c);
  string_.take(c);
  if (!body_.ends_with(close)) return false;
  const bool is_said = string_.is_open() && !is_reading_anew_;
  if (is_said && first_close_ == 0) first_close_ = body_.size();
  return !is_said;
}

void ReplyParser::take_call(char c) {
  const bool has_ended = add_to_call(c);
  const bool is_too_long = body_.size() > kMaxCallBytes;
  if (!may_be_call()) {
    give_up_call();
  } else if (has_ended) {
    end_call(syntax_->close.size());
  } else if (first_close_ != 0 && (string_.is_broken() || is_too_long)) {
    end_at_first_close();
  } else if (is_too_long) {
    pass_call_as_text();
  }
}

// Without it, prose about a marker would stay back until the answer ends.
bool ReplyParser::may_be_call() const {
  const bool is_unmarked = syntax_->open.empty() || syntax_->kept_open == "{";
  if (is_unmarked) {
    return body_.size() > kUnmarkedCallBytes || may_be_unmarked_call(body_, syntax_->grammar, tools_);
  }
  return head_ != CallHead::kProse;
}

std::string_view ReplyParser::dropped_open() const {
  return syntax_->open.substr(0, syntax_->open.size() - syntax_->kept_open.size());
}

// The marker was text; what followed it is read anew. That is done while it is short, and so is not done often to a
// byte.
void ReplyParser::give_up_call() {
  state_ = State::kText;
  const std::string body = std::exchange(body_, {});
  const std::size_t n_text = syntax_->open.empty() ? 1 : syntax_->kept_open.size();
  pass(dropped_open());
  pass(std::string_view(body).substr(0, n_text));
  for (const char c : std::string_view(body).substr(n_text)) take(c);
}

void ReplyParser::end_call(std::size_t n_closing_bytes) {
  const std::size_t n_after = syntax_->kept_open.empty() ? n_closing_bytes : 0;
  std::string_view inside = std::string_view(body_).substr(0, body_.size() - n_after);
  if (n_closing_bytes == 0) inside = without_begun(inside, syntax_->close);
  ToolCalls calls;
  const bool is_cut_off_name = n_closing_bytes == 0 && body_.find_first_of("{[(<") == body_.npos;
  if (!is_cut_off_name) calls = read_calls(inside, syntax_->grammar, tools_);
  if (calls.empty()) return first_close_ != 0 ? end_at_first_close() : pass_call_as_text();
  state_ = State::kText;
  body_.clear();
  flush(out_.size());
  n_line_ends_ = 0;
  border_ = Border::kMarker;
  for (ToolCall& call : calls) pieces_.push_back({PieceKind::kToolCall, {}, std::move(call)});
}

void ReplyParser::end_at_first_close() {
  const std::string rest = body_.substr(first_close_);
  body_.resize(first_close_);
  first_close_ = 0;
  end_call(syntax_->close.size());
  is_reading_anew_ = true;
  for (const char c : rest) take(c);
  is_reading_anew_ = false;
}

void ReplyParser::pass_call_as_text() {
  state_ = State::kText;
  pass(dropped_open());
  pass(std::exchange(body_, {}));
}

// Line ends wait for what follows them.
void ReplyParser::pass(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      if (border_ != Border::kMarker) ++n_line_ends_;
      continue;
    }
    out_.append(std::exchange(n_line_ends_, 0), '\n');
    out_ += c;
    border_ = Border::kText;
  }
}

void ReplyParser::flush(std::size_t n_bytes) {
  if (n_bytes == 0) return;
  const PieceKind kind = state_ == State::kThinking ? PieceKind::kThinking : PieceKind::kText;
  pieces_.push_back({kind, out_.substr(0, n_bytes), {}});
  out_.erase(0, n_bytes);
}

}  // namespace tenfold
