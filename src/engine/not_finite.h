// The error of a step whose results are no numbers any more: its weights are damaged, or larger than its types can
// hold.
#pragma once

#include <string_view>

#include "base/error.h"

namespace tenfold {

inline Status not_finite(std::string_view what) {
  return corrupt_data(what,
                      ": expected finite numbers, found NaN or infinity; the weights are damaged or too large for this "
                      "precision: get or convert the model again, or run it with precision exact");
}

}  // namespace tenfold
