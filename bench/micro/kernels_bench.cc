// Speed of single kernels on one core, for every instruction set that runs here.
//
//   kernels_bench --benchmark_filter='avx512/q4_0'
//
// mat_mul names: isa/type/tokens/k/n. With one token the matrix is streamed from a working set of 128 MiB, so bytes per
// second is what decoding could reach; with more tokens one matrix is multiplied again and again, and `gops` counts a
// multiplication and an addition for each weight and token.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "kernels/select.h"
#include "kernels/weights_testing.h"

namespace tenfold::kernels {
namespace {

constexpr std::size_t kStreamBytes = 128U << 20;

struct Shape {
  int tokens;
  std::int64_t k;
  int n;
};

void mat_mul(benchmark::State& state, const KernelTable* table, DType type, Shape shape) {
  Random random(1);
  const std::int64_t k = shape.k;
  const TestMatrix one(*table, type, shape.n, k, random_rows(type, shape.n, k, random));
  const std::size_t copies = shape.tokens > 8 ? 1 : kStreamBytes / one.panels.size() + 1;
  AlignedBytes panels(one.panels.size() * copies);
  for (std::size_t i = 0; i < copies; ++i) {
    std::memcpy(panels.data() + i * one.panels.size(), one.panels.data(), one.panels.size());
  }
  const bool q8 = is_quantized(type);
  const std::size_t stride = q8 ? q8_row_bytes(k) : static_cast<std::size_t>(k) * 4;
  AlignedBytes x(stride * static_cast<std::size_t>(shape.tokens));
  for (int t = 0; t < shape.tokens; ++t) {
    const std::vector<float> row = random_floats(static_cast<std::size_t>(k), -1, 1, random);
    unsigned char* out = x.data() + stride * static_cast<std::size_t>(t);
    if (q8) {
      table->quantize_q8(row.data(), k, out);
    } else {
      std::memcpy(out, row.data(), stride);
    }
  }
  std::vector<float> y(static_cast<std::size_t>(shape.tokens * shape.n));
  std::size_t copy = 0;
  for (auto _ : state) {
    const unsigned char* w = panels.data() + copy * one.panels.size();
    const MatMulArgs args{w,        k,      0,        one.n_panels, shape.n,         shape.tokens,
                          x.data(), stride, y.data(), shape.n,      prefetch_bytes()};
    (q8 ? one.kernels->mat_mul_q8 : one.kernels->mat_mul_f32)(args);
    benchmark::ClobberMemory();
    copy = copy + 1 == copies ? 0 : copy + 1;
  }
  const double runs = static_cast<double>(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.panels.size()));
  state.counters["gops"] =
      benchmark::Counter(2e-9 * runs * shape.tokens * static_cast<double>(k) * shape.n, benchmark::Counter::kIsRate);
}

// One KV head, `group` query heads, `tokens` queries of a prompt or one of decoding, 32 blocks of 64 positions.
void attend(benchmark::State& state, const KernelTable* table, KvType type, int tokens, int head_dim) {
  constexpr int kBlocks = 32, kGroup = 3;
  const KvKernels& kv = table->kv[static_cast<int>(type)];
  Random random(1);
  AlignedBytes blocks(kv.block_bytes(head_dim) * kBlocks);
  for (int p = 0; p < kBlocks * kKvBlock; ++p) {
    const std::vector<float> k = random_floats(static_cast<std::size_t>(head_dim), -1, 1, random);
    const std::size_t offset = kv.block_bytes(head_dim) * static_cast<std::size_t>(p / kKvBlock);
    kv.store(k.data(), k.data(), head_dim, p % kKvBlock, blocks.data() + offset);
  }
  const std::size_t queries = static_cast<std::size_t>(tokens) * kGroup, dim = static_cast<std::size_t>(head_dim);
  const std::vector<float> q = random_floats(queries * dim, -1, 1, random);
  const std::vector<std::int32_t> first(static_cast<std::size_t>(tokens), 0), last(first.size(), kBlocks * kKvBlock);
  std::vector<const void*> kv_blocks;
  for (std::size_t b = 0; b < kBlocks; ++b) kv_blocks.push_back(blocks.data() + kv.block_bytes(head_dim) * b);
  std::vector<float> m(queries), l(queries), acc(queries * dim);
  AttentionArgs args{};
  args.q = q.data();
  args.q_token_stride = std::int64_t{kGroup} * head_dim;
  args.n_tokens = tokens;
  args.group = kGroup;
  args.head_dim = head_dim;
  args.kv_blocks = kv_blocks.data();
  args.n_blocks = kBlocks;
  args.first = first.data();
  args.last = last.data();
  args.state = {m.data(), l.data(), acc.data()};
  for (auto _ : state) {
    m.assign(queries, -__builtin_inff());
    l.assign(queries, 0);
    acc.assign(queries * dim, 0);
    kv.attend(args);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(blocks.size()));
  const double pairs = static_cast<double>(queries) * kBlocks * kKvBlock;
  state.counters["gflops"] = benchmark::Counter(4e-9 * static_cast<double>(state.iterations()) * pairs * head_dim,
                                                benchmark::Counter::kIsRate);
}

void pack(benchmark::State& state, const KernelTable* table, DType type) {
  Random random(1);
  const std::int64_t k = 2048;
  const int n = table->panel_rows;
  const std::vector<unsigned char> rows = random_rows(type, n, k, random);
  const WeightKernels& kernels = table->weights[static_cast<int>(type)];
  AlignedBytes panel(kernels.panel_bytes(k));
  for (auto _ : state) {
    kernels.pack(rows.data(), n, k, panel.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}

// One row of 1536.
void rows(benchmark::State& state, const KernelTable* table, int which) {
  constexpr std::int64_t kN = 1536;
  Random random(1);
  const std::vector<float> x = random_floats(kN, -2, 2, random), w = random_floats(kN, -2, 2, random);
  std::vector<float> out(kN);
  AlignedBytes q8(q8_row_bytes(kN));
  for (auto _ : state) {
    if (which == 0) table->rms_norm(x.data(), w.data(), kN, 1e-5F, out.data());
    if (which == 1) table->quantize_q8(x.data(), kN, q8.data());
    if (which == 2) table->silu_mul(x.data(), w.data(), kN, out.data());
    if (which == 3) table->gelu_mul(x.data(), w.data(), kN, out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kN);
}

void register_all() {
  const Shape shapes[] = {{1, 576, 1536},   {1, 2048, 5632},  {2, 2048, 5632},  {4, 2048, 5632},  {8, 2048, 5632},
                          {16, 2048, 5632}, {512, 576, 1536}, {512, 1536, 576}, {512, 2048, 5632}};
  for (const KernelTable* table : runnable_kernels()) {
    const std::string isa = table->isa;
    if (isa == "scalar") continue;  // a specification, not meant to be fast
    for (const DType type : all_types()) {
      const std::string name = isa + "/" + dtype_traits(type).name;
      for (const Shape& s : shapes) {
        if (s.k % dtype_traits(type).block_elems != 0) continue;
        benchmark::RegisterBenchmark(cat("mat_mul/", name, "/", s.tokens, "/", s.k, "/", s.n).c_str(), mat_mul, table,
                                     type, s);
      }
      benchmark::RegisterBenchmark(("pack/" + name).c_str(), pack, table, type);
    }
    const char* kv_names[] = {"f32", "f16", "q8_0"};
    for (int type = 0; type < kNumKvTypes; ++type) {
      for (const int tokens : {1, 64}) {
        benchmark::RegisterBenchmark(cat("attend/", isa, "/", kv_names[type], "/", tokens, "/64").c_str(), attend,
                                     table, static_cast<KvType>(type), tokens, 64);
      }
    }
    const char* row_names[] = {"rms_norm", "quantize_q8", "silu_mul", "gelu_mul"};
    for (int i = 0; i < 4; ++i)
      benchmark::RegisterBenchmark(cat("rows/", isa, "/", row_names[i]).c_str(), rows, table, i);
  }
}

}  // namespace
}  // namespace tenfold::kernels

int main(int argc, char** argv) {
  tenfold::kernels::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
