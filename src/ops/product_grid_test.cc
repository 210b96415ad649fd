// Every chunk of a ProductGrid together: each token times each panel once.
#include "ops/product_grid.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenfold {
namespace {

void expect_covered_once(int n_active, int n_tokens, int n_panels) {
  OpContext ctx;
  ctx.n_active = n_active;
  const ProductGrid grid(ctx, n_tokens, n_panels);
  std::vector<int> times(static_cast<std::size_t>(n_tokens * n_panels), 0);
  for (int chunk = 0; chunk < grid.n_chunks(); ++chunk) {
    const ChunkRange tokens = grid.tokens(chunk);
    const PanelRange panels = grid.panels(chunk);
    ASSERT_LT(panels.begin, panels.end);
    ASSERT_LE(panels.end - panels.begin, ProductGrid::kMaxPanels);
    for (int t = tokens.begin; t < tokens.end; ++t) {
      for (int p = panels.begin; p < panels.end; ++p) ++times[static_cast<std::size_t>(t * n_panels + p)];
    }
  }
  for (const int n : times) ASSERT_EQ(n, 1) << n_active << " threads, " << n_tokens << " × " << n_panels;
}

TEST(ProductGridTest, EachTokenMeetsEachPanelOnce) {
  for (const int n_active : {1, 2, 3, 8}) {
    for (const int n_tokens : {1, 2, 8, 48, 49, 96, 97, 512}) {
      for (const int n_panels : {1, 2, 3, 15, 16, 17, 36, 37, 200}) {
        ASSERT_NO_FATAL_FAILURE(expect_covered_once(n_active, n_tokens, n_panels));
      }
    }
  }
}

TEST(ProductGridTest, NoTokensAreNoChunks) {
  OpContext ctx;
  for (const int n_active : {1, 2, 8}) {
    ctx.n_active = n_active;
    EXPECT_EQ(ProductGrid(ctx, 0, 36).n_chunks(), 0);
  }
}

TEST(ProductGridTest, ManyChunksOfPairs) {
  OpContext ctx;
  ctx.n_active = 2;
  const ProductGrid few(ctx, 1, 36);
  EXPECT_GE(few.n_chunks(), 8);
  const ProductGrid many(ctx, 512, 36);
  EXPECT_GE(many.n_chunks(), 16);
  for (int chunk = 0; chunk < many.n_chunks(); ++chunk) {
    EXPECT_EQ(many.panels(chunk).begin % 2, 0) << "kernels take two panels at a time";
  }
}

}  // namespace
}  // namespace tenfold
