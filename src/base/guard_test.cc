#include "base/guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenfold {
namespace {

TEST(Guard, PassesTheResultThrough) {
  const Result<int> r = guard([]() -> Result<int> { return 7; });
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(*r, 7);
}

TEST(Guard, OutOfMemoryIsResourceExhausted) {
  const Status s = guard([]() -> Status { throw std::bad_alloc(); });
  EXPECT_EQ(s.code(), StatusCode::kResourceExhausted);
}

TEST(Guard, LengthErrorIsResourceExhausted) {
  const Status s = guard([]() -> Status {
    std::vector<int> v;
    v.resize(v.max_size() + 1);
    return {};
  });
  EXPECT_EQ(s.code(), StatusCode::kResourceExhausted);
}

TEST(Guard, AnythingElseIsInternal) {
  EXPECT_EQ(guard([]() -> Status { throw std::runtime_error("x"); }).code(), StatusCode::kInternal);
  EXPECT_EQ(guard([]() -> Status { throw 3; }).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace tenfold
