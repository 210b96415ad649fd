// tenfold chat: a conversation in the terminal, or through pipes.

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "command.h"
#include "console.h"
#include "fit_prompt.h"
#include "message_reader.h"
#include "open_model.h"
#include "options_flags.h"
#include "pictures.h"
#include "speed_line.h"
#include "tenfold/session.h"

namespace tenfold::cli {

namespace {

constexpr const char* kChatDescription = "A conversation in the terminal; the model remembers what was said.";
constexpr const char* kCommands =
    "/reset forgets the conversation · /image FILE shows a picture\n"
    "/exit or Ctrl-D leaves · /help shows this · Ctrl-C stops an answer\n"
    "A \\ at the end of a line continues it on the next one.\n";
constexpr const char* kChatExamples = R"(
At the prompt:
  Enter                        sends the message; behind a \ it begins a new line, as Alt-Enter does
  /reset                       forgets the conversation
  /image FILE                  adds a picture to the next message
  /help, /exit                 lists the commands; leaves, as Ctrl-D does
  arrows, Home, End, Ctrl-...  move and change as in a shell (A E B F D K U W Y, Alt-B F D); Tab completes
  arrow up                     brings back what was typed before, at earlier starts too
  Ctrl-C                       stops an answer; drops what is typed; where nothing is typed, leaves

What is pasted is one message, however many lines it has. What was typed is kept in $XDG_STATE_HOME/tenfold/history, or
~/.local/state/tenfold/history, for its owner alone; not if it begins with a blank, and not with --no-history. With
TERM=dumb there is no editor: the terminal hands over line by line. From a pipe each line is a message; a \ at its end
continues it on the next one.

When the context is full the oldest messages are dropped, with a notice: at least half of the conversation at a time,
so that it is seldom read again. The system message stays.

Examples:
  tenfold chat -m model.gguf
  tenfold chat -m model.gguf --system "You are a patient teacher." --temp 0.3
  tenfold chat -m model.gguf --mmproj mmproj.gguf --image photo.jpg
  tenfold chat -m model.gguf --ctx 2048 --kv q8_0
  printf 'My name is Ada.\nWhat is my name?\n' | tenfold chat -m model.gguf --temp 0)";

struct ChatFlags {
  ModelFlags model;
  AnswerFlags answer;
  TemplateFlags chat;
  PictureFlags pictures;
  bool no_history = false;
};

class Conversation {
 public:
  Conversation(const ChatFlags& flags, OpenModel model, ChatOptions options)
      : model_(std::move(model)), options_(std::move(options)), generate_(flags.answer.generate_options()) {
    if (!flags.chat.system.empty()) messages_.push_back({"system", flags.chat.system});
    n_fixed_ = messages_.size();
  }

  [[nodiscard]] const ModelInfo& model() const { return model_.engine->info(); }

  void reset() {
    messages_.resize(n_fixed_);
    shown_.clear();
  }

  // Pictures for the next message. Errors: see look_at.
  Status show(const std::vector<PictureFile>& pictures, std::int64_t max_pixels) {
    Interrupt interrupt;
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageRef> images,
                             look_at(*model_.engine, pictures, max_pixels, interrupt));
    print_note(picture_line(images));
    shown_.insert(shown_.end(), images.begin(), images.end());
    return {};
  }

  // Adds the message and streams the answer. On failure the conversation is as it was; so it is if Ctrl-C came before
  // the answer began, which is kCancelled: nobody wants to wait for that message again with every later one.
  Result<FinishReason> answer(const std::string& text) {
    std::vector<ChatMessage> before = messages_;
    messages_.push_back({"user", to_valid_utf8(text), shown_});
    auto finish_reason = generate_answer();
    if (finish_reason.ok()) {
      shown_.clear();
    } else {
      messages_ = std::move(before);
    }
    return finish_reason;
  }

