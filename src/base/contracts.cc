#include "base/contracts.h"

#include <cstdio>
#include <cstdlib>

namespace tenfold {

void contract_broken(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: expected %s\n", file, line, condition);
  std::abort();
}

}  // namespace tenfold
