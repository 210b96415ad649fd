// tenfold chat: a conversation in the terminal, or through pipes.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/utf8.h"
#include "command.h"
#include "console.h"
#include "open_model.h"
#include "options_flags.h"
#include "pictures.h"
#include "speed_line.h"
#include "tenfold/session.h"

namespace tenfold::cli {

namespace {

constexpr const char* kDescription = "A conversation in the terminal; the model remembers what was said.";
constexpr const char* kCommands =
    "/reset forgets the conversation · /image FILE shows a picture · /exit (or Ctrl-D) leaves · /help shows this\n"
    "A \\ at the end of a line continues it on the next one. Ctrl-C stops an answer; at the prompt it leaves.\n";
constexpr const char* kExamples = R"(
Lines are taken from standard input, one message each; a \ at the end of a line continues it on the next one.
/reset forgets the conversation, /image FILE adds a picture to the next message, /exit or Ctrl-D leaves, /help lists the
commands. Ctrl-C stops an answer.
When the context is full the oldest messages are dropped, with a notice; the system message stays.

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
};

// Linux keeps this much of a line that is being edited and drops the rest without a word.
constexpr std::size_t kTerminalLineBytes = 4095;
constexpr const char* kCutLine =
    "[the terminal passed on only the first 4095 bytes of that line; a \\ at the end of a line continues it]\n";

// What came of waiting for a line.
enum class Input { kMessage, kEnd, kInterrupted };

// Messages from standard input. The terminal's own line editing is all there is, so its modes are never touched.
class MessageReader {
 public:
  MessageReader() = default;
  ~MessageReader() { std::free(line_); }
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  Input read(std::string& message) {
    message.clear();
    for (bool more = true; more;) {
      const Interrupt interrupt;  // before the prompt: who sees it may press Ctrl-C at once
      if (interactive()) print_note(message.empty() ? "> " : "… ");
      if (interrupt.requested()) return Input::kInterrupted;
      const ssize_t n = getline(&line_, &capacity_, stdin);
      if (n < 0) {
        if (interrupt.requested()) return Input::kInterrupted;
        return message.empty() ? Input::kEnd : Input::kMessage;
      }
      std::string_view line(line_, static_cast<std::size_t>(n));
      while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
      if (interactive() && line.size() >= kTerminalLineBytes) print_note(kCutLine);
      more = line.ends_with('\\');
      if (more) line.remove_suffix(1);
      message += line;
      if (more) message += '\n';
    }
    return Input::kMessage;
  }

  [[nodiscard]] bool interactive() const { return interactive_; }

 private:
  char* line_ = nullptr;
  std::size_t capacity_ = 0;
  bool interactive_ = stdin_is_terminal();
};

class Conversation {
 public:
  Conversation(const ChatFlags& flags, OpenModel model, ChatOptions options)
      : model_(std::move(model)), options_(std::move(options)), generate_(flags.answer.generate_options()) {
    if (!flags.chat.system.empty()) messages_.push_back({"system", flags.chat.system});
    n_fixed_ = messages_.size();
  }

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
    const Result<std::vector<TokenId>> prompt = fit_prompt(interrupt);
    if (interrupt.requested()) return stopped_early();
    TENFOLD_RETURN_IF_ERROR(prompt.status());
    interrupt.on_request([this] { model_.session->cancel(); });
    Status written;
    const auto on_text = [&](std::string_view piece) {
      written = write_stdout(piece);
      return written.ok() && !interrupt.requested();
    };
    auto result = model_.session->generate(*prompt, images_of(messages_), generate_, on_text);
    interrupt.on_request({});
    TENFOLD_RETURN_IF_ERROR(result.status());
    TENFOLD_RETURN_IF_ERROR(written);
    TENFOLD_RETURN_IF_ERROR(write_stdout("\n"));
    if (result->finish_reason == FinishReason::kCancelled && result->text.empty()) return stopped_early();
    print_note(speed_line(*result));
    messages_.push_back({"assistant", std::move(result->text)});
    return result->finish_reason;
  }

  static Status stopped_early() { return cancelled("stopped before the answer began; the message is forgotten"); }

