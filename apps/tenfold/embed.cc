// tenfold embed: texts to vectors.

#include <algorithm>
#include <atomic>
#include <charconv>
#include <memory>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "open_model.h"
#include "options_flags.h"
#include "progress_bar.h"
#include "tenfold/engine.h"
#include "text_input.h"

namespace tenfold::cli {

namespace {

constexpr const char* kEmbedDescription = "Turns each text into one vector: near in meaning, near in direction.";
constexpr const char* kEmbedExamples = R"help(
The text is -p, or a whole file, or else each line that is piped in (at most 256 MB). Vectors come out one a line,
numbers separated by one space; with --json as one object: {"model", "dim", "pooling", "normalized", "embeddings"}.
They have length 1, so that the sum of products of two of them is their similarity, 1 for the same meaning. A line that
cannot be embedded does not end the others: it is named on stderr, its place stays empty (in JSON: {"error"}), and the
exit status is 1.

What sentence-transformers does with a model's texts is done here: projections behind the pooling; the model's default
prompt, or the one that --prompt-name asks for; and texts beyond the length that the model was made for are cut, with a
notice. Special tokens spelled out in a text ("[SEP]") are text, unless --parse-special asks for tokens.

Models made for this are best (MiniLM, BGE, E5; Qwen3-Embedding), but any model that answers makes vectors, too. Without
--pooling it is what the model's file says; where it says nothing, the mean for encoders, the last token for others.

Examples:
  tenfold embed -m minilm.gguf -p "Where is the station?"
  tenfold embed -m minilm.gguf --file page.txt --json | jq .embeddings[0]
  tenfold embed -m minilm.gguf < lines.txt > vectors.txt
  tenfold embed -m e5.gguf --prompt-name query -p "Where is the station?"

How similar two sentences are:
  printf '%s\n' "Where is the station?" "How do I get to the train?" | tenfold embed -m minilm.gguf |
    awk 'NR == 1 { split($0, a) } NR == 2 { for (i = 1; i <= NF; i++) s += a[i] * $i; print s }')help";

constexpr std::size_t kMaxBytes = 256'000'000;
constexpr std::size_t kMemoryPerByte = 8;  // the text while it grows, and one of its lines as tokens

struct EmbedFlags {
  ModelFlags model;
  std::string text;
  std::string file;
  bool has_text = false;
  bool has_file = false;
  std::string pooling;
  bool no_normalize = false;
  std::string prompt_name;
  bool has_prompt_name = false;
  bool parse_special = false;
  bool truncate = false;
  bool json = false;
};

// One text, or one a line. Lines are not taken apart before their turn comes: a list of short ones takes many times
// their own memory.
class Texts {
 public:
  static Texts whole(std::string text) { return {std::move(text), 1, false}; }
  static Texts lines(std::string text) {
    auto n_lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    if (!text.empty() && text.back() != '\n') ++n_lines;
    return {std::move(text), n_lines, true};
  }

  [[nodiscard]] bool by_line() const { return by_line_; }
  [[nodiscard]] std::size_t size() const { return n_texts_; }
  // To be called size() times.
  std::string_view next() {
    if (!by_line_) return text_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = std::string_view(text_).substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  Texts(std::string text, std::size_t n_texts, bool by_line)
      : text_(std::move(text)), n_texts_(n_texts), by_line_(by_line) {}

  std::string text_;
  std::size_t n_texts_;
  bool by_line_;
  std::size_t at_ = 0;
};

Result<Texts> read_texts(const EmbedFlags& flags) {
  if (flags.has_text) return Texts::whole(flags.text);
  const TextLimit limit = memory_limit(kMaxBytes, kMemoryPerByte);
  if (flags.has_file) {
    TENFOLD_ASSIGN_OR_RETURN(std::string text, read_text_file(flags.file, limit));
    return Texts::whole(std::move(text));
  }
  TENFOLD_ASSIGN_OR_RETURN(std::string input, TextInput::standard_input().read_all(limit));
  return Texts::lines(std::move(input));
}

const char* pooling_name(Pooling pooling) {
  switch (pooling) {
    case Pooling::kMean: return "mean";
    case Pooling::kLast: return "last";
    case Pooling::kCls: return "cls";
  }
  return "";
}

// The shortest text that reads back as the same number.
std::string shortest(float x) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof(buffer), x).ptr};
}