 private:
  Result<FinishReason> generate_answer() {
    Interrupt interrupt;
    options_.cancel = interrupt.flag();
    const Result<std::vector<TokenId>> prompt = fit_prompt();
    if (interrupt.requested()) return stopped_early();
    TENFOLD_RETURN_IF_ERROR(prompt.status());
    // A request that came before the run began is seen here, one that comes later stops the run.
    const auto begin = [&](const std::atomic<bool>&) -> Result<Prompt> {
      if (interrupt.requested()) return stopped_early();
      return Prompt{*prompt, images_of(messages_)};
    };
    interrupt.on_request([this] { model_.session->cancel(); });
    Status written;
    const auto on_text = [&](std::string_view piece) {
      written = write_stdout(piece);
      return written.ok() && !interrupt.requested();
    };
    auto result = model_.session->generate_from(begin, generate_, on_text);
    interrupt.on_request({});
    TENFOLD_RETURN_IF_ERROR(result.status());
    TENFOLD_RETURN_IF_ERROR(written);
    TENFOLD_RETURN_IF_ERROR(write_stdout("\n"));
    if (result->finish_reason == FinishReason::kCancelled && result->text.empty()) return stopped_early();
    print_note(speed_line(*result, {generate_.max_tokens, model_.engine->info().n_ctx}));
    messages_.push_back({"assistant", std::move(result->text)});
    return result->finish_reason;
  }

  static Status stopped_early() { return cancelled("stopped before the answer began; the message is forgotten"); }

  // The conversation as tokens, without its oldest turns if there is not enough room for an answer.
  Result<std::vector<TokenId>> fit_prompt() {
    const std::size_t n_ctx = static_cast<std::size_t>(model_.engine->info().n_ctx);
    const auto count = [this](std::size_t n_dropped) -> Result<std::size_t> {
      TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> tokens, tokens_without(n_dropped));
      return tokens.size() + n_picture_tokens(n_dropped);
    };
    TENFOLD_ASSIGN_OR_RETURN(const std::size_t n_dropped,
                             turns_to_drop(n_turns(), {n_ctx, std::min<std::size_t>(256, n_ctx / 4)}, count));
    if (n_dropped > 0) messages_ = messages_without(n_dropped);
    TENFOLD_ASSIGN_OR_RETURN(std::vector<TokenId> tokens, tokens_without(0));
    // A message that is too long by itself is refused, and then nothing was dropped.
    if (n_dropped > 0 && tokens.size() + n_picture_tokens(0) < n_ctx) {
      print_note(cat("[the context of ", n_ctx, " tokens is full: dropped the ", n_dropped * kMessagesOfATurn,
                     " oldest messages; --ctx makes it larger]\n"));
    }
    return tokens;
  }

  // What the conversation is without that many of its oldest turns.
  [[nodiscard]] std::vector<ChatMessage> messages_without(std::size_t n_turns) const {
    std::vector<ChatMessage> left = messages_;
    const auto first = left.begin() + static_cast<std::ptrdiff_t>(n_fixed_);
    left.erase(first, first + static_cast<std::ptrdiff_t>(n_turns * kMessagesOfATurn));
    return left;
  }
  [[nodiscard]] Result<std::vector<TokenId>> tokens_without(std::size_t n_turns) const {
    const Engine& engine = *model_.engine;
    TENFOLD_ASSIGN_OR_RETURN(const RenderedChat chat, engine.render_chat(messages_without(n_turns), options_));
    return engine.tokenize(chat, options_.cancel);
  }

  // Those that placeholders will become, beside the placeholders themselves.
  [[nodiscard]] std::size_t n_picture_tokens(std::size_t n_dropped) const {
    std::size_t n = 0;
    for (const ImageRef& image : images_of(messages_without(n_dropped))) {
      n += static_cast<std::size_t>(image->n_tokens()) - 1;
    }
    return n;
  }

  // A question and its answer are a turn; the question of now is not yet one.
  [[nodiscard]] std::size_t n_turns() const { return (messages_.size() - n_fixed_ - 1) / kMessagesOfATurn; }

  static constexpr std::size_t kMessagesOfATurn = 2;

  OpenModel model_;
  ChatOptions options_;
  GenerateOptions generate_;
  std::vector<ChatMessage> messages_;
  std::vector<ImageRef> shown_;  // for the next message
  std::size_t n_fixed_ = 0;      // the system message, which is never dropped
};

