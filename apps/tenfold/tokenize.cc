// tenfold tokenize: text to token ids, and back.

#include <memory>

#include "base/cat.h"
#include "command.h"
#include "console.h"
#include "options_flags.h"
#include "text_model.h"

namespace tenfold::cli {

namespace {

constexpr const char* kDescription = "Turns text on standard input into token ids, or ids into text.";
constexpr const char* kExamples = R"(
Standard input is read to its end and taken byte for byte, a last newline included. The ids come out on one line,
separated by one space. Works on any well-formed GGUF with a vocabulary, whatever its architecture.

Examples:
  printf 'Hello, world' | tenfold tokenize -m model.gguf
  printf '<|im_start|>user' | tenfold tokenize -m model.gguf --parse-special
  echo 19556 28 905 | tenfold tokenize -m model.gguf --decode)";

struct TokenizeFlags {
  ModelFlags model;
  bool add_special = false;
  bool parse_special = false;
  bool decode = false;
};

std::string ids_line(const std::vector<TokenId>& ids) {
  std::string line;
  for (const TokenId id : ids) {
    if (!line.empty()) line += ' ';
    line += cat(id);
  }
  return line + "\n";
}

Result<int> tokenize(const TokenizeFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Tokenizer> tokenizer, open_tokenizer(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(const std::string input, read_stdin());
  std::string output;
  if (flags.decode) {
    const auto ids = parse_token_ids(input);
    if (!ids.ok()) return ids.status().with_context("standard input");
    TENFOLD_ASSIGN_OR_RETURN(output,
                             tokenizer->decode(*ids, flags.parse_special ? SpecialText::kShow : SpecialText::kHide));
  } else {
    TENFOLD_ASSIGN_OR_RETURN(
        const std::vector<TokenId> ids,
        tokenizer->encode(
            input, {.add_bos = flags.add_special, .add_eos = flags.add_special, .parse_special = flags.parse_special}));
    output = ids_line(ids);
  }
  for (const std::string& warning : tokenizer->warnings()) print_note(cat("tenfold: ", printable(warning, 500), "\n"));
  TENFOLD_RETURN_IF_ERROR(write_stdout(output));
  return kExitOk;
}

}  // namespace

void add_tokenize_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* command = program.add_subcommand("tokenize", kDescription);
  command->footer(kExamples);
  flags->model.add_path(*command);
  CLI::Option* add_special =
      command->add_flag("--add-special", flags->add_special, "Add BOS and EOS where the file asks for them");
  command->add_flag("--parse-special", flags->parse_special,
                    "Special tokens spelled out in the text become those tokens; with --decode: spell them out");
  command->add_flag("--decode", flags->decode, "Ids in, text out; white space or commas separate the ids")
      ->excludes(add_special);
  command->callback([flags, &chosen] { chosen = [flags] { return tokenize(*flags); }; });
}

}  // namespace tenfold::cli
