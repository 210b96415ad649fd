// What `tenfold bench` found out, as JSON for scripts and as a table for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace tenfold::cli {

// One round, and what the machine could do just before and just after: on a shared machine both change together.
struct BenchRound {
  double ttft_s = 0;  // prefill of the whole prompt
  double decode_s = 0;
  double decode_gb_per_s = 0;     // weights and KV cache that decoding read
  double machine_gb_per_s = 0;    // mean of the measurements before and after
  double core_round_trip_ns = 0;  // the longer of those
};

struct BenchReport {
  std::string model;
  std::string isa;
  int n_threads = 0;
  int prompt_tokens = 0, gen_tokens = 0, depth = 0;
  double prefill_ops = 0;  // operations that one prompt token takes
  std::uint64_t peak_rss_bytes = 0;
  double load_s = 0;
  double machine_int8_gops = 0;    // the best of the run
  std::vector<BenchRound> rounds;  // at least one
};

Json to_json(const BenchReport& report);
std::string to_table(const BenchReport& report);

// What tables of measurements share: "m.gguf on avx512, 2 threads" and a newline; text moved to the right; "  decode
// 100.0 tok/s   128 tokens after 16" and a newline.
std::string table_title(const std::string& model, const std::string& isa, int n_threads);
std::string padded(std::string text, std::size_t width);
std::string table_line(std::string name, const std::string& value, const std::string& remark);

}  // namespace tenfold::cli
