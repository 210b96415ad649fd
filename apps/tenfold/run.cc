// tenfold run: one question, one answer.

#include <chrono>
#include <memory>
#include <optional>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "images.h"
#include "open_model.h"
#include "options_flags.h"
#include "process_memory.h"
#include "reply_printer.h"
#include "speed_line.h"
#include "tenfold/conversation.h"
#include "text_input.h"

namespace tenfold::cli {

namespace {

constexpr const char* kRunDescription = "Answers one prompt; the answer is streamed to standard output.";
constexpr const char* kRunExamples = R"(
The prompt is -p, or a file, or what is piped in; it goes through the model's own chat template unless --raw is given.
With -p or --file, a text that is piped in follows after an empty line. A loop that reads lines and a job whose input
stays open must give </dev/null, or that input is taken for the text:
  while read -r line; do tenfold run -m model.gguf -p "$line" </dev/null; done < lines.txt
Order of sampling: bias, penalties, temperature, top-k, typical, top-p, min-p.
Exit status: 0 answered, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C (what was said so far stays; 0 with --json).

Examples:
  tenfold run -m model.gguf -p "Why is the sky blue?"
  tenfold run -m model.gguf --system "Answer in French." -p "Good morning" --temp 0 -n 100
  tenfold run -m model.gguf --draft small.gguf --file code.py --system "Add type hints." --temp 0
  git diff | tenfold run -m model.gguf -p "Summarise this change in one sentence."
  tenfold run -m model.gguf --mmproj mmproj.gguf --image screenshot.png -p "Which app is this?"
  tenfold run -m model.gguf --raw -p "Once upon a time" -n 64 --seed 1
  tenfold run -m model.gguf -p "List three colours" --json | jq -r .text)";

constexpr const char* kWaitsForInput =
    "tenfold: waiting for the text that is piped in to end; if there is none, give </dev/null\n";

struct RunFlags {
  ModelFlags model;
  AnswerFlags answer;
  TemplateFlags chat;
  ImageFlags images;
  std::string prompt;
  std::string prompt_file;
  bool has_prompt = false;
  bool has_prompt_file = false;
  bool raw = false;
  bool json = false;
};

// Where the prompt comes from. A file that is not there is told before a model is loaded; how long a text may be is
// known after that.
struct PromptSource {
  std::optional<std::string> text;
  std::optional<TextInput> file;
  std::optional<TextInput> piped;
};

Result<PromptSource> open_prompt(const RunFlags& flags) {
  PromptSource source;
  if (flags.has_prompt) source.text = flags.prompt;
  if (flags.has_prompt_file) {
    TENFOLD_ASSIGN_OR_RETURN(TextInput file, TextInput::open(flags.prompt_file));
    source.file.emplace(std::move(file));
  }
  const bool is_alone = !source.text && !source.file;
  if (is_alone || stdin_may_hold_text()) source.piped.emplace(TextInput::standard_input());
  return source;
}

// -p or the file, then an empty line and what is piped in; one of both as it is.
Result<std::string> read_prompt(PromptSource& source, const TextLimit& limit, const Interrupt& interrupt) {
  std::string prompt = source.text.value_or("");
  if (source.file) {
    TENFOLD_ASSIGN_OR_RETURN(prompt, source.file->read_all(limit, &interrupt));
  }
  if (!source.piped) return prompt;
  constexpr std::chrono::seconds kPatience{2};
  if ((source.text || source.file) && !source.piped->wait_for(kPatience)) print_note(kWaitsForInput);
  TENFOLD_ASSIGN_OR_RETURN(const std::string piped, source.piped->read_all(limit, &interrupt));
  if (piped.empty() || prompt.empty()) return prompt + piped;
  return prompt + "\n\n" + piped;
}

// Images before the text, which is plain.
Result<std::vector<TokenId>> raw_tokens(const Engine& engine, std::size_t n_images, const std::string& text,
                                        const Interrupt& interrupt) {
  if (n_images == 0) return engine.tokenize(text, {.add_bos = true, .cancel = interrupt.flag()});
  TENFOLD_ASSIGN_OR_RETURN(std::vector<TokenId> tokens, engine.tokenize("", {.add_bos = true}));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> image,
                           engine.tokenize(engine.info().image_text, {.parse_special = true}));
  for (std::size_t i = 0; i < n_images; ++i) tokens.insert(tokens.end(), image.begin(), image.end());
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> rest, engine.tokenize(text, {.cancel = interrupt.flag()}));
  tokens.insert(tokens.end(), rest.begin(), rest.end());
  return tokens;
}

