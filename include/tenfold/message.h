// Message: what somebody said in a conversation, as the model's chat template is given it.
//
// Values: copy and move them freely; one object belongs to one thread at a time. What they hold is text to the model,
// whatever it spells: only a chat template writes control tokens.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tenfold/image.h"
#include "tenfold/reply.h"

namespace tenfold {

// A text, or an image if there is one.
struct MessagePart {
  std::string text = {};
  ImageRef image = nullptr;
};

enum class Keep {
  kWhileRoom,  // it goes with the oldest turns when a conversation's context is full
  kAlways,
};

struct Message {
  Message() = default;
  // Images come before the text.
  Message(std::string role, std::string text, std::vector<ImageRef> images = {});

  [[nodiscard]] std::string text() const;  // of all parts, as they follow each other

  std::string role;                // "system", "user", "assistant", "tool"; one that the template does not know is text
  std::vector<MessagePart> parts;  // in the order in which the model reads them
  // Of an assistant's message.
  std::string thinking = {};
  std::vector<ToolCall> tool_calls = {};
  // Of a tool's: which call it answers, and the tool's name. Templates look at either.
  std::string tool_call_id = {};
  std::string name = {};
  Keep keep = Keep::kWhileRoom;
};

// The result of a call, for the model to go on with.
Message tool_result(const ToolCall& call, std::string result);

// The images of a conversation, as Session::generate wants them beside its tokens.
std::vector<ImageRef> images_of(std::span<const Message> messages);

}  // namespace tenfold