Result<Conversation> open_conversation(const ChatFlags& flags) {
  TENFOLD_RETURN_IF_ERROR(flags.answer.check());
  const Interrupt interrupt;
  ModelFlags model_flags = flags.model;
  TENFOLD_ASSIGN_OR_RETURN(model_flags.mmproj, flags.pictures.tower_of(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(OpenModel model, open_model(model_flags, interrupt));
  if (!model.engine->info().has_chat_template) {
    return failed_precondition(flags.model.path, ": expected a chat template in the model, found ",
                               model.engine->info().chat_template_found, "; try 'tenfold run'");
  }
  for (const std::string& warning : model.engine->info().warnings) {
    print_note(cat("tenfold: ", printable(warning, 500), "\n"));
  }
  ChatOptions options;
  TENFOLD_ASSIGN_OR_RETURN(options.variables_json, flags.chat.variables_json());
  options.given_text = flags.chat.given_text();
  return Conversation(flags, std::move(model), std::move(options));
}

constexpr std::string_view kImageCommand = "/image ";

enum class Next { kGoOn, kStopped, kLeave };

// "/image FILE"
Status show_picture(Conversation& conversation, const ChatFlags& flags, const std::string& message) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<PictureFile> pictures,
                           read_pictures({message.substr(kImageCommand.size())}, flags.model.memory_limit_bytes));
  return conversation.show(pictures, flags.pictures.max_pixels);
}

// What a message asked for. Errors: those of a picture or an answer; the conversation goes on.
Result<Next> obey(Conversation& conversation, const ChatFlags& flags, const std::string& message) {
  if (message.empty()) return Next::kGoOn;
  if (message == "/exit") return Next::kLeave;
  if (message == "/reset") {
    conversation.reset();
    return Next::kGoOn;
  }
  if (message == "/help") {
    print_note(kCommands);
    return Next::kGoOn;
  }
  if (message.starts_with(kImageCommand)) {
    TENFOLD_RETURN_IF_ERROR(show_picture(conversation, flags, message));
    return Next::kGoOn;
  }
  TENFOLD_ASSIGN_OR_RETURN(const FinishReason finish_reason, conversation.answer(message));
  return finish_reason == FinishReason::kCancelled ? Next::kStopped : Next::kGoOn;
}

Result<int> chat(const ChatFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<PictureFile> pictures,
                           read_pictures(flags.pictures.images, flags.model.memory_limit_bytes));
  TENFOLD_ASSIGN_OR_RETURN(Conversation conversation, open_conversation(flags));
  if (!pictures.empty()) TENFOLD_RETURN_IF_ERROR(conversation.show(pictures, flags.pictures.max_pixels));
  MessageReader reader(prompt_limit(conversation.model()), flags.no_history ? "" : default_history_path());
  const bool interactive = reader.interactive();
  if (interactive) print_note(kCommands);
  for (std::string message;;) {
    const auto input = reader.read(message);
    if (input.ok() && *input == Input::kInterrupted) return kExitInterrupted;
    if (input.ok() && *input == Input::kEnd) return kExitOk;
    const auto next = input.ok() ? obey(conversation, flags, message) : Result<Next>(input.status());
    if (!next.ok()) {
      // A person can try again; a script must be told.
      if (!interactive || stdout_reader_has_gone()) return next.status();
      print_error(next.status().message());
    } else if (*next == Next::kLeave) {
      return kExitOk;
    } else if (*next == Next::kStopped && !interactive) {
      return kExitInterrupted;  // nobody is there to ask the next question; what is left of the input is not answered
    }
  }
}

}  // namespace

void add_chat_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command = program.add_subcommand("chat", kChatDescription);
  command->footer(kChatExamples);
  flags->model.add_path(*command);
  flags->pictures.add(*command);
  flags->chat.add_system(*command);
  flags->chat.add_variables(*command);
  flags->chat.add_parse_special(*command);
  command->add_flag("--no-history", flags->no_history, "Do not keep what is typed for the next start");
  flags->answer.add(*command);
  flags->model.add_context(*command);
  flags->model.add_draft(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return chat(*flags); }; });
}

}  // namespace tenfold::cli
