// The flags that several commands share, declared in one way and turned into the options of the library.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/cat.h"
#include "tenfold/engine.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold::cli {

// -m, and how the model is run.
struct ModelFlags {
  std::string path;
  int n_threads = 0;
  std::string precision = "fast";
  std::string kv = "f16";
  int n_ctx = 0;
  std::string draft;
  std::string mmproj;  // see ImageFlags
  bool no_cache = false;
  std::uint64_t memory_limit_bytes = 0;
  bool time_stages = false;

  void add_path(CLI::App& command);
  void add_threads_and_precision(CLI::App& command);
  void add_context(CLI::App& command);  // --ctx and --kv
  void add_draft(CLI::App& command);
  void add_memory_limit(CLI::App& command);
  void add_no_cache(CLI::App& command);
  [[nodiscard]] EngineOptions engine_options() const;
};

// How the answer is drawn and where it ends.
struct AnswerFlags {
  int max_tokens = -1;
  SamplerOptions sampler;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> logit_bias;
  std::vector<std::string> stop;
  bool ignore_end = false;
  bool show_special = false;
  bool no_speculation = false;

  void add(CLI::App& command);
  [[nodiscard]] GenerateOptions generate_options() const;
  // What is wrong whatever the model: said before it is loaded. Errors: kInvalidArgument.
  [[nodiscard]] Status check() const;
};

// --system and --var: what else goes into the chat template.
struct TemplateFlags {
  std::string system;
  std::vector<std::string> variables;
  bool parse_special = false;

  void add_system(CLI::App& command);
  void add_variables(CLI::App& command);
  void add_parse_special(CLI::App& command);
  [[nodiscard]] GivenText given_text() const { return parse_special ? GivenText::kParsed : GivenText::kPlain; }
  // {"enable_thinking": false}: values that are JSON are taken as JSON, all others as text. Errors: kInvalidArgument.
  [[nodiscard]] Result<std::string> variables_json() const;
};

// A flag that may be given several times, each time with one value that is taken as it is.
CLI::Option* add_repeatable(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                            const std::string& description);

// Refuses any value that is not one of these.
CLI::Validator one_of(std::initializer_list<std::string> values);

// A flag with a number in decimal (CLI11 would read 010 as eight). What cannot be one, and whole numbers below `least`,
// are wrong usage; whether a real number makes sense is for the library to say. N is the number, T what holds it.
template <typename N, typename T>
CLI::Option* add_number(CLI::App& command, const std::string& flag, T& value, const std::string& description,
                        N least = std::numeric_limits<N>::lowest());

// "1500000", "512MB", "1.5 GB": bytes, with the words that human_bytes writes. Errors: kInvalidArgument.
Result<std::uint64_t> parse_bytes(std::string_view text);

// Ids separated by white space or commas: "1 2 3". Errors: kInvalidArgument naming the first word that is no id.
Result<std::vector<TokenId>> parse_token_ids(std::string_view text);

// "expected a whole number, at least 0": `error` is what from_chars said about the text.
template <typename N>
std::string expected_number(std::errc error, N least) {
  using Limits = std::numeric_limits<N>;
  const std::string kind = std::integral<N> ? "a whole number" : "a number";
  if (error == std::errc::result_out_of_range || std::unsigned_integral<N>) {
    return cat(kind, " from ", least, " to ", Limits::max());
  }
  return least == Limits::lowest() ? kind : cat(kind, ", at least ", least);
}

template <typename N, typename T>
CLI::Option* add_number(CLI::App& command, const std::string& flag, T& value, const std::string& description, N least) {
  const auto read = [&value, name = flag.substr(flag.rfind(',') + 1), least](const std::string& text) {
    N number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end && !(number < least)) {
      value = number;
      return;
    }
    throw CLI::ValidationError(name, cat("expected ", expected_number(parsed.ec, least), ", found ", printable(text)));
  };
  return command.add_option_function<std::string>(flag, read, description);
}

}  // namespace tenfold::cli
