// tenfold run: one question, one answer.

#include <chrono>
#include <memory>
#include <optional>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "open_model.h"
#include "options_flags.h"
#include "pictures.h"
#include "process_memory.h"
#include "speed_line.h"
#include "tenfold/session.h"
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
  PictureFlags pictures;
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

struct Prompt {
  std::vector<TokenId> tokens;  // with a placeholder for each picture
  std::string notices;          // for stderr, each with its newline
};

// Pictures before the text, which is plain.
Result<std::vector<TokenId>> raw_tokens(const Engine& engine, std::size_t n_pictures, const std::string& text,
                                        const Interrupt& interrupt) {
  if (n_pictures == 0) return engine.tokenize(text, {.add_bos = true, .cancel = interrupt.flag()});
  TENFOLD_ASSIGN_OR_RETURN(std::vector<TokenId> tokens, engine.tokenize("", {.add_bos = true}));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> picture,
                           engine.tokenize(engine.info().image_text, {.parse_special = true}));
  for (std::size_t i = 0; i < n_pictures; ++i) tokens.insert(tokens.end(), picture.begin(), picture.end());
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> rest, engine.tokenize(text, {.cancel = interrupt.flag()}));
  tokens.insert(tokens.end(), rest.begin(), rest.end());
  return tokens;
}

Result<Prompt> make_prompt(const RunFlags& flags, const Engine& engine, const std::string& text,
                           const std::vector<ImageRef>& images, const Interrupt& interrupt) {
  Prompt prompt;
  const bool has_template = engine.info().has_chat_template;
  if (flags.raw || !has_template) {
    if (!flags.raw) {
      prompt.notices = "tenfold: this model has no chat template to use; the prompt is taken as it is (--raw)\n";
    }
    if (!flags.chat.system.empty()) {
      return invalid_argument("--system: expected a model with a chat template, found ",
                              flags.raw ? "--raw" : engine.info().chat_template_found,
                              "; try to put the instruction into the prompt");
    }
    TENFOLD_ASSIGN_OR_RETURN(prompt.tokens, raw_tokens(engine, images.size(), text, interrupt));
    return prompt;
  }
  std::vector<ChatMessage> messages;
  if (!flags.chat.system.empty()) messages.push_back({"system", flags.chat.system});
  messages.push_back({"user", text, images});
  ChatOptions options;
  options.cancel = interrupt.flag();
  TENFOLD_ASSIGN_OR_RETURN(options.variables_json, flags.chat.variables_json());
  options.given_text = flags.chat.given_text();
  TENFOLD_ASSIGN_OR_RETURN(const RenderedChat chat, engine.render_chat(messages, options));
  TENFOLD_ASSIGN_OR_RETURN(prompt.tokens, engine.tokenize(chat, interrupt.flag()));
  return prompt;
}

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop: return "stop";
    case FinishReason::kLength: return "length";
    case FinishReason::kCancelled: return "cancelled";
  }
  return "stop";
}

Json to_json(const GenerateResult& result, const ModelInfo& info, const std::vector<ImageRef>& images) {
  Json json;
  json["prompt_tokens"] = result.prompt_tokens;
  json["tokens"] = result.tokens;
  json["text"] = result.text;
  json["finish_reason"] = finish_reason_name(result.finish_reason);
  json["timings"] = {{"load_s", info.load_s},
                     {"ttft_s", result.timings.ttft_s},
                     {"prefill_tokens_per_s", result.timings.prefill_tokens_per_s},
                     {"decode_tokens_per_s", result.timings.decode_tokens_per_s}};
  if (!images.empty()) json["images"] = pictures_json(images);
  json["speculation"] = {{"drafted", result.n_drafted}, {"accepted", result.n_accepted}};
  json["peak_rss_bytes"] = peak_rss_bytes();
  return json;
}

Result<int> run(const RunFlags& flags) {
  TENFOLD_RETURN_IF_ERROR(flags.answer.check());
  TENFOLD_ASSIGN_OR_RETURN(PromptSource source, open_prompt(flags));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<PictureFile> pictures,
                           read_pictures(flags.pictures.images, flags.model.memory_limit_bytes));
  Interrupt interrupt;
  ModelFlags model_flags = flags.model;
  TENFOLD_ASSIGN_OR_RETURN(model_flags.mmproj, flags.pictures.tower_of(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(const OpenModel model, open_model(model_flags, interrupt));
  const ModelInfo& info = model.engine->info();
  TENFOLD_ASSIGN_OR_RETURN(const std::string text, read_prompt(source, prompt_limit(info), interrupt));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<ImageRef> images,
                           look_at(*model.engine, pictures, flags.pictures.max_pixels, interrupt));
  TENFOLD_ASSIGN_OR_RETURN(Prompt prompt, make_prompt(flags, *model.engine, text, images, interrupt));
  for (const std::string& warning : info.warnings) prompt.notices += cat("tenfold: ", printable(warning, 500), "\n");

  // Notices wait for the first text, so that a prompt that is refused leaves one line on stderr, not two.
  const auto show_notices = [&prompt] {
    print_note(prompt.notices);
    prompt.notices.clear();
  };
  Status written;
  const auto on_text = [&](std::string_view piece) {
    show_notices();
    if (!flags.json) written = write_stdout(piece);
    return written.ok() && !interrupt.requested();
  };
  // A request that came before the run began is seen here, one that comes later stops the run.
  const auto begin = [&](const std::atomic<bool>&) -> Result<tenfold::Prompt> {
    if (interrupt.requested()) return cancelled("stopped before the answer began");
    return tenfold::Prompt{prompt.tokens, images};
  };
  interrupt.on_request([&session = *model.session] { session.cancel(); });
  auto result = model.session->generate_from(begin, flags.answer.generate_options(), on_text);
  interrupt.on_request({});
  TENFOLD_RETURN_IF_ERROR(result.status());
  TENFOLD_RETURN_IF_ERROR(written);
  show_notices();

  if (flags.json) {
    TENFOLD_RETURN_IF_ERROR(print_json(to_json(*result, info, images)));
    wait_until_stored(*model.engine, interrupt);
    return kExitOk;
  }
  if (!result->text.ends_with('\n')) TENFOLD_RETURN_IF_ERROR(write_stdout("\n"));
  print_note(picture_line(images) + speed_line(*result, {flags.answer.max_tokens, info.n_ctx}));
  wait_until_stored(*model.engine, interrupt);
  return result->finish_reason == FinishReason::kCancelled ? kExitInterrupted : kExitOk;
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
  flags->pictures.add(*command);
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