  // The conversation as tokens, without the oldest messages if there is not enough room for an answer.
  Result<std::vector<TokenId>> fit_prompt(const Interrupt& interrupt) {
    const Engine& engine = *model_.engine;
    const std::size_t n_ctx = static_cast<std::size_t>(engine.info().n_ctx);
    const std::size_t room = std::min<std::size_t>(256, n_ctx / 4);
    std::size_t n_dropped = 0;
    for (;;) {
      TENFOLD_ASSIGN_OR_RETURN(const std::string rendered, engine.render_chat(messages_, options_));
      TENFOLD_ASSIGN_OR_RETURN(std::vector<TokenId> tokens,
                               engine.tokenize(rendered, {.parse_special = true, .cancel = interrupt.flag()}));
      const std::size_t n_before = drop_oldest_size();
      if (tokens.size() + n_picture_tokens() + room <= n_ctx || n_before == 0) {
        if (n_dropped > 0) {
          print_note(cat("[the context of ", n_ctx, " tokens is full: dropped the ", n_dropped, " oldest messages]\n"));
        }
        return tokens;
      }
      const auto first = messages_.begin() + static_cast<std::ptrdiff_t>(n_fixed_);
      messages_.erase(first, first + static_cast<std::ptrdiff_t>(n_before));
      n_dropped += n_before;
    }
  }

  // Those that placeholders will become, beside the placeholders themselves.
  [[nodiscard]] std::size_t n_picture_tokens() const {
    std::size_t n = 0;
    for (const ImageRef& image : images_of(messages_)) n += static_cast<std::size_t>(image->n_tokens()) - 1;
    return n;
  }

  // How many messages the oldest turn has: a question and its answer; 0 if only the question of now is left.
  [[nodiscard]] std::size_t drop_oldest_size() const {
    const std::size_t n_past = messages_.size() - n_fixed_ - 1;
    return std::min<std::size_t>(2, n_past);
  }

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
  return Conversation(flags, std::move(model), std::move(options));
}

constexpr std::string_view kImageCommand = "/image ";

// "/image FILE"
Status show_picture(Conversation& conversation, const ChatFlags& flags, const std::string& message) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<PictureFile> pictures,
                           read_pictures({message.substr(kImageCommand.size())}));
  return conversation.show(pictures, flags.pictures.max_pixels);
}

Result<int> chat(const ChatFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<PictureFile> pictures, read_pictures(flags.pictures.images));
  TENFOLD_ASSIGN_OR_RETURN(Conversation conversation, open_conversation(flags));
  if (!pictures.empty()) TENFOLD_RETURN_IF_ERROR(conversation.show(pictures, flags.pictures.max_pixels));
  MessageReader reader;
  if (reader.interactive()) print_note(kCommands);
  for (std::string message;;) {
    const Input input = reader.read(message);
    if (input != Input::kMessage) {
      if (reader.interactive()) print_note("\n");
      return input == Input::kInterrupted ? kExitInterrupted : kExitOk;
    }
    if (message.empty()) continue;
    if (message == "/exit") return kExitOk;
    if (message == "/reset") {
      conversation.reset();
    } else if (message == "/help") {
      print_note(kCommands);
    } else if (message.starts_with(kImageCommand)) {
      if (const Status shown = show_picture(conversation, flags, message); !shown.ok()) {
        if (!reader.interactive()) return shown;
        print_error(shown.message());
      }
    } else if (const auto finish_reason = conversation.answer(message); !finish_reason.ok()) {
      // A person can try again; a script must be told.
      if (!reader.interactive() || stdout_reader_has_gone()) return finish_reason.status();
      print_error(finish_reason.status().message());
    } else if (*finish_reason == FinishReason::kCancelled && !reader.interactive()) {
      return kExitInterrupted;  // nobody is there to ask the next question; what is left of the input is not answered
    }
  }
}

}  // namespace

void add_chat_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command = program.add_subcommand("chat", kDescription);
  command->footer(kExamples);
  flags->model.add_path(*command);
  flags->pictures.add(*command);
  flags->chat.add_system(*command);
  flags->chat.add_variables(*command);
  flags->answer.add(*command);
  flags->model.add_context(*command);
  flags->model.add_draft(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return chat(*flags); }; });
}

}  // namespace tenfold::cli
