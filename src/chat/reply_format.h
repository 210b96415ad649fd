// ReplyFormat: the words in which a family writes thoughts and calls of tools.
//
// Chosen by what the chat template itself writes, never by a model's name: a template that puts earlier calls between
// <tool_call> and </tool_call> belongs to a model that answers so. A new family is a row in reply_format.cc, mostly of
// words that another one has already. Constants and values; thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "chat/reply_call.h"

namespace tenfold {

// How one kind of call is marked.
struct CallSyntax {
  std::string_view open;   // empty: a bracket that begins the answer, or a tool's name in kNamed, may begin a call
  std::string_view close;  // empty: the call ends where the brackets of its value do
  CallGrammar grammar = CallGrammar::kJson;
  std::string_view kept_open = {};  // the end of `open` that belongs to the call; `close` then does, too
};

// A pair of markers; both empty where a family has no thoughts.
struct ThinkingMarkers {
  std::string_view open, close;
};

// Of all markers of a format none is part of another, so that the first one that matches is meant.
struct ReplyFormat {
  std::string_view name = "plain";  // of the syntax of calls, for people
  ThinkingMarkers thinking = {};
  bool begins_in_thinking = false;                // the prompt has opened it: the answer begins with thoughts
  std::span<const CallSyntax> calls = {};         // static
  std::span<const std::string_view> silent = {};  // static; markers that say nothing, such as those around all calls
};

// All that it looks for, each once or more.
std::vector<std::string_view> markers_of(const ReplyFormat& format);

// Reads all of the source; one for all answers.
ReplyFormat choose_reply_format(std::string_view template_source);

// The same for one answer. `prompt` is the rendered text that it continues, or its end.
ReplyFormat behind_prompt(ReplyFormat format, std::string_view prompt);

}  // namespace tenfold
