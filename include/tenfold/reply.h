// Reply: what an answer says, thinks and calls.
//
// A model writes its thoughts and its calls of tools into one text, in the words of its family. Read while it comes,
// that text becomes pieces; added up, the pieces are the Reply. Whether an answer comes in large parts or byte by byte,
// the Reply is the same.
//
// Values, not handles: copy and move them freely; one object belongs to one thread at a time. There are no errors: what
// was meant as a call but cannot be read as one is text.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tenfold {

enum class PieceKind { kText, kThinking, kToolCall };

struct ToolCall {
  std::string id;              // as the model wrote it; empty where its family writes none
  std::string name;            // never empty, but the model's: it may name a tool that nobody offered
  std::string arguments_json;  // always a valid JSON object, "{}" at least
};

// A part of an answer that is final.
struct ReplyPiece {
  PieceKind kind = PieceKind::kText;
  std::string text;  // of kText and kThinking: whole UTF-8 characters, never the beginning of a marker
  ToolCall call;     // of kToolCall: always a complete one
};

struct Reply {
  std::string text;
  std::string thinking;
  std::vector<ToolCall> tool_calls;  // in the order in which they were written

  void add(ReplyPiece piece) {
    switch (piece.kind) {
      case PieceKind::kText: text += piece.text; break;
      case PieceKind::kThinking: thinking += piece.text; break;
      case PieceKind::kToolCall: tool_calls.push_back(std::move(piece.call)); break;
    }
  }
};

}  // namespace tenfold
