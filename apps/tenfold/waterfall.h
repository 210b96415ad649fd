// tenfold bench --waterfall: what each optimisation brings, switched on one after the other.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "interrupt.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold::cli {

struct WaterfallTask {
  EngineOptions options;  // of the last bar; those before take parts of it away
  std::string path;
  int prompt_tokens, gen_tokens, repeat;
};

struct WaterfallBar {
  std::string name;
  double prefill_tokens_per_s = 0;
  double decode_tokens_per_s = 0;
};

struct Waterfall {
  std::string model, isa;
  int n_threads = 0;
  static constexpr std::size_t kPlain = 1;  // the bar that the factors count from: plain FP32 with all threads
  std::vector<WaterfallBar> bars;
  double machine_gb_per_s = 0;
  double f32_bound_tokens_per_s = 0;  // decoding FP32 weights as fast as memory can be read

  [[nodiscard]] double prefill_factor(std::size_t bar) const;
  [[nodiscard]] double decode_factor(std::size_t bar) const;
};

Result<Waterfall> measure_waterfall(const WaterfallTask& task, const Interrupt& interrupt);

Json to_json(const Waterfall& waterfall);
std::string to_table(const Waterfall& waterfall);

}  // namespace tenfold::cli
