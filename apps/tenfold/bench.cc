// tenfold bench: how fast a model runs here, and how near that is to what the machine could do.

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "bench_report.h"
#include "bench_steps.h"
#include "bench_where.h"
#include "command.h"
#include "console.h"
#include "machine_limits.h"
#include "open_model.h"
#include "options_flags.h"
#include "platform/cpu_topology.h"
#include "process_memory.h"
#include "progress_bar.h"
#include "waterfall.h"

namespace tenfold::cli {

namespace {

constexpr const char* kBenchDescription = "Measures loading, prefill and decode, beside the limits of this machine.";
constexpr const char* kBenchExamples = R"(
Prefill is one call with all prompt tokens; decode is single-token steps after --depth tokens; the best of --repeat
rounds counts. Nothing is reused or drafted, and every step computes all logits. The machine's limits are measured
before and after each round, with the same number of threads: reading memory, 8-bit multiplications, and how far apart
two cores are. What decoding reads is compared with what memory gave beside that round.

--machine measures those limits alone. --where says which stages of the model take the time, what each reads from memory,
and how long threads wait in it for each other; reading clocks at every stage costs a little itself.

--waterfall measures instead what each optimisation brings: from plain FP32 on one thread to what users run, one more
at each bar. It writes the model as FP32 and 8-bit files into the folder for temporary files, and takes a minute.

Examples:
  tenfold bench -m model.gguf
  tenfold bench -m model.gguf --threads 1 --repeat 5
  tenfold bench -m model.gguf --depth 2048 --kv q8_0
  tenfold bench -m model.gguf --json | jq .decode_tokens_per_s
  tenfold bench -m model.gguf --where --depth 2048
  tenfold bench --machine
  tenfold bench -m model.gguf --waterfall)";

struct BenchFlags {
  ModelFlags model;
  int prompt_tokens = 512;
  int gen_tokens = 128;
  int depth = 16;
  int batch = 1;
  int repeat = 3;
  bool waterfall = false;
  bool where = false;
  bool machine = false;
  bool json = false;
};

// Whether all the tokens fit; said before anything is measured.
Status expect_fits(const BenchFlags& flags, int n_ctx) {
  const std::int64_t decoded = std::int64_t{flags.depth} + flags.gen_tokens;
  if (flags.prompt_tokens <= n_ctx && decoded <= n_ctx) return {};
  return invalid_argument("--prompt-tokens, and --depth with --gen-tokens: expected at most ", n_ctx,
                          " tokens, which is the context, found ", flags.prompt_tokens, " and ", decoded,
                          "; try fewer, or --ctx");
}

BenchTokens bench_tokens_of(const BenchFlags& flags, const ModelInfo& info) {
  return {bench_tokens(flags.prompt_tokens, info.vocab_size),
          bench_tokens(flags.depth + flags.gen_tokens, info.vocab_size), flags.depth};
}

// Bytes of keys and values that a decode step reads, on average over the measured steps.
double kv_bytes_per_step(const BenchFlags& flags, const ModelInfo& info) {
  const double positions = flags.depth + (flags.gen_tokens + 1) / 2.0;
  return static_cast<double>(info.cache_bytes_per_token) * positions;
}

// Prefill and decode of every round, the machine's limits before and after; but not before the first, so that peak
// memory can be taken without what measuring them takes.
Status measure(const BenchFlags& flags, const OpenModel& model, const Interrupt& interrupt, BenchReport& report) {
  const ModelInfo& info = model.engine->info();
  const BenchTokens tokens = bench_tokens_of(flags, info);
  const double step_bytes = static_cast<double>(info.decode_bytes) + kv_bytes_per_step(flags, info);
  std::optional<MachineLimits> before;
  ProgressBar bar("measuring");
  for (int i = 0; i < flags.repeat; ++i) {
    bar.update(static_cast<double>(i) / flags.repeat);  // between the rounds only, so that it costs none of them
    BenchRound& round = report.rounds.emplace_back();
    TENFOLD_ASSIGN_OR_RETURN(round.ttft_s, time_prefill(*model.session, tokens.prompt));
    TENFOLD_ASSIGN_OR_RETURN(round.decode_s, time_decode(*model.session, tokens.decoded, tokens.depth, interrupt));
    if (i == 0) report.peak_rss_bytes = peak_rss_bytes();
    TENFOLD_ASSIGN_OR_RETURN(const MachineLimits after, measure_machine(info.n_threads));
    round.decode_gb_per_s = step_bytes * flags.gen_tokens / round.decode_s / 1e9;
    round.machine_gb_per_s = before ? (before->gb_per_s + after.gb_per_s) / 2 : after.gb_per_s;
    round.core_round_trip_ns = std::max(before ? before->core_round_trip_ns : 0, after.core_round_trip_ns);
    report.machine_int8_gops = std::max(report.machine_int8_gops, after.int8_gops);
    before = after;
    if (interrupt.requested()) return bench_stopped();
  }
  return {};
}

Result<int> waterfall(const BenchFlags& flags, const Interrupt& interrupt) {
  const WaterfallTask task{flags.model.engine_options(), flags.model.path, flags.prompt_tokens, flags.gen_tokens,
                           flags.repeat};
  TENFOLD_ASSIGN_OR_RETURN(const Waterfall measured, measure_waterfall(task, interrupt));
  TENFOLD_RETURN_IF_ERROR(flags.json ? print_json(to_json(measured)) : write_stdout(to_table(measured)));
  return kExitOk;
}

Result<int> machine(const BenchFlags& flags) {
  const int n_threads = choose_thread_count(read_cpu_topology(), flags.model.n_threads);
  TENFOLD_ASSIGN_OR_RETURN(const MachineLimits limits, measure_machine(n_threads));
  TENFOLD_RETURN_IF_ERROR(flags.json ? print_json(to_json(limits, n_threads))
                                     : write_stdout(to_table(limits, n_threads)));
  return kExitOk;
}

Status measure_rounds(const BenchFlags& flags, const OpenModel& model, const Interrupt& interrupt) {
  const ModelInfo& info = model.engine->info();
  BenchReport report;
  TENFOLD_RETURN_IF_ERROR(measure(flags, model, interrupt, report));
  report.model = info.path;
  report.n_threads = info.n_threads;
  report.isa = info.isa;
  report.load_s = info.load_s;
  // Embeddings are only looked up, and of a prompt only the last token has logits computed; attention itself is left
  // out, so the share of the machine's limit is rather too low than too high.
  report.prefill_ops = static_cast<double>(info.prefill_ops_per_token);
  report.prompt_tokens = flags.prompt_tokens;
  report.gen_tokens = flags.gen_tokens;
  report.depth = flags.depth;
  return flags.json ? print_json(to_json(report)) : write_stdout(to_table(report));
}

Status where(const BenchFlags& flags, const OpenModel& model, const Interrupt& interrupt) {
  const BenchTokens tokens = bench_tokens_of(flags, model.engine->info());
  TENFOLD_ASSIGN_OR_RETURN(const WhereReport report, measure_where(model, tokens, flags.repeat, interrupt));
  return flags.json ? print_json(to_json(report)) : write_stdout(to_table(report));
}

Result<int> bench(const BenchFlags& flags) {
  if (flags.batch != 1) return unsupported("--batch: expected 1, found ", flags.batch, "; more is still to come");
  if (flags.machine) return machine(flags);
  Interrupt interrupt;
  if (flags.waterfall) return waterfall(flags, interrupt);
  TENFOLD_ASSIGN_OR_RETURN(const OpenModel model, open_model(flags.model, interrupt));
  TENFOLD_RETURN_IF_ERROR(expect_fits(flags, model.engine->info().n_ctx));
  wait_until_stored(*model.engine, interrupt);  // so that nothing but the model is measured
  if (interrupt.requested()) return bench_stopped();
  interrupt.on_request([&session = *model.session] { session.cancel(); });
  const Status status = flags.where ? where(flags, model, interrupt) : measure_rounds(flags, model, interrupt);
  interrupt.on_request({});
  if (status.code() == StatusCode::kCancelled) return bench_stopped();
  TENFOLD_RETURN_IF_ERROR(status);
  return kExitOk;
}

}  // namespace

