// ReplyParser: splits an answer, as it comes, into text, thoughts and calls of tools.
//
// A piece is passed on as soon as it can no longer become part of a marker; a call when it is complete. The parser
// looks at one byte after the other, so pieces add up to the same Reply however the answer is cut.
//
// What is cut away around markers are line ends (\n), which templates put there themselves: all those before and behind
// one. Apart from that and from the markers, text is passed on byte for byte. Thoughts begin only where no text came
// before, since the beginning or the last marker: an answer may write about <think>. They are free text, which ends at
// the first closing marker. What cannot be read as a call is text, markers and all; where what follows an opening
// marker shows at once that it is none, that marker is text, and what follows is read anew.
//
// A call ends at the first closing marker, too, unless that stands in a string that is properly open, or in a CDATA
// section between tags: a call may write about </tool_call>. Nothing of a call is passed on before it ends, so that can
// wait for what follows. If the string never ends, ends in a quote that nobody would put there, or if all of it makes
// no call, somebody forgot a quote: the first closing marker was the end after all, and what came behind it is read
// anew. There the first one always counts, so that no byte is read a third time.
//
// One thread. Time is proportional to the answer; memory is what has not been passed on, a call of at most 4 MiB, which
// is there twice while its rest is read anew.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "chat/reply_call_head.h"
#include "chat/reply_format.h"
#include "chat/reply_open_string.h"
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
  // the answer was cut: then nobody knows what else it would have said, and it is text. The last call.
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
  [[nodiscard]] bool may_begin_unmarked_call(char c) const;
  void take_text(char c);
  void take_call(char c);

  [[nodiscard]] bool counts(const Marker& marker) const;
  // One that begins with the held bytes, or null. It is the only one if it is all of them.
  [[nodiscard]] const Marker* begun_marker() const;
  void cross(const Marker& marker);

  void begin_call(const CallSyntax& syntax);
  bool add_to_call(char c);
  void end_call(std::size_t n_closing_bytes);
  void end_at_first_close();
  void give_up_call();
  void pass_call_as_text();
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
  CallHead head_ = CallHead::kOpen;  // of one that is marked
  ReplyValueEnd value_end_;          // of a call without a closing marker
  ReplyOpenString string_;           // of one that has one, as far as it is quoted
  std::size_t first_close_ = 0;      // the end of the first closing marker, which was in a string; 0 for none
  bool is_reading_anew_ = false;     // what was behind such a marker

  std::vector<ReplyPiece> pieces_;
  bool is_over_ = false;  // finish() was called
};

}  // namespace tenfold