// What is asked, and who gets the answer.
struct Question {
  const RunFlags& flags;
  std::shared_ptr<Engine> engine;
  const std::string& text;
  const std::vector<ImageRef>& images;
  OnPiece on_piece;
};

Result<ChatAnswer> answer_as_chat(const Question& question, Interrupt& interrupt) {
  const RunFlags& flags = question.flags;
  ConversationOptions options;
  options.system = flags.chat.system;
  options.when_full = WhenFull::kRefuse;
  TENFOLD_ASSIGN_OR_RETURN(options.variables_json, flags.chat.variables_json());
  options.given_text = flags.chat.given_text();
  TENFOLD_ASSIGN_OR_RETURN(const auto conversation, Conversation::create(question.engine, std::move(options)));
  Cancel cancel;
  interrupt.on_request([&cancel] { cancel.request(); });
  SendOptions how{flags.answer.generate_options(), question.on_piece};
  how.generate.cancel = &cancel;
  auto answer = conversation->send({"user", question.text, question.images}, how);
  interrupt.on_request({});
  return answer;
}

// The prompt as it is, and the answer as it is.
Result<ChatAnswer> answer_as_text(const Question& question, Interrupt& interrupt) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, question.engine->create_session());
  // A request that came before the run began is seen here, one that comes later stops the run.
  const auto make = [&](const std::atomic<bool>&) -> Result<Prompt> {
    if (interrupt.requested()) return cancelled("stopped before the answer began");
    TENFOLD_ASSIGN_OR_RETURN(auto tokens,
                             raw_tokens(*question.engine, question.images.size(), question.text, interrupt));
    return Prompt{std::move(tokens), question.images};
  };
  const auto on_text = [&](std::string_view text) {
    return question.on_piece({PieceKind::kText, std::string(text), {}}) && !interrupt.requested();
  };
  interrupt.on_request([&session] { session->cancel(); });
  auto result = session->generate_from(make, question.flags.answer.generate_options(), on_text);
  interrupt.on_request({});
  TENFOLD_RETURN_IF_ERROR(result.status());
  ChatAnswer answer;
  answer.result = std::move(*result);
  answer.reply.text = answer.result.text;
  return answer;
}

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop: return "stop";
    case FinishReason::kLength: return "length";
    case FinishReason::kCancelled: return "cancelled";
  }
  return "stop";
}

Json to_json(const ChatAnswer& answer, const ModelInfo& info, const std::vector<ImageRef>& images) {
  const GenerateResult& result = answer.result;
  Json json;
  json["prompt_tokens"] = result.prompt_tokens;
  json["tokens"] = result.tokens;
  json["text"] = answer.reply.text;
  if (!answer.reply.thinking.empty()) json["thinking"] = answer.reply.thinking;
  if (!answer.reply.tool_calls.empty()) {
    Json calls = Json::array();
    for (const ToolCall& call : answer.reply.tool_calls) {
      calls.push_back(Json{{"id", call.id}, {"name", call.name}, {"arguments", call.arguments_json}});
    }
    json["tool_calls"] = std::move(calls);
  }
  json["finish_reason"] = finish_reason_name(result.finish_reason);
  json["timings"] = {{"load_s", info.load_s},
                     {"ttft_s", result.timings.ttft_s},
                     {"prefill_tokens_per_s", result.timings.prefill_tokens_per_s},
                     {"decode_tokens_per_s", result.timings.decode_tokens_per_s}};
  if (!images.empty()) json["images"] = images_json(images);
  json["speculation"] = {{"drafted", result.n_drafted}, {"accepted", result.n_accepted}};
  json["peak_rss_bytes"] = peak_rss_bytes();
  return json;
}

