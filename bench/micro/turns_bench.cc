// turns_bench MODEL.gguf [--threads N] [--prompt-tokens P] [--seconds S] [--rounds R]: what sessions of one engine
// leave each other, and two engines of one process.
//
// One session decodes, another reads prompts of P tokens one after the other: each alone, then both at once, then two
// that decode, of one engine and of two, which should come to the same. The cases take turns, round after round, so
// that a passing disturbance meets all of them; sums count.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

struct Flags {
  std::string path;
  int n_threads = 2;
  int n_prompt = 6000;
  double seconds = 3;
  int rounds = 3;
};

// What a session has done, on a thread of its own.
struct Work {
  double n_tokens = 0;
  double seconds = 0;
  double longest_gap_s = 0;
  Status status;

  [[nodiscard]] double speed() const { return seconds > 0 ? n_tokens / seconds : 0; }
  void add(const Work& more) {
    n_tokens += more.n_tokens;
    seconds += more.seconds;
    longest_gap_s = std::max(longest_gap_s, more.longest_gap_s);
    if (status.ok()) status = more.status;
  }
};

std::vector<TokenId> some_tokens(int n, int vocab_size) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back(3 + i * 31 % (vocab_size - 3));
  return tokens;
}

Work decode(Session& session, int vocab_size, const std::atomic<bool>& stop) {
  Work work;
  GenerateOptions options;
  options.ignore_end = true;
  options.speculate = false;
  options.special = SpecialText::kShow;  // a token without text would not be seen
  const std::vector<TokenId> prompt = some_tokens(16, vocab_size);
  double begin = 0, last = 0;
  while (!stop && work.status.ok()) {
    work.status = session.truncate(0).status();
    int n = 0;
    const auto result = session.generate(prompt, options, [&](std::string_view) {
      const double now = monotonic_seconds();
      if (last > 0) work.longest_gap_s = std::max(work.longest_gap_s, now - last);
      if (begin == 0) begin = now;
      last = now;
      return !stop && ++n < 400;
    });
    if (!result.ok()) work.status = result.status();
    if (result.ok()) work.n_tokens += static_cast<double>(result->tokens.size());
  }
  work.seconds = last - begin;
  return work;
}

Work prefill(Session& session, const std::vector<TokenId>& prompt, const std::atomic<bool>& stop) {
  Work work;
  const double begin = monotonic_seconds();
  while (!stop && work.status.ok()) {
    work.status = session.truncate(0).status();
    // In parts, so that the end of the time is met closely enough.
    const std::size_t part = 1024;
    for (std::size_t at = 0; at < prompt.size() && !stop && work.status.ok(); at += part) {
      const std::size_t n = std::min(part, prompt.size() - at);
      work.status = session.append(std::span(prompt).subspan(at, n));
      work.n_tokens += static_cast<double>(n);
      work.seconds = monotonic_seconds() - begin;
    }
  }
  return work;
}

// Runs both for the given time; either may be null.
template <typename First, typename Second>
void run_beside(double seconds, const First& first, const Second& second) {
  std::atomic<bool> stop = false;
  std::thread one([&] { first(stop); }), two([&] { second(stop); });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  one.join();
  two.join();
}

Status measure(const Flags& flags) {
  EngineOptions options;
  options.n_threads = flags.n_threads;
  options.n_ctx = flags.n_prompt + 1;
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, Engine::open(flags.path, options));
  TENFOLD_ASSIGN_OR_RETURN(const auto one, engine->create_session());
  TENFOLD_ASSIGN_OR_RETURN(const auto two, engine->create_session());
  TENFOLD_ASSIGN_OR_RETURN(const auto other_engine, Engine::open(flags.path, options));
  TENFOLD_ASSIGN_OR_RETURN(const auto of_other, other_engine->create_session());
  const int vocab_size = engine->info().vocab_size;
  const std::vector<TokenId> prompt = some_tokens(flags.n_prompt, vocab_size);
  const auto nothing = [](const std::atomic<bool>&) {};
  const auto decoding = [&](Session& session, Work& sum) {
    return [&](const std::atomic<bool>& stop) { sum.add(decode(session, vocab_size, stop)); };
  };
  const auto reading = [&](Work& sum) {
    return [&](const std::atomic<bool>& stop) { sum.add(prefill(*two, prompt, stop)); };
  };

  Work decode_alone, prefill_alone, decode_beside, prefill_beside, decoder_a, decoder_b, engine_a, engine_b;
  for (int round = 0; round < flags.rounds; ++round) {
    run_beside(flags.seconds, decoding(*one, decode_alone), nothing);
    run_beside(flags.seconds, nothing, reading(prefill_alone));
    run_beside(2 * flags.seconds, decoding(*one, decode_beside), reading(prefill_beside));
    run_beside(flags.seconds, decoding(*one, decoder_a), decoding(*two, decoder_b));
    run_beside(flags.seconds, decoding(*one, engine_a), decoding(*of_other, engine_b));
  }
  for (const Work* work :
       {&decode_alone, &prefill_alone, &decode_beside, &prefill_beside, &decoder_a, &decoder_b, &engine_a, &engine_b}) {
    TENFOLD_RETURN_IF_ERROR(work->status);
  }
  const auto line = [](const char* what, const Work& work, double alone) {
    std::printf("%-24s %9.1f tok/s %5.0f %% of alone, longest gap %6.1f ms\n", what, work.speed(),
                100 * work.speed() / alone, 1e3 * work.longest_gap_s);
  };
  line("decode alone", decode_alone, decode_alone.speed());
  line("prefill alone", prefill_alone, prefill_alone.speed());
  line("decode beside prefill", decode_beside, decode_alone.speed());
  line("prefill beside decode", prefill_beside, prefill_alone.speed());
  line("decode beside decode", decoder_a, decode_alone.speed());
  line("the other of them", decoder_b, decode_alone.speed());
  line("beside another engine", engine_a, decode_alone.speed());
  line("the other engine", engine_b, decode_alone.speed());
  std::printf("two engines together: %.3f of one engine's two sessions\n",
              (engine_a.speed() + engine_b.speed()) / (decoder_a.speed() + decoder_b.speed()));
  return {};
}

}  // namespace
}  // namespace tenfold

int main(int argc, char** argv) {
  CLI::App program("Measures what sessions of one engine leave each other.");
  tenfold::Flags flags;
  program.add_option("MODEL", flags.path, "A GGUF file")->required();
  program.add_option("--threads", flags.n_threads, "Threads")->check(CLI::Range(1, 1024));
  program.add_option("--prompt-tokens", flags.n_prompt, "Tokens of a prompt")->check(CLI::Range(1, 1 << 20));
  program.add_option("--seconds", flags.seconds, "Seconds of a case")->check(CLI::Range(0.1, 600.0));
  program.add_option("--rounds", flags.rounds, "Rounds")->check(CLI::Range(1, 1000));
  CLI11_PARSE(program, argc, argv);
  const tenfold::Status status = tenfold::measure(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "turns_bench: %s\n", status.to_string().c_str());
  return 1;
}
