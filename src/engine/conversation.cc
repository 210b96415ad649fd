#include "tenfold/conversation.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "base/one_call.h"
#include "chat/message_json.h"
#include "chat/reply_parser.h"
#include "chat/turns.h"
#include "chat/turns_to_drop.h"

namespace tenfold {

namespace {

// The context that an answer is to have at least before turns go, in tokens, and at most that share of the context.
constexpr std::size_t kAnswerRoom = 256;
constexpr std::size_t kAnswerShare = 4;

// Nine letters and digits, as some templates want them.
constexpr std::string_view kCallIdBegin = "call";
std::string id_of_call(int number) {
  const std::string digits = std::to_string(number % 100000);
  return cat(kCallIdBegin, std::string(5 - digits.size(), '0'), digits);
}

// The first number from which on no call among these messages has an id.
int first_free_call(std::span<const Message> messages) {
  int first_free = 0;
  for (const Message& message : messages) {
    for (const ToolCall& call : message.tool_calls) {
      int number = -1;
      const char* const end = call.id.data() + call.id.size();
      if (call.id.starts_with(kCallIdBegin)) std::from_chars(call.id.data() + kCallIdBegin.size(), end, number);
      if (number >= first_free && call.id == id_of_call(number)) first_free = number + 1;
    }
  }
  return first_free;
}

// The answer that is being made: its pieces, to the reply and to the caller.
class ReplyStream {
 public:
  ReplyStream(const ReplyFormat& format, const Json& tools, int& n_calls, const OnPiece& on_piece)
      : parser_(format, tools), n_calls_(n_calls), on_piece_(on_piece) {}

  // False when the caller wants no more.
  bool feed(std::string_view text) { return pass(parser_.feed(text)); }
  Reply finish(AnswerEnd end) {
    pass(parser_.finish(end));
    return std::move(reply_);
  }

 private:
  bool pass(std::vector<ReplyPiece> pieces) {
    for (ReplyPiece& piece : pieces) {
      if (piece.kind == PieceKind::kToolCall && piece.call.id.empty()) piece.call.id = id_of_call(n_calls_++);
      if (wants_more_ && on_piece_) wants_more_ = on_piece_(piece);
      reply_.add(std::move(piece));
    }
    return wants_more_;
  }

  ReplyParser parser_;
  int& n_calls_;  // of the conversation
  const OnPiece& on_piece_;
  Reply reply_;
  bool wants_more_ = true;
};

class ConversationImpl final : public Conversation {
 public:
  ConversationImpl(std::shared_ptr<Engine> engine, std::unique_ptr<Session> session, ConversationOptions options,
                   Json tools)
      : engine_(std::move(engine)),
        session_(std::move(session)),
        format_(choose_reply_format(engine_->info().chat_template)),
        when_full_(options.when_full),
        tools_(std::move(tools)),
        messages_(std::move(options.before)) {
    chat_.tools_json = std::move(options.tools_json);
    chat_.variables_json = std::move(options.variables_json);
    chat_.given_text = options.given_text;
    if (!options.system.empty()) messages_.insert(messages_.begin(), {"system", std::move(options.system)});
    n_calls_ = first_free_call(messages_);
  }

  // The control tokens that mark thoughts and calls.
  Status find_markers();

  Result<ChatAnswer> send_all(std::span<const Message> messages, const SendOptions& options) override;
  [[nodiscard]] std::span<const Message> messages() const noexcept override { return messages_; }
  Status save(const std::string& path) override;
  Status restore(const std::string& path) override;
  Status reset() override;

 private:
  // A conversation that is rendered: what is left of it, and how it reads.
  struct Rendered {
    std::vector<Message> messages;
    std::string end;  // what the template wrote behind the last given text
    std::vector<TokenId> tokens;
  };

