#include "waterfall.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "bench_report.h"
#include "bench_steps.h"
#include "console.h"
#include "memory_bandwidth.h"
#include "progress_bar.h"
#include "tenfold/engine.h"
#include "waterfall_models.h"

namespace tenfold::cli {

namespace {

constexpr double kBarSeconds = 4;  // for one figure of a slow bar; it then gets fewer tokens
constexpr int kLeastTokens = 8;
constexpr int kProbeTokens = 2;

// What a bar has that those before it have not.
struct Rung {
  const char* name;
  bool one_thread, scalar, exact, fuse;
  enum { kF32, kQ8_0, kSmall } weights;
};

constexpr Rung kRungs[] = {
    {"plain FP32, one thread", true, true, true, false, Rung::kF32},
    {"all threads", false, true, true, false, Rung::kF32},
    {"SIMD on packed panels", false, false, true, false, Rung::kF32},
    {"8-bit weights", false, false, true, false, Rung::kQ8_0},
    {"8-bit activations, F16 KV", false, false, false, false, Rung::kQ8_0},
    {"4-bit weights", false, false, false, false, Rung::kSmall},
    {"fused regions", false, false, false, true, Rung::kSmall},
};

EngineOptions options_of(const Rung& rung, const EngineOptions& last) {
  EngineOptions options = last;
  if (rung.one_thread) options.n_threads = 1;
  if (rung.scalar) options.isa = "scalar";
  options.precision = rung.exact ? Precision::kExact : Precision::kFast;
  options.fuse = rung.fuse;
  options.max_sessions = 1;
  options.use_cache = false;  // the files are gone afterwards
  return options;
}

// How many of `wanted` tokens fit the time of a bar.
int tokens_in_time(double seconds_a_token, int wanted) {
  const double fit = std::clamp(kBarSeconds / seconds_a_token, double{kLeastTokens}, double{1 << 20});
  return std::min(wanted, static_cast<int>(fit));
}

// A slow bar measures fewer tokens, once.
Status measure_bar(const Engine& engine, Session& session, const WaterfallTask& task, const Interrupt& interrupt,
                   WaterfallBar& bar) {
  const int vocab_size = engine.info().vocab_size;
  const auto probe = bench_tokens(kProbeTokens, vocab_size);
  TENFOLD_RETURN_IF_ERROR(time_prefill(session, probe).status());  // touches all weights once
  TENFOLD_ASSIGN_OR_RETURN(const double probe_s, time_prefill(session, probe));
  const double token_s = probe_s / kProbeTokens;
  const auto prompt = bench_tokens(tokens_in_time(token_s, task.prompt_tokens), vocab_size);
  const auto decoded = bench_tokens(tokens_in_time(token_s, task.gen_tokens), vocab_size);
  const int repeat = token_s * task.prompt_tokens > kBarSeconds ? 1 : task.repeat;
  for (int round = 0; round < repeat; ++round) {
    if (interrupt.requested()) return bench_stopped();
    TENFOLD_ASSIGN_OR_RETURN(const double prefill, time_prefill(session, prompt));
    TENFOLD_ASSIGN_OR_RETURN(const double decode, time_decode(session, decoded, 0, interrupt));
    bar.prefill_tokens_per_s = std::max(bar.prefill_tokens_per_s, static_cast<double>(prompt.size()) / prefill);
    bar.decode_tokens_per_s = std::max(bar.decode_tokens_per_s, static_cast<double>(decoded.size()) / decode);
  }
  return {};
}

}  // namespace

double Waterfall::prefill_factor(std::size_t bar) const {
  return bars[bar].prefill_tokens_per_s / bars[kPlain].prefill_tokens_per_s;
}
double Waterfall::decode_factor(std::size_t bar) const {
  return bars[bar].decode_tokens_per_s / bars[kPlain].decode_tokens_per_s;
}

Result<Waterfall> measure_waterfall(const WaterfallTask& task, const Interrupt& interrupt) {
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<WaterfallModels> models, WaterfallModels::create(task.path));
  Waterfall waterfall;
  ProgressBar progress("measuring");
  std::uint64_t f32_bytes = 0;
  for (std::size_t i = 0; i < std::size(kRungs); ++i) {
    const Rung& rung = kRungs[i];
    EngineOptions options = options_of(rung, task.options);
    options.on_load_progress = [&](double fraction) {
      progress.update((static_cast<double>(i) + fraction / 4) / std::size(kRungs));
      return !interrupt.requested();
    };
    std::string path = task.path;
    if (rung.weights != Rung::kSmall || !models->is_small()) {
      const DType type = rung.weights == Rung::kF32    ? DType::kF32
                         : rung.weights == Rung::kQ8_0 ? DType::kQ8_0
                                                       : DType::kQ4_0;
      TENFOLD_ASSIGN_OR_RETURN(path, models->as(type, options.on_load_progress));
    }
    TENFOLD_ASSIGN_OR_RETURN(const std::shared_ptr<Engine> engine, Engine::open(path, options));
    TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, engine->create_session());
    if (rung.weights == Rung::kF32) f32_bytes = engine->info().decode_bytes;
    waterfall.isa = engine->info().isa;
    waterfall.n_threads = engine->info().n_threads;
    WaterfallBar& bar = waterfall.bars.emplace_back();
    bar.name = rung.name;
    TENFOLD_RETURN_IF_ERROR(measure_bar(*engine, *session, task, interrupt, bar));
  }
  waterfall.model = task.path;
  TENFOLD_ASSIGN_OR_RETURN(waterfall.machine_gb_per_s,
                           measure_read_bandwidth(waterfall.n_threads, default_probe_bytes()));
  waterfall.f32_bound_tokens_per_s = waterfall.machine_gb_per_s * 1e9 / static_cast<double>(f32_bytes);
  return waterfall;
}

