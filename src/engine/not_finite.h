// The error of a step whose results are no numbers any more: its weights are damaged, or larger than its types can
// hold.
#pragma once

#include <string_view>

#include "base/error.h"

namespace tenfold {

// came_packed: the weights were read as an earlier start kept them, which may be what is damaged.
inline Status not_finite(std::string_view what, bool came_packed = false) {
  return corrupt_data(what,
                      ": expected finite numbers, found NaN or infinity; the weights are damaged or too large for this "
                      "precision: ",
                      came_packed ? "open the model without the cache of packed weights (--no-cache), " : "",
                      "get or convert the model again, or run it with precision exact");
}

}  // namespace tenfold
