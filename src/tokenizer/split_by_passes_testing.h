// For tests only: what SpecialSplitter does, in the time that one would rather not wait.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/special_splitter.h"

namespace tenfold {

// The rule as one would write it down: for each length, longest first, a pass over what is still text.
inline std::vector<TextFragment> split_by_passes(const TextTable& table, const SpecialTokens& special,
                                                 std::string_view text, std::span<const TextRange> given) {
  std::map<std::size_t, std::map<std::string_view, TokenId>, std::greater<>> by_length;
  for (std::uint32_t id = 0; id < table.size(); ++id) {
    if (!special.has(static_cast<TokenId>(id), kUserDefinedTrait | kControlTrait | kUnknownTrait)) continue;
    const std::string_view token = table.text(id);
    if (table.find(token) != id) continue;
    by_length[token.size()][token] = static_cast<TokenId>(id);
  }
  std::vector<TextFragment> fragments = {{0, static_cast<std::uint32_t>(text.size())}};
  for (const auto& [length, tokens] : by_length) {
    std::vector<TextFragment> finer;
    for (TextFragment rest : fragments) {
      for (std::uint32_t at = rest.begin; rest.token == TextFragment::kText && at + length <= rest.end;) {
        const auto found = tokens.find(text.substr(at, length));
        const bool is_given = std::any_of(given.begin(), given.end(), [&](TextRange part) {
          return part.begin < std::min<std::size_t>(part.end, at + length) && part.end > at;
        });
        if (found == tokens.end() || (is_given && special.has(found->second, kControlTrait | kUnknownTrait))) {
          ++at;
          continue;
        }
        if (at > rest.begin) finer.push_back({rest.begin, at});
        finer.push_back({at, at + static_cast<std::uint32_t>(length), found->second});
        at += static_cast<std::uint32_t>(length);
        const bool strips = special.has(found->second, kStripRightTrait);
        while (strips && at < rest.end && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) ++at;
        rest.begin = at;
      }
      if (rest.begin < rest.end) finer.push_back(rest);
    }
    fragments = std::move(finer);
  }
  return fragments;
}

}  // namespace tenfold
