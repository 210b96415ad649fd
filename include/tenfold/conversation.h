// Conversation: messages in, answers out, for as long as somebody wants to talk.
//
// Stands on one Session of an Engine and keeps what was said. Each answer becomes a message of its own; what the model
// has read of the conversation before is not read again. When the context is full, the oldest turns go, or the message
// is refused. Thoughts and calls of tools are told apart from text, in whatever words the model's family writes them.
//
//   TENFOLD_ASSIGN_OR_RETURN(auto engine, Engine::open("model.gguf", {}));
//   TENFOLD_ASSIGN_OR_RETURN(auto chat, Conversation::create(engine, {.system = "Answer in one sentence."}));
//   TENFOLD_ASSIGN_OR_RETURN(const ChatAnswer answer, chat->send({"user", "Why is the sky blue?"}, {}));
//   std::puts(answer.reply.text.c_str());
//
// One caller at a time, on any thread; another call meanwhile, from a callback too, is refused with
// kFailedPrecondition. Conversations of one Engine on several threads take turns, see Session. A conversation keeps its
// Engine alive.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenfold/engine.h"
#include "tenfold/message.h"
#include "tenfold/options.h"
#include "tenfold/reply.h"
#include "tenfold/session.h"
#include "tenfold/status.h"

namespace tenfold {

// What happens to a message that the context has no room for.
enum class WhenFull {
  // The oldest turns go, a question with all that answers it: at least half of the conversation at a time, so that what
  // is left is seldom read again. System messages stay, and those that say so (Message::keep), and the newest question.
  kDropOldest,
  kRefuse,  // with kInvalidArgument
};

struct ConversationOptions {
  std::string system = {};           // the system message; "": none
  std::vector<Message> before = {};  // what was said before, after the system message
  std::string tools_json = {};       // a JSON array of tool descriptions; "": none
  std::string variables_json = {};   // a JSON object of further template variables: {"enable_thinking": false}
  WhenFull when_full = WhenFull::kDropOldest;
  GivenText given_text = GivenText::kPlain;
};

struct ChatAnswer {
  Reply reply;
  GenerateResult result;  // result.text is the reply as the model wrote it
  int n_dropped = 0;      // messages that went, to make room for this answer
};

// Gets each piece of an answer as it becomes final. Return false to stop; the answer then ends as kCancelled and
// nothing more is passed. Called on the thread of send().
using OnPiece = std::function<bool(const ReplyPiece& piece)>;

struct SendOptions {
  GenerateOptions generate = {};  // its `cancel` also stops the rendering, and waiting for a turn
  OnPiece on_piece = nullptr;
};

class Conversation {
 public:
  // Errors: those of Engine::create_session; kFailedPrecondition for a model without a chat template, with the reason;
  // kInvalidArgument for JSON of another shape.
  static Result<std::unique_ptr<Conversation>> create(std::shared_ptr<Engine> engine, ConversationOptions options);
  virtual ~Conversation() = default;

  // Adds a message and makes the answer, which becomes the next one. A stop is no error: the answer's finish_reason
  // says it. An answer that was stopped stays as far as it came; where nothing had come, the conversation is as it was.
  // So it is after an error, and with max_tokens 0, which only reads: the same message, sent again, is answered without
  // delay. Errors: those of Session::generate and Engine::render_chat.
  Result<ChatAnswer> send(const Message& message, const SendOptions& options) {
    return send_all({&message, 1}, options);
  }
  // The same for several messages at once, such as the results of several calls. Errors: also kInvalidArgument for
  // none.
  virtual Result<ChatAnswer> send_all(std::span<const Message> messages, const SendOptions& options) = 0;

  // What was said and not dropped, the system message first. Valid until the next call.
  [[nodiscard]] virtual std::span<const Message> messages() const noexcept = 0;

  // Writes all that was said, and what the model has read of it, to a file; see Session::save. Errors: also
  // kFailedPrecondition for images that the model has not read: those given to create() that no answer has been made
  // about yet, and those that a send() which failed or was stopped has made it forget.
  virtual Status save(const std::string& path) = 0;
  // Becomes the conversation of a file: the next answer is what it would have been, and nothing is read again. Tools,
  // variables and policies are those of create(). Errors: those of Session::restore; kCorruptData for a session that is
  // no conversation. They leave the conversation as it was, with what the model has read of it.
  virtual Status restore(const std::string& path) = 0;
  // Forgets all but the system message and what is kept always. Errors: kFailedPrecondition beside another call.
  virtual Status reset() = 0;
};

}  // namespace tenfold
