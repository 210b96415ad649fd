// For tests only: what an answer adds up to, wherever it is cut.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/reply_parser.h"

namespace tenfold {

inline Reply add_up(const std::vector<ReplyPiece>& pieces, Reply reply = {}) {
  for (const ReplyPiece& piece : pieces) reply.add(piece);
  return reply;
}

// Text and thoughts, then each call on a line of its own.
inline std::string written(const Reply& reply) {
  std::string out = "text(" + reply.text + ")";
  if (!reply.thinking.empty()) out += " thinking(" + reply.thinking + ")";
  for (const ToolCall& call : reply.tool_calls) {
    out += "\n" + call.name + " " + call.arguments_json + (call.id.empty() ? "" : " #" + call.id);
  }
  return out;
}

inline Reply parse_parts(const ReplyFormat& format, const std::vector<std::string_view>& parts,
                         const Json& tools = nullptr) {
  ReplyParser parser(format, tools);
  Reply reply;
  for (const std::string_view part : parts) {
    const std::vector<ReplyPiece> pieces = parser.feed(part);
    for (const ReplyPiece& piece : pieces) {
      EXPECT_EQ(piece.kind == PieceKind::kToolCall, piece.text.empty());
    }
    reply = add_up(pieces, reply);
  }
  return add_up(parser.finish(), reply);
}

inline Reply parse_all(const ReplyFormat& format, std::string_view answer, const Json& tools = nullptr) {
  return parse_parts(format, {answer}, tools);
}

// The same at every place where the answer may be cut, and byte by byte.
inline void expect_reply(const ReplyFormat& format, std::string_view answer, std::string_view expected,
                         const Json& tools = nullptr) {
  ASSERT_EQ(written(parse_all(format, answer, tools)), expected) << answer;
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < answer.size(); ++at) {
    const Reply reply = parse_parts(format, {answer.substr(0, at), answer.substr(at)}, tools);
    ASSERT_EQ(written(reply), expected) << "cut at " << at << ": " << answer;
    bytes.push_back(answer.substr(at, 1));
  }
  EXPECT_EQ(written(parse_parts(format, bytes, tools)), expected) << answer;
}

inline ReplyFormat format_of(std::string_view words, std::string_view prompt = "") {
  return behind_prompt(choose_reply_format(words), prompt);
}

// Words by which templates show what the models of a family write.
inline constexpr const char* kHermesWords = "<think><tool_call>";
inline constexpr const char* kLlamaWords = "<|python_tag|>";
inline constexpr const char* kDeepSeekWords = "<think><｜tool▁call▁begin｜>";
inline constexpr const char* kChannelWords = "<|channel|>analysis<|message|>";

}  // namespace tenfold
