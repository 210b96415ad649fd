#include "tenfold/status.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tenfold {
namespace {

TEST(Status, DefaultIsOk) {
  const Status s;
  EXPECT_TRUE(s.ok());
  EXPECT_EQ(s.to_string(), "ok");
  EXPECT_TRUE(s.with_context("opening x").ok());
}

TEST(Status, CarriesCodeAndMessage) {
  const Status s = corrupt_data("n_dims: expected 1…4, found ", 9).with_context("tensor t");
  EXPECT_EQ(s.code(), StatusCode::kCorruptData);
  EXPECT_EQ(s.to_string(), "corrupt data: tensor t: n_dims: expected 1…4, found 9");
}

Result<int> half(int x) {
  if (x % 2 != 0) return invalid_argument("odd: ", x);
  return x / 2;
}

Result<int> quarter(int x) {
  TENFOLD_ASSIGN_OR_RETURN(const int h, half(x));
  return half(h);
}

TEST(Result, MacrosPropagate) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).status().message(), "odd: 3");
  EXPECT_EQ(quarter(5).status().message(), "odd: 5");
}

}  // namespace
}  // namespace tenfold
