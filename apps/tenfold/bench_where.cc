#include "bench_where.h"

#include <algorithm>

#include "base/cat.h"
#include "bench_report.h"
#include "console.h"
#include "progress_bar.h"

namespace tenfold::cli {

namespace {

constexpr std::size_t kNameWidth = 54;
constexpr std::size_t kNumberWidth = 10;

// sum += later − earlier
void add_difference(const std::vector<StageTime>& earlier, const std::vector<StageTime>& later,
                    std::vector<StageTime>& sum) {
  sum.resize(later.size());
  for (std::size_t i = 0; i < later.size(); ++i) {
    sum[i].stage = later[i].stage;
    sum[i].n_runs += later[i].n_runs - earlier[i].n_runs;
    sum[i].seconds += later[i].seconds - earlier[i].seconds;
    sum[i].thread_seconds += later[i].thread_seconds - earlier[i].thread_seconds;
    sum[i].waited_seconds += later[i].waited_seconds - earlier[i].waited_seconds;
    sum[i].bytes_read += later[i].bytes_read - earlier[i].bytes_read;
  }
}

double stages_s(const WherePart& part) {
  double sum = 0;
  for (const StageTime& stage : part.stages) sum += stage.seconds;
  return sum;
}

double gb_per_s(const StageTime& stage) { return static_cast<double>(stage.bytes_read) / stage.seconds / 1e9; }

std::string row(std::string name, double ms, double share, const std::string& gb, const std::string& waiting) {
  name.resize(std::max(kNameWidth, name.size()), ' ');
  return cat("  ", name, padded(fixed(ms, 4), kNumberWidth), padded(cat(fixed(100 * share, 1), " %"), kNumberWidth),
             padded(gb, kNumberWidth), padded(waiting, kNumberWidth), "\n");
}

std::string head(std::string name) {
  name.resize(kNameWidth, ' ');
  return cat("\n  ", name, padded("ms", kNumberWidth), padded("share", kNumberWidth), padded("GB/s", kNumberWidth),
             padded("waiting", kNumberWidth), "\n");
}

std::string to_table(const WherePart& part) {
  const auto n_tokens = static_cast<double>(part.n_tokens);
  const double between_s = part.seconds - stages_s(part);
  std::string out = head(cat(part.name, ", of one token's ", fixed(1000 * part.seconds / n_tokens, 4), " ms"));
  for (const StageTime& stage : part.stages) {
    out += row(stage.stage, 1000 * stage.seconds / n_tokens, stage.seconds / part.seconds,
               stage.bytes_read == 0 ? "" : fixed(gb_per_s(stage), 1),
               cat(fixed(100 * stage.waited_seconds / stage.thread_seconds, 1), " %"));
  }
  return out + row("between the stages", 1000 * between_s / n_tokens, between_s / part.seconds, "", "");
}

Json to_json(const WherePart& part) {
  Json json;
  json["part"] = part.name;
  json["tokens"] = part.n_tokens;
  json["seconds"] = part.seconds;
  json["stages"] = Json::array();
  for (const StageTime& stage : part.stages) {
    json["stages"].push_back({{"stage", stage.stage},
                              {"runs", stage.n_runs},
                              {"seconds", stage.seconds},
                              {"gb_per_s", gb_per_s(stage)},
                              {"waiting", stage.waited_seconds / stage.thread_seconds}});
  }
  return json;
}

// Runs `measure`, which gives the seconds of n_tokens, and adds what it took.
template <typename Measure>
Status add_to(WherePart& part, Engine& engine, std::size_t n_tokens, Measure&& measure) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<StageTime> before, engine.stage_times());
  TENFOLD_ASSIGN_OR_RETURN(const double seconds, measure());
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<StageTime> after, engine.stage_times());
  add_difference(before, after, part.stages);
  part.n_tokens += static_cast<std::int64_t>(n_tokens);
  part.seconds += seconds;
  return {};
}

}  // namespace

Result<WhereReport> measure_where(const OpenModel& model, const BenchTokens& tokens, int repeat,
                                  const Interrupt& interrupt) {
  Session& session = *model.session;
  const auto before = std::span(tokens.decoded).first(static_cast<std::size_t>(tokens.depth));
  const auto steps = std::span(tokens.decoded).subspan(before.size());
  WherePart prefill, decode;
  prefill.name = "prefill";
  decode.name = "decode";
  ProgressBar bar("measuring");
  for (int round = 0; round < repeat; ++round) {
    bar.update(static_cast<double>(round) / repeat);
    TENFOLD_RETURN_IF_ERROR(
        add_to(prefill, *model.engine, tokens.prompt.size(), [&] { return time_prefill(session, tokens.prompt); }));
    TENFOLD_RETURN_IF_ERROR(append_before(session, before));
    TENFOLD_RETURN_IF_ERROR(
        add_to(decode, *model.engine, steps.size(), [&] { return time_single_steps(session, steps, interrupt); }));
    if (interrupt.requested()) return bench_stopped();
  }
  for (WherePart* part : {&prefill, &decode}) {
    std::erase_if(part->stages, [](const StageTime& stage) { return stage.n_runs == 0; });
  }
  const ModelInfo& info = model.engine->info();
  return WhereReport{.model = info.path,
                     .isa = info.isa,
                     .n_threads = info.n_threads,
                     .prompt_tokens = static_cast<int>(tokens.prompt.size()),
                     .depth = tokens.depth,
                     .parts = {std::move(prefill), std::move(decode)}};
}

Json to_json(const WhereReport& report) {
  Json json;
  json["model"] = report.model;
  json["threads"] = report.n_threads;
  json["isa"] = report.isa;
  json["prompt_tokens"] = report.prompt_tokens;
  json["depth"] = report.depth;
  json["parts"] = Json::array();
  for (const WherePart& part : report.parts) json["parts"].push_back(to_json(part));
  return json;
}

std::string to_table(const WhereReport& report) {
  std::string out = table_title(report.model, report.isa, report.n_threads);
  for (const WherePart& part : report.parts) out += to_table(part);
  return out + cat("\nA prompt of ", report.prompt_tokens, " tokens; tokens decoded after ", report.depth,
                   ". Waiting: of the threads' time in a stage, what they had no work.\n");
}

}  // namespace tenfold::cli
