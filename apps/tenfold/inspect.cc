// tenfold inspect: what a model file holds, and what would run.

#include <memory>

#include "base/error.h"
#include "command.h"
#include "console.h"
#include "inspect_plan.h"
#include "inspect_report.h"
#include "options_flags.h"

namespace tenfold::cli {

namespace {

constexpr const char* kInspectDescription = "Shows what a GGUF file holds; no tensor data is read.";
constexpr const char* kInspectExamples = R"(
Works on any well-formed GGUF, whatever its architecture, tensor types or lack of tensors; only --plan needs a model
that Tenfold can run.

Examples:
  tenfold inspect model.gguf
  tenfold inspect model.gguf --tensors
  tenfold inspect model.gguf --plan
  tenfold inspect model.gguf --json | jq .parameters)";

struct InspectFlags {
  ModelFlags model;
  bool plan = false;
  bool tensors = false;
  bool json = false;
};

Result<int> inspect(const InspectFlags& flags) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(flags.model.path));
  if (flags.json) {
    TENFOLD_RETURN_IF_ERROR(print_json(inspect_json(flags.model.path, *file)));
  } else if (flags.tensors) {
    TENFOLD_RETURN_IF_ERROR(write_stdout(tensor_table_text(*file)));
  } else if (flags.plan) {
    const auto plan = describe_plan(*file, flags.model.engine_options().precision);
    if (!plan.ok()) return plan.status().with_context(flags.model.path);
    TENFOLD_RETURN_IF_ERROR(write_stdout(*plan));
  } else {
    TENFOLD_RETURN_IF_ERROR(write_stdout(summary_text(flags.model.path, *file)));
  }
  return kExitOk;
}

}  // namespace

void add_inspect_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = program.add_subcommand("inspect", kInspectDescription);
  command->footer(kInspectExamples);
  command->add_option("FILE,-m,--model", flags->model.path, "The GGUF file, or any part of a split one")
      ->type_name("FILE")
      ->required();
  CLI::Option* plan = command->add_flag("--plan", flags->plan, "The stages that one token would go through");
  CLI::Option* tensors = command->add_flag("--tensors", flags->tensors, "Every tensor with type, shape and bytes");
  CLI::Option* json = command->add_flag("--json", flags->json, "Everything but the plan as one JSON object");
  plan->excludes(tensors)->excludes(json);
  tensors->excludes(json);
  command->add_option("--precision", flags->model.precision, "The plan for fast or exact arithmetic (default fast)")
      ->type_name("fast|exact")
      ->check(one_of({"fast", "exact"}));
  command->callback([flags, &chosen] { chosen = [flags] { return inspect(*flags); }; });
}

}  // namespace tenfold::cli
