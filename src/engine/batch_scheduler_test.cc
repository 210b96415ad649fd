#include "engine/batch_scheduler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "cpu/executor.h"
#include "kernels/select.h"

namespace tenfold {
namespace {

// A stage that lasts until it is told to end.
struct LongStage final : Stage {
  std::atomic<bool>* begun;
  std::atomic<bool>* may_end;
  void run(ProgramRun&) const noexcept override {
    *begun = true;
    while (!*may_end) std::this_thread::yield();
  }
  [[nodiscard]] std::string describe() const override { return "long"; }
};

class Scheduler : public testing::Test {
 protected:
  Scheduler() {
    const kernels::KernelTable& kernels = *kernels::runnable_kernels().front();
    auto stage = std::make_unique<LongStage>();
    stage->begun = &begun_;
    stage->may_end = &may_end_;
    program_.stages.push_back(std::move(stage));
    pool_ = std::move(TaskPool::create(1)).value();
    const KvClass one{.n_layers = 1, .n_kv_heads = 1, .head_dim = 8};
    const auto layout = KvLayout::create(kernels, kernels::KvType::kF32, {one}, {}, {64, 64});
    kv_pool_ = std::move(KvPool::create(*layout, 8)).value();
    executor_ = std::move(Executor::create(program_, kernels, *pool_, 10, {4, 1})).value();
  }

  std::future<Status> submit(KvSequence& kv, const std::atomic<bool>& cancel) {
    return std::async(std::launch::async, [this, &kv, &cancel] { return run(kv, cancel); });
  }

  // A step of a client of its own.
  Status run(KvSequence& kv, const std::atomic<bool>& cancel) {
    BatchScheduler::Client client(scheduler_);
    const BatchSequence sequence{&kv, tokens_, Outputs::kNone};
    return client.in_turn(cancel, [&] { return executor_->run({&sequence, 1}, {}, &cancel); });
  }

  const std::vector<TokenId> tokens_ = {1, 2, 3};
  std::atomic<bool> begun_ = false, may_end_ = false;
  Program program_;
  std::unique_ptr<TaskPool> pool_;
  std::unique_ptr<KvPool> kv_pool_;
  std::unique_ptr<Executor> executor_;
  BatchScheduler scheduler_;
};

TEST_F(Scheduler, ACancelEndsTheWaitingForAnothersStep) {
  KvSequence at_work(*kv_pool_, 64), waiting(*kv_pool_, 64), last(*kv_pool_, 64);
  const std::atomic<bool> no_cancel = false;
  std::atomic<bool> cancel = false;
  std::future<Status> first = submit(at_work, no_cancel);
  while (!begun_) std::this_thread::yield();
  std::future<Status> second = submit(waiting, cancel);
  std::future<Status> third = submit(last, no_cancel);
  while (scheduler_.n_waiting() < 2) std::this_thread::yield();
  cancel = true;
  // Far longer than it takes; the step before it has not ended by then.
  EXPECT_EQ(second.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  may_end_ = true;
  EXPECT_EQ(second.get().code(), StatusCode::kCancelled);
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(third.get().ok()) << "whoever waits behind must get its turn";
  EXPECT_EQ(at_work.n_tokens(), 3);
  EXPECT_EQ(waiting.n_tokens(), 0);
  EXPECT_EQ(last.n_tokens(), 3);
}

TEST_F(Scheduler, AFailedStepPassesTheTurnOn) {
  may_end_ = true;
  const std::atomic<bool> no_cancel = false;
  KvSequence full(*kv_pool_, 2), other(*kv_pool_, 64);
  EXPECT_EQ(run(full, no_cancel).code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(run(other, no_cancel).ok());
}

}  // namespace
}  // namespace tenfold
