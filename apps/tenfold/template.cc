// tenfold template: a conversation as a chat template writes it.

#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <memory>
#include <optional>

#include "base/error.h"
#include "chat/chat_renderer.h"
#include "chat/input_memory.h"
#include "command.h"
#include "console.h"
#include "engine/text_side.h"
#include "options_flags.h"
#include "platform/memory_guard.h"
#include "text_input.h"

namespace tenfold::cli {

namespace {

constexpr const char* kTemplateDescription = "Renders a conversation through a chat template; prints the text exactly.";
constexpr const char* kTemplateExamples = R"(
The messages are a JSON array such as [{"role": "user", "content": "Hello"}]. The template is the model's own (-m) or a
Jinja file (--file); bos_token and eos_token stand for the model's texts unless --bos and --eos say otherwise.
Messages are given the shape that the template shows, as in a chat; with --as-is it gets them untouched. --json tells
which parts of the text, in bytes, messages, tools and variables said: in a chat, what they spell is text, never a
control token.

Examples:
  tenfold template -m model.gguf --messages chat.json
  tenfold template -m model.gguf --messages chat.json --tools tools.json --var enable_thinking=false
  tenfold template --file template.jinja --messages chat.json --bos '<s>' --eos '</s>'
  tenfold template -m model.gguf --messages chat.json | tenfold tokenize -m model.gguf --parse-special)";

struct TemplateCommandFlags {
  ModelFlags model;
  TemplateFlags chat;
  std::string file;
  std::string messages;
  std::string tools;
  std::string bos;
  std::string eos;
  bool has_bos = false;
  bool has_eos = false;
  bool no_generation_prompt = false;
  bool as_is = false;
  bool json = false;
};

Result<std::string> read_json_text(const std::string& path) {
  return path.empty() ? std::string() : read_text_file(path, memory_limit(JsonLimits().max_bytes, 1));
}

Result<Json> parse_json_array(const std::string& path, std::string_view text) {
  auto json = parse_json(text);
  if (!json.ok()) return json.status().with_context(path);
  if (!json->is_array()) return invalid_argument(path, ": expected a JSON array, found ", json->type_name());
  return json;
}

// Half of the memory is for what is given, before any of it is parsed; the rest for what the template makes of it,
// which may be as many bytes of values as of output.
Result<std::size_t> rendering_bytes(std::initializer_list<std::string_view> given) {
  std::uint64_t n_bytes = 0;
  for (const std::string_view json : given) n_bytes += template_input_bytes(json);
  const std::uint64_t left = memory_left();
  if (n_bytes <= left / 2) return (left - n_bytes) / 2;
  return resource_exhausted("memory: messages, tools and variables: ", n_bytes, " bytes, expected at most ", left / 2,
                            ", half of what is left");
}

// The template, and what bos_token and eos_token stand for in it.
struct TemplateSource {
  std::string text;
  std::optional<std::string> bos, eos;
};

Result<TemplateSource> model_template(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<TextSide> side, TextSide::open(path));
  TENFOLD_RETURN_IF_ERROR(side->template_status());
  if (side->chat_renderer() == nullptr) {
    return failed_precondition(path, ": expected a chat template in the model, found none; try --file T.jinja");
  }
  return TemplateSource{side->template_source(), side->bos(), side->eos()};
}

Result<TemplateSource> choose_template(const TemplateCommandFlags& flags) {
  TemplateSource source;
  if (flags.file.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(source, model_template(flags.model.path));
  } else {
    TENFOLD_ASSIGN_OR_RETURN(source.text,
                             read_text_file(flags.file, {jinja::Limits().max_source_bytes, "a chat template"}));
  }
  if (flags.has_bos) source.bos = flags.bos;
  if (flags.has_eos) source.eos = flags.eos;
  return source;
}

Result<RenderedChat> render(std::string_view source, ChatTemplateInput input, bool as_is) {
  if (as_is) {
    TENFOLD_ASSIGN_OR_RETURN(const ChatTemplate chat_template, ChatTemplate::parse(source));
    return chat_template.render(input);
  }
  TENFOLD_ASSIGN_OR_RETURN(const ChatRenderer renderer, ChatRenderer::create(source));
  return renderer.render(std::move(input), {});
}

Json to_json(const RenderedChat& chat) {
  Json given = Json::array();
  for (const TextRange& range : chat.given) given.push_back(Json::array({range.begin, range.end}));
  return {{"text", chat.text}, {"given", std::move(given)}};
}

Result<int> render(const TemplateCommandFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const TemplateSource source, choose_template(flags));
  ChatTemplateInput input;
  TENFOLD_ASSIGN_OR_RETURN(const std::string messages, read_json_text(flags.messages));
  TENFOLD_ASSIGN_OR_RETURN(const std::string tools, read_json_text(flags.tools));
  TENFOLD_ASSIGN_OR_RETURN(const std::string variables, flags.chat.variables_json());
  TENFOLD_ASSIGN_OR_RETURN(input.max_bytes, rendering_bytes({messages, tools, variables}));
  TENFOLD_ASSIGN_OR_RETURN(input.messages, parse_json_array(flags.messages, messages));
  if (!flags.tools.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.tools, parse_json_array(flags.tools, tools));
  }
  if (!variables.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.variables, parse_json(variables));
  }
  input.add_generation_prompt = !flags.no_generation_prompt;
  input.bos_token = source.bos;
  input.eos_token = source.eos;
  input.now_s = static_cast<std::int64_t>(std::time(nullptr));
  TENFOLD_ASSIGN_OR_RETURN(const RenderedChat chat, render(source.text, std::move(input), flags.as_is));
  TENFOLD_RETURN_IF_ERROR(flags.json ? print_json(to_json(chat)) : write_stdout(chat.text));
  return kExitOk;
}

}  // namespace

void add_template_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<TemplateCommandFlags>();
  CLI::App* command = program.add_subcommand("template", kTemplateDescription);
  command->footer(kTemplateExamples);
  CLI::Option* model =
      command->add_option("-m,--model", flags->model.path, "The model whose template is used")->type_name("FILE");
  CLI::Option* file =
      command->add_option("--file", flags->file, "The template, instead of a model's")->type_name("T.jinja");
  file->excludes(model);
  command->add_option("--messages", flags->messages, "The conversation: a JSON array")->type_name("FILE")->required();
  command->add_option("--tools", flags->tools, "Descriptions of tools: a JSON array (default: none)")
      ->type_name("FILE");
  command->add_flag("--no-generation-prompt", flags->no_generation_prompt, "Do not begin the model's answer");
  command->add_flag("--as-is", flags->as_is, "The template gets the messages untouched, as jinja2 would give them");
  command->add_flag("--json", flags->json, "Print one JSON object with the text and its given parts instead");
  flags->chat.add_variables(*command);
  CLI::Option* bos = command->add_option("--bos", flags->bos, "What bos_token stands for")->type_name("TEXT");
  CLI::Option* eos = command->add_option("--eos", flags->eos, "What eos_token stands for")->type_name("TEXT");
  command->callback([=, &chosen] {
    if (model->count() + file->count() == 0) {
      throw CLI::RequiredError("expected a template (-m MODEL or --file T.jinja), found none",
                               CLI::ExitCodes::RequiredError);
    }
    flags->has_bos = bos->count() > 0;
    flags->has_eos = eos->count() > 0;
    chosen = [flags] { return render(*flags); };
  });
}

}  // namespace tenfold::cli