std::string text_line(const std::vector<float>& vector) {
  std::string line;
  for (const float x : vector) {
    if (!line.empty()) line += ' ';
    line += shortest(x);
  }
  return line + "\n";
}

// Numbers as short in JSON as in text.
Json json_row(const std::vector<float>& vector) {
  Json row = Json::array();
  for (const float x : vector) {
    const std::string text = shortest(x);
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    row.push_back(value);
  }
  return row;
}

EmbedOptions embed_options(const EmbedFlags& flags, const std::atomic<bool>& cancel) {
  EmbedOptions options;
  for (const Pooling pooling : {Pooling::kMean, Pooling::kLast, Pooling::kCls}) {
    if (flags.pooling == pooling_name(pooling)) options.pooling = pooling;
  }
  options.normalize = !flags.no_normalize;
  options.cancel = &cancel;
  if (flags.has_prompt_name) options.prompt_name = flags.prompt_name;
  options.parse_special = flags.parse_special;
  options.truncate = flags.truncate;
  return options;
}

// The object that --json asks for. Rows are written as they come: all together, of many short texts, they would take a
// thousand times the memory of the texts.
class JsonReport {
 public:
  JsonReport(const ModelInfo& info, const EmbedOptions& options)
      : head_(json_text(Json{{"model", info.name.empty() ? info.path : info.name},
                             {"dim", info.vector_dim},
                             {"pooling", pooling_name(options.pooling.value_or(info.pooling))},
                             {"normalized", options.normalize},
                             {"embeddings", Json::array()}})) {
    head_.resize(head_.size() - kTail.size());
  }

  Status add(const Json& row) { return write_stdout(cat(begin(), json_text(row))); }
  Status finish() { return write_stdout(cat(n_rows_ == 0 ? head_ : "", kTail, "\n")); }

 private:
  // What is before the next row; the first one may never come.
  std::string begin() { return n_rows_++ == 0 ? head_ : ","; }

  static constexpr std::string_view kTail = "]}";
  std::string head_;
  std::size_t n_rows_ = 0;
};

// Texts to vectors, one after the other. One that fails does not end the others, if there can be others.
class Batch {
 public:
  Batch(Engine& engine, const EmbedFlags& flags, EmbedOptions options)
      : engine_(engine), flags_(flags), options_(std::move(options)), report_(engine.info(), options_) {
    options_.usage = &usage_;
  }

  Status run(Texts& texts) {
    ProgressBar bar("embedding");
    // Not between lines of numbers.
    const bool shows_bar = texts.size() > 1 && !stdout_is_terminal();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto vector = engine_.embed(texts.next(), options_);
      if (vector.status().code() == StatusCode::kCancelled) {
        return cancelled("embed: stopped after ", i, " of ", texts.size(), " texts");
      }
      if (!vector.ok() && !texts.by_line()) return vector.status();
      TENFOLD_RETURN_IF_ERROR(vector.ok() ? add(*vector) : add_failure(i + 1, vector.status()));
      if (shows_bar) bar.update(static_cast<double>(i + 1) / static_cast<double>(texts.size()));
    }
    return flags_.json ? report_.finish() : Status();
  }

  [[nodiscard]] std::size_t n_failed() const { return n_failed_; }

  // Once for all texts, which may be many.
  void tell_of_cuts() const {
    if (n_cut_ == 0) return;
    print_note(cat("note: ", n_cut_, n_cut_ == 1 ? " text was cut to " : " texts were cut to ", cut_to_,
                   cut_to_ == 1 ? " token, of " : " tokens, of ", longest_, n_cut_ == 1 ? "" : " in the longest",
                   "\n"));
  }

 private:
  Status add(const std::vector<float>& vector) {
    if (usage_.n_used < usage_.n_tokens) {
      ++n_cut_;
      cut_to_ = usage_.n_used;
      longest_ = std::max(longest_, usage_.n_tokens);
    }
    if (!flags_.json) return write_stdout(text_line(vector));
    return report_.add(json_row(vector));
  }

  Status add_failure(std::size_t line, const Status& status) {
    ++n_failed_;
    print_error(cat("line ", line, ": ", status.message()));
    if (!flags_.json) return write_stdout("\n");
    return report_.add(Json{{"error", std::string(status.message())}});
  }

  Engine& engine_;
  const EmbedFlags& flags_;
  EmbedOptions options_;
  TextUsage usage_;
  JsonReport report_;
  std::size_t n_failed_ = 0;
  std::size_t n_cut_ = 0;
  std::size_t cut_to_ = 0;
  std::size_t longest_ = 0;
};

