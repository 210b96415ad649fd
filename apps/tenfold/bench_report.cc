#include "bench_report.h"

#include "base/cat.h"
#include "console.h"

namespace tenfold::cli {

namespace {

std::string line(std::string name, const std::string& value, const std::string& remark) {
  name.resize(14, ' ');
  return cat("  ", name, padded(value, 16), remark.empty() ? "" : "   ", remark, "\n");
}

std::string percent_of(double value, double limit, const char* what) {
  if (limit <= 0) return "";
  return cat(fixed(100 * value / limit, 0), " % of the machine's ", what);
}

}  // namespace

std::string table_title(const std::string& model, const std::string& isa, int n_threads) {
  return cat(printable(model, 500), " on ", isa, ", ", n_threads, n_threads == 1 ? " thread\n" : " threads\n");
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

Json to_json(const BenchReport& report) {
  Json json;
  json["model"] = report.model;
  json["threads"] = report.n_threads;
  json["isa"] = report.isa;
  json["load_s"] = report.load_s;
  json["ttft_s"] = report.ttft_s;
  json["prefill_tokens_per_s"] = report.prefill_tokens_per_s;
  json["decode_tokens_per_s"] = report.decode_tokens_per_s;
  json["decode_gb_per_s"] = report.decode_gb_per_s;
  json["machine_gb_per_s"] = report.machine_gb_per_s;
  json["machine_int8_gops"] = report.machine_int8_gops;
  json["peak_rss_bytes"] = report.peak_rss_bytes;
  return json;
}

std::string to_table(const BenchReport& report) {
  const double prefill_gops = report.prefill_ops * report.prefill_tokens_per_s / 1e9;
  std::string out = table_title(report.model, report.isa, report.n_threads);
  out += line("load", cat(fixed(report.load_s, 3), " s"), "");
  out += line("first token", cat(fixed(report.ttft_s, 3), " s"), cat("after ", report.prompt_tokens, " tokens"));
  out += line("prefill", cat(fixed(report.prefill_tokens_per_s, 1), " tok/s"),
              cat("about ", fixed(prefill_gops, 0), " Gop/s, ",
                  percent_of(prefill_gops, report.machine_int8_gops, "8-bit multiplications")));
  out += line("decode", cat(fixed(report.decode_tokens_per_s, 1), " tok/s"),
              cat(report.gen_tokens, " tokens after ", report.depth));
  out += line("", cat(fixed(report.decode_gb_per_s, 2), " GB/s"),
              percent_of(report.decode_gb_per_s, report.machine_gb_per_s, "memory bandwidth"));
  out += line("machine", cat(fixed(report.machine_gb_per_s, 2), " GB/s"), "read from memory");
  out += line("", cat(fixed(report.machine_int8_gops, 0), " Gop/s"), "8-bit multiplications");
  return out + line("peak memory", human_bytes(static_cast<double>(report.peak_rss_bytes)), "");
}

}  // namespace tenfold::cli