// What is to be said before the answer. Errors: kInvalidArgument for a system message that has no place.
Result<std::string> notices_of(const RunFlags& flags, const ModelInfo& info, bool is_chat) {
  std::string notices;
  if (!is_chat && !flags.raw) {
    notices = "tenfold: this model has no chat template to use; the prompt is taken as it is (--raw)\n";
  }
  if (!is_chat && !flags.chat.system.empty()) {
    return invalid_argument("--system: expected a model with a chat template, found ",
                            flags.raw ? "--raw" : info.chat_template_found,
                            "; try to put the instruction into the prompt");
  }
  for (const std::string& warning : info.warnings) notices += cat("tenfold: ", printable(warning, 500), "\n");
  return notices;
}

Result<int> run(const RunFlags& flags) {
  TENFOLD_RETURN_IF_ERROR(flags.answer.check());
  TENFOLD_ASSIGN_OR_RETURN(PromptSource source, open_prompt(flags));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageFile> files,
                           read_images(flags.images.sources, flags.model.memory_limit_bytes));
  Interrupt interrupt;
  ModelFlags model_flags = flags.model;
  TENFOLD_ASSIGN_OR_RETURN(model_flags.mmproj, flags.images.tower_of(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(const std::shared_ptr<Engine> engine, open_engine(model_flags, interrupt));
  const ModelInfo& info = engine->info();
  const bool is_chat = !flags.raw && info.has_chat_template;
  TENFOLD_ASSIGN_OR_RETURN(const std::string text, read_prompt(source, prompt_limit(info), interrupt));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageRef> images,
                           look_at(*engine, files, flags.images.max_pixels, interrupt));
  TENFOLD_ASSIGN_OR_RETURN(std::string notices, notices_of(flags, info, is_chat));

  // Notices wait for the first text, so that a prompt that is refused leaves one line on stderr, not two.
  const auto show_notices = [&notices] {
    print_note(notices);
    notices.clear();
  };
  ReplyPrinter printer;
  const auto on_piece = [&](const ReplyPiece& piece) {
    show_notices();
    return flags.json || printer.print(piece);
  };
  const Question question{flags, engine, text, images, on_piece};
  auto answer = is_chat ? answer_as_chat(question, interrupt) : answer_as_text(question, interrupt);
  TENFOLD_RETURN_IF_ERROR(answer.status());
  show_notices();

  if (flags.json) {
    TENFOLD_RETURN_IF_ERROR(print_json(to_json(*answer, info, images)));
    wait_until_stored(*engine, interrupt);
    return kExitOk;
  }
  TENFOLD_RETURN_IF_ERROR(printer.finish());
  print_note(image_line(images) + speed_line(answer->result, {flags.answer.max_tokens, info.n_ctx}));
  wait_until_stored(*engine, interrupt);
  return answer->result.finish_reason == FinishReason::kCancelled ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_run_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = program.add_subcommand("run", kRunDescription);
  command->footer(kRunExamples);
  flags->model.add_path(*command);
  CLI::Option* prompt =
      command->add_option("-p,--prompt", flags->prompt, "The prompt, byte for byte; a text that is piped in follows it")
          ->type_name("TEXT");
  CLI::Option* prompt_file =
      command->add_option("--file", flags->prompt_file, "Read the prompt from this file")->type_name("FILE");
  prompt_file->excludes(prompt);
  flags->images.add(*command);
  flags->chat.add_system(*command);
  flags->chat.add_variables(*command);
  flags->chat.add_parse_special(*command);
  command->add_flag("--raw", flags->raw,
                    "No chat template; BOS only if the file asks for it; special tokens are plain text");
  flags->answer.add(*command);
  flags->model.add_context(*command);
  flags->model.add_draft(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  command->add_flag("--json", flags->json, "Print one JSON object with token ids, text and timings instead");
  command->callback([=, &chosen] {
    flags->has_prompt = prompt->count() > 0;
    flags->has_prompt_file = prompt_file->count() > 0;
    if (!flags->has_prompt && !flags->has_prompt_file && stdin_is_terminal()) {
      throw CLI::RequiredError("expected a prompt (-p TEXT, --file FILE or text on standard input), found none",
                               CLI::ExitCodes::RequiredError);
    }
    chosen = [flags] { return run(*flags); };
  });
}

}  // namespace tenfold::cli
