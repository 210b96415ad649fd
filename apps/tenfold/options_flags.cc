#include "options_flags.h"

#include <charconv>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "sampler/sampler_options.h"

namespace tenfold::cli {

namespace {

// "ID=BIAS"
Result<std::pair<TokenId, float>> parse_logit_bias(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view id_text = text.substr(0, equals);
  const std::string_view bias_text = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  TokenId id = 0;
  float bias = 0;
  const auto id_end = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
  const auto bias_end = std::from_chars(bias_text.data(), bias_text.data() + bias_text.size(), bias);
  const bool id_ok = id_end.ec == std::errc{} && id_end.ptr == id_text.data() + id_text.size();
  const bool bias_ok = bias_end.ec == std::errc{} && bias_end.ptr == bias_text.data() + bias_text.size();
  if (!id_ok || !bias_ok) return invalid_argument("expected ID=BIAS such as 42=-1.5, found ", printable(text));
  return std::pair{id, bias};
}

bool is_separator(char c) { return c == ' ' || c == ',' || (c >= '\t' && c <= '\r'); }

}  // namespace

void ModelFlags::add_path(CLI::App& command) {
  command.add_option("-m,--model", path, "The model: a GGUF file, or the first part of a split one")
      ->type_name("FILE")
      ->required();
}

void ModelFlags::add_threads_and_precision(CLI::App& command) {
  add_number(command, "-t,--threads", n_threads,
             "Threads, at most one for each core it may use; 0: one for each big core (default 0)", 0)
      ->type_name("T");
  command
      .add_option("--precision", precision,
                  "fast: 8-bit activations where weights are quantised; exact: F32 (default fast)")
      ->type_name("fast|exact")
      ->check(one_of({"fast", "exact"}));
}

void ModelFlags::add_no_cache(CLI::App& command) {
  command.add_flag("--no-cache", no_cache, "Pack the weights anew, and do not keep them for the next start");
}

void ModelFlags::add_context(CLI::App& command) {
  add_number(command, "--ctx", n_ctx, "Context in tokens; 0: the model's own, at most 8192 (default 0)", 0)
      ->type_name("C");
  command.add_option("--kv", kv, "Type of the KV cache; --precision exact always uses f32 (default f16)")
      ->type_name("f16|q8_0|f32")
      ->check(one_of({"f16", "q8_0", "f32"}));
}

void ModelFlags::add_draft(CLI::App& command) {
  command
      .add_option("--draft", draft,
                  "A smaller model with the same vocabulary: it drafts tokens, so that several are one step")
      ->type_name("FILE");
}

void ModelFlags::add_memory_limit(CLI::App& command) {
  const auto read = [this](const std::string& text) {
    const Result<std::uint64_t> n_bytes = parse_bytes(text);
    if (!n_bytes.ok()) throw CLI::ValidationError("--memory-limit", std::string(n_bytes.status().message()));
    memory_limit_bytes = *n_bytes;
  };
  command
      .add_option_function<std::string>(
          "--memory-limit", read,
          "Refuse what would take more memory than this; 0: than the machine has left (default 0)")
      ->type_name("N[KB|MB|GB]");
}

EngineOptions ModelFlags::engine_options() const {
  EngineOptions options;
  options.n_threads = n_threads;
  options.n_ctx = n_ctx;
  options.precision = precision == "exact" ? Precision::kExact : Precision::kFast;
  options.kv_type = kv == "f32" ? KvCacheType::kF32 : kv == "q8_0" ? KvCacheType::kQ8_0 : KvCacheType::kF16;
  options.max_sessions = 1;
  options.draft_path = draft;
  options.mmproj_path = mmproj;
  options.use_cache = !no_cache;
  options.memory_limit_bytes = memory_limit_bytes;
  options.time_stages = time_stages;
  return options;
}

void AnswerFlags::add(CLI::App& command) {
  const auto add = [&command](const char* flag, auto& value, const char* type, const char* meaning) {
    using N = std::remove_reference_t<decltype(value)>;
    add_number<N>(command, flag, value, cat(meaning, " (default ", value, ")"))->type_name(type)->group("Sampling");
  };
  add_number<int>(command, "-n,--max-tokens", max_tokens,
                  "Tokens at most; -1: until the model ends or the context is full (default -1)", -1)
      ->type_name("N");
  add_repeatable(command, "--stop", stop, "End the answer before this text or these control tokens; may be repeated")
      ->type_name("TEXT");
  command.add_flag("--ignore-eos", ignore_end, "Go on past the model's own end of the answer");
  command.add_flag("--special", show_special, "Show the control tokens of the answer, such as [TOOL_CALLS], as text");
  command.add_flag("--no-speculation", no_speculation, "No speculative decoding: the same answer, one token a step");
  add("--temp", sampler.temperature, "T", "Temperature; 0 takes the likeliest token every time");
  add("--top-k", sampler.top_k, "K", "Keep the K likeliest tokens; 0: all");
  add("--top-p", sampler.top_p, "P", "Keep the likeliest tokens with probability P together; 1: all");
  add("--min-p", sampler.min_p, "P", "Drop tokens less likely than P times the likeliest one; 0: none");
  add("--typical", sampler.typical_p, "P", "Keep the most typical tokens with probability P together; 1: all");
  add("--repeat-penalty", sampler.repeat_penalty, "X", "Divide the logits of tokens seen before; 1: off");
  add("--frequency-penalty", sampler.frequency_penalty, "X",
      "Subtract X for each time the token was generated, -2 to 2; 0: off");
  add("--presence-penalty", sampler.presence_penalty, "X",
      "Subtract X once if the token was generated, -2 to 2; 0: off");
  add_repeatable(command, "--logit-bias", logit_bias, "Add BIAS to the logit of token ID; may be repeated")
      ->type_name("ID=BIAS")
      ->group("Sampling")
      ->check(CLI::Validator(
          [](const std::string& text) { return std::string(parse_logit_bias(text).status().message()); }, ""));
  add_number<std::uint64_t>(command, "--seed", seed,
                            "Same seed, same text, on any number of threads (default: a fresh one each time)")
      ->type_name("SEED")
      ->group("Sampling");
}

GenerateOptions AnswerFlags::generate_options() const {
  GenerateOptions options;
  options.max_tokens = max_tokens;
  options.sampler = sampler;
  options.sampler.seed = seed;
  for (const std::string& text : logit_bias) {
    if (const auto bias = parse_logit_bias(text); bias.ok()) options.sampler.logit_bias.push_back(*bias);
  }
  options.stop = stop;
  options.ignore_end = ignore_end;
  options.special = show_special ? SpecialText::kShow : SpecialText::kHide;
  options.speculate = !no_speculation;
  return options;
}

Status AnswerFlags::check() const {
  return validate_sampler_options(generate_options().sampler, std::numeric_limits<int>::max());
}

void TemplateFlags::add_system(CLI::App& command) {
  command.add_option("--system", system, "The system message: who the model is to be")->type_name("TEXT");
}

void TemplateFlags::add_variables(CLI::App& command) {
  add_repeatable(command, "--var", variables,
                 "A chat template variable, JSON or text: enable_thinking=false; may be repeated")
      ->type_name("NAME=VALUE")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto equals = text.find('=');
            const bool ok = equals != std::string::npos && equals > 0;
            return ok ? std::string() : cat("expected NAME=VALUE, found ", printable(text));
          },
          ""));
}

