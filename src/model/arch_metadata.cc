#include "model/arch_metadata.h"

#include "base/error.h"

namespace tenfold {

ArchMetadata::ArchMetadata(const GgufMetadata& metadata, std::string architecture)
    : metadata_(metadata), architecture_(std::move(architecture)) {}

std::string ArchMetadata::full(std::string_view key) const { return cat(architecture_, ".", key); }

bool ArchMetadata::has(std::string_view key) const { return metadata_.has(full(key)); }

Result<int> ArchMetadata::integer(std::string_view key, int min, int max, std::optional<int> fallback) {
  const std::string name = full(key);
  asked_.insert(name);
  if (!metadata_.has(name)) {
    if (fallback) return *fallback;
    return corrupt_data("key ", name, ": expected, not in the file");
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t value, metadata_.integer(name));
  if (value < min || value > max) return corrupt_data("key ", name, ": expected ", min, "…", max, ", found ", value);
  return static_cast<int>(value);
}

Result<std::vector<int>> ArchMetadata::layer_integers(std::string_view key, int n, int min, int max,
                                                      std::optional<int> fallback) {
  const std::string name = full(key);
  const auto n_layers = static_cast<std::size_t>(n);
  if (metadata_.n_elements(name) == 0) {  // no list
    TENFOLD_ASSIGN_OR_RETURN(const int all, integer(key, min, max, fallback));
    return std::vector<int>(n_layers, all);
  }
  TENFOLD_ASSIGN_OR_RETURN(std::vector<int> list, integers(key, n_layers, min, max));
  if (list.size() == n_layers) return list;
  return corrupt_data("key ", name, ": expected a number for each of ", n, " layers, found ", list.size());
}

Result<float> ArchMetadata::real(std::string_view key, float min, float max, std::optional<float> fallback) {
  const std::string name = full(key);
  asked_.insert(name);
  if (!metadata_.has(name)) {
    if (fallback) return *fallback;
    return corrupt_data("key ", name, ": expected, not in the file");
  }
  TENFOLD_ASSIGN_OR_RETURN(const double value, metadata_.real(name));
  if (!(value >= min && value <= max)) {
    return corrupt_data("key ", name, ": expected ", min, "…", max, ", found ", value);
  }
  return static_cast<float>(value);
}

Result<std::vector<int>> ArchMetadata::integers(std::string_view key, std::size_t n, int min, int max) {
  const std::string name = full(key);
  asked_.insert(name);
  std::vector<int> list;
  if (!metadata_.has(name)) return list;
  if (const std::uint64_t found = metadata_.n_elements(name); found > n) {
    return corrupt_data("key ", name, ": expected at most ", n, " numbers, found ", found);
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::int64_t> values, metadata_.integers(name, n));
  for (const std::int64_t value : values) {
    if (value < min || value > max) return corrupt_data("key ", name, ": expected ", min, "…", max, ", found ", value);
    list.push_back(static_cast<int>(value));
  }
  return list;
}

Result<std::string> ArchMetadata::string(std::string_view key, std::string fallback) {
  const std::string name = full(key);
  asked_.insert(name);
  if (!metadata_.has(name)) return fallback;
  return metadata_.string(name);
}

Result<bool> ArchMetadata::boolean(std::string_view key, bool fallback) {
  const std::string name = full(key);
  asked_.insert(name);
  if (!metadata_.has(name)) return fallback;
  return metadata_.boolean(name);
}

void ArchMetadata::ignore(std::string_view key) { asked_.insert(full(key)); }

Status ArchMetadata::expect_all_known() const {
  const std::string prefix = architecture_ + ".";
  for (const GgufEntry& entry : metadata_.entries()) {
    if (!entry.key.starts_with(prefix) || asked_.contains(entry.key)) continue;
    return unsupported("key ", printable(entry.key),
                       ": Tenfold does not know what it changes, and ignoring it could give wrong answers");
  }
  return {};
}

}  // namespace tenfold
