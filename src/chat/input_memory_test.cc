#include "chat/input_memory.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

std::string repeat(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

TEST(TemplateInputBytes, ManyValuesInFewBytesTakeMuch) {
  for (const std::string_view unit : {"[],", "{\"\":0},", "[[]],", "0,", "\"\","}) {
    EXPECT_GE(template_input_bytes(repeat(unit, 1000)), 1000 * std::uint64_t{256}) << unit;
  }
  EXPECT_GE(template_input_bytes(repeat("[", 61) + repeat("]", 61)), 61 * std::uint64_t{236});
}

TEST(TemplateInputBytes, TextTakesLittleWhateverItLooksLike) {
  const std::string image = "[\"" + repeat("[{,:\\\"", 100'000) + "\"]";
  EXPECT_LT(template_input_bytes(image), 5 * image.size());
  EXPECT_GE(template_input_bytes(image), 3 * image.size());
}

TEST(TemplateInputBytes, AnyBytesWillDo) {
  EXPECT_GT(template_input_bytes(""), 0u);
  EXPECT_GT(template_input_bytes("\"\\"), 0u);
  EXPECT_GT(template_input_bytes(std::string("\xFF\0\"[", 4)), 0u);
}

}  // namespace
}  // namespace tenfold
