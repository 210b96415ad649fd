#include "model/arch_metadata.h"

#include <gtest/gtest.h>

#include "model/entry_testing.h"

namespace tenfold {
namespace {

TEST(ArchMetadata, ReadsUnderThePrefixWithBounds) {
  const GgufMetadata metadata({entry("llama.block_count", std::uint32_t{3}), entry("llama.eps", 0.5F)});
  ArchMetadata m(metadata, "llama");
  EXPECT_EQ(*m.integer("block_count", 1, 10), 3);
  EXPECT_EQ(m.integer("block_count", 4, 10).status().code(), StatusCode::kCorruptData);
  EXPECT_FLOAT_EQ(*m.real("eps", 0, 1), 0.5F);
  EXPECT_EQ(*m.integer("absent", 0, 9, 7), 7);
  EXPECT_EQ(m.integer("absent", 0, 9).status().message(), "key llama.absent: expected, not in the file");
}

TEST(ArchMetadata, NamesTheKeyThatNobodyAskedFor) {
  const GgufMetadata metadata({entry("general.name", std::string("x")), entry("llama.block_count", std::uint32_t{3}),
                               entry("llama.rope.scaling.yarn_log_multiplier", 0.1F)});
  ArchMetadata m(metadata, "llama");
  ASSERT_TRUE(m.integer("block_count", 1, 10).ok());
  const Status status = m.expect_all_known();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("llama.rope.scaling.yarn_log_multiplier"), std::string::npos);
  m.ignore("rope.scaling.yarn_log_multiplier");
  EXPECT_TRUE(m.expect_all_known().ok());
}

}  // namespace
}  // namespace tenfold
