#include "base/cat.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(Cat, JoinsTextAndNumbers) { EXPECT_EQ(cat("k=", 12, ' ', 0.5, ' ', true, ' ', -3L), "k=12 0.5 true -3"); }

TEST(Printable, EscapesControlAndBrokenBytes) { EXPECT_EQ(printable("a\n\xff é"), "a\\x0a\\xff é"); }

TEST(Printable, EscapesWhatTerminalsObey) {
  EXPECT_EQ(printable("\x1b[2J \x7f \xc2\x9b\x33\x31m \xc2\x85"), "\\x1b[2J \\x7f \\u009b31m \\u0085");
  EXPECT_EQ(printable("a\u202eb \u2066 \u200f \u061c"), "a\\u202eb \\u2066 \\u200f \\u061c");
}

TEST(Printable, CutsLongText) {
  const std::string cut = printable(std::string(1000, 'x'), 8);
  EXPECT_EQ(cut, "xxxxxxxx…");
}

}  // namespace
}  // namespace tenfold
