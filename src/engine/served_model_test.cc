#include "engine/served_model.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/engine_impl.h"
#include "model/golden_testing.h"

namespace tenfold {
namespace {

constexpr int kContext = 90;

std::shared_ptr<EngineImpl> open_served(const std::string& name) {
  EngineOptions options;
  options.n_ctx = kContext;
  options.use_cache = false;
  return std::static_pointer_cast<EngineImpl>(std::move(EngineImpl::open({read_golden(name).path}, options)).value());
}

TEST(ServedModel, HasBlocksForASessionThatIsRestoredAndForATextBeside) {
  EngineOptions options;
  options.n_ctx = kContext;
  options.max_sessions = 1;
  options.use_cache = false;
  const auto engine = std::static_pointer_cast<EngineImpl>(
      std::move(EngineImpl::open({read_golden("llama-q4_0").path}, options)).value());
  KvPool& pool = *engine->model().kv_pool;
  KvSequence old_text(pool, kContext), new_text(pool, kContext), of_a_vector(pool, kContext);
  for (KvSequence* const text : {&old_text, &new_text, &of_a_vector}) {
    const Status reserved = text->reserve(kContext);
    EXPECT_TRUE(reserved.ok()) << reserved.to_string();
  }
}

TEST(ServedModel, StepsAreShortWhileAnotherWaitsForTheThreads) {
  const std::atomic<bool> no_cancel = false;
  for (const bool encoder : {false, true}) {
    const auto engine = open_served(encoder ? "bert-f32" : "llama-q4_0");
    ServedModel& model = engine->model();
    model.pace.record(20, StepPace::kSharedStep_s);
    BatchScheduler::Client mine(engine->scheduler()), theirs(engine->scheduler());
    std::thread other;
    {
      const auto turn = mine.take(no_cancel);
      EXPECT_EQ(model.step_limit(mine), std::size_t{kContext});
      other = std::thread([&] { EXPECT_TRUE(theirs.take(no_cancel).ok()); });
      while (engine->scheduler().n_waiting() < 1) std::this_thread::yield();
      EXPECT_EQ(model.step_limit(mine), encoder ? std::size_t{kContext} : 20U) << "an encoder's text is one step";
    }
    other.join();
  }
}

}  // namespace
}  // namespace tenfold
