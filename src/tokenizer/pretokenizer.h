// Pre-tokenizers of byte-level BPE: how text is cut into pieces before any merge, one rule a `tokenizer.ggml.pre` name.
//
// A rule is a list of passes. Each pass cuts every piece that the pass before it made, seeing nothing outside that
// piece. Passes are hand-written scanners, linear in the text; what they accept is written beside them as the regular
// expression that llama.cpp uses for the name (its ids are the reference, so its approximations are ours).
// Where a text's caller wants to stop (Chars), they leave early. Immutable and thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/contracts.h"
#include "tokenizer/char_text.h"

namespace tenfold {

// The length of the first piece of a non-empty text; at least 1.
using PretokenizerPass = std::size_t (*)(const Chars& rest);

struct Pretokenizer {
  std::string_view name;
  std::span<const PretokenizerPass> passes;
  bool ignore_merges = false;  // a piece that is a token as a whole is that token, whatever the merges say
  bool adds_bos = false;       // unless the file says otherwise
  bool composes = false;       // the same: text is brought to Unicode's NFC first

  // Calls sink(Chars) for each piece in order; together the pieces are the text.
  template <typename Sink>
  void split(const Chars& text, Sink&& sink) const {
    split_with(text, passes, sink);
  }

 private:
  template <typename Sink>
  static void split_with(const Chars& text, std::span<const PretokenizerPass> passes, Sink& sink) {
    if (passes.empty()) {
      sink(text);
      return;
    }
    for (Chars rest = text; !rest.empty() && !rest.is_cancelled();) {
      const std::size_t n = passes[0](rest);
      TENFOLD_DCHECK(n >= 1 && n <= rest.size());
      split_with(rest.first(n), passes.subspan(1), sink);
      rest = rest.subspan(n);
    }
  }
};

// "default" is the rule for files that name none. nullptr for a name that Tenfold does not know.
const Pretokenizer* find_pretokenizer(std::string_view name) noexcept;

std::span<const Pretokenizer> all_pretokenizers() noexcept;

}  // namespace tenfold
