// The program `tenfold`: finds out which command is meant, runs it, and turns its Status into one line and an exit
// code.

#include <memory>
#include <string>

#include "base/error.h"
#include "base/guard.h"
#include "command.h"
#include "console.h"
#include "help_format.h"
#include "usage_error.h"

namespace tenfold::cli {

namespace {

constexpr const char* kOverview = R"(Tenfold runs language models on this machine's own cores.

  tenfold run -m model.gguf -p "Why is the sky blue?"    one answer
  tenfold chat -m model.gguf                             a conversation
  tenfold inspect model.gguf                             what a model file holds
  tenfold bench -m model.gguf                            how fast it runs here
  tenfold tokenize -m model.gguf < text.txt              text to token ids, --decode for the other way
  tenfold template -m model.gguf --messages chat.json    a conversation as the model's template writes it
  tenfold logits -m model.gguf --tokens "1 2 3" --out F  logits as a NumPy file
  tenfold embed -m model.gguf < lines.txt                texts to vectors, for search and comparison
  tenfold convert checkpoint/ model.gguf                 a Hugging Face checkpoint as a model file

'tenfold COMMAND --help' explains a command and its flags; 'tenfold --version' prints the version.
)";

void add_commands(CLI::App& program, CommandBody& chosen) {
  program.formatter(std::make_shared<HelpFormat>());
  program.set_version_flag("--version", "tenfold " TENFOLD_VERSION, "Print the version and leave");
  program.get_option("--help")->description("Print this help and leave");
  program.require_subcommand(0, 1);
  add_run_command(program, chosen);
  add_chat_command(program, chosen);
  add_tokenize_command(program, chosen);
  add_template_command(program, chosen);
  add_inspect_command(program, chosen);
  add_logits_command(program, chosen);
  add_bench_command(program, chosen);
  add_embed_command(program, chosen);
  add_convert_command(program, chosen);
}

// The command whose flags were being read, for the hint in an error: "tenfold run".
std::string command_name(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? "tenfold" : cat("tenfold ", commands.front()->get_name());
}

int report_usage_error(const CLI::App& program, const CLI::ParseError& error) {
  print_error(cat(describe_usage_error(program, error), "; try '", command_name(program), " --help'"));
  return kExitUsage;
}

int print_text(const std::string& text) {
  const Status status = write_stdout(text);
  if (status.ok() || stdout_reader_has_gone()) return kExitOk;
  print_error(status.message());
  return kExitFailed;
}

int finish(const Result<int>& outcome) {
  if (outcome.ok()) return *outcome;
  if (stdout_reader_has_gone()) return kExitOk;  // whoever read our output has had enough of it
  print_error(outcome.status().message());
  return outcome.status().code() == StatusCode::kCancelled ? kExitInterrupted : kExitFailed;
}

int run_program(int argc, char** argv) {
  prepare_standard_streams();
  CLI::App program("Tenfold runs language models on this machine's own cores.", "tenfold");
  CommandBody chosen;
  add_commands(program, chosen);
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print_text(program.get_subcommands().empty() ? std::string(kOverview) : program.help());
  } catch (const CLI::CallForVersion& version) {
    return print_text(cat(version.what(), "\n"));
  } catch (const CLI::ParseError& error) {
    return report_usage_error(program, error);
  }
  if (!chosen) return print_text(kOverview);
  return finish(guard(chosen));
}

}  // namespace
}  // namespace tenfold::cli

int main(int argc, char** argv) {
  try {
    return tenfold::cli::run_program(argc, argv);
  } catch (const std::exception& error) {  // declaring the flags may run out of memory
    tenfold::cli::print_note(std::string("tenfold: ") + error.what() + "\n");
    return tenfold::cli::kExitFailed;
  }
}