  template <typename Body>
  auto exclusively(Body&& body) -> decltype(body());
  Result<ChatAnswer> answer(std::vector<Message> all, const SendOptions& options);
  Result<Rendered> render(std::vector<Message> messages, const std::atomic<bool>& cancel) const;
  // The same without as many turns as have to go.
  Result<Rendered> render_to_fit(std::vector<Message> messages, const std::atomic<bool>& cancel) const;

  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;
  ReplyFormat format_;
  WhenFull when_full_;
  ChatOptions chat_;
  Json tools_;
  std::vector<TokenId> markers_;
  std::vector<Message> messages_;
  int n_calls_ = 0;  // that were given an id
  OneCall calls_;
};

// Tokens of a prompt: an image has one placeholder, and becomes as many as it has rows.
std::size_t n_prompt_tokens(std::span<const TokenId> tokens, std::span<const Message> messages) {
  std::size_t n = tokens.size();
  for (const ImageRef& image : images_of(messages)) n += static_cast<std::size_t>(std::max(image->n_tokens(), 1)) - 1;
  return n;
}

template <typename Body>
auto ConversationImpl::exclusively(Body&& body) -> decltype(body()) {
  return guard([&]() -> decltype(body()) {
    const OneCall::Entry entry(calls_);
    TENFOLD_RETURN_IF_ERROR(entry.expect_in("conversation"));
    return body();
  });
}

Status ConversationImpl::find_markers() {
  for (const std::string_view marker : markers_of(format_)) {
    TENFOLD_ASSIGN_OR_RETURN(const auto tokens, engine_->tokenize(marker, {.parse_special = true}));
    for (const TokenId token : tokens) {
      TENFOLD_ASSIGN_OR_RETURN(const std::string shown, engine_->detokenize({&token, 1}, SpecialText::kHide));
      if (shown.empty()) markers_.push_back(token);
    }
  }
  return {};
}

Result<ConversationImpl::Rendered> ConversationImpl::render(std::vector<Message> messages,
                                                            const std::atomic<bool>& cancel) const {
  ChatOptions options = chat_;
  options.cancel = &cancel;
  TENFOLD_ASSIGN_OR_RETURN(RenderedChat chat, engine_->render_chat(messages, options));
  TENFOLD_ASSIGN_OR_RETURN(std::vector<TokenId> tokens, engine_->tokenize(chat, &cancel));
  const std::size_t given_end = chat.given.empty() ? 0 : chat.given.back().end;
  return Rendered{std::move(messages), chat.text.substr(given_end), std::move(tokens)};
}

Result<ConversationImpl::Rendered> ConversationImpl::render_to_fit(std::vector<Message> messages,
                                                                   const std::atomic<bool>& cancel) const {
  if (when_full_ == WhenFull::kRefuse) return render(std::move(messages), cancel);
  const auto n_ctx = static_cast<std::size_t>(engine_->info().n_ctx);
  std::pair<std::size_t, Rendered> last;  // without how many turns; what fits as it is need not be rendered again
  const auto render_without = [&](std::size_t n_dropped) -> Result<std::size_t> {
    TENFOLD_ASSIGN_OR_RETURN(last.second, render(without_turns(messages, n_dropped), cancel));
    last.first = n_dropped;
    return n_prompt_tokens(last.second.tokens, last.second.messages);
  };
  const ContextSize size{n_ctx, std::min(kAnswerRoom, n_ctx / kAnswerShare)};
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t n_dropped, turns_to_drop(n_past_turns(messages), size, render_without));
  if (last.second.tokens.empty() || last.first != n_dropped) {
    TENFOLD_RETURN_IF_ERROR(render_without(n_dropped).status());
  }
  return std::move(last.second);
}

Result<ChatAnswer> ConversationImpl::send_all(std::span<const Message> messages, const SendOptions& options) {
  return exclusively([&]() -> Result<ChatAnswer> {
    if (messages.empty()) return invalid_argument("messages: expected at least one, found none");
    std::vector<Message> all = messages_;
    all.insert(all.end(), messages.begin(), messages.end());
    return answer(std::move(all), options);
  });
}

Result<ChatAnswer> ConversationImpl::answer(std::vector<Message> all, const SendOptions& options) {
  const std::size_t n_before = all.size();
  std::optional<ReplyStream> stream;
  const auto make = [&](const std::atomic<bool>& cancel) -> Result<Prompt> {
    TENFOLD_ASSIGN_OR_RETURN(Rendered rendered, render_to_fit(std::move(all), cancel));
    all = std::move(rendered.messages);
    stream.emplace(behind_prompt(format_, rendered.end), tools_, n_calls_, options.on_piece);
    return Prompt{std::move(rendered.tokens), images_of(all)};
  };
  GenerateOptions generate = options.generate;
  generate.spelled = markers_;
  const auto on_text = [&](std::string_view text) { return stream->feed(text); };
  ChatAnswer answer;
  TENFOLD_ASSIGN_OR_RETURN(answer.result, session_->generate_from(make, generate, on_text));
  if (stream) answer.reply = stream->finish(answer.result.ended_itself ? AnswerEnd::kOwn : AnswerEnd::kCut);
  if (answer.result.tokens.empty() && answer.result.finish_reason != FinishReason::kStop) return answer;
  answer.n_dropped = static_cast<int>(n_before - all.size());
  Message said("assistant", answer.reply.text);
  if (answer.reply.text.empty() && !answer.reply.tool_calls.empty()) said.parts.clear();
  said.thinking = answer.reply.thinking;
  said.tool_calls = answer.reply.tool_calls;
  all.push_back(std::move(said));
  messages_ = std::move(all);
  return answer;
}

Status ConversationImpl::save(const std::string& path) {
  return exclusively([&]() -> Status {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageRef> read, session_->images());
    const auto was_read = [&](const ImageRef& image) {
      return std::any_of(read.begin(), read.end(),
                         [&](const ImageRef& other) { return other->content_hash == image->content_hash; });
    };
    const std::vector<ImageRef> images = images_of(messages_);
    if (!std::all_of(images.begin(), images.end(), was_read)) {
      return failed_precondition(
          "conversation: expected every image in what the model has read, found one that no answer was made about, "
          "or that was dropped by a call which failed or was stopped; save after the next answer");
    }
    return session_->save(path, save_messages(messages_));
  });
}

