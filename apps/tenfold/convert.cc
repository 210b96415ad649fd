// tenfold convert: a Hugging Face checkpoint as a GGUF file.

#include "convert/convert.h"

#include <memory>
#include <string>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "interrupt.h"
#include "options_flags.h"
#include "progress_bar.h"

namespace tenfold::cli {

namespace {

constexpr const char* kConvertDescription =
    "Turns a Hugging Face checkpoint into a GGUF file, which llama.cpp loads too.";
constexpr const char* kConvertExamples = R"(
HF_DIR is a checkpoint's folder: config.json, model.safetensors (or shards with their index), tokenizer.json and what
lies beside them. Nothing of it is executed, and memory stays small whatever the model's size.

Models: Llama, Mistral, SmolLM2, SmolLM3, Qwen2, Qwen3 (dense and mixtures), Gemma 3, Phi-3, LFM2, GLM-4 and
GLM-Edge, GLM-4-0414, GLM-4.5, and the text part of GLM-4.1V, GLM-OCR, Gemma 3 and Qwen2.5-VL. --mmproj writes the
vision tower of GLM-4.1V, GLM-OCR, Qwen2-VL and Qwen2.5-VL, which goes with the model in any type.

BERT, MiniLM, BGE, E5 and decoders without their head (Qwen3-Embedding) make vectors: folders of sentence-transformers
bring their pooling, Dense layers, prompts and longest text along; a module that cannot be followed is refused by name.

Matrices keep the checkpoint's type unless --type says otherwise; q8_0 and q4_0 are the simple kinds of quantisation.
A number that the type cannot hold, or that is none, ends the conversion with its tensor's name.
How text is cut into words follows from tokenizer.json. Where its patterns have no name in GGUF, convert stops and
shows them; --pre NAME then says which known tokenizer cuts alike.

Examples:
  tenfold convert Qwen3-0.6B/ qwen3-0.6b.gguf
  tenfold convert Qwen3-0.6B/ qwen3-0.6b-q8_0.gguf --type q8_0
  tenfold convert AutoGLM-Phone-9B/ autoglm.gguf --type q4_0 --mmproj autoglm-mmproj.gguf)";

constexpr const char* kTypeNames = "f32|f16|bf16|q8_0|q4_0";

struct ConvertFlags {
  ConvertOptions options;
  std::string type;
  std::string mmproj_type;
};

Result<int> convert(const ConvertFlags& flags) {
  ConvertOptions options = flags.options;
  if (!flags.type.empty()) options.type = dtype_from_name(flags.type);
  if (!flags.mmproj_type.empty()) options.mmproj_type = dtype_from_name(flags.mmproj_type);
  Interrupt interrupt;
  std::optional<ProgressBar> bar(std::in_place, "converting");
  const auto on_progress = [&](double fraction) {
    bar->update(fraction);
    return !interrupt.requested();
  };
  const Result<ConvertReport> report = convert_checkpoint(options, on_progress);
  bar.reset();
  if (!report.ok()) return report.status();
  for (const std::string& note : report->notes) print_note(cat("note: ", note, "\n"));
  print_note(cat(options.out, ": ", report->architecture, ", ", report->n_tensors, " tensors, ",
                 human_bytes(static_cast<double>(report->n_bytes)), ", matrices in ", dtype_traits(report->type).name,
                 "\n"));
  return kExitOk;
}

}  // namespace

void add_convert_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = program.add_subcommand("convert", kConvertDescription);
  command->footer(kConvertExamples);
  command->add_option("HF_DIR", flags->options.folder, "The checkpoint's folder")->required();
  command->add_option("OUT", flags->options.out, "The GGUF file to write")->required();
  command->add_option("--mmproj", flags->options.mmproj, "Write the vision tower too, into this file")
      ->type_name("FILE");
  command->add_option("--type", flags->type, "Type of the matrices (default: the checkpoint's)")
      ->type_name(kTypeNames)
      ->check(one_of({"f32", "f16", "bf16", "q8_0", "q4_0"}));
  command
      ->add_option("--mmproj-type", flags->mmproj_type, "Type of the tower's (default: as --type, never under 8 bits)")
      ->type_name(kTypeNames)
      ->check(one_of({"f32", "f16", "bf16", "q8_0", "q4_0"}));
  command->add_option("--pre", flags->options.pre, "The pre-tokenizer's name, where the patterns do not tell it")
      ->type_name("NAME");
  command->add_option("--name", flags->options.name, "The model's name in the file (default: the folder's)")
      ->type_name("NAME");
  command->callback([flags, &chosen] { chosen = [flags] { return convert(*flags); }; });
}

}  // namespace tenfold::cli
