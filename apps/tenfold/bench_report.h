// What `tenfold bench` found out, as JSON for scripts and as a table for people.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace tenfold::cli {

struct BenchReport {
  std::string model;
  std::string isa;
  int n_threads = 0;
  int prompt_tokens = 0, gen_tokens = 0, depth = 0;
  double prefill_ops = 0;  // operations that one prompt token takes
  std::uint64_t peak_rss_bytes = 0;
  double load_s = 0;
  double ttft_s = 0;  // prefill of the whole prompt
  double prefill_tokens_per_s = 0;
  double decode_tokens_per_s = 0;
  double decode_gb_per_s = 0;  // weights and KV cache that decoding read
  double machine_gb_per_s = 0;
  double machine_int8_gops = 0;
};

Json to_json(const BenchReport& report);
std::string to_table(const BenchReport& report);

// What tables of measurements share: "m.gguf on avx512, 2 threads" and a newline; text moved to the right.
std::string table_title(const std::string& model, const std::string& isa, int n_threads);
std::string padded(std::string text, std::size_t width);

}  // namespace tenfold::cli
