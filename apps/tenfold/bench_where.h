// tenfold bench --where: which stages of a model take the time, what each reads from memory, and how long its threads
// wait for each other.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "bench_steps.h"
#include "interrupt.h"
#include "open_model.h"
#include "tenfold/engine.h"

namespace tenfold::cli {

// Where the time of tokens went that were read or decoded.
struct WherePart {
  std::string name;               // "prefill", "decode"
  std::int64_t n_tokens = 0;      // of all rounds
  double seconds = 0;             // for all of them, with what is between the stages
  std::vector<StageTime> stages;  // in the plan's order
};

struct WhereReport {
  std::string model, isa;
  int n_threads = 0, prompt_tokens = 0, depth = 0;
  std::vector<WherePart> parts;
};

// The model must have been opened with time_stages. Errors: kCancelled.
Result<WhereReport> measure_where(const OpenModel& model, const BenchTokens& tokens, int repeat,
                                  const Interrupt& interrupt);

Json to_json(const WhereReport& report);
std::string to_table(const WhereReport& report);

}  // namespace tenfold::cli