Json to_json(const Waterfall& waterfall) {
  Json json;
  json["model"] = waterfall.model;
  json["isa"] = waterfall.isa;
  json["threads"] = waterfall.n_threads;
  json["bars"] = Json::array();
  for (std::size_t i = 0; i < waterfall.bars.size(); ++i) {
    const WaterfallBar& bar = waterfall.bars[i];
    json["bars"].push_back({{"name", bar.name},
                            {"prefill_tokens_per_s", bar.prefill_tokens_per_s},
                            {"decode_tokens_per_s", bar.decode_tokens_per_s},
                            {"prefill_factor", waterfall.prefill_factor(i)},
                            {"decode_factor", waterfall.decode_factor(i)}});
  }
  json["factors_count_from"] = waterfall.bars[Waterfall::kPlain].name;
  json["machine_gb_per_s"] = waterfall.machine_gb_per_s;
  json["f32_bound_tokens_per_s"] = waterfall.f32_bound_tokens_per_s;
  return json;
}

std::string to_table(const Waterfall& waterfall) {
  std::string out = table_title(waterfall.model, waterfall.isa, waterfall.n_threads);
  out += cat(std::string(34, ' '), "   prefill tok/s            decode tok/s\n");
  for (std::size_t i = 0; i < waterfall.bars.size(); ++i) {
    const WaterfallBar& bar = waterfall.bars[i];
    std::string name = cat(i == 0 ? "  " : "+ ", bar.name);
    name.resize(34, ' ');
    out += cat(name, padded(fixed(bar.prefill_tokens_per_s, 1), 12), padded(fixed(waterfall.prefill_factor(i), 1), 8),
               " x", padded(fixed(bar.decode_tokens_per_s, 1), 14), padded(fixed(waterfall.decode_factor(i), 1), 8),
               " x\n");
  }
  out += cat("Factors count from \"", waterfall.bars[Waterfall::kPlain].name,
             "\". FP32 weights read as fast as memory can (", fixed(waterfall.machine_gb_per_s, 1),
             " GB/s) would decode ", fixed(waterfall.f32_bound_tokens_per_s, 1), " tok/s.\n");
  return out;
}

}  // namespace tenfold::cli