void add_bench_command(CLI::App& program, CommandBody& chosen) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* command = program.add_subcommand("bench", kBenchDescription);
  command->footer(kBenchExamples);
  const auto add_count = [&](const char* flag, int& value, int least, const char* type, const char* meaning) {
    add_number(*command, flag, value, cat(meaning, " (default ", value, ")"), least)->type_name(type);
  };
  flags->model.add_path(*command);
  add_count("--prompt-tokens", flags->prompt_tokens, 1, "N", "Tokens of the prompt");
  add_count("--gen-tokens", flags->gen_tokens, 1, "N", "Tokens decoded");
  add_count("--depth", flags->depth, 0, "D", "Tokens before the first decoded one");
  add_count("--batch", flags->batch, 1, "B", "Sequences decoded together; only 1 for now");
  add_count("--repeat", flags->repeat, 1, "R", "Rounds; the best counts");
  flags->model.add_context(*command);
  flags->model.add_threads_and_precision(*command);
  flags->model.add_no_cache(*command);
  flags->model.add_memory_limit(*command);
  CLI::Option* waterfall = command->add_flag("--waterfall", flags->waterfall, "Measure what each optimisation brings");
  CLI::Option* where = command->add_flag("--where", flags->where, "Measure which stages of the model take the time");
  command->add_flag("--machine", flags->machine, "Measure the machine's limits alone; needs no model")
      ->excludes(waterfall)
      ->excludes(where);
  where->excludes(waterfall);
  command->add_flag("--json", flags->json, "Print one JSON object instead of a table");
  command->get_option("--model")->required(false);
  command->callback([flags, command, &chosen] {
    if (command->count("--model") == 0 && !flags->machine) {
      throw CLI::RequiredError("expected a model (-m FILE), or --machine, found neither",
                               CLI::ExitCodes::RequiredError);
    }
    flags->model.time_stages = flags->where;
    chosen = [flags] { return bench(*flags); };
  });
}

}  // namespace tenfold::cli
