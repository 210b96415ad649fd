#include "model/registry.h"

#include "base/error.h"

namespace tenfold {

Result<const Architecture*> find_architecture(std::string_view name) {
  std::string known;
  for (const Architecture* architecture : kArchitectures) {
    if (name == architecture->name) return architecture;
    known += cat(known.empty() ? "" : ", ", architecture->name);
  }
  return unsupported("architecture: expected one of ", known, "; found ", printable(name));
}

}  // namespace tenfold
