#include "base/contracts.h"

#include <gtest/gtest.h>

#include "tenfold/status.h"

namespace tenfold {
namespace {

#ifdef TENFOLD_DCHECKS
TEST(ContractsDeathTest, ABrokenOneEndsTheProcessAndSaysWhich) {
  const int n = 3;
  TENFOLD_DCHECK(n == 3);
  EXPECT_DEATH(TENFOLD_DCHECK(n < 3), "contracts_test.cc:[0-9]+: expected n < 3");
}

TEST(ContractsDeathTest, AResultHasItsValueOnlyWhenOk) {
  const Result<int> failed = Status(StatusCode::kNotFound, "no such number");
  EXPECT_DEATH(static_cast<void>(failed.value()), "ok()");
  EXPECT_DEATH(static_cast<void>(*failed), "ok()");
}

TEST(ContractsDeathTest, TwoCallersAtOnceAreFound) {
  OneCaller callers;
  {
    const OneCaller::Call call(callers);
    EXPECT_DEATH(const OneCaller::Call second(callers), "expected alone");
  }
  const OneCaller::Call again(callers);
  callers.forget();
  const OneCaller::Call in_a_child(callers);
}
#else
TEST(Contracts, AreFreeWhereNobodyAsksForThem) {
  int n_evaluated = 0;
  TENFOLD_DCHECK(++n_evaluated == 0);
  EXPECT_EQ(n_evaluated, 0);
}
#endif

}  // namespace
}  // namespace tenfold