Status ConversationImpl::restore(const std::string& path) {
  return exclusively([&]() -> Status {
    // What is no conversation is refused before the session lets go of what it has read.
    std::vector<Message> messages;
    const auto check = [&](std::string_view note, std::span<const ImageRef> images) -> Status {
      TENFOLD_ASSIGN_OR_RETURN(messages, restore_messages(note, images));
      return {};
    };
    TENFOLD_RETURN_IF_ERROR(session_->restore(path, check).status());
    messages_ = std::move(messages);
    n_calls_ = std::max(n_calls_, first_free_call(messages_));
    return {};
  });
}

Status ConversationImpl::reset() {
  return exclusively([&]() -> Status {
    messages_ = kept_messages(messages_);
    return {};
  });
}

}  // namespace

Result<std::unique_ptr<Conversation>> Conversation::create(std::shared_ptr<Engine> engine,
                                                           ConversationOptions options) {
  return guard([&]() -> Result<std::unique_ptr<Conversation>> {
    TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, engine->create_session());
    const ModelInfo& info = engine->info();
    if (!info.has_chat_template) {
      return failed_precondition(info.path, ": expected a chat template in the model, found ", info.chat_template_found,
                                 "; use a Session");
    }
    Json tools;
    if (!options.tools_json.empty()) {
      Result<Json> parsed = parse_json(options.tools_json);
      if (!parsed.ok()) return parsed.status().with_context("tools");
      if (!parsed->is_array()) return invalid_argument("tools: expected an array, found ", parsed->type_name());
      tools = std::move(*parsed);
    }
    auto conversation =
        std::make_unique<ConversationImpl>(std::move(engine), std::move(session), std::move(options), std::move(tools));
    TENFOLD_RETURN_IF_ERROR(conversation->find_markers());
    return std::unique_ptr<Conversation>(std::move(conversation));
  });
}

}  // namespace tenfold
