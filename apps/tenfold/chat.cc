// tenfold chat: a conversation in the terminal, or through pipes.

#include <memory>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "images.h"
#include "message_reader.h"
#include "open_model.h"
#include "options_flags.h"
#include "reply_printer.h"
#include "speed_line.h"
#include "tenfold/conversation.h"

namespace tenfold::cli {

namespace {

constexpr const char* kChatDescription = "A conversation in the terminal; the model remembers what was said.";
constexpr const char* kCommands =
    "/reset forgets the conversation · /image FILE shows an image\n"
    "/exit or Ctrl-D leaves · /help shows this · Ctrl-C stops an answer\n"
    "A \\ at the end of a line continues it on the next one.\n";
constexpr const char* kChatExamples = R"(
At the prompt:
  Enter                        sends the message; behind a \ it begins a new line, as Alt-Enter does
  /reset                       forgets the conversation
  /image FILE                  adds an image to the next message
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
  ImageFlags images;
  bool no_history = false;
};

class Talk {
 public:
  Talk(const ChatFlags& flags, std::shared_ptr<Engine> engine, std::unique_ptr<Conversation> conversation)
      : engine_(std::move(engine)),
        conversation_(std::move(conversation)),
        generate_(flags.answer.generate_options()) {}

  [[nodiscard]] const ModelInfo& model() const { return engine_->info(); }

  Status reset() {
    shown_.clear();
    return conversation_->reset();
  }

  // Images for the next message. Errors: see look_at.
  Status show(const std::vector<ImageFile>& files, std::int64_t max_pixels) {
    Interrupt interrupt;
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageRef> images, look_at(*engine_, files, max_pixels, interrupt));
    print_note(image_line(images));
    shown_.insert(shown_.end(), images.begin(), images.end());
    return {};
  }

  // Adds the message and streams the answer. On failure the conversation is as it was; so it is if Ctrl-C came before
  // the answer began, which is kCancelled: nobody wants to wait for that message again with every later one.
  Result<FinishReason> answer(const std::string& text) {
    Interrupt interrupt;
    Cancel cancel;
    interrupt.on_request([&cancel] { cancel.request(); });
    ReplyPrinter printer;
    SendOptions options{generate_, [&](const ReplyPiece& piece) { return printer.print(piece); }};
    options.generate.cancel = &cancel;
    const Result<ChatAnswer> answer = conversation_->send({"user", text, shown_}, options);
    interrupt.on_request({});
    TENFOLD_RETURN_IF_ERROR(answer.status());
    TENFOLD_RETURN_IF_ERROR(printer.finish());
    const GenerateResult& result = answer->result;
    if (result.finish_reason == FinishReason::kCancelled && result.text.empty()) {
      return cancelled("stopped before the answer began; the message is forgotten");
    }
    shown_.clear();
    if (answer->n_dropped > 0) {
      print_note(cat("[the context of ", model().n_ctx, " tokens is full: dropped the ", answer->n_dropped,
                     " oldest messages; --ctx makes it larger]\n"));
    }
    print_note(speed_line(result, {generate_.max_tokens, model().n_ctx}));
    return result.finish_reason;
  }

 private:
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Conversation> conversation_;
  GenerateOptions generate_;
  std::vector<ImageRef> shown_;  // for the next message
};

Result<Talk> open_talk(const ChatFlags& flags) {
  TENFOLD_RETURN_IF_ERROR(flags.answer.check());
  const Interrupt interrupt;
  ModelFlags model_flags = flags.model;
  TENFOLD_ASSIGN_OR_RETURN(model_flags.mmproj, flags.images.tower_of(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(std::shared_ptr<Engine> engine, open_engine(model_flags, interrupt));
  if (engine->info().can_answer && !engine->info().has_chat_template) {
    return failed_precondition(flags.model.path, ": expected a chat template in the model, found ",
                               engine->info().chat_template_found, "; try 'tenfold run'");
  }
  ConversationOptions options;
  options.system = flags.chat.system;
  TENFOLD_ASSIGN_OR_RETURN(options.variables_json, flags.chat.variables_json());
  options.given_text = flags.chat.given_text();
  TENFOLD_ASSIGN_OR_RETURN(auto conversation, Conversation::create(engine, std::move(options)));
  for (const std::string& warning : engine->info().warnings) {
    print_note(cat("tenfold: ", printable(warning, 500), "\n"));
  }
  return Talk(flags, std::move(engine), std::move(conversation));
}

constexpr std::string_view kImageCommand = "/image ";

enum class Next { kGoOn, kStopped, kLeave };

// "/image FILE"
Status show_image(Talk& talk, const ChatFlags& flags, const std::string& message) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageFile> files,
                           read_images({message.substr(kImageCommand.size())}, flags.model.memory_limit_bytes));
  return talk.show(files, flags.images.max_pixels);
}

// What a message asked for. Errors: those of an image or an answer; the conversation goes on.
Result<Next> obey(Talk& talk, const ChatFlags& flags, const std::string& message) {
  if (message.empty()) return Next::kGoOn;
  if (message == "/exit") return Next::kLeave;
  if (message == "/reset") {
    TENFOLD_RETURN_IF_ERROR(talk.reset());
    return Next::kGoOn;
  }
  if (message == "/help") {
    print_note(kCommands);
    return Next::kGoOn;
  }
  if (message.starts_with(kImageCommand)) {
    TENFOLD_RETURN_IF_ERROR(show_image(talk, flags, message));
    return Next::kGoOn;
  }
  TENFOLD_ASSIGN_OR_RETURN(const FinishReason finish_reason, talk.answer(message));
  return finish_reason == FinishReason::kCancelled ? Next::kStopped : Next::kGoOn;
}

Result<int> chat(const ChatFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageFile> files,
                           read_images(flags.images.sources, flags.model.memory_limit_bytes));
  TENFOLD_ASSIGN_OR_RETURN(Talk talk, open_talk(flags));
  if (!files.empty()) TENFOLD_RETURN_IF_ERROR(talk.show(files, flags.images.max_pixels));
  MessageReader reader(prompt_limit(talk.model()), flags.no_history ? "" : default_history_path());
  const bool interactive = reader.interactive();
  if (interactive) print_note(kCommands);
  for (std::string message;;) {
    const auto input = reader.read(message);
    if (input.ok() && *input == Input::kInterrupted) return kExitInterrupted;
    if (input.ok() && *input == Input::kEnd) return kExitOk;
    const auto next = input.ok() ? obey(talk, flags, message) : Result<Next>(input.status());
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
  flags->images.add(*command);
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
