// tenfold tokenize: text to token ids, and back.

#include <memory>
#include <utility>

#include "base/cat.h"
#include "command.h"
#include "console.h"
#include "engine/text_side.h"
#include "options_flags.h"
#include "text_input.h"

namespace tenfold::cli {

namespace {

constexpr const char* kTokenizeDescription = "Turns text on standard input into token ids, or ids into text.";
constexpr const char* kTokenizeExamples = R"(
Standard input is read to its end and taken byte for byte, a last newline included; at most 256 MB, and a 40th of the
memory that is left. The ids come out on one line, separated by one space.
Works on any well-formed GGUF with a vocabulary, whatever its architecture.

Examples:
  printf 'Hello, world' | tenfold tokenize -m model.gguf
  printf '<|im_start|>user' | tenfold tokenize -m model.gguf --parse-special
  echo 19556 28 905 | tenfold tokenize -m model.gguf --decode)";

constexpr std::size_t kMaxTokenizedBytes = 256'000'000;

struct TokenizeFlags {
  ModelFlags model;
  bool add_special = false;
  bool parse_special = false;
  bool decode = false;
};

// Piece by piece: written out, the ids take more memory than the text.
Status write_ids(const std::vector<TokenId>& ids) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 16;
  std::string piece;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) piece += ' ';
    piece += cat(ids[i]);
    if (piece.size() >= kPieceBytes) TENFOLD_RETURN_IF_ERROR(write_stdout(std::exchange(piece, {})));
  }
  return write_stdout(piece + "\n");
}

// Not before it is known that there are results: who is refused gets one line.
void show_warnings(const Tokenizer& tokenizer) {
  for (const std::string& warning : tokenizer.warnings()) print_note(cat("tenfold: ", printable(warning, 500), "\n"));
}

Status encode(const Tokenizer& tokenizer, const TokenizeFlags& flags, std::string_view text) {
  TENFOLD_ASSIGN_OR_RETURN(
      const std::vector<TokenId> ids,
      tokenizer.encode(
          text, {.add_bos = flags.add_special, .add_eos = flags.add_special, .parse_special = flags.parse_special}));
  show_warnings(tokenizer);
  return write_ids(ids);
}

Status decode(const Tokenizer& tokenizer, const TokenizeFlags& flags, std::string_view text) {
  const auto ids = parse_token_ids(text);
  if (!ids.ok()) return ids.status().with_context("standard input");
  const SpecialText special = flags.parse_special ? SpecialText::kShow : SpecialText::kHide;
  TENFOLD_ASSIGN_OR_RETURN(const std::string decoded, tokenizer.decode(*ids, special));
  show_warnings(tokenizer);
  return write_stdout(decoded);
}

Result<int> tokenize(const TokenizeFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<TextSide> text, TextSide::open(flags.model.path));
  TENFOLD_ASSIGN_OR_RETURN(const std::string input,
                           TextInput::standard_input().read_all(memory_limit(kMaxTokenizedBytes, kMemoryPerTextByte)));
  TENFOLD_RETURN_IF_ERROR(flags.decode ? decode(text->tokenizer(), flags, input)
                                       : encode(text->tokenizer(), flags, input));
  return kExitOk;
}

}  // namespace

void add_tokenize_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* command = program.add_subcommand("tokenize", kTokenizeDescription);
  command->footer(kTokenizeExamples);
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
