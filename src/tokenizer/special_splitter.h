// Cuts text at special tokens that are spelled out in it, before any merge.
//
// Longer tokens go first, over the whole text: where two overlap the longer one wins, wherever it begins. (Among equal
// lengths the left one.) Immutable after construction and thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "tokenizer/special_tokens.h"
#include "tokenizer/text_table.h"

namespace tenfold {

// A stretch of the text, or a special token that stood there.
struct TextFragment {
  static constexpr TokenId kText = -1;
  std::uint32_t begin;
  std::uint32_t end;
  TokenId token = kText;
};

class SpecialSplitter {
 public:
  // Reads, and does not keep, both arguments.
  SpecialSplitter(const TextTable& tokens, const SpecialTokens& special);

  // parse_special: look for control and unknown tokens too; user-defined ones are always found.
  // Time: linear in the text, times the number of different lengths of the tokens that occur in it.
  [[nodiscard]] std::vector<TextFragment> split(std::string_view text, bool parse_special) const;

 private:
  struct Node {
    std::uint32_t first_edge = 0;
    std::uint32_t n_edges = 0;
    TokenId token = TextFragment::kText;
    bool only_if_parsing = false;
    bool strips_right = false;
  };
  struct Edge {
    unsigned char byte;
    std::uint32_t node;
  };
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] std::uint32_t child(std::uint32_t node, char byte) const noexcept;
  [[nodiscard]] bool is_wanted(const Node& node, bool parse_special) const noexcept {
    return node.token != TextFragment::kText && (parse_special || !node.only_if_parsing);
  }
  [[nodiscard]] std::vector<std::size_t> lengths_in(std::string_view text, bool parse_special) const;
  void split_fragment(std::string_view text, TextFragment fragment, std::size_t length, bool parse_special,
                      std::vector<TextFragment>& out) const;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;                  // of one node: together and ascending
  std::array<std::uint32_t, 256> children_;  // of the root: most bytes of a text begin no special token
  std::size_t longest_ = 0;
  bool any_user_defined_ = false;
};

}  // namespace tenfold
