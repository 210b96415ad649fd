// ArchMetadata: the keys under the architecture's prefix, each of which must be asked for.
//
// A key that nobody asks for may change what the model computes (a YaRN scaling, an expert count), so it ends the
// loading by name instead of giving fluent nonsense. One thread; refers to the metadata it was made from.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/gguf/gguf_file.h"

namespace tenfold {

class ArchMetadata {
 public:
  ArchMetadata(const GgufMetadata& metadata, std::string architecture);

  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }
  [[nodiscard]] bool has(std::string_view key) const;

  // key is without the prefix: "block_count".
  // Errors: kCorruptData if absent (no fallback), of another type, or outside [min, max].
  Result<int> integer(std::string_view key, int min, int max, std::optional<int> fallback = std::nullopt);
  // One number for each of n layers, of which files write one if all are alike. Errors: also for another number of
  // them.
  Result<std::vector<int>> layer_integers(std::string_view key, int n, int min, int max,
                                          std::optional<int> fallback = std::nullopt);
  Result<float> real(std::string_view key, float min, float max, std::optional<float> fallback = std::nullopt);
  // A list of integers; `n` of them at most. Absent: empty.
  Result<std::vector<int>> integers(std::string_view key, std::size_t n, int min, int max);
  Result<std::string> string(std::string_view key, std::string fallback);
  Result<bool> boolean(std::string_view key, bool fallback);

  // Says that a key is known and changes nothing.
  void ignore(std::string_view key);

  // Errors: kUnsupported naming the first key under the prefix that was not asked for.
  Status expect_all_known() const;

 private:
  std::string full(std::string_view key) const;

  const GgufMetadata& metadata_;
  std::string architecture_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace tenfold