void TemplateFlags::add_parse_special(CLI::App& command) {
  command.add_flag("--parse-special", parse_special,
                   "Control tokens spelled out in messages are tokens, not text: whoever is quoted can end a turn");
}

Result<std::string> TemplateFlags::variables_json() const {
  if (variables.empty()) return std::string();
  Json object = Json::object();
  for (const std::string& text : variables) {
    const auto equals = text.find('=');
    const std::string value = text.substr(equals + 1);
    if (!is_valid_utf8(text)) return invalid_argument("--var: expected UTF-8 text, found other bytes");
    const auto json = parse_json(value);
    object[text.substr(0, equals)] = json.ok() ? *json : Json(value);
  }
  return object.dump();
}

CLI::Option* add_repeatable(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                            const std::string& description) {
  // allow_extra_args(false): with it, CLI11 would take "[a,b]" apart.
  return command.add_option(flag, values, description)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Validator one_of(std::initializer_list<std::string> values) {
  return {[values = std::vector<std::string>(values)](const std::string& text) -> std::string {
            std::string expected;
            for (std::size_t i = 0; i < values.size(); ++i) {
              if (text == values[i]) return {};
              expected += cat(i == 0 ? "" : i + 1 == values.size() ? " or " : ", ", values[i]);
            }
            return cat("expected ", expected, ", found ", printable(text));
          },
          ""};
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1},     {"B", 1},    {"kB", 1e3}, {"KB", 1e3},
                                                            {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr double kMost = 1e18;
  for (const auto& [name, factor] : kUnits) {
    if (error != std::errc{} || unit != name) continue;
    if (number >= 0 && number * factor <= kMost) return static_cast<std::uint64_t>(number * factor);
  }
  return invalid_argument("expected a number of bytes such as 1500000, 512MB or 1.5GB, found ", printable(text));
}

Result<std::vector<TokenId>> parse_token_ids(std::string_view text) {
  std::vector<TokenId> ids;
  for (std::size_t at = 0; at < text.size();) {
    if (is_separator(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_separator(text[end])) ++end;
    TokenId id = 0;
    const auto parsed = std::from_chars(text.data() + at, text.data() + end, id);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + end) {
      return invalid_argument("expected token ids such as 1 2 3, found ", printable(text.substr(at, end - at)));
    }
    ids.push_back(id);
    at = end;
  }
  return ids;
}

}  // namespace tenfold::cli
