// tenfold logits: what the model thinks of every possible next token, as a NumPy file.

#include <memory>

#include "base/error.h"
#include "command.h"
#include "npy_file.h"
#include "open_model.h"
#include "options_flags.h"
#include "tenfold/session.h"

namespace tenfold::cli {

namespace {

constexpr const char* kLogitsDescription = "Writes the logits after a list of tokens as a NumPy file, for comparisons.";
constexpr const char* kLogitsExamples = R"help(
The file holds float32: [vocab] for the last token, or [tokens, vocab] with --all.

Examples:
  tenfold logits -m model.gguf --tokens "1 2 3" --out last.npy
  tenfold logits -m model.gguf --tokens "$(tenfold tokenize -m model.gguf < text.txt)" --all --out all.npy
  tenfold logits -m model.gguf --tokens "1 2 3" --precision exact --out exact.npy)help";

struct LogitsFlags {
  ModelFlags model;
  std::string tokens;
  std::string out;
  bool all = false;
};

Status stopped() { return cancelled("logits: stopped before they were computed"); }

enum class Rows { kLast, kAll };

// All rows go to the file as they are made: of a long text they would not fit into memory.
Status compute(Session& session, const std::vector<TokenId>& tokens, Rows rows, const OnLogits& write) {
  if (rows == Rows::kAll) return session.stream_logits(tokens, write);
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> last, session.logits(tokens, LogitRows::kLast));
  return write(last);
}

Result<int> logits(const LogitsFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> tokens, parse_token_ids(flags.tokens));
  Interrupt interrupt;
  TENFOLD_ASSIGN_OR_RETURN(const OpenModel model, open_model(flags.model, interrupt));
  if (interrupt.requested()) return stopped();
  std::vector<std::size_t> shape = {static_cast<std::size_t>(model.engine->info().vocab_size)};
  if (flags.all) shape.insert(shape.begin(), tokens.size());
  std::unique_ptr<NpyFile> file;  // made when there is something to write
  const auto write = [&](std::span<const float> rows) -> Status {
    if (file == nullptr) {
      TENFOLD_ASSIGN_OR_RETURN(file, NpyFile::create(flags.out, shape));
    }
    return file->write(rows);
  };
  interrupt.on_request([&session = *model.session] { session.cancel(); });
  const Status computed = compute(*model.session, tokens, flags.all ? Rows::kAll : Rows::kLast, write);
  interrupt.on_request({});
  if (computed.code() == StatusCode::kCancelled) return stopped();
  TENFOLD_RETURN_IF_ERROR(computed);
  TENFOLD_RETURN_IF_ERROR(file->commit());
  wait_until_stored(*model.engine, interrupt);
  return kExitOk;
}

}  // namespace

void add_logits_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<LogitsFlags>();
  CLI::App* command = program.add_subcommand("logits", kLogitsDescription);
  command->footer(kLogitsExamples);
  flags->model.add_path(*command);
  command->add_option("--tokens", flags->tokens, "The token ids, separated by white space or commas")
      ->type_name("IDS")
      ->required()
      ->check(CLI::Validator(
          [](const std::string& text) -> std::string {
            const auto ids = parse_token_ids(text);
            if (!ids.ok()) return std::string(ids.status().message());
            return ids->empty() ? "expected at least one token id, found none" : "";
          },
          ""));
  command->add_flag("--all", flags->all, "The logits after every token instead of the last one");
  command->add_option("--out", flags->out, "The NumPy file to write")->type_name("F.npy")->required();
  flags->model.add_context(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return logits(*flags); }; });
}

}  // namespace tenfold::cli
