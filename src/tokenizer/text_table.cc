#include "tokenizer/text_table.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tenfold {

Result<TextTable> TextTable::from_tokens(std::span<const std::string_view> tokens) {
  TextTable table(tokens.size());
  std::size_t n_bytes = 0;
  for (const std::string_view token : tokens) n_bytes += token.size();
  table.arena_.reserve(n_bytes);
  table.starts_.reserve(tokens.size() + 1);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    Result<std::uint32_t> added = tokens[id].empty() ? table.add(cat("[EMPTY_", id, "]")) : table.add(tokens[id]);
    if (!added.ok()) return added.status().with_context(cat("token ", id));
  }
  return table;
}

Result<std::uint32_t> TextTable::add(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return corrupt_data("expected a text of at most ", kMaxTextBytes, " bytes, found ", text.size());
  }
  if (size() == capacity_ || arena_.size() + text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return resource_exhausted("the table of texts is full: ", size(), " texts, ", arena_.size(), " bytes");
  }
  const auto id = static_cast<std::uint32_t>(size());
  const std::uint32_t equal = find(text);
  const std::uint64_t hash = hash_bytes(text);
  arena_.append(text);
  starts_.push_back(static_cast<std::uint32_t>(arena_.size()));
  longest_ = std::max(longest_, text.size());
  if (equal != kNone) {
    index_.replace(hash, equal, id);
    ++n_duplicates_;
  } else if (!index_.insert(hash, id)) {
    return corrupt_data("too many texts with the same hash, at ", printable(text));
  }
  return id;
}

std::uint32_t TextTable::find(std::string_view text) const noexcept {
  return index_.find(hash_bytes(text), [&](std::uint32_t id) { return this->text(id) == text; });
}

}  // namespace tenfold
