// What an Observer is shown, and that being looked at changes nothing.
#include "plan/observer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/reference_testing.h"

namespace tenfold {
namespace {

Runnable observed_model(const Golden& golden, Precision precision) {
  RunnableOptions options{{precision, {}}};
  options.model.observed = true;
  return make_runnable(golden.path, **kernels::select_kernels(), options);
}

// Counts what it sees and keeps the rows that products read and wrote.
struct Collector final : Observer {
  struct Product {
    std::vector<float> in, out;
    int n_rows = 0;
  };

  Status see(const ObservedRows& rows) override {
    ++n_seen[rows.op.index()];
    const auto* project = std::get_if<Project>(&rows.op);
    if (project == nullptr) return {};
    Product& product = products[{rows.layer, project->matrix.index}];
    std::vector<float>& kept = rows.access == Access::kRead ? product.in : product.out;
    for (int i = 0; i < rows.n_rows; ++i) kept.insert(kept.end(), rows.row(i), rows.row(i) + rows.width);
    product.n_rows = rows.n_rows;
    return {};
  }

  std::map<std::size_t, int> n_seen;  // by kind of operator
  std::map<std::pair<int, int>, Product> products;
};

TEST(Observed, TheBitsAreThoseOfAFusedRun) {
  for (const char* name : {"llama-q4_0", "llama-k-types", "llama-untied-biases-f16"}) {
    const Golden golden = read_golden(name);
    for (const Precision precision : {Precision::kFast, Precision::kExact}) {
      Runnable fused = make_runnable(golden.path, **kernels::select_kernels(), {{precision, {}}});
      Runnable observed = observed_model(golden, precision);
      Collector collector;
      observed.executor->observe(&collector);
      EXPECT_TRUE(same_bits(run_all(observed, golden.prompt, 512), run_all(fused, golden.prompt, 512))) << name;
      EXPECT_FALSE(collector.products.empty());
      observed.executor->observe(nullptr);
      const std::size_t n = collector.n_seen.size();
      run_all(observed, golden.prompt, 512);
      EXPECT_EQ(collector.n_seen.size(), n);
    }
  }
}

// Rows of each product by its weight: what it read, times the matrix, is what it wrote. With eight bits the rows that
// are shown are those before rounding, whose error is that of GoldenModel.FastIsCloseToExact.
TEST(Observed, EveryProductIsShownWithWhatItReadsAndWrites) {
  const Golden golden = read_golden("llama-q4_0");
  for (const Precision precision : {Precision::kExact, Precision::kFast}) {
    Runnable r = observed_model(golden, precision);
    Collector collector;
    r.executor->observe(&collector);
    run_all(r, golden.prompt, 512);
    const auto file = std::move(GgufFile::open(golden.path)).value();
    const Reference reference(*file, r.model->weights(), r.model->plan(), 1024);
    std::size_t n_products = 0;
    for (const PlanOperator& planned : r.model->plan().operators) {
      const auto* project = std::get_if<Project>(&planned.op);
      if (project == nullptr) continue;
      ++n_products;
      const auto found = collector.products.find({planned.layer, project->matrix.index});
      ASSERT_NE(found, collector.products.end());
      const Collector::Product& product = found->second;
      const Reference::Rows matrix = reference.weight(project->matrix);
      ASSERT_EQ(product.n_rows, static_cast<int>(golden.prompt.size()));
      ASSERT_EQ(product.in.size(), golden.prompt.size() * static_cast<std::size_t>(matrix.width));
      std::vector<float> expected;
      for (int t = 0; t < product.n_rows; ++t) {
        for (int i = 0; i < matrix.n; ++i) {
          double sum = 0;
          for (int j = 0; j < matrix.width; ++j) {
            const auto at = static_cast<std::size_t>(t * matrix.width + j);
            sum += matrix.row(i)[j] * static_cast<double>(product.in[at]);
          }
          expected.push_back(static_cast<float>(sum));
        }
      }
      EXPECT_LE(nmse(product.out, expected), precision == Precision::kExact ? 1e-10 : 1e-3)
          << describe(planned.op, r.model->weights());
    }
    EXPECT_EQ(n_products, collector.products.size());
  }
}

TEST(Observed, EveryOperatorIsShown) {
  const Golden golden = read_golden("llama-f32");
  Runnable r = observed_model(golden, Precision::kFast);
  Collector collector;
  r.executor->observe(&collector);
  run_all(r, golden.prompt, 512);
  std::map<std::size_t, int> expected;
  for (const PlanOperator& planned : r.model->plan().operators) {
    const Operands values = operands(planned.op);
    for (const std::vector<ValueId>* ids : {&values.reads, &values.writes}) {
      for (const ValueId id : *ids) {
        if (r.model->plan().value(id).kind != ValueKind::kKv) ++expected[planned.op.index()];
      }
    }
  }
  EXPECT_EQ(collector.n_seen, expected);
}

struct Objector final : Observer {
  int n_left;
  explicit Objector(int n) : n_left(n) {}
  Status see(const ObservedRows&) override { return n_left-- > 0 ? Status() : internal_error("seen enough"); }
};

TEST(Observed, AnErrorEndsTheRunAndLeavesTheSequence) {
  const Golden golden = read_golden("llama-q4_0");
  Runnable r = observed_model(golden, Precision::kFast);
  KvSequence kv(*r.kv_pool, 256);
  std::vector<float> logits(static_cast<std::size_t>(golden.vocab_size));
  const BatchSequence prompt{&kv, golden.prompt, Outputs::kLast};
  for (const int n : {0, 1, 20}) {
    Objector objector(n);
    r.executor->observe(&objector);
    const Status status = r.executor->run({&prompt, 1}, logits, nullptr);
    EXPECT_EQ(status.message(), "seen enough");
    EXPECT_EQ(kv.n_tokens(), 0);
  }
  r.executor->observe(nullptr);
  EXPECT_TRUE(r.executor->run({&prompt, 1}, logits, nullptr).ok());
}

}  // namespace
}  // namespace tenfold
