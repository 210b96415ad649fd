#include "base/cat.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(Cat, JoinsTextAndNumbers) { EXPECT_EQ(cat("k=", 12, ' ', 0.5, ' ', true, ' ', -3L), "k=12 0.5 true -3"); }

TEST(Printable, EscapesControlAndBrokenBytes) { EXPECT_EQ(printable("a\n\xff é"), "a\\x0a\\xff é"); }

TEST(Printable, CutsLongText) {
  const std::string cut = printable(std::string(1000, 'x'), 8);
  EXPECT_EQ(cut, "xxxxxxxx…");
}

}  // namespace
}  // namespace tenfold
