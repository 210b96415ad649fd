#include "bench_report.h"

#include <algorithm>

#include "base/cat.h"
#include "console.h"

namespace tenfold::cli {

namespace {

struct Range {
  double least, median, most;
};

// Of figure(round) over all rounds.
template <typename Figure>
Range range_of(const std::vector<BenchRound>& rounds, Figure&& figure) {
  std::vector<double> values;
  for (const BenchRound& round : rounds) values.push_back(figure(round));
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {values.front(), median, values.back()};
}

Range ttft_s(const BenchReport& report) {
  return range_of(report.rounds, [](const BenchRound& round) { return round.ttft_s; });
}
Range prefill_tokens_per_s(const BenchReport& report) {
  return range_of(report.rounds, [&](const BenchRound& round) { return report.prompt_tokens / round.ttft_s; });
}
Range decode_tokens_per_s(const BenchReport& report) {
  return range_of(report.rounds, [&](const BenchRound& round) { return report.gen_tokens / round.decode_s; });
}
Range decode_gb_per_s(const BenchReport& report) {
  return range_of(report.rounds, [](const BenchRound& round) { return round.decode_gb_per_s; });
}
Range machine_gb_per_s(const BenchReport& report) {
  return range_of(report.rounds, [](const BenchRound& round) { return round.machine_gb_per_s; });
}
Range core_round_trip_ns(const BenchReport& report) {
  return range_of(report.rounds, [](const BenchRound& round) { return round.core_round_trip_ns; });
}
// Of what memory gave beside each round.
Range memory_percent(const BenchReport& report) {
  return range_of(report.rounds,
                  [](const BenchRound& round) { return 100 * round.decode_gb_per_s / round.machine_gb_per_s; });
}

// ", 95.1 to 100.2 in 3 rounds"
std::string between(const BenchReport& report, const Range& range, int decimals) {
  if (report.rounds.size() == 1) return "";
  return cat(", ", fixed(range.least, decimals), " to ", fixed(range.most, decimals), " in ", report.rounds.size(),
             " rounds");
}

Json to_json(const BenchReport& report, const BenchRound& round) {
  Json json;
  json["prefill_tokens_per_s"] = report.prompt_tokens / round.ttft_s;
  json["decode_tokens_per_s"] = report.gen_tokens / round.decode_s;
  json["decode_gb_per_s"] = round.decode_gb_per_s;
  json["machine_gb_per_s"] = round.machine_gb_per_s;
  json["core_round_trip_ns"] = round.core_round_trip_ns;
  return json;
}

}  // namespace

std::string table_title(const std::string& model, const std::string& isa, int n_threads) {
  return cat(printable(model, 500), " on ", isa, ", ", n_threads, n_threads == 1 ? " thread\n" : " threads\n");
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string table_line(std::string name, const std::string& value, const std::string& remark) {
  name.resize(14, ' ');
  return cat("  ", name, padded(value, 16), remark.empty() ? "" : "   ", remark, "\n");
}

Json to_json(const BenchReport& report) {
  Json json;
  json["model"] = report.model;
  json["threads"] = report.n_threads;
  json["isa"] = report.isa;
  json["load_s"] = report.load_s;
  json["ttft_s"] = ttft_s(report).least;
  json["prefill_tokens_per_s"] = prefill_tokens_per_s(report).most;
  json["decode_tokens_per_s"] = decode_tokens_per_s(report).most;
  json["decode_gb_per_s"] = decode_gb_per_s(report).most;
  json["machine_gb_per_s"] = machine_gb_per_s(report).most;
  json["machine_int8_gops"] = report.machine_int8_gops;
  json["peak_rss_bytes"] = report.peak_rss_bytes;
  json["decode_share_of_memory"] = memory_percent(report).median / 100;
  json["rounds"] = Json::array();
  for (const BenchRound& round : report.rounds) json["rounds"].push_back(to_json(report, round));
  return json;
}

std::string to_table(const BenchReport& report) {
  const Range prefill = prefill_tokens_per_s(report), decode = decode_tokens_per_s(report);
  const Range memory = machine_gb_per_s(report), share = memory_percent(report), distance = core_round_trip_ns(report);
  const double prefill_gops = report.prefill_ops * prefill.most / 1e9;
  std::string out = table_title(report.model, report.isa, report.n_threads);
  out += table_line("load", cat(fixed(report.load_s, 3), " s"), "");
  out += table_line("first token", cat(fixed(ttft_s(report).least, 3), " s"),
                    cat("after ", report.prompt_tokens, " tokens"));
  out += table_line(
      "prefill", cat(fixed(prefill.most, 1), " tok/s"),
      cat("about ", fixed(prefill_gops, 0), " Gop/s, ", fixed(100 * prefill_gops / report.machine_int8_gops, 0),
          " % of the machine's 8-bit multiplications", between(report, prefill, 1)));
  out += table_line("decode", cat(fixed(decode.most, 1), " tok/s"),
                    cat(report.gen_tokens, " tokens after ", report.depth, between(report, decode, 1)));
  out += table_line(
      "", cat(fixed(decode_gb_per_s(report).most, 2), " GB/s"),
      cat(fixed(share.median, 0), " % of the machine's memory bandwidth beside it", between(report, share, 0)));
  out +=
      table_line("machine", cat(fixed(memory.median, 2), " GB/s"), cat("read from memory", between(report, memory, 1)));
  out += table_line("", cat(fixed(report.machine_int8_gops, 0), " Gop/s"), "8-bit multiplications");
  if (report.n_threads > 1) {
    out += table_line("", cat(fixed(distance.median, 0), " ns"),
                      cat("from one core to another and back", between(report, distance, 0)));
  }
  return out + table_line("peak memory", human_bytes(static_cast<double>(report.peak_rss_bytes)), "");
}

}  // namespace tenfold::cli
