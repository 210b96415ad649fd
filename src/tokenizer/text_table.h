// Texts with ids 0, 1, 2, … and the way back from a text to its id: one arena, one hash index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tenfold/status.h"
#include "tokenizer/flat_index.h"

namespace tenfold {

// Immutable once filled, and then thread-safe.
class TextTable {
 public:
  static constexpr std::uint32_t kNone = FlatIndex::kNone;
  // Longer ones do not exist in practice, and would make look-ups of candidates slow.
  static constexpr std::size_t kMaxTextBytes = 4096;

  explicit TextTable(std::size_t capacity = 0) : capacity_(capacity), index_(capacity) { starts_.push_back(0); }

  // The tokens of a vocabulary. As in llama.cpp an empty text becomes "[EMPTY_<id>]"; of tokens with the same text
  // the last is found. Errors: kCorruptData for a text that is too long.
  static Result<TextTable> from_tokens(std::span<const std::string_view> tokens);

  // Appends a text as the next id; find() gives the latest of equals.
  // Errors: kCorruptData for a text that is too long; kResourceExhausted past the capacity or 4 GiB.
  Result<std::uint32_t> add(std::string_view text);

  [[nodiscard]] std::uint32_t find(std::string_view text) const noexcept;
  // id: below size().
  [[nodiscard]] std::string_view text(std::uint32_t id) const noexcept {
    TENFOLD_DCHECK(id < size());
    return std::string_view(arena_).substr(starts_[id], starts_[id + 1] - starts_[id]);
  }
  [[nodiscard]] std::size_t size() const noexcept { return starts_.size() - 1; }
  [[nodiscard]] std::size_t longest_text_bytes() const noexcept { return longest_; }
  [[nodiscard]] std::size_t n_duplicates() const noexcept { return n_duplicates_; }

 private:
  std::size_t capacity_;
  std::string arena_;
  std::vector<std::uint32_t> starts_;
  FlatIndex index_;
  std::size_t longest_ = 0;
  std::size_t n_duplicates_ = 0;
};

}  // namespace tenfold