// Before the first text, so that not every line is told.
Status expect_prompt(const ModelInfo& info, const EmbedFlags& flags) {
  const auto& known = info.prompt_names;
  const bool is_known = std::find(known.begin(), known.end(), flags.prompt_name) != known.end();
  if (flags.prompt_name.empty() || is_known) return {};
  std::string names;
  for (const std::string& name : known) names += cat(names.empty() ? "" : ", ", printable(name));
  return invalid_argument("--prompt-name: expected ",
                          names.empty() ? "none, as the model's file has no prompts" : names, ", found ",
                          printable(flags.prompt_name));
}

Result<int> embed(const EmbedFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(Texts texts, read_texts(flags));
  std::atomic<bool> cancel = false;  // outlives who sets it
  Interrupt interrupt;
  TENFOLD_ASSIGN_OR_RETURN(const std::shared_ptr<Engine> engine, open_engine(flags.model, interrupt));
  TENFOLD_RETURN_IF_ERROR(expect_prompt(engine->info(), flags));
  if (interrupt.requested()) cancel = true;
  const EmbedOptions options = embed_options(flags, cancel);
  interrupt.on_request([&cancel] { cancel = true; });
  Batch batch(*engine, flags, options);
  TENFOLD_RETURN_IF_ERROR(batch.run(texts));
  interrupt.on_request({});
  batch.tell_of_cuts();
  wait_until_stored(*engine, interrupt);
  return batch.n_failed() == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_embed_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<EmbedFlags>();
  CLI::App* command = program.add_subcommand("embed", kEmbedDescription);
  command->footer(kEmbedExamples);
  flags->model.add_path(*command);
  CLI::Option* text = command->add_option("-p,--prompt", flags->text, "The text, byte for byte")->type_name("TEXT");
  CLI::Option* file =
      command->add_option("--file", flags->file, "A file that holds the text")->type_name("F")->excludes(text);
  command
      ->add_option("--pooling", flags->pooling,
                   "How a text's tokens become one vector (default: as the model was made)")
      ->type_name("mean|last|cls")
      ->check(one_of({"mean", "last", "cls"}));
  command->add_flag("--no-normalize", flags->no_normalize, "Leave vectors as long as they come");
  CLI::Option* prompt_name = command
                                 ->add_option("--prompt-name", flags->prompt_name,
                                              "Which of the model's prompts comes before the text; '' for none "
                                              "(default: the model's own)")
                                 ->type_name("NAME");
  command->add_flag("--parse-special", flags->parse_special, "\"[SEP]\" in the text is that token");
  command->add_flag("--truncate", flags->truncate, "Cut texts that are longer than the context");
  command->add_flag("--json", flags->json, "One JSON object with all vectors");
  flags->model.add_context(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  command->callback([flags, text, file, prompt_name, &chosen] {
    flags->has_text = text->count() > 0;
    flags->has_file = file->count() > 0;
    flags->has_prompt_name = prompt_name->count() > 0;
    chosen = [flags] { return embed(*flags); };
  });
}

}  // namespace tenfold::cli
