#include "engine/session_origin.h"

#include <gtest/gtest.h>

#include "engine/engine_impl.h"
#include "engine/requests_testing.h"

namespace tenfold {
namespace {

TEST(SessionOrigin, SaysTheFirstLineThatIsNotAsExpected) {
  EXPECT_TRUE(expect_same_origin("a: 1\nb: 2\n", "a: 1\nb: 2\n").ok());
  const Status other = expect_same_origin("a: 1\nb: 2\nc: 3\n", "a: 1\nb: \t\nc: 4\n");
  EXPECT_EQ(other.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      other.message(),
      "expected a session saved with b: 2, found b: \\x09; open the model as it was then, or begin the text anew");
  EXPECT_FALSE(expect_same_origin("a: 1\n", "").ok());
  EXPECT_FALSE(expect_same_origin("a: 1\n", "a: 1\nb: 2\n").ok());
}

TEST(SessionOrigin, StopsWhenItIsCancelled) {
  const auto engine = std::static_pointer_cast<EngineImpl>(open_tiny());
  const std::atomic<bool> never = false, at_once = true;
  EXPECT_EQ(engine->session_origin().lines(0, at_once).status().code(), StatusCode::kCancelled);
  const auto lines = engine->session_origin().lines(1, never);
  ASSERT_TRUE(lines.ok());
  EXPECT_NE(lines->find("\nvision tower: none\n"), std::string::npos) << *lines;
}

}  // namespace
}  // namespace tenfold
