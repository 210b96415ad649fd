// ReplyParser: splits an answer, as it comes, into text, thoughts and calls of tools.
//
// A piece is passed on as soon as it can no longer become part of a marker; a call when it is complete. The parser
// looks at one byte after the other, so pieces add up to the same Reply however the answer is cut.
//
// What is cut away around markers are line ends (\n), which templates put there themselves: all those before and behind
// one. Apart from that and from the markers, text is passed on byte for byte. Thoughts begin only where no text came
// before, since the beginning or the last marker: an answer may write about <think>. The first closing marker ends a
// call, inside a string too. What cannot be read as a call is text, markers and all.
//
// One thread. Time is proportional to the answer; memory is what has not been passed on, a call of at most 4 MiB.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "chat/reply_format.h"
#include "chat/reply_value_end.h"
#include "tenfold/reply.h"

namespace tenfold {

// Whether the model ended its answer, or somebody else did: a limit of tokens, a stop text, a person.
enum class AnswerEnd { kOwn, kCut };

class ReplyParser {
 public:
  // `tools` are those that were offered, as the chat template gets them, or null: see read_calls().
  explicit ReplyParser(const ReplyFormat& format, Json tools = nullptr);

  // The pieces that have become final. Special tokens that are markers have to be spelled out in `text`.
  std::vector<ReplyPiece> feed(std::string_view text);
  // The answer is over: the rest. A call that lacks nothing but closing brackets or its closing marker is one, unless
  // the answer was cut: then nobody knows what else it would have said, and it is text. Nothing may be fed afterwards.
  std::vector<ReplyPiece> finish(AnswerEnd end = AnswerEnd::kOwn);

 private:
  enum class State { kText, kThinking, kCall };
  // What lies before the next byte of text or thoughts, line ends aside.
  enum class Border { kBegin, kMarker, kText };
  enum class MarkerKind { kBeginThinking, kEndThinking, kCall, kSilent };
  struct Marker {
    std::string_view text;
    MarkerKind kind;
    const CallSyntax* syntax = nullptr;
  };

  void take(char c);
  void take_text(char c);
  void take_call(char c);

  [[nodiscard]] bool counts(const Marker& marker) const;
  // One that begins with the held bytes, or null. It is the only one if it is all of them.
  [[nodiscard]] const Marker* begun_marker() const;
  void cross(const Marker& marker);

  void begin_call(const CallSyntax& syntax);
  void end_call(std::size_t n_closing_bytes);
  void give_up_call();
  [[nodiscard]] bool may_be_call() const;
  [[nodiscard]] std::string_view dropped_open() const;

  void pass(std::string_view text);
  void flush(std::size_t n_bytes);

  std::vector<Marker> markers_;
  const CallSyntax* unmarked_ = nullptr;  // the one without an opening marker
  Json tools_;

  State state_ = State::kText;
  Border border_ = Border::kBegin;
  std::string held_;             // the beginning of a marker
  std::size_t n_line_ends_ = 0;  // that are text unless a marker follows
  std::string out_;              // to be passed on

  const CallSyntax* syntax_ = nullptr;  // of the call that is being taken
  std::string body_;
  bool has_bracket_ = false;
  ReplyValueEnd value_end_;

  std::vector<ReplyPiece> pieces_;
};

}  // namespace tenfold
